// A name server for one domain on loopback: every name in it is 127.0.0.1, and no other name exists.
import { createSocket } from 'node:dgram'

const PORT = 53
/** Loopback addresses that are tried, one after the other, for somebody else may serve names on this machine. */
const ADDRESSES = Array.from({ length: 9 }, (_, each) => `127.53.0.${each + 1}`)
const HEAD_BYTES = 12
const SECONDS_TO_KEEP = 60
const TYPE_A = 1
const NO_SUCH_NAME = 3

export async function names(domain) {
  for (const address of ADDRESSES) {
    const socket = createSocket('udp4')
    const bound = await new Promise((resolve) => {
      socket.once('error', () => resolve(false))
      socket.bind(PORT, address, () => resolve(true))
    })
    if (!bound) continue
    socket.on('message', (question, { address: whose, port }) => {
      const answer = answered(question, domain)
      if (answer) socket.send(answer, port, whose)
    })
    socket.unref()
    return { address, close: () => socket.close() }
  }
  throw new Error(`none of ${ADDRESSES[0]} to ${ADDRESSES.at(-1)} has its port ${PORT} free`)
}

/** The answer to a question of RFC 1035, or nothing when it is none. */
export function answered(question, domain) {
  if (question.length < HEAD_BYTES || question.readUInt16BE(4) !== 1 || question[2] & 0x80) return undefined
  const labels = []
  let at = HEAD_BYTES
  for (let length = question[at]; length !== 0; length = question[at]) {
    if (length === undefined || length > 63 || at + length >= question.length) return undefined
    labels.push(question.toString('latin1', at + 1, at + 1 + length).toLowerCase())
    at += length + 1
  }
  if (at + 5 > question.length) return undefined
  const name = labels.join('.')
  const known = name === domain || name.endsWith(`.${domain}`)
  const has = known && question.readUInt16BE(at + 1) === TYPE_A
  const head = Buffer.from(question.subarray(0, HEAD_BYTES))
  // An answer, with authority and recursion said to be there; the question's own id and class.
  head.writeUInt16BE(0x8580 | (known ? 0 : NO_SUCH_NAME), 2)
  head.writeUInt16BE(has ? 1 : 0, 6)
  head.writeUInt32BE(0, 8)
  const record = Buffer.alloc(has ? 16 : 0)
  if (has) {
    record.writeUInt16BE(0xc000 | HEAD_BYTES, 0)
    record.writeUInt16BE(TYPE_A, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt32BE(SECONDS_TO_KEEP, 6)
    record.writeUInt16BE(4, 10)
    record.set([127, 0, 0, 1], 12)
  }
  return Buffer.concat([head, question.subarray(HEAD_BYTES, at + 5), record])
}
