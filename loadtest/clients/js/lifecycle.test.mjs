// Every lifecycle method: create, connect, list, getInfo, isRunning, setTimeout, kill, pause, resume, getMetrics.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { AuthenticationError, Sandbox, SandboxError, SandboxNotFoundError } from 'e2b'
import { eventually, refused, within } from './support.mjs'

const UNKNOWN = 'i00000000000000000000'
const run = randomUUID()
const made = []
const create = async (options = {}) => {
  const sandbox = await Sandbox.create({ timeoutMs: 120_000, ...options, metadata: { run, ...options.metadata } })
  made.push(sandbox)
  return sandbox
}
after(() => Promise.all(made.map((sandbox) => sandbox.kill())))

const all = async (options) => {
  const pages = Sandbox.list(options)
  const found = []
  while (pages.hasNext) found.push(...(await pages.nextItems()))
  return found
}
const ids = (infos) => infos.map((info) => info.sandboxId)

describe('create and getInfo', () => {
  test('what was asked for is what is told', async () => {
    const sandbox = await create({ metadata: { 'a b': 'c=d&é', k: 'v' }, timeoutMs: 90_000, allowInternetAccess: true })
    const info = await sandbox.getInfo()
    assert.equal(info.sandboxId, sandbox.sandboxId)
    assert.equal(info.templateId, 'base')
    assert.equal(info.name, 'base')
    assert.deepEqual(info.metadata, { run, 'a b': 'c=d&é', k: 'v' })
    assert.equal(info.state, 'running')
    assert.ok(info.cpuCount >= 1 && info.memoryMB >= 128, `${info.cpuCount} cpus, ${info.memoryMB} MB`)
    assert.match(info.envdVersion, /^\d+\.\d+\.\d+$/)
    assert.deepEqual(info.lifecycle, { onTimeout: 'kill', autoResume: false })
    const lifetime = info.endAt - info.startedAt
    assert.ok(Math.abs(lifetime - 90_000) < 2_000, `lives ${lifetime} ms`)
    assert.deepEqual(ids([await Sandbox.getInfo(sandbox.sandboxId)]), [sandbox.sandboxId])
    const found = await all({ query: { metadata: { 'a b': 'c=d&é', run } } })
    assert.deepEqual(ids(found), [sandbox.sandboxId])
  })

  test('refuses a template that is not there, and a key that is not known', async () => {
    const missing = await refused(Sandbox.create(`no-such-template-${run}`), SandboxError)
    assert.match(missing.message, /not found/)
    await refused(Sandbox.create({ apiKey: 'e2b_0000000000000000000000000000000000000000' }), AuthenticationError)
  })

  test('an unknown sandbox is not found by any method', async () => {
    await refused(Sandbox.connect(UNKNOWN), SandboxNotFoundError)
    await refused(Sandbox.getInfo(UNKNOWN), SandboxNotFoundError)
    await refused(Sandbox.setTimeout(UNKNOWN, 10_000), SandboxNotFoundError)
    await refused(Sandbox.pause(UNKNOWN), SandboxNotFoundError)
    assert.equal(await Sandbox.kill(UNKNOWN), false)
  })
})

describe('list', () => {
  test('pages by one, newest first, and ends without a token', async () => {
    const group = randomUUID()
    const three = []
    for (let i = 0; i < 3; i++) three.push((await create({ metadata: { group, i: String(i) } })).sandboxId)
    const pages = Sandbox.list({ query: { metadata: { group } }, limit: 1 })
    const walked = []
    while (pages.hasNext) {
      const page = await pages.nextItems()
      assert.equal(page.length, 1)
      walked.push(page[0].sandboxId)
    }
    assert.deepEqual(walked, [...three].reverse())
    assert.equal(pages.nextToken, undefined)
    assert.deepEqual(ids(await all({ query: { metadata: { group } }, order: 'asc', limit: 2 })), three)

    await Sandbox.pause(three[1])
    assert.deepEqual(ids(await all({ query: { metadata: { group }, state: ['running'] } })), [three[2], three[0]])
    assert.deepEqual(ids(await all({ query: { metadata: { group }, state: ['paused'] } })), [three[1]])
    assert.equal((await all({ query: { metadata: { group }, state: ['running', 'paused'] } })).length, 3)
    assert.deepEqual(await all({ query: { metadata: { group, i: '9' } } }), [])

    const { startedAt } = await Sandbox.getInfo(three[2])
    const since = (startedAfter) => all({ query: { metadata: { group }, startedAfter } })
    assert.deepEqual(ids(await since(startedAt)), [three[2]])
    assert.deepEqual(await since(new Date(startedAt.getTime() + 1_000)), [])
    assert.equal((await all({ query: { metadata: { group }, template: 'base' } })).length, 3)
    assert.deepEqual(await all({ query: { metadata: { group }, template: `none-${run}` } }), [])

    await Sandbox.kill(three[0])
    assert.ok(!ids(await all({ query: { metadata: { group } } })).includes(three[0]))
  })

  test('refuses a limit out of range', async () => {
    await refused(Sandbox.list({ limit: 101 }).nextItems(), SandboxError)
    await refused(Sandbox.list({ limit: 0 }).nextItems(), SandboxError)
  })
})

describe('time', () => {
  test('setTimeout shortens and lengthens', async () => {
    const sandbox = await create({ timeoutMs: 60_000 })
    const left = async () => (await sandbox.getInfo()).endAt - Date.now()
    await sandbox.setTimeout(300_000)
    assert.ok((await left()) > 290_000)
    await sandbox.setTimeout(20_000)
    assert.ok((await left()) < 21_000)
    await Sandbox.setTimeout(sandbox.sandboxId, 100_000)
    assert.ok((await left()) > 90_000)
    assert.equal(await sandbox.isRunning(), true)
  })

  test('at its end the sandbox is gone', async () => {
    const sandbox = await create({ timeoutMs: 120_000 })
    await sandbox.setTimeout(1_000)
    await eventually('the end', 3_000, () => sandbox.getInfo().then(() => false, (error) => error instanceof SandboxNotFoundError))
    assert.equal(await sandbox.isRunning(), false)
    assert.equal(await sandbox.kill(), false)
  })

  test('or paused, where asked, and connect brings it back as it was', async () => {
    const sandbox = await create({ timeoutMs: 120_000, lifecycle: { onTimeout: 'pause' } })
    await sandbox.files.write('kept.txt', 'kept')
    const sleeper = await sandbox.commands.run('sleep 600', { background: true, timeoutMs: 0 })
    await sandbox.setTimeout(1_000)
    await eventually('the pause', 4_000, async () => (await sandbox.getInfo()).state === 'paused')
    assert.equal(await sandbox.isRunning(), false)
    assert.equal((await sandbox.getInfo()).lifecycle.onTimeout, 'pause')
    const again = await Sandbox.connect(sandbox.sandboxId, { timeoutMs: 60_000 })
    assert.equal(await again.isRunning(), true)
    assert.equal(await again.files.read('kept.txt'), 'kept')
    assert.equal(await again.commands.kill(sleeper.pid), true)
  })

  test('or woken by traffic, where asked', async () => {
    const sandbox = await create({ lifecycle: { onTimeout: 'pause', autoResume: true } })
    assert.deepEqual((await sandbox.getInfo()).lifecycle, { onTimeout: 'pause', autoResume: true })
    assert.equal(await sandbox.pause(), true)
    assert.equal((await sandbox.getInfo()).state, 'paused')
    const { stdout } = await within(sandbox.commands.run('echo awake'), 15_000, 'a command that wakes the sandbox')
    assert.equal(stdout, 'awake\n')
    assert.equal((await sandbox.getInfo()).state, 'running')
  })
})

describe('connect, pause, resume, kill', () => {
  test('connect to a running one only ever lengthens its life', async () => {
    const sandbox = await create({ timeoutMs: 200_000 })
    const { endAt } = await sandbox.getInfo()
    const same = await Sandbox.connect(sandbox.sandboxId, { timeoutMs: 10_000 })
    assert.equal((await same.getInfo()).endAt.getTime(), endAt.getTime())
    await sandbox.connect({ timeoutMs: 500_000 })
    assert.ok((await sandbox.getInfo()).endAt > endAt)
    assert.equal((await same.commands.run('echo reached')).stdout, 'reached\n')
  })

  test('pause keeps files, memory, processes and settings', async () => {
    const sandbox = await create({ envs: { KEPT: 'yes' }, metadata: { kept: 'too' } })
    await sandbox.files.write('kept.txt', 'kept')
    const counter = await sandbox.commands.run('exec 3<>/dev/zero; sleep 600', { background: true, timeoutMs: 0 })
    const boot = (await sandbox.commands.run('cat /proc/sys/kernel/random/boot_id')).stdout
    assert.equal(await sandbox.pause(), true)
    assert.equal(await sandbox.isRunning(), false)
    assert.equal(await sandbox.pause(), false)
    const paused = await sandbox.getInfo()
    assert.equal(paused.state, 'paused')
    assert.equal(paused.metadata.kept, 'too')
    await refused(Sandbox.setTimeout(sandbox.sandboxId, 30_000), SandboxNotFoundError)

    await sandbox.connect()
    assert.equal(await sandbox.isRunning(), true)
    assert.equal(await sandbox.files.read('kept.txt'), 'kept')
    assert.equal((await sandbox.commands.run('echo $KEPT')).stdout, 'yes\n')
    assert.equal((await sandbox.commands.run('cat /proc/sys/kernel/random/boot_id')).stdout, boot)
    assert.equal(await sandbox.commands.kill(counter.pid), true)
  })

  test('pause and resume again and again, and the old forms of pause', async () => {
    const sandbox = await create()
    for (let round = 0; round < 3; round++) {
      await sandbox.files.write('round.txt', String(round))
      assert.equal(await (round === 1 ? sandbox.betaPause() : Sandbox.pause(sandbox.sandboxId)), true)
      await sandbox.connect({ timeoutMs: 60_000 })
      assert.equal(await sandbox.files.read('round.txt'), String(round))
    }
    assert.equal(await Sandbox.betaPause(sandbox.sandboxId), true)
    await Sandbox.connect(sandbox.sandboxId)
  })

  test('many connects to one paused sandbox all succeed', async () => {
    const sandbox = await create()
    await sandbox.pause()
    const connected = await Promise.all(Array.from({ length: 5 }, () => Sandbox.connect(sandbox.sandboxId)))
    for (const one of connected) assert.equal(await one.isRunning(), true)
  })

  test('kill ends running and paused ones, once', async () => {
    const running = await create()
    assert.equal(await running.kill(), true)
    assert.equal(await running.kill(), false)
    assert.equal(await running.isRunning(), false)
    await refused(running.connect(), SandboxNotFoundError)
    const paused = await create()
    await paused.pause()
    assert.equal(await Sandbox.kill(paused.sandboxId), true)
    await refused(paused.getInfo(), SandboxNotFoundError)
  })
})

test('an ill-formed time is refused', async () => {
  const sandbox = await create()
  await refused(sandbox.setTimeout(-5_000), Error)
  await refused(Sandbox.create({ timeoutMs: 1000 * 60 * 60 * 24 * 365 }), SandboxError)

})

test('getMetrics answers for a sandbox, and with nothing for one that never was', async () => {
  const sandbox = await create()
  const points = await eventually('a metric', 30_000, async () => {
    const got = await Sandbox.getMetrics(sandbox.sandboxId)
    return got.length > 0 && got
  })
  assert.ok(points[0].memTotal > 0)
  assert.deepEqual(await Sandbox.getMetrics(UNKNOWN), [])
})
