// What a benchmark states of itself → a shape, lengths and a load; the names that measurements use are understood as they are.
import { Fault, nearestName } from '../../fault/fault.ts'
import { type EngineName, policies } from '../engine/policies.ts'
import { weightDtypes, weightPrecision } from '../hardware/dtype.ts'
import type { Gpu } from '../hardware/hardware.ts'
import { gpusOf, type ReplicaShape, smallestParallelism } from '../hardware/memory.ts'
import type { Model } from '../hardware/model.ts'
import type { Speculation } from '../hardware/speculation.ts'
import { archOf } from '../step/efficiency.ts'

/** How requests come: so many in flight, so many a second, or all at once. */
export type Load =
  | { readonly mode: 'closed'; readonly concurrency: number }
  | { readonly mode: 'open'; readonly requestsPerSecond: number; readonly burstiness: number }
  | { readonly mode: 'offline' }

/** Steady traffic of one kind on so many replicas. */
export interface Condition {
  readonly shape: ReplicaShape
  readonly replicas: number
  /** Nominal lengths, tokens; each drawn uniformly from [lengthRangeRatio, 1] × nominal. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly lengthRangeRatio: number
  readonly load: Load
  /** So many requests were sent in all; null: enough for a steady state. */
  readonly requests: number | null
  /** False: the engine was not known, and the nearest was taken. */
  readonly engineKnown: boolean
}

/** What is stated; null = not said. */
export interface Stated {
  readonly gpu: Gpu
  readonly model: Model
  readonly engine: string | null
  readonly engineVersion: string | null
  readonly weightDtype: string | null
  readonly kvDtype: string | null
  readonly gpuCount: number | null
  readonly tp: number | null
  readonly pp: number | null
  readonly dp: number | null
  readonly ep: number | null
  readonly speculation?: Speculation | undefined
  readonly replicas: number | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly lengthRangeRatio: number | null
  readonly load: Load
  readonly requests: number | null
}

/** Fills in what is not said. @throws Fault GPUS_NOT_WHOLE, WEIGHT_DTYPE_UNKNOWN, MODEL_DOES_NOT_FIT */
export function conditionOf(stated: Stated): Condition {
  const { gpu, model, inputTokens, outputTokens } = stated
  const { engine, known } = engineOf(stated.engine)
  const weightDtype = stated.weightDtype === null ? undefined : weightDtypeOf(stated.weightDtype)
  const cut = { pp: stated.pp ?? 1, dp: stated.dp ?? 1, ep: stated.ep ?? 1 }
  const base = {
    gpu,
    model,
    ...cut,
    engine,
    engineVersion: stated.engineVersion ?? undefined,
    weightDtype,
    kvDtype: stated.kvDtype ?? defaultKvDtype(engine, model, weightDtype),
    pollSteps: pollStepsOf(engine, gpu, stated.load),
    speculation: stated.speculation,
  }
  const tp = stated.tp ?? chosenParallelism(base, stated)
  const shape: ReplicaShape = { ...base, tp }
  const gpus = gpusOf(shape)
  const count = stated.gpuCount ?? gpus * (stated.replicas ?? 1)
  const replicas = stated.replicas ?? count / gpus
  if (!Number.isInteger(replicas) || replicas < 1 || replicas * gpus !== count) {
    throw new Fault(
      'GPUS_NOT_WHOLE',
      `${count} GPUs are not whole replicas of tp ${tp} × pp ${cut.pp} × dp ${cut.dp}`,
      {
        where: 'gpuCount',
        fix: 'gpuCount = tp × pp × dp × replicas',
      },
    )
  }
  return {
    shape,
    replicas,
    inputTokens,
    outputTokens,
    lengthRangeRatio: stated.lengthRangeRatio ?? 1,
    load: stated.load,
    requests: stated.requests,
    engineKnown: known,
  }
}

/** The engine meant by a name such as `nim (tensorrt-llm)`, `TRT-LLM` or `sglang`; vLLM for one that is not known. */
function engineOf(name: string | null): { readonly engine: EngineName; readonly known: boolean } {
  if (name === null) return { engine: 'vllm', known: true }
  const plain = name.toLowerCase()
  const found = (Object.keys(policies) as EngineName[]).find(engine => plain.includes(engine))
  if (found !== undefined) return { engine: found, known: true }
  if (/trt|tensorrt|nim\b/.test(plain)) return { engine: 'tensorrt-llm', known: true }
  return { engine: 'vllm', known: false }
}

/** FP4 in TensorRT-LLM's tables is NVFP4. */
function weightDtypeOf(name: string): string {
  const plain = name.toLowerCase()
  if (weightDtypes.includes(plain)) return plain
  if (plain === 'bfloat16') return 'bf16'
  if (plain === 'float16' || plain === 'half') return 'fp16'
  if (/^fp8/.test(plain)) return 'fp8'
  if (/^(w4a16|awq|gptq|int4)/.test(plain)) return 'int4'
  if (/^(w8a8|int8)/.test(plain)) return 'int8'
  const near = nearestName(plain, weightDtypes)
  throw new Fault('WEIGHT_DTYPE_UNKNOWN', `unknown weight dtype "${name}"`, {
    where: 'weightDtype',
    fix: near ? `did you mean ${near}?` : `use one of ${weightDtypes.join(', ')}`,
  })
}

/** TensorRT-LLM keeps the cache in FP8 where weights are FP8 or FP4; vLLM and SGLang in 16 bits. */
function defaultKvDtype(engine: EngineName, model: Model, weightDtype: string | undefined): string {
  if (engine !== 'tensorrt-llm') return 'bf16'
  const { experts } = weightPrecision(model, weightDtype)
  return experts.bytes <= 1 && experts.format !== 'int4' ? 'fp8' : 'bf16'
}

/**
 * Published SGLang runs on Blackwell look for new requests every 10 decode steps, from 16 requests in flight on every 30
 * (`--scheduler-recv-interval` in the InferenceMAX recipes): later first tokens, fewer interruptions of decoding.
 */
function pollStepsOf(engine: EngineName, gpu: Gpu, load: Load): number {
  if (engine !== 'sglang' || archOf(gpu) !== 'blackwell' || load.mode !== 'closed') return 1
  return load.concurrency >= 16 ? 30 : 10
}

/** The fewest GPUs that hold the model with room for a few of the requests. */
function chosenParallelism(shape: Omit<ReplicaShape, 'tp'>, stated: Stated): number {
  const wanted = Math.max(16384, 4 * (stated.inputTokens + stated.outputTokens))
  const most = Math.max(1, (stated.gpuCount ?? 8) / (shape.pp ?? 1) / (shape.dp ?? 1))
  for (const tokens of [wanted, 2048]) {
    const tp = smallestParallelism(shape, tokens)
    if (tp !== null && tp <= most) return tp
  }
  return Math.min(8, most)
}
