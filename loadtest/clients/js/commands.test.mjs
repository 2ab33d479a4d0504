// Everything of `commands` and `pty`: one sandbox for the quick rules, its own for what ends a sandbox.
import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { CommandExitError, InvalidArgumentError, NotFoundError, Sandbox, SandboxError, TimeoutError } from 'e2b'
import { collected, eventually, refused, signal, withSandbox } from './support.mjs'

const NOBODY = 999_999
let sandbox
before(async () => {
  sandbox = await Sandbox.create({ timeoutMs: 300_000, envs: { COLOUR: 'green', SHAPE: 'round' } })
})
after(() => sandbox?.kill())

const out = async (command, options) => (await sandbox.commands.run(command, options)).stdout

describe('commands.run', () => {
  test('gives stdout and stderr exactly as written', async () => {
    assert.equal(await out('echo hello'), 'hello\n')
    assert.equal(await out("printf '%s' '!@#$%^&*()_+'"), '!@#$%^&*()_+')
    assert.equal(await out('printf "a\\nb\\n\\nc"'), 'a\nb\n\nc')
    const both = await sandbox.commands.run('echo to-out; echo to-err >&2')
    assert.equal(both.stdout, 'to-out\n')
    assert.equal(both.stderr, 'to-err\n')
  })

  test('calls back in order, and the result holds the same', async () => {
    const outs = []
    const errs = []
    const result = await sandbox.commands.run('for i in $(seq 300); do echo out $i; echo err $i >&2; done', {
      onStdout: (text) => outs.push(text),
      onStderr: (text) => errs.push(text),
    })
    const numbered = (name) => Array.from({ length: 300 }, (_, i) => `${name} ${i + 1}\n`).join('')
    assert.equal(outs.join(''), numbered('out'))
    assert.equal(errs.join(''), numbered('err'))
    assert.equal(result.stdout, numbered('out'))
    assert.equal(result.stderr, numbered('err'))
  })

  test('carries megabytes whole', async () => {
    const { stdout } = await sandbox.commands.run('seq 1 300000')
    assert.equal(stdout.length, 1_988_895)
    assert.ok(stdout.endsWith('\n299999\n300000\n'))
  })

  test('keeps a character that was cut between two chunks, and shows a broken one as such', async () => {
    assert.equal(await out("printf '%8191s' ''; printf 'é'"), ' '.repeat(8191) + 'é')
    assert.equal(await out("printf '%8191s' ''; printf '\\xe2'"), ' '.repeat(8191) + '\ufffd')
  })

  test('a failing command is an error with its code, output and reason', async () => {
    const failed = await refused(sandbox.commands.run('echo partial; echo why >&2; exit 42'), CommandExitError)
    assert.equal(failed.exitCode, 42)
    assert.equal(failed.stdout, 'partial\n')
    assert.equal(failed.stderr, 'why\n')
    assert.equal(failed.error, 'exit status 42')
    assert.equal((await refused(sandbox.commands.run('no-such-program-here'), CommandExitError)).exitCode, 127)
  })

  test('death by signal and exit 137 are told apart', async () => {
    const killed = await refused(sandbox.commands.run('kill -KILL $$'), CommandExitError)
    assert.equal(killed.exitCode, -1)
    assert.equal(killed.error, 'signal: killed')
    const exited = await refused(sandbox.commands.run('exit 137'), CommandExitError)
    assert.equal(exited.exitCode, 137)
    assert.equal(exited.error, 'exit status 137')
  })

  test('runs as the default user in its home, or as and where it is told', async () => {
    assert.equal(await out('whoami; pwd; echo $HOME'), 'user\n/home/user\n/home/user\n')
    assert.equal(await out('whoami; echo $HOME', { user: 'root' }), 'root\n/root\n')
    assert.equal(await out('sudo whoami'), 'root\n')
    assert.equal(await out('pwd', { cwd: '/tmp' }), '/tmp\n')
    await sandbox.commands.run('mkdir -p ~/work/deep')
    assert.equal(await out('pwd', { cwd: '~/work' }), '/home/user/work\n')
    assert.equal(await out('pwd', { cwd: 'work/deep' }), '/home/user/work/deep\n')
  })

  test('refuses a directory that is not there, or not for this user', async () => {
    const missing = await refused(sandbox.commands.run('pwd', { cwd: '/no/such/place' }), InvalidArgumentError)
    assert.match(missing.message, /cwd '\/no\/such\/place' does not exist/)
    await sandbox.commands.run('mkdir -p /secret && chmod 700 /secret', { user: 'root' })
    await refused(sandbox.commands.run('pwd', { cwd: '/secret' }), InvalidArgumentError)
    assert.equal(await out('pwd', { cwd: '/secret', user: 'root' }), '/secret\n')
  })

  test('environment: of the sandbox, overridden by the command, forgotten after it', async () => {
    assert.equal(await out('echo $COLOUR $SHAPE'), 'green round\n')
    assert.equal(await out('echo $COLOUR $SHAPE $EXTRA', { envs: { COLOUR: 'red', EXTRA: 'a b=c' } }), 'red round a b=c\n')
    assert.equal(await out('echo $COLOUR [$EXTRA]'), 'green []\n')
    assert.equal(await out('echo $E2B_SANDBOX $E2B_SANDBOX_ID'), `true ${sandbox.sandboxId}\n`)
  })

  test('what a command writes joins the log of its sandbox, one line each', () =>
    withSandbox({}, async ({ sandboxId, commands }) => {
      const command = await commands.run('echo told by one; echo told by two >&2; printf "told last"', { background: true })
      await command.wait()
      const logs = async (path, headers) => {
        const asked = { headers: { 'X-API-KEY': process.env.E2B_API_KEY, ...headers } }
        return (await fetch(`${process.env.E2B_API_URL}${path}`, asked)).json()
      }
      const entries = await eventually('three lines', 20_000, async () => {
        const found = (await logs(`/v2/sandboxes/${sandboxId}/logs?direction=forward&search=told`)).logs
        return found.length > 2 && found
      })
      const out = { logger: 'process', stream: 'stdout', pid: String(command.pid) }
      assert.deepEqual(
        entries.map(({ level, message, fields }) => ({ level, message, fields })).sort((a, b) => a.message.localeCompare(b.message)),
        [
          { level: 'info', message: 'told by one', fields: out },
          { level: 'warn', message: 'told by two', fields: { ...out, stream: 'stderr' } },
          { level: 'info', message: 'told last', fields: out },
        ],
      )
      // E2B's clients parse every line as JSON; others print it.
      const parsed = (await logs(`/sandboxes/${sandboxId}/logs`, { publisher: 'e2b' })).logs.map(({ line }) => JSON.parse(line))
      const one = parsed.find(({ message }) => message === 'told by one')
      assert.deepEqual(one, { level: 'info', message: 'told by one', sandboxID: sandboxId, ...out })
      const plain = (await logs(`/sandboxes/${sandboxId}/logs`)).logs.map(({ line }) => line)
      assert.ok(plain.includes('told by two') && plain.includes('sandbox.lifecycle.created'), plain.join('\n'))
    }))

  test('the log of a sandbox keeps the newest of what is written', () =>
    withSandbox({}, async ({ sandboxId, commands }) => {
      await commands.run(`lines=$(for i in $(seq 1000); do printf '{"message":"%s"},' $i; done)
        for i in $(seq 12); do
          curl -sf -d "{\\"instanceID\\":\\"$E2B_SANDBOX_ID\\",\\"lines\\":[\${lines%,}]}" http://events.e2b.local/logs
        done >/dev/null`)
      const asked = { headers: { 'X-API-KEY': process.env.E2B_API_KEY } }
      const from = async (line) => {
        const answer = await fetch(`${process.env.E2B_API_URL}/sandboxes/${sandboxId}/logs?start=${line}&limit=1`, asked)
        return (await answer.json()).logs.map((each) => each.line)
      }
      assert.equal((await from(9_900)).length, 1)
      assert.deepEqual(await from(10_600), [])
    }))

  test('timeoutMs ends the command, not the sandbox', async () => {
    await refused(sandbox.commands.run('sleep 60', { timeoutMs: 700 }), TimeoutError)
    const background = await sandbox.commands.run('sleep 60', { timeoutMs: 700, background: true })
    await refused(background.wait(), TimeoutError)
    assert.equal(await sandbox.isRunning(), true)
  })
})

describe('background commands', () => {
  test('are listed while they live, and gone from the list once killed', async () => {
    const first = await sandbox.commands.run('sleep 61', { background: true })
    const second = await sandbox.commands.run('sleep 62', { background: true, cwd: '/tmp', envs: { WHO: 'second' } })
    const listed = await sandbox.commands.list()
    const found = listed.find((process) => process.pid === second.pid)
    assert.ok(listed.some((process) => process.pid === first.pid))
    assert.deepEqual(
      { cmd: found.cmd, args: found.args, cwd: found.cwd, envs: found.envs },
      { cmd: '/bin/bash', args: ['-l', '-c', 'sleep 62'], cwd: '/tmp', envs: { WHO: 'second' } },
    )
    assert.equal(await sandbox.commands.kill(first.pid), true)
    assert.equal(await second.kill(), true)
    const pids = (await sandbox.commands.list()).map((process) => process.pid)
    assert.ok(!pids.includes(first.pid) && !pids.includes(second.pid), `still listed: ${pids}`)
    await refused(sandbox.commands.run(`kill -0 ${first.pid}`, { user: 'root' }), CommandExitError)
    assert.equal((await refused(first.wait(), CommandExitError)).error, 'signal: killed')
    assert.equal(await sandbox.commands.kill(first.pid), false)
    assert.equal(await sandbox.commands.kill(NOBODY), false)
  })

  test('killing a shell whose children keep the pipes ends its streams', async () => {
    const shell = await sandbox.commands.run('sleep 63 & sleep 64 && echo done', { background: true })
    const also = await sandbox.commands.connect(shell.pid)
    assert.equal(await shell.kill(), true)
    assert.equal((await refused(shell.wait(), CommandExitError)).exitCode, -1)
    assert.equal((await refused(also.wait(), CommandExitError)).exitCode, -1)
  })

  test('connect attaches a second reader, and the first may leave', async () => {
    await sandbox.commands.run('rm -f /tmp/gate; mkfifo /tmp/gate')
    const first = await sandbox.commands.run('read x </tmp/gate; echo after $x; exit 5', { background: true })
    const heard = collected('the second reader')
    const second = await sandbox.commands.connect(first.pid, { onStdout: heard.add })
    assert.equal(second.pid, first.pid)
    await first.disconnect()
    await sandbox.commands.run('echo gate > /tmp/gate')
    const ended = await refused(second.wait(), CommandExitError)
    assert.equal(ended.exitCode, 5)
    assert.equal(heard.text, 'after gate\n')
    await refused(sandbox.commands.connect(NOBODY), NotFoundError)
  })

  test('an ended command still tells how it ended', async () => {
    const handle = await sandbox.commands.run('exit 7', { background: true })
    await refused(handle.wait(), CommandExitError)
    assert.equal(handle.exitCode, 7)
    const late = await sandbox.commands.connect(handle.pid)
    assert.equal((await refused(late.wait(), CommandExitError)).exitCode, 7)
  })
})

describe('stdin', () => {
  test('takes text, bytes, nothing and many lines, until it is closed', async () => {
    const cat = await sandbox.commands.run('cat', { background: true, stdin: true })
    await cat.sendStdin('first line\n')
    await sandbox.commands.sendStdin(cat.pid, '')
    await sandbox.commands.sendStdin(cat.pid, new TextEncoder().encode('bytes: é !@#$%^&*()\n'))
    await cat.sendStdin('two\nlines\n')
    await sandbox.commands.closeStdin(cat.pid)
    const result = await cat.wait()
    assert.equal(result.exitCode, 0)
    assert.equal(result.stdout, 'first line\nbytes: é !@#$%^&*()\ntwo\nlines\n')
    await refused(sandbox.commands.sendStdin(cat.pid, 'late'), NotFoundError)
  })

  test('takes a megabyte and loses nothing', async () => {
    const counter = await sandbox.commands.run('wc -c', { background: true, stdin: true })
    const piece = 'x'.repeat(64 * 1024)
    for (let i = 0; i < 16; i++) await counter.sendStdin(piece)
    await counter.closeStdin()
    assert.equal((await counter.wait()).stdout.trim(), String(16 * 64 * 1024))
  })

  test('is at its end from the start unless asked for', async () => {
    const failed = await refused(sandbox.commands.run('read -p "name? " name', { stdin: false }), CommandExitError)
    assert.equal(failed.exitCode, 1)
  })
})

describe('pty', () => {
  const bytes = (text) => new TextEncoder().encode(text)
  const open = async (options = {}) => {
    const screen = collected('the terminal')
    const handle = await sandbox.pty.create({ cols: 80, rows: 24, onData: screen.add, timeoutMs: 0, ...options })
    return { handle, screen, type: (text) => sandbox.pty.sendInput(handle.pid, bytes(text)) }
  }

  test('is a terminal: size, echo, environment, user, directory and exit code', async () => {
    const { handle, screen, type } = await open({ envs: { FRUIT: 'fig' }, cwd: '/tmp', user: 'root' })
    await type('echo "[$FRUIT:$(whoami):$(pwd):$TERM]"; stty size\n')
    await screen.until('[fig:root:/tmp:xterm-256color]')
    await screen.until('24 80')
    assert.ok(screen.text.includes('echo "[$FRUIT'), 'what is typed is echoed')
    await type('exit 9\n')
    assert.equal((await refused(handle.wait(), CommandExitError)).exitCode, 9)
  })

  test('exit without a number ends well', async () => {
    const { handle, type } = await open()
    await type('exit\n')
    assert.equal((await handle.wait()).exitCode, 0)
  })

  test('resize reaches the program inside', async () => {
    const { handle, screen, type } = await open()
    await type('trap "echo resized-to-\\$(tput cols)" WINCH; echo rea""dy\n')
    await screen.until('ready')
    await sandbox.pty.resize(handle.pid, { cols: 100, rows: 30 })
    await type('echo size-$(stty size)\n')
    await screen.until('size-30 100')
    await screen.until('resized-to-100')
    assert.equal(await sandbox.pty.kill(handle.pid), true)
  })

  test('survives its client: another attaches, sees what comes, and the exit code', async () => {
    const { handle, screen, type } = await open()
    await type('KEPT=alive; echo rea""dy\n')
    await screen.until('ready')
    await handle.disconnect()
    const again = collected('the terminal, again')
    const second = await sandbox.pty.connect(handle.pid, { onData: again.add, timeoutMs: 0 })
    assert.equal(second.pid, handle.pid)
    await type('echo still-$KEPT\n')
    await again.until('still-alive')
    await type('exit 4\n')
    assert.equal((await refused(second.wait(), CommandExitError)).exitCode, 4)
  })

  test('ctrl-c interrupts what runs in it', async () => {
    const { handle, screen, type } = await open()
    await type('echo sta""rted; sleep 600\n')
    await screen.until('started')
    await type('\u0003')
    await type('echo code-$?\n')
    await screen.until('code-130')
    await handle.kill()
  })

  test('kill ends it at once', async () => {
    const { handle } = await open()
    const ended = refused(handle.wait(), CommandExitError)
    assert.equal(await sandbox.pty.kill(handle.pid), true)
    assert.equal((await ended).error, 'signal: killed')
    await refused(sandbox.commands.run(`kill -0 ${handle.pid}`, { user: 'root' }), CommandExitError)
    assert.equal(await sandbox.pty.kill(NOBODY), false)
  })
})

test('a command whose sandbox is killed says so', async () => {
  await withSandbox({}, async (doomed) => {
    const started = signal('the command')
    const running = doomed.commands.run('echo started; sleep 60', { onStdout: () => started.set() })
    const ended = refused(running, SandboxError)
    await started.wait()
    assert.equal(await doomed.kill(), true)
    const error = await ended
    assert.ok(error instanceof TimeoutError, `${error.constructor.name}: ${error.message}`)
    assert.match(error.message, /killed or reached its end of life/)
  })
})

test('a connection that breaks off says nothing of the sandbox, which lives', async () => {
  const gateway = new URL(process.env.E2B_SANDBOX_URL)
  const open = new Set()
  let asked = ''
  const relay = createServer((client) => {
    client.on('data', (piece) => (asked += piece))
    const server = connect(gateway.port, gateway.hostname)
    for (const [one, other] of [[client, server], [server, client]]) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => open.delete(one) && other.destroy())
      one.pipe(other)
    }
  })
  await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve))
  try {
    const relayed = await Sandbox.connect(sandbox.sandboxId, { sandboxUrl: `http://127.0.0.1:${relay.address().port}` })
    const started = signal('the command')
    const running = relayed.commands.run('echo started; sleep 60', { onStdout: () => started.set() })
    const ended = refused(running)
    await started.wait()
    asked = ''
    for (const each of open) each.destroy()
    const error = await ended
    assert.match(asked, /GET \/health /)
    assert.ok(!(error instanceof TimeoutError), `${error.constructor.name}: ${error.message}`)
    assert.doesNotMatch(error.message, /killed or reached its end of life/)
    assert.equal(await relayed.isRunning(), true)
  } finally {
    for (const each of open) each.destroy()
    relay.close()
  }
})
