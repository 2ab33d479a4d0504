// A headless Chromium of the distribution, spoken to over two pipes in its own debugging protocol.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { within } from './support.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const ANSWER_MS = 30_000
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--no-proxy-server', '--remote-debugging-pipe']

/** Runs `body` with a browser that ends with it, and leaves nothing. `flags`: beyond the usual ones. */
export async function withBrowser(flags, body) {
  const name = NAMES.find((each) => spawnSync(each, ['--version'], { stdio: 'ignore' }).status === 0)
  if (!name) throw new Error(`there is no Chromium here: ${NAMES.join(', ')}`)
  const profile = mkdtempSync(join(tmpdir(), 'lelantos-browser-'))
  // What it forgets in the folder for temporary files goes with its profile.
  const process_ = spawn(name, [...FLAGS, ...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, TMPDIR: profile },
  })
  const gone = new Promise((resolve) => process_.on('exit', resolve))
  try {
    return await body(new Browser(process_))
  } finally {
    process.kill(-process_.pid, 'SIGKILL')
    await gone
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

class Browser {
  #next = 1
  #waiting = new Map()
  #out

  constructor(child) {
    this.#out = child.stdio[3]
    let text = ''
    child.stdio[4].setEncoding('utf8').on('data', (piece) => {
      const messages = (text + piece).split('\0')
      text = messages.pop()
      for (const message of messages) this.#hear(JSON.parse(message))
    })
  }

  #hear({ id, result, error }) {
    const asked = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) asked?.reject(new Error(error.message))
    else asked?.resolve(result)
  }

  call(method, params = {}, sessionId = undefined) {
    const id = this.#next++
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#out.write(JSON.stringify({ id, method, params, sessionId }) + '\0')
    return within(answer, ANSWER_MS, method)
  }

  /** A page of its own. `look`: width, height, scheme (`light` or `dark`). */
  async open(url, { width = 1000, height = 700, scheme = 'light' } = {}) {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page(this, sessionId, targetId)
    await page.call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 })
    await page.call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
    const { errorText } = await page.call('Page.navigate', { url })
    if (errorText) throw new Error(`${url}: ${errorText}`)
    return page
  }
}

class Page {
  constructor(browser, session, target) {
    Object.assign(this, { browser, session, target })
  }

  call(method, params) {
    return this.browser.call(method, params, this.session)
  }

  /** What an expression is in the page, once its promise is kept. */
  async value(expression) {
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }

  async screenshot() {
    return Buffer.from((await this.call('Page.captureScreenshot', { format: 'png' })).data, 'base64')
  }

  close() {
    return this.browser.call('Target.closeTarget', { targetId: this.target })
  }
}
