// The compatibility table, measured: every public method of every published client, run against a running server.
//
//   node compat.mjs --work DIR [--http LINES] [--tls LINES] [--all] [--only CLIENT] [--baseline FILE] --json FILE --document FILE
//
// --http and --tls are the lines that `./lelantos env` and `./lelantos env --tls` print; each transport given is a run of its own.
// Without --all only the newest version of each client is run. What is not run keeps its cells. It leaves with 1 when a row that
// passed in the baseline (by default the JSON file itself) no longer does.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CLIENTS, quiet } from './clients.mjs'
import { document, json } from './document.mjs'
import { transport } from './transport.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const TRANSPORTS = ['http', 'tls']
const { values: options } = parseArgs({
  options: {
    work: { type: 'string' },
    http: { type: 'string' },
    tls: { type: 'string' },
    all: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    baseline: { type: 'string' },
    document: { type: 'string' },
  },
})
for (const needed of ['work', 'json', 'document']) if (!options[needed]) fail(`compat: --${needed} is missing`)
for (const only of options.only ?? []) {
  if (!CLIENTS[only]) fail(`compat: no client '${only}' (there are ${Object.keys(CLIENTS).join(', ')})`)
}
if (!options.http && !options.tls) fail('compat: neither --http nor --tls; ./lelantos compat gives both')

const read = (name) => JSON.parse(readFileSync(join(HERE, name), 'utf8'))
const VERSIONS = read('versions.json')
const { waits: WAITS } = read('waits.json')
const WHY_CHARS_MAX = 200
const REFUSED = /\b(4\d\d|501)\b|not (yet )?(available|supported|implemented|found|enabled)|not yet|Not[A-Z]\w*Error/i

function fail(message) {
  console.error(message)
  process.exit(2)
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

/** Runs rows until each has an answer; a runner that dies fails the first row it had not answered, and is started again. */
async function measured(client, home, rows, over) {
  const answers = new Map()
  while (answers.size < rows.length) {
    const left = rows.filter((row) => !answers.has(row))
    const { command, args, env } = over.wrap(client.run(home, left))
    const child = spawn(command, args, { cwd: home, env: { ...quiet(over.env), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
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
  // What differs from run to run, or from machine to machine, is not part of an answer.
  const short = why
    .replace(/\s+/g, ' ')
    .replace(/\bi[a-z0-9]{20}\b/g, '<id>')
    .replace(/\/tmp\/lelantos-compat-\w+/g, '<folder>')
    .replaceAll(resolve(options.work), '<packages>')
    .slice(0, WHY_CHARS_MAX)
  const wait = WAITS.find((one) => new RegExp(one.rows).test(row) && client.includes(one.clients ?? ''))
  if (state === 'fail' && wait && REFUSED.test(why)) return { state: 'not yet', why: wait.for }
  return state === 'pass' ? { state } : { state, why: short }
}

/** One client's rows with a cell for each version and transport: measured now, or kept from before. */
function merged(name, versions, columns, old, worse) {
  const names = new Set([...columns.values()].flatMap((column) => [...column.keys()]))
  const run = (version, over) => columns.get(`${version} ${over}`)
  for (const row of old?.rows ?? []) {
    if (versions.some((version) => TRANSPORTS.some((over) => !run(version, over) && row.cells[version]?.[over]))) names.add(row.name)
  }
  // A row that passed and is no longer listed is worse as well, though it has no line in the new table.
  const gone = (old?.rows ?? []).map((row) => row.name).filter((row) => !names.has(row))
  const line = (row) => {
    const was = old?.rows.find((one) => one.name === row)?.cells ?? {}
    const cells = {}
    for (const version of versions) {
      for (const over of TRANSPORTS) {
        const column = run(version, over)
        const before = was[version]?.[over]
        const cell = column ? column.get(row) && judged(name, row, column.get(row)) : before
        if (cell) cells[version] = { ...cells[version], [over]: cell }
        if (column && before?.state === 'pass' && cell?.state !== 'pass') {
          worse.push(`${name} ${version} over ${over}, ${row}: ${cell?.why ?? 'gone'}`)
        }
      }
    }
    return { name: row, cells }
  }
  gone.forEach(line)
  return { name, versions, rows: [...names].sort().map(line) }
}

/** Every failing cell gets the reason that we know, kept beside the harness. */
function explain(table) {
  const { explained } = read('explained.json')
  for (const client of table.clients) {
    for (const row of client.rows) {
      for (const [version, overs] of Object.entries(row.cells)) {
        for (const [over, cell] of Object.entries(overs)) {
          if (cell.state !== 'fail') continue
          const known = explained.find(
            (one) =>
              new RegExp(one.clients).test(client.name) &&
              one.versions.includes(version) &&
              (one.over ?? over) === over &&
              new RegExp(one.rows).test(row.name),
          )
          cell.because = known?.because ?? 'not explained yet'
        }
      }
    }
  }
}

const baseline = options.baseline ?? options.json
const before = existsSync(baseline) ? JSON.parse(readFileSync(baseline, 'utf8')) : { clients: [] }
const table = { about: 'Written by ./lelantos compat', clients: [] }
const worse = []
mkdirSync(options.work, { recursive: true })
const transports = []
for (const name of TRANSPORTS) {
  if (options[name]) transports.push(await transport(name, options[name], options.work).catch((error) => fail(`compat: ${error.message}`)))
}
for (const [name, client] of Object.entries(CLIENTS)) {
  const columns = new Map()
  for (const [index, version] of VERSIONS[name].entries()) {
    if ((index > 0 && !options.all) || (options.only && !options.only.includes(name))) continue
    const home = installed(client, version)
    const rows = client.list(home)
    for (const over of transports) {
      const begun = performance.now()
      const column = await measured(client, home, rows, over)
      columns.set(`${version} ${over.name}`, column)
      progress('', '')
      console.error(`${name} ${version}: ${rows.length} rows over ${over.name} in ${Math.round((performance.now() - begun) / 1000)} s`)
    }
  }
  table.clients.push(merged(name, VERSIONS[name], columns, before.clients.find((one) => one.name === name), worse))
}
transports.forEach((over) => over.close())
explain(table)

writeFileSync(options.json, json(table))
writeFileSync(options.document, document(table))
console.log(document.summary(table))
if (worse.length > 0) {
  console.error(`\nno longer passing:\n  ${worse.join('\n  ')}`)
  process.exit(1)
}
