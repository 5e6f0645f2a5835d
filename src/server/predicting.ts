// Parameters of a prediction, checked → its answer. Nothing of the ledger is read.
import { z } from 'zod'
import { loadOf, type PredictionQuestion, type StatedPrediction, statedPrediction } from '../ask/prediction.ts'
import { checkParams } from './parameters.ts'

const name = z.string().min(1)
const count = z.int().min(1)
const positive = z.number().positive()

export const predictShape = {
  model: name.meta({ description: 'open model, by its id in the catalog' }),
  gpu: name.meta({ description: 'GPU, by its id in the catalog' }),
  engine: name.optional().meta({ description: 'vllm (default), tensorrt-llm or sglang; another is taken as vLLM' }),
  engineVersion: name.optional().meta({ description: 'its version; default: its newest' }),
  speculation: name.optional().meta({
    description:
      'TOKENS:ACCEPTANCE[:DRAFT]: tokens guessed ahead, how often each holds, and what guesses them; default: none',
  }),
  weights: name.optional().meta({ description: "dtype of the weights; default: the model's own" }),
  kv: name.optional().meta({ description: "dtype of the KV cache; default: the engine's" }),
  gpus: count.optional().meta({ description: 'GPUs of all replicas' }),
  tp: count.optional().meta({ description: 'tensor parallelism; default: the fewest GPUs that hold the model' }),
  pp: count.optional().meta({ description: 'stages of a pipeline; default 1' }),
  dp: count.optional().meta({ description: 'copies of the attention that share the experts; default 1' }),
  ep: count.optional().meta({ description: 'GPUs that whole experts are spread over; default 1' }),
  replicas: count.optional().meta({ description: 'default 1' }),
  input: count.meta({ description: 'tokens of a prompt' }),
  output: count.meta({ description: 'tokens of an answer' }),
  lengthRangeRatio: z.number().gt(0).max(1).optional().meta({ description: 'lengths uniform in [this, 1] × these' }),
  concurrency: count.optional().meta({ description: 'requests in flight over all replicas' }),
  rate: positive.optional().meta({ description: 'or requests a second, in an open loop' }),
  burstiness: positive
    .optional()
    .meta({ description: 'Gamma shape of the gaps; default 1 = Poisson, below 1 in bursts' }),
  offline: z.boolean().optional().meta({ description: 'or all at once' }),
  requests: count.optional().meta({ description: 'how many are sent; default: enough for a steady state' }),
  seed: z.int().nonnegative().optional().meta({ description: 'seed of every draw; default 1' }),
}

const predictParams = z.strictObject(predictShape)
export type PredictParams = z.infer<typeof predictParams>

/** @throws Fault PARAMETER_UNKNOWN, PARAMETER_WRONG */
export const checkedPrediction = (params: unknown): PredictParams => checkParams(predictParams, params, 'predict')

/** What is left out takes its default. @throws Fault LOAD_MISSING, FLAGS_CONFLICT */
export function predictionQuestion(params: PredictParams): PredictionQuestion {
  const { engine, engineVersion, weights, kv, gpus, tp, pp, dp, ep, replicas, lengthRangeRatio, requests } = params
  return {
    model: params.model,
    gpu: params.gpu,
    engine: engine ?? null,
    engineVersion: engineVersion ?? null,
    weights: weights ?? null,
    kv: kv ?? null,
    gpus: gpus ?? null,
    tp: tp ?? null,
    pp: pp ?? null,
    dp: dp ?? null,
    ep: ep ?? null,
    speculation: params.speculation ?? null,
    replicas: replicas ?? null,
    input: params.input,
    output: params.output,
    lengthRangeRatio: lengthRangeRatio ?? null,
    load: loadOf(params),
    requests: requests ?? null,
    seed: params.seed ?? 1,
  }
}

export const runPrediction = (params: PredictParams): StatedPrediction => statedPrediction(predictionQuestion(params))
