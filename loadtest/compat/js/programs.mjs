// One small program per public method of the JavaScript SDK. Each gets `t`: the package, an assert, and sandboxes that
// end with the program. What a program does not refuse, works.
import assert from 'node:assert/strict'

const bytes = (text) => new TextEncoder().encode(text)
const author = { authorName: 'Ada', authorEmail: 'ada@example.test' }

/** A promise and the function that keeps it. */
const signal = () => {
  let set
  const fired = new Promise((resolve) => (set = resolve))
  return Object.assign(fired, { set })
}

const sandbox = (body) => async (t) => body(await t.sandbox(), t)

async function listed(t, query) {
  const pages = t.e2b.Sandbox.list(query)
  // 1.x answered with the list itself.
  if (typeof pages.then === 'function') return pages
  return pages.nextItems()
}

const lifecycle = {
  'Sandbox.betaCreate': async (t) => {
    const made = t.own(await t.e2b.Sandbox.betaCreate({ autoPause: true, timeoutMs: 60_000 }))
    assert.equal((await made.commands.run('echo hi')).stdout, 'hi\n')
  },
  'Sandbox.create': async (t) => {
    const made = await t.sandbox({ metadata: { made: 'here' }, envs: { WHAT: 'this' }, timeoutMs: 60_000 })
    assert.equal((await made.commands.run('echo $WHAT')).stdout, 'this\n')
  },
  'Sandbox.connect': sandbox(async (s, t) => {
    const same = await t.e2b.Sandbox.connect(s.sandboxId)
    assert.equal((await same.commands.run('echo hi')).stdout, 'hi\n')
  }),
  'Sandbox.list': sandbox(async (s, t) => {
    assert.ok((await listed(t)).some((one) => one.sandboxId === s.sandboxId))
  }),
  'Sandbox.getInfo': sandbox(async (s, t) => assert.equal((await t.e2b.Sandbox.getInfo(s.sandboxId)).sandboxId, s.sandboxId)),
  'Sandbox.getFullInfo': sandbox(async (s, t) => {
    assert.equal((await t.e2b.Sandbox.getFullInfo(s.sandboxId)).sandboxId, s.sandboxId)
  }),
  'Sandbox.kill': sandbox(async (s, t) => {
    assert.equal(await t.e2b.Sandbox.kill(s.sandboxId), true)
    assert.equal(await t.e2b.Sandbox.kill(s.sandboxId), false)
  }),
  'Sandbox.setTimeout': sandbox((s, t) => t.e2b.Sandbox.setTimeout(s.sandboxId, 30_000)),
  'Sandbox.pause': sandbox(async (s, t) => {
    await t.e2b.Sandbox.pause(s.sandboxId)
    assert.equal((await s.getInfo()).state, 'paused')
  }),
  'Sandbox.betaPause': sandbox(async (s, t) => {
    await t.e2b.Sandbox.betaPause(s.sandboxId)
    assert.equal((await s.getInfo()).state, 'paused')
  }),
  'Sandbox.getMetrics': sandbox(async (s, t) => {
    assert.ok((await t.until(() => t.e2b.Sandbox.getMetrics(s.sandboxId)))[0].cpuCount > 0)
  }),
  'Sandbox.updateNetwork': sandbox((s, t) => t.e2b.Sandbox.updateNetwork(s.sandboxId, { denyOut: ['8.8.8.8'] })),
  'Sandbox.fork': sandbox(async (s, t) => t.own((await t.e2b.Sandbox.fork(s.sandboxId))[0])),
  'Sandbox.createSnapshot': sandbox(async (s, t) => assert.ok((await t.e2b.Sandbox.createSnapshot(s.sandboxId)).snapshotId)),
  'Sandbox.listSnapshots': async (t) => assert.ok(Array.isArray(await t.e2b.Sandbox.listSnapshots().nextItems())),
  'Sandbox.deleteSnapshot': async (t) => assert.equal(await t.e2b.Sandbox.deleteSnapshot('no-such-snapshot'), false),

  'sandbox.connect': sandbox(async (s) => {
    await s.pause()
    await s.connect()
    assert.equal(await s.isRunning(), true)
  }),
  'sandbox.isRunning': sandbox(async (s) => {
    assert.equal(await s.isRunning(), true)
    await s.kill()
    assert.equal(await s.isRunning(), false)
  }),
  'sandbox.kill': sandbox(async (s) => assert.notEqual(await s.kill(), false)),
  'sandbox.setTimeout': sandbox((s) => s.setTimeout(30_000)),
  'sandbox.pause': sandbox(async (s, t) => {
    await s.files.write('kept', 'kept')
    await s.pause()
    assert.equal(await (await t.e2b.Sandbox.connect(s.sandboxId)).files.read('kept'), 'kept')
  }),
  'sandbox.betaPause': sandbox(async (s) => {
    await s.betaPause()
    assert.equal(await s.isRunning(), false)
  }),
  'sandbox.getInfo': sandbox(async (s) => assert.equal((await s.getInfo()).sandboxId, s.sandboxId)),
  'sandbox.getMetrics': sandbox(async (s, t) => assert.ok((await t.until(() => s.getMetrics()))[0].memTotal > 0)),
  'sandbox.getHost': sandbox(async (s) => assert.ok(s.getHost(3000).startsWith(`3000-${s.sandboxId}`))),
  'sandbox.uploadUrl': sandbox(async (s) => {
    const form = new FormData()
    form.append('file', new Blob(['by link']), 'x')
    const answer = await fetch(await s.uploadUrl('linked'), { method: 'POST', body: form })
    assert.equal(answer.status, 200, await answer.text())
    assert.equal(await s.files.read('linked'), 'by link')
  }),
  'sandbox.downloadUrl': sandbox(async (s) => {
    await s.files.write('linked', 'by link')
    const options = { useSignatureExpiration: 60 }
    assert.equal(await (await fetch(await s.downloadUrl('linked', options))).text(), 'by link')
  }),
  'sandbox.updateNetwork': sandbox((s) => s.updateNetwork({ denyOut: ['8.8.8.8'] })),
  'sandbox.fork': sandbox(async (s, t) => t.own((await s.fork())[0])),
  'sandbox.createSnapshot': sandbox(async (s) => assert.ok((await s.createSnapshot()).snapshotId)),
  'sandbox.listSnapshots': sandbox(async (s) => assert.deepEqual(await s.listSnapshots().nextItems(), [])),
  'sandbox.getMcpUrl': sandbox(async (s) => assert.ok(s.getMcpUrl().endsWith('/mcp'))),
  'sandbox.getMcpToken': async (t) => assert.ok(await (await t.sandbox({ mcp: {} })).getMcpToken()),
  'pages.nextItems': sandbox(async (s, t) => {
    await t.sandbox()
    const pages = t.e2b.Sandbox.list({ limit: 1 })
    const [first] = await pages.nextItems()
    const [second] = await pages.nextItems()
    assert.notEqual(first.sandboxId, second.sandboxId)
  }),
  'snapshotPages.nextItems': async (t) => assert.ok(Array.isArray(await t.e2b.Sandbox.listSnapshots().nextItems())),
}

const commands = {
  'commands.run': sandbox(async (s, t) => {
    assert.equal((await s.commands.run('echo $X; pwd', { envs: { X: 'x' }, cwd: '/tmp' })).stdout, 'x\n/tmp\n')
    await assert.rejects(s.commands.run('exit 3'), (error) => error instanceof t.e2b.CommandExitError && error.exitCode === 3)
  }),
  'commands.list': sandbox(async (s) => {
    const { pid } = await s.commands.run('sleep 60', { background: true })
    assert.deepEqual((await s.commands.list()).map((one) => one.pid), [pid])
  }),
  'commands.kill': sandbox(async (s) => {
    const { pid } = await s.commands.run('sleep 60', { background: true })
    assert.equal(await s.commands.kill(pid), true)
    assert.equal(await s.commands.kill(999_999), false)
  }),
  'commands.connect': sandbox(async (s) => {
    const first = await s.commands.run('read x; echo got $x', { background: true, stdin: true })
    const second = await s.commands.connect(first.pid)
    await s.commands.sendStdin(first.pid, 'it\n')
    assert.equal((await second.wait()).stdout, 'got it\n')
  }),
  'commands.sendStdin': sandbox(async (s) => {
    const handle = await s.commands.run('read x; echo got $x', { background: true, stdin: true })
    await s.commands.sendStdin(handle.pid, 'it\n')
    assert.equal((await handle.wait()).stdout, 'got it\n')
  }),
  'commands.closeStdin': sandbox(async (s) => {
    const handle = await s.commands.run('cat', { background: true, stdin: true })
    await s.commands.closeStdin(handle.pid)
    assert.equal((await handle.wait()).exitCode, 0)
  }),
  'handle.wait': sandbox(async (s) => {
    const handle = await s.commands.run('echo out', { background: true })
    assert.equal((await handle.wait()).stdout, 'out\n')
  }),
  'handle.kill': sandbox(async (s) => assert.equal(await (await s.commands.run('sleep 60', { background: true })).kill(), true)),
  'handle.disconnect': sandbox(async (s) => {
    const handle = await s.commands.run('sleep 60', { background: true })
    await handle.disconnect()
    assert.equal((await s.commands.list()).length, 1)
  }),
  'handle.sendStdin': sandbox(async (s) => {
    const handle = await s.commands.run('read x; echo got $x', { background: true, stdin: true })
    await handle.sendStdin('it\n')
    assert.equal((await handle.wait()).stdout, 'got it\n')
  }),
  'handle.closeStdin': sandbox(async (s) => {
    const handle = await s.commands.run('cat', { background: true, stdin: true })
    await handle.closeStdin()
    assert.equal((await handle.wait()).exitCode, 0)
  }),
}

async function terminal(s) {
  const heard = { text: '', waiting: [] }
  const onData = (data) => {
    heard.text += new TextDecoder().decode(data)
    heard.waiting = heard.waiting.filter(({ piece, done }) => !(heard.text.includes(piece) && (done.set(), true)))
  }
  const until = (piece) => {
    const done = signal()
    heard.waiting.push({ piece, done })
    onData(new Uint8Array())
    return done
  }
  const handle = await s.pty.create({ cols: 80, rows: 24, onData, timeoutMs: 0 })
  return { handle, until, onData, type: (text) => s.pty.sendInput(handle.pid, bytes(text)) }
}

const pty = {
  'pty.create': sandbox(async (s) => {
    const { handle, type, until } = await terminal(s)
    await type('stty size\n')
    await until('24 80')
    await type('exit\n')
    assert.equal((await handle.wait()).exitCode, 0)
  }),
  'pty.sendInput': sandbox(async (s) => {
    const { type, until } = await terminal(s)
    await type('echo $((6*7))\n')
    await until('42')
  }),
  'pty.resize': sandbox(async (s) => {
    const { handle, type, until } = await terminal(s)
    await s.pty.resize(handle.pid, { cols: 100, rows: 30 })
    await type('stty size\n')
    await until('30 100')
  }),
  'pty.kill': sandbox(async (s) => assert.equal(await s.pty.kill((await terminal(s)).handle.pid), true)),
  'pty.connect': sandbox(async (s) => {
    const first = await terminal(s)
    await first.handle.disconnect()
    const again = await s.pty.connect(first.handle.pid, { onData: first.onData, timeoutMs: 0 })
    await first.type('echo $((6*7))\n')
    await first.until('42')
    await again.kill()
  }),
}

const files = {
  'files.write': sandbox(async (s) => {
    await s.files.write('a/b.txt', 'text')
    assert.equal(await s.files.read('a/b.txt'), 'text')
  }),
  'files.writeFiles': sandbox(async (s) => {
    const written = await s.files.writeFiles([{ path: 'one', data: '1' }, { path: 'two', data: '2' }])
    assert.deepEqual(written.map((file) => file.path), ['/home/user/one', '/home/user/two'])
  }),
  'files.read': sandbox(async (s, t) => {
    await s.files.write('x', 'é')
    assert.equal(await s.files.read('x'), 'é')
    assert.equal((await s.files.read('x', { format: 'bytes' })).length, 2)
    assert.equal((await s.files.read('x', { format: 'blob' })).size, 2)
    assert.equal(await new Response(await s.files.read('x', { format: 'stream' })).text(), 'é')
    await assert.rejects(s.files.read('/no/such'), t.e2b.NotFoundError)
  }),
  'files.list': sandbox(async (s) => {
    await s.commands.run('mkdir -p d/e; touch d/f d/e/g')
    assert.deepEqual((await s.files.list('d', { depth: 1 })).map((entry) => entry.name).sort(), ['e', 'f'])
  }),
  'files.makeDir': sandbox(async (s) => {
    assert.equal(await s.files.makeDir('new/dir'), true)
    assert.equal(await s.files.makeDir('new/dir'), false)
  }),
  'files.rename': sandbox(async (s) => {
    await s.files.write('old', 'x')
    assert.equal((await s.files.rename('old', 'new')).path, '/home/user/new')
  }),
  'files.remove': sandbox(async (s) => {
    await s.files.write('x', 'x')
    await s.files.remove('x')
    assert.equal(await s.files.exists('x'), false)
  }),
  'files.exists': sandbox(async (s) => {
    assert.equal(await s.files.exists('/etc/passwd'), true)
    assert.equal(await s.files.exists('/no/such'), false)
  }),
  'files.getInfo': sandbox(async (s) => assert.equal((await s.files.getInfo('/etc/passwd')).owner, 'root')),
  'files.watchDir': sandbox(async (s) => {
    const heard = signal()
    await s.files.watchDir('/tmp', (event) => event.name === 'seen' && heard.set(), { recursive: true })
    await s.files.write('/tmp/seen', 'x')
    await heard
  }),
  'watch.stop': sandbox(async (s) => {
    const ended = signal()
    const watch = await s.files.watchDir('/tmp', () => {}, { onExit: () => ended.set() })
    await watch.stop()
    await ended
  }),
}

async function repository(s) {
  await s.git.init('/tmp/repo', { initialBranch: 'main' })
  await s.files.write('/tmp/repo/README', 'first\n')
  await s.git.add('/tmp/repo')
  await s.git.commit('/tmp/repo', 'first', author)
  return '/tmp/repo'
}
async function withOrigin(s) {
  const path = await repository(s)
  await s.git.init('/tmp/served.git', { bare: true, initialBranch: 'main' })
  await s.git.remoteAdd(path, 'origin', '/tmp/served.git')
  return path
}
const git = {
  'git.init': sandbox(async (s) => assert.equal((await s.git.init('/tmp/repo')).exitCode, 0)),
  'git.add': sandbox(async (s) => {
    await s.git.init('/tmp/repo')
    await s.files.write('/tmp/repo/a', 'a')
    await s.git.add('/tmp/repo')
    assert.equal((await s.git.status('/tmp/repo')).stagedCount, 1)
  }),
  'git.commit': sandbox(async (s) => assert.equal((await s.git.status(await repository(s))).isClean, true)),
  'git.status': sandbox(async (s) => assert.equal((await s.git.status(await repository(s))).currentBranch, 'main')),
  'git.branches': sandbox(async (s) => assert.deepEqual((await s.git.branches(await repository(s))).branches, ['main'])),
  'git.createBranch': sandbox(async (s) => {
    const path = await repository(s)
    await s.git.createBranch(path, 'other')
    assert.equal((await s.git.branches(path)).currentBranch, 'other')
  }),
  'git.checkoutBranch': sandbox(async (s) => {
    const path = await repository(s)
    await s.git.createBranch(path, 'other')
    await s.git.checkoutBranch(path, 'main')
    assert.equal((await s.git.branches(path)).currentBranch, 'main')
  }),
  'git.deleteBranch': sandbox(async (s) => {
    const path = await repository(s)
    await s.git.createBranch(path, 'other')
    await s.git.checkoutBranch(path, 'main')
    await s.git.deleteBranch(path, 'other', { force: true })
    assert.deepEqual((await s.git.branches(path)).branches, ['main'])
  }),
  'git.reset': sandbox(async (s) => {
    const path = await repository(s)
    await s.files.write(`${path}/README`, 'second\n')
    await s.git.reset(path, { mode: 'hard' })
    assert.equal(await s.files.read(`${path}/README`), 'first\n')
  }),
  'git.restore': sandbox(async (s) => {
    const path = await repository(s)
    await s.files.write(`${path}/README`, 'second\n')
    await s.git.restore(path, { paths: ['README'] })
    assert.equal(await s.files.read(`${path}/README`), 'first\n')
  }),
  'git.setConfig': sandbox(async (s) => assert.equal((await s.git.setConfig('core.editor', 'true')).exitCode, 0)),
  'git.getConfig': sandbox(async (s) => {
    await s.git.setConfig('core.editor', 'true')
    assert.equal(await s.git.getConfig('core.editor'), 'true')
  }),
  'git.configureUser': sandbox(async (s) => {
    await s.git.configureUser('Ada', 'ada@example.test')
    assert.equal(await s.git.getConfig('user.name'), 'Ada')
  }),
  'git.dangerouslyAuthenticate': sandbox(async (s) => {
    await s.git.dangerouslyAuthenticate({ username: 'ada', password: 'pw', host: 'code.example.test' })
    assert.ok((await s.files.read('.git-credentials')).includes('ada:pw@code.example.test'))
  }),
  'git.remoteAdd': sandbox(async (s) => assert.ok(await withOrigin(s))),
  'git.remoteGet': sandbox(async (s) => assert.equal(await s.git.remoteGet(await withOrigin(s), 'origin'), '/tmp/served.git')),
  'git.push': sandbox(async (s) => {
    const path = await withOrigin(s)
    await s.git.push(path, { remote: 'origin', branch: 'main', setUpstream: true })
    assert.equal((await s.git.status(path)).upstream, 'origin/main')
  }),
  'git.clone': sandbox(async (s) => {
    await s.git.push(await withOrigin(s), { remote: 'origin', branch: 'main', setUpstream: true })
    await s.git.clone('/tmp/served.git', { path: '/tmp/theirs', branch: 'main' })
    assert.equal(await s.files.read('/tmp/theirs/README'), 'first\n')
  }),
  'git.pull': sandbox(async (s) => {
    const path = await withOrigin(s)
    await s.git.push(path, { remote: 'origin', branch: 'main', setUpstream: true })
    assert.equal((await s.git.pull(path)).exitCode, 0)
  }),
}

/** A builder method is right when the template it made says so; nothing of it needs a server. */
const builds = (expected, make) => async (t) => {
  const made = await t.e2b.Template.toJSON(make(t.e2b.Template()), false)
  assert.ok(made.includes(expected), `${expected} is not in ${made}`)
}
const base = (make) => (template) => make(template.fromBaseImage())
const credentials = { accessKeyId: 'a', secretAccessKey: 'b', region: 'eu' }
const registered = { name: 'compat-template', tags: [] }
const building = (t) => t.e2b.Template.build(t.e2b.Template().fromTemplate('base').runCmd('true'), registered.name)
const template = {
  'template.fromImage': builds('alpine:3', (x) => x.fromImage('alpine:3')),
  Template: builds('debian:', (x) => x.fromDebianImage()),
  'template.fromTemplate': builds('base', (x) => x.fromTemplate('base')),
  'template.fromBaseImage': builds('e2bdev/base', (x) => x.fromBaseImage()),
  'template.fromDebianImage': builds('debian:', (x) => x.fromDebianImage()),
  'template.fromUbuntuImage': builds('ubuntu:', (x) => x.fromUbuntuImage()),
  'template.fromFedoraImage': builds('fedora:', (x) => x.fromFedoraImage()),
  'template.fromAlpineImage': builds('alpine:', (x) => x.fromAlpineImage()),
  'template.fromArchImage': builds('arch', (x) => x.fromArchImage()),
  'template.fromPythonImage': builds('python:', (x) => x.fromPythonImage()),
  'template.fromNodeImage': builds('node:', (x) => x.fromNodeImage()),
  'template.fromBunImage': builds('bun:', (x) => x.fromBunImage()),
  'template.fromDockerfile': builds('debian:12', (x) => x.fromDockerfile('FROM debian:12\nRUN true')),
  'template.fromAWSRegistry': builds('aws', (x) => x.fromAWSRegistry('x.ecr/y:1', credentials)),
  'template.fromGCPRegistry': builds('gcp', (x) => x.fromGCPRegistry('gcr/y:1', { serviceAccountJSON: {} })),
  'template.copy': builds('COPY', base((x) => x.copy('package.json', '/tmp/'))),
  'template.copyItems': builds('COPY', base((x) => x.copyItems([{ src: 'package.json', dest: '/tmp/' }]))),
  'template.remove': builds('rm', base((x) => x.remove('/tmp/x'))),
  'template.rename': builds('mv', base((x) => x.rename('/tmp/x', '/tmp/y'))),
  'template.makeDir': builds('mkdir', base((x) => x.makeDir('/tmp/x'))),
  'template.makeSymlink': builds('ln', base((x) => x.makeSymlink('/tmp/x', '/tmp/y'))),
  'template.runCmd': builds('echo run', base((x) => x.runCmd('echo run'))),
  'template.setWorkdir': builds('WORKDIR', base((x) => x.setWorkdir('/tmp'))),
  'template.setUser': builds('USER', base((x) => x.setUser('root'))),
  'template.pipInstall': builds('pip install', base((x) => x.pipInstall('six'))),
  'template.npmInstall': builds('npm install', base((x) => x.npmInstall('ms'))),
  'template.bunInstall': builds('bun install', base((x) => x.bunInstall('ms'))),
  'template.aptInstall': builds('apt-get', base((x) => x.aptInstall('jq'))),
  'template.addMcpServer': builds('mcp', (x) => x.fromTemplate('mcp-gateway').addMcpServer('exa')),
  'template.gitClone': builds('git clone', base((x) => x.gitClone('https://code.example.test/x.git'))),
  'template.setStartCmd': builds('start-me', base((x) => x.setStartCmd('start-me', 'ready'))),
  'template.setReadyCmd': builds('ready-when', base((x) => x.setReadyCmd('ready-when'))),
  'template.setEnvs': builds('ENV', base((x) => x.setEnvs({ A: 'b' }))),
  'template.skipCache': builds('"force": true', (x) => base((y) => y.runCmd('true'))(x.skipCache())),
  'template.betaDevContainerPrebuild': builds('devcontainer', (x) => x.fromTemplate('devcontainer').betaDevContainerPrebuild('/x')),
  'template.betaSetDevContainerStart': builds('devcontainer', (x) => x.fromTemplate('devcontainer').betaSetDevContainerStart('/x')),
  'Template.toJSON': builds('debian:', (x) => x.fromDebianImage()),
  'Template.toDockerfile': async (t) => assert.ok(t.e2b.Template.toDockerfile(t.e2b.Template().fromDebianImage()).startsWith('FROM debian')),
  'Template.build': async (t) => assert.ok((await building(t)).templateId),
  'Template.buildInBackground': async (t) => {
    assert.ok((await t.e2b.Template.buildInBackground(t.e2b.Template().fromTemplate('base'), registered.name)).buildId)
  },
  'Template.getBuildStatus': async (t) => {
    const info = await t.e2b.Template.buildInBackground(t.e2b.Template().fromTemplate('base'), registered.name)
    assert.ok((await t.e2b.Template.getBuildStatus(info)).status)
  },
  'Template.exists': async (t) => {
    assert.equal(await t.e2b.Template.exists('base'), true)
    assert.equal(await t.e2b.Template.exists('no-such-template'), false)
  },
  'Template.aliasExists': async (t) => assert.equal(await t.e2b.Template.aliasExists('base'), true),
  'Template.assignTags': async (t) => {
    await building(t)
    assert.ok(await t.e2b.Template.assignTags(registered.name, 'tagged'))
  },
  'Template.removeTags': async (t) => {
    await building(t)
    await t.e2b.Template.assignTags(registered.name, 'tagged')
    await t.e2b.Template.removeTags(registered.name, 'tagged')
  },
  'Template.getTags': async (t) => assert.ok(Array.isArray(await t.e2b.Template.getTags('base'))),
  'readyCmd.getCmd': async (t) => assert.ok(t.e2b.waitForPort(1).getCmd().includes('1')),
  waitForPort: async (t) => assert.ok(t.e2b.waitForPort(8080).getCmd().includes('8080')),
  waitForURL: async (t) => assert.ok(t.e2b.waitForURL('http://x/').getCmd().includes('http://x/')),
  waitForProcess: async (t) => assert.ok(t.e2b.waitForProcess('nginx').getCmd().includes('nginx')),
  waitForFile: async (t) => assert.ok(t.e2b.waitForFile('/x').getCmd().includes('/x')),
  waitForTimeout: async (t) => assert.ok(t.e2b.waitForTimeout(2000).getCmd().includes('2')),
  defaultBuildLogger: async (t) => assert.equal(typeof t.e2b.defaultBuildLogger(), 'function'),
  getSignature: async (t) => {
    // The contract's own vector.
    const made = await t.e2b.getSignature({
      path: 'hello.txt',
      operation: 'read',
      user: 'user',
      envdAccessToken: '0tQG31xiMp0IOQfaz9dcwi72L1CPo8e0',
    })
    assert.equal(made.signature, 'v1_gUtH/s9YCJWgCizjfUxuWfhFE4QSydOWEIIvfLwDr6E')
  },
}

async function volume(t) {
  const made = await t.e2b.Volume.create(`compat-${Date.now()}`)
  t.later(() => t.e2b.Volume.destroy(made.volumeId))
  return made
}
const onVolume = (body) => async (t) => body(await volume(t), t)
const volumes = {
  'Volume.create': onVolume(async (v) => assert.ok(v.volumeId)),
  'Volume.connect': onVolume(async (v, t) => assert.equal((await t.e2b.Volume.connect(v.volumeId)).name, v.name)),
  'Volume.getInfo': onVolume(async (v, t) => assert.equal((await t.e2b.Volume.getInfo(v.volumeId)).name, v.name)),
  'Volume.list': onVolume(async (v, t) => assert.ok((await t.e2b.Volume.list()).some((one) => one.volumeId === v.volumeId))),
  'Volume.destroy': onVolume(async (v, t) => assert.equal(await t.e2b.Volume.destroy(v.volumeId), true)),
  'volume.writeFile': onVolume((v) => v.writeFile('/x', 'x')),
  'volume.readFile': onVolume(async (v) => {
    await v.writeFile('/x', 'x')
    assert.equal(await v.readFile('/x'), 'x')
  }),
  'volume.list': onVolume(async (v) => assert.deepEqual(await v.list('/'), [])),
  'volume.makeDir': onVolume((v) => v.makeDir('/d')),
  'volume.getInfo': onVolume(async (v) => {
    await v.makeDir('/d')
    assert.equal((await v.getInfo('/d')).name, 'd')
  }),
  'volume.exists': onVolume(async (v) => assert.equal(await v.exists('/d'), false)),
  'volume.updateMetadata': onVolume(async (v) => {
    await v.makeDir('/d')
    await v.updateMetadata('/d', { mode: 0o700 })
  }),
  'volume.remove': onVolume(async (v) => {
    await v.makeDir('/d')
    await v.remove('/d')
  }),
}

async function secret(t) {
  const made = await t.e2b.Secret.create(`COMPAT_${Date.now()}`, 'value')
  t.later(() => t.e2b.Secret.destroy(made.name))
  return made
}
const onSecret = (body) => async (t) => body(await secret(t), t)
const secrets = {
  'Secret.create': onSecret(async (s) => assert.ok(s.name)),
  'Secret.update': onSecret((s, t) => t.e2b.Secret.update(s.name, 'other')),
  'Secret.getInfo': onSecret(async (s, t) => assert.equal((await t.e2b.Secret.getInfo(s.name)).name, s.name)),
  'Secret.list': onSecret(async (s, t) => assert.ok((await t.e2b.Secret.list().nextItems()).length > 0)),
  'Secret.exists': onSecret(async (s, t) => assert.equal(await t.e2b.Secret.exists(s.name), true)),
  'Secret.destroy': onSecret(async (s, t) => assert.equal(await t.e2b.Secret.destroy(s.name), true)),
  'Secret.fill': async (t) => assert.ok(t.e2b.Secret.fill('NAME').includes('NAME')),
  'Secret.iamToken': async (t) => assert.ok(t.e2b.Secret.iamToken({ audience: 'x', tokenType: 'JWT-SVID' })),
  'secretPages.nextItems': onSecret(async (s, t) => assert.ok((await t.e2b.Secret.list().nextItems()).length > 0)),
}

const interpreter = {
  'sandbox.runCode': async (t) => assert.equal((await (await t.sandbox()).runCode('x=1; x')).text, '1'),
  'sandbox.createCodeContext': async (t) => assert.ok((await (await t.sandbox()).createCodeContext()).id),
  'sandbox.listCodeContexts': async (t) => assert.ok((await (await t.sandbox()).listCodeContexts()).length > 0),
  'sandbox.restartCodeContext': async (t) => {
    const made = await t.sandbox()
    await made.restartCodeContext(await made.createCodeContext())
  },
  'sandbox.removeCodeContext': async (t) => {
    const made = await t.sandbox()
    await made.removeCodeContext(await made.createCodeContext())
  },
  'Execution.toJSON': async (t) => assert.ok((await (await t.sandbox()).runCode('1')).toJSON()),
  'Result.toJSON': async (t) => assert.ok((await (await t.sandbox()).runCode('1')).results[0].toJSON()),
  'Result.formats': async (t) => assert.ok((await (await t.sandbox()).runCode('1')).results[0].formats().includes('text')),
  'OutputMessage.toString': async (t) => {
    const heard = signal()
    await (await t.sandbox()).runCode('print(1)', { onStdout: (message) => heard.set(message.toString()) })
    assert.equal(await heard, '1\n')
  },
}

export const PROGRAMS = {
  e2b: { ...lifecycle, ...commands, ...pty, ...files, ...git, ...template, ...volumes, ...secrets },
  '@e2b/code-interpreter': interpreter,
}
