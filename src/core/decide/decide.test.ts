import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../fault/fault.ts'
import type { CostTerms } from './answer.ts'
import { type Choices, defaultChoices } from './choices.ts'
import { decide } from './decide.ts'
import type { Evidence, ReplicaTerms } from './evidence.ts'
import { evidenceForTest as evidence } from './evidence-for-test.ts'
import { breakdownAt, costAt, replicasAt, utilizationAt } from './staircase.ts'

const choose = (choices: Partial<Choices> = {}): Choices => ({ ...defaultChoices, ...choices })
const bare = { operationsUsdPerMonth: 0, overheadShare: 0, spareReplicas: 0 }

test('the monthly volume is totals ÷ span × hours, and the API bill is its price on it', () => {
  // 1.25 Mtok per window on average, 4,380 windows in 730 hours.
  const answer = decide(evidence(), choose())
  expect(answer.youAreHere.tokensPerMonth).toBeCloseTo(1.25e6 * 4380, 0)
  expect(answer.tokens.total).toBe(2016 * 1.25e6)
  const metered = answer.options.find(option => option.name === 'metered')!
  expect(metered.usd).toBeCloseTo(0.6 * 1.25 * 4380, 6)
  expect(metered.usdPerMtok).toBeCloseTo(0.6, 9)
  expect(answer.best).toBe('metered')
})

test('a replica counts for its throughput ÷ peak-to-mean, and idle nights are paid for', () => {
  const answer = decide(evidence(), choose({ ...bare, usdPerGpuHour: 3 }))
  const own = answer.options.find(option => option.kind === 'self-host')!
  const terms = own.terms as Extract<CostTerms, { kind: 'self-host' }>
  expect(terms.throughputMtokPerMonth).toBeCloseTo(26280, 6) // 10,000 tokens/s × 3,600 × 730
  expect(terms.replicaMtokPerMonth).toBeCloseTo(13140, 6) // day and night: the peak is twice the mean
  expect(own.replicas).toBe(1)
  expect(own.usd).toBe(2 * 3 * 730)
  expect(own.utilization).toBeCloseTo(5475 / 26280, 9)
  // Busy half the time at a load of 2 × 5,475 ÷ 26,280 = 0.4167, where the curve says 0.5 + 0.5 × (0.4167 − 0.25) ÷ 0.75.
  expect(own.breakdown.gpuBusy).toBeCloseTo(4380 * 0.5 * (0.5 + (0.5 * (0.416666667 - 0.25)) / 0.75), 0)
  expect(own.breakdown.gpuIdle! + own.breakdown.gpuBusy!).toBeCloseTo(4380, 8)
})

test('the default lease is the median provider’s named row, never the cheapest', () => {
  const answer = decide(evidence(), choose())
  const own = answer.options.find(option => option.kind === 'self-host')!
  expect(own.priceSource).toContain('lambda')
  expect(answer.assumptions.find(({ name }) => name === 'USD per hour of h100')?.value).toBe(3)
  expect(decide(evidence(), choose({ providers: ['runpod'] })).options.at(-1)!.priceSource).toContain('runpod')
})

test('the crossing is that of the closed form: (fixed + replica) ÷ price', () => {
  const answer = decide(evidence(), choose({ ...bare, usdPerGpuHour: 3, operationsUsdPerMonth: 1000 }))
  // F = 1,000, K = 4,380, Cap = 13,140: D = 7,884 > K; for good from ⌈(F + D) ÷ (D − K)⌉ = 3, so within segment 2.
  expect(answer.crossings.map(({ at, from, to }) => [at, from, to])).toEqual([
    [expect.closeTo((5380 / 0.6) * 1e6, 0), 'metered', 'open-70b on 2× h100'],
    [expect.closeTo(13140e6, 0), 'open-70b on 2× h100', 'metered'],
    [expect.closeTo((9760 / 0.6) * 1e6, 0), 'metered', 'open-70b on 2× h100'],
  ])
  expect(answer.forGoodFrom).toMatchObject({ option: 'open-70b on 2× h100', against: 'metered' })
  expect(answer.forGoodFrom!.tokensPerMonth).toBeCloseTo((9760 / 0.6) * 1e6, 0)
  expect(answer.forGoodFrom!.band!.low).toBeLessThan(answer.forGoodFrom!.tokensPerMonth)
  expect(answer.verdict).toContain('16.3 billion tokens a month')
  expect(answer.verdict).toContain("2.97× today's")
})

test('the verdict says what own GPUs would cost now, and calls a stated volume stated, never today’s', () => {
  const turned = { ...bare, usdPerGpuHour: 3, operationsUsdPerMonth: 1000 }
  const answer = decide(evidence(), choose(turned))
  const own = answer.options.find(option => option.kind === 'self-host')!
  expect(own.usd).toBe(4380 + 1000)
  // 5,475 Mtok × $0.60 = $3,285; 5,380 ÷ 3,285 = 1.64.
  expect(answer.verdict).toContain('would cost $5,380 a month')
  const stated = decide(evidence(), choose({ ...turned, tokensPerMonth: 8e9 })).verdict
  expect(stated).toContain('at the stated 8 billion tokens a month')
  expect(stated).toContain('2.03× that')
  expect(stated).not.toContain("today's")
})

test('law 8: where a full replica costs more than the API charges for what it serves, the answer says never, and what would change it', () => {
  const dear = choose({ ...bare, usdPerGpuHour: 6 })
  const answer = decide(evidence(), dear)
  expect(answer.crossings).toEqual([])
  expect(answer.forGoodFrom).toBeNull()
  expect(answer.verdict).toContain('never cheaper')
  expect(answer.never).toHaveLength(1)
  // D ÷ (2 GPUs × 730 h) = 7,884 ÷ 1,460 = 5.40, at which both cost the same: the cent below crosses.
  expect(answer.never[0]!.nearestChange).toContain('below $5.39 (now $6.00)')
  expect(decide(evidence(), { ...dear, usdPerGpuHour: 5.39 }).forGoodFrom).not.toBeNull()
})

test('law 9: other weights or a rounded dtype are shown and never best; with the same weights they are', () => {
  const cheap = { usdPerMtok: 0.01 }
  for (const other of [{ group: 'open-8b' }, { dtype: 'fp4' }]) {
    const answer = decide(evidence({ api: [{}, { ...cheap, ...other }] }), choose())
    expect(answer.options.find(option => option.name === 'hosted 1')).toMatchObject({ meetsQuality: 'unknown' })
    expect(answer.best).toBe('metered')
    if (other.dtype) expect(answer.verdict).toMatch(/hosted 1 would cost \$54.75 a month, .* as fp4: .* not measured/)
  }
  const same = evidence({ api: [{}, { ...cheap, dtype: 'bf16' }] })
  const unproven = decide(same, choose())
  expect(unproven.best).toBe('metered')
  expect(unproven.bestIf).toMatchObject({ option: 'hosted 1', assumes: ['latency'] })
  expect(unproven.nextMeasurement).toContain('latency of hosted 1')
  const assumed = decide(same, choose({ assume: ['latency'] }))
  expect(assumed.best).toBe('hosted 1')
  expect(assumed.bestIf).toBeNull()
  expect(assumed.assumptions).toContainEqual(
    expect.objectContaining({ name: 'latency of hosted 1', source: expect.stringContaining('stated by you') }),
  )
})

test('law 9: whatever the prices, the best has today’s weights, and calls that it cannot take bar it', () => {
  const option = fc.record({
    usdPerMtok: fc.double({ min: 0.001, max: 5, noNaN: true }),
    group: fc.constantFrom('open-70b', 'open-8b'),
    dtype: fc.constantFrom(null, 'bf16', 'fp8'),
    infeasible: fc.constantFrom({ calls: 0, reasons: [] }, { calls: 90_000, reasons: ['context'] }),
  })
  fc.assert(
    fc.property(fc.array(option, { minLength: 1, maxLength: 6 }), offers => {
      const answer = decide(evidence({ windows: 144, api: [{}, ...offers] }), choose(), { draws: 20 })
      const best = answer.options.find(({ name }) => name === answer.best)!
      expect(best).toMatchObject({ group: 'open-70b', meetsQuality: 'yes', meetsLatency: 'yes', unknowns: [] })
      expect(best.infeasible.share).toBeLessThanOrEqual(0.001)
      for (const other of answer.options) {
        const same = other.unknowns.length === 0 && other.meetsLatency === 'yes' && other.infeasible.share <= 0.001
        if (same) expect(best.usd).toBeLessThanOrEqual(other.usd!)
      }
      // What lacks only proof is named beside it, and never as the best.
      if (answer.bestIf !== null) expect(answer.bestIf.usd).toBeLessThan(best.usd!)
    }),
    { numRuns: 40 },
  )
})

test('a cheaper way to the same weights that is not the best is named, with what bars it', () => {
  const infeasible = { calls: 90_000, reasons: ['an answer above 2048 tokens'] }
  const few = decide(evidence({ api: [{}, { usdPerMtok: 0.3, infeasible }] }), choose())
  expect(few.best).toBe('metered')
  expect(few.verdict).toContain('but cannot take 8.9 % of the calls (an answer above 2048 tokens).')
  // Nine seconds to the first token at any load; the objective is two.
  const late = [{ loadCurve: [{ load: 1, busyShare: 1, ttftP95Ms: 9000, tpotP95Ms: 45 }] }]
  const slow = decide(evidence({ replicas: late }), choose({ ...bare, usdPerGpuHour: 0.1 }))
  expect(slow.verdict).toContain('open-70b on 2× h100 would cost $146 a month, but misses the latency objective.')
  expect(decide(evidence(), choose()).verdict).not.toMatch(/would cost \S+ a month, but/)
})

test('among equal prices what is in use is the best, and wins the draws too; else the first name', () => {
  const proven = choose({ assume: ['latency', 'dtype'] })
  const same = decide(evidence({ api: [{}, { name: 'a host' }, { name: 'b host' }] }), proven)
  expect(same.options.slice(0, 3).map(({ name }) => name)).toEqual(['metered', 'a host', 'b host'])
  expect(same.best).toBe('metered')
  expect(same.verdict).toMatch(/Stay: nothing cheaper is known to meet the bars/)
  expect(same.options[0]!.probabilityCheapest).toBe(1)
  const away = decide(evidence({ api: [{ usdPerMtok: 9 }, { name: 'b host' }, { name: 'a host' }] }), proven)
  expect(away.best).toBe('a host')
  expect(away.options[0]!.probabilityCheapest).toBe(1)
})

test('utilization is a share of what saturated replicas would serve: bursts that keep a fleet idle show in it', () => {
  const own = (replica: Partial<ReplicaTerms>) => {
    const { options } = decide(evidence({ replicas: [replica] }), choose(bare))
    return options.find(({ kind }) => kind === 'self-host')!
  }
  // 4 requests a second are sustained within the objective, 40 with a queue.
  const [full, idle] = [own({}), own({ saturatedRequestsPerSecond: 40 })]
  expect(idle.utilization).toBeCloseTo(full.utilization! / 10, 12)
  expect(idle).toMatchObject({ usd: full.usd, replicas: full.replicas, breakdown: full.breakdown })
})

test('law 4: calls of unknown usage are in no cost and make none per request look cheaper', () => {
  const all = evidence()
  const { demand } = all
  const half = { ...all, demand: { ...demand, unknownUsageCalls: demand.calls / 2 } }
  const per = (of: Evidence) => decide(of, choose()).options.map(option => option.usdPerThousandRequests!)
  expect(per(half)).toEqual(per(all).map(usd => expect.closeTo(usd * 2, 9)))
  const halves = { ...demand, unknownUsageCalls: demand.calls, tokens: { input: 0, output: 0 } }
  expect(() => decide({ ...all, demand: halves }, choose())).toThrow(/both its prompt and its answer/)
  const empty = { ...demand, tokens: { input: 0, output: 0 } }
  expect(() => decide({ ...all, demand: empty }, choose())).toThrow(/hold no token/)
})

test('law 4: an option without a price is unknown, last and never best; its parts are unknown, not zero', () => {
  const answer = decide(evidence({ api: [{}, { usd: null }, { pricedShare: 0.9 }], leases: [] }), choose())
  const unknowns = answer.options.filter(option => option.usd === null)
  expect(unknowns.map(option => option.name)).toEqual(['hosted 1', 'hosted 2', 'open-70b on 2× h100'])
  for (const option of unknowns) {
    expect(option.breakdown.tokens).toBeNull()
    expect(option).toMatchObject({ usdPerMtok: null, band: null, probabilityCheapest: null })
    expect(option.notes.join()).toMatch(/unknown/)
  }
  expect(answer.options.slice(-3)).toEqual(unknowns)
})

const fleetTerms: fc.Arbitrary<CostTerms> = fc
  .record({
    gpuUsd: fc.double({ min: 1, max: 50_000, noNaN: true }),
    overhead: fc.double({ min: 0, max: 1, noNaN: true }),
    throughput: fc.double({ min: 1, max: 50_000, noNaN: true }),
    peakToMean: fc.double({ min: 1, max: 20, noNaN: true }),
    minReplicas: fc.integer({ min: 0, max: 4 }),
    spareReplicas: fc.integer({ min: 0, max: 3 }),
    fixedUsdPerMonth: fc.double({ min: 0, max: 20_000, noNaN: true }),
  })
  .map(({ gpuUsd, overhead, throughput, peakToMean, ...rest }) => ({
    kind: 'self-host' as const,
    replicaUsdPerMonth: gpuUsd * (1 + overhead),
    replicaGpuUsdPerMonth: gpuUsd,
    throughputMtokPerMonth: throughput,
    replicaMtokPerMonth: throughput / peakToMean,
    fixedReplicas: null,
    loadCurve: [
      { load: 0.1, busyShare: 0.3 },
      { load: 1, busyShare: 1 },
    ],
    ...rest,
  }))

test('law 3: the parts of a bill add up to it, and busy time is within the lease', () => {
  fc.assert(
    fc.property(fleetTerms, fc.double({ min: 0, max: 1e12, noNaN: true }), (terms, tokens) => {
      const parts = breakdownAt(terms, tokens)
      const sum = Object.values(parts).reduce<number>((total, part) => total + part!, 0)
      const usd = costAt(terms, tokens)
      expect(Math.abs(sum - usd)).toBeLessThanOrEqual(1e-10 * usd)
      for (const part of Object.values(parts)) expect(part).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('law 3: money of a fleet is its leased hours × rate to the last digit, and in answers the parts add up, at any volume', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.double({ min: 1e6, max: 1e13, noNaN: true }),
      fc.constantFrom(null, 9, 400),
      fc.integer({ min: 0, max: 3 }),
      (cents, tokensPerMonth, replicas, spareReplicas) => {
        const price = { usdPerGpuHour: cents / 100, tokensPerMonth, replicas, spareReplicas }
        const leased = decide(evidence({ windows: 36 }), choose({ ...bare, ...price }), { draws: 4 })
        for (const option of leased.options.filter(({ kind, usd }) => kind === 'self-host' && usd !== null)) {
          // Whole cents and GPU-hours: exact in integers.
          expect(option.usd).toBe((option.gpus! * 730 * cents) / 100)
          expect(option.gpus).toBe(option.replicas! * 2)
        }
        const whole = decide(evidence({ windows: 36 }), choose(price), { draws: 4 })
        for (const { usd, breakdown, usdPerMtok } of whole.options) {
          if (usd === null) continue
          const sum = Object.values(breakdown).reduce<number>((total, part) => total + part!, 0)
          expect(Math.abs(sum - usd)).toBeLessThanOrEqual(1e-10 * usd)
          expect((usdPerMtok! * tokensPerMonth) / 1e6 / usd).toBeCloseTo(1, 9)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('replicas that bursts need are a floor: the bill never falls below it, and rises from it with the load', () => {
  const at = (leastReplicas: number, tokensPerMonth: number) => {
    const { options } = decide(evidence({ replicas: [{ leastReplicas }] }), choose({ tokensPerMonth }))
    return options.find(option => option.kind === 'self-host')!
  }
  expect(at(3, 1e9)).toMatchObject({ replicas: 4 })
  expect(at(3, 1e9).notes.join()).toContain('at least 3 replicas')
  expect(at(3, 70_000e6).replicas).toBe(at(1, 70_000e6).replicas)
  expect(at(1, 1e9).replicas).toBe(2)
})

test('a crossing and the point of no return lie within their bands', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 4, noNaN: true }),
      fc.double({ min: 1, max: 9, noNaN: true }),
      (usdPerMtok, hour) => {
        const answer = decide(
          evidence({ windows: 30, api: [{ usdPerMtok }, { usdPerMtok: usdPerMtok * 2 }] }),
          choose({ usdPerGpuHour: hour }),
          { draws: 30 },
        )
        for (const { at, band } of answer.crossings) if (band) expect(at >= band.low && at <= band.high).toBe(true)
        const { forGoodFrom } = answer
        if (forGoodFrom?.band) {
          expect(forGoodFrom.band.low).toBeLessThanOrEqual(forGoodFrom.tokensPerMonth)
          expect(forGoodFrom.band.high).toBeGreaterThanOrEqual(forGoodFrom.tokensPerMonth)
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('law 6: more load never lowers a bill, and a dearer lease never does', () => {
  const volume = fc.double({ min: 0, max: 1e12, noNaN: true })
  fc.assert(
    fc.property(fleetTerms, volume, volume, fc.double({ min: 1, max: 5, noNaN: true }), (terms, v, w, factor) => {
      const [low, high] = v < w ? [v, w] : [w, v]
      expect(costAt(terms, low)).toBeLessThanOrEqual(costAt(terms, high))
      if (terms.kind !== 'self-host') return
      const dearer = { ...terms, replicaUsdPerMonth: terms.replicaUsdPerMonth * factor }
      expect(costAt(dearer, low)).toBeGreaterThanOrEqual(costAt(terms, low))
      expect(utilizationAt(terms, high) ?? 0).toBeLessThanOrEqual(1 + 1e-9)
    }),
  )
})

test('law 6: through the whole decision, a cheaper price never makes its option dearer', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      fc.double({ min: 0.5, max: 12, noNaN: true }),
      (usdPerMtok, factor, usdPerGpuHour) => {
        const at = (share: number) =>
          decide(
            evidence({ windows: 36, api: [{ usdPerMtok: usdPerMtok * share }] }),
            choose({ usdPerGpuHour: usdPerGpuHour * share }),
            { draws: 10 },
          )
        const usdOf = (answer: ReturnType<typeof decide>) => new Map(answer.options.map(o => [o.name, o.usd!]))
        const [dear, cheap] = [usdOf(at(1)), usdOf(at(factor))]
        for (const [name, usd] of cheap) expect(usd).toBeLessThanOrEqual(dear.get(name)! * (1 + 1e-11))
      },
    ),
    { numRuns: 40 },
  )
})

test('a fixed fleet costs the same until it is full; beyond that it has no price, and latency says no', () => {
  const within = decide(evidence(), choose({ ...bare, usdPerGpuHour: 3, replicas: 2 })).options.find(
    o => o.kind === 'self-host',
  )!
  expect(within).toMatchObject({ replicas: 2, usd: 8760, meetsLatency: 'yes' })
  const beyond = decide(evidence(), choose({ usdPerGpuHour: 3, replicas: 2, tokensPerMonth: 30_000e6 }))
  const own = beyond.options.find(o => o.kind === 'self-host')!
  expect(own).toMatchObject({ usd: null, meetsLatency: 'no' })
  expect(own.notes.join()).toContain('26280 Mtok')
  expect(costAt(own.terms!, 26_280e6)).toBeLessThan(Number.POSITIVE_INFINITY)
  expect(replicasAt(own.terms!, 1)).toBe(2)
})

test('the same evidence and choices give the same bytes, from a fresh copy too', () => {
  const make = () => JSON.stringify(decide(evidence({ windows: 500, api: [{}, { usdPerMtok: 0.5 }] }), choose()))
  expect(make()).toBe(make())
})

test('probabilities of the options that may be best add up to one, and bands hold the estimate', () => {
  const api = [{}, { usdPerMtok: 0.55 }, { usdPerMtok: 0.9 }, { usdPerMtok: 0.01, dtype: 'fp4' }]
  const answer = decide(evidence({ api }), choose({ ...bare, usdPerGpuHour: null }))
  const sum = answer.options.reduce((total, option) => total + (option.probabilityCheapest ?? 0), 0)
  expect(sum).toBeCloseTo(1, 9)
  expect(answer.options.find(option => option.dtype === 'fp4')!.probabilityCheapest).toBeNull()
  for (const { usd, band } of answer.options) {
    expect(band!.low).toBeLessThanOrEqual(usd! * (1 + 1e-9))
    expect(band!.high).toBeGreaterThanOrEqual(usd! * (1 - 1e-9))
  }
})

test('under a week the answer says so and the band of the bill is wider than over two weeks', () => {
  const relative = (windows: number) => {
    const answer = decide(evidence({ windows, replicas: [] }), choose())
    const { band, usd } = answer.options[0]!
    return { width: (band!.high - band!.low) / usd!, answer }
  }
  const short = relative(72 + 12)
  const long = relative(2016)
  expect(short.width).toBeGreaterThan(long.width)
  // A day against a week: fewer blocks alone would widen by √7 = 2.6, days not seen by √7 again.
  expect(relative(144).width / relative(1008).width).toBeGreaterThan(4.5)
  expect(short.answer.verdict).toContain('under a week')
  expect(short.answer.nextMeasurement).toContain('full week')
  expect(long.answer.verdict).toContain('14 days')
})

test('a closed model with nothing of its own weights to lease is best among its own, and others are a possible saving', () => {
  const answer = decide(
    evidence({ todayGroup: 'frontier', api: [{ group: 'frontier', usdPerMtok: 9 }, { usdPerMtok: 0.5 }] }),
    choose(),
  )
  expect(answer.best).toBe('metered')
  expect(answer.pairs).toEqual([])
  expect(answer.verdict).toContain('other weights')
  expect(answer.nextMeasurement).toContain('open-70b')
})

test.each([
  [{ term: 'on_demnd' }, 'TERM_UNKNOWN', 'on_demand'],
  [{ providers: ['lamda'] }, 'PROVIDER_UNKNOWN', 'lambda'],
  [{ gpu: 'h10' }, 'GPU_UNKNOWN', 'h100'],
  [{ api: 'meterd' }, 'API_UNKNOWN', 'metered'],
  [{ spareReplicas: -1 }, 'CHOICE_INVALID', 'whole number'],
  [{ tokensPerMonth: Number.NaN }, 'CHOICE_INVALID', 'number'],
  [{ tokensPerMonth: 1e30 }, 'CHOICE_INVALID', 'up to 1e18'],
])('the choice %j is refused with the nearest name or what was expected', (choices, code, fix) => {
  try {
    decide(evidence(), choose(choices))
    expect.unreachable()
  } catch (fault) {
    expect(fault).toMatchObject({ code })
    expect((fault as Fault).fix).toContain(fix)
  }
})

test('a GPU that nobody leases on demand has an unknown price where no term was stated, and is no wrong term', () => {
  const flex = { ...evidence().leases[0]!, term: 'serverless_flex' }
  const { options, decision } = decide(evidence({ leases: [flex] }), choose())
  expect(options.find(({ kind }) => kind === 'self-host')).toMatchObject({ usd: null })
  expect(decision.answer).toBe('cannot tell')
  expect(() => decide(evidence({ leases: [flex] }), choose({ term: 'spot' }))).toThrow(/lease term/)
})

test('calls on one instant are refused, unless the volume is stated', () => {
  const one = evidence({ windows: 1 })
  const instant = { ...one, demand: { ...one.demand, lastAtMicros: 0 } }
  expect(() => decide(instant, choose())).toThrow(Fault)
  expect(decide(instant, choose({ tokensPerMonth: 1e9 })).options[0]!.usd).toBe(600)
})

test('a tie is called one, and what is paid today is told by a flag, not by a name', () => {
  const answer = decide(
    evidence({
      api: [
        { name: 'ledger', usdPerMtok: 3, kind: 'as-metered' },
        { name: 'hosted 1', usdPerMtok: 1, kind: 'hosted' },
        { name: 'hosted 2', usdPerMtok: 1, kind: 'hosted' },
      ],
    }),
    { ...defaultChoices, spareReplicas: 40, assume: ['latency', 'dtype'] },
  )
  expect(answer.verdict).toContain('as dear as hosted 2')
  expect(answer.verdict).not.toContain('$0.00')
  expect(answer.verdict).toMatch(/less than what is paid today/)
  expect(answer.options.filter(option => option.asMetered).map(({ name }) => name)).toEqual(['ledger'])
})

test('a fleet is named by the weights that it runs, and says which replica it is made of', () => {
  const { options } = decide(evidence({ replicas: [{ model: 'family-70b', gpu: 'h100', gpusPerReplica: 4 }] }), {
    ...defaultChoices,
    usdPerGpuHour: 2,
  })
  const own = options.find(option => option.kind === 'self-host')!
  expect([own.name, own.replica]).toEqual([
    'open-70b on 4× h100',
    { model: 'family-70b', gpu: 'h100', gpusPerReplica: 4 },
  ])
  expect(options.find(option => option.kind === 'api')!.replica).toBe(null)
})

test('each choice reads as a person would say it, with its unit', () => {
  const { assumptions, objective } = decide(evidence(), { ...defaultChoices, operationsUsdPerMonth: 400 })
  const said = assumptions.map(({ name, value, label, brief }) => `${label ?? name}: ${brief ?? value}`)
  expect(said).toContain('operations: $400 a month, stated by you')
  expect(said).toContain('spare replicas: 1 (N+1)')
  expect(said).toContain('overhead: 15 % of the GPU bill (storage, egress, monitoring)')
  expect(said.filter(line => /[a-z][A-Z]|_/.test(line))).toEqual([])
  expect(objective).toEqual(evidence().objective)
})
