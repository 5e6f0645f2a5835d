// A priced call → a small table for a terminal of 80 columns.
import { staleness } from '../catalog/age.ts'
import { grouped } from '../core/decide/phrase.ts'
import type { Match } from '../core/meter/model-name.ts'
import { formatUsd } from '../core/meter/money.ts'
import type { Priced } from '../core/meter/price.ts'

const perNames: Readonly<Record<number, string>> = {
  1: '',
  1000: ' /k',
  3600: ' /h',
  1000000: ' /M',
  3600000000: ' /M·h',
}

/** The bill as text: a line per kind, the total, and who says so. */
export function priceText(priced: Priced, asked: string, at: string): string {
  if (priced.usd === null) return `unpriced: ${priced.reason}\n`
  const { catalog, lines } = priced
  const head = ['kind', 'quantity', 'rate', 'USD']
  const rows = lines.map(l => [
    l.kind,
    grouped(l.quantity),
    `${l.rate}${perNames[l.per] ?? ` /${l.per}`}`,
    formatUsd(l.usd),
  ])
  const body = [head, ...rows, ['total', '', '', formatUsd(priced.usd)]]
  const widths = head.map((_, column) => Math.max(...body.map(row => row[column]!.length)))
  const table = body.map(row =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('   '),
  )
  const how = matchText(priced.match, asked)
  const since = catalog.effectiveFrom === null ? '' : `, in force from ${catalog.effectiveFrom}`
  const age = catalog.observedAt === null ? null : staleness(catalog.observedAt, at)
  const notes = [
    `priced as ${priced.pricedAs} at ${priced.provider}${how}, on ${at}`,
    `by ${catalog.source}${since}`,
    ...(catalog.reference === null ? [] : [`source: ${catalog.reference}`]),
    ...(age === null ? [] : [`${age}: check it before relying on it`]),
    ...(catalog.confidence === 'unverified' ? ['this price is unverified: check it before relying on it'] : []),
  ]
  return `${[...table, '', ...notes.flatMap(note => wrapped(note, 80))].join('\n')}\n`
}

/** How an asked name was understood, in words; nothing when it is the model's own. */
export const matchText = (match: Match, asked: string): string =>
  match === 'exact'
    ? ''
    : match === 'prefix'
      ? ` ("${asked}" is a snapshot of it)`
      : match === 'alias'
        ? ` ("${asked}" is another name of it)`
        : ' (your own price)'

/** Words over lines of at most `columns`, the first line's indent kept; a longer word stands alone. */
export function wrapped(text: string, columns: number): string[] {
  const indent = /^ */.exec(text)![0]
  const lines: string[] = []
  let line = ''
  for (const word of text.trim().split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = `${indent}  ${word}`
    } else line = line === '' ? indent + word : `${line} ${word}`
  }
  return [...lines, line]
}
