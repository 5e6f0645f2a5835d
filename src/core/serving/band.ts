// A replica's shape → how far its predicted throughput may be off, from the model's own errors against measurements.
import type { ReplicaShape } from './memory.ts'

/**
 * Nine of ten measured rows lie within these relative errors of throughput (test/fixtures/serving, vLLM in a closed loop;
 * validation.test.ts holds them to it). A GPU or family without a measured row of its own takes the wider band that
 * leaving it out of a fit gave in the reference note "serving model" §6 (p90 29 %, families up to 94 %).
 */
const measured = { dense: 0.2, experts: 0.35 }
const unmeasured = { dense: 0.3, experts: 0.5 }
const measuredGpus: ReadonlySet<string> = new Set(['h100-sxm-80gb', 'h200-sxm-141gb', 'b200-sxm-180gb'])

/** Relative band of the predicted throughput: 0.25 = ±25 %. */
export function throughputBand({ gpu, model }: ReplicaShape): number {
  const band = measuredGpus.has(gpu.id) ? measured : unmeasured
  return model.moe ? band.experts : band.dense
}
