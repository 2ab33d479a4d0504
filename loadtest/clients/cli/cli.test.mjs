// The published CLI with environment variables alone: every sandbox command and `template list`, judged by their output.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { cli, create, endAll, fine, json, listed, run } from './cli.mjs'

after(endAll)

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
    await fine('sandbox', 'exec', '-b', id, 'exec sleep 600')
    assert.equal(await fine('sandbox', 'exec', id, 'pgrep -c -x sleep'), '1\n')
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
    // The CLI asks for lines first and whether the sandbox runs second: what came between the two it never prints.
    const followed = await run(['sandbox', 'logs', '--follow', id], {
      once: { said: 'sandbox.lifecycle.created', act: () => fine('sandbox', 'pause', id) },
    })
    assert.equal(followed.code, 0, JSON.stringify(followed))
    assert.ok(followed.stdout.includes('Stopped printing logs'), followed.stdout)
    assert.ok((await fine('sandbox', 'logs', id)).includes('sandbox.lifecycle.paused'))
  })

  test('logs hold what commands write, by level and by logger', async () => {
    const id = await create()
    await fine('sandbox', 'exec', id, 'echo said by a command; echo its complaint >&2')
    // The lines follow the command: who follows the log sees them come.
    const followed = await run(['sandbox', 'logs', '--follow', id], { until: 'its complaint' })
    assert.ok(followed.stdout.includes('said by a command'), followed.stdout)
    const lines = (await fine('sandbox', 'logs', id, '--format', 'json', '--loggers', 'process')).split('\n')
    const told = lines.filter((line) => line.trim().startsWith('{')).map((line) => JSON.parse(line))
    assert.equal(told.length, 2, lines.join('\n'))
    const text = JSON.stringify(told)
    for (const part of ['said by a command', 'its complaint', 'stdout', 'stderr']) assert.ok(text.includes(part), text)
    const warnings = await fine('sandbox', 'logs', id, '--level', 'WARN')
    assert.ok(warnings.includes('its complaint') && !warnings.includes('said by a command'), warnings)
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
