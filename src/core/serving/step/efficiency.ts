// What share of its datasheet a GPU reaches under each engine: the constants of the step time, their names and meaning.
import type { GemmFormat } from '../hardware/dtype.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { ReplicaShape } from '../hardware/memory.ts'
import { fitted } from './fitted.ts'

/** Kinds of chip whose kernels behave alike. Blackwell cards on PCIe have no tensor memory and other libraries than its servers. */
export type ArchName = 'hopper' | 'blackwell' | 'blackwellPcie' | 'ampere' | 'ada' | 'cdna' | 'other'

/** Engines whose overheads differ: vLLM before its V1 engine, and TensorRT-LLM before its PyTorch backend, are engines of their own. */
export type EngineKey = 'vllm' | 'vllmV0' | 'tensorrtLlm' | 'tensorrtLlmCpp' | 'sglang'

export interface EngineFactors {
  /** Launch gaps and small kernels, seconds a layer of every step. */
  readonly layerSeconds: number
  /** More of a layer with experts: routing, permutation, combination. */
  readonly moeLayerSeconds: number
  readonly stepSeconds: number
  /** Sampling and bookkeeping, seconds a sequence of every step. */
  readonly requestSeconds: number
  /** A step that carries prefill runs without CUDA graphs: it takes at least so much a layer (blended with power 4). */
  readonly prefillLayerFloorSeconds: number
  /** HTTP and queues before the engine sees a request; any number of requests pass at once. */
  readonly entrySeconds: number
  /** Tokenisation and validation, one request after the other: so much each, and each prompt token. */
  readonly entryRequestSeconds: number
  readonly entryTokenSeconds: number
  /** GEMM time against vLLM's kernels. */
  readonly kernels: number
}

/** Shares of peak, seconds and factors that the step time is made of. Which measurements they were fitted to stands in fitted.ts. */
export interface Efficiency {
  /** Exponent p of (memory^p + compute^p)^(1/p), the soft roofline of one GEMM group. */
  readonly rooflinePower: number
  /** Share of memory bandwidth and of dense peak that GEMM kernels reach, by how the weights are stored. */
  readonly gemm: Readonly<Record<GemmFormat, { readonly memory: number; readonly compute: number }>>
  /** Arithmetic of kernels that unpack weights to 16 bits as they go, against those that multiply them as they are. */
  readonly unpacking: number
  readonly experts: {
    /** Fused expert kernels against dense GEMMs of the same format: reading, arithmetic. */
    readonly memory: number
    readonly compute: number
    /** Columns of an expert on one GPU at which half of that is reached. */
    readonly halfWidthMemory: number
    readonly halfWidthCompute: number
    /** Share of a step's tokens that choose experts as if independently: real routing is skewed. */
    readonly spread: number
    /** Rows that a tile of an expert's GEMM computes at least. */
    readonly tileRows: number
    /** The busiest rank's experts against the mean, where whole experts are spread over GPUs. */
    readonly imbalance: number
  }
  /** Against Hopper: share of bandwidth and of peak; KV reads as a share of bandwidth; host time. */
  readonly arch: Readonly<
    Record<ArchName, { readonly memory: number; readonly compute: number; readonly kv: number; readonly host: number }>
  >
  readonly engines: Readonly<Record<EngineKey, EngineFactors>>
  /** Prefill attention, share of 16-bit peak. */
  readonly prefillAttention: number
  /** Attention other than plain: more seconds a layer and step, and prefill time against plain attention's share of peak. */
  readonly latent: { readonly layerSeconds: number; readonly prefill: number }
  readonly linear: { readonly layerSeconds: number; readonly tokenLayerSeconds: number }
  readonly sparse: { readonly layerSeconds: number; readonly prefill: number }
  /** An all-reduce, and an exchange between ranks that hold different experts, against the all-reduce kernel alone. */
  readonly allReduce: number
  readonly allReducePcie: number
  readonly expertExchange: number
  /**
   * What measured groups of configurations have in common beyond all this, as factors on decode steps, steps with prefill,
   * and entry: `model=…`, `gpu=…` and so on (see `effectKeys`). Shrunk towards 1; a group without measurements has none.
   */
  readonly effects: Readonly<Record<string, readonly [decode: number, mixed: number, entry: number]>>
}

export const efficiency: Efficiency = fitted

/** The kernels' kind of chip. */
export function archOf(gpu: Gpu): ArchName {
  if (gpu.arch === 'hopper' || gpu.arch === 'ampere' || gpu.arch === 'ada') return gpu.arch
  if (gpu.arch.startsWith('blackwell'))
    return gpu.interconnect.type.startsWith('nvlink') ? 'blackwell' : 'blackwellPcie'
  return gpu.arch.startsWith('cdna') ? 'cdna' : 'other'
}

/** The engine of a shape, its old generations told apart by version: vLLM below 0.8, TensorRT-LLM below 1.0. */
export function engineKey({ engine = 'vllm', engineVersion }: ReplicaShape): EngineKey {
  const [major, minor] = /(\d+)\.(\d+)/
    .exec(engineVersion ?? '')
    ?.slice(1)
    .map(Number) ?? [Number.NaN, Number.NaN]
  if (engine === 'vllm') return major === 0 && minor! < 8 ? 'vllmV0' : 'vllm'
  // MLPerf results name the TensorRT library (10.x), not TensorRT-LLM: those are of 2025.
  if (engine === 'tensorrt-llm') return major === 0 ? 'tensorrtLlmCpp' : 'tensorrtLlm'
  return engine
}

/** Names of the groups that a shape belongs to, from the widest to its own configuration. */
export function effectKeys(shape: ReplicaShape): readonly string[] {
  const { gpu, model } = shape
  const engine = engineKey(shape)
  const dtype = shape.weightDtype ?? model.nativeDtype
  return [
    `gpu=${gpu.id}`,
    `gpu×engine=${gpu.id}, ${engine}`,
    `arch×dtype=${archOf(gpu)}, ${dtype}`,
    `family=${model.family}`,
    `model=${model.id}`,
    `model×engine=${model.id}, ${engine}`,
    `model×gpu=${model.id}, ${gpu.id}`,
    `configuration=${model.id}, ${gpu.id}, ${engine}, ${dtype}`,
    `version=${engine} ${shape.engineVersion ?? 'unknown'}`,
  ]
}

/** Product of the effects of all groups of a shape. */
export function effectOf(fit: Efficiency, shape: ReplicaShape): readonly [number, number, number] {
  let decode = 1
  let mixed = 1
  let entry = 1
  for (const key of effectKeys(shape)) {
    const effect = fit.effects[key]
    if (effect === undefined) continue
    decode *= effect[0]
    mixed *= effect[1]
    entry *= effect[2]
  }
  return [decode, mixed, entry]
}
