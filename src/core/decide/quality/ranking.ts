// A table of tries and quality bars in; options ranked by cost per success at each bar, with intervals and verdicts, and each pair of them, out.
import { bcaInterval } from '../../statistics/bootstrap.ts'
import { exp } from '../../statistics/elementary.ts'
import { printed } from '../../statistics/estimate.ts'
import { holm, maxT } from '../../statistics/many-tests.ts'
import { stream } from '../../statistics/random.ts'
import { cascadeTasks, cheapestWithin, type ToChoose, type Verifier } from './cascade.ts'
import { type CostPerSuccess, type OptionFigures, optionFigures } from './option-figures.ts'
import { type ComparedPair, comparedPair, type Pair } from './pairs.ts'
import { type Replacement, replacements } from './replacement.ts'
import { type Redrawn, type Resampled, resampled } from './resampled.ts'
import { type OptionTasks, optionTasks } from './task-means.ts'
import type { TrialTable } from './trial-table.ts'
import { costAndSuccess, unitsOf } from './units.ts'
import { cheaperFirst, type MeetsBar, type MoreTasks, meets, moreTasks } from './verdict.ts'

export interface Ranked extends Omit<OptionFigures, 'usdPerSuccess'> {
  readonly usdPerSuccess: CostPerSuccess
  readonly meetsBar: MeetsBar
  /** Where it is unclear: tasks beyond these after which it would be clear. */
  readonly moreTasks: MoreTasks | null
  /** Share of redrawn samples in which it is the cheapest per success of those that reach the bar. Null without cost. */
  readonly probabilityBest: number | null
  /** Nothing that clears the bar is cheaper than it beyond doubt (all pairs at once), and it is not below the bar. */
  readonly couldBeBest: boolean
}

export interface RankedAt {
  /** Null = none is stated. */
  readonly bar: number | null
  readonly ranking: readonly Ranked[]
  /** The cheapest per success of those that clear the bar; null = none does. */
  readonly best: string | null
}

export interface Ranking {
  readonly bars: readonly RankedAt[]
  readonly pairs: readonly Pair[]
  /** Options that no other beats at both by the figures as they stand, cheapest first. */
  readonly front: readonly string[]
  /** Beyond doubt (95 % for all pairs and both measures at once) another is cheaper per success and passes oftener. */
  readonly dominated: readonly { readonly option: string; readonly by: readonly string[] }[]
  /** With a baseline and a margin stated. */
  readonly replacements: readonly Replacement[]
  /** Cascades that nobody ran, as they are ranked. */
  readonly cascades: readonly (CascadeToTry & {
    readonly option: string
    /** Share of tasks that reach each stage. */
    readonly reached: readonly number[]
  })[]
  readonly tasks: number
  /** Tasks that every option tried. */
  readonly sharedTasks: number
  /** Redrawn samples behind bca, probabilityBest and the cost ratios. */
  readonly draws: number
}

/** A cascade that nobody ran, as the joint outcomes of its stages have it. */
export interface CascadeToTry {
  readonly stages: readonly string[]
  readonly verifier: Verifier
}

export interface RankChoices {
  readonly bars: readonly number[]
  readonly seed: number
  /** What a task costs that the option did not solve; null = not stated. */
  readonly priceOfFailureUsd?: number | null
  /** Which options may take the place of this one; both are stated, or neither. */
  readonly baseline?: string | null
  readonly margin?: number | null
  /** Ranked beside what was tried, under the names of their stages. Those of options that are not there are left out. */
  readonly cascades?: readonly CascadeToTry[]
  /** A composition is the best only where surely (95 %) no more than this share is silently wrong. Null = no cap. */
  readonly silentErrorCap?: number | null
}

/** `ranking` ascends by cost per success, then by name; what has none comes last. */
export function rank(
  table: TrialTable,
  {
    bars,
    seed,
    priceOfFailureUsd = null,
    baseline = null,
    margin = null,
    cascades = [],
    silentErrorCap = null,
  }: RankChoices,
): Ranking {
  const measured = table.options.map(option => optionTasks(table, option))
  const composed = cascadesOf(measured, cascades)
  const options = [...measured, ...composed.map(({ tasks }) => tasks)]
    .map(tasks => ({ tasks, figures: optionFigures(tasks, { priceOfFailureUsd }) }))
    .sort((x, y) => cheaperFirst(x.figures, y.figures))
  const pairPlaces = options.flatMap((_, i) => options.slice(i + 1).map((_, k) => [i, i + 1 + k] as const))
  const drawn = resampled(
    options.map(({ tasks }) => tasks),
    pairPlaces,
    stream(seed, 'tasks/rank'),
  )
  const pairs = family(
    pairPlaces.map(([a, b], i) =>
      comparedPair({ a: options[a]!.tasks, b: options[b]!.tasks, redrawn: drawn.pairs[i]! }),
    ),
  )
  const figures = options.map(({ tasks, figures }, i) => withBca(figures, tasks, drawn.options[i]!))
  const stated = bars.length === 0 ? [null] : bars
  const tried = options.map(({ tasks }) => tasks)
  const replaced = tried.find(({ option }) => option === baseline)
  return printed({
    bars: stated.map(bar => rankedAt({ bar, silentErrorCap }, figures, drawn, pairs)),
    pairs,
    front: frontOf(figures),
    dominated: dominatedAmong(figures, pairs),
    cascades: composed.map(({ told }) => told),
    replacements: replaced === undefined || margin === null ? [] : replacements(tried, replaced, margin),
    tasks: new Set(tried.flatMap(({ tasks }) => tasks.map(({ place }) => place))).size,
    sharedTasks: sharedByAll(tried),
    draws: drawn.draws,
  })
}

function cascadesOf(measured: readonly OptionTasks[], cascades: readonly CascadeToTry[]) {
  return cascades.flatMap(({ stages, verifier }) => {
    const found = stages.flatMap(name => measured.find(({ option }) => option === name) ?? [])
    if (found.length < stages.length) return []
    const option = stages.join(' > ')
    const { tasks, reached } = cascadeTasks(option, found, verifier)
    return tasks.tasks.length === 0 ? [] : [{ tasks, told: { option, stages, verifier, reached } }]
  })
}

type Figures = Omit<OptionFigures, 'usdPerSuccess'> & { readonly usdPerSuccess: CostPerSuccess }

function withBca(figures: OptionFigures, { tasks }: OptionTasks, { usd, successes }: Redrawn): Figures {
  const { value } = figures.usdPerSuccess
  const { over, under } = unitsOf(tasks, costAndSuccess)
  const total = (values: ArrayLike<number>) => Array.from(values).reduce((sum, one) => sum + one, 0)
  const [allOver, allUnder] = [total(over), total(under)]
  const leftOut = Array.from(over, (one, i) => (allOver - one) / (allUnder - under[i]!))
  const replicates = usd.map((sum, i) => sum / successes[i]!).filter(ratio => !Number.isNaN(ratio))
  const bca = value === null || over.length < 2 ? null : bcaInterval(replicates, value, leftOut)
  return { ...figures, usdPerSuccess: { ...figures.usdPerSuccess, bca: bca ?? { low: null, high: null } } }
}

function rankedAt(
  { bar, silentErrorCap }: { readonly bar: number | null; readonly silentErrorCap: number | null },
  figures: readonly Figures[],
  drawn: Resampled,
  pairs: readonly Pair[],
): RankedAt {
  const shares = shareBest(bar ?? 0, figures, drawn)
  const verdicts = figures.map(({ passRate }) => meets(passRate, bar))
  const clears = new Set(figures.flatMap(({ option }, i) => (verdicts[i] === 'yes' ? [option] : [])))
  const beaten = new Set(
    pairs.flatMap(({ a, b, costRatio: { simultaneous } }) => [
      ...(simultaneous !== null && simultaneous.high < 1 && clears.has(a) ? [b] : []),
      ...(simultaneous !== null && simultaneous.low > 1 && clears.has(b) ? [a] : []),
    ]),
  )
  const ranking = figures.map(
    (one, i): Ranked => ({
      ...one,
      meetsBar: verdicts[i]!,
      moreTasks: bar === null || verdicts[i] !== 'unclear' ? null : moreTasks(one.n, one.passRate, bar),
      probabilityBest: shares[i]!,
      couldBeBest: verdicts[i] !== 'no' && one.usdPerSuccess.value !== null && !beaten.has(one.option),
    }),
  )
  return { bar, ranking, best: cheapestWithin(ranking.map(toChoose), silentErrorCap) }
}

/** Who answers for itself alone has no errors that a verifier vouched for. */
const toChoose = ({ option, usdPerSuccess, meetsBar, silentErrors }: Ranked): ToChoose => ({
  option,
  usdPerSuccess: usdPerSuccess.value,
  meetsBar,
  silentErrors: silentErrors === null ? 0 : silentErrors.high,
})

function shareBest(bar: number, figures: readonly Figures[], { draws, options }: Resampled): (number | null)[] {
  const wins = figures.map(() => 0)
  const isKnown = figures.map(({ usdPerSuccess }) => usdPerSuccess.n > 0)
  for (let draw = 0; draw < draws; draw++) {
    let best = -1
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < options.length; i++) {
      const { usd, successes, passed, weight } = options[i]!
      const cost = usd[draw]! / successes[draw]!
      if (!isKnown[i] || !(cost < least) || !(passed[draw]! >= bar * weight[draw]! * (1 - 1e-12))) continue
      best = i
      least = cost
    }
    if (best >= 0) wins[best] = wins[best]! + 1
  }
  return wins.map((won, i) => (isKnown[i] ? won / draws : null))
}

/** Pairs as a family: Holm's p-values, and intervals that hold for all pass rates and cost ratios at once. */
function family(compared: readonly ComparedPair[]): Pair[] {
  const adjusted = holm(compared.map(({ pair }) => pair.test?.p ?? 1))
  const found = maxT(compared.flatMap(({ deviations: { rate, logRatio } }) => [rate, logRatio ?? new Float64Array(0)]))
  return compared.map(({ pair, logRatio }, i) => {
    const around = (value: number | null, k: number) => {
      const error = found?.standardErrors[k] ?? null
      if (value === null || found === null || error === null || error === 0) return null
      return { low: value - found.critical * error, high: value + found.critical * error }
    }
    const rate = around(pair.difference.value, 2 * i)
    const ratio = around(logRatio, 2 * i + 1)
    return {
      ...pair,
      test: pair.test === null ? null : { ...pair.test, holm: adjusted[i]! },
      difference: {
        ...pair.difference,
        simultaneous: rate === null ? null : { low: Math.max(-1, rate.low), high: Math.min(1, rate.high) },
      },
      costRatio: {
        ...pair.costRatio,
        simultaneous: ratio === null ? null : { low: exp(ratio.low), high: exp(ratio.high) },
      },
    }
  })
}

function frontOf(cheapestFirst: readonly Figures[]): string[] {
  const placed = cheapestFirst.filter(({ usdPerSuccess }) => usdPerSuccess.value !== null)
  return placed
    .filter(
      ({ passRate, usdPerSuccess }) =>
        !placed.some(
          other =>
            other.usdPerSuccess.value! <= usdPerSuccess.value! &&
            other.passRate.value! >= passRate.value! &&
            (other.usdPerSuccess.value! < usdPerSuccess.value! || other.passRate.value! > passRate.value!),
        ),
    )
    .map(({ option }) => option)
}

function dominatedAmong(figures: readonly Figures[], pairs: readonly Pair[]): Ranking['dominated'] {
  return figures.flatMap(({ option }) => {
    const by = pairs.flatMap(({ a, b, difference, costRatio }) => {
      const [rate, ratio] = [difference.simultaneous, costRatio.simultaneous]
      if (rate === null || ratio === null) return []
      if (b === option && rate.low > 0 && ratio.high < 1) return [a]
      return a === option && rate.high < 0 && ratio.low > 1 ? [b] : []
    })
    return by.length === 0 ? [] : [{ option, by }]
  })
}

function sharedByAll(options: readonly OptionTasks[]): number {
  const counts = new Map<number, number>()
  for (const { tasks } of options) for (const { place } of tasks) counts.set(place, (counts.get(place) ?? 0) + 1)
  return [...counts.values()].filter(count => count === options.length).length
}
