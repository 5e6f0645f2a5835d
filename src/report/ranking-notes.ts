// A ranking in; what its figures leave out, in sentences: unknown outcomes and costs, tasks not shared, rows that were not read.

import { shareLabel, usdLabel } from '../charts/labels.ts'
import type { Ranked } from '../core/decide/quality/ranking.ts'
import type { Rankings } from '../core/decide/quality/rankings.ts'
import { many } from '../core/fault/many.ts'

export interface RowsTold {
  readonly read: number
  readonly repeated: number
  readonly rejected: number
  readonly reasons: readonly { readonly reason: string; readonly rows: number; readonly first: string }[]
  readonly rejectFiles: readonly string[]
}

/** What is unknown is said, with how much of the whole it is. */
export function rankingNotes(ranking: Rankings & { readonly rows: RowsTold }): string[] {
  const figures = ranking.bars[0]?.ranking ?? []
  const tried = figures.flatMap(one => ('coverage' in one ? [one] : []))
  return [
    ...(tried.length === 0 ? sumsNotes(figures) : coverageNotes(tried)),
    ...sharedNotes(ranking, tried.length),
    ...rowNotes(ranking.rows),
  ]
}

function coverageNotes(ranking: readonly Ranked[]): string[] {
  const total = (of: (one: Ranked['coverage']) => number) =>
    ranking.reduce((sum, { coverage }) => sum + of(coverage), 0)
  const attempts = total(one => one.attempts)
  const ungraded = attempts - total(one => one.graded)
  const unpriced = attempts - total(one => one.priced)
  const judge = ranking.flatMap(({ coverage }) => coverage.judgeUsd ?? [])
  const of = (n: number) => `${many(n, 'try', 'tries')} (${shareLabel(n / attempts)})`
  const widest = worst(ranking)
  return [
    ...(ungraded > 0
      ? [
          `Outcome unknown of ${of(ungraded)}, which cost ${usdLabel(total(one => one.ungradedUsd))}: in no pass rate and no cost per ` +
            `success${widest === null ? '' : `; ${widest}`}.`,
        ]
      : []),
    ...(unpriced > 0 ? [`Cost unknown of ${of(unpriced)}: in no cost, and not free.`] : []),
    ...concentrationNotes(ranking),
    ...(judge.some(usd => usd > 0)
      ? [`Judging cost ${usdLabel(judge.reduce((sum, usd) => sum + usd, 0))} beside that: it is in no option's cost.`]
      : []),
  ]
}

/** A cost that a few tasks make is a cost that a few other tasks would change. */
function concentrationNotes(ranking: readonly Ranked[]): string[] {
  const few = ranking.filter(({ dearestTenthShare }) => (dearestTenthShare ?? 0) > 0.5).slice(0, 3)
  return few.map(
    ({ option, dearestTenthShare }) =>
      `A tenth of the tasks is ${shareLabel(dearestTenthShare)} of what ${option} cost: few tasks make that figure.`,
  )
}

/** The option that what nobody knows says most about. */
function worst(ranking: readonly Ranked[]): string | null {
  const spans = ranking.map(({ option, passRate: { ifUngraded } }) => ({ option, ...ifUngraded }))
  const [first] = spans.sort((a, b) => b.passed - b.failed - (a.passed - a.failed))
  if (first === undefined || first.passed === first.failed) return null
  return `${first.option} passes ${shareLabel(first.failed)} to ${shareLabel(first.passed)}, depending on them`
}

function sumsNotes(
  figures: readonly { readonly usdPerSuccess: { readonly value: number | null; readonly n: number } }[],
): string[] {
  const unpriced = figures.filter(({ usdPerSuccess }) => usdPerSuccess.n === 0).length
  return [
    'Sums alone tell how many passed, not what each task cost: costs have no interval, and options cannot be paired.',
    ...(unpriced > 0 ? [`Cost unknown of ${many(unpriced, 'option')}: ranked last, and not free.`] : []),
  ]
}

function sharedNotes({ tasks, sharedTasks }: Rankings, options: number): string[] {
  if (options < 2 || sharedTasks === tasks) return []
  return [
    `Options did not try the same tasks: ${sharedTasks} of ${tasks} are shared by all; pairs are compared on theirs alone.`,
  ]
}

function rowNotes({ repeated, rejected, reasons, rejectFiles, read }: RowsTold): string[] {
  return [
    ...(repeated > 0 ? [`${many(repeated, 'row')} told twice, and counted once.`] : []),
    ...(rejected > 0
      ? [
          `${rejected} of ${many(read, 'row')} left out: ${reasons.map(({ reason, rows, first }) => `${reason} (${rows}, first ${first})`).join('; ')}. See ${rejectFiles.join(', ')}.`,
        ]
      : []),
  ]
}
