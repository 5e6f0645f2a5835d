import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { asShipped } from '../core/serving/calibration/fit-scales.ts'
import { buildEngine } from '../core/serving/engine/engine.ts'
import type { ReplicaShape } from '../core/serving/hardware/memory.ts'
import { type CalibrationFile, writeCalibration } from './calibration-file.ts'
import { calibrated, doubtsAbout, gpuById, modelById, stateCalibration, useOwnFacts } from './facts.ts'
import { backtestsFile, keepBacktest } from './own-backtests.ts'

const error = { median: 0.031, p90: 0.08, n: 5 }
const figures = { ttftMs: error, tpotMs: error, outputTokensPerSecond: error }
const made: CalibrationFile = {
  version: 1,
  made: '2026-11-20T10:00:00Z',
  measured: ['bench.json'],
  model: 'llama-3.1-8b',
  gpu: 'h100-sxm-80gb',
  tp: 1,
  pp: 1,
  dp: 1,
  ep: 1,
  weights: 'bf16',
  kv: 'bf16',
  engine: 'vllm',
  engineVersion: '0.11',
  server: null,
  scales: { ...asShipped, memory: 1.25 },
  error: { before: figures, after: figures, heldOut: figures },
  points: [],
}
const shape: ReplicaShape = { gpu: gpuById('h100'), model: modelById('llama-3.1-8b'), tp: 1 }

function folderWith(...files: readonly CalibrationFile[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'own-servers-'))
  for (const [i, file] of files.entries()) writeCalibration(join(folder, `crossline.calibration.${i}.yaml`), file)
  return join(folder, 'crossline.yaml')
}
afterEach(() => {
  stateCalibration(null)
  useOwnFacts(folderWith())
})

test('replicas like those that were calibrated are simulated as measured, others as the model ships', () => {
  useOwnFacts(folderWith(made))
  const own = calibrated(shape)
  expect(own.calibration?.memory).toBe(1.25)
  // A decode step of one sequence is nearly all reading: a quarter more of it.
  const [slow, fast] = [own, shape].map(one => buildEngine(one).timer.decode(1))
  expect(slow! / fast!).toBeGreaterThan(1.15)
  expect(slow! / fast!).toBeLessThan(1.25)
  for (const other of [
    { ...shape, tp: 2 },
    { ...shape, gpu: gpuById('h200') },
    { ...shape, weightDtype: 'fp8' },
    { ...shape, engine: 'sglang' as const },
  ]) {
    expect(calibrated(other)).toBe(other)
    expect(doubtsAbout(other)).toEqual([])
  }
})

test('of two calibrations of one shape the newer counts, and the answer says its date and its error on loads held out', () => {
  useOwnFacts(folderWith({ ...made, scales: asShipped, made: '2026-11-01T10:00:00Z' }, made))
  expect(calibrated(shape).calibration?.memory).toBe(1.25)
  const [doubt] = doubtsAbout(shape)
  expect(doubt!.value).toContain('2026-11-20')
  expect(doubt!.value).toContain('tokens/s 3/8 %')
  expect(doubt!.source).toBe('bench.json')
})

test('a stated file counts wherever it lies; without one nothing is calibrated', () => {
  const elsewhere = folderWith(made).replace('crossline.yaml', 'crossline.calibration.0.yaml')
  useOwnFacts(folderWith())
  expect(calibrated(shape).calibration).toBeUndefined()
  stateCalibration(elsewhere)
  useOwnFacts(folderWith())
  expect(calibrated(shape).calibration?.memory).toBe(1.25)
})

test('the backtest of a fleet is told beside every later forecast of it, the newest alone', () => {
  const config = folderWith()
  const kept = {
    model: 'llama-3.1-8b',
    gpu: 'h100-sxm-80gb',
    gpusPerReplica: 1,
    weights: 'bf16',
    from: '2026-11-01T00:00:00Z',
    to: '2026-11-08T00:00:00Z',
    calls: 900,
    error: {
      busyGpuHours: null,
      ttftP50Ms: { median: 0.2, p90: 0.5, ratio: 1.1, hours: 9 },
      ttftP95Ms: null,
      tpotP50Ms: null,
    },
  }
  keepBacktest(backtestsFile(config), { ...kept, calls: 1 })
  keepBacktest(backtestsFile(config), kept)
  keepBacktest(backtestsFile(config), { ...kept, gpu: 'h200-sxm-141gb' })
  useOwnFacts(config)
  const doubts = doubtsAbout(shape)
  expect(doubts).toHaveLength(1)
  expect(doubts[0]).toMatchObject({ source: '2026-11-01T00:00:00Z to 2026-11-08T00:00:00Z' })
  expect(doubts[0]!.value).toContain('900 calls')
  expect(doubts[0]!.value).toContain('busy GPU-hours not measured, TTFT p50 20/50 %')
})
