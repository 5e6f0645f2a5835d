// A replica's shape → how far its predicted throughput may be off, from the model's own errors against measurements.
import { adapterBand } from './adapters.ts'
import type { ReplicaShape } from './memory.ts'

/**
 * Errors of throughput in a closed loop on vLLM, 90th percentile: dense 14 % on the 30 rows of test/fixtures/serving and
 * 16 % on 270 others, taken as 20 % because all of them are models of 32–70 B; mixtures of experts 42 % on 21 rows (28 %
 * on 193 others). A GPU without such rows takes a wider band: leaving a GPU out of a fit gave 29 %, a family up to
 * 94 % (reference note "serving model" §6).
 */
const measured = { dense: 0.2, experts: 0.42 }
const unmeasured = { dense: 0.3, experts: 0.6 }
const measuredGpus: ReadonlySet<string> = new Set(['h100-sxm-80gb', 'h200-sxm-141gb', 'b200-sxm-180gb'])
/** Time to first token is predicted less well (33 % median): a load that it limits is as much less certain. Assumed, not measured. */
const firstTokenFactor = 1.5

/** Relative band of the predicted throughput: 0.25 = ±25 %. */
export function throughputBand({ gpu, model, adapters }: ReplicaShape): number {
  const band = measuredGpus.has(gpu.id) ? measured : unmeasured
  return (model.moe ? band.experts : band.dense) + (adapters === undefined ? 0 : adapterBand)
}

/** The band of a sustainable load, by what limits it. */
export function loadBand(shape: ReplicaShape, bottleneck: string): number {
  return throughputBand(shape) * (bottleneck === 'time to first token' ? firstTokenFactor : 1)
}
