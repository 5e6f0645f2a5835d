// What an answer takes for granted of traffic, leases and comparisons, with its source, for a reader who asks why.
import { estimate } from '../statistics/estimate.ts'
import type { OptionAnswer } from './answer.ts'
import type { Candidate } from './candidates.ts'
import type { Weights } from './eligibility.ts'
import type { Assumption, Evidence } from './evidence.ts'
import { spanWords, usdWords } from './phrase.ts'
import type { Resampled } from './resample.ts'
import { daysOf, shapesOf } from './traffic.ts'

/** How traffic is scaled and resampled, and on how much of it the answer rests. */
export function trafficAssumptions(evidence: Evidence, months: Resampled): Assumption[] {
  const { demand } = evidence
  const days = estimate(Number(daysOf(demand).toPrecision(4)))
  const peaks = shapesOf(evidence).map(shape => shape.peakToMean)
  const list: Assumption[] = [
    {
      name: 'scaling of traffic',
      value: 'proportional',
      brief: 'in proportion: same daily shape and lengths',
      source:
        'more volume means more of the same in every ten minutes: daily shape and mix of lengths stay; bursts of more callers fall out of step, so what they ask of a small fleet is not asked of a large one',
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
        'the month may be up to 3.3 times busier or quieter than what was seen (as production rate curves are, hour against mean)',
    })
  }
  for (const { name, source, peakToMean } of evidence.profiles ?? []) {
    list.push({
      name: `arrivals ${name}`,
      value: estimate(Number(peakToMean.toPrecision(4))),
      label: 'hours not seen',
      brief: `${name}: busiest hour at least ${Number(peakToMean.toPrecision(3))}× the mean`,
      source: `bands of own GPUs span every such shape, and a decision that changes with it is none: ${source}`,
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

/** What today's calls run on is often known by name alone. */
export function todayAssumptions(today: Weights | null): Assumption[] {
  if (today === null || !today.isPresumed) return []
  return [
    {
      name: "dtype of today's weights",
      value: today.dtype,
      source: 'as these weights are published: today’s host does not say how it rounds them',
      label: 'today runs in',
      brief: `${today.dtype}, as published; the host does not say`,
    },
  ]
}

/** Whoever holds own GPUs against an API of other weights compares two different things, and the answer says so. */
export function comparisonAssumptions(compared: OptionAnswer | null, today: Weights | null): Assumption[] {
  if (compared === null || compared.group === today?.group) return []
  const { name, group } = compared
  const source = 'stated by you; whether both do the job equally well is not measured'
  return [{ name: 'compared with other weights', value: `${name} (${group})`, source }]
}

export function leaseAssumptions(candidates: readonly Candidate[]): Assumption[] {
  const list: Assumption[] = []
  const seen = new Set<string>()
  for (const { lease, gpu, kind } of candidates) {
    if (kind !== 'self-host' || lease === null || lease.own || gpu === null || seen.has(gpu)) continue
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
