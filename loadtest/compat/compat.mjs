// The compatibility table, measured: every public method of every published client, run against a running server.
//
//   node compat.mjs --work DIR [--all] [--only CLIENT] [--transport NAME] [--baseline FILE] --json FILE --document FILE
//
// It needs E2B_API_KEY, E2B_API_URL and E2B_SANDBOX_URL (`./lelantos env`). Without --all only the newest version of each
// client is run and the other columns are kept as they were. It leaves with 1 when a row that passed in the baseline (by
// default the JSON file itself) no longer does.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { document } from './document.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const { values: options } = parseArgs({
  options: {
    work: { type: 'string' },
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    transport: { type: 'string', default: 'http' },
    json: { type: 'string' },
    baseline: { type: 'string' },
    document: { type: 'string' },
  },
})
for (const needed of ['work', 'json', 'document']) if (!options[needed]) fail(`compat: --${needed} is missing`)
for (const needed of ['E2B_API_KEY', 'E2B_API_URL', 'E2B_SANDBOX_URL']) {
  if (!process.env[needed] && options.transport === 'http') fail(`compat: ${needed} is not set; run eval "$(./lelantos env)" first`)
}

const VERSIONS = JSON.parse(readFileSync(join(HERE, 'versions.json'), 'utf8'))
const { waits: WAITS } = JSON.parse(readFileSync(join(HERE, 'waits.json'), 'utf8'))
const WHY_CHARS_MAX = 200
/** Restarts of a runner that died: each takes the row it died in as failed, so there are never more than rows. */
const REFUSED = /\b(4\d\d|501)\b|not (yet )?(available|supported|implemented|found|enabled)|not yet|Not[A-Z]\w*Error/i

/** How each client is installed, listed and run. */
const CLIENTS = {
  JavaScript: javascript('e2b'),
  Python: python('e2b', 'e2b', 'sync'),
  'Python asyncio': python('e2b', 'e2b', 'async'),
  'JavaScript code interpreter': javascript('@e2b/code-interpreter'),
  'Python code interpreter': python('e2b-code-interpreter', 'e2b_code_interpreter', 'sync'),
  'Python asyncio code interpreter': python('e2b-code-interpreter', 'e2b_code_interpreter', 'async'),
  Browser: {
    ...npm('e2b', { esbuild: '0.28.2' }),
    folder: (version) => `browser-${version}`,
    list: (home) => lines('node', [join(HERE, 'browser/run.mjs')], home),
    run: (home, rows) => ({ command: 'node', args: [join(HERE, 'browser/run.mjs'), ...rows] }),
  },
  Mastra: framework('@mastra/e2b', { '@mastra/core': '1.71.0' }),
  ComputeSDK: framework('@computesdk/e2b', {}),
  CLI: {
    ...npm('@e2b/cli'),
    list: (home) => lines('node', [join(HERE, 'cli/list.mjs'), join(home, 'node_modules/.bin/e2b')], home),
    run: (home, rows) => ({
      command: 'node',
      args: [join(HERE, 'cli/run.mjs'), ...rows],
      env: { E2B_CLI: join(home, 'node_modules/.bin/e2b') },
    }),
  },
}

function npm(name, others = {}) {
  return {
    folder: (version) => `${name.replace(/\W/g, '-')}-${version}`,
    install(home, version) {
      writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies: { ...others, [name]: version } }))
      tool('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], home)
    },
  }
}

function javascript(name) {
  return {
    ...npm(name),
    list: (home) => lines('node', [join(HERE, 'js/list.mjs'), name], home),
    run: (home, rows) => ({ command: 'node', args: [join(HERE, 'js/run.mjs'), name, ...rows] }),
  }
}

function framework(name, others) {
  return {
    ...npm(name, others),
    list: (home) => lines('node', [join(HERE, 'frameworks/run.mjs'), name], home),
    run: (home, rows) => ({ command: 'node', args: [join(HERE, 'frameworks/run.mjs'), name, ...rows] }),
  }
}

function python(distribution, module, flavour) {
  const interpreter = (home) => join(home, 'venv/bin/python')
  return {
    folder: (version) => `${distribution}-py-${version}`,
    install(home, version) {
      tool('python3', ['-m', 'venv', 'venv'], home)
      tool(interpreter(home), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${distribution}==${version}`], home)
    },
    list: (home) => lines(interpreter(home), [join(HERE, 'python/list.py'), module, flavour], home),
    run: (home, rows) => ({ command: interpreter(home), args: [join(HERE, 'python/run.py'), module, flavour, ...rows] }),
  }
}

function fail(message) {
  console.error(message)
  process.exit(2)
}
function tool(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: quiet() })
}
function lines(command, args, cwd) {
  return tool(command, args, cwd).split('\n').filter(Boolean)
}
/** No bytecode beside our sources, and old SDKs may see our key as it is. */
function quiet() {
  return { ...process.env, PYTHONDONTWRITEBYTECODE: '1', E2B_VALIDATE_API_KEY: 'false', MASTRA_TELEMETRY_DISABLED: '1' }
}

function installed(client, version) {
  const home = resolve(options.work, client.folder(version))
  const whole = join(home, 'installed')
  if (!existsSync(whole)) {
    mkdirSync(home, { recursive: true })
    client.install(home, version)
    writeFileSync(whole, '')
  }
  return home
}

/** Runs rows until each has an answer; a runner that dies fails the rows it had begun, one at a time. */
async function measured(client, home, rows) {
  const answers = new Map()
  while (answers.size < rows.length) {
    const left = rows.filter((row) => !answers.has(row))
    const { command, args, env } = client.run(home, left)
    const child = spawn(command, args, { cwd: home, env: { ...quiet(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.on('data', (piece) => (said = (said + piece).slice(-2_000)))
    const ended = new Promise((done) => child.on('close', done))
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('{"row"')) continue
      const { row, state, why } = JSON.parse(line)
      answers.set(row, { state, why })
      progress(row, state)
    }
    const code = await ended
    const next = rows.find((row) => !answers.has(row))
    if (next) answers.set(next, { state: 'fail', why: `the runner left with ${code}: ${said.trim().split('\n').at(-1)}` })
  }
  return answers
}

function progress(row, state) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K  ${row}: ${state}`)
}

/** A row that waits for something is "not yet" only when it met a clear refusal. */
function judged(client, row, { state, why }) {
  const short = why.replace(/\s+/g, ' ').replace(/\bi[a-z0-9]{20}\b/g, '<id>').slice(0, WHY_CHARS_MAX)
  const wait = WAITS.find((one) => new RegExp(one.rows).test(row) && client.includes(one.clients ?? ''))
  if (state === 'fail' && wait && REFUSED.test(why)) return { state: 'not yet', why: wait.for }
  return state === 'pass' ? { state } : { state, why: short }
}

const baseline = options.baseline ?? options.json
const before = existsSync(baseline) ? JSON.parse(readFileSync(baseline, 'utf8')) : { clients: [] }
const table = { about: 'Written by ./lelantos compat', clients: [] }
const worse = []
for (const [name, client] of Object.entries(CLIENTS)) {
  const old = before.clients.find((one) => one.name === name)
  if (options.only && options.only !== name) {
    if (old) table.clients.push(old)
    continue
  }
  const versions = VERSIONS[name]
  const columns = new Map()
  for (const [index, version] of versions.entries()) {
    if (index > 0 && !options.all) continue
    const home = installed(client, version)
    const rows = client.list(home)
    console.error(`${name} ${version}: ${rows.length} rows over ${options.transport}`)
    columns.set(version, await measured(client, home, rows))
    progress('', '')
  }
  table.clients.push(merged(name, versions, columns, old))
}

/** One client's rows with a cell for each version: measured now, or kept from before. */
function merged(name, versions, columns, old) {
  const names = new Set([...columns.values()].flatMap((column) => [...column.keys()]))
  old?.rows.forEach((row) => versions.some((version) => !columns.has(version) && row.cells[version]) && names.add(row.name))
  const rows = [...names].sort().map((row) => {
    const was = old?.rows.find((one) => one.name === row)?.cells ?? {}
    const cells = {}
    for (const version of versions) {
      const column = columns.get(version)
      const cell = column ? column.get(row) && judged(name, row, column.get(row)) : was[version]
      if (cell) cells[version] = cell
      if (column && was[version]?.state === 'pass' && cell?.state !== 'pass') worse.push(`${name} ${version} ${row}: ${cell?.why ?? 'gone'}`)
    }
    return { name: row, cells }
  })
  return { name, versions, rows }
}

writeFileSync(options.json, `${JSON.stringify(table, null, 1)}\n`)
const text = document(table)
writeFileSync(options.document, text)
console.log(document.summary(table))
if (worse.length > 0) {
  console.error(`\nno longer passing:\n  ${worse.join('\n  ')}`)
  process.exit(1)
}
