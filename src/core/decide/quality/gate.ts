// A ranking that holds a baseline's options beside today's, and conditions, in; what fails, by option, out.
import type { Condition, Found, Judgement } from './condition.ts'
import { judged } from './condition.ts'
import type { Rankings } from './rankings.ts'

/** What the options of a baseline are called in a table that holds both. */
export const baselineName = (option: string): string => `${option} (baseline)`

export interface Gated {
  readonly option: string
  readonly condition: string
  readonly judgement: Judgement
  /** What was looked at; a change of cost as a share (0.1 = a tenth dearer), of a pass rate as a difference. */
  readonly found: Found
}

/** Every condition of every option that is not the baseline's own. An option that the baseline lacks has no change: unknown. */
export function gateOf(conditions: readonly Condition[], ranking: Rankings, options: readonly string[]): Gated[] {
  return options.flatMap(option =>
    conditions.map(condition => {
      const found =
        condition.of === 'level' ? levelOf(condition, ranking, option) : changeOf(condition, ranking, option)
      return { option, condition: condition.text, judgement: judged(condition, found), found }
    }),
  )
}

type Figures = Rankings['bars'][number]['ranking'][number]

const nothing: Found = { value: null, low: null, high: null }

function levelOf({ gauge }: Condition, { bars }: Rankings, option: string): Found {
  const figures = bars[0]?.ranking.find(one => one.option === option)
  if (figures === undefined) return nothing
  if (gauge === 'usdPerSuccess' && figures.passRate.value === 0) return withoutSuccess(figures)
  const { value, low, high } = figures[gauge]
  return { value, low, high }
}

/** What never succeeds costs without end for a success, and at the least what its tasks cost ÷ the most that it may pass. */
function withoutSuccess({ usdPerTask, passRate }: Pick<Figures, 'usdPerTask' | 'passRate'>): Found {
  if (usdPerTask.value === null || passRate.high === null) return nothing
  return { value: Number.POSITIVE_INFINITY, low: usdPerTask.value / passRate.high, high: null }
}

function changeOf(condition: Condition, ranking: Rankings, option: string): Found {
  const { gauge } = condition
  const { pairs } = ranking
  const before = baselineName(option)
  const pair = pairs.find(({ a, b }) => (a === option && b === before) || (a === before && b === option))
  if (pair === undefined) return nothing
  const isForward = pair.a === option
  if (gauge === 'passRate') {
    const { value, low, high } = pair.difference
    return isForward ? { value, low, high } : { value: negated(value), low: negated(high), high: negated(low) }
  }
  const [now, then] = [option, before].map(name => levelOf(condition, ranking, name)) as [Found, Found]
  if (now.value === Number.POSITIVE_INFINITY && then.value !== null && then.value < now.value) {
    // No ratio is drawn where nothing succeeds: the least of the one against the figure of the other.
    return { value: now.value, low: now.low === null ? null : now.low / then.value - 1, high: null }
  }
  const { value, low, high } = pair.costRatio
  const share = (ratio: number | null) => (ratio === null ? null : isForward ? ratio - 1 : 1 / ratio - 1)
  return isForward
    ? { value: share(value), low: share(low), high: share(high) }
    : { value: share(value), low: share(high), high: share(low) }
}

const negated = (value: number | null): number | null => (value === null ? null : -value)
