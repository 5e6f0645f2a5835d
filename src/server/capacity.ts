// Parameters of a capacity question, checked → its answer, from stated lengths or the workplace's own calls.
import { z } from 'zod'
import type { CallTimes } from '../ask/busiest.ts'
import type { CapacityQuestion } from '../ask/capacity.ts'
import { statistics } from '../core/serving/capacity/capacity.ts'
import type { CapacityAnswer } from '../core/serving/capacity/capacity-answer.ts'
import { capacityApart } from './capacity-apart.ts'
import type { Operation, OperationIo } from './operation.ts'
import { checkParams } from './parameters.ts'
import type { Workplace } from './workplace.ts'

const name = z.string().min(1)
const count = z.int().min(1)
const positive = z.number().positive()

export const capacityShape = {
  model: name.meta({ description: 'open model, by its id in the catalog' }),
  gpu: name.meta({ description: 'GPU, by its id in the catalog' }),
  tp: count.optional().meta({ description: 'tensor parallelism; default: the fewest GPUs that hold the model' }),
  pp: count.optional().meta({ description: 'stages of a pipeline; default 1' }),
  dp: count.optional().meta({ description: 'copies of the attention that share the experts; default 1' }),
  ep: count.optional().meta({ description: 'GPUs that share the experts; default 1' }),
  speculation: name.optional().meta({
    description:
      'TOKENS:ACCEPTANCE[:DRAFT]: tokens guessed ahead, how often each holds, and what guesses them; default: none',
  }),
  weights: name.optional().meta({ description: "dtype of the weights; default: the model's own" }),
  kv: name.optional().meta({ description: 'dtype of the KV cache; default: bf16' }),
  engine: name.optional().meta({ description: 'vllm (default), tensorrt-llm or sglang' }),
  input: count
    .optional()
    .meta({ description: 'tokens of a prompt, with Poisson arrivals; default: the calls at hand' }),
  output: count.optional().meta({ description: 'tokens of an answer' }),
  lengthRangeRatio: z.number().gt(0).max(1).optional().meta({ description: 'lengths uniform in [this, 1] × these' }),
  cv: positive.max(20).optional().meta({ description: 'variation of the gaps between these; default 1, Poisson' }),
  ttftMs: positive.optional().meta({ description: 'limit on the time to first token, ms' }),
  tpotMs: positive.optional().meta({ description: 'limit on the time per output token, ms' }),
  stat: z.enum(statistics).optional().meta({ description: 'of which the limits hold; default p95' }),
  replicas: count.max(64).optional().meta({ description: 'replicas that share the traffic; default 1' }),
  seed: z.int().nonnegative().optional().meta({ description: 'seed of every draw; default 1' }),
}

const capacityParams = z.strictObject(capacityShape)
export type CapacityParams = z.infer<typeof capacityParams>

/** @throws Fault PARAMETER_UNKNOWN, PARAMETER_WRONG */
export const checkedCapacity = (params: unknown): CapacityParams => checkParams(capacityParams, params, 'capacity')

/** What is left out takes its default. */
export function capacityQuestion(params: CapacityParams): CapacityQuestion {
  return {
    model: params.model,
    gpu: params.gpu,
    tp: params.tp ?? null,
    pp: params.pp,
    dp: params.dp,
    ep: params.ep,
    speculation: params.speculation,
    weights: params.weights ?? null,
    kv: params.kv ?? null,
    engine: params.engine ?? null,
    input: params.input ?? null,
    output: params.output ?? null,
    lengthRangeRatio: params.lengthRangeRatio ?? 1,
    cv: params.cv ?? 1,
    ttftMs: params.ttftMs ?? null,
    tpotMs: params.tpotMs ?? null,
    stat: params.stat ?? 'p95',
    replicas: params.replicas ?? 1,
    seed: params.seed ?? 1,
  }
}

/** @throws Fault LEDGER_EMPTY, and those of `capacityOf` */
export async function runCapacity(
  workplace: Workplace,
  params: CapacityParams,
  io: OperationIo,
): Promise<CapacityAnswer> {
  const question = capacityQuestion(params)
  const hasLengths = question.input !== null || question.output !== null
  const calls = hasLengths ? null : await callsOf(workplace)
  io.progress('trying loads')
  const { configFile } = workplace
  return capacityApart({ question, calls, configFile }, workplace.isServed)
}

/** Calls of a trace as they stand in its ledger: the command line asks many questions of them. HTTP does not list it. */
export const tracedCalls: Operation<Record<string, never>, CallTimes> = {
  name: 'capacity',
  method: 'GET',
  summary: 'Calls as columns.',
  takesFile: false,
  params: z.strictObject({}),
  run: callsOf,
}

async function callsOf(workplace: Workplace): Promise<CallTimes> {
  const { withPrefixes } = await import('../ask/prefixes.ts')
  const ledger = await workplace.ledger()
  return withPrefixes(ledger, {}, await ledger.columns({}))
}
