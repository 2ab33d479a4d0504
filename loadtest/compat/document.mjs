// docs/compat.md and docs/compat.json, from the measured table with its failures and their reasons.

const TRANSPORTS = { http: 'HTTP', tls: 'TLS' }
const MARK = { pass: 'pass', fail: '**fail**', 'not yet': 'not yet', untested: 'untested' }

const cells = (client, version, over) => client.rows.map((row) => row.cells[version]?.[over]).filter(Boolean)
const measured = (client) => client.versions.filter((version) => client.rows.some((row) => row.cells[version]))
const clean = (text) => (text ?? '').replace(/\|/g, '\\|').replace(/[<>]/g, (sign) => (sign === '<' ? '&lt;' : '&gt;'))

/** One line for each client, version and transport that was run. */
const counted = (table) =>
  table.clients.flatMap((client) =>
    measured(client).flatMap((version) =>
      Object.keys(TRANSPORTS).flatMap((over) => {
        const all = cells(client, version, over)
        const of = (state) => all.filter((cell) => cell.state === state).length
        if (all.length === 0) return []
        const counts = { pass: of('pass'), notYet: of('not yet'), fail: of('fail'), untested: of('untested') }
        return [{ client: client.name, version, over, all: all.length, ...counts }]
      }),
    ),
  )

/** The table as JSON with a line for each row, so that a change of one is a change of one line. */
export function json({ about, clients }) {
  const client = ({ name, versions, rows }) =>
    `{"name":${JSON.stringify(name)},"versions":${JSON.stringify(versions)},"rows":[\n` +
    `${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}`
  return `{"about":${JSON.stringify(about)},"clients":[\n${clients.map(client).join(',\n')}\n]}\n`
}

export function document(table) {
  const parts = [
    '# Compatibility',
    'Which method of which published client works, measured by running the real packages against this server with `./lelantos compat`.\n' +
      'A row is a public method, listed from the package itself; *not yet* names the part it waits for, and means that the server refuses it clearly.\n' +
      'Every program runs twice: over plain HTTP, and over TLS by names below the wildcard domain ([tls.md](tls.md)). A cell with one word is the\n' +
      'answer of both. Where `*.lelantos.localhost` does not resolve, the programs run in a mount namespace whose `/etc/resolv.conf` leads to a\n' +
      'name server of the harness, which knows no other name; the browser is told the one key to accept, because it reads no variable for that.',
    overview(table),
    failures(table),
    ...table.clients.map(section),
  ]
  return `${parts.join('\n\n')}\n`
}

document.summary = (table) =>
  counted(table)
    .map(
      ({ client, version, over, all, pass, notYet, fail, untested }) =>
        `${client.padEnd(32)} ${version.padEnd(8)} ${over.padEnd(5)} ${String(pass).padStart(4)} of ${all} pass, ${notYet} not yet, ${fail} fail, ${untested} untested`,
    )
    .join('\n')

function overview(table) {
  const rows = counted(table).map(
    ({ client, version, over, all, pass, notYet, fail, untested }) =>
      `| ${client} | ${version} | ${TRANSPORTS[over]} | ${all} | ${pass} | ${notYet} | ${fail} | ${untested} |`,
  )
  return ['| client | version | over | rows | pass | not yet | fail | untested |', '|---|---|---|---|---|---|---|---|', ...rows].join('\n')
}

/** Every failing cell with what it said and why it is so, those with one reason together. */
function failures(table) {
  const reasons = new Map()
  for (const client of table.clients) {
    for (const version of measured(client)) {
      for (const row of client.rows) {
        for (const [over, cell] of Object.entries(row.cells[version] ?? {})) {
          if (cell.state !== 'fail') continue
          const where = `${client.name} ${version} over ${TRANSPORTS[over]}`
          const rows = reasons.get(cell.because) ?? new Map()
          reasons.set(cell.because, rows.set(where, [...(rows.get(where) ?? []), { name: row.name, why: cell.why }]))
        }
      }
    }
  }
  const parts = [...reasons].map(([because, rows]) =>
    [because, '', ...[...rows].flatMap(([where, failed]) => [`- ${where}:`, ...failed.map(({ name, why }) => `  - \`${name}\` said ${clean(why)}`)])].join('\n'),
  )
  return ['## Failures, one by one', ...(parts.length ? parts : ['There are none.'])].join('\n\n')
}

function section(client) {
  const versions = measured(client)
  const rows = client.rows.map((row) => `| \`${row.name}\` | ${versions.map((version) => cell(row.cells[version])).join(' | ')} |`)
  return [`## ${client.name}`, '', `| method | ${versions.join(' | ')} |`, `|---|${versions.map(() => '---|').join('')}`, ...rows].join('\n')
}

function cell(overs) {
  if (!overs) return ''
  const words = Object.entries(overs).map(([over, one]) => [TRANSPORTS[over], one.state === 'not yet' ? `not yet: ${clean(one.why)}` : MARK[one.state]])
  if (words.length === Object.keys(TRANSPORTS).length && words.every(([, word]) => word === words[0][1])) return words[0][1]
  return words.map(([over, word]) => `${over}: ${word}`).join('; ')
}
