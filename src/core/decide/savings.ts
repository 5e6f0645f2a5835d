// Leases, the calls they served and the same calls repriced in; what self-hosting saved or lost, day by day and in all, out.
import { instantText } from '../meter/calendar.ts'
import { add, formatUsd, type Money, parseUsd } from '../meter/money.ts'
import { estimate } from '../statistics/estimate.ts'
import { busyDay } from './busy-days.ts'
import { type Choices, defaultChoices } from './choices.ts'
import {
  type Bill,
  type Counterfactual,
  frontierCounterfactual,
  type HostedRow,
  hostedCounterfactual,
  hostedRowRule,
  hostedRows,
  noBill,
  together,
} from './counterfactual.ts'
import type { Assumption } from './evidence.ts'
import { type LeaseDay, leaseDays, operationsDays } from './lease-days.ts'
import type { LeaseSum, SavingsAnswer, SavingsDay, SavingsRow } from './savings-answer.ts'
import type { MeasuredBusy, OwnLease, SavingsEvidence } from './savings-evidence.ts'
import { busySum, callSum, elsewhere, gpuHoursOf, leaseSum, nothing, plus, printed, type Sums } from './savings-sums.ts'
import { dollars, type Facts, judge, reasonsOf, type Span, sentenceOf } from './savings-verdict.ts'
import { otherTokenizer } from './token-ratio.ts'

export interface SavingsChoices {
  /** What it costs to run the GPUs beside their leases; null = not told: the default, from nothing to it. */
  readonly operationsUsdPerMonth: Choices['operationsUsdPerMonth'] | null
}

/** Judges savings. Pure: the same evidence and choices give the same value everywhere. */
export function decideSavings(evidence: SavingsEvidence, choices: SavingsChoices): SavingsAnswer {
  const { days, leases, parts } = evidence
  const byLease = leases.map(lease => leaseDays(lease, days))
  const perMonth = choices.operationsUsdPerMonth ?? defaultChoices.operationsUsdPerMonth
  const operations = operationsDays(perMonth, defaultChoices.hoursPerMonth, leases, days)
  const served = days.map((_, d) => parts.flatMap(part => part.days[d]!))
  const callsOf = (d: number) => served[d]!.reduce((sum, one) => sum + one.calls, 0)
  const withoutLease = new Set(
    days.flatMap((_, d) => (callsOf(d) > 0 && byLease.every(l => l[d]!.gpuHours === 0) ? [d] : [])),
  )
  const rows = hostedRows(evidence)
  const hosted = hostedCounterfactual(evidence, rows, withoutLease)
  const frontier = frontierCounterfactual(evidence, withoutLease)
  const busy = days.map((_, d) => busyDay(served[d]!, gpuHoursOf(leases, byLease, d), evidence.servedOn))

  const sums = days.map((_, d) => ({
    ...leaseSum(byLease.map(lease => lease[d]!)),
    ...busySum(leases, byLease, d, busy[d]!),
    operations: operations[d]!,
    ...callSum(served[d]!),
    hosted: parts.map((_, p) => hosted.bills[p]![d]!).reduce(together),
    frontier: parts.map((_, p) => frontier.bills[p]![d]!).reduce(together),
  }))
  const total = sums.reduce(plus, nothing)
  const isOperationsStated = choices.operationsUsdPerMonth !== null
  /** Leases with operations; as long as nobody told these they may have cost nothing. */
  const loaded = (leases: Money) => {
    const all = add(leases, total.operations)
    return { value: all, low: isOperationsStated ? all : leases, high: all }
  }
  const own = loaded(total.leased)
  const callsWithoutLease = [...withoutLease].reduce((sum, d) => sum + callsOf(d), 0)
  const facts: Facts = {
    calls: total.calls,
    unpricedCalls: total.hosted.unpricedCalls,
    unknownUsageCalls: total.unknownUsageCalls,
    callsWithoutLease,
    hasOwnProviders: evidence.ownProviders.length > 0,
    hosts: Math.max(0, ...rows.map(row => row.spread.length)),
    hasCacheHits: evidence.hosted.some(one =>
      one.offers.some(offer => offer.parts.flat().some(bill => bill.usd !== bill.usdWithHits)),
    ),
    isOperationsStated,
    own,
    other: spanOf(hosted, total.hosted),
    otherName: namesOf(rows),
  }
  const judgement = judge(own, facts.other)
  const stoppable = loaded(total.avoidable)
  const isOverfull = busy.some(day => day?.isOverfull)
  return {
    currency: 'USD',
    sample: evidence.sample,
    from: instantText(days[0]!.fromMicros),
    to: instantText(days.at(-1)!.toMicros),
    zone: evidence.zone,
    verdict: judgement.verdict,
    sentence: sentenceOf(judgement, facts, total.leased, total.operations),
    reasons: reasonsOf(facts),
    savedUsd: judgement.savedUsd,
    band: judgement.band,
    avoidable: { ...judge(stoppable, facts.other), usd: formatUsd(stoppable.value) },
    hosted: {
      rows: rows.map(({ weights, offer, spread }) => ({
        weights,
        name: offer?.name ?? null,
        source: offer?.source ?? null,
        observedAt: offer?.observedAt ?? null,
        dated: offer?.dated ?? false,
        spread: spread.map(row => ({
          name: row.offer.name,
          usd: formatUsd(row.usd),
          unpricedCalls: row.unpricedCalls,
        })),
      })),
      rule: evidence.hosted.some(one => one.named) ? 'stated by you' : hostedRowRule,
      band: bandOf(hosted),
    },
    frontier: {
      ...judge(own, spanOf(frontier, total.frontier)),
      name: evidence.frontier.name,
      source: evidence.frontier.source,
      chosenBy: evidence.frontier.chosenBy,
      tokenRatio: otherTokenizer,
      usdBand: bandOf(frontier),
    },
    total: printed(total),
    measured: measuredOf(evidence.measured, dollars(total.leased)),
    days: cumulated(evidence, sums),
    leases: leases.map((lease, i) => leaseRow(lease, byLease[i]!)),
    by: evidence.by,
    rows: evidence.by === null ? [] : rowsOf(evidence, byLease, hosted, frontier),
    callsWithoutLease,
    ownProviders: evidence.ownProviders,
    notes: [
      ...evidence.notes,
      ...(total.busy === null && leases.length > 0
        ? [`busy and idle are unknown: ${unknownBusy(evidence)}; what was leased is exact`]
        : []),
      ...(isOverfull
        ? ['on some days the calls need more GPU time than was leased, by the serving model: taken as busy throughout']
        : []),
    ],
    assumptions: [...evidence.assumptions, ...servedOnAssumptions(evidence), operationsAssumption(choices)],
  }
}

/** Servers weigh by the time in which they were seen. */
function measuredOf(servers: readonly MeasuredBusy[], leasedUsd: number): SavingsAnswer['measured'] {
  const seenHours = servers.reduce((sum, one) => sum + one.seenHours, 0)
  if (seenHours === 0) return null
  const busyShare = servers.reduce((sum, one) => sum + one.busyShare * one.seenHours, 0) / seenHours
  const [seen, share] = [estimate(seenHours), estimate(busyShare)]
  return { servers, seenHours: seen, busyShare: share, idleUsd: estimate(leasedUsd * (1 - busyShare)) }
}

function cumulated({ days }: SavingsEvidence, sums: readonly Sums[]): SavingsDay[] {
  let running = nothing
  return sums.map((own, d) => {
    running = plus(running, own)
    const { leasedUsd, loadedUsd, hosted, frontier } = printed(running)
    const saved = hosted.usd === null ? null : formatUsd((parseUsd(hosted.usd) - parseUsd(loadedUsd)) as Money)
    const cumulative = { leasedUsd, loadedUsd, hostedUsd: hosted.usd, frontierUsd: frontier.usd, savedUsd: saved }
    return { ...days[d]!, ...printed(own), cumulative }
  })
}

function leaseRow(lease: OwnLease, days: readonly LeaseDay[]): LeaseSum {
  const { line, gpu, count, usdPerGpuHour, team } = lease
  const { gpuHours, leased, sunk, avoidable } = leaseSum(days)
  return {
    line,
    gpu,
    count,
    usdPerGpuHour,
    team,
    gpuHours: estimate(gpuHours),
    usd: formatUsd(leased),
    sunkUsd: formatUsd(sunk),
    avoidableUsd: formatUsd(avoidable),
  }
}

/** One row a team: its own leases, and its own calls wherever they ran. The rows add up to the total. */
function rowsOf(
  evidence: SavingsEvidence,
  byLease: readonly (readonly LeaseDay[])[],
  hosted: Counterfactual,
  frontier: Counterfactual,
): SavingsRow[] {
  const keys = new Set([...evidence.leases.map(lease => lease.team), ...evidence.parts.map(part => part.key)])
  // Code-point order, what has no team last.
  const sorted = [...keys].sort((a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
  return sorted.map(team => {
    const own = evidence.leases.flatMap((lease, i) => (lease.team === team ? byLease[i]! : []))
    const parts = evidence.parts.flatMap((part, p) => (part.key === team ? [p] : []))
    const bill = (from: Counterfactual) => parts.flatMap(p => from.bills[p]!).reduce(together, noBill)
    const { gpuHours, leased, sunk, avoidable } = leaseSum(own)
    const { calls, unknownUsageCalls, input, output } = callSum(parts.flatMap(p => evidence.parts[p]!.days.flat()))
    return {
      key: { team },
      gpuHours: estimate(gpuHours),
      leasedUsd: formatUsd(leased),
      sunkUsd: formatUsd(sunk),
      avoidableUsd: formatUsd(avoidable),
      calls,
      unknownUsageCalls,
      tokens: { input, output },
      hosted: elsewhere(bill(hosted)),
      frontier: elsewhere(bill(frontier)),
    }
  })
}

function spanOf({ low, high }: Counterfactual, bill: Bill): Span {
  const { usd } = elsewhere(bill)
  return { value: usd === null ? null : parseUsd(usd), low, high }
}

const bandOf = ({ low, high }: Counterfactual) => ({ low: dollars(low), high: high === null ? null : dollars(high) })

function namesOf(rows: readonly HostedRow[]): string {
  const names = rows.flatMap(row => row.offer?.name ?? [])
  return names.length > 2 ? `${names.length} hosted rows` : names.join(' + ')
}

function unknownBusy({ servedOn, parts }: SavingsEvidence): string {
  const problems = [
    ...new Set(servedOn.flatMap(on => (on.gpuSecondsPerInputToken === null ? [`${on.weights}: ${on.note}`] : []))),
  ]
  const models = new Set(parts.flatMap(part => part.days.flat()).map(one => one.weights))
  const missing = [...models]
    .filter(name => servedOn.every(on => on.weights !== name))
    .map(name => `${name ?? 'calls without a model'} is not simulated`)
  return [...problems, ...missing].join('; ') || 'calls on days without a listed GPU, or of unknown usage'
}

function servedOnAssumptions({ servedOn }: SavingsEvidence): Assumption[] {
  return servedOn.flatMap(({ weights, gpu, gpuSecondsPerInputToken, band, note }) =>
    gpuSecondsPerInputToken === null
      ? []
      : [{ name: `busy ${weights}`, value: gpu, source: `${note}; throughput ±${Math.round(band * 100)} %` }],
  )
}

function operationsAssumption({ operationsUsdPerMonth }: SavingsChoices): Assumption {
  const isStated = operationsUsdPerMonth !== null
  const value = operationsUsdPerMonth ?? defaultChoices.operationsUsdPerMonth
  return {
    name: 'operationsUsdPerMonth',
    label: 'operations',
    value,
    brief: isStated ? `$${value} a month, stated by you` : `$0 to $${value} a month, not told`,
    source: isStated
      ? 'stated by you: counted while any lease runs'
      : "not told: the crossover's default (half an engineer), from nothing to it in the band; counted while any lease runs",
  }
}
