// data/gpus.json in; the accelerators it lists, and the names that people use for them, out.
import { z } from 'zod'
import type { Gpu } from '../core/serving/hardware/hardware.ts'
import { readJson } from './table.ts'

const positive = z.number().positive()

const gpu: z.ZodType<Gpu> = z.strictObject({
  id: z.string(),
  name: z.string(),
  vendor: z.string(),
  arch: z.string(),
  memoryGiB: positive,
  memoryNominalGB: positive,
  memoryBandwidthTBs: positive,
  denseTflops: z.strictObject({
    bf16: positive.exactOptional(),
    fp16: positive.exactOptional(),
    fp8: positive.exactOptional(),
    fp4: positive.exactOptional(),
    int8: positive.exactOptional(),
  }),
  interconnect: z.strictObject({
    type: z.string(),
    gbPerSecPerGpuOneWay: positive,
    maxGpusAtThisBandwidth: positive,
  }),
  pcieGbPerSecOneWay: positive.nullable(),
  tdpW: positive.nullable(),
  source: z.string(),
  verifiedHere: z.boolean(),
  note: z.string().exactOptional(),
})

const file = z.object({ schema: z.string(), gpus: z.array(gpu) })

/** Every accelerator of the catalog. */
export function loadGpus(): readonly Gpu[] {
  return readJson('gpus.json', file).gpus
}

/**
 * Short names → id. A bare H100, H200, B200 means the SXM part, as price lists use it; a bare A100 is refused, for its
 * 40 and 80 GB parts differ in price and in what fits.
 */
export const gpuAliases: Readonly<Record<string, string>> = {
  h100: 'h100-sxm-80gb',
  'h100-sxm': 'h100-sxm-80gb',
  'h100-80gb': 'h100-sxm-80gb',
  'h100-pcie': 'h100-pcie-80gb',
  'h100-nvl': 'h100-nvl-94gb',
  h200: 'h200-sxm-141gb',
  'h200-sxm': 'h200-sxm-141gb',
  'h200-nvl': 'h200-nvl-141gb',
  b200: 'b200-sxm-180gb',
  'b200-sxm': 'b200-sxm-180gb',
  b300: 'b300-sxm-288gb',
  gb200: 'gb200-186gb',
  gb300: 'gb300-288gb',
  gh200: 'gh200-96gb',
  'a100-80gb': 'a100-sxm-80gb',
  'a100-40gb': 'a100-sxm-40gb',
  'a100-pcie': 'a100-pcie-80gb',
  'a100-80gb-pcie': 'a100-pcie-80gb',
  a30: 'a30-24gb',
  a40: 'a40-48gb',
  a10g: 'a10g-24gb',
  l4: 'l4-24gb',
  l40s: 'l40s-48gb',
  'rtx-4090': 'rtx-4090-24gb',
  rtx4090: 'rtx-4090-24gb',
  '4090': 'rtx-4090-24gb',
  'rtx-5090': 'rtx-5090-32gb',
  rtx5090: 'rtx-5090-32gb',
  'rtx-6000-ada': 'rtx-6000-ada-48gb',
  'rtx-pro-6000': 'rtx-pro-6000-bw-96gb',
  t4: 't4-16gb',
  'v100-32gb': 'v100-sxm-32gb',
  mi300x: 'mi300x-192gb',
  mi325x: 'mi325x-256gb',
  mi355x: 'mi355x-288gb',
  'tpu-v5e': 'tpu-v5e-16gb',
  'tpu-v6e': 'tpu-v6e-32gb',
  trillium: 'tpu-v6e-32gb',
}
