// Rows of a ledger report in; a table with aligned digits for a terminal out.

import { repeatsLine, unattributedLine } from '../charts/ground.ts'
import type { Unattributed } from '../core/decide/by-dimension.ts'
import { type CountedTwice, countedTwiceText } from '../core/decide/counted-twice.ts'
import { many } from '../core/fault/many.ts'
import { attributionKinds } from '../core/meter/call.ts'
import { promptKinds, toldPromptTokens } from '../core/meter/usage.ts'
import { ink, padded, paragraph, sampleLine, shortened, shownWidth } from './ansi.ts'

/** A row as the ledger reports it: counts are numbers or unknown, money an exact decimal string. */
export interface RowOfReport {
  readonly key: Readonly<Record<string, string | null>>
  readonly calls: number
  readonly usage: Readonly<Record<string, number | null>>
  readonly usd: string
  readonly unpricedCalls: number
  readonly estimatedCalls: number
  readonly unknownUsageCalls: number
  readonly estimateUsd?: string | null
  readonly reported?: { readonly calls: number; readonly usd: string; readonly differenceUsd: string } | null
}

export interface ReportOfRows {
  readonly from?: string | null
  readonly to?: string | null
  readonly zone?: string
  /** All calls are the bundled sample's. */
  readonly sample?: boolean
  readonly rows: readonly RowOfReport[]
  readonly total: RowOfReport
  readonly unattributed?: readonly Unattributed[]
  readonly countedTwice?: readonly CountedTwice[]
  readonly repeats?: Parameters<typeof repeatsLine>[0] | null
}

/**
 * The report as text, no line wider than `columns` (80 at least). Prompt = uncached input + cache reads and writes.
 * Money is the exact string, rounded half up to cents; amounts under a cent keep the digits that say something.
 */
export function reportText(
  report: ReportOfRows,
  options: { readonly columns: number; readonly color: boolean },
): string {
  const pen = ink(options.color)
  const by = [...new Set(report.rows.flatMap(({ key }) => Object.keys(key)))]
  const decimals = decimalsFor(report.total.usd)
  const body = [...report.rows, report.total].map(row => [
    integer(row.calls),
    integer(promptTokens(row)),
    integer(row.usage.output ?? null),
    row.calls > 0 && row.unpricedCalls === row.calls ? '–' : spentText(row.usd, decimals),
    row.unpricedCalls > 0 ? integer(row.unpricedCalls) : '',
    row.unknownUsageCalls > 0 ? integer(row.unknownUsageCalls) : '',
  ])
  const names = ['calls', 'input tok', 'output tok', 'USD', 'unpriced', 'unknown']
  const kept = names.map((_, i) => i < 4 || body.some(row => row[i] !== ''))
  const widths = names.map((name, i) => Math.max(name.length, ...body.map(row => row[i]!.length)))
  const figures = (row: readonly string[]) =>
    row.flatMap((text, i) => (kept[i] ? [padded(text, widths[i]!, 'right')] : [])).join('  ')
  const room = Math.max(16, Math.max(80, options.columns) - shownFigures(widths, kept) - 2)
  const keys = report.rows.map(({ key }) =>
    by.map(name => key[name] ?? (attributes(name) ? '(not attributed)' : '(none)')),
  )
  const keyWidths = shared(
    by.map((name, i) => Math.max(name.length, ...keys.map(key => shownWidth(key[i]!)))),
    room,
  )
  const keyWidth = Math.max(
    5,
    keyWidths.reduce((total, width) => total + width + 2, -2),
  )
  const keyText = (key: readonly string[]) =>
    key.map((text, i) => padded(shortened(text, keyWidths[i]!), keyWidths[i]!)).join('  ')
  const line = (key: string, row: readonly string[]) => `${padded(key, keyWidth)}  ${figures(row)}`.trimEnd()
  return [
    ...(report.sample ? [pen.notice(sampleLine), ''] : []),
    ...(report.from && report.to
      ? [pen.dim(`${report.from} to ${report.to}${report.zone ? `, ${report.zone}` : ''}`)]
      : []),
    pen.dim(line(keyText(by), names)),
    ...keys.map((key, i) => line(keyText(key), body[i]!)),
    pen.bold(line('total', body[body.length - 1]!)),
    ...(report.countedTwice ?? []).flatMap(one => [
      '',
      ...paragraph(countedTwiceText(one), Math.max(80, options.columns), '', '  ').map(pen.notice),
    ]),
    ...besideLines(report.total).flatMap(text => ['', ...paragraph(text, options.columns, '', '  ').map(pen.dim)]),
    ...(report.unattributed ?? []).flatMap(nameless => ['', ...namelessLines(nameless, options.columns)]),
    ...(report.repeats ? ['', ...paragraph(repeatsLine(report.repeats), options.columns, '', '  ').map(pen.dim)] : []),
  ].join('\n')
}

/** Money that is in no row: what calls of unknown usage may have cost, and what providers say themselves. */
function besideLines({ unknownUsageCalls, estimateUsd = null, reported = null }: RowOfReport): string[] {
  const calls = (n: number) => many(n, 'call')
  const usd = (text: string) => `$${roundedUsd(text, decimalsFor(text))}`
  const lines: string[] = []
  if (estimateUsd !== null) {
    const what = 'a token for every four bytes of a request, and at least one for each event of an answer'
    lines.push(
      `Not in it: ${calls(unknownUsageCalls)} of unknown usage, by an estimate about ${usd(estimateUsd)} more (${what})`,
    )
  }
  if (reported !== null) {
    const { differenceUsd } = reported
    const isMore = !differenceUsd.startsWith('-')
    const apart = usd(isMore ? differenceUsd : differenceUsd.slice(1))
    const held = Number(differenceUsd) === 0 ? 'just as much as here' : `${apart} ${isMore ? 'more' : 'less'} than here`
    lines.push(`Of ${calls(reported.calls)} the provider says itself what they cost: ${usd(reported.usd)}, ${held}`)
  }
  return lines
}

const attributes = (dimension: string): boolean =>
  (attributionKinds as readonly string[]).includes(dimension) || dimension.startsWith('tag:')

/** What is not attributed, and how it would be: a sentence, and a rule that can be pasted as it stands. */
export function namelessLines(nameless: Unattributed, columns: number): string[] {
  const rule = nameless.rule === null ? [] : nameless.rule.split('\n').map(line => `    ${line}`)
  return [...paragraph(unattributedLine(nameless), Math.max(80, columns), '', '  '), ...rule]
}

/** Widths of columns that have `room` together, two blanks between them: the widest give way first. */
function shared(wished: readonly number[], room: number): number[] {
  const widths = [...wished]
  const most = room - 2 * (widths.length - 1)
  for (let over = widths.reduce((total, width) => total + width, 0) - most; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths))
    if (widths[widest]! <= 1) break
    widths[widest]!--
  }
  return widths
}

/** Little money is not none: what rounds to nothing stands as less than the least that is shown. */
function spentText(usd: string, decimals: number): string {
  const text = roundedUsd(usd, decimals)
  const isGone = !/[1-9]/.test(text) && /[1-9]/.test(usd)
  return isGone ? `<$${(10 ** -decimals).toFixed(decimals)}` : `$${text}`
}

function shownFigures(widths: readonly number[], kept: readonly boolean[]): number {
  return widths.reduce((total, width, i) => total + (kept[i] ? width + 2 : 0), -2)
}

function promptTokens({ usage }: RowOfReport): number | null {
  return promptKinds.every(kind => (usage[kind] ?? null) === null) ? null : toldPromptTokens(usage)
}

function integer(count: number | null): string {
  return count === null ? '–' : count.toFixed(0).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** Cents, or as many digits as say something of amounts below a dollar. */
export function decimalsFor(total: string): number {
  const size = Math.abs(Number(total))
  return size >= 1 || size === 0 ? 2 : size >= 0.001 ? 6 : 12
}

/** An exact decimal string to so many decimals, half up, by its digits: no float in between. */
export function roundedUsd(text: string, decimals: number): string {
  const negative = text.startsWith('-')
  const [whole = '0', part = ''] = (negative ? text.slice(1) : text).split('.')
  const digits = BigInt(whole + part.slice(0, decimals).padEnd(decimals, '0'))
  const up = Number(part[decimals] ?? '0') >= 5 ? 1n : 0n
  const rounded = (digits + up).toString().padStart(decimals + 1, '0')
  const front = rounded.slice(0, rounded.length - decimals).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return `${negative ? '-' : ''}${front}.${rounded.slice(rounded.length - decimals)}`
}
