// GPU, model and parallelism → how many tokens of KV cache fit beside the weights, or what would.
import { Fault } from '../../fault/fault.ts'
import type { Scales } from '../calibration/scales.ts'
import { type EngineName, policies } from '../engine/policies.ts'
import { type Adapters, adapterBytes } from './adapters.ts'
import { kvElementBytes, weightPrecision } from './dtype.ts'
import type { Gpu } from './hardware.ts'
import { cacheShape } from './kv-shape.ts'
import { countParameters, type Model } from './model.ts'
import { draftParallelism, type Speculation } from './speculation.ts'

/** How a replica is built; what is left out takes the default that vLLM would. */
export interface ReplicaShape {
  readonly gpu: Gpu
  readonly model: Model
  readonly tp: number
  /** Stages of a pipeline; default 1. */
  readonly pp?: number | undefined
  /** Attention data parallelism: copies of the attention weights that share the experts; default 1. */
  readonly dp?: number | undefined
  /** GPUs over which whole experts are spread; default 1: each expert is cut over all of them. */
  readonly ep?: number | undefined
  /** Serving engine and its version as measurements name it; default vLLM, its newest. */
  readonly engine?: EngineName | undefined
  readonly engineVersion?: string | undefined
  readonly weightDtype?: string | undefined
  readonly kvDtype?: string | undefined
  readonly memoryUtilization?: number | undefined
  readonly maxBatchedTokens?: number | undefined
  readonly maxSequences?: number | undefined
  /** Keeps beginnings of prompts for those that share them; default true, as engines do. */
  readonly prefixCaching?: boolean | undefined
  /** Decode steps from one look at the queue to the next (SGLang's `--scheduler-recv-interval`); default 1. */
  readonly pollSteps?: number | undefined
  /** Found on a real server of this shape; absent = the model as it ships. */
  readonly calibration?: Scales | undefined
  /** Kept in memory beside the weights; absent = none. */
  readonly adapters?: Adapters | undefined
  /** Guesses of the next tokens that each step checks; absent = none. */
  readonly speculation?: Speculation | undefined
}

/** GPUs of one replica. */
export const gpusOf = ({ tp, pp = 1, dp = 1 }: ReplicaShape): number => tp * pp * dp

/** Batches that one replica has in its steps at once, each with its own cache: one by copy of the attention, one by stage. */
export const lanesOf = ({ pp = 1, dp = 1 }: ReplicaShape): number => pp * dp

export interface MemoryPlan {
  readonly fits: boolean
  /** Null when it fits; else what is missing and what would fit. */
  readonly problem: string | null
  readonly weightGiBPerGpu: number
  /** Activations, logits, CUDA graphs and what lives outside the allocator. */
  readonly reserveGiBPerGpu: number
  readonly kvGiBPerGpu: number
  /** Tokens of context that the cache of one lane holds over all its sequences (full-attention layers), whole blocks. */
  readonly kvCapacityTokens: number
  readonly kvBlocks: number
  /** Blocks that each sequence takes once for windows and linear states of up to `tokens` of context. */
  readonly blocksPerSequence: (tokens: number) => number
}

/** Tokens of one KV block (vLLM's default). */
export const blockTokens = 16
/** vLLM 2026 releases; 0.90 before. */
const memoryUtilization = 0.92
const freeShare = 0.92
const GiB = 1073741824

/** Token budget of a step and most sequences at once: the defaults of the shape's engine for this GPU. */
export function engineDefaults({ gpu, engine = 'vllm' }: Pick<ReplicaShape, 'gpu' | 'engine'>) {
  return policies[engine].limits(gpu)
}

/** Throws unless `tp` is 1, 2, 4 or 8 (or 16, 32 …) and divides the heads. */
export function checkParallelism(model: Model, tp: number): void {
  if (Number.isInteger(tp) && tp >= 1 && model.heads % tp === 0) return
  const valid = [1, 2, 4, 8].filter(n => model.heads % n === 0)
  throw new Fault(
    'TP_DOES_NOT_DIVIDE',
    `tensor parallelism ${tp} does not divide the ${model.heads} heads of ${model.id}`,
    {
      fix: `use one of ${valid.join(', ')}`,
    },
  )
}

/** Weight bytes of the whole model, by part. */
export function weightBytes(model: Model, dtype?: string): number {
  const count = countParameters(model)
  const precision = weightPrecision(model, dtype)
  const halves = count.embedding + count.head + count.norms
  return (
    halves * 2 +
    (count.attention + count.dense + count.shared) * precision.dense.bytes +
    count.experts * precision.experts.bytes
  )
}

/** Weights and adapters on each GPU: experts are cut or spread over all lanes of a stage, the rest over one. */
function heldBytesPerGpu(shape: ReplicaShape): number {
  const { model, weightDtype, adapters, tp, pp = 1, dp = 1 } = shape
  const experts = countParameters(model).experts * weightPrecision(model, weightDtype).experts.bytes
  const rest = weightBytes(model, weightDtype) - experts + adapterBytes(model, adapters)
  return ((rest + experts / dp) / tp + draftBytesPerGpu(shape)) / pp
}

/** What makes the guesses: one more layer of the model with its embedding and LM head shared, or a model of its own. */
function draftBytesPerGpu({ model, weightDtype, speculation, tp, dp = 1 }: ReplicaShape): number {
  if (speculation === undefined) return 0
  const { draft } = speculation
  if (draft !== 'head') return weightBytes(draft) / draftParallelism(draft, tp)
  const { embedding, head, experts } = countParameters(model)
  const spread = experts * weightPrecision(model, weightDtype).experts.bytes
  return (weightBytes(model, weightDtype) - 2 * (embedding + head) - spread + spread / dp) / model.layers / tp
}

/** Bytes that a token of context takes on one GPU, the draft's own cache included. */
function contextBytes({ model, tp, kvDtype, speculation }: ReplicaShape): number {
  const bytes = kvElementBytes(kvDtype)
  const own = cacheShape(model, tp, bytes).bytesPerToken
  if (speculation === undefined) return own
  const { draft } = speculation
  return (
    own + (draft === 'head' ? own / model.layers : cacheShape(draft, draftParallelism(draft, tp), bytes).bytesPerToken)
  )
}

/**
 * What an engine gives its cache. vLLM: a share of all memory, minus weights and reserve. TensorRT-LLM and SGLang: a share
 * of what is free beside them (`kv_cache_free_gpu_mem_fraction` 0.9, up to 0.95 in its published tables; SGLang sizes its
 * static part by the GPU and leaves about a tenth).
 */
function poolBytes(shape: ReplicaShape, used: number): number {
  const bytes = shape.gpu.memoryGiB * GiB
  if ((shape.engine ?? 'vllm') === 'vllm') return bytes * (shape.memoryUtilization ?? memoryUtilization) - used
  const free = (bytes - used) * (shape.memoryUtilization ?? freeShare)
  if (shape.engine !== 'sglang' || shape.memoryUtilization !== undefined) return free
  // SGLang's `mem_fraction_static` by default: half a GiB, 1.5 MiB a token of a chunk and 2 MiB a sequence of its largest graph stay free.
  const chunk = shape.maxBatchedTokens ?? engineDefaults(shape).maxBatchedTokens
  const kept = bytes - (0.5 + (1.5 * chunk + 2 * 256) / 1024) * GiB - heldBytesPerGpu(shape)
  return kept > 0 ? Math.min(free, kept) : free
}

/** Does the replica fit, and how much cache is left. Capacity never falls when a GPU gets more memory (law 6). */
export function planMemory(shape: ReplicaShape): MemoryPlan {
  const { model, tp } = shape
  checkParallelism(model, tp)
  const weights = heldBytesPerGpu(shape)
  const reserve = reserveBytes(shape)
  const pool = poolBytes(shape, weights + reserve)
  const cache = cacheShape(model, tp, kvElementBytes(shape.kvDtype))
  const blockBytes = contextBytes(shape) * blockTokens
  const kvBlocks = Math.max(0, Math.floor(pool / blockBytes))
  const blocksPerSequence = (tokens: number): number => {
    let bytes = cache.stateBytes
    for (const part of cache.windows) bytes += Math.min(tokens, part.window) * part.bytesPerToken
    return Math.ceil(bytes / blockBytes)
  }
  // A cache that cannot hold one modest request serves nobody.
  const fits = kvBlocks * blockTokens >= leastUsefulTokens(model)
  return {
    fits,
    problem: fits ? null : doesNotFit(shape, weights + reserve, pool),
    weightGiBPerGpu: weights / GiB,
    reserveGiBPerGpu: reserve / GiB,
    kvGiBPerGpu: Math.max(0, pool) / GiB,
    kvCapacityTokens: kvBlocks * blockTokens,
    kvBlocks,
    blocksPerSequence,
  }
}

const leastUsefulTokens = (model: Model): number => Math.min(2048, model.maxContext)

/**
 * Peak activations of a full token budget (hidden state copies and the gate-up product), logits and sampler copies in
 * 32 bits, captured graphs, and NCCL and context memory. The order of BLIS' constants (5.5 GiB dense, 8 MoE) on 80 GB parts.
 */
function reserveBytes(shape: ReplicaShape): number {
  const { gpu, model, tp } = shape
  const defaults = engineDefaults(shape)
  const tokens = shape.maxBatchedTokens ?? defaults.maxBatchedTokens
  const sequences = shape.maxSequences ?? defaults.maxSequences
  const { moe } = model
  const width = Math.max(
    model.intermediate ?? 0,
    moe ? (moe.activeExperts + moe.sharedExperts) * moe.moeIntermediate : 0,
  )
  const activations = tokens * (8 * model.hidden + (4 * width) / tp) * 2
  // A run whose memory is short is started with a smaller batch limit than TensorRT-LLM's and SGLang's thousands.
  const sampled = (shape.engine ?? 'vllm') === 'vllm' ? sequences : Math.min(sequences, 512)
  const logits = (3 * sampled * model.vocab * 4) / tp
  const graphs = (gpu.memoryGiB >= 70 ? 1 : 0.4) * GiB
  const outside = (tp > 1 ? 0.6 : 0.15) * GiB
  return activations + logits + graphs + outside
}

function doesNotFit(shape: ReplicaShape, needed: number, pool: number): string {
  const { gpu, model, tp } = shape
  const dtype = shape.weightDtype ?? model.nativeDtype
  const { speculation } = shape
  const draft = speculation === undefined ? '' : ' and its draft'
  const head = `${model.id} (${dtype})${draft} on ${gpusOf(shape)} × ${gpu.id} needs ${gib(needed)} GiB a GPU beside the cache, `
  const lack = pool < 0 ? `${gib(needed + pool)} are usable` : `only ${gib(pool)} GiB are left for it`
  const ways = [2, 4, 8]
    .filter(n => n > tp && model.heads % n === 0 && poolAt(shape, n, dtype))
    .slice(0, 1)
    .map(n => `tensor parallelism ${n}`)
  if (dtype !== 'fp8' && dtype !== 'int4' && poolAt(shape, tp, 'fp8')) ways.push('fp8 weights')
  else if (dtype !== 'int4' && poolAt(shape, tp, 'int4')) ways.push('int4 weights')
  if (speculation !== undefined && poolAt({ ...shape, speculation: undefined }, tp, dtype)) ways.push('no draft')
  return `${head}${lack}; ${ways.length > 0 ? `${ways.join(' or ')} would fit` : 'no shape of up to 8 of these GPUs holds it'}`
}

function poolAt(shape: ReplicaShape, tp: number, weightDtype: string): boolean {
  const { model } = shape
  const next = { ...shape, tp, weightDtype }
  const pool = poolBytes(next, heldBytesPerGpu(next) + reserveBytes(next))
  return pool >= contextBytes(next) * leastUsefulTokens(model)
}

const gib = (bytes: number): string => (bytes / GiB).toFixed(1)

/** The smallest tensor parallelism of 1, 2, 4, 8 that leaves a cache of `tokens` (default 32,768, or the model's context); null: none. */
export function smallestParallelism(shape: Omit<ReplicaShape, 'tp'>, tokens = 32768): number | null {
  const wanted = Math.min(tokens, shape.model.maxContext)
  for (const tp of [1, 2, 4, 8]) {
    if (shape.model.heads % tp !== 0) continue
    const plan = planMemory({ ...shape, tp })
    if (plan.fits && plan.kvCapacityTokens >= wanted) return tp
  }
  return null
}
