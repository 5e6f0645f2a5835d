// Savings judged in; what a terminal shows out: the verdict, the totals and what they rest on, then the days.
import { countLabel, shareLabel, tokensLabel, usdLabel } from '../charts/labels.ts'
import type { Elsewhere, SavingsAnswer, SavingsDay } from '../core/decide/savings-answer.ts'
import { type Ink, ink, padded, paragraph, shortened } from './ansi.ts'
import { roundedUsd } from './rows.ts'

const widest = 100
/** Width of a total's name, and of its amount. */
const nameWidth = 26
const amountWidth = 14

/** Savings for a person at a terminal; no line is wider than `columns` (80 at least, 100 at most). */
export function savingsText(
  answer: SavingsAnswer,
  options: { readonly columns: number; readonly color: boolean },
): string {
  const pen = ink(options.color)
  const columns = Math.min(widest, Math.max(80, options.columns))
  const item = (text: string) => paragraph(text, columns, '  ', '    ')
  const section = (title: string, lines: readonly string[]) => (lines.length > 0 ? ['', pen.bold(title), ...lines] : [])
  const lines = [
    ...(answer.sample ? [pen.notice('SAMPLE DATA: the calls are the bundled sample, not yours.'), ''] : []),
    ...paragraph(answer.sentence, columns).map(pen.bold),
    ...answer.reasons.flatMap(item),
    '',
    ...totalLines(answer, columns),
    ...section('Commitments aside', paragraph(asideWords(answer), columns, '  ')),
    ...section('By team', teamLines(answer, pen)),
    ...section(
      `Days (${answer.zone}; "so far" = hosted less own GPUs with operations, cumulated)`,
      dayLines(answer, pen),
    ),
    ...section('Rests on', [
      ...answer.assumptions.flatMap(({ label, name, brief, value, source }) =>
        item(`${label ?? name}: ${brief ?? value} (${source})`),
      ),
      ...hostedLines(answer).flatMap(item),
      ...item(`frontier model: ${answer.frontier.name} (${answer.frontier.chosenBy}; ${answer.frontier.source})`),
      ...answer.notes.flatMap(item),
    ]),
  ]
  return lines.map(line => line.trimEnd()).join('\n')
}

const money = (usd: string | null): string => (usd === null ? 'unknown' : `$${roundedUsd(usd, 2)}`)
const bandWords = ({ low, high }: { readonly low: number; readonly high: number | null }) =>
  high === null ? `at least ${usdLabel(low)}` : `${usdLabel(low)} to ${usdLabel(high)}`

function totalLines(answer: SavingsAnswer, columns: number): string[] {
  const { total, hosted, frontier } = answer
  const row = (name: string, amount: string, note = '') => {
    const head = `${padded(shortened(name, nameWidth), nameWidth)}${padded(amount, amountWidth, 'right')}`
    const room = columns - nameWidth - amountWidth - 2
    const [first = '', ...more] = paragraph(note, room)
    return [`${head}  ${first}`, ...more.map(line => `${' '.repeat(nameWidth + amountWidth + 2)}${line}`)]
  }
  const spread = Math.max(0, ...hosted.rows.map(one => one.spread.length))
  const names = hosted.rows.map(one => one.name ?? `no host known of ${one.weights ?? 'calls without a model'}`)
  const busy = total.busyShare
  return [
    ...row('own GPUs in all', money(total.loadedUsd)),
    ...row('  leases', money(total.leasedUsd), `${countLabel(Math.round(total.gpuHours))} GPU-hours`),
    ...row(
      '    busy',
      money(total.busyUsd),
      busy === null
        ? ''
        : `about ${shareLabel(busy.value)} of leased time (${shareLabel(busy.low)} to ${shareLabel(busy.high)})`,
    ),
    ...row('    idle', money(total.idleUsd)),
    ...measuredWords(answer).flatMap(([amount, note]) => row('    idle, as measured', amount, note)),
    ...row('    committed (sunk)', money(total.sunkUsd)),
    ...row('    could be stopped', money(total.avoidableUsd)),
    ...row('  operations', money(total.operationsUsd)),
    ...row(
      `the same calls`,
      countLabel(total.calls),
      `${tokensLabel(total.tokens.input)} in, ${tokensLabel(total.tokens.output)} out${countedWords(total)}`,
    ),
    ...row(
      '  hosted, same weights',
      money(total.hosted.usd),
      total.calls === 0
        ? ''
        : `${names.join(' + ')}; ${bandWords(hosted.band)}${spread > 1 ? ` over ${spread} hosts` : ''}`,
    ),
    ...row(
      '  frontier model',
      money(total.frontier.usd),
      total.calls === 0
        ? frontier.name
        : `${frontier.name}; ${bandWords(frontier.usdBand)} by its tokenizer (${frontier.verdict}; its answers are others)`,
    ),
  ]
}

/** What stands idle by the serving model is what more calls could have used; by the servers, when none ran at all. */
function measuredWords({ measured }: SavingsAnswer): (readonly [amount: string, note: string])[] {
  if (measured === null) return []
  const { servers, seenHours, busyShare, idleUsd } = measured
  const names = servers.map(one => one.server)
  const who = names.length > 2 ? `${names.length} servers` : names.join(' and ')
  const note = `no request ran in ${shareLabel(1 - busyShare)} of the ${countLabel(Math.round(seenHours * 10) / 10)} hours in which ${who} told`
  return [[usdLabel(idleUsd), note]]
}

function countedWords({ unknownUsageCalls, hosted, frontier }: SavingsAnswer['total']): string {
  return [
    unknownUsageCalls > 0 ? `; ${countLabel(unknownUsageCalls)} of unknown usage` : '',
    hosted.unpricedCalls > 0 ? `; ${countLabel(hosted.unpricedCalls)} without a hosted price` : '',
    frontier.unpricedCalls > 0 ? `; ${countLabel(frontier.unpricedCalls)} without a frontier price` : '',
  ].join('')
}

function asideWords({ avoidable, total }: SavingsAnswer): string {
  const stopped = `${money(avoidable.usd)} could have been stopped${Number(total.operationsUsd) > 0 ? ', operations with it' : ''}`
  if (avoidable.savedUsd === null) return `${stopped}; what the calls would have cost elsewhere is unknown.`
  if (avoidable.verdict === 'cannot tell') return `${stopped}; whether keeping on was right cannot be told.`
  const difference = money(avoidable.savedUsd.replace('-', ''))
  return `${stopped}; keeping on ${avoidable.verdict} ${difference} against the hosted row.`
}

function teamLines({ by, rows }: SavingsAnswer, pen: Ink): string[] {
  if (by === null) return []
  const line = (cells: readonly string[]) =>
    `  ${padded(shortened(cells[0]!, 18), 18)}${cells
      .slice(1)
      .map((cell, i) => padded(cell, [10, 10, 10, 10, 10][i]!, 'right'))
      .join('')}`
  return [
    pen.dim(line(['team', 'leased', 'calls', 'tokens', 'hosted', 'frontier'])),
    ...rows.map(row =>
      line([
        row.key.team ?? '(none)',
        usdLabel(Number(row.leasedUsd)),
        countLabel(row.calls),
        tokensLabel(row.tokens.input + row.tokens.output),
        elsewhere(row.hosted),
        elsewhere(row.frontier),
      ]),
    ),
  ]
}

const dayWidths = [9, 8, 8, 9, 10, 8, 9, 9] as const

function dayLines({ days }: SavingsAnswer, pen: Ink): string[] {
  const line = (date: string, cells: readonly string[]) =>
    `${padded(date, 10)}${cells.map((cell, i) => padded(cell, dayWidths[i]!, 'right')).join('')}`
  const head = ['leased', 'busy', 'idle', 'calls', 'tokens', 'hosted', 'frontier', 'so far']
  return [
    pen.dim(line('day', head)),
    ...days.map(day =>
      line(day.date, [
        usdLabel(Number(day.leasedUsd)),
        usdLabel(day.busyUsd === null ? null : Number(day.busyUsd)),
        usdLabel(day.idleUsd === null ? null : Number(day.idleUsd)),
        countLabel(day.calls),
        tokensLabel(day.tokens.input + day.tokens.output),
        elsewhere(day.hosted),
        elsewhere(day.frontier),
        soFar(day),
      ]),
    ),
  ]
}

const elsewhere = ({ usd }: Elsewhere): string => usdLabel(usd === null ? null : Number(usd))

const soFar = ({ cumulative: { savedUsd } }: SavingsDay): string =>
  usdLabel(savedUsd === null ? null : Number(savedUsd))

function hostedLines({ hosted }: SavingsAnswer): string[] {
  return [
    `hosted row: ${hosted.rule}`,
    ...hosted.rows.flatMap(({ name, source, observedAt, dated, spread }) => {
      if (name === null) return []
      const age = dated
        ? "the price book's rates of each day"
        : `one list price for all days${observedAt === null ? '' : `, seen ${observedAt}`}`
      const ends = [spread[0], spread.at(-1)].flatMap(one =>
        one === undefined ? [] : [`${one.name} ${money(one.usd)}`],
      )
      return [`${name}: ${age} (${source})${spread.length > 1 ? `; from ${ends.join(' to ')}` : ''}`]
    }),
  ]
}
