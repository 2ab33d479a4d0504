// Every method of `git`, against a git daemon that runs inside the sandbox.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GitUpstreamError, Sandbox } from 'e2b'
import { collected, recorded, refused } from './support.mjs'

const AUTHOR = { authorName: 'Ada', authorEmail: 'ada@example.test' }
let sandbox
let git
let uncalled
let daemon
before(async () => {
  sandbox = await Sandbox.create({ timeoutMs: 300_000 })
  const inner = ['runGit', 'runShell', 'getRemoteUrl', 'resolveRemoteName', 'withRemoteCredentials', 'hasUpstream']
  ;({ watched: git, uncalled } = recorded(sandbox.git, inner))
  await run('mkdir -p /tmp/served')
  // --verbose makes the daemon say when it listens.
  const said = collected('the git daemon')
  daemon = await sandbox.commands.run(
    'git daemon --verbose --reuseaddr --export-all --enable=receive-pack --listen=127.0.0.1 --port=9418 --base-path=/tmp/served /tmp/served',
    { background: true, timeoutMs: 0, onStdout: said.add, onStderr: said.add },
  )
  await said.until('Ready to rumble')
})
after(() => sandbox?.kill())

const run = async (command, options) => (await sandbox.commands.run(command, options)).stdout
const url = (name) => `git://127.0.0.1/${name}`
const commitFile = async (path, file, content, message) => {
  await sandbox.files.write(`${path}/${file}`, content)
  await git.add(path)
  return git.commit(path, message, AUTHOR)
}
const repository = async (path) => {
  await git.init(path, { initialBranch: 'main' })
  await commitFile(path, 'README', 'first\n', 'first')
}

describe('a repository of one', () => {
  test('init, add, commit, status', async () => {
    const path = '/tmp/solo'
    await git.init(path, { initialBranch: 'trunk' })
    await sandbox.files.write(`${path}/a.txt`, 'a')
    await sandbox.files.write(`${path}/b.txt`, 'b')
    let status = await git.status(path)
    assert.equal(status.currentBranch, 'trunk')
    assert.equal(status.untrackedCount, 2)
    assert.equal(status.isClean, false)
    await git.add(path, { files: ['a.txt'] })
    status = await git.status(path)
    assert.equal(status.stagedCount, 1)
    assert.equal(status.untrackedCount, 1)
    await git.add(path)
    await git.commit(path, 'both', AUTHOR)
    status = await git.status(path)
    assert.equal(status.isClean, true)
    assert.equal(await run(`git -C ${path} log -1 --format='%an <%ae> %s'`), 'Ada <ada@example.test> both\n')
    await git.commit(path, 'nothing', { ...AUTHOR, allowEmpty: true })
    assert.equal(await run(`git -C ${path} rev-list --count HEAD`), '2\n')
  })

  test('branches: create, checkout, list, delete', async () => {
    const path = '/tmp/branchy'
    await repository(path)
    await git.createBranch(path, 'feature')
    let branches = await git.branches(path)
    assert.equal(branches.currentBranch, 'feature')
    assert.deepEqual([...branches.branches].sort(), ['feature', 'main'])
    await git.checkoutBranch(path, 'main')
    await git.deleteBranch(path, 'feature', { force: true })
    branches = await git.branches(path)
    assert.deepEqual(branches.branches, ['main'])
    assert.equal(branches.currentBranch, 'main')
  })

  test('reset and restore', async () => {
    const path = '/tmp/undo'
    await repository(path)
    await commitFile(path, 'README', 'second\n', 'second')
    await git.reset(path, { mode: 'soft', target: 'HEAD~1' })
    assert.equal((await git.status(path)).hasStaged, true)
    await git.reset(path, { mode: 'hard', target: 'HEAD' })
    assert.equal(await sandbox.files.read(`${path}/README`), 'first\n')
    await sandbox.files.write(`${path}/README`, 'changed\n')
    await git.restore(path, { paths: ['README'] })
    assert.equal(await sandbox.files.read(`${path}/README`), 'first\n')
    await sandbox.files.write(`${path}/README`, 'staged\n')
    await git.add(path)
    await git.restore(path, { paths: ['README'], staged: true })
    const status = await git.status(path)
    assert.equal(status.hasStaged, false)
    assert.equal(status.unstagedCount, 1)
  })

  test('configuration: local, global, a user, and what is unset', async () => {
    const path = '/tmp/configured'
    await repository(path)
    await git.setConfig('core.editor', 'true', { scope: 'local', path })
    assert.equal(await git.getConfig('core.editor', { scope: 'local', path }), 'true')
    assert.equal(await git.getConfig('no.such-key'), undefined)
    await git.configureUser('Grace', 'grace@example.test')
    assert.equal(await git.getConfig('user.name'), 'Grace')
    assert.equal(await git.getConfig('user.email', { scope: 'global' }), 'grace@example.test')
  })

  test('dangerouslyAuthenticate stores what it is given', async () => {
    await git.dangerouslyAuthenticate({ username: 'ada', password: 's3cret', host: 'code.example.test', protocol: 'https' })
    assert.equal(await run('cat ~/.git-credentials'), 'https://ada:s3cret@code.example.test\n')
  })
})

describe('with a daemon', () => {
  test('clone, remoteAdd, remoteGet, push, pull', async () => {
    await git.init('/tmp/served/shared.git', { bare: true, initialBranch: 'main' })
    const mine = '/tmp/mine'
    await repository(mine)
    assert.equal(await git.remoteGet(mine, 'origin'), undefined)
    await git.remoteAdd(mine, 'origin', url('elsewhere.git'))
    await git.remoteAdd(mine, 'origin', url('shared.git'), { overwrite: true })
    assert.equal(await git.remoteGet(mine, 'origin'), url('shared.git'))
    await refused(git.push(mine, { setUpstream: false }), GitUpstreamError)
    await git.push(mine, { remote: 'origin', branch: 'main', setUpstream: true })

    const theirs = '/tmp/theirs'
    await git.clone(url('shared.git'), { path: theirs, branch: 'main', depth: 1 })
    assert.equal(await sandbox.files.read(`${theirs}/README`), 'first\n')

    await commitFile(mine, 'README', 'second\n', 'second')
    assert.equal((await git.status(mine)).ahead, 1)
    await git.push(mine)
    await git.pull(theirs)
    assert.equal(await sandbox.files.read(`${theirs}/README`), 'second\n')
    const status = await git.status(theirs)
    assert.equal(status.upstream, 'origin/main')
    assert.equal(status.isClean, true)
  })

  test('pull without an upstream says so', async () => {
    const path = '/tmp/lonely'
    await repository(path)
    await git.remoteAdd(path, 'origin', url('shared.git'))
    await refused(git.pull(path), GitUpstreamError)
  })

  test('the daemon lived through all of it', async () => {
    assert.equal(daemon.exitCode, undefined)
    assert.equal(await daemon.kill(), true)
  })
})

test('every method of git was called by the tests above', () => assert.deepEqual([...uncalled], []))
