// JSON Lines of benchmark conditions, as the table of measurements states them; one line of JSON with the prediction per line out.
import { z } from 'zod'
import { type PredictionQuestion, predictionOf } from '../ask/prediction.ts'
import { Fault } from '../core/fault/fault.ts'
import type { Load } from '../core/serving/predict/condition.ts'
import { type BatchRecord, type BatchTally, batchLines } from './batch-lines.ts'

const text = z.string().min(1).nullish()
const count = z.int().min(1).nullish()
const positive = z.number().positive().nullish()
/** Means of real traffic have fractions. */
const tokens = z.number().min(1)

/** What a row says of its run; whatever else it holds, measured figures and all, is let be. */
const row = z.object({
  model: z.string().min(1),
  gpu: z.string().min(1),
  engine: text,
  engineVersion: text,
  weightDtype: text,
  kvDtype: text,
  gpuCount: count,
  tp: count,
  pp: count,
  dp: count,
  ep: count,
  speculation: text,
  replicas: count,
  inputTokens: tokens,
  outputTokens: tokens,
  lengthRangeRatio: z.number().gt(0).max(1).nullish(),
  loadMode: z.enum(['closed', 'open', 'offline']).nullish(),
  concurrency: positive,
  requestRate: positive,
  offeredRequestRate: positive,
  burstiness: positive,
  arrival: text,
  numRequests: count,
  seed: z.int().nonnegative().nullish(),
})
type Row = z.infer<typeof row>

/**
 * Predicts a stream of rows of data/serving/measurements.jsonl, in order.
 * @param file names the input in errors
 */
export function predictBatch(
  chunks: AsyncIterable<string>,
  write: (text: string) => Promise<void> | void,
  file: string,
  seed: number,
): Promise<BatchTally> {
  const members = (record: BatchRecord): string => JSON.stringify(predictionOf(questionOf(record, seed))).slice(1, -1)
  return batchLines(chunks, write, members, {
    file,
    example: '{"id","model","gpu","tp","inputTokens","outputTokens","loadMode","concurrency",…}',
  })
}

function rowOf(record: BatchRecord): Row {
  const parsed = row.safeParse(record)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new Fault('FIELD_INVALID', issue.message, {
    where: issue.path.join('.'),
    fix: 'a line is a row of data/serving/measurements.jsonl',
  })
}

/** What a row asks. @throws Fault FIELD_INVALID, FIELD_MISSING */
export function questionOf(record: BatchRecord, seed: number): PredictionQuestion {
  const line = rowOf(record)
  const load = loadOf(line)
  return {
    model: line.model,
    gpu: line.gpu,
    engine: line.engine ?? null,
    engineVersion: line.engineVersion ?? null,
    weights: line.weightDtype ?? null,
    kv: line.kvDtype ?? null,
    gpus: line.gpuCount ?? null,
    tp: line.tp ?? null,
    pp: line.pp ?? null,
    dp: line.dp ?? null,
    ep: line.ep ?? null,
    speculation: line.speculation ?? null,
    replicas: line.replicas ?? null,
    input: Math.round(line.inputTokens),
    output: Math.round(line.outputTokens),
    lengthRangeRatio: line.lengthRangeRatio ?? null,
    load,
    // A batch run offline holds as many requests as it states to be in flight.
    requests: (load.mode === 'offline' ? line.concurrency : null) ?? line.numRequests ?? null,
    seed: line.seed ?? seed,
  }
}

function loadOf({ loadMode, concurrency, requestRate, offeredRequestRate, burstiness, arrival }: Row): Load {
  const rate = requestRate ?? offeredRequestRate ?? null
  const mode = loadMode ?? (rate !== null ? 'open' : concurrency != null ? 'closed' : 'offline')
  if (mode === 'offline') return { mode }
  if (mode === 'closed') {
    if (concurrency == null)
      throw new Fault('FIELD_MISSING', 'a closed loop needs its requests in flight', { where: 'concurrency' })
    return { mode, concurrency }
  }
  if (rate === null) throw new Fault('FIELD_MISSING', 'an open loop needs its rate', { where: 'requestRate' })
  // Evenly spaced arrivals are the limit of a Gamma law of large shape.
  return { mode, requestsPerSecond: rate, burstiness: burstiness ?? (arrival === 'constant' ? 100 : 1) }
}
