// Runs the programs of an installed CLI, whose path is in E2B_CLI: `node run.mjs [row...]`. For each row one line of JSON:
// {"row","state":"pass|fail|untested","why"}.
import { endAll } from '../../clients/cli/cli.mjs'
import { PROGRAMS } from './programs.mjs'

for (const row of process.argv.slice(2)) {
  let result = { row, state: 'untested', why: 'no program for this row yet' }
  if (PROGRAMS[row]) {
    try {
      await PROGRAMS[row]()
      result = { row, state: 'pass', why: '' }
    } catch (error) {
      result = { row, state: 'fail', why: `${error?.message ?? error}` }
    }
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
await endAll()
process.exit(0)
