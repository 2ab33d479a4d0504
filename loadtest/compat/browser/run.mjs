// The JavaScript SDK inside headless Chromium: bundles the installed package, opens the page that uses it, and prints what the
// page posts. `node run.mjs [row...]`; without rows it lists them.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { fileURLToPath, pathToFileURL } from 'node:url'

const SECONDS_MAX = 180
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']
const rows = process.argv.slice(2)
const require = createRequire(join(process.cwd(), 'x.mjs'))
const { build } = await import(pathToFileURL(require.resolve('esbuild')).href).then((module) => module.default ?? module)

// What Node alone has is empty in a browser, as every bundler makes it.
const absent = {
  name: 'absent',
  setup(bundle) {
    bundle.onResolve({ filter: /^(node:.*|fs|path|os|crypto|stream|util|url|child_process|events|assert|zlib|string_decoder|buffer|module|undici|tls|net|http|https|http2|perf_hooks|worker_threads|dns)(\/.*)?$/ }, (found) => ({ path: found.path, namespace: 'absent' }))
    bundle.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = new Proxy({}, { get: () => class {} })' }))
  },
}
const bundled = await build({
  entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'page.mjs')],
  nodePaths: [join(process.cwd(), 'node_modules')],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  target: 'chrome110',
  define: { global: 'globalThis' },
  logLevel: 'error',
  plugins: [absent],
})
const program = bundled.outputFiles[0].text
const { E2B_API_KEY: apiKey, E2B_API_URL: apiUrl, E2B_SANDBOX_URL: sandboxUrl, E2B_DOMAIN: domain } = process.env
// As the environment says: by the server's own addresses, or by names below its domain, over TLS.
const connection = apiUrl ? { apiKey, apiUrl, sandboxUrl } : { apiKey, domain }
const trust = apiUrl || !process.env.NODE_EXTRA_CA_CERTS ? [] : [`--ignore-certificate-errors-spki-list=${await pin(domain)}`]
const page = '<!doctype html><meta charset="utf-8"><title>compat</title><script>globalThis.process ??= { env: {}, versions: {} }</script><script type="module" src="/page.js"></script>'

/** The server's key: Chromium reads no variable that adds an authority, so it is told this one key, which Node has verified. */
function pin(authority) {
  const { hostname, port } = new URL(`https://${authority}`)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, servername: `api.${hostname}`, port: Number(port) || 443 }, () => {
      const key = socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' })
      socket.destroy()
      resolve(createHash('sha256').update(key).digest('base64'))
    })
    socket.on('error', reject)
  })
}

const profile = mkdtempSync(join(tmpdir(), 'lelantos-browser-'))
let browser
function end(code, why) {
  if (why) console.error(why)
  clearTimeout(limit)
  if (!browser) process.exit(code)
  browser.on('exit', () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    process.exit(code)
  })
  process.kill(-browser.pid, 'SIGKILL')
}
const limit = setTimeout(() => end(1, `the page did not end within ${SECONDS_MAX} s`), SECONDS_MAX * 1000)

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (piece) => (body += piece))
  request.on('end', () => {
    const answers = {
      '/': ['text/html', page],
      '/page.js': ['text/javascript', program],
      '/plan': ['application/json', JSON.stringify({ rows, connection })],
    }
    const [type, text] = answers[request.url] ?? ['text/plain', '']
    response.writeHead(200, { 'Content-Type': type }).end(text)
    if (request.url === '/rows') console.log(JSON.parse(body).join('\n'))
    if (request.url === '/answer') console.log(body)
    if (request.url === '/end') end(0)
  })
})
server.listen(0, '127.0.0.1', () => start(BROWSERS))

function start([name, ...others]) {
  if (!name) return end(1, 'there is no Chromium here')
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--no-proxy-server']
  const child = spawn(name, [...args, ...trust, `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/`], {
    stdio: 'ignore',
    detached: true,
    // What it forgets in the folder for temporary files goes with its profile.
    env: { ...process.env, TMPDIR: profile },
  })
  child.on('error', () => start(others))
  child.on('spawn', () => (browser = child))
}
