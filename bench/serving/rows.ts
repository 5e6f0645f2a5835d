// data/serving/*.jsonl.gz → the measured rows, each as a condition to predict and the figures to compare with.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { conditionFor } from '../../src/ask/prediction.ts'
import { questionOf } from '../../src/cli/predict-batch.ts'
import type { Condition, Load } from '../../src/core/serving/predict/condition.ts'
import { conditionProblem } from '../../src/core/serving/predict/predict.ts'

/** What a row measured; null where it did not, or where the figure follows from others of the row. */
export interface Measured {
  readonly outputTokensPerSecond: number | null
  readonly tpotMs: number | null
  readonly ttftMs: number | null
}

export interface MeasuredRow {
  readonly id: string
  readonly condition: Condition
  readonly mode: Load['mode']
  /** Whole configuration: rows of one are never split between fit and validation. */
  readonly configuration: string
  readonly dataset: string
  readonly measured: Measured
  readonly raw: Readonly<Record<string, unknown>>
}

const root = new URL('../../', import.meta.url)

// biome-ignore lint/suspicious/noExplicitAny: a published table, read field by field
type Raw = any

/** Every row of good quality that says enough to be predicted; how many were left out, by reason. */
export function readRows(): { readonly rows: readonly MeasuredRow[]; readonly leftOut: ReadonlyMap<string, number> } {
  const lines = gunzipSync(readFileSync(new URL('data/serving/measurements.jsonl.gz', root)))
    .toString('utf8')
    .trim()
    .split('\n')
  const leftOut = new Map<string, number>()
  const rows: MeasuredRow[] = []
  for (const line of lines) {
    const raw: Raw = JSON.parse(line)
    try {
      if (raw.quality !== 'measured') throw new Error(`quality ${raw.quality}`)
      rows.push(rowOf(raw))
    } catch (thrown) {
      const reason = (thrown as Error).message.slice(0, 60)
      leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1)
    }
  }
  return { rows, leftOut }
}

/** Rows that the constants are fitted to: all but those in an open loop, which only judge. */
export const fitRows = (): readonly MeasuredRow[] =>
  readRows().rows.filter(row => row.mode !== 'open' && conditionProblem(row.condition) === null)

function rowOf(raw: Raw): MeasuredRow {
  if (raw.inputTokens === undefined || raw.outputTokens === undefined) throw new Error('lengths not stated')
  const condition = conditionFor(questionOf(raw, 1))
  const { shape } = condition
  return {
    id: raw.id,
    condition,
    mode: condition.load.mode,
    configuration: [
      raw.engine,
      raw.gpu,
      raw.gpuCount,
      shape.tp,
      shape.pp,
      shape.dp,
      shape.ep,
      raw.model,
      raw.weightDtype,
    ].join(' '),
    dataset: String(raw.upstream ?? raw.source).slice(0, 40),
    measured: {
      outputTokensPerSecond: throughputOf(raw),
      tpotMs: raw.tpotMs ?? raw.tpotMeanMs ?? raw.tpotP50Ms ?? null,
      ttftMs: raw.ttftMs ?? raw.ttftMeanMs ?? raw.ttftP50Ms ?? null,
    },
    raw,
  }
}

function throughputOf(raw: Raw): number | null {
  if (raw.outputTokensPerSec !== undefined) return raw.outputTokensPerSec
  const perGpu = raw.outputTokensPerSecPerGpu ?? raw.derivedOutputTokensPerSecPerGpu
  return perGpu === undefined ? null : perGpu * raw.gpuCount
}
