// A weight dtype's name → bytes per weight and arithmetic, by the part of the model and by what the GPU can compute in.
import { Fault, nearestName } from '../../fault/fault.ts'
import type { DenseTflops, Gpu } from './hardware.ts'
import type { Model } from './model.ts'

/** Ways to store weights whose GEMM kernels differ. */
export type GemmFormat = 'bf16' | 'fp8' | 'fp8Block' | 'int8' | 'mxfp4' | 'nvfp4' | 'int4'

/** How the weights of one part are stored and multiplied. */
export interface Precision {
  readonly format: GemmFormat
  readonly bytes: number
  /** The arithmetic the format is made for. */
  readonly arithmetic: keyof DenseTflops
}

const bf16: Precision = { format: 'bf16', bytes: 2, arithmetic: 'bf16' }
const fp8: Precision = { format: 'fp8', bytes: 1, arithmetic: 'fp8' }
/** Scales per 128 × 128 block (DeepSeek, Qwen3 and other FP8 mixtures of experts): reads slower. */
const blockFp8: Precision = { format: 'fp8Block', bytes: 1, arithmetic: 'fp8' }
const int8: Precision = { format: 'int8', bytes: 1, arithmetic: 'int8' }
// Scales included: blocks of 32 with 1 byte (MXFP4), of 16 with 1 byte (NVFP4), of 128 with 2 bytes (INT4).
const mxfp4: Precision = { format: 'mxfp4', bytes: 0.53125, arithmetic: 'fp4' }
const nvfp4: Precision = { format: 'nvfp4', bytes: 0.5625, arithmetic: 'fp4' }
const int4: Precision = { format: 'int4', bytes: 0.52, arithmetic: 'bf16' }

/** Precision of attention and dense layers (`dense`) and of routed experts (`experts`). Embeddings and LM head stay bf16. */
export interface WeightPrecision {
  readonly dense: Precision
  readonly experts: Precision
}

const formats: Readonly<Record<string, Precision>> = { bf16, fp16: bf16, fp8, int8, mxfp4, nvfp4, fp4: nvfp4, int4 }

/** Every weight dtype understood. */
export const weightDtypes: readonly string[] = [...Object.keys(formats), 'fp4-experts-fp8']

/** Families whose makers publish FP8 weights with block scales; others' are scaled by the tensor or channel. */
const blockScaled = /^(deepseek|qwen|glm|kimi|minimax)/

/**
 * Precision by part for `dtype` (default: the model's own). A 4-bit checkpoint of a mixture of experts quantises the
 * experts only, as published ones do; of a dense model, all layers.
 */
export function weightPrecision(model: Model, dtype: string = model.nativeDtype): WeightPrecision {
  if (dtype === 'fp4-experts-fp8') return { dense: blockFp8, experts: nvfp4 }
  const format = formats[dtype]
  if (!format) {
    const near = nearestName(dtype, weightDtypes)
    throw new Fault('WEIGHT_DTYPE_UNKNOWN', `unknown weight dtype "${dtype}"`, {
      fix: near ? `did you mean ${near}?` : `use one of ${weightDtypes.join(', ')}`,
    })
  }
  if (format === fp8 && model.moe && blockScaled.test(model.family)) return { dense: blockFp8, experts: blockFp8 }
  if (format === int4 && model.moe) return { dense: bf16, experts: int4 }
  return { dense: model.moe && format.bytes < 1 ? bf16 : format, experts: format }
}

/** Dense peak FLOP/s of `precision` on `gpu`, and the format its kernels multiply in: without the arithmetic, weights shrink in memory and are multiplied in 16 bits. */
export function peakFlops(gpu: Gpu, precision: Precision): { readonly flops: number; readonly as: GemmFormat } {
  const native = gpu.denseTflops[precision.arithmetic]
  if (native !== undefined) return { flops: native * 1e12, as: precision.format }
  return { flops: (gpu.denseTflops.bf16 ?? gpu.denseTflops.fp16 ?? 0) * 1e12, as: 'bf16' }
}

const kvBytes: Readonly<Record<string, number>> = {
  bf16: 2,
  fp16: 2,
  auto: 2,
  fp8: 1,
  fp8_e4m3: 1,
  fp8_e5m2: 1,
  int8: 1,
}

/** Bytes of one KV-cache element. vLLM keeps the cache in 16 bits unless told otherwise, also under FP8 weights. */
export function kvElementBytes(dtype = 'bf16'): number {
  const bytes = kvBytes[dtype]
  if (bytes !== undefined) return bytes
  const near = nearestName(dtype, Object.keys(kvBytes))
  throw new Fault('KV_DTYPE_UNKNOWN', `unknown KV-cache dtype "${dtype}"`, {
    fix: near ? `did you mean ${near}?` : `use one of ${Object.keys(kvBytes).join(', ')}`,
  })
}
