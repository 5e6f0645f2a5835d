// A replica's shape → a Fault that says what would work where no server would start, and notes where one runs otherwise than asked.
import { Fault } from '../../fault/fault.ts'
import { weightPrecision } from './dtype.ts'
import type { Gpu } from './hardware.ts'
import { checkParallelism, type ReplicaShape } from './memory.ts'
import type { Model } from './model.ts'
import { checkSpeculation, speculationText } from './speculation.ts'

/**
 * Architectures for which no kernel unpacks 8- and 4-bit floating-point weights: FP8 and FP4 run weight-only from Turing on
 * (vLLM documentation, "Quantization", table of supported hardware: Marlin (GPTQ/AWQ/FP8/FP4), 2026). TPUs have no such path.
 */
const withoutWeightOnly: readonly string[] = ['volta', 'tpu']

/**
 * What differs from what was asked, and what guesses tokens ahead, each one sentence; empty where nothing does.
 * @throws Fault TP_DOES_NOT_DIVIDE, PP_EXCEEDS_LAYERS, DP_RANGE, EP_…, WEIGHT_DTYPE_…, KV_DTYPE_UNSUPPORTED, SPECULATION_INVALID
 */
export function checkShape(shape: ReplicaShape): readonly string[] {
  const { gpu, model, tp, pp = 1, dp = 1, ep = 1 } = shape
  checkParallelism(model, tp)
  checkStages(model, pp)
  if (!(Number.isInteger(dp) && dp >= 1)) {
    throw new Fault('DP_RANGE', `attention data parallelism ${dp} is no number of copies`, {
      fix: 'use a whole number from 1',
    })
  }
  checkExperts(model, ep, tp * dp)
  checkCache(gpu, shape.kvDtype)
  const notes = weightNotes(gpu, model, shape.weightDtype)
  if (shape.speculation === undefined) return notes
  checkSpeculation(shape.speculation)
  return [`${speculationText(shape.speculation)}.`, ...notes]
}

function checkStages(model: Model, pp: number): void {
  if (Number.isInteger(pp) && pp >= 1 && pp <= model.layers) return
  const what = pp > model.layers ? `exceeds the ${model.layers} layers of ${model.id}` : 'is no number of stages'
  throw new Fault('PP_EXCEEDS_LAYERS', `pipeline parallelism ${pp} ${what}`, {
    fix: `use a whole number from 1 to ${model.layers}: 2, 4 or 8 servers are usual`,
  })
}

/** Whole experts on each of `ep` GPUs, which are all of one stage or an equal part of them. */
function checkExperts({ id, moe }: Model, ep: number, gpus: number): void {
  if (ep === 1) return
  if (moe === null || moe === undefined) {
    throw new Fault('EP_WITHOUT_EXPERTS', `${id} has no experts to spread over ${ep} GPUs`, { fix: 'leave ep out' })
  }
  const { experts } = moe
  if (Number.isInteger(ep) && ep >= 1 && experts % ep === 0 && gpus % ep === 0) return
  const valid = Array.from({ length: gpus }, (_, i) => i + 1).filter(n => gpus % n === 0 && experts % n === 0)
  const what = experts % ep === 0 ? `the ${gpus} GPUs of a stage` : `the ${experts} experts of ${id}`
  throw new Fault('EP_DOES_NOT_DIVIDE', `expert parallelism ${ep} does not divide ${what}`, {
    fix: `use one of ${valid.join(', ')}`,
  })
}

/** vLLM's attention kernels for an FP8 cache begin with Turing (FlashInfer, Triton). */
function checkCache(gpu: Gpu, dtype = 'bf16'): void {
  if (!dtype.startsWith('fp8') || gpu.arch !== 'volta') return
  throw new Fault('KV_DTYPE_UNSUPPORTED', `${gpu.id} (${gpu.arch}) has no kernel for a KV cache in ${dtype}`, {
    fix: 'use a 16-bit cache, or a GPU of Ampere or later',
  })
}

function weightNotes(gpu: Gpu, model: Model, asked: string | undefined): readonly string[] {
  const dtype = asked ?? model.nativeDtype
  const { dense, experts } = weightPrecision(model, asked)
  const lacking = [dense, experts]
    .map(part => part.arithmetic)
    .find(arithmetic => gpu.denseTflops[arithmetic] === undefined)
  if (lacking === undefined) return []
  // int4 is a weight-only format everywhere; bf16 without bf16 units runs in fp16 (vLLM: --dtype half).
  if (lacking === 'bf16' && dtype === 'fp16') return []
  if (lacking === 'bf16')
    return [`${gpu.id} has no bf16 arithmetic: ${dtype} weights of ${model.id} are multiplied in fp16.`]
  if (withoutWeightOnly.includes(gpu.arch)) {
    throw new Fault(
      'WEIGHT_DTYPE_UNSUPPORTED',
      `${gpu.id} (${gpu.arch}) has no ${lacking} arithmetic and no kernel that unpacks ${dtype} weights`,
      {
        fix:
          gpu.arch === 'volta'
            ? 'use int4 (GPTQ) or fp16 weights, or a GPU of Ampere or later'
            : 'use bf16 or int8 weights',
      },
    )
  }
  return [
    `${gpu.id} has no ${lacking} arithmetic: ${dtype} weights save memory and reads only, and are multiplied in 16 bits.`,
  ]
}
