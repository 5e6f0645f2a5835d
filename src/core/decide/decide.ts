// Evidence and choices in; the answer out: options ranked, where the cheapest changes, and what all of it rests on.
import { estimate } from '../statistics/estimate.ts'
import type { Answer, Crossing, OptionAnswer } from './answer.ts'
import { decidedTerms } from './api-bill.ts'
import { changesAsBilled } from './as-billed.ts'
import { comparisonAssumptions, leaseAssumptions, todayAssumptions, trafficAssumptions } from './assumptions.ts'
import { crossingDoubt, type DrawnCurve, doubts, drawnCurve, holding } from './band.ts'
import { type Candidate, candidatesOf } from './candidates.ts'
import { type Choices, checkChoices, choiceAssumptions } from './choices.ts'
import { type Doubt, optionAt } from './costing.ts'
import { enoughOfTheBill } from './coverage.ts'
import { answerOf, type Contest, contestOf, decisionOf, type ProfileAnswer } from './decision.ts'
import {
  type Assumable,
  assumedFor,
  isSameWeights,
  mayBeBest,
  mostInfeasibleShare,
  provable,
  todaysWeights,
  triedFor,
  type Weights,
} from './eligibility.ts'
import { envelope } from './envelope.ts'
import type { Assumption, Evidence } from './evidence.ts'
import { takerOf, unservedShare } from './feasible.ts'
import { sizingAssumptions } from './fleet-sizing.ts'
import { gradeOf } from './grade.ts'
import { checkLeaseChoices, unknown } from './lease.ts'
import { marketSensitivity } from './market.ts'
import { nextMeasurementOf, nextWords } from './next-measurement.ts'
import { neversOf, type Pair, pairsOf } from './pairs.ts'
import { possibleSavingsOf } from './possible-savings.ts'
import { amongEquals, bestIfOf, cheapestOf, rank } from './ranking.ts'
import { type Resampled, resample } from './resample.ts'
import { curveOf } from './staircase.ts'
import { widened } from './token-ratio.ts'
import { daysOf, type Volume, volumeOf } from './traffic.ts'
import { verdict } from './verdict.ts'
import { chancesOfChange } from './what-would-change.ts'

/** Envelope and crossings are searched up to this multiple of today's volume. */
const reach = 1000

/** One option through the whole decision. */
interface Entry {
  readonly candidate: Candidate
  readonly option: OptionAnswer
  readonly drawn: DrawnCurve | null
}

/**
 * The answer for one set of choices. Pure and deterministic: the same evidence, choices and draws give the same bytes.
 * What choices cannot change (resampled traffic) is kept per evidence object, so that a page may call this on each
 * turn of a control. Faults: those of the checks (CHOICE_INVALID, TERM_UNKNOWN, PROVIDER_UNKNOWN, GPU_UNKNOWN,
 * API_UNKNOWN) and of the demand (DEMAND_EMPTY, DEMAND_SPAN).
 */
export function decide(evidence: Evidence, choices: Choices, { draws = 400 }: { draws?: number } = {}): Answer {
  checkChoices(choices)
  checkLeaseChoices(evidence.leases, choices)
  const { demand } = evidence
  const here = volumeOf(demand, choices.hoursPerMonth, choices.tokensPerMonth)
  const today = todaysWeights(evidence)
  const months = resample(evidence, draws)
  const assumed = choices.assume ?? []
  const shapes = shapesOfArrivals(evidence)
  const byShape = shapes.map(({ peakToMean }) => placed(evidence, choices, here, today, months, peakToMean))
  const entries = rank(spanning(byShape), today)
  const options = entries.map(entry => entry.option)
  const best = cheapestOf(options.filter(option => mayBeBest(option, today, assumed)))
  const contests = byShape.map(placedAs => contestOf(placedAs, today, assumed, months, here, evidence))
  const decision = decisionOf(
    contests,
    shapes.map(({ name }) => name),
    (evidence.coverage.bill?.billedShare ?? 1) < enoughOfTheBill,
  )
  const group = entries.filter(({ option }) => isOfToday(option, today))
  const compared = comparedApi(entries, group, choices)
  const fleets = group.filter(({ option }) => option.kind === 'self-host')
  const apis = group.filter(({ option }) => option.kind === 'api')
  const lines = compared === null || apis.includes(compared) ? apis : [compared, ...apis]
  const pairs = pairsOf(evidence, choices, lines, fleets)
  const ofCompared = pairs.filter(pair => pair.api === compared?.option.name)
  const forGood = forGoodOf(ofCompared, entries, months)
  const changes = changesOf(group, pairs, here.tokensPerMonth, months)
  const market = marketSensitivity(evidence, choices, { options, contest: contests[0]!, today, here })
  const days = daysOf(demand)
  const answer: Answer = {
    schemaVersion: 1,
    sample: evidence.sample,
    currency: 'USD',
    hoursPerMonth: choices.hoursPerMonth,
    at: evidence.at,
    seed: evidence.seed,
    requests: demand.calls,
    tokens: { ...demand.tokens, total: demand.tokens.input + demand.tokens.output },
    coverage: {
      days: estimate(days),
      hoursOfWeek: demand.hoursOfWeek,
      billedUsd: evidence.coverage.bill?.billedUsd ?? null,
      meteredUsd: evidence.coverage.bill?.meteredUsd ?? null,
      billedShare: evidence.coverage.bill?.billedShare ?? null,
      pricedShare: evidence.coverage.pricedShare,
      ownShare: evidence.coverage.ownShare ?? null,
      attributedShare: evidence.coverage.attributedShare,
      estimatedShare: evidence.coverage.estimatedShare ?? null,
      unknownShare: evidence.coverage.unknownShare ?? null,
      notes: evidence.coverage.notes ?? [],
    },
    objective: evidence.objective,
    asked: evidence.asked ?? null,
    repeats: evidence.repeats ?? null,
    ...gradeOf(evidence),
    verdict: '',
    options,
    best: best?.name ?? null,
    bestIf: bestIfOf(options, best, today),
    decision,
    profiles:
      shapes.length === 1
        ? []
        : shapes.map((shape, i) => profileAnswer(shape, byShape[i]!, contests[i]!, today, assumed)),
    possibleSavings: possibleSavingsOf(options, best ?? group[0]?.option ?? null, today?.group ?? null),
    crossings: changes.crossings,
    crossingsAsBilled: changesAsBilled(group, changes.crossings, (here.tokensPerMonth / 1e6) * reach),
    pairs: pairs.map(({ api, selfHost, crossings, forGoodFrom, never }) => ({
      api,
      selfHost,
      crossings,
      forGoodFrom,
      never,
    })),
    never: neversOf(evidence, choices, ofCompared),
    forGoodFrom: forGood,
    comparedApi: compared?.option.name ?? null,
    youAreHere: {
      tokensPerMonth: estimate(here.tokensPerMonth),
      requestsPerMonth: estimate(here.requestsPerMonth),
    },
    sensitivities: market === null ? [] : [market],
    nextMeasurement: null,
    next: null,
    assumptions: [
      ...evidence.assumptions,
      ...choiceAssumptions(choices),
      ...trafficAssumptions(evidence, months),
      ...leaseAssumptions(entries.map(({ candidate }) => candidate)),
      ...sizingAssumptions(entries.map(({ candidate }) => candidate.sizing)),
      ...todayAssumptions(today),
      ...(best === null ? [] : [...assumedFor(best), ...triedFor(best)]),
      ...comparisonAssumptions(compared?.option ?? null, today),
      ...changes.assumptions,
    ],
    notModelled: evidence.notModelled,
    unpriced: evidence.coverage.unpricedModels,
  }
  const question = { evidence, entries: byShape[0]!, today, assumed, months, here }
  const next = nextMeasurementOf(answer, contests[0]!, evidence, () =>
    chancesOfChange(question, answerOf(contests[0]!).answer),
  )
  const refusing = evidence.replicas.find(({ group }) => group === today?.group)
  const context = {
    today,
    contest: contests[0]!,
    isStated: choices.tokensPerMonth !== null,
    takesRest: refusing === undefined ? null : takerOf(evidence, choices, refusing, mostInfeasibleShare),
  }
  return { ...answer, verdict: verdict(answer, context), next, nextMeasurement: nextWords(next) }
}

interface ArrivalShape {
  readonly name: string
  readonly source: string
  /** Busiest hour ÷ mean that fleets are sized for at least. */
  readonly peakToMean: number
}

/** The traffic as it was seen, and each other shape that the hours not seen may have. */
function shapesOfArrivals({ profiles = [] }: Evidence): readonly ArrivalShape[] {
  const flat = { name: 'flat', source: 'the hours not seen are like those that were', peakToMean: 1 }
  return [flat, ...profiles.filter(({ name }) => name !== 'flat')]
}

/** Options as under the first shape, with bands that hold those of every shape. */
function spanning(byShape: readonly (readonly Entry[])[]): Entry[] {
  const [seen, ...others] = byShape
  return seen!.map((entry, i) => {
    const bands = others.flatMap(entries => entries[i]!.option.band ?? [])
    const { band } = entry.option
    if (band === null || bands.length === 0) return entry
    const low = Math.min(band.low, ...bands.map(one => one.low))
    const high = Math.max(band.high, ...bands.map(one => one.high))
    return { ...entry, option: { ...entry.option, band: { low, high } } }
  })
}

function profileAnswer(
  { name, source, peakToMean }: ArrivalShape,
  entries: readonly Entry[],
  contest: Contest,
  today: Weights | null,
  assumed: readonly Assumable[],
): ProfileAnswer {
  const options = entries.map(({ option }) => option)
  return {
    name,
    source,
    peakToMean: estimate(peakToMean),
    answer: answerOf(contest).answer,
    best: cheapestOf(options.filter(option => mayBeBest(option, today, assumed)))?.name ?? null,
    fleet: contest.fleet?.name ?? null,
    fleetUsd: contest.fleet?.usd ?? null,
  }
}

function placed(
  evidence: Evidence,
  choices: Choices,
  here: Volume,
  today: Weights | null,
  months: Resampled,
  leastPeakToMean: number,
): Entry[] {
  const candidates = candidatesOf(evidence, choices, leastPeakToMean)
  const certain = { band: null, probabilityCheapest: null }
  const options = candidates.map(candidate => optionAt(evidence, choices, today, candidate, here, certain))
  const drawn = candidates.map(candidate => drawnCurve(evidence, candidate, months, leastPeakToMean))
  const contenders = options
    .map((option, i) => ({ option, i }))
    .filter(({ option }) => mayBeBest(option, today, [...provable, ...(choices.assume ?? [])]))
    .sort((x, y) => amongEquals(x.option, y.option))
    .map(({ i }) => i)
  const found = doubts(drawn, contenders, months, here.tokensPerMonth, choices.tokensPerMonth !== null)
  return candidates.map((candidate, i) => ({
    candidate,
    option: doubted(evidence, choices, candidate, options[i]!, here, found[i]!),
    drawn: drawn[i]!,
  }))
}

/** An option with what the resampling found: a band that holds its cost, or why there is none. */
function doubted(
  evidence: Evidence,
  choices: Choices,
  candidate: Candidate,
  option: OptionAnswer,
  here: Volume,
  found: Doubt,
) {
  if (option.usd === null) return option
  const wide = widened(evidence, choices, candidate, option, here, found.band)
  const band = holding(wide, option.usd)
  return { ...option, ...found, band, notes: band === null ? [...option.notes, noUpperEnd] : option.notes }
}

const noUpperEnd = 'in more than 5 % of the months drawn it is too small for the load: its cost has no band'

/** Takes part in crossings: today's weights in today's dtype, with a known cost, at some volume within the bars. */
function isOfToday(option: OptionAnswer, today: Weights | null): boolean {
  const overfull = option.terms !== null && option.usd === null
  return (
    option.terms !== null &&
    isSameWeights(option, today) &&
    (option.meetsLatency !== 'no' || overfull) &&
    unservedShare(option) <= mostInfeasibleShare
  )
}

/** The API that self-hosting is held against: the one asked for, else the cheapest of today's weights. */
function comparedApi(entries: readonly Entry[], group: readonly Entry[], choices: Choices): Entry | null {
  const apis = entries.filter(({ option }) => option.kind === 'api')
  if (choices.api === null) return group.find(({ option }) => option.kind === 'api' && option.usd !== null) ?? null
  const asked = apis.find(({ option }) => option.name === choices.api)
  const names = apis.map(({ option }) => option.name)
  if (asked === undefined) throw unknown('API_UNKNOWN', 'API option', choices.api, names)
  return asked.option.terms === null ? null : asked
}

/** The earliest volume from which a fleet stays cheaper than the compared API, with its band. */
function forGoodOf(pairs: readonly Pair[], entries: readonly Entry[], months: Resampled): Answer['forGoodFrom'] {
  let first: Pair | null = null
  for (const pair of pairs) {
    if (pair.forGoodFrom !== null && (first === null || pair.forGoodFrom < first.forGoodFrom!)) first = pair
  }
  if (first === null) return null
  const { api, selfHost } = first
  const drawn = (name: string) => entries.find(({ option }) => option.name === name)!.drawn!
  const { forGood, forGoodShare: shareOfDraws } = crossingDoubt(drawn(api), drawn(selfHost), months.draws)
  const tokensPerMonth = first.forGoodFrom!
  return { option: selfHost, against: api, tokensPerMonth, band: holding(forGood, tokensPerMonth), shareOfDraws }
}

/** Where the cheapest option of today's weights changes, up to `reach` times today's volume. */
function changesOf(
  group: readonly Entry[],
  pairs: readonly Pair[],
  tokensPerMonth: number,
  months: Resampled,
): { crossings: Crossing[]; assumptions: Assumption[] } {
  const curves = group.map(({ option }) => curveOf(decidedTerms(option)!))
  const { changes, stoppedAt } = envelope(curves, 0, (tokensPerMonth / 1e6) * reach)
  const crossings = changes.map(({ at, from, to }): Crossing => {
    const [below, above] = [group[from]!, group[to]!]
    const tokens = estimate(at * 1e6)
    const pair = pairs.find(p => p.api === below.option.name && p.selfHost === above.option.name)
    const isForGood = pair !== undefined && pair.forGoodFrom === tokens
    const isFirst = pair !== undefined && pair.crossings[0]?.tokensPerMonth === tokens
    const doubt = isForGood || isFirst ? crossingDoubt(below.drawn!, above.drawn!, months.draws) : null
    return {
      variable: 'tokensPerMonth',
      at: tokens,
      from: below.option.name,
      to: above.option.name,
      band: doubt === null ? null : holding(isForGood ? doubt.forGood : doubt.first, tokens),
      shareOfDraws: doubt === null ? null : isForGood ? doubt.forGoodShare : doubt.firstShare,
    }
  })
  if (stoppedAt === null) return { crossings, assumptions: [] }
  const source = `the cheapest option changes very often: only the first ${changes.length} changes are listed`
  return { crossings, assumptions: [{ name: 'crossings listed up to', value: estimate(stoppedAt * 1e6), source }] }
}
