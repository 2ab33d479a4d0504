// Two halves of one life: `create` leaves a sandbox with something in it, `check <id>` finds it again.
import assert from 'node:assert/strict'
import { Sandbox } from 'e2b'

const [half, id] = process.argv.slice(2)
if (half === 'create') {
  const sandbox = await Sandbox.create({ timeoutMs: 300_000, envs: { KEPT: 'yes' } })
  await sandbox.commands.run('sleep 600', { background: true, timeoutMs: 0 })
  await sandbox.files.write('kept.txt', 'kept')
  console.log(sandbox.sandboxId)
} else {
  const sandbox = await Sandbox.connect(id)
  assert.equal((await sandbox.commands.run('echo $KEPT; cat kept.txt')).stdout, 'yes\nkept')
  const [sleeper] = await sandbox.commands.list()
  assert.deepEqual(sleeper.args, ['-l', '-c', 'sleep 600'])
  assert.equal(await sandbox.commands.kill(sleeper.pid), true)
  assert.equal(await sandbox.kill(), true)
  console.log('still answers')
}
process.exit(0)
