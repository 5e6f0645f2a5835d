// Evidence made by hand for tests of the decision: one metered API, hosted ones beside it, one kind of replica, four leases.
import { type UsageKind, usageKinds } from '../meter/usage.ts'
import type { ApiTerms, Evidence, LeaseRow, Replay, ReplicaTerms } from './evidence.ts'

/** Traffic of `windows` ten-minute windows, 1 Mtok in and 0.25 Mtok out each, by day twice that and by night nothing. */
export function evidenceForTest({
  windows = 2016,
  api = [{}],
  replicas = [{}],
  leases,
  ...rest
}: {
  windows?: number
  api?: Partial<ApiTerms & { usdPerMtok: number }>[]
  replicas?: Partial<ReplicaTerms>[]
  leases?: LeaseRow[]
} & Omit<Partial<Evidence>, 'api' | 'replicas' | 'leases'> = {}): Evidence {
  const day = Array.from({ length: windows }, (_, i) => (i % 144 < 72 ? 2 : 0))
  const input = day.map(level => level * 1_000_000)
  const output = day.map(level => level * 250_000)
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const tokens = { input: sum(input), output: sum(output) }
  const usage = Object.fromEntries(usageKinds.map(kind => [kind, 0])) as Record<UsageKind, number>
  return {
    schemaVersion: 1,
    sample: false,
    attribution: [],
    at: '2026-10-10',
    seed: 7,
    slice: {},
    todayGroup: 'open-70b',
    demand: {
      calls: sum(day) * 500,
      tokens,
      usage: { ...usage, input: tokens.input, output: tokens.output },
      unknownUsageCalls: 0,
      failedCalls: 0,
      firstAtMicros: 0,
      lastAtMicros: windows * 600e6,
      windowSeconds: 600,
      windows: { calls: day.map(level => level * 500), input, output },
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
      usd: ((usdPerMtok * (tokens.input + tokens.output)) / 1e6).toFixed(12),
      usdByWindow: day.map(level => level * 1.25 * usdPerMtok),
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
    leases: leases ?? [
      leaseForTest('lambda', '3'),
      leaseForTest('aws', '6.88'),
      leaseForTest('runpod', '2'),
      leaseForTest('aws', '9', { region: 'sa-east-1' }),
    ],
    slices: [],
    assumptions: [],
    notModelled: [],
    ...rest,
  }
}

function leaseForTest(provider: string, usdPerGpuHour: string, rest: Partial<LeaseRow> = {}): LeaseRow {
  const id = `${provider} ${usdPerGpuHour}`
  const row = { id, provider, gpu: 'h100', gpusPerInstance: 8, usdPerGpuHour, term: 'on_demand', region: 'us' }
  return { ...row, asOf: '2026-10-10', source: 'price page', ...rest }
}

/** A replay of a million calls in which so many came late, each of `input` and `output` tokens, and the objective was kept all the same. */
export function replayForTest({
  replicas,
  late,
  gpusPerReplica = 2,
  input = 1000,
  output = 100,
}: {
  replicas: number
  late: number
  gpusPerReplica?: number
  input?: number
  output?: number
}): Replay {
  const time = { p50: 1, p95: 2, p99: 3 }
  return {
    model: 'open-70b',
    gpu: 'h100',
    gpusPerReplica,
    replicas,
    router: 'least-loaded',
    calls: 1_000_000,
    leftOut: 0,
    completed: 1_000_000,
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
  }
}
