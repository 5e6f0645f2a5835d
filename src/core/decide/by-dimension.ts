// Calls summed by a dimension, and the answer for each of their weights, in; what each slice costs, could cost and hangs on, out.
import { formatUsd, fromPico, roundHalfEven } from '../meter/money.ts'
import { estimate } from '../statistics/estimate.ts'
import { groupedBy } from '../statistics/grouped.ts'
import type { Answer, Band, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import type { DecisionAnswer } from './decision.ts'
import { unknownWords } from './eligibility.ts'
import type { ApiTerms, Evidence } from './evidence.ts'
import type { Grade } from './grade.ts'

/** As for a metered history: with more calls of unknown usage than this its cost is not known. */
const mostUnknownShare = 0.01

/** Calls of one slice that run on the same weights. */
export interface Cell {
  /** Value of the dimension; null = not attributed. */
  readonly key: string | null
  readonly environment: string | null
  /** Catalog name of the weights, or the model's own; null = no model is named. */
  readonly weights: string | null
  readonly calls: number
  readonly unpricedCalls: number
  readonly unknownUsageCalls: number
  /** Exact, pico-dollars: the priced calls only. */
  readonly pico: bigint
  /** Tokens of the calls of known usage. */
  readonly input: number
  readonly output: number
  /** Of `input`, what was metered as read from a prompt cache and written to it; absent = none. */
  readonly cacheRead?: number
  readonly cacheWrite?: number
}

/** What a slice, or all calls together, ask of an option. */
type Load = Pick<Cell, 'input' | 'output' | 'cacheRead' | 'cacheWrite'>

/** What is known of all calls of some weights together: fleets are shared, so nothing is decided slice by slice. */
export interface WeightsAnswer {
  readonly evidence: Evidence
  readonly answer: Answer
}

export interface SliceRow {
  readonly key: string | null
  readonly environment: string | null
  readonly calls: number
  readonly unpricedCalls: number
  readonly unknownUsageCalls: number
  /** As metered, exact decimal string with 12 decimals; rows add up to the total, digit for digit. */
  readonly usdPerMonth: string
  /** The same calls at the best option of their weights, shared fleets by replica-seconds; null where one has none. */
  readonly usdPerMonthAtBest: number | null
  readonly bestSameWeights: readonly { readonly weights: string; readonly option: string | null }[]
  /** USD a month that cheaper weights could save, if they do the job; null = none is cheaper, or not all were asked about. */
  readonly possibleSaving: Band | null
  readonly grade: Grade | null
  /** Do own GPUs pay off for the weights that this slice spends most on? */
  readonly decision: DecisionAnswer
  /** What stands between this slice and a cheaper bill; null = nothing known. */
  readonly blocker: string | null
  readonly nextMeasurement: string | null
}

/** What a dimension leaves without a name. */
export interface Unattributed {
  readonly dimension: string
  readonly calls: number
  /** Exact, the priced calls only. */
  readonly usd: string
  /** Of what the slice's calls cost; of their number where none without a name has a price. */
  readonly share: number
  /** What to do about it, an instruction each. */
  readonly hints: readonly string[]
  /** A rule for crossline.yaml that attributes most of it; null where no rule can. */
  readonly rule: string | null
}

export interface ByDimension {
  readonly by: string
  readonly rows: readonly SliceRow[]
  readonly total: Pick<
    SliceRow,
    'calls' | 'unpricedCalls' | 'unknownUsageCalls' | 'usdPerMonth' | 'usdPerMonthAtBest' | 'possibleSaving'
  >
}

/**
 * One row per value of the dimension and environment. `spanMicros` is from the first to the last call of all: every slice
 * is brought to a month by the same factor, so that rows add up; the last digit is shared out by largest remainder.
 */
export function byDimension(
  by: string,
  cells: readonly Cell[],
  answers: ReadonlyMap<string | null, WeightsAnswer>,
  month: { readonly hours: number; readonly spanMicros: number },
): ByDimension {
  const slices = groupedBy(cells, ({ key, environment }) => JSON.stringify([key, environment]))
  const parts = [...slices.values()].sort(inOrder)
  const factor = (month.hours * 3600e6) / month.spanMicros
  const monthly = shares(
    parts.map(slice => slice.reduce((sum, { pico }) => sum + pico, 0n)),
    BigInt(Math.round(month.hours * 3600e6)),
    BigInt(Math.round(month.spanMicros)),
  )
  const rows = parts.map((slice, i) => rowOf(slice, monthly.parts[i]!, answers, factor))
  const sum = (of: (row: SliceRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const known = rows.flatMap(({ usdPerMonthAtBest }) => usdPerMonthAtBest ?? [])
  const savings = rows.flatMap(({ possibleSaving }) => possibleSaving ?? [])
  return {
    by,
    rows,
    total: {
      calls: sum(row => row.calls),
      unpricedCalls: sum(row => row.unpricedCalls),
      unknownUsageCalls: sum(row => row.unknownUsageCalls),
      usdPerMonth: formatUsd(fromPico(monthly.total)),
      // Unknown is not zero: a total of which a part is not known is not known.
      usdPerMonthAtBest: known.length === rows.length ? estimate(known.reduce((a, b) => a + b, 0)) : null,
      possibleSaving: cells.every(({ weights }) => answers.has(weights)) ? bandSum(savings) : null,
    },
  }
}

/** Bands of one cause move together: ends add up to ends. Null for none. */
function bandSum(bands: readonly Band[]): Band | null {
  if (bands.length === 0) return null
  const sum = (of: (band: Band) => number) => estimate(bands.reduce((total, band) => total + of(band), 0))
  return { low: sum(band => band.low), high: sum(band => band.high) }
}

function rowOf(
  slice: readonly Cell[],
  picoPerMonth: bigint,
  answers: ReadonlyMap<string | null, WeightsAnswer>,
  factor: number,
): SliceRow {
  const { key, environment } = slice[0]!
  const placed = slice
    .map(cell => ({ cell, known: answers.get(cell.weights) ?? null }))
    .sort((a, b) => (a.cell.pico === b.cell.pico ? b.cell.input - a.cell.input : a.cell.pico < b.cell.pico ? 1 : -1))
  const main = placed[0]!
  const atBest = placed.map(({ cell, known }) => (known === null ? null : costAtBest(cell, known, factor)))
  const isAllKnown = placed.every(({ known }) => known !== null)
  const savings = placed.flatMap(({ cell, known }) => (known === null ? [] : (savingOf(cell, known) ?? [])))
  const grades = placed.flatMap(({ known }) => known?.answer.grade ?? []).sort()
  const sum = (of: (cell: Cell) => number) => slice.reduce((total, cell) => total + of(cell), 0)
  return {
    key,
    environment,
    calls: sum(cell => cell.calls),
    unpricedCalls: sum(cell => cell.unpricedCalls),
    unknownUsageCalls: sum(cell => cell.unknownUsageCalls),
    usdPerMonth: formatUsd(fromPico(picoPerMonth)),
    usdPerMonthAtBest: atBest.every(usd => usd !== null) ? estimate(atBest.reduce((a, b) => a + b!, 0)) : null,
    bestSameWeights: placed.flatMap(({ cell, known }) =>
      cell.weights === null ? [] : [{ weights: cell.weights, option: known?.answer.best ?? null }],
    ),
    possibleSaving: isAllKnown ? bandSum(savings) : null,
    grade: isAllKnown ? (grades.at(-1) ?? null) : null,
    decision: main.known?.answer.decision.answer ?? 'cannot tell',
    blocker: blockerOf(main.cell, main.known),
    nextMeasurement: main.known?.answer.nextMeasurement ?? null,
  }
}

/** What these calls would cost at the best option of their weights: an API by its rates, a shared fleet by replica-seconds. */
function costAtBest(cell: Cell, { answer, evidence }: WeightsAnswer, factor: number): number | null {
  const metered = isPriced(cell) ? (Number(cell.pico) / 1e12) * factor : null
  const history = answer.options.find(({ asMetered }) => asMetered)
  const best = answer.options.find(({ name }) => name === answer.best)
  // Where only a part of the calls of these weights has a price, nobody knows what a move would replace.
  if (history !== undefined && history.usd === null) return metered
  if (best === undefined || best.asMetered) return metered
  const share = shareOf(cell, best, evidence)
  return share === null ? null : decidedUsd(best)! * share
}

/** A few calls of unknown usage leave a bill its meaning: no option pays for them. Calls without a price do not. */
const isPriced = (cell: Cell): boolean =>
  cell.unpricedCalls <= cell.unknownUsageCalls && cell.unpricedCalls <= mostUnknownShare * cell.calls

/** The part of an option's bill that these calls cause. */
function shareOf(cell: Cell, option: OptionAnswer, evidence: Evidence): number | null {
  const { tokens, usage } = evidence.demand
  const weigh = weighing(option, evidence)
  if (weigh === null) return null
  const all = weigh({ ...tokens, cacheRead: usage.cacheRead, cacheWrite: usage.cacheWrite })
  return all > 0 ? weigh(cell) / all : null
}

function weighing(option: OptionAnswer, evidence: Evidence): ((load: Load) => number) | null {
  if (option.replica !== null) {
    const { model, gpu, gpusPerReplica } = option.replica
    const terms = evidence.replicas.find(
      one => one.model === model && one.gpu === gpu && one.gpusPerReplica === gpusPerReplica,
    )
    return terms === undefined
      ? null
      : ({ input, output }) => terms.secondsPerInputToken * input + terms.secondsPerOutputToken * output
  }
  const api = evidence.api.find(({ name }) => name === option.name)
  return api?.rates ? billedBy(api.rates, api.cache?.basis === 'as metered') : null
}

/**
 * A load at a seller's rates. Hits simulated for it are known of all calls together and not slice by slice, and with none
 * every prompt is fresh: then a slice bears its part of the prompts. Only hits that are kept as metered are its own.
 */
function billedBy(rates: NonNullable<ApiTerms['rates']>, hitsAreMetered: boolean): (load: Load) => number {
  const { inputUsdPerMtok: fresh, outputUsdPerMtok } = rates
  const offRead = hitsAreMetered ? fresh - (rates.cacheReadUsdPerMtok ?? fresh) : 0
  const onWrite = hitsAreMetered ? (rates.cacheWriteUsdPerMtok ?? fresh) - fresh : 0
  return ({ input, output, cacheRead = 0, cacheWrite = 0 }) =>
    fresh * input - offRead * cacheRead + onWrite * cacheWrite + outputUsdPerMtok * output
}

/** Of the largest possible saving of the weights, the part that these calls spend. */
function savingOf(cell: Cell, { answer, evidence }: WeightsAnswer): Band | null {
  const [largest] = answer.possibleSavings
  const spent = Number(evidence.api.find(({ kind }) => kind === 'as-metered')?.usd ?? 0)
  if (largest === undefined || !(spent > 0)) return null
  const share = Number(cell.pico) / 1e12 / spent
  return { low: largest.usdPerMonth.low * share, high: largest.usdPerMonth.high * share }
}

function blockerOf(cell: Cell, known: WeightsAnswer | null): string | null {
  if (cell.weights === null) return 'the calls name no model'
  if (!isPriced(cell)) return `${cell.unpricedCalls} of ${cell.calls} calls have no price`
  if (known === null) return `${cell.weights} was not asked about: too small a part of the spend`
  const { bestIf, possibleSavings } = known.answer
  if (bestIf !== null) return `${unknownWords(bestIf.assumes)} of ${bestIf.option}: not measured`
  if (possibleSavings.length > 0) return `whether ${possibleSavings[0]!.group} does the job: no task was run on it`
  return null
}

/** Whole parts of a sum brought to another period: each rounded down, what is left given to the largest remainders. */
function shares(
  amounts: readonly bigint[],
  numerator: bigint,
  denominator: bigint,
): { readonly parts: readonly bigint[]; readonly total: bigint } {
  const whole = amounts.reduce((a, b) => a + b, 0n)
  const total = roundHalfEven(whole * numerator, denominator)
  const floors = amounts.map(amount => (amount * numerator) / denominator)
  const parts = [...floors]
  let left = total - floors.reduce((a, b) => a + b, 0n)
  const byRemainder = amounts
    .map((amount, i) => ({ i, remainder: (amount * numerator) % denominator }))
    .sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder < b.remainder ? 1 : -1))
  for (const { i } of byRemainder) {
    if (left <= 0n) break
    parts[i]! += 1n
    left -= 1n
  }
  return { parts, total }
}

/** Production first (or what names no environment), then others by name; within, the costliest first, unattributed last. */
function inOrder(a: readonly Cell[], b: readonly Cell[]): number {
  const environment = ({ environment: one }: Cell) => (one === null || one === 'production' ? '' : one)
  const [x, y] = [a[0]!, b[0]!]
  if (environment(x) !== environment(y)) return environment(x) < environment(y) ? -1 : 1
  if ((x.key === null) !== (y.key === null)) return x.key === null ? 1 : -1
  const spent = (cells: readonly Cell[]) => cells.reduce((sum, { pico }) => sum + pico, 0n)
  const [p, q] = [spent(a), spent(b)]
  if (p !== q) return p < q ? 1 : -1
  return String(x.key) < String(y.key) ? -1 : 1
}
