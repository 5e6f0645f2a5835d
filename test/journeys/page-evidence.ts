// Hand-made evidence of a fortnight with a daily shape: what charts, reports and the page are tested on.
import type { Demand } from '../../src/core/decide/demand.ts'
import type { ApiTerms, Evidence, LeaseRow, ReplicaTerms } from '../../src/core/decide/evidence.ts'
import { usageKinds } from '../../src/core/meter/usage.ts'

const windows = 14 * 144
const firstAtMicros = Date.UTC(2026, 9, 5) * 1000

function demand(): Demand {
  const calls: number[] = []
  const input: number[] = []
  const output: number[] = []
  for (let i = 0; i < windows; i++) {
    const hour = (i / 6) % 24
    const weekend = Math.floor(i / 144) % 7 > 4
    const shape = hour > 8 && hour < 19 ? 1 - Math.abs(hour - 13.5) / 8 : 0.06
    const n = Math.round(260 * shape * (weekend ? 0.35 : 1) * (1 + 0.25 * Math.sin(i * 1.7)))
    calls.push(n)
    input.push(n * 1_850)
    output.push(n * 240)
  }
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
  const usage = Object.fromEntries(usageKinds.map(kind => [kind, 0])) as Demand['usage']
  return {
    calls: sum(calls),
    tokens: { input: sum(input), output: sum(output) },
    usage: { ...usage, input: sum(input), output: sum(output) },
    unknownUsageCalls: 0,
    failedCalls: 12,
    firstAtMicros,
    lastAtMicros: firstAtMicros + windows * 600 * 1e6,
    windowSeconds: 600,
    windows: { calls, input, output },
    hoursOfWeek: 168,
  }
}

interface Offer {
  readonly name: string
  readonly group: string
  readonly provider: string
  readonly in: number
  readonly out: number
  readonly kind?: ApiTerms['kind']
}

function api(traffic: Demand, offer: Offer): ApiTerms {
  const usdByWindow = traffic.windows.input.map((n, i) => (n * offer.in + traffic.windows.output[i]! * offer.out) / 1e6)
  return {
    name: offer.name,
    group: offer.group,
    kind: offer.kind ?? 'hosted',
    provider: offer.provider,
    model: offer.group,
    dtype: null,
    usd: usdByWindow.reduce((a, b) => a + b, 0).toFixed(12),
    usdByWindow,
    pricedShare: 1,
    fixedUsdPerMonth: 0,
    source: 'a hand-made fixture',
    observedAt: '2026-11-01',
    infeasible: { calls: 0, reasons: [] },
    notes: [],
  }
}

function replica(group: string, gpu: string, gpusPerReplica: number, tokensPerSecond: number): ReplicaTerms {
  return {
    model: group,
    group,
    gpu,
    gpusPerReplica,
    dtype: 'bf16',
    fits: true,
    problem: null,
    requestsPerSecond: tokensPerSecond / 2090,
    tokensPerSecond,
    secondsPerInputToken: 0.6 / tokensPerSecond,
    secondsPerOutputToken: 4.08 / tokensPerSecond,
    loadCurve: [
      { load: 0.25, busyShare: 0.4, ttftP95Ms: 300, tpotP95Ms: 22 },
      { load: 0.5, busyShare: 0.65, ttftP95Ms: 420, tpotP95Ms: 29 },
      { load: 1, busyShare: 1, ttftP95Ms: 1800, tpotP95Ms: 48 },
    ],
    bottleneck: 'prefill compute',
    kvCapacityTokens: 410_000,
    band: 0.25,
    infeasible: { calls: 0, reasons: [] },
  }
}

function lease(gpu: string, provider: string, term: string, usdPerGpuHour: string): LeaseRow {
  const id = `${provider}-${gpu}-${term}`
  return {
    id,
    provider,
    gpu,
    gpusPerInstance: 8,
    usdPerGpuHour,
    term,
    region: 'us',
    asOf: '2026-11-01',
    source: 'fixture',
  }
}

/** Evidence with same-weights offers, two GPUs and three other open models; `patch` replaces whole fields. */
export function pageEvidence(patch: Partial<Evidence> = {}): Evidence {
  const traffic = demand()
  const today = 'llama-3.1-70b'
  return {
    schemaVersion: 1,
    sample: false,
    attribution: [],
    at: '2026-11-01',
    seed: 1,
    slice: {},
    todayGroup: today,
    demand: traffic,
    coverage: {
      pricedShare: 0.969,
      attributedShare: 0.8,
      unpricedModels: [{ model: 'acme-internal-7', calls: 5_200, share: 0.031 }],
    },
    objective: { ttftP95Ms: 2000, tpotP95Ms: 50, source: 'default: a chat answer that feels immediate' },
    api: [
      api(traffic, {
        name: 'llama-3.1-70b via Azure, as metered',
        group: today,
        provider: 'azure',
        in: 2.68,
        out: 3.54,
        kind: 'as-metered',
      }),
      api(traffic, { name: 'llama-3.1-70b via Together', group: today, provider: 'together', in: 0.88, out: 0.88 }),
      api(traffic, { name: 'llama-3.1-70b via Bedrock', group: today, provider: 'bedrock', in: 0.72, out: 0.72 }),
      api(traffic, { name: 'qwen3-32b via Groq', group: 'qwen3-32b', provider: 'groq', in: 0.29, out: 0.59 }),
      api(traffic, {
        name: 'gpt-oss-120b via Fireworks',
        group: 'gpt-oss-120b',
        provider: 'fireworks',
        in: 0.15,
        out: 0.6,
      }),
    ],
    replicas: [
      replica(today, 'h100-sxm-80gb', 4, 9_400),
      replica(today, 'h200-sxm-141gb', 2, 6_900),
      replica(today, 'l40s-48gb', 8, 3_100),
      replica('llama-3.1-8b', 'l40s-48gb', 1, 7_200),
      replica('llama-3.1-8b', 'h100-sxm-80gb', 1, 26_000),
      replica('qwen3-32b', 'h100-sxm-80gb', 2, 11_000),
    ],
    leases: [
      lease('h100-sxm-80gb', 'lambda', 'on_demand', '2.99'),
      lease('h100-sxm-80gb', 'aws', 'on_demand', '3.93'),
      lease('h100-sxm-80gb', 'lambda', 'reserved_1y', '1.89'),
      lease('h200-sxm-141gb', 'lambda', 'on_demand', '3.79'),
      lease('h200-sxm-141gb', 'nebius', 'reserved_1y', '2.30'),
      lease('l40s-48gb', 'runpod', 'on_demand', '0.86'),
      lease('l40s-48gb', 'runpod', 'reserved_1y', '0.71'),
    ],
    slices: [
      { model: 'llama-3.1-70b', calls: traffic.calls, share: 0.82 },
      { model: 'gpt-4o-mini', calls: 9_000, share: 0.18 },
    ],
    assumptions: [
      { name: 'traffic grows in proportion', value: 'every window × the same factor', source: 'docs/method' },
      { name: 'operations', value: 2500, source: 'default: a quarter of an engineer' },
    ],
    notModelled: ['speculative decoding', 'multi-LoRA batching'],
    ...patch,
  }
}
