// Calls served on own GPUs and the GPUs that were leased in; what a token costs each of these in seconds, by simulation, out.

import { gpuById, modelById, weightsOf } from '../catalog/facts.ts'
import type { OwnLease, ServedOn } from '../core/decide/savings-evidence.ts'
import { many } from '../core/fault/many.ts'
import { sustain } from '../core/serving/capacity/sustain.ts'
import type { Gpu } from '../core/serving/hardware/hardware.ts'
import type { ReplicaShape } from '../core/serving/hardware/memory.ts'
import type { Model } from '../core/serving/hardware/model.ts'
import { defaultShapes } from '../core/serving/hardware/shapes.ts'
import type { Arrivals } from '../core/serving/traffic/arrivals.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import type { LedgerReads, ReportRow, Slice } from '../ledger/ledger.ts'
import { busiestRequests } from './busiest.ts'
import { groupOf } from './slices.ts'

/**
 * A replica that nobody waits for: what a token takes when the GPU is as full as it can be, whatever the latency. What was
 * served was served; an objective that today's fleet misses would make its calls look impossible.
 */
const noObjective = { ttftP95Ms: 1e12, tpotP95Ms: 1e12 }

/** What weights are quantised to when they do not fit as published: calls that were served did fit. */
const smallerDtypes = ['fp8', 'int4'] as const

/** One entry for each weights and each kind of leased GPU; those that are not simulated say why. */
export async function servedOn(
  ledger: LedgerReads,
  slice: Slice,
  rows: readonly ReportRow[],
  { leases, seed }: { readonly leases: readonly OwnLease[]; readonly seed: number },
  progress: (text: string) => void,
): Promise<ServedOn[]> {
  const names = groupedBy(
    rows.flatMap(row => row.key.model ?? []),
    groupOf,
  )
  const gpus = [...new Set(leases.map(lease => lease.gpu))].sort()
  const list: ServedOn[] = []
  for (const [weights, models] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const known = weightsOf(weights)
    const architecture = known?.architecture ?? null
    if (architecture === null) {
      list.push(...gpus.map(gpu => ({ weights, gpu, ...notSimulated('its architecture is not in the model catalog') })))
      continue
    }
    const calls = await ledger.columns({ ...slice, where: { ...slice.where, model: models } })
    const sample = busiestRequests(calls)
    for (const gpu of gpus) {
      progress(`how busy ${weights} keeps ${gpu}`)
      const most = mostAtOnce(leases.filter(lease => lease.gpu === gpu))
      const shape = smallestShape(modelById(architecture), gpuById(gpu), most)
      const none = `does not fit ${many(most, 'GPU')} of ${gpu}`
      const cost = shape === null ? notSimulated(none) : tokenCost(shape, sample, seed)
      const presumed = known?.presumed ? `, architecture of ${architecture}, presumed and not checked` : ''
      list.push({ weights, gpu, ...cost, note: `${cost.note}${presumed}` })
    }
  }
  return list
}

type TokenCost = Omit<ServedOn, 'weights' | 'gpu'>

const notSimulated = (note: string): TokenCost => ({
  gpuSecondsPerInputToken: null,
  gpuSecondsPerOutputToken: null,
  band: 0,
  note,
})

function tokenCost(shape: ReplicaShape, sample: Arrivals, seed: number): TokenCost {
  if (sample.n === 0) return notSimulated('no call of known usage')
  const found = sustain({ shape, sample, objective: noObjective, seed })
  if (found.problem !== null || found.requestsPerSecond === 0) return notSimulated(found.problem ?? 'it serves nothing')
  return {
    gpuSecondsPerInputToken: found.secondsPerInputToken * shape.tp,
    gpuSecondsPerOutputToken: found.secondsPerOutputToken * shape.tp,
    band: found.band,
    note: `${many(shape.tp, 'GPU')} a replica, ${found.dtype}`,
  }
}

/** The smallest replica of at most `most` GPUs, in the native dtype where that fits; null when none does. */
function smallestShape(model: Model, gpu: Gpu, most: number): ReplicaShape | null {
  for (const weightDtype of [undefined, ...smallerDtypes]) {
    const shape = defaultShapes(model, [gpu], { weightDtype }).find(one => one.tp <= most)
    if (shape !== undefined) return shape
  }
  return null
}

/** GPUs leased at one time, at most. */
function mostAtOnce(leases: readonly OwnLease[]): number {
  const at = (micros: number) =>
    leases.reduce((sum, lease) => {
      const runs = lease.fromMicros <= micros && micros < (lease.toMicros ?? Number.POSITIVE_INFINITY)
      return runs ? sum + lease.count : sum
    }, 0)
  return Math.max(...leases.map(lease => at(lease.fromMicros)))
}
