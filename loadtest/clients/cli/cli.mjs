// Runs the published CLI as a person does: with arguments, with piped input, or in a terminal.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = process.env.E2B_CLI ?? join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.bin', 'e2b')
const LIMIT_MS = 30_000
// A home of its own: the CLI must need no configuration file, and leave none.
const HOME = mkdtempSync(join(tmpdir(), 'lelantos-cli-'))
const made = new Set()

/** Ends every sandbox that `create` made, and the home the CLI ran in. */
export async function endAll() {
  for (const id of made) await cli('sandbox', 'kill', id)
  rmSync(HOME, { recursive: true, force: true })
}

/** Runs the CLI; `input` is piped in, `until` ends a command that would follow for ever, and `once` acts when it has said something. */
export function run(args, { input, until, once, terminal } = {}) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, HOME, NO_COLOR: '1', FORCE_COLOR: '0' }
    // Only a terminal of its own lets the CLI believe somebody types; `script` of util-linux makes one.
    const quoted = [BIN, ...args].map((word) => `'${word}'`).join(' ')
    const child = terminal
      ? spawn('script', ['-qec', quoted, '/dev/null'], { env, detached: true })
      : spawn(BIN, args, { env, detached: true, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    const all = { stdout: '', stderr: '' }
    let typed = 0
    const end = () => {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // already gone
      }
    }
    const timer = setTimeout(() => {
      end()
      reject(new Error(`e2b ${args.join(' ')} did not end within ${LIMIT_MS} ms: ${JSON.stringify(all)}`))
    }, LIMIT_MS)
    const heard = (name) => (piece) => {
      all[name] += piece
      for (; terminal && typed < terminal.length && all.stdout.includes(terminal[typed].after); typed++) {
        child.stdin.write(terminal[typed].type)
      }
      if (until && all.stdout.includes(until)) end()
      if (once && all.stdout.includes(once.said)) {
        const act = once.act
        once = undefined
        act().catch(reject)
      }
    }
    child.stdout.on('data', heard('stdout'))
    child.stderr.on('data', heard('stderr'))
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, ...all })
    })
    if (input !== undefined) child.stdin.end(input)
  })
}

export const cli = (...args) => run(args)
export async function fine(...args) {
  const result = await cli(...args)
  assert.equal(result.code, 0, JSON.stringify({ args, ...result }))
  return result.stdout
}
export const json = (text) => JSON.parse(text.slice(text.search(/[[{]/)))
export async function create(...more) {
  const id = (await fine('sandbox', 'create', 'base', '--detach', ...more)).match(/\bi[a-z0-9]{20}\b/)?.[0]
  assert.ok(id, 'create prints the id')
  return own(id)
}
/** Ends with the others. */
export function own(id) {
  made.add(id)
  return id
}
export const listed = async (...more) => json(await fine('sandbox', 'list', '--format', 'json', ...more)).map((one) => one.sandboxId)
