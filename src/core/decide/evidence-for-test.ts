// Evidence made by hand for tests of the decision: one metered API, hosted ones beside it, one kind of replica, its leases.
import { type UsageKind, usageKinds } from '../meter/usage.ts'
import { type Choices, defaultChoices } from './choices.ts'
import type { ApiTerms, Evidence, LeaseRow, Replay, ReplicaTerms } from './evidence.ts'

interface ForTest extends Omit<Partial<Evidence>, 'api' | 'replicas' | 'leases'> {
  /** Ten-minute windows of traffic. */
  readonly windows?: number
  /** What a window holds at level 1. */
  readonly perWindow?: { readonly calls: number; readonly input: number; readonly output: number }
  /** How many times that a window holds. */
  readonly level?: (window: number) => number
  readonly api?: readonly Partial<ApiTerms & { readonly usdPerMtok: number }>[]
  readonly replicas?: readonly Partial<ReplicaTerms>[]
  readonly leases?: readonly LeaseRow[]
}

export const choose = (choices: Partial<Choices> = {}): Choices => ({ ...defaultChoices, ...choices })
/** A fleet without fixed costs: what it costs is its GPUs. */
export const bare = { operationsUsdPerMonth: 0, overheadShare: 0, spareReplicas: 0 }

export const even = (): number => 1
const onlyByDay = (window: number): number => (window % 144 < 72 ? 2 : 0)

/** As stated; unstated, two weeks of 1 Mtok in and 0.25 Mtok out each window, by day twice that and by night nothing. */
export function evidenceForTest({
  windows = 2016,
  perWindow = { calls: 500, input: 1_000_000, output: 250_000 },
  level = onlyByDay,
  api = [{}],
  replicas = [{}],
  leases = [
    leaseForTest('lambda', '3'),
    leaseForTest('aws', '6.88'),
    leaseForTest('runpod', '2'),
    leaseForTest('aws', '9', { region: 'sa-east-1' }),
  ],
  ...rest
}: ForTest = {}): Evidence {
  const levels = Array.from({ length: windows }, (_, i) => level(i))
  const whole = levels.reduce((a, b) => a + b, 0)
  const each = (value: number) => levels.map(times => times * value)
  const tokens = { input: whole * perWindow.input, output: whole * perWindow.output }
  const usage = Object.fromEntries(usageKinds.map(kind => [kind, 0])) as Record<UsageKind, number>
  const usdOf = (usdPerMtok: number, { input, output }: typeof tokens) => (usdPerMtok * (input + output)) / 1e6
  return {
    schemaVersion: 1,
    sample: false,
    attribution: [],
    at: '2026-10-10',
    seed: 7,
    slice: {},
    todayGroup: 'open-70b',
    demand: {
      calls: whole * perWindow.calls,
      tokens,
      usage: { ...usage, ...tokens },
      unknownUsageCalls: 0,
      failedCalls: 0,
      firstAtMicros: 0,
      lastAtMicros: windows * 600e6,
      windowSeconds: 600,
      windows: { calls: each(perWindow.calls), input: each(perWindow.input), output: each(perWindow.output) },
      hoursOfWeek: Math.min(168, Math.ceil(windows / 12)),
    },
    coverage: { pricedShare: 1, attributedShare: 0, unpricedModels: [] },
    objective: { ttftP95Ms: 2000, tpotP95Ms: 50, source: 'test' },
    api: api.map(({ usdPerMtok = 0.6, ...terms }, i) => ({
      name: i === 0 ? 'metered' : `hosted ${i}`,
      group: 'open-70b',
      kind: i === 0 ? 'as-metered' : 'hosted',
      provider: 'host',
      model: 'open-70b',
      dtype: null,
      usd: usdOf(usdPerMtok, tokens).toFixed(12),
      usdByWindow: each(usdOf(usdPerMtok, perWindow)),
      pricedShare: 1,
      fixedUsdPerMonth: 0,
      source: 'list price',
      observedAt: '2026-10-01',
      infeasible: { calls: 0, reasons: [] },
      notes: [],
      ...terms,
    })),
    replicas: replicas.map(terms => ({
      model: 'open-70b',
      group: 'open-70b',
      gpu: 'h100',
      gpusPerReplica: 2,
      dtype: 'bf16',
      fits: true,
      problem: null,
      requestsPerSecond: 4,
      tokensPerSecond: 10_000,
      secondsPerInputToken: 5e-5,
      secondsPerOutputToken: 3e-4,
      loadCurve: [
        { load: 0.25, busyShare: 0.5, ttftP95Ms: 200, tpotP95Ms: 20 },
        { load: 1, busyShare: 1, ttftP95Ms: 1900, tpotP95Ms: 45 },
      ],
      bottleneck: 'compute',
      kvCapacityTokens: 100_000,
      band: 0.25,
      infeasible: { calls: 0, reasons: [] },
      ...terms,
    })),
    leases,
    slices: [],
    assumptions: [],
    notModelled: [],
    ...rest,
  }
}

export function leaseForTest(provider: string, usdPerGpuHour: string, rest: Partial<LeaseRow> = {}): LeaseRow {
  const id = `${provider} ${usdPerGpuHour}`
  const row = { id, provider, gpu: 'h100', gpusPerInstance: 8, usdPerGpuHour, term: 'on_demand', region: 'us' }
  return { ...row, asOf: '2026-10-10', source: 'price page', ...rest }
}

/** A replay, of a million calls unless stated, in which so many came late, each of `input` and `output` tokens, and the objective was kept all the same. */
export function replayForTest({
  replicas,
  late = 0,
  input = 1000,
  output = 100,
  ...rest
}: { replicas: number; late?: number; input?: number; output?: number } & Partial<Replay>): Replay {
  const time = { p50: 1, p95: 2, p99: 3 }
  const calls = rest.calls ?? 1_000_000
  return {
    model: 'open-70b',
    gpu: 'h100',
    gpusPerReplica: 2,
    replicas,
    router: 'least-loaded',
    calls,
    leftOut: 0,
    completed: calls,
    rejected: 0,
    durationSeconds: 1,
    gpuHours: { leased: 1, busy: 1, idle: 0, cold: 0 },
    ttftMs: time,
    tpotMs: time,
    lateShare: 0,
    lateWindowShare: 0,
    windowsMetShare: 1,
    worstHourLateShare: 0,
    busyHourLateShare: 0,
    missed: {
      late: { calls: late, input: late * input, output: late * output },
      refused: { calls: 0, input: 0, output: 0 },
    },
    ...rest,
  }
}
