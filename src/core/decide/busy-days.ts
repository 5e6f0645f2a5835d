// One day's calls and leased GPU time in; how much of each kind of GPU they kept busy out, an estimate with its band.
import type { ServedCalls, ServedOn } from './savings-evidence.ts'

/** Shares of leased time, 0..1, by kind of GPU. */
export interface BusyShare {
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface BusyDay {
  readonly byGpu: ReadonlyMap<string, BusyShare>
  /** The estimate asks for more than was leased: the shares are held at 1. */
  readonly isOverfull: boolean
}

const nothing: BusyShare = { value: 0, low: 0, high: 0 }

/**
 * Busy = the time that the tokens take on a replica as full as it can be, so idle is what more calls could have used.
 * Several kinds of GPU share a model's load evenly, each by what it could serve. Null where a model with calls was
 * simulated on none of the day's GPUs, or a call's usage is unknown throughout: then idle is unknown too, never 0.
 */
export function busyDay(
  served: readonly ServedCalls[],
  gpuHours: ReadonlyMap<string, number>,
  servedOn: readonly ServedOn[],
): BusyDay | null {
  // Where nothing was leased nothing could be idle, whatever ran elsewhere.
  if (![...gpuHours.values()].some(hours => hours > 0)) return { byGpu: new Map(), isOverfull: false }
  const seconds = new Map<string, BusyShare>()
  for (const model of served) {
    if (model.calls === 0) continue
    const known = model.calls - model.unknownUsageCalls
    if (known === 0) return null
    const kinds = servedOn.flatMap(on => {
      const hours = gpuHours.get(on.gpu) ?? 0
      const { gpuSecondsPerInputToken: input, gpuSecondsPerOutputToken: output } = on
      if (on.weights !== model.weights || hours === 0 || input === null || output === null) return []
      return [{ ...on, hours, seconds: model.inputTokens * input + model.outputTokens * output }]
    })
    if (kinds.length === 0) return null
    // Calls of unknown usage keep a GPU busy too: at most as long as the others do on average is a guess, so only the high end has it.
    const more = model.calls / known
    const capacity = kinds.reduce((sum, kind) => sum + (kind.seconds > 0 ? kind.hours / kind.seconds : 0), 0)
    for (const { gpu, hours, band } of kinds) {
      const own = capacity > 0 ? hours / capacity : 0
      const before = seconds.get(gpu) ?? nothing
      seconds.set(gpu, {
        value: before.value + own,
        low: before.low + own / (1 + band),
        high: before.high + (band < 1 ? (own * more) / (1 - band) : Number.POSITIVE_INFINITY),
      })
    }
  }
  const byGpu = new Map<string, BusyShare>()
  let isOverfull = false
  for (const [gpu, hours] of gpuHours) {
    const { value, low, high } = seconds.get(gpu) ?? nothing
    const share = (busy: number) => (hours > 0 ? Math.min(1, busy / (hours * 3600)) : 0)
    if (hours > 0 && value > hours * 3600) isOverfull = true
    byGpu.set(gpu, { value: share(value), low: share(low), high: share(high) })
  }
  return { byGpu, isOverfull }
}
