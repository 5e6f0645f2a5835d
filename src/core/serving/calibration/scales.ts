// What one real server was found to take, as factors on the seconds of the model as it ships, in; the efficiency to simulate it with, out.

import { blockTokens, type MemoryPlan, type ReplicaShape } from '../hardware/memory.ts'
import { archOf, type Efficiency, engineKey } from '../step/efficiency.ts'

/** Factors on time, 1 = as shipped, 1.2 = a fifth slower; but for the last. */
export interface Scales {
  /** Reading weights from memory. */
  readonly memory: number
  /** Reading the cache, beside `memory`. */
  readonly cache: number
  /** Arithmetic. */
  readonly compute: number
  /** Launches and small kernels of the host. */
  readonly host: number
  /** Work of the host for each sequence of a step. */
  readonly sequence: number
  /** All-reduces and exchanges between GPUs. */
  readonly communication: number
  /** Kernels of experts, beside `memory` and `compute`. */
  readonly experts: number
  /** Steps that carry prefill, as a whole. */
  readonly prefill: number
  /** HTTP before the engine sees a request. */
  readonly entry: number
  /** Tokenisation, one request after another. */
  readonly front: number
  /** Not on time: tokens that the KV cache holds, against what the plan of memory leaves for them. */
  readonly room: number
}

export const scaleNames = [
  'memory',
  'cache',
  'compute',
  'host',
  'sequence',
  'communication',
  'experts',
  'prefill',
  'entry',
  'front',
  'room',
] as const satisfies readonly (keyof Scales)[]

/** The efficiency of a shape that carries a calibration; of any other, the one given. */
export function calibratedFit(fit: Efficiency, shape: ReplicaShape): Efficiency {
  const { calibration: scales } = shape
  if (scales === undefined) return fit
  const arch = archOf(shape.gpu)
  const engine = engineKey(shape)
  const chip = fit.arch[arch]
  const host = fit.engines[engine]
  return {
    ...fit,
    arch: {
      ...fit.arch,
      [arch]: {
        memory: chip.memory / scales.memory,
        kv: chip.kv / scales.memory / scales.cache,
        compute: chip.compute / scales.compute,
        host: chip.host * scales.host,
      },
    },
    allReduce: fit.allReduce * scales.communication,
    allReducePcie: fit.allReducePcie * scales.communication,
    expertExchange: fit.expertExchange * scales.communication,
    experts: {
      ...fit.experts,
      memory: fit.experts.memory / scales.experts,
      compute: fit.experts.compute / scales.experts,
    },
    engines: {
      ...fit.engines,
      [engine]: {
        ...host,
        requestSeconds: host.requestSeconds * scales.sequence,
        entrySeconds: host.entrySeconds * scales.entry,
        entryRequestSeconds: host.entryRequestSeconds * scales.front,
        entryTokenSeconds: host.entryTokenSeconds * scales.front,
      },
    },
    effects: withPrefill(fit, shape, scales.prefill),
  }
}

/** The factor of steps with prefill lies on the group of the shape's GPU: this efficiency serves no other shape. */
function withPrefill(fit: Efficiency, { gpu }: ReplicaShape, factor: number): Efficiency['effects'] {
  const key = `gpu=${gpu.id}`
  const [decode, mixed, entry] = fit.effects[key] ?? [1, 1, 1]
  return { ...fit.effects, [key]: [decode, mixed * factor, entry] }
}

/** The cache of a shape that carries a calibration: a server's flags leave it more or less than the default does. */
export function calibratedMemory(plan: MemoryPlan, { calibration }: ReplicaShape): MemoryPlan {
  if (calibration === undefined || calibration.room === 1) return plan
  const kvBlocks = Math.max(1, Math.floor(plan.kvBlocks * calibration.room))
  return { ...plan, kvBlocks, kvCapacityTokens: kvBlocks * blockTokens }
}
