// Every public method and function of an installed JavaScript package, from its type declarations:
// `node list.mjs <package>` prints one row name per line. A method that appears in a new version appears here.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(join(process.cwd(), 'x.mjs'))

/** How instances of a class are called in row names; a class that is missing here goes by its own name. */
const SPOKEN = {
  SandboxApi: 'sandbox',
  Sandbox: 'sandbox',
  SandboxBeta: 'sandbox',
  Filesystem: 'files',
  WatchHandle: 'watch',
  Commands: 'commands',
  CommandHandle: 'handle',
  Pty: 'pty',
  Git: 'git',
  Paginator: 'pages',
  BasePaginator: 'pages',
  SandboxPaginator: 'pages',
  SnapshotPaginator: 'snapshotPages',
  SecretPaginator: 'secretPages',
  TemplateBase: 'template',
  Volume: 'volume',
  Secret: 'secret',
  ReadyCmd: 'readyCmd',
}
const STATICS = { SandboxApi: 'Sandbox', TemplateBase: 'Template' }
/** Plumbing that a user of the package never calls, and values rather than behaviour. */
const LEFT_OUT = /Error$|^(ApiClient|ClientFactory|ConnectionConfig|VolumeConnectionConfig|EnvdApiClient|LogEntry(Start|End)?)$/

export function rows(declarations) {
  const found = new Set()
  const exported = [...declarations.matchAll(/^export \{(.*)\}/gm)].map((match) => match[1]).join()
  for (const [, owner, body] of declarations.matchAll(/^declare (?:abstract )?class (\w+)[^{]*\{$([^]*?)^\}/gm)) {
    if (LEFT_OUT.test(owner)) continue
    for (const line of body.replace(/\/\*[^]*?\*\//g, '').split('\n')) {
      const method = line.match(/^\s{2,4}(private |protected )?(static )?(?:abstract )?(\w+)(?:<[^(]*>)?\(/)
      if (!method || method[1] || method[3] === 'constructor') continue
      found.add(method[2] ? `${STATICS[owner] ?? owner}.${method[3]}` : `${SPOKEN[owner] ?? owner}.${method[3]}`)
    }
  }
  for (const [, name] of declarations.matchAll(/^declare (?:async )?function (\w+)/gm)) {
    if (new RegExp(`\\b${name}\\b`).test(exported)) found.add(name)
  }
  return [...found].sort()
}

if (process.argv[1]?.endsWith('list.mjs')) {
  const home = dirname(require.resolve(`${process.argv[2]}/package.json`))
  const { types } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  console.log(rows(readFileSync(join(home, types), 'utf8')).join('\n'))
}
