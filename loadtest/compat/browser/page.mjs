// Runs inside the browser: the unmodified SDK, bundled, against the server of another origin. Each row posts its answer back.
import { CommandExitError, Sandbox } from 'e2b'

const { rows, connection } = await (await fetch('/plan')).json()
const same = (expected, got) => {
  if (JSON.stringify(expected) !== JSON.stringify(got)) throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`)
}
async function withSandbox(body) {
  const sandbox = await Sandbox.create({ ...connection, timeoutMs: 120_000 })
  try {
    await body(sandbox)
  } finally {
    await sandbox.kill()
  }
}

const PROGRAMS = {
  'Sandbox.create and kill': () => withSandbox(async (s) => same(true, await s.isRunning())),
  'Sandbox.list': () =>
    withSandbox(async (s) => {
      const found = await Sandbox.list(connection).nextItems()
      same(true, found.some((one) => one.sandboxId === s.sandboxId))
    }),
  'commands.run, streamed': () =>
    withSandbox(async (s) => {
      const heard = []
      await s.commands.run('mkfifo /tmp/go')
      await s.commands.run('echo one; read x </tmp/go; echo two', {
        onStdout: (text) => heard.push(text) === 1 && s.commands.run('echo go >/tmp/go'),
      })
      same(['one\n', 'two\n'], heard)
    }),
  'commands.run, failing': () =>
    withSandbox(async (s) => {
      const failed = await s.commands.run('exit 3').catch((error) => error)
      same(true, failed instanceof CommandExitError)
      same(3, failed.exitCode)
    }),
  'files.write, read, list': () =>
    withSandbox(async (s) => {
      await s.files.write('a.txt', 'text')
      same('text', await s.files.read('a.txt'))
      same(true, (await s.files.list('.')).some((entry) => entry.name === 'a.txt'))
    }),
  'files.watchDir': () =>
    withSandbox(async (s) => {
      let seen
      const heard = new Promise((resolve) => (seen = resolve))
      const watch = await s.files.watchDir('/tmp', (event) => event.name === 'x' && seen())
      await s.files.write('/tmp/x', 'x')
      await heard
      await watch.stop()
    }),
  'pty.create': () =>
    withSandbox(async (s) => {
      let text = ''
      const handle = await s.pty.create({ cols: 80, rows: 24, onData: (data) => (text += new TextDecoder().decode(data)) })
      await s.pty.sendInput(handle.pid, new TextEncoder().encode('stty size; exit\n'))
      await handle.wait()
      same(true, text.includes('24 80'))
    }),
  'sandbox.downloadUrl by fetch': () =>
    withSandbox(async (s) => {
      await s.files.write('linked', 'by link')
      same('by link', await (await fetch(await s.downloadUrl('linked'))).text())
    }),
  'sandbox.pause and connect': () =>
    withSandbox(async (s) => {
      await s.pause()
      await s.connect()
      same(true, await s.isRunning())
    }),
}

const say = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body) })
if (rows.length === 0) await say('/rows', Object.keys(PROGRAMS))
for (const row of rows) {
  const answer = await PROGRAMS[row]().then(
    () => ({ row, state: 'pass', why: '' }),
    (error) => ({ row, state: 'fail', why: `${error?.name}: ${error?.message ?? error}` }),
  )
  await say('/answer', answer)
}
await say('/end', {})
