// docs/compat.md, from the measured table.

const MARK = { pass: 'pass', fail: '**fail**', 'not yet': 'not yet', untested: 'untested' }

const count = (client, version) => {
  const cells = client.rows.map((row) => row.cells[version]).filter(Boolean)
  const of = (state) => cells.filter((cell) => cell.state === state).length
  return { all: cells.length, pass: of('pass'), fail: of('fail'), notYet: of('not yet'), untested: of('untested') }
}
const measuredVersions = (client) => client.versions.filter((version) => client.rows.some((row) => row.cells[version]))
const clean = (text) => (text ?? '').replace(/\|/g, '\\|').replace(/[<>]/g, (sign) => (sign === '<' ? '&lt;' : '&gt;'))

export function document(table) {
  const parts = [
    '# Compatibility',
    'Which method of which published client works, measured by running the real packages against this server with `./lelantos compat`.\n' +
      'A row is a public method, listed from the package itself; *not yet* names the part it waits for, and means that the server refuses it clearly.',
    overview(table),
    ...table.clients.map(section),
  ]
  return `${parts.join('\n\n')}\n`
}

document.summary = (table) =>
  table.clients
    .flatMap((client) =>
      measuredVersions(client).map((version) => {
        const { all, pass, fail, notYet, untested } = count(client, version)
        return `${client.name.padEnd(32)} ${version.padEnd(8)} ${String(pass).padStart(4)} of ${all} pass, ${notYet} not yet, ${fail} fail, ${untested} untested`
      }),
    )
    .join('\n')

function overview(table) {
  const rows = table.clients.flatMap((client) =>
    measuredVersions(client).map((version) => {
      const { all, pass, fail, notYet, untested } = count(client, version)
      return `| ${client.name} | ${version} | ${all} | ${pass} | ${notYet} | ${fail} | ${untested} |`
    }),
  )
  return ['| client | version | rows | pass | not yet | fail | untested |', '|---|---|---|---|---|---|---|', ...rows].join('\n')
}

function section(client) {
  const versions = measuredVersions(client)
  const rows = client.rows.map((row) => {
    const cells = versions.map((version) => cell(row.cells[version]))
    return `| \`${row.name}\` | ${cells.join(' | ')} |`
  })
  return [`## ${client.name}`, '', `| method | ${versions.join(' | ')} |`, `|---|${versions.map(() => '---|').join('')}`, ...rows].join('\n')
}

function cell(one) {
  if (!one) return ''
  return one.why ? `${MARK[one.state]}: ${clean(one.why)}` : MARK[one.state]
}
