// Everything of `files`, signed links and metrics.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { FileNotFoundError, FileType, FilesystemEventType, InvalidArgumentError, Sandbox, SandboxError } from 'e2b'
import { eventually, recorded, refused, signal } from './support.mjs'

let sandbox
let files
let uncalled
before(async () => {
  sandbox = await Sandbox.create({ timeoutMs: 300_000 })
  ;({ watched: files, uncalled } = recorded(sandbox.files))
})
after(() => sandbox?.kill())

const run = async (command, options) => (await sandbox.commands.run(command, options)).stdout
const readAll = async (stream) => Buffer.from(await new Response(stream).arrayBuffer())

describe('read and write', () => {
  test('text, at absolute and relative paths, making the folders on the way', async () => {
    const written = await files.write('notes/today.txt', 'hello é')
    assert.equal(written.path, '/home/user/notes/today.txt')
    assert.equal(written.name, 'today.txt')
    assert.equal(written.type, FileType.FILE)
    assert.equal(await files.read('notes/today.txt'), 'hello é')
    assert.equal(await files.read('/home/user/notes/today.txt'), 'hello é')
    assert.equal(await run('cat notes/today.txt; stat -c %U:%G:%a notes/today.txt notes'), 'hello éuser:user:644\nuser:user:755\n')
    await files.write('/new-at-the-root/x.txt', 'x')
    assert.equal(await run('stat -c %U /new-at-the-root'), 'user\n')
  })

  test('every format gives the same bytes', async () => {
    const bytes = randomBytes(300_001)
    await files.write('blob.bin', new Blob([bytes]))
    assert.ok(Buffer.from(await files.read('blob.bin', { format: 'bytes' })).equals(bytes))
    assert.ok(Buffer.from(await (await files.read('blob.bin', { format: 'blob' })).arrayBuffer()).equals(bytes))
    assert.ok((await readAll(await files.read('blob.bin', { format: 'stream' }))).equals(bytes))
    await files.write('again.bin', bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    assert.equal(await run('cmp blob.bin again.bin && echo same'), 'same\n')
  })

  test('streams and gzip, both ways, alone and mixed', async () => {
    const bytes = randomBytes(300_000)
    const stream = () => new Blob([bytes]).stream()
    await files.write('stream.bin', stream())
    assert.ok(Buffer.from(await files.read('stream.bin', { format: 'bytes' })).equals(bytes))
    await files.write('packed.bin', stream(), { gzip: true })
    assert.ok(Buffer.from(await files.read('packed.bin', { format: 'bytes' })).equals(bytes))
    await files.write('packed.txt', 'packed text', { gzip: true })
    assert.equal(await files.read('packed.txt'), 'packed text')
    assert.equal(await files.read('packed.txt', { gzip: true }), 'packed text')
    await files.write('octet.txt', 'octets', { useOctetStream: true })
    assert.equal(await files.read('octet.txt', { gzip: true }), 'octets')
  })

  test('an empty file is empty in every format', async () => {
    await files.write('empty', '')
    assert.equal(await files.read('empty'), '')
    assert.equal((await files.read('empty', { format: 'bytes' })).length, 0)
    assert.equal((await files.read('empty', { format: 'blob' })).size, 0)
    assert.equal((await readAll(await files.read('empty', { format: 'stream' }))).length, 0)
  })

  test('a shorter content replaces a longer one whole', async () => {
    await files.write('shrinks', 'a long content')
    await files.write('shrinks', 'short')
    assert.equal(await files.read('shrinks'), 'short')
  })

  test('many at once keep their order', async () => {
    const wanted = Array.from({ length: 12 }, (_, i) => ({ path: `many/${i % 3}/file-${i}.txt`, data: `content ${i}` }))
    const written = await files.write(wanted)
    assert.deepEqual(
      written.map((file) => file.path),
      wanted.map((file) => `/home/user/${file.path}`),
    )
    for (const { path, data } of wanted) assert.equal(await files.read(path), data)
    const again = await files.writeFiles([{ path: '/tmp/one', data: '1' }, { path: '/tmp/two', data: new Blob(['2']) }])
    assert.deepEqual(again.map((file) => file.path), ['/tmp/one', '/tmp/two'])
    assert.deepEqual(await files.write([]), [])
  })

  test('twelve writers into one new folder do not meet', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, i) => files.write(`crowd/deep/${i}.txt`, `${i}`)))
    assert.equal(await run('cat crowd/deep/*.txt | wc -c'), '14\n')
  })

  test('as another user, under its home and its name', async () => {
    const written = await files.write('by-root.txt', 'r', { user: 'root' })
    assert.equal(written.path, '/root/by-root.txt')
    assert.equal(await files.read('by-root.txt', { user: 'root' }), 'r')
    assert.equal(await run('stat -c %U /root/by-root.txt', { user: 'root' }), 'root\n')
  })

  test('what is not there is not found, in every format', async () => {
    for (const format of ['text', 'bytes', 'blob', 'stream']) {
      await refused(files.read('/no/such/file', { format }), FileNotFoundError)
    }
    await refused(files.read('/tmp'), InvalidArgumentError)
    await refused(files.write('/tmp', 'a folder is there'), InvalidArgumentError)
  })
})

describe('folders and entries', () => {
  test('makeDir makes parents, and says false when it was there', async () => {
    assert.equal(await files.makeDir('made/in/one/go'), true)
    assert.equal(await files.makeDir('made/in/one/go'), false)
    assert.equal(await run('stat -c %U:%a made made/in/one/go'), 'user:755\nuser:755\n')
  })

  test('list goes as deep as asked, in order', async () => {
    await run('mkdir -p tree/a/inner tree/b && touch tree/a/one tree/a/inner/two tree/top')
    const paths = async (depth) => (await files.list('tree', depth && { depth })).map((entry) => entry.path.slice('/home/user/tree/'.length))
    assert.deepEqual(await paths(), ['a', 'b', 'top'])
    assert.deepEqual(await paths(1), ['a', 'b', 'top'])
    assert.deepEqual(await paths(2), ['a', 'a/inner', 'a/one', 'b', 'top'])
    assert.deepEqual(await paths(3), ['a', 'a/inner', 'a/inner/two', 'a/one', 'b', 'top'])
    const [a, , top] = await files.list('tree')
    assert.equal(a.type, FileType.DIR)
    assert.equal(top.type, FileType.FILE)
    await refused(files.list('tree', { depth: 0 }), InvalidArgumentError)
    await refused(files.list('/no/such/folder'), FileNotFoundError)
    await refused(files.list('tree/top'), InvalidArgumentError)
  })

  test('getInfo tells what stat tells', async () => {
    await files.write('info.txt', '12345')
    const info = await files.getInfo('info.txt')
    assert.equal(info.name, 'info.txt')
    assert.equal(info.path, '/home/user/info.txt')
    assert.equal(info.type, FileType.FILE)
    assert.equal(info.size, 5)
    assert.equal(info.mode, 0o644)
    assert.equal(info.permissions, '-rw-r--r--')
    assert.equal(info.owner, 'user')
    assert.equal(info.group, 'user')
    assert.ok(Math.abs(info.modifiedTime.getTime() - Date.now()) < 60_000, `${info.modifiedTime}`)
    const folder = await files.getInfo('/home/user')
    assert.equal(folder.type, FileType.DIR)
    assert.equal(folder.permissions[0], 'd')
    await run('ln -sf info.txt link')
    const link = await files.getInfo('link')
    assert.equal(link.name, 'link')
    assert.equal(link.type, FileType.FILE)
    assert.equal(link.symlinkTarget, '/home/user/info.txt')
    await refused(files.getInfo('/no/such/file'), FileNotFoundError)
  })

  test('exists, rename and remove', async () => {
    await files.write('before.txt', 'moved')
    assert.equal(await files.exists('before.txt'), true)
    const moved = await files.rename('before.txt', 'elsewhere/after.txt')
    assert.equal(moved.path, '/home/user/elsewhere/after.txt')
    assert.equal(await files.exists('before.txt'), false)
    assert.equal(await files.read('elsewhere/after.txt'), 'moved')
    await files.rename('elsewhere', 'renamed-folder')
    assert.equal(await files.exists('renamed-folder/after.txt'), true)
    await refused(files.rename('/no/such/file', '/tmp/x'), FileNotFoundError)
    await files.remove('renamed-folder')
    assert.equal(await files.exists('renamed-folder'), false)
    await files.remove('renamed-folder')
  })
})

describe('metadata', () => {
  test('travels with the file, and a write without it clears it', async () => {
    const metadata = { author: 'ada', purpose: 'a test, no more' }
    for (const useOctetStream of [false, true]) {
      const path = `meta-${useOctetStream}.txt`
      const written = await files.write(path, 'x', { metadata, useOctetStream })
      assert.deepEqual(written.metadata, metadata)
      assert.deepEqual((await files.getInfo(path)).metadata, metadata)
      const listed = await files.list('.')
      assert.deepEqual(listed.find((entry) => entry.name === path).metadata, metadata)
      assert.deepEqual((await files.rename(path, `${path}.moved`)).metadata, metadata)
      const overwritten = await files.write(`${path}.moved`, 'y')
      assert.equal(overwritten.metadata, undefined)
      assert.ok(!Object.keys((await files.getInfo(`${path}.moved`)).metadata ?? {}).length)
    }
  })

  test('is a plain extended attribute inside', async () => {
    await files.write('attribute.txt', 'x', { metadata: { colour: 'blue' } })
    const python = `python3 -c "import os; print(os.getxattr('attribute.txt','user.e2b.colour').decode()); os.setxattr('attribute.txt','user.e2b.shape',b'round')"`
    assert.equal(await run(python), 'blue\n')
    assert.deepEqual((await files.getInfo('attribute.txt')).metadata, { colour: 'blue', shape: 'round' })
  })

  test('that cannot be kept is refused', async () => {
    await refused(files.write('too-much.txt', 'x', { metadata: { big: 'x'.repeat(5000) } }), InvalidArgumentError)
    await refused(files.write('not-ascii.txt', 'x', { metadata: { name: 'é' } }), Error)
  })
})

describe('watchDir', () => {
  const watch = async (path, options = {}) => {
    const events = []
    const waiting = []
    const handle = await files.watchDir(
      path,
      (event) => {
        events.push(event)
        waiting.forEach(({ holds, heard }) => holds(event) && heard.set())
      },
      { timeoutMs: 0, ...options },
    )
    const until = (type, name) => {
      const holds = (event) => event.type === type && event.name === name
      const heard = signal(`${type} ${name} among ${path}'s events`)
      if (events.some(holds)) return events.find(holds)
      waiting.push({ holds, heard })
      return heard.wait().then(() => events.find(holds))
    }
    return { handle, events, until }
  }

  test('tells of every kind of change, in order', async () => {
    await files.makeDir('watched')
    const { handle, events, until } = await watch('watched')
    await files.write('watched/new.txt', 'x')
    await until(FilesystemEventType.WRITE, 'new.txt')
    assert.deepEqual(
      events.map((event) => [event.type, event.name]),
      [
        [FilesystemEventType.CREATE, 'new.txt'],
        [FilesystemEventType.CHMOD, 'new.txt'],
        [FilesystemEventType.WRITE, 'new.txt'],
      ],
    )
    await run('chmod 600 watched/new.txt && mv watched/new.txt watched/old.txt && rm watched/old.txt')
    await until(FilesystemEventType.REMOVE, 'old.txt')
    const kinds = events.slice(3).map((event) => `${event.type} ${event.name}`)
    assert.deepEqual(kinds, ['chmod new.txt', 'rename new.txt', 'create old.txt', 'remove old.txt'])
    await handle.stop()
    await files.write('watched/unheard.txt', 'x')
    assert.ok(!events.some((event) => event.name === 'unheard.txt'))
  })

  test('recursive hears from folders that came later', async () => {
    await files.makeDir('deep/old')
    const { handle, events, until } = await watch('deep', { recursive: true })
    await files.write('deep/old/a.txt', 'x')
    await until(FilesystemEventType.WRITE, 'old/a.txt')
    await files.makeDir('deep/new/inner')
    await files.write('deep/new/inner/b.txt', 'x')
    await until(FilesystemEventType.WRITE, 'new/inner/b.txt')
    const creates = events.filter((event) => event.type === FilesystemEventType.CREATE).map((event) => event.name)
    assert.deepEqual(creates, ['old/a.txt', 'new', 'new/inner', 'new/inner/b.txt'])
    await handle.stop()
  })

  test('not recursive hears its own children only', async () => {
    await files.makeDir('shallow/inner')
    const { handle, events, until } = await watch('shallow')
    await files.write('shallow/inner/unheard.txt', 'x')
    await files.write('shallow/heard.txt', 'x')
    await until(FilesystemEventType.WRITE, 'heard.txt')
    assert.ok(events.every((event) => event.name === 'heard.txt'), JSON.stringify(events))
    await handle.stop()
  })

  test('includeEntry brings the entry', async () => {
    await files.makeDir('entries')
    const { handle, until } = await watch('entries', { includeEntry: true, allowNetworkMounts: true })
    await files.write('entries/e.txt', 'xyz')
    const { entry } = await until(FilesystemEventType.WRITE, 'e.txt')
    assert.equal(entry.name, 'e.txt')
    assert.equal(entry.path, '/home/user/entries/e.txt')
    assert.equal(entry.type, FileType.FILE)
    await handle.stop()
  })

  test('refuses what is not a folder', async () => {
    await refused(files.watchDir('/no/such/folder', () => {}), FileNotFoundError)
    await files.write('plain.txt', 'x')
    await refused(files.watchDir('plain.txt', () => {}), SandboxError)
  })
})

describe('signed links, by a plain fetch', () => {
  const upload = async (url, name, content) => {
    const form = new FormData()
    form.append('file', new Blob([content]), name)
    return fetch(url, { method: 'POST', body: form })
  }

  test('download, without and with an end, for a user or none', async () => {
    await files.write('linked.txt', 'through a link')
    for (const options of [{}, { useSignatureExpiration: 120 }, { user: 'user' }, { user: 'user', useSignatureExpiration: 120 }]) {
      const answer = await fetch(await sandbox.downloadUrl('linked.txt', options))
      assert.equal(answer.status, 200, JSON.stringify(options))
      assert.equal(await answer.text(), 'through a link')
    }
  })

  test('upload, to a path and to the names of its parts', async () => {
    for (const options of [{}, { useSignatureExpiration: 120 }]) {
      const answer = await upload(await sandbox.uploadUrl('uploaded.txt', options), 'ignored.txt', 'by link')
      assert.equal(answer.status, 200)
      assert.deepEqual(await answer.json(), [{ name: 'uploaded.txt', path: '/home/user/uploaded.txt', type: 'file' }])
      assert.equal(await files.read('uploaded.txt'), 'by link')
    }
    assert.equal((await upload(await sandbox.uploadUrl(), 'named.txt', 'by name')).status, 200)
    assert.equal(await files.read('named.txt'), 'by name')
  })

  test('that ended, or were tampered with, open nothing', async () => {
    await files.write('closed.txt', 'closed')
    const ended = await fetch(await sandbox.downloadUrl('closed.txt', { useSignatureExpiration: -10 }), { headers: identity() })
    assert.equal(ended.status, 401)
    assert.deepEqual(await ended.json(), { code: 401, message: 'signature is already expired' })
    const other = new URL(await sandbox.downloadUrl('closed.txt'))
    other.searchParams.set('path', '/etc/passwd')
    const tampered = await fetch(other, { headers: identity() })
    assert.equal(tampered.status, 401)
    assert.deepEqual(await tampered.json(), { code: 401, message: 'invalid signature' })
  })

  // Without a sandbox in the host name only a matching signature names one; a refusal needs to be told where to ask.
  const identity = () => ({ 'E2b-Sandbox-Id': sandbox.sandboxId, 'E2b-Sandbox-Port': '49983' })
})

test('getMetrics shows this sandbox at work', async () => {
  const points = await eventually('a first metric', 30_000, async () => {
    const got = await sandbox.getMetrics()
    return got.length > 0 && got
  })
  const last = points.at(-1)
  for (const field of ['cpuCount', 'memUsed', 'memTotal', 'diskUsed', 'diskTotal', 'cpuUsedPct']) {
    assert.ok(last[field] > 0, `${field} is ${last[field]}`)
  }
  assert.ok(last.memCache >= 0)
  assert.ok(last.memUsed <= last.memTotal && last.diskUsed <= last.diskTotal)
  assert.ok(last.timestamp instanceof Date && Math.abs(last.timestamp.getTime() - Date.now()) < 60_000)
  const hour = 3_600_000
  const before = { start: new Date(Date.now() - 2 * hour), end: new Date(Date.now() - hour) }
  assert.deepEqual(await sandbox.getMetrics(before), [])
})

test('every method of files was called by the tests above', () => assert.deepEqual([...uncalled], []))
