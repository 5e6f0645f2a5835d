import { expect, test } from 'vitest'
import type { Simulation } from '../core/decide/fleet-figures.ts'
import { simulationText } from './simulation-text.ts'

const times = { p50: 100, p95: 200, p99: 300 }
const fleet: Simulation = {
  requests: 100,
  completed: 100,
  rejected: 0,
  spilled: 0,
  durationSeconds: 3600,
  gpuHours: 8,
  busyGpuHours: 1,
  idleGpuHours: 7,
  coldGpuHours: 0,
  utilization: 0.125,
  saturatedShare: 0.2,
  loadShare: null,
  mfu: null,
  mbu: null,
  tokens: { input: 1000, output: 100 },
  spilledTokens: { input: 0, output: 0 },
  usd: 32,
  gpuUsd: 32,
  spillUsd: 0,
  effectiveUsdPerMtok: 29_000,
  ttftMs: times,
  tpotMs: times,
  e2eMs: times,
  lateShare: 0.14,
  worstHourLateShare: 0.14,
  windowsMetShare: 0.5,
  preemptions: 0,
  prefixHitRate: null,
  replicas: { min: 1, mean: 1, max: 1 },
  simulatedRequestsPerSecond: null,
  fleet: { model: 'llama-3.1-8b', gpu: 'h100-sxm-80gb', gpusPerReplica: 1, dtype: 'bf16', router: 'least-loaded' },
  objective: { ttftP95Ms: 2000, tpotP95Ms: 50, source: 'test' },
  lease: { usdPerGpuHour: 4, source: 'lambda on_demand', gpusPerInstance: 8, billing: null, note: null },
  spillApi: null,
  allApiUsd: null,
  coldStart: [],
  load: null,
  shapeNotes: [],
  tooLong: null,
  leftOut: 0,
  notModelled: [],
}
const text = (over: Partial<Simulation> = {}) => simulationText({ ...fleet, ...over }, { columns: 80, color: false })

test('a fleet that misses the objective is said to be too small, one that keeps it is not', () => {
  expect(text()).toContain('too small')
  expect(text({ windowsMetShare: 0.99 })).not.toContain('too small')
  expect(text({ windowsMetShare: null })).not.toContain('too small')
})

test('by how many GPUs a row is leased stands beside its price, and no line is wider than the terminal', () => {
  expect(text()).toContain('by 8 GPUs')
  for (const line of text().split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('what a bill leaves out of a lease that ends is said beside the price of the GPU-hour', () => {
  const note = 'GPUs still leased at the end are billed for the 57.4 minutes simulated'
  const told = simulationText({ ...fleet, lease: { ...fleet.lease, note } }, { columns: 80, color: false })
  expect(told.replace(/\s+/g, ' ')).toContain(`${note}.`)
})
