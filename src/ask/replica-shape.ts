// A model, a GPU and how it is cut, by the names people use → the shape of a replica.
import { calibrated, gpuById, modelById } from '../catalog/facts.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import { type EngineName, policies } from '../core/serving/engine/policies.ts'
import { type ReplicaShape, smallestParallelism } from '../core/serving/hardware/memory.ts'
import { checkShape } from '../core/serving/hardware/shape-check.ts'
import { statedSpeculation } from './stated-speculation.ts'

/** Null = its default: the fewest GPUs that hold the model, its own dtype, bf16, vLLM. */
export interface NamedShape {
  readonly model: string
  readonly gpu: string
  readonly tp: number | null
  readonly weights: string | null
  readonly kv: string | null
  readonly engine?: string | null
  /** Stages, copies of the attention weights, GPUs that share the experts; absent = 1. */
  readonly pp?: number | undefined
  readonly dp?: number | undefined
  readonly ep?: number | undefined
  /** `TOKENS:ACCEPTANCE[:DRAFT]`; absent: no token is guessed. */
  readonly speculation?: string | null | undefined
  /** False: every prompt is computed in full. */
  readonly prefixCache?: boolean
}

/** @throws Fault MODEL_UNKNOWN, GPU_UNKNOWN, ENGINE_UNKNOWN, SPECULATION_INVALID, DRAFT_UNFIT, those of checkShape */
export function shapeOf({
  model: name,
  gpu: gpuName,
  tp,
  weights,
  kv,
  engine = null,
  prefixCache = true,
  pp,
  dp,
  ep,
  speculation,
}: NamedShape): ReplicaShape {
  const model = modelById(name)
  const gpu = gpuById(gpuName)
  const shape = {
    gpu,
    model,
    weightDtype: weights ?? undefined,
    kvDtype: kv ?? undefined,
    prefixCaching: prefixCache,
    pp,
    dp,
    ep,
    speculation: statedSpeculation(speculation, name),
    ...(engine === null ? {} : { engine: engineOf(engine) }),
  }
  // Where none of 1, 2, 4, 8 holds it, the fault of the largest says by how much.
  const whole = { ...shape, tp: tp ?? smallestParallelism(shape) ?? 8 }
  checkShape(whole)
  return calibrated(whole)
}

function engineOf(asked: string): EngineName {
  if (asked in policies) return asked as EngineName
  const near = nearestName(asked, Object.keys(policies))
  throw new Fault('ENGINE_UNKNOWN', `no engine is called "${asked}"`, {
    where: '--engine',
    fix: near === null ? `use one of ${Object.keys(policies).join(', ')}` : `did you mean ${near}?`,
  })
}
