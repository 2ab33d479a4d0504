// Runs the programs of one installed JavaScript package: `node run.mjs <package> [row...]`. For each row one line of JSON:
// {"row","state":"pass|fail|untested","why"}. A program that hangs fails after its time, and the others go on.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PROGRAMS } from './programs.mjs'

const AT_ONCE = Number(process.env.COMPAT_AT_ONCE ?? 4)
const SECONDS_MAX = 40
const UNTIL_SECONDS_MAX = 25
const [name, ...rows] = process.argv.slice(2)
const require = createRequire(join(process.cwd(), 'x.mjs'))
const e2b = await import(pathToFileURL(require.resolve(name)).href).then((module) => module.default?.Sandbox ? module.default : module)

/** One program's belongings: what it made is ended with it, in the other order. */
function belongings() {
  const later = []
  return {
    e2b,
    async sandbox(options = {}) {
      return this.own(await e2b.Sandbox.create({ timeoutMs: 120_000, ...options }))
    },
    own(sandbox) {
      if (sandbox instanceof Error) throw sandbox
      later.push(() => e2b.Sandbox.kill(sandbox.sandboxId))
      return sandbox
    },
    later: (end) => later.push(end),
    async until(ask) {
      for (const end = performance.now() + UNTIL_SECONDS_MAX * 1000; ; await new Promise((next) => setTimeout(next, 250))) {
        const got = await ask()
        if (got.length > 0) return got
        if (performance.now() > end) throw new Error(`nothing within ${UNTIL_SECONDS_MAX} s`)
      }
    },
    async end() {
      for (const end of later.reverse()) await end().catch(() => {})
    },
  }
}

async function one(row) {
  const program = PROGRAMS[name][row]
  if (!program) return { row, state: 'untested', why: 'no program for this row yet' }
  const t = belongings()
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${SECONDS_MAX} s`)), SECONDS_MAX * 1000)
  })
  try {
    const running = program(t)
    running.catch(() => {})
    await Promise.race([running, late])
    return { row, state: 'pass', why: '' }
  } catch (error) {
    return { row, state: 'fail', why: `${error?.name ?? 'Error'}: ${error?.message ?? error}` }
  } finally {
    clearTimeout(timer)
    await t.end()
  }
}

// A background stream that ends with its sandbox is nobody's failure; what a program awaits reaches it by itself.
process.on('unhandledRejection', () => {})
const waiting = [...rows]
const say = (result) => process.stdout.write(`${JSON.stringify(result)}\n`)
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) say(await one(row))
  }),
)
process.exit(0)
