// A real browser at a sandbox's own address: a page that talks through a pause and a resume, and the pages the proxy makes itself.
// BROWSER_SECONDS (8) is how long the page talks each time; SCREENSHOTS is a directory for pictures of every page.
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { withBrowser } from './chromium.mjs'
import { collected, eventually, signal, withSandbox } from './support.mjs'

const PORT = 3000
const SECONDS = Number(process.env.BROWSER_SECONDS ?? 8)
const plainPort = new URL(process.env.E2B_API_URL).port
const tlsPort = process.env.LELANTOS_TLS_PORT
const TLS_DOMAIN = 'lelantos.localhost'

async function picture(page, name) {
  if (!process.env.SCREENSHOTS) return
  mkdirSync(process.env.SCREENSHOTS, { recursive: true })
  writeFileSync(join(process.env.SCREENSHOTS, `${name}.png`), await page.screenshot())
}

async function talkingServer(sandbox) {
  await sandbox.files.write('talking-server.mjs', readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'talking-server.mjs'), 'utf8'))
  const said = collected('the server in the sandbox')
  const running = await sandbox.commands.run(`node talking-server.mjs ${PORT}`, { background: true, timeoutMs: 0, onStdout: (text) => said.add(text) })
  running.wait().catch(() => {}) // the pause breaks its stream off
  await said.until('ready')
}

/** The flag by which Chromium takes this very certificate, once Node has found that our authority vouches for it. */
async function trusted(host) {
  const authority = readFileSync(join(process.env.LELANTOS_HOME, 'certificates', 'ca.pem'))
  const done = signal('the handshake')
  const socket = connect({ host: '127.0.0.1', port: Number(tlsPort), servername: host, ca: authority }, () => done.set(socket.getPeerX509Certificate()))
  socket.on('error', (error) => done.set(error))
  const certificate = await done.wait()
  socket.destroy()
  assert.ok(certificate instanceof X509Certificate, String(certificate))
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`
}

/** The page talks, its sandbox is paused and resumed, and it talks on with the same server. */
async function talksThroughAPause(browser, sandbox, url, name) {
  const page = await browser.open(url)
  const state = () => page.value('typeof state === "undefined" ? null : state')
  // Half the time before the pause and half after it; of ten ticks a second a loaded machine shows fewer.
  const talks = (since) => {
    const until = performance.now() + SECONDS * 500
    return async () => {
      const now = await state()
      return performance.now() > until && now?.echoes >= since.echoes + SECONDS && now.events >= since.events + SECONDS && now
    }
  }
  const before = await eventually('the page talks', SECONDS * 3_000 + 20_000, talks({ echoes: 0, events: 0 }))
  await picture(page, `${name}-talking`)
  await sandbox.pause()
  await eventually('the page notices the pause', 20_000, async () => {
    const { cutSocket, cutEvents } = await state()
    return cutSocket > 0 && cutEvents > 0
  })
  const paused = await state()
  await sandbox.connect()
  const after = await eventually('the page talks on', SECONDS * 3_000 + 20_000, talks(paused))
  assert.deepEqual(after.wrong, [])
  assert.deepEqual(after.births, before.births, 'the same process, with what it had in memory')
  assert.equal(after.births.length, 1)
  await page.close()
}

describe('a page inside a sandbox', () => {
  test('talks over a WebSocket and an event stream through a pause and a resume, plain', () =>
    withSandbox({}, async (sandbox) => {
      await talkingServer(sandbox)
      await withBrowser([], (browser) => talksThroughAPause(browser, sandbox, `http://${PORT}-${sandbox.sandboxId}.localhost:${plainPort}/`, 'plain'))
    }))

  test('does so over TLS at the wildcard name', () =>
    withSandbox({}, async (sandbox) => {
      await talkingServer(sandbox)
      const host = `${PORT}-${sandbox.sandboxId}.${TLS_DOMAIN}`
      await withBrowser([await trusted(host)], (browser) => talksThroughAPause(browser, sandbox, `https://${host}:${tlsPort}/`, 'tls'))
    }))
})

describe('the pages of the proxy itself', () => {
  test('name what is wrong, and fit a phone in the light and in the dark', () =>
    withSandbox({}, (open) =>
      withSandbox({ network: { allowPublicTraffic: false } }, async (closed) => {
        const at = (id, port, path = '/') => `http://${port}-${id}.localhost:${plainPort}${path}`
        const ended = await withSandbox({}, async (sandbox) => sandbox.sandboxId)
        const pages = {
          unknown: [at('i00000000000000000000', PORT), 'Sandbox Not Found', 'i00000000000000000000'],
          ended: [at(ended, PORT), 'Sandbox Not Found', ended],
          closed: [at(open.sandboxId, 3999), 'Closed Port Error', 'no service running on port 3999'],
          token: [at(closed.sandboxId, PORT), 'Missing Traffic Access Token', closed.sandboxId],
          reserved: [at(open.sandboxId, 49983, '/init'), 'Endpoint Not Available', 'reserved for the E2B control plane'],
        }
        await withBrowser([], async (browser) => {
          for (const [name, [url, title, text]] of Object.entries(pages)) {
            for (const [look, options] of Object.entries({ phone: { width: 360, height: 740, scheme: 'dark' }, desk: { scheme: 'light' } })) {
              const page = await browser.open(url, options)
              await eventually(`${name} on a ${look}`, 20_000, () => page.value('document.readyState === "complete" && document.title'))
              assert.equal(await page.value('document.title'), title)
              assert.ok((await page.value('document.body.innerText')).includes(text), `${name} says ${text}`)
              assert.ok(await page.value('document.documentElement.scrollWidth <= innerWidth'), `${name} is wider than a ${look}`)
              const colour = await page.value('getComputedStyle(document.body).backgroundColor')
              const light = colour.match(/\d+/g).slice(0, 3).every((part) => Number(part) > 127)
              assert.equal(light, options.scheme === 'light', `${name}: ${colour} for a ${options.scheme} look`)
              await picture(page, `${name}-${look}`)
              await page.close()
            }
          }
        })
      }),
    ))
})
