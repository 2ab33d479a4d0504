// Runs inside a sandbox: a page, and what its script talks to: a WebSocket that says everything back, and an event stream that
// counts. `node talking-server.mjs PORT`. Its birth tells a server that lived on from one that was started again.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TICK_MS = 100
const birth = process.hrtime.bigint().toString()
let count = 0

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>talking</title>
<style>body { font: 17px/1.6 system-ui, sans-serif; margin: 2rem; color-scheme: light dark }</style>
<h1>A page from a sandbox</h1><p>WebSocket: <b id="socket">-</b></p><p>Events: <b id="events">-</b></p>
<script>
const state = { echoes: 0, events: 0, wrong: [], cutSocket: 0, cutEvents: 0, births: [], last: -1 }
const show = (id, text) => (document.getElementById(id).textContent = text)
function talk() {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket')
  let said = 0, timer
  const say = () => socket.send('word ' + ++said)
  socket.onopen = say
  socket.onmessage = ({ data }) => {
    if (data !== 'word ' + said) state.wrong.push('echo ' + data + ' of word ' + said)
    show('socket', ++state.echoes + ' echoes')
    timer = setTimeout(say, ${TICK_MS})
  }
  let opened = false
  socket.addEventListener('open', () => (opened = true))
  socket.onclose = () => { clearTimeout(timer); state.cutSocket += opened; setTimeout(talk, 200) }
}
function listen() {
  const source = new EventSource('/events')
  let opened = false
  source.onopen = () => (opened = true)
  source.onmessage = ({ data }) => {
    const { birth, count } = JSON.parse(data)
    if (count <= state.last) state.wrong.push('count ' + count + ' after ' + state.last)
    if (!state.births.includes(birth)) state.births.push(birth)
    state.last = count
    show('events', ++state.events + ' events')
  }
  source.onerror = () => { source.close(); state.cutEvents += opened; setTimeout(listen, 200) }
}
talk(); listen()
</script>`

const server = createServer((request, response) => {
  if (request.url !== '/events') {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(page)
    return
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  const tick = setInterval(() => response.write(`data: ${JSON.stringify({ birth, count: ++count })}\n\n`), TICK_MS)
  response.on('close', () => clearInterval(tick))
})

server.on('upgrade', (request, socket, early) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  let bytes = early
  socket.on('error', () => {})
  socket.on('data', (piece) => {
    bytes = Buffer.concat([bytes, piece])
    // Masked frames of up to 125 bytes are all that this page sends.
    while (bytes.length >= 6 && bytes.length >= 6 + (bytes[1] & 127)) {
      const length = bytes[1] & 127
      if ((bytes[0] & 15) === 8) return socket.end()
      const text = Buffer.from(bytes.subarray(6, 6 + length).map((byte, i) => byte ^ bytes[2 + (i % 4)]))
      bytes = bytes.subarray(6 + length)
      socket.write(Buffer.concat([Buffer.from([0x81, length]), text]))
    }
  })
})
server.listen(Number(process.argv[2]), '0.0.0.0', () => console.log('ready'))
