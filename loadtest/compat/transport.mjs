// The two ways a client reaches the server: plain HTTP by the server's own address, and TLS by names below its domain. Each is
// the environment that `./lelantos env` or `./lelantos env --tls` makes, and for TLS a way for those names to resolve.
import { execFileSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { names } from './names.mjs'

/** `lines` are what `env` prints for this transport, evaluated as a user's shell would. */
export async function transport(name, lines, work) {
  const said = execFileSync('bash', ['-c', 'eval "$0" && exec env -0', lines], { encoding: 'utf8' })
  const env = Object.fromEntries(said.split('\0').filter(Boolean).map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]))
  if (name === 'http') return { name, env, wrap: (program) => program, close() {} }
  const domain = env.E2B_DOMAIN.replace(/:\d+$/, '')
  const found = await lookup(`api.${domain}`).catch(() => undefined)
  return { name, env, ...(found ? { wrap: (program) => program, close() {} } : await resolved(domain, work)) }
}

/**
 * This system does not resolve the names (docs/tls.md). Its programs are started in a mount namespace of their own, in which
 * /etc/resolv.conf leads to a name server of ours on loopback; outside it nothing changes. No other name resolves there, so a
 * client that would talk to anybody else fails.
 */
async function resolved(domain, work) {
  if (process.getuid() !== 0) throw new Error(`api.${domain} does not resolve here, and only root can help itself; docs/tls.md says what to do`)
  const server = await names(domain)
  // By the address, for another run may use the same folder meanwhile.
  const settings = join(work, `resolv-${server.address}.conf`)
  writeFileSync(settings, `nameserver ${server.address}\noptions attempts:2 timeout:5\n`)
  return {
    wrap: ({ command, args, ...rest }) => ({
      command: 'unshare',
      args: ['--mount', '--propagation', 'private', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', settings, command, ...args],
      ...rest,
    }),
    close: server.close,
  }
}
