// An option in; whether it may be called the best, and what would have to be assumed for that, out (law 9 lives here alone).
import type { OptionAnswer, YesNoUnknown } from './answer.ts'
import type { Assumption, Evidence } from './evidence.ts'
import { unservedShare } from './feasible.ts'
import type { Trial } from './quality/trial.ts'
import { triedLabel, triedWords } from './quality/tried-answer.ts'

/** The weights that today's traffic runs on. */
export interface Weights {
  readonly group: string
  /** Null = nobody said. */
  readonly dtype: string | null
  /** The dtype is the one in which these weights are published: nobody said that today's host keeps it. */
  readonly isPresumed: boolean
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
  const published = evidence.replicas.find(replica => replica.group === group)?.dtype ?? null
  return { group, dtype: said ?? published, isPresumed: !said && published !== null }
}

/** What nobody knows of an option and a reader may take for granted. */
export const assumables = ['latency', 'dtype', 'quality'] as const
export type Assumable = (typeof assumables)[number]

/** What a trial of today's own weights at another seller would tell. */
export const provable: readonly Assumable[] = ['latency', 'dtype']

/**
 * Quality: today's own weights do what they do today. Other weights, the same rounded to another dtype, or in a dtype that
 * the host does not state, are unknown until tasks say otherwise. `servesToday`: the calls run there already, and only tasks
 * that were run at that very seller say that they do not do.
 */
export function meetsQuality(
  today: Weights | null,
  option: Pick<OptionAnswer, 'group' | 'dtype' | 'kind'> & {
    readonly trial: Pick<Trial, 'verdict' | 'assumed'> | null
  },
  servesToday: boolean,
): YesNoUnknown {
  const { trial } = option
  const isOpen = trial === null || trial.verdict === 'not enough data' || (servesToday && trial.assumed.length > 0)
  return isOpen ? withoutTasks(today, option, servesToday) : trial.verdict === 'yes' ? 'yes' : 'no'
}

function withoutTasks(
  today: Weights | null,
  option: Pick<OptionAnswer, 'group' | 'dtype' | 'kind'>,
  servesToday: boolean,
): YesNoUnknown {
  if (today === null || option.group !== today.group) return 'unknown'
  if (servesToday) return 'yes'
  if (option.dtype === null) return option.kind === 'self-host' ? 'yes' : 'unknown'
  // Whoever does not know what runs today cannot say that this is the same.
  if (today.dtype === null) return 'unknown'
  return option.dtype.toLowerCase() === today.dtype.toLowerCase() ? 'yes' : 'unknown'
}

/** What would have to be taken for granted so that an option meets the bars; [] = nothing is unknown. */
export function unknownsOf(
  option: Pick<OptionAnswer, 'group' | 'dtype' | 'kind' | 'meetsQuality' | 'meetsLatency'>,
  today: Weights | null,
): readonly Assumable[] {
  const isUnstated = option.group === today?.group && option.dtype === null
  const quality: Assumable[] = option.meetsQuality !== 'unknown' ? [] : [isUnstated ? 'dtype' : 'quality']
  return [...(option.meetsLatency === 'unknown' ? (['latency'] as const) : []), ...quality]
}

/** Today's weights as they are or as a host may have rounded them without a word: what is compared on cost. */
export function isSameWeights(option: OptionAnswer, today: Weights | null): boolean {
  return today !== null && option.group === today.group && !option.unknowns.includes('quality')
}

/** Whether an option is known to miss a bar, or to leave more calls unserved than can be overlooked. */
export function isBarred(option: OptionAnswer): boolean {
  return option.meetsQuality === 'no' || option.meetsLatency === 'no' || unservedShare(option) > mostInfeasibleShare
}

/**
 * Whether an option may be `best`: priced, hardly a call that it cannot take, no bar missed, and each bar known to be met
 * or named in `assumed` (law 9). With `all` assumed it is what could be the best if only it were proven.
 */
export function mayBeBest(option: OptionAnswer, today: Weights | null, assumed: readonly Assumable[]): boolean {
  return (
    option.usd !== null &&
    today !== null &&
    !isBarred(option) &&
    option.unknowns.every(unknown => assumed.includes(unknown))
  )
}

const words: Readonly<Record<Assumable, { readonly what: string; readonly source: string }>> = {
  latency: { what: 'taken as acceptable', source: 'not measured: try it before you move' },
  dtype: { what: "taken as today's", source: 'the host does not state how it rounds the weights' },
  quality: {
    what: 'taken to do the job',
    source: 'other weights, or the same rounded otherwise: no task was run on them',
  },
}

/** What was assumed so that this option could be the best: repeated in the answer. */
export function assumedFor(option: OptionAnswer): Assumption[] {
  return option.unknowns.map(unknown => ({
    name: `${unknown} of ${option.name}`,
    value: words[unknown].what,
    source: `stated by you; ${words[unknown].source}`,
    label: `${unknown} of the best`,
    brief: `${words[unknown].what}, not measured`,
  }))
}

/** What tasks say of the best, and what of that was taken for granted: repeated in the answer. */
export function triedFor(option: OptionAnswer): Assumption[] {
  const { tried } = option
  if (tried === null) return []
  const source = triedWords(tried)
  return [{ name: `quality of ${option.name}`, value: tried.verdict, source, label: 'tasks', brief: triedLabel(tried) }]
}

/** "latency and number format": what is not known, in a sentence. */
export function unknownWords(unknowns: readonly Assumable[]): string {
  const names: Readonly<Record<Assumable, string>> = {
    latency: 'latency',
    dtype: 'number format',
    quality: 'quality',
  }
  return unknowns.map(unknown => names[unknown]).join(' and ')
}
