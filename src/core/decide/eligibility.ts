// An option in; whether it may be called the best, and what would have to be assumed for that, out (law 9 lives here alone).
import type { OptionAnswer, YesNoUnknown } from './answer.ts'
import type { Assumption, Evidence } from './evidence.ts'
import { unservedShare } from './feasible.ts'

/** The weights that today's traffic runs on. */
export interface Weights {
  readonly group: string
  /** Null = nobody said. */
  readonly dtype: string | null
}

/** More infeasible calls than this bar an option: they would have to go elsewhere, at a price that is not in its cost. */
export const mostInfeasibleShare = 0.001

/**
 * Today's weights: the evidence's own word, else the group of the metered history that costs most. Their dtype: the
 * metered option's, else that of the first replica of the same weights (the native one comes first), else unknown.
 */
export function todaysWeights(evidence: Evidence): Weights | null {
  const metered = evidence.api.filter(api => api.kind === 'as-metered')
  const dearest = [...metered].sort((a, b) => Number(b.usd ?? 0) - Number(a.usd ?? 0))[0]
  const group = evidence.todayGroup ?? dearest?.group ?? null
  if (group === null) return null
  const said = metered.find(api => api.group === group && api.dtype !== null)?.dtype
  return { group, dtype: said ?? evidence.replicas.find(replica => replica.group === group)?.dtype ?? null }
}

/**
 * Quality: today's own weights do what they do today. Other weights, or the same rounded to another dtype, are unknown
 * until task evidence says otherwise.
 */
export function meetsQuality(
  today: Weights | null,
  option: { readonly group: string; readonly dtype: string | null },
  asMetered: boolean,
): YesNoUnknown {
  if (today === null || option.group !== today.group) return 'unknown'
  if (asMetered || option.dtype === null || today.dtype === null) return 'yes'
  return option.dtype.toLowerCase() === today.dtype.toLowerCase() ? 'yes' : 'unknown'
}

/**
 * Whether an option may be `best`: priced, of today's weights, quality "yes", latency not "no", and hardly any call that
 * it cannot take. A hosted offer's latency nobody has measured is taken as acceptable, which `assumedFor` then says.
 */
export function mayBeBest(option: OptionAnswer, today: Weights | null): boolean {
  return (
    option.usd !== null &&
    today !== null &&
    option.group === today.group &&
    option.meetsQuality === 'yes' &&
    option.meetsLatency !== 'no' &&
    unservedShare(option) <= mostInfeasibleShare
  )
}

/** What was assumed so that this option could be the best. */
export function assumedFor(option: OptionAnswer): Assumption[] {
  const list: Assumption[] = []
  if (option.meetsLatency === 'unknown') {
    list.push({
      name: `latency of ${option.name}`,
      value: 'taken as acceptable',
      source: 'not measured: try it before you move',
      label: 'latency of the best',
      brief: 'taken as acceptable, not measured',
    })
  }
  if (option.kind === 'api' && !option.asMetered && option.dtype === null) {
    list.push({
      name: `dtype of ${option.name}`,
      value: "taken as today's",
      source: 'the host does not state how it rounds the weights',
      label: 'dtype of the best',
      brief: "taken as today's, not stated by the host",
    })
  }
  return list
}
