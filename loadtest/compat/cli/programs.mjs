// One small program per command of the CLI, judged by what it prints and how it leaves.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli, create as detached, fine, json, listed, own, run } from '../../clients/cli/cli.mjs'

/** A command that talks to the hosted dashboard has nothing to ask a server of one's own; it must say so, not crash. */
const withoutLogin = async (...args) => {
  // It opens a browser and waits for somebody to come back from it, so its first word is the answer.
  const result = await run(args, { until: '\n' })
  assert.doesNotMatch(result.stdout + result.stderr, /TypeError|ReferenceError/)
}

/** A terminal that the CLI opens and somebody types into, until it ends. */
async function session(...args) {
  const ended = await run(args, { terminal: terminal('made') })
  assert.equal(ended.code, 0, JSON.stringify(ended))
}

const terminal = (word) => [
  { after: '$', type: `echo ${word}-$((40+2))\r` },
  { after: `${word}-42`, type: 'exit\r' },
]

/** A sandbox to work on; a CLI that cannot create one and leave gets it by the API, for it is not what the row is about. */
async function create() {
  if ((await cli('sandbox', 'create', '--help')).stdout.includes('--detach')) return detached()
  const { E2B_API_URL, E2B_DOMAIN, E2B_API_KEY } = process.env
  const answer = await fetch(`${E2B_API_URL ?? `https://api.${E2B_DOMAIN}`}/sandboxes`, {
    method: 'POST',
    headers: { 'X-API-Key': E2B_API_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ templateID: 'base', timeout: 120 }),
  })
  assert.equal(answer.status, 201)
  return own((await answer.json()).sandboxID)
}

/** A folder with a Dockerfile, gone afterwards. */
async function inFolder(body) {
  const folder = mkdtempSync(join(tmpdir(), 'lelantos-compat-'))
  writeFileSync(join(folder, 'Dockerfile'), 'FROM debian:12\nRUN true\n')
  try {
    return await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const PROGRAMS = {
  'sandbox create': async () => {
    assert.match(await create(), /^i/)
    await session('sandbox', 'create', 'base')
  },
  // What older ones call it.
  'sandbox spawn': () => session('sandbox', 'spawn', 'base'),
  'sandbox connect': async () => session('sandbox', 'connect', await create()),
  'sandbox list': async () => {
    const id = await create()
    assert.ok((await listed()).includes(id))
  },
  'sandbox info': async () => {
    const id = await create()
    assert.equal(json(await fine('sandbox', 'info', id, '--format', 'json')).sandboxId, id)
  },
  'sandbox kill': async () => {
    const id = await create()
    await fine('sandbox', 'kill', id)
    assert.ok(!(await listed()).includes(id))
  },
  'sandbox exec': async () => {
    const id = await create()
    assert.equal(await fine('sandbox', 'exec', id, 'echo hi'), 'hi\n')
    assert.equal((await cli('sandbox', 'exec', id, 'exit 3')).code, 3)
  },
  'sandbox pause': async () => {
    const id = await create()
    await fine('sandbox', 'pause', id)
    assert.ok((await listed('--state', 'paused')).includes(id))
  },
  'sandbox resume': async () => {
    const id = await create()
    await fine('sandbox', 'pause', id)
    await fine('sandbox', 'resume', id)
    assert.ok((await listed()).includes(id))
  },
  'sandbox logs': async () => assert.ok((await fine('sandbox', 'logs', await create())).includes('sandbox.lifecycle.created')),
  'sandbox metrics': async () => {
    const followed = await run(['sandbox', 'metrics', '--follow', await create()], { until: 'CPU' })
    assert.match(followed.stdout, /CPU/)
  },
  'sandbox snapshot create': async () => fine('sandbox', 'snapshot', 'create', await create()),
  'sandbox snapshot list': async () => fine('sandbox', 'snapshot', 'list'),
  'sandbox snapshot delete': async () => {
    const said = await fine('sandbox', 'snapshot', 'create', await create())
    await fine('sandbox', 'snapshot', 'delete', said.match(/\S+:\S+/)[0])
  },
  'template list': async () => assert.ok((await fine('template', 'list')).includes('base')),
  'template create': () => inFolder((folder) => fine('template', 'create', 'compat-cli', '--path', folder)),
  'template build': () => inFolder((folder) => fine('template', 'build', '--path', folder, '--name', 'compat-cli')),
  'template delete': async () => {
    const refused = await cli('template', 'delete', '--yes', 'no-such-template')
    assert.match(refused.stdout + refused.stderr, /not found|404/i)
  },
  'template publish': async () => fine('template', 'publish', '--yes', 'base'),
  'template unpublish': async () => fine('template', 'unpublish', '--yes', 'base'),
  'template init': () => inFolder((folder) => fine('template', 'init', '--path', folder, '--name', 'compat', '--language', 'typescript')),
  'template migrate': () => inFolder((folder) => {
    writeFileSync(join(folder, 'e2b.toml'), 'template_id = "compat"\ndockerfile = "Dockerfile"\n')
    return fine('template', 'migrate', '--path', folder, '--language', 'typescript')
  }),
  'auth info': () => withoutLogin('auth', 'info'),
  'auth logout': () => withoutLogin('auth', 'logout'),
  'auth login': () => withoutLogin('auth', 'login'),
  'auth configure': () => withoutLogin('auth', 'configure'),
}
