// A model and the GPUs on offer → the replica shapes worth trying.
import type { Adapters } from './adapters.ts'
import type { Gpu } from './hardware.ts'
import { planMemory, type ReplicaShape, smallestParallelism } from './memory.ts'
import type { Model } from './model.ts'

/** Most copies of one model that a replica of several GPUs spreads over: a server holds eight. */
const largest = 8

export interface ShapeOptions {
  /** Longest prompt + output that should fit beside others (default 8,192). */
  readonly longestTokens?: number
  readonly weightDtype?: string | undefined
  readonly adapters?: Adapters | undefined
}

/**
 * For each GPU the smallest tensor parallelism that holds the model with a cache worth having (at least 4 of the longest
 * requests, or 32,768 tokens), and one step more while the smallest keeps its GPUs mostly full of weights. GPUs that
 * cannot hold it in a server of eight are left out.
 */
export function defaultShapes(model: Model, gpus: readonly Gpu[], options: ShapeOptions = {}): readonly ReplicaShape[] {
  const wanted = Math.max(32768, 4 * (options.longestTokens ?? 8192))
  const { weightDtype, adapters } = options
  const shapes: ReplicaShape[] = []
  for (const gpu of gpus) {
    const tp = smallestParallelism({ gpu, model, weightDtype, adapters }, wanted)
    if (tp === null) continue
    const shape: ReplicaShape = { gpu, model, tp, weightDtype, adapters }
    shapes.push(shape)
    const { weightGiBPerGpu, kvGiBPerGpu } = planMemory(shape)
    const next = tp * 2
    if (kvGiBPerGpu < weightGiBPerGpu / 2 && next <= largest && model.heads % next === 0) {
      shapes.push({ ...shape, tp: next })
    }
  }
  return shapes
}

/** The largest replica that the GPUs on offer make: what says why nothing runs a model that `defaultShapes` finds no shape for. */
export function largestShape(
  model: Model,
  gpus: readonly Gpu[],
  options: Pick<ShapeOptions, 'adapters'> = {},
): ReplicaShape | null {
  const gpu = gpus.reduce<Gpu | null>(
    (most, one) => (most === null || one.memoryGiB > most.memoryGiB ? one : most),
    null,
  )
  if (gpu === null) return null
  let tp = largest
  while (model.heads % tp !== 0) tp /= 2
  return { gpu, model, tp, ...options }
}
