// Evidence and choices in; the answer out: options ranked, where the cheapest changes, and what all of it rests on.
import { estimate } from '../statistics/estimate.ts'
import type { Answer, Crossing, OptionAnswer } from './answer.ts'
import { decidedTerms, decidedUsd } from './api-bill.ts'
import { changesAsBilled } from './as-billed.ts'
import { crossingDoubt, type DrawnCurve, doubts, drawnCurve, holding } from './band.ts'
import { type Choices, checkChoices, choiceAssumptions } from './choices.ts'
import { type Candidate, candidatesOf, optionAt } from './costing.ts'
import { assumedFor, mayBeBest, mostInfeasibleShare, todaysWeights, type Weights } from './eligibility.ts'
import { envelope } from './envelope.ts'
import type { Assumption, Evidence } from './evidence.ts'
import { unservedShare } from './feasible.ts'
import { checkLeaseChoices, unknown } from './lease.ts'
import { neversOf, type Pair, pairsOf } from './pairs.ts'
import { spanWords, usdWords } from './phrase.ts'
import { type Resampled, resample } from './resample.ts'
import { curveOf } from './staircase.ts'
import { widened } from './token-ratio.ts'
import { daysOf, shapesOf, type Volume, volumeOf } from './traffic.ts'
import { nextMeasurement, verdict } from './verdict.ts'

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
  const entries = rank(placed(evidence, choices, here, today, months), today)
  const options = entries.map(entry => entry.option)
  // Options of today's weights are ranked by cost, so the first that may be the best is.
  const best = options.find(option => mayBeBest(option, today)) ?? null
  const group = entries.filter(({ option }) => isOfToday(option, today))
  const compared = comparedApi(entries, group, choices)
  const fleets = group.filter(({ option }) => option.kind === 'self-host')
  const apis = group.filter(({ option }) => option.kind === 'api')
  const lines = compared === null || apis.includes(compared) ? apis : [compared, ...apis]
  const pairs = pairsOf(lines, fleets)
  const ofCompared = pairs.filter(pair => pair.api === compared?.option.name)
  const forGood = forGoodOf(ofCompared, entries, months)
  const changes = changesOf(group, pairs, here.tokensPerMonth, months)
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
      billedShare: null,
      pricedShare: evidence.coverage.pricedShare,
      attributedShare: evidence.coverage.attributedShare,
    },
    objective: evidence.objective,
    grade: 'C',
    verdict: '',
    options,
    best: best?.name ?? null,
    crossings: changes.crossings,
    crossingsAsBilled: changesAsBilled(group, changes.crossings, (here.tokensPerMonth / 1e6) * reach),
    pairs: pairs.map(({ fleet: _, line: __, ...shown }) => shown),
    never: neversOf(ofCompared, choices),
    forGoodFrom: forGood,
    comparedApi: compared?.option.name ?? null,
    youAreHere: {
      tokensPerMonth: estimate(here.tokensPerMonth),
      requestsPerMonth: estimate(here.requestsPerMonth),
    },
    nextMeasurement: null,
    assumptions: [
      ...evidence.assumptions,
      ...choiceAssumptions(choices),
      ...trafficAssumptions(evidence, months),
      ...leaseAssumptions(entries),
      ...(best === null ? [] : assumedFor(best)),
      ...comparisonAssumptions(compared, today),
      ...changes.assumptions,
    ],
    notModelled: evidence.notModelled,
    unpriced: evidence.coverage.unpricedModels,
  }
  const context = {
    today,
    days,
    unseenShare: months.unseenShare,
    metered: best?.asMetered === true,
    isStated: choices.tokensPerMonth !== null,
  }
  return { ...answer, verdict: verdict(answer, context), nextMeasurement: nextMeasurement(answer, evidence) }
}

function placed(evidence: Evidence, choices: Choices, here: Volume, today: Weights | null, months: Resampled): Entry[] {
  const candidates = candidatesOf(evidence, choices)
  const certain = { band: null, probabilityCheapest: null }
  const options = candidates.map(candidate => optionAt(evidence, today, candidate, here, certain))
  const drawn = candidates.map(candidate => drawnCurve(evidence, candidate, months))
  const contenders = options
    .map((option, i) => ({ option, i }))
    .filter(({ option }) => mayBeBest(option, today))
    .sort((x, y) => amongEquals(x.option, y.option))
    .map(({ i }) => i)
  const found = doubts(drawn, contenders, months, here.tokensPerMonth, choices.tokensPerMonth !== null)
  return candidates.map((candidate, i) => ({
    candidate,
    option:
      options[i]!.usd === null
        ? options[i]!
        : { ...options[i]!, ...found[i]!, band: widened(evidence, candidate, options[i]!, here, found[i]!.band) },
    drawn: drawn[i]!,
  }))
}

/** Among equals what is in use comes first (nothing is gained by a move); then names, so that nothing depends on chance. */
function amongEquals(a: OptionAnswer, b: OptionAnswer): number {
  if (a.asMetered !== b.asMetered) return a.asMetered ? -1 : 1
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** Today's weights first, then by cost; unknown cost last. */
function rank(entries: readonly Entry[], today: Weights | null): Entry[] {
  const key = ({ option }: Entry) => (option.group === today?.group ? 0 : 1)
  return [...entries].sort((x, y) => {
    const a = x.option
    const b = y.option
    if (key(x) !== key(y)) return key(x) - key(y)
    const [aUsd, bUsd] = [decidedUsd(a), decidedUsd(b)]
    if (aUsd !== bUsd) return (aUsd ?? Number.POSITIVE_INFINITY) - (bUsd ?? Number.POSITIVE_INFINITY)
    return amongEquals(a, b)
  })
}

/** Takes part in crossings: today's weights in today's dtype, with a known cost, at some volume within the bars. */
function isOfToday(option: OptionAnswer, today: Weights | null): boolean {
  const overfull = option.terms !== null && option.usd === null
  return (
    option.terms !== null &&
    option.group === today?.group &&
    option.meetsQuality === 'yes' &&
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

function trafficAssumptions(evidence: Evidence, months: Resampled): Assumption[] {
  const { demand } = evidence
  const days = estimate(Number(daysOf(demand).toPrecision(4)))
  const peaks = shapesOf(evidence).map(shape => shape.peakToMean)
  const list: Assumption[] = [
    {
      name: 'scaling of traffic',
      value: 'proportional',
      brief: 'in proportion: same daily shape, bunching and lengths',
      source: 'more volume means more of the same in every ten minutes: daily shape, bunching and mix of lengths stay',
    },
    {
      name: 'days of traffic',
      value: days,
      source: `first to last of ${demand.calls} calls`,
      label: 'rests on',
      brief: `${spanWords(daysOf(demand))} of traffic`,
    },
    {
      name: 'bands',
      value: `5–95 % of ${months.draws} draws`,
      brief: `5–95 % of ${months.draws} months resampled from ${months.unit}`,
      source: `${months.unit} of traffic resampled (${months.blocks}), one seller's price drawn per GPU, hosted prices of the same weights drawn together, throughput within the model's validated error; seed ${evidence.seed}`,
    },
  ]
  if (peaks.length > 0) {
    list.push({
      name: 'peak-to-mean',
      value: estimate(Number(Math.max(...peaks).toPrecision(4))),
      brief: `${Number(Math.max(...peaks).toPrecision(3))}× in the busiest hour; fleets are sized for it`,
      source: `busiest hour ÷ mean, in replica-seconds; fleets are sized for it (the largest of ${peaks.length} kinds of replica)`,
    })
  }
  if (months.unseenShare > 0) {
    list.push({
      name: 'less than a week of traffic',
      value: `${168 - demand.hoursOfWeek} of 168 hours of the week not seen`,
      label: 'under a week',
      brief: `${168 - demand.hoursOfWeek} of 168 hours of the week not seen; bands are widened`,
      source:
        'the month may be up to 3.3 times busier or quieter than what was seen (as production rate curves are, hour against mean), and draws a peak-to-mean of up to 3, what published calculators plan with',
    })
  }
  if (demand.unknownUsageCalls > 0) {
    list.push({
      name: 'calls of unknown usage',
      value: demand.unknownUsageCalls,
      source: 'they are in no volume and no cost: both are that much too low',
    })
  }
  return list
}

/** Whoever holds own GPUs against an API of other weights compares two different things, and the answer says so. */
function comparisonAssumptions(compared: Entry | null, today: Weights | null): Assumption[] {
  if (compared === null || compared.option.group === today?.group) return []
  const { name, group } = compared.option
  const source = 'stated by you; whether both do the job equally well is not measured'
  return [{ name: 'compared with other weights', value: `${name} (${group})`, source }]
}

function leaseAssumptions(entries: readonly Entry[]): Assumption[] {
  const list: Assumption[] = []
  const seen = new Set<string>()
  for (const { candidate } of entries) {
    const { lease, gpu } = candidate
    if (lease === null || gpu === null || seen.has(gpu)) continue
    seen.add(gpu)
    list.push({
      name: `USD per hour of ${gpu}`,
      value: lease.usdPerGpuHour,
      source: lease.source,
      label: 'GPU-hour',
      brief: `${gpu} ${usdWords(lease.usdPerGpuHour)} (${lease.row?.provider ?? 'stated by you'})`,
    })
  }
  return list
}
