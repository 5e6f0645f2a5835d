// A fleet that is known to the last call: served by the simulation itself, written as logs and metrics, imported, and told back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { gpuById, modelById } from '../catalog/facts.ts'
import { buildEngine } from '../core/serving/engine/engine.ts'
import { runFleet } from '../core/serving/fleet/fleet.ts'
import { stream } from '../core/statistics/random.ts'
import { backtestText } from '../report/backtest-text.ts'
import { backtest, importFile } from './operations.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-backtest-'))
let workplace: Workplace
const quiet = { file: null, progress: () => {}, note: () => {} }
beforeEach(() => {
  workplace = openWorkplace({ dataDir: folder, inMemory: true })
})
afterEach(() => workplace.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const begin = Date.parse('2026-11-02T10:20:00Z')
const hours = 3
const replicas = 2

/** Calls of three hours as two replicas served them, `slower` times as slow as the catalog's GPU. */
function served(slower: number) {
  const gpu = gpuById('h100-sxm-80gb')
  const engine = buildEngine({
    gpu: { ...gpu, memoryBandwidthTBs: gpu.memoryBandwidthTBs / slower },
    model: modelById('llama-3.1-8b'),
    tp: 1,
  })
  const random = stream(3, 'traffic')
  const at: number[] = []
  for (let now = random.exponential(2); now < hours * 3600; now += random.exponential(2)) at.push(now)
  const n = at.length
  const inputTokens = Int32Array.from({ length: n }, () => 200 + random.integer(1800))
  const outputTokens = Int32Array.from({ length: n }, () => 20 + random.integer(400))
  const run = runFleet(
    { n, atSeconds: Float64Array.from(at), inputTokens, outputTokens },
    { engine, replicas, router: 'least-loaded' },
  )
  const { firstTokenAt, finishedAt } = run.progress
  const iso = (seconds: number) => new Date(begin + seconds * 1000).toISOString()
  const lines = at.map((seconds, i) =>
    [
      iso(seconds),
      'vllm',
      'llama-3.1-8b',
      inputTokens[i],
      outputTokens[i],
      ((firstTokenAt[i]! - seconds) * 1000).toFixed(3),
      ((finishedAt[i]! - seconds) * 1000).toFixed(3),
    ].join(','),
  )
  return ['time,provider,model,input_tokens,output_tokens,ttft_ms,latency_ms', ...lines].join('\n')
}

/** Scrapes every ten seconds of both replicas, running in so many of ten. */
function scraped(busyOfTen: number): string {
  const blocks: string[] = []
  for (let second = 0; second < hours * 3600; second += 10) {
    const running = (second / 10) % 10 < busyOfTen ? 1 : 0
    blocks.push(`# ${new Date(begin + second * 1000).toISOString()}`)
    for (const pod of ['a', 'b']) {
      const labels = `{model_name="llama-3.1-8b",engine="0",pod="${pod}"}`
      blocks.push(`vllm:num_requests_running${labels} ${running}`, `vllm:generation_tokens_total${labels} ${second}`)
    }
  }
  return ['# TYPE vllm:num_requests_running gauge', ...blocks].join('\n')
}

async function take(name: string, content: string): Promise<void> {
  const path = join(folder, name)
  writeFileSync(path, content)
  await importFile.run(workplace, {}, { ...quiet, file: { path, name } })
}

test('a fleet that is as the model says is told back hour by hour, its GPU-hours and time busy too', async () => {
  await take('calls.csv', served(1))
  await take('scrapes.prom', scraped(4))
  const told = await backtest.run(workplace, { gpu: 'h100' }, quiet)
  expect(told.fleet).toMatchObject({ model: 'llama-3.1-8b', gpusPerReplica: 1, replicas: { min: 2, max: 2 } })
  expect(told.fleet.replicasFrom).toBe('scraped engines')
  // From 10:20 to 13:20: four hours of the clock.
  expect(told.hours.map(({ hour }) => hour.slice(11, 16))).toEqual(['10:00', '11:00', '12:00', '13:00'])
  expect(told.hours.reduce((sum, { calls }) => sum + calls, 0)).toBe(told.calls)
  // Times are logged to a thousandth of a millisecond.
  expect(told.error.ttftP50Ms!.p90).toBeLessThan(0.01)
  expect(told.error.ttftP95Ms!.p90).toBeLessThan(0.01)
  expect(told.error.tpotP50Ms!.p90).toBeLessThan(0.01)
  expect(told.hours[1]!.actual.busyShare).toBeCloseTo(0.4, 1)
  expect(told.actual.leasedGpuHours).toBe(8)
  expect(told.predicted.busyShare).toBeGreaterThan(0)
  const text = backtestText(told)
  expect(text).toContain('llama-3.1-8b (bf16) on 1 × h100-sxm-80gb, 2 replicas')
  expect(text.split('\n').every(line => line.length <= 120)).toBe(true)
})

test('a fleet that is slower than its GPU should be shows by how much', async () => {
  await take('calls.csv', served(1.5))
  const told = await backtest.run(workplace, { gpu: 'h100', replicas: 2 }, quiet)
  expect(told.error.tpotP50Ms!.ratio).toBeGreaterThan(1 / 1.5)
  expect(told.error.tpotP50Ms!.ratio).toBeLessThan(0.95)
  expect(told.error.busyGpuHours).toBeNull()
  expect(told.notes.join()).toContain('no scraped metrics')
})

test('leases say how many replicas an hour had', async () => {
  await take('calls.csv', served(1))
  const leases = [
    { gpu: 'h100', count: 2, from: '2026-11-02T10:00:00Z', to: null },
    { gpu: 'h100', count: 1, from: '2026-11-02T12:00:00Z', to: '2026-11-02T13:00:00Z' },
    { gpu: 'h200', count: 5, from: '2026-11-02T10:00:00Z', to: null },
  ]
  const told = await backtest.run(workplace, { gpu: 'h100', leases }, quiet)
  expect(told.hours.map(({ predicted }) => predicted.leasedGpuHours)).toEqual([2, 2, 3, 2])
  expect(told.fleet.replicas).toEqual({ min: 2, max: 3 })
})

test('without a fleet, a model or calls the fault says what to give', async () => {
  await expect(backtest.run(workplace, { gpu: 'h100' }, quiet)).rejects.toMatchObject({ code: 'NO_CALLS' })
  await take('calls.csv', served(1))
  await expect(backtest.run(workplace, { gpu: 'h100' }, quiet)).rejects.toMatchObject({ code: 'FLEET_UNKNOWN' })
  const none = backtest.run(
    workplace,
    { gpu: 'h100', leases: [{ gpu: 'h200', count: 1, from: '2026-01-01', to: null }] },
    quiet,
  )
  await expect(none).rejects.toMatchObject({ code: 'FLEET_UNKNOWN' })
})
