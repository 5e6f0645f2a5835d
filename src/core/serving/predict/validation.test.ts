import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stream } from '../../statistics/random.ts'
import { quantile, sorted } from '../../statistics/sample.ts'
import { buildEngine } from '../engine/engine.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import { throughputBand } from '../step/band.ts'
import { closedLoop } from './closed-loop.ts'

const file = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')
const gpus: readonly Gpu[] = JSON.parse(file('data/gpus.json')).gpus
const models: readonly Model[] = JSON.parse(file('data/models.json')).models

interface Row {
  readonly id: string
  readonly gpu: string
  readonly model: string
  readonly tp: number
  readonly weightDtype: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly lengthRangeRatio?: number
  readonly concurrency: number
  readonly ttftMs: number
  readonly tpotMs: number
}

// Chosen by position before any prediction was made; the README beside the file says how.
const rows: readonly Row[] = file('test/fixtures/serving/closed-loop-vllm.jsonl')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

interface Checked {
  readonly row: Row
  readonly moe: boolean
  readonly band: number
  /** Predicted ÷ measured. */
  readonly throughput: number
  readonly tpot: number
  readonly ttft: number
}

function check(row: Row): Checked {
  const gpu = gpus.find(g => g.id === row.gpu)!
  const model = models.find(m => m.id === row.model)!
  const shape = { gpu, model, tp: row.tp, weightDtype: row.weightDtype }
  const engine = buildEngine(shape)
  expect(engine.memory.problem, row.id).toBeNull()
  const n = Math.max(4 * row.concurrency, Math.min(10 * row.concurrency, 256))
  const ratio = row.lengthRangeRatio ?? 1
  const random = stream(1, 'lengths')
  const draw = (nominal: number) =>
    Int32Array.from({ length: n }, () => Math.round(nominal * (ratio + (1 - ratio) * random.uniform())))
  const loop = closedLoop(engine, row.concurrency, draw(row.inputTokens), draw(row.outputTokens))
  // The published rows carry latency only: throughput follows from it by Little's law on both sides.
  const answers = (row.outputTokens * (1 + ratio)) / 2 - 1
  return {
    row,
    moe: model.moe !== undefined,
    band: throughputBand(shape),
    throughput: (row.ttftMs + row.tpotMs * answers) / (loop.ttftMs.mean! + loop.tpotMs.mean! * answers),
    tpot: loop.tpotMs.mean! / row.tpotMs,
    ttft: loop.ttftMs.mean! / row.ttftMs,
  }
}

const checked = rows.map(check)
const error = (of: readonly Checked[], what: 'throughput' | 'tpot' | 'ttft', q: number): number =>
  quantile(sorted(of.map(row => Math.abs(row[what] - 1))), q)!
const dense = checked.filter(row => !row.moe)
const experts = checked.filter(row => row.moe)

test('predicted throughput is within 25 % of measured in the median of all rows, dense models within 12 %', () => {
  expect(checked.length).toBeGreaterThanOrEqual(50)
  const report = [dense, experts].map(of =>
    (['throughput', 'tpot', 'ttft'] as const)
      .map(what => [0.5, 0.9].map(q => (100 * error(of, what, q)).toFixed(0)).join('/'))
      .join(' '),
  )
  // When written, median/p90 %: dense 6/14 throughput, 7/17 TPOT, 35/239 TTFT; experts 12/42, 14/30, 22/52.
  expect(error(checked, 'throughput', 0.5), report.join(' | ')).toBeLessThan(0.25)
  expect(error(dense, 'throughput', 0.5), report.join(' | ')).toBeLessThan(0.12)
})

test('time per output token is within 25 % in the median, time to first token within 50 %', () => {
  expect(error(checked, 'tpot', 0.5)).toBeLessThan(0.25)
  expect(error(checked, 'ttft', 0.5)).toBeLessThan(0.5)
})

test('the stated band holds at least 85 % of the measured rows', () => {
  for (const of of [dense, experts]) {
    const held = of.filter(row => Math.abs(row.throughput - 1) <= row.band).length
    expect(held / of.length).toBeGreaterThanOrEqual(0.85)
  }
})
