// A run's tries in; what a terminal shows of them, out: how each option's tries ended, what they used and cost.
import type { AttemptRow } from '../core/decide/quality/attempt-row.ts'
import { add, formatUsd, type Money, parseUsd, zero } from '../core/meter/money.ts'
import { toldAnswerTokens, toldPromptTokens } from '../core/meter/usage.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import { ink, padded } from './ansi.ts'

export interface RunTold {
  readonly run: string
  readonly suite: string
  readonly ended: 'done' | 'decided' | 'capped' | 'stopped'
  readonly spentUsd: string
  readonly unpricedCalls: number
  readonly notes: readonly string[]
  readonly attempts: string
  readonly resume?: string
  readonly columns: number
  readonly color: boolean
}

const endWords = {
  done: 'done',
  decided: 'decided early',
  capped: 'stopped by its spend cap',
  stopped: 'stopped',
} as const

export function runText(rows: readonly AttemptRow[], told: RunTold): string {
  const pen = ink(told.color)
  const head = pen.bold(`${told.suite}, run ${told.run}: ${endWords[told.ended]}`)
  const unpriced = told.unpricedCalls === 0 ? '' : ` and ${told.unpricedCalls} calls of unknown cost`
  const end = [
    `Spent $${short(parseUsd(told.spentUsd))}${unpriced}. Tries: ${told.attempts}`,
    ...told.notes.map(note => `${note}.`),
    ...(told.resume === undefined ? [] : [`Go on with: ${told.resume}`]),
  ]
  const table = rows.length === 0 ? [] : tableOf(rows)
  return [head, ...table, ...end.map(line => wrapped(line, told.columns))].join('\n')
}

function tableOf(rows: readonly AttemptRow[]): string[] {
  const cells = [...groupedBy(rows, ({ option }) => option)].map(([option, own]) => {
    const count = (holds: (row: AttemptRow) => boolean) => String(own.filter(holds).length || '–')
    const unclear = own.filter(({ passed }) => passed === null)
    const prices = own.map(({ usd }) => (usd === null ? null : parseUsd(usd)))
    const known = prices.flatMap(usd => usd ?? [])
    const usd = known.length === 0 ? '–' : short(known.reduce(add, zero))
    return [
      option,
      String(own.length),
      count(({ passed }) => passed === true),
      count(({ passed }) => passed === false),
      String(unclear.length || '–'),
      tokens(own, toldPromptTokens),
      tokens(own, toldAnswerTokens),
      `${usd}${known.length === prices.length ? '' : ` of ${known.length}`}`,
    ]
  })
  const all = [['option', 'tries', 'passed', 'failed', 'unclear', 'tokens in', 'out', 'USD'], ...cells]
  const widths = all[0]!.map((_, i) => Math.max(...all.map(row => row[i]!.length)))
  return all.map(row =>
    row
      .map((cell, i) => (i === 0 ? padded(cell, widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}

function tokens(rows: readonly AttemptRow[], of: typeof toldPromptTokens): string {
  const told = rows.flatMap(({ usage }) => usage ?? [])
  return told.length === 0 ? '–' : told.reduce((sum, usage) => sum + of(usage), 0).toLocaleString('en-US')
}

/** Four digits that matter, and no more. */
function short(usd: Money): string {
  const value = Number(formatUsd(usd))
  return value === 0 ? '0' : String(Number(value.toPrecision(4)))
}

/** At blanks; a word that is longer than a line stays whole. */
function wrapped(line: string, columns: number): string {
  const lines: string[] = []
  for (const word of line.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}
