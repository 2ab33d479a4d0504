// One small real program for each agent framework, with the way it calls sandboxes itself: `node run.mjs <framework> [row...]`.
// Without rows it lists them. The packages are those installed in the working directory; no model is called.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(join(process.cwd(), 'x.mjs'))
const load = (name) => import(pathToFileURL(require.resolve(name)).href)
const { E2B_API_URL: apiUrl, E2B_DOMAIN: domain } = process.env
// Mastra names the server itself: by its address, or by the domain over TLS.
const where = apiUrl ? { apiUrl } : { domain }
const connection = { apiKey: process.env.E2B_API_KEY, template: 'base' }

async function mastra(body) {
  const { Workspace } = await load('@mastra/core/workspace')
  const { E2BSandbox } = await load('@mastra/e2b')
  const sandbox = new E2BSandbox({ ...connection, ...where, timeout: 120_000 })
  const workspace = new Workspace({ sandbox })
  await workspace.init()
  try {
    await body(workspace.sandbox)
  } finally {
    await workspace.destroy()
  }
}

async function compute(body) {
  const { e2b } = await load('@computesdk/e2b')
  const sandbox = await e2b({ apiKey: connection.apiKey }).sandbox.create({ templateId: 'base' })
  try {
    await body(sandbox)
  } finally {
    await sandbox.destroy()
  }
}

const PROGRAMS = {
  '@mastra/e2b': {
    'a workspace runs a command': () =>
      mastra(async (sandbox) => {
        const fine = await sandbox.executeCommand('sh', ['-c', 'echo out; echo err >&2'])
        assert.deepEqual([fine.exitCode, fine.stdout, fine.stderr], [0, 'out\n', 'err\n'])
        // Of a command that fails the framework repeats the output, so only its code is looked at.
        assert.equal((await sandbox.executeCommand('sh', ['-c', 'exit 3'])).exitCode, 3)
      }),
    'a workspace writes files a command reads': () =>
      mastra(async (sandbox) => {
        await sandbox.writeFiles([{ path: '/home/user/from-mastra.txt', content: 'written' }])
        assert.equal((await sandbox.executeCommand('cat', ['/home/user/from-mastra.txt'])).stdout.trim(), 'written')
      }),
    'a workspace tells about its sandbox': () =>
      mastra(async (sandbox) => assert.equal((await sandbox.getInfo()).status, 'running')),
  },
  '@computesdk/e2b': {
    'a provider runs a command': () =>
      compute(async (sandbox) => {
        const result = await sandbox.runCommand('echo out; exit 3')
        assert.equal(result.exitCode, 3)
        assert.equal(result.stdout.trim(), 'out')
      }),
    'a provider reads and writes files': () =>
      compute(async (sandbox) => {
        await sandbox.filesystem.writeFile('/tmp/from-compute.txt', 'written')
        assert.equal(await sandbox.filesystem.readFile('/tmp/from-compute.txt'), 'written')
        assert.equal(await sandbox.filesystem.exists('/tmp/no-such-file'), false)
      }),
  },
}

const [framework, ...rows] = process.argv.slice(2)
const programs = PROGRAMS[framework]
if (rows.length === 0) console.log(Object.keys(programs).join('\n'))
for (const row of rows) {
  let result = { row, state: 'pass', why: '' }
  try {
    await programs[row]()
  } catch (error) {
    result = { row, state: 'fail', why: `${error?.name ?? 'Error'}: ${error?.message ?? error}` }
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
process.exit(0)
