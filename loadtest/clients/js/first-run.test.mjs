// The first minute with the SDK: create, run, stream, kill, with nothing set but the lines of `./lelantos env`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommandExitError, Sandbox } from 'e2b'
import { refused, signal } from './support.mjs'

test('create, run, stream line by line, kill', async (t) => {
  const sandbox = await Sandbox.create()
  try {
    assert.match(sandbox.sandboxId, /^i[a-z0-9]+$/)
    assert.equal(await sandbox.isRunning(), true)

    await t.test('a command answers with its output and its exit code', async () => {
      const failed = await refused(sandbox.commands.run('echo hi; exit 3'), CommandExitError)
      assert.equal(failed.stdout, 'hi\n')
      assert.equal(failed.stderr, '')
      assert.equal(failed.exitCode, 3)
      const fine = await sandbox.commands.run('echo hi')
      assert.deepEqual({ stdout: fine.stdout, exitCode: fine.exitCode }, { stdout: 'hi\n', exitCode: 0 })
    })

    await t.test('onStdout fires while the command runs, a line at a time', async () => {
      // The command waits on a fifo after each line; only what onStdout saw lets the test write to it.
      await sandbox.commands.run('mkfifo /tmp/go')
      const lines = []
      const seen = [signal('the first line'), signal('the second line')]
      const running = sandbox.commands.run('exec 3<>/tmp/go; echo one; read x <&3; echo two; read x <&3; echo three', {
        onStdout: (text) => {
          lines.push(text)
          seen[lines.length - 1]?.set()
        },
      })
      await seen[0].wait()
      assert.deepEqual(lines, ['one\n'])
      await sandbox.commands.run('echo go > /tmp/go')
      await seen[1].wait()
      assert.deepEqual(lines, ['one\n', 'two\n'])
      await sandbox.commands.run('echo go > /tmp/go')
      assert.equal((await running).stdout, 'one\ntwo\nthree\n')
      assert.deepEqual(lines, ['one\n', 'two\n', 'three\n'])
    })
  } finally {
    assert.equal(await sandbox.kill(), true)
  }
  assert.equal(await sandbox.isRunning(), false)
  assert.equal(await Sandbox.kill(sandbox.sandboxId), false)
})
