// Every command of an installed CLI, from its own help: `node list.mjs <path of e2b>` prints one row name per line.
import { execFileSync } from 'node:child_process'

const COMMAND = /^ {2}([a-z][a-z-]*)(?:\|[a-z]+)?\b/

export function rows(cli, path = []) {
  const help = execFileSync(cli, [...path, '--help'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, NO_COLOR: '1' } })
  const listed = help.split(/^Commands:$/m)[1]
  if (!listed) return path.length ? [path.join(' ')] : []
  return listed
    .split('\n')
    .map((line) => line.match(COMMAND)?.[1])
    .filter((name) => name && name !== 'help')
    .flatMap((name) => rows(cli, [...path, name]))
}

if (process.argv[1]?.endsWith('list.mjs')) console.log(rows(process.argv[2]).join('\n'))
