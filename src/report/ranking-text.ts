// Options ranked at quality bars in; what a terminal shows out: a table for each bar and what follows from it, unknown as a dash and never as 0.

import { shareLabel, usdLabel } from '../charts/labels.ts'
import type { CostPerSuccess, Spread } from '../core/decide/quality/option-figures.ts'
import type { Ranked, RankedAt, Ranking } from '../core/decide/quality/ranking.ts'
import type { Rankings, SumsAt } from '../core/decide/quality/rankings.ts'
import type { RankedSums } from '../core/decide/quality/sums.ts'
import { many } from '../core/fault/many.ts'
import { ink, padded, paragraph, shortened, shownWidth } from './ansi.ts'
import { type RowsTold, rankingNotes } from './ranking-notes.ts'

export type RankingToShow = Rankings & {
  readonly rows: RowsTold
  /** Options of own servers, and by what their tries were paid. */
  readonly amortized?: readonly { readonly option: string; readonly basis: string }[]
}

/** An option of a ranking by tries, or by published sums. */
export type Shown = Ranked | RankedSums
export type At = RankedAt | SumsAt

const verdictWords = { yes: 'yes', no: 'no', unclear: 'not enough data' } as const
const mostNotes = 6

/** No line is wider than `columns` (80 at least). */
export function rankingText(
  ranking: RankingToShow,
  options: { readonly columns: number; readonly color: boolean },
): string {
  const columns = Math.max(80, options.columns)
  const pen = ink(options.color)
  const blocks = ranking.bars.map(at => atBar(at, columns, pen))
  const slices = ranking.slices.flatMap(slice => [
    [pen.bold(shortened(`${slice.key}: ${many(slice.tasks, 'task')}`, columns))],
    ...slice.bars.map(at => atBar(at, columns, pen)),
  ])
  const notes = [
    ...turningLines(ranking),
    ...replacementLines(ranking),
    ...silentLines(ranking),
    ...rankingNotes(ranking),
    ...paidLines(ranking),
  ]
  return [...blocks, ...slices, notes.flatMap(note => indented(note, columns))]
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')
}

function atBar(at: At, columns: number, pen: ReturnType<typeof ink>): string[] {
  return [
    ...paragraph(titleOf(at), columns, '', '  ').map(pen.bold),
    ...tableOf(at, columns, pen),
    ...moreLines(at)
      .flatMap(line => paragraph(line, columns, '', '  '))
      .map(pen.dim),
  ]
}

function titleOf({ bar, ranking, best }: At): string {
  if (bar === null) return 'By cost per success. No bar is stated (--bar 0.7), so nothing is chosen:'
  const title = `At ${shareLabel(bar)} of tasks passed`
  const winner = (ranking as readonly Shown[]).find(({ option }) => option === best)
  if (winner !== undefined) {
    return `${title}: ${winner.option} is the cheapest that clears it, ${usdLabel(winner.usdPerSuccess.value)} a success`
  }
  const isOpen = (ranking as readonly Shown[]).some(({ meetsBar }) => meetsBar === 'unclear')
  return `${title}: ${isOpen ? 'not enough data to say that any clears it' : 'none clears it'}`
}

function tableOf({ bar, ranking }: At, columns: number, pen: ReturnType<typeof ink>): string[] {
  // With a price of a failure stated, what a task costs until it is done says more than what it costs to try.
  const completed = (ranking as readonly Shown[]).some(one => completedOf(one) !== null)
  const rows = (ranking as readonly Shown[]).map(one => [
    one.option,
    String(one.n),
    `${shareLabel(one.passRate.value)}${range(one.passRate, shareLabel)}`,
    usdLabel(completed ? completedOf(one) : one.usdPerTask.value),
    costCell(one),
    bar === null ? '' : verdictWords[one.meetsBar],
  ])
  const head = [
    'option',
    'tasks',
    'passed',
    completed ? '$ done' : '$ a task',
    '$ a success',
    bar === null ? '' : 'clears it',
  ]
  const widths = head.map((name, i) => Math.max(shownWidth(name), ...rows.map(row => shownWidth(row[i]!))))
  const taken = () => widths.slice(1).reduce((sum, width) => sum + (width === 0 ? 0 : width + 2), 0)
  // Names are worth more than the cost of a task, which the next column tells in its own way.
  if (widths[0]! + taken() > columns && !completed) widths[3] = 0
  widths[0] = Math.max(8, Math.min(widths[0]!, columns - taken()))
  const line = (row: readonly string[]) =>
    row
      .flatMap((cell, i) => (widths[i] === 0 ? [] : [padded(cell, widths[i]!, i === 1 || i === 3 ? 'right' : 'left')]))
      .join('  ')
      .trimEnd()
  // A name without room stands on a line of its own: cut, two would look like one.
  const lines = rows.flatMap(row =>
    shownWidth(row[0]!) <= widths[0]! ? [line(row)] : [shortened(row[0]!, columns), line(['', ...row.slice(1)])],
  )
  return [pen.dim(line(head)), ...lines]
}

const completedOf = (one: Shown): number | null =>
  'usdPerCompletedTask' in one ? (one.usdPerCompletedTask?.value ?? null) : null

/** The interval that is shown is the one that holds at few tasks; sums tell nothing of how costs vary, and have none. */
export function shownCost({ usdPerSuccess }: Shown): Spread {
  const { value } = usdPerSuccess
  if (value === null || 'fromPassRate' in usdPerSuccess) return { value, low: null, high: null }
  const { low, high } = (usdPerSuccess as CostPerSuccess).recommended
  return { value, low, high }
}

function costCell(one: Shown): string {
  const cost = shownCost(one)
  return cost.value === null ? '–' : `${usdLabel(cost.value)}${range(cost, usdLabel)}`
}

/** Of compositions: what cost per success does not tell, and what was computed and not run. */
function silentLines({ bars, cascades }: Rankings): string[] {
  const composed = (bars[0]?.ranking ?? []).flatMap(one => ('silentErrors' in one && one.silentErrors ? [one] : []))
  const computed = cascades.map(({ option, verifier, reached }) => {
    const isPerfect = verifier.sensitivity === 1 && verifier.specificity === 1
    const words = isPerfect
      ? 'never errs'
      : `accepts ${shareLabel(verifier.sensitivity)} of right answers and rejects ${shareLabel(verifier.specificity)} of wrong ones`
    const price = verifier.usd === 0 ? 'for nothing' : `for ${usdLabel(verifier.usd)} a check`
    const share = shareLabel(reached.at(-1) ?? null)
    return `${option} was not run: it is the same tasks through its stages with a verifier that ${words}, ${price}; ${share} of tasks reach the last.`
  })
  if (composed.length === 0) return computed
  return [
    ...computed,
    'Wrong answers that a verifier took for right, of all tasks:',
    ...composed.map(({ option, silentErrors }) =>
      silentErrors!.value === null
        ? `  ${option}: unknown`
        : `  ${option}: ${shareLabel(silentErrors!.value)}${range(silentErrors!, shareLabel)}`,
    ),
  ]
}

const paidLines = ({ amortized = [] }: RankingToShow): string[] =>
  amortized.map(({ option, basis }) => `${option} is paid ${basis}`)

/** A line that is set in stays set in. */
const indented = (note: string, columns: number): string[] =>
  note.startsWith('  ') ? paragraph(note, columns, '  ', '    ') : paragraph(note, columns, '', '  ')

const range = ({ low, high }: Spread, label: (x: number | null) => string): string =>
  low === null || high === null ? '' : ` (${label(low).replace(/ %$/, '')}–${label(high).replace('$', '')})`

function moreLines({ bar, ranking }: At): string[] {
  if (bar === null) return []
  const open = (ranking as readonly Shown[]).filter(({ moreTasks }) => moreTasks !== null)
  const told = open
    .slice(0, mostNotes)
    .map(({ option, moreTasks }) => `${option} about ${many(moreTasks!.mostly, 'more task')}`)
  const rest = open.length > told.length ? ` and ${open.length - told.length} others` : ''
  const needed = told.length === 0 ? [] : [`To know more surely than not (power 80 %): ${told.join(', ')}${rest}.`]
  return [...needed, ...chances(ranking as readonly Shown[])]
}

function chances(ranking: readonly Shown[]): string[] {
  const drawn = ranking.flatMap(one => ('probabilityBest' in one && one.probabilityBest ? [one] : []))
  const shown = drawn.sort((a, b) => b.probabilityBest! - a.probabilityBest!).slice(0, 3)
  if (ranking.length < 2 || shown.length === 0) return []
  const words = shown.map(({ option, probabilityBest }) => `${option} ${shareLabel(probabilityBest)}`)
  return [`Were other tasks drawn, cheapest of those that reach it: ${words.join(', ')}.`]
}

/** From each option of the front to the next dearer and better one: the price of a failure that pays for it. */
export function turningLines({ front, pairs }: Pick<Ranking, 'front' | 'pairs'>): string[] {
  const lines = front.slice(1).flatMap((dearer, i) => {
    const cheaper = front[i]!
    const pair = pairs.find(({ a, b }) => (a === cheaper && b === dearer) || (a === dearer && b === cheaper))
    if (pair === undefined || pair.hStar === null || pair.hStar <= 0) return []
    const { hStarInterval } = pair
    const between =
      hStarInterval === null
        ? ' (no interval: they may pass alike)'
        : range({ value: null, ...hStarInterval }, usdLabel)
    return [`  ${dearer} over ${cheaper}: ${usdLabel(pair.hStar)}${between}`]
  })
  if (lines.length === 0) return []
  const rest = lines.length > 8 ? [`  and ${lines.length - 8} more (--json)`] : []
  return ['The better one of two pays where a failure costs more than', ...lines.slice(0, 8), ...rest]
}

export function replacementLines({ replacements }: Pick<Ranking, 'replacements'>): string[] {
  if (replacements.length === 0) return []
  const { baseline, margin } = replacements[0]!
  return [
    `May take the place of ${baseline}, passing at most ${shareLabel(margin)} less often:`,
    ...replacements.map(({ option, mayReplace, mayReplaceAmongAll, bound, n, tasksNeeded }) => {
      const needed =
        mayReplace === 'unclear' && tasksNeeded !== null && tasksNeeded > n
          ? `, ${many(tasksNeeded, 'shared task')} needed`
          : ''
      const alone = mayReplace === 'yes' && mayReplaceAmongAll !== 'yes' ? ', if it alone is asked' : ''
      return `  ${option}: ${verdictWords[mayReplace]}${alone} (at worst ${points(bound)}${needed})`
    }),
  ]
}

const points = (share: number | null): string =>
  share === null ? '–' : `${share < 0 ? '−' : '+'}${(Math.abs(share) * 100).toFixed(1)} points`
