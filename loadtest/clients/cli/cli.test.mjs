// The published CLI with environment variables alone: every sandbox command and `template list`, judged by their output.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, describe, test } from 'node:test'

const BIN = process.env.E2B_CLI ?? join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.bin', 'e2b')
const LIMIT_MS = 30_000
// A home of its own: the CLI must need no configuration file, and leave none.
const HOME = mkdtempSync(join(tmpdir(), 'lelantos-cli-'))
const made = new Set()
after(async () => {
  for (const id of made) await cli('sandbox', 'kill', id)
  rmSync(HOME, { recursive: true, force: true })
})

/** Runs the CLI; `input` is piped in, and `until` ends a command that would follow for ever. */
function run(args, { input, until, terminal } = {}) {
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

const cli = (...args) => run(args)
async function fine(...args) {
  const result = await cli(...args)
  assert.equal(result.code, 0, JSON.stringify({ args, ...result }))
  return result.stdout
}
const json = (text) => JSON.parse(text.slice(text.search(/[[{]/)))
async function create(...more) {
  const id = (await fine('sandbox', 'create', 'base', '--detach', ...more)).match(/\bi[a-z0-9]{20}\b/)?.[0]
  assert.ok(id, 'create prints the id')
  made.add(id)
  return id
}
const listed = async (...more) => json(await fine('sandbox', 'list', '--format', 'json', ...more)).map((one) => one.sandboxId)

describe('sandbox', () => {
  test('create, list, info, kill', async () => {
    const id = await create('--timeout', '300')
    assert.ok((await listed()).includes(id))
    assert.ok((await listed('--template', 'base', '--state', 'running', '--order', 'asc')).includes(id))
    assert.ok((await fine('sandbox', 'list', '--limit', '0')).includes(id))
    const info = json(await fine('sandbox', 'info', id, '--format', 'json'))
    assert.equal(info.sandboxId, id)
    assert.equal(info.state, 'running')
    assert.ok((await fine('sandbox', 'info', id)).includes(id))
    await fine('sandbox', 'kill', id)
    assert.ok(!(await listed('--state', 'running,paused')).includes(id))
    assert.notEqual((await cli('sandbox', 'info', id)).code, 0)
  })

  test('exec: output, exit code, directory, user, environment, piped input, background', async () => {
    const id = await create()
    assert.equal(await fine('sandbox', 'exec', id, 'echo hi'), 'hi\n')
    const failed = await cli('sandbox', 'exec', id, 'echo out; echo err >&2; exit 3')
    assert.deepEqual({ code: failed.code, stdout: failed.stdout }, { code: 3, stdout: 'out\n' })
    assert.ok(failed.stderr.includes('err\n'))
    const where = await fine('sandbox', 'exec', '-c', '/tmp', '-u', 'root', '-e', 'WHAT=this', id, 'pwd; whoami; echo $WHAT')
    assert.equal(where, '/tmp\nroot\nthis\n')
    const piped = await run(['sandbox', 'exec', id, 'wc -c'], { input: 'x'.repeat(200_000) })
    assert.equal(piped.code, 0, JSON.stringify(piped))
    assert.equal(piped.stdout.trim(), '200000')
    const background = await fine('sandbox', 'exec', '-b', id, 'sleep 600')
    const pid = background.match(/\d+/)?.[0]
    assert.ok(pid, background)
    assert.equal(await fine('sandbox', 'exec', '-u', 'root', id, `kill -0 ${pid} && echo lives`), 'lives\n')
  })

  test('connect and create open a terminal', async () => {
    const id = await create()
    const session = await run(['sandbox', 'connect', id], {
      terminal: [
        { after: '$', type: 'echo joined-$((40+2))\r' },
        { after: 'joined-42', type: 'exit\r' },
      ],
    })
    assert.equal(session.code, 0, JSON.stringify(session))
    assert.ok((await listed()).includes(id), 'connect leaves the sandbox')
    const fresh = await run(['sandbox', 'create', '-e', 'MARK=mine'], {
      terminal: [
        { after: '$', type: 'echo made-$MARK\r' },
        { after: 'made-mine', type: 'exit\r' },
      ],
    })
    assert.equal(fresh.code, 0, JSON.stringify(fresh))
  })

  test('pause, resume', async () => {
    const id = await create()
    await fine('sandbox', 'exec', id, 'echo kept > kept.txt')
    await fine('sandbox', 'pause', id)
    assert.ok(!(await listed()).includes(id))
    assert.ok((await listed('--state', 'paused')).includes(id))
    await fine('sandbox', 'resume', id)
    assert.ok((await listed()).includes(id))
    assert.equal(await fine('sandbox', 'exec', id, 'cat kept.txt'), 'kept\n')
  })

  test('logs, also followed to the end', async () => {
    const id = await create()
    const lines = await fine('sandbox', 'logs', id, '--format', 'json')
    const messages = lines.split('\n').filter((line) => line.trim().startsWith('{')).map((line) => JSON.parse(line))
    assert.ok(JSON.stringify(messages).includes('sandbox.lifecycle.created'), lines)
    assert.ok((await fine('sandbox', 'logs', id)).includes('sandbox.lifecycle.created'))
    const following = run(['sandbox', 'logs', '--follow', id], { until: 'sandbox.lifecycle.paused' })
    await fine('sandbox', 'pause', id)
    assert.ok((await following).stdout.includes('sandbox.lifecycle.paused'))
  })

  test('metrics', async () => {
    const id = await create()
    // The first sample takes a few seconds; the CLI follows until there is one.
    const followed = await run(['sandbox', 'metrics', '--follow', '--format', 'json', id], { until: '}' })
    const point = json(followed.stdout.split('\n').find((line) => line.includes('{')))
    assert.ok(JSON.stringify(point).match(/cpu|mem/i), followed.stdout)
    assert.ok((await fine('sandbox', 'metrics', id)).match(/CPU/i))
  })

  test('kill --all takes what its filter names', async () => {
    const id = await create()
    await fine('sandbox', 'kill', '--all', '--metadata', 'no-such-key=never')
    assert.ok((await listed()).includes(id))
    await fine('sandbox', 'kill', id)
  })
})

test('template list', async () => {
  const templates = json(await fine('template', 'list', '--format', 'json'))
  assert.ok(JSON.stringify(templates).includes('base'))
  assert.ok((await fine('template', 'list')).includes('base'))
})

test('a wrong key is refused with a reason', async () => {
  const kept = process.env.E2B_API_KEY
  process.env.E2B_API_KEY = `e2b_${'0'.repeat(40)}`
  try {
    const refused = await cli('sandbox', 'list')
    assert.notEqual(refused.code, 0)
    assert.match(refused.stderr + refused.stdout, /401|unauthori|invalid/i)
  } finally {
    process.env.E2B_API_KEY = kept
  }
})
