import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { buildEngine } from '../engine/engine.ts'
import { runFleet } from '../fleet/fleet.ts'
import type { Gpu } from './hardware.ts'
import type { ReplicaShape } from './memory.ts'
import type { Model } from './model.ts'
import { checkShape } from './shape-check.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const { gpus } = read('gpus.json') as { gpus: Gpu[] }
const { models } = read('models.json') as { models: Model[] }

type Named = Omit<ReplicaShape, 'gpu' | 'model' | 'tp'> & { gpu: string; model: string; tp?: number }

const shape = ({ gpu, model, tp = 1, ...rest }: Named): ReplicaShape => ({
  gpu: gpus.find(row => row.id === gpu)!,
  model: models.find(row => row.id === model)!,
  tp,
  ...rest,
})

const h100 = { gpu: 'h100-sxm-80gb', model: 'llama-3.1-70b', tp: 4 }
const experts = { gpu: 'h100-sxm-80gb', model: 'qwen3-235b-a22b', tp: 8 }

test.each<[Named, string, string, string]>([
  [
    { ...h100, tp: 3 },
    'TP_DOES_NOT_DIVIDE',
    'tensor parallelism 3 does not divide the 64 heads of llama-3.1-70b',
    'use one of 1, 2, 4, 8',
  ],
  [
    { ...h100, tp: 0 },
    'TP_DOES_NOT_DIVIDE',
    'tensor parallelism 0 does not divide the 64 heads of llama-3.1-70b',
    'use one of 1, 2, 4, 8',
  ],
  [
    { ...h100, pp: 81 },
    'PP_EXCEEDS_LAYERS',
    'pipeline parallelism 81 exceeds the 80 layers of llama-3.1-70b',
    'use a whole number from 1 to 80: 2, 4 or 8 servers are usual',
  ],
  [
    { ...h100, pp: 1.5 },
    'PP_EXCEEDS_LAYERS',
    'pipeline parallelism 1.5 is no number of stages',
    'use a whole number from 1 to 80: 2, 4 or 8 servers are usual',
  ],
  [{ ...h100, dp: 0 }, 'DP_RANGE', 'attention data parallelism 0 is no number of copies', 'use a whole number from 1'],
  [{ ...h100, ep: 4 }, 'EP_WITHOUT_EXPERTS', 'llama-3.1-70b has no experts to spread over 4 GPUs', 'leave ep out'],
  [
    { ...experts, ep: 7 },
    'EP_DOES_NOT_DIVIDE',
    'expert parallelism 7 does not divide the 128 experts of qwen3-235b-a22b',
    'use one of 1, 2, 4, 8',
  ],
  [
    { ...experts, ep: 16 },
    'EP_DOES_NOT_DIVIDE',
    'expert parallelism 16 does not divide the 8 GPUs of a stage',
    'use one of 1, 2, 4, 8',
  ],
  [
    { gpu: 'v100-sxm-32gb', model: 'llama-3.1-8b', kvDtype: 'fp8' },
    'KV_DTYPE_UNSUPPORTED',
    'v100-sxm-32gb (volta) has no kernel for a KV cache in fp8',
    'use a 16-bit cache, or a GPU of Ampere or later',
  ],
  [
    { gpu: 'v100-sxm-32gb', model: 'llama-3.1-8b', weightDtype: 'fp8' },
    'WEIGHT_DTYPE_UNSUPPORTED',
    'v100-sxm-32gb (volta) has no fp8 arithmetic and no kernel that unpacks fp8 weights',
    'use int4 (GPTQ) or fp16 weights, or a GPU of Ampere or later',
  ],
  [
    { gpu: 'tpu-v5e-16gb', model: 'llama-3.1-8b', weightDtype: 'nvfp4' },
    'WEIGHT_DTYPE_UNSUPPORTED',
    'tpu-v5e-16gb (tpu) has no fp4 arithmetic and no kernel that unpacks nvfp4 weights',
    'use bf16 or int8 weights',
  ],
  [{ ...h100, weightDtype: 'fp7' }, 'WEIGHT_DTYPE_UNKNOWN', 'unknown weight dtype "fp7"', 'did you mean fp8?'],
])('%j is refused: %s', (named, code, message, fix) => {
  const fault = (() => {
    try {
      checkShape(shape(named))
      return null
    } catch (thrown) {
      return thrown
    }
  })()
  expect(fault).toMatchObject({ code, message, fix })
})

test.each<[Named, readonly string[]]>([
  [h100, []],
  [{ ...experts, ep: 8 }, []],
  [{ ...h100, weightDtype: 'fp8' }, []],
  [{ ...h100, weightDtype: 'int4' }, []],
  [
    { gpu: 'a100-sxm-80gb', model: 'llama-3.1-70b', tp: 2, weightDtype: 'fp8' },
    ['a100-sxm-80gb has no fp8 arithmetic: fp8 weights save memory and reads only, and are multiplied in 16 bits.'],
  ],
  [
    { ...h100, weightDtype: 'nvfp4' },
    ['h100-sxm-80gb has no fp4 arithmetic: nvfp4 weights save memory and reads only, and are multiplied in 16 bits.'],
  ],
  [{ gpu: 'b200-sxm-180gb', model: 'llama-3.1-70b', weightDtype: 'nvfp4' }, []],
  [
    { gpu: 't4-16gb', model: 'llama-3.1-8b' },
    ['t4-16gb has no bf16 arithmetic: bf16 weights of llama-3.1-8b are multiplied in fp16.'],
  ],
])('%j runs, with what differs said: %j', (named, notes) => {
  expect(checkShape(shape(named))).toEqual(notes)
})

test('a model that does not fit, and no replicas at all, say what would do', () => {
  const arrivals = {
    n: 0,
    atSeconds: new Float64Array(0),
    inputTokens: new Int32Array(0),
    outputTokens: new Int32Array(0),
  }
  const run = (named: Named, replicas: number) => () =>
    runFleet(arrivals, { engine: buildEngine(shape(named)), replicas })
  expect(run({ ...h100, tp: 1 }, 1)).toThrow(
    /needs .* GiB a GPU beside the cache, .*tensor parallelism (2|4).* would fit/,
  )
  expect(run(h100, 0)).toThrow('a fleet needs a whole number of replicas ≥ 1, got 0')
})
