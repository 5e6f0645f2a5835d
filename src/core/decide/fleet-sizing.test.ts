import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FleetTerms } from './answer.ts'
import type { Choices } from './choices.ts'
import { decide } from './decide.ts'
import type { Evidence, Replay, ReplicaTerms } from './evidence.ts'
import { choose, even, evidenceForTest, leaseForTest, replayForTest } from './evidence-for-test.ts'
import { inCrowd, sizedFor } from './fleet-sizing.ts'
import { costAt, replicasAt } from './staircase.ts'

/** Two weeks of even traffic: 2,520 Mtok, 20,000 calls; a replica of one GPU at $4 an hour. */
const evidence = (replays: readonly Replay[], usdPerMtok: number, over: Partial<ReplicaTerms> = {}): Evidence =>
  evidenceForTest({
    perWindow: { calls: 20_000 / 2016, input: 1_000_000, output: 250_000 },
    level: even,
    api: [{ usdPerMtok }],
    replicas: [{ gpusPerReplica: 1, requestsPerSecond: 0.01, tokensPerSecond: 1250, ...over }],
    leases: [leaseForTest('lambda', '4', { gpusPerInstance: 1 })],
    replays,
  })

/** A replay in which so many calls were late, each of 100,800 tokens. */
const replay = (replicas: number, late: number, over: Partial<Replay> = {}): Replay => {
  const each = { calls: 20_000, input: 100_000, output: 800 }
  return replayForTest({ replicas, late, gpusPerReplica: 1, lateShare: late / each.calls, ...each, ...over })
}

const fleetOf = (found: Evidence, choices: Choices = choose()) =>
  decide(found, choices, { draws: 5 }).options.find(({ kind }) => kind === 'self-host')!

test('late calls above 0.1 % of all are billed at the API, by hand', () => {
  // 200 late of 20,000; 20 are tolerated: 180 × 100,800 tokens at $2 a million, 14 days of 730 hours.
  const option = fleetOf(evidence([replay(3, 200)], 2))
  expect(option.spill).toEqual({ calls: 180, share: 0.009, api: 'metered' })
  expect(option.breakdown.spill).toBeCloseTo((180 * 0.1008 * 2 * 730) / 336, 6)
  expect(option.replicas).toBe(4)
  expect(option.usd).toBeCloseTo(4 * 4 * 730 * 1.15 + 8333 + option.breakdown.spill!, 6)
  expect(option.notes.join()).toContain('0.9 % of today')
  expect(fleetOf(evidence([replay(3, 20)], 2)).spill).toMatchObject({ calls: 0, share: 0 })
})

test('of the sizes that keep the objective the one whose lease and spill cost least is taken', () => {
  const sizes = [replay(3, 400), replay(4, 10)]
  // 380 late calls are 38.3 Mtok; a replica more costs $3,358 a month, so it pays from about $40 a million tokens.
  expect(fleetOf(evidence(sizes, 30))).toMatchObject({ replicas: 4, spill: { calls: 380 } })
  expect(fleetOf(evidence(sizes, 50))).toMatchObject({ replicas: 5, spill: { calls: 0 } })
  expect(fleetOf(evidence(sizes, 50), choose({ usdPerGpuHour: 9 }))).toMatchObject({ replicas: 4 })
})

test('a month that passes with windows or a busy hour that fail is "no"; without any size that keeps it the last one stands', () => {
  for (const over of [{ windowsMetShare: 0.98 }, { busyHourLateShare: 0.2 }, { lateShare: 0.06 }]) {
    const option = fleetOf(evidence([replay(3, 200, over)], 2))
    expect(option.meetsLatency).toBe('no')
    expect(option.notes.join()).toContain('came late on 3 replicas')
    // A size that keeps it is taken, though it costs more.
    expect(fleetOf(evidence([replay(3, 200, over), replay(6, 0)], 2))).toMatchObject({
      replicas: 7,
      meetsLatency: 'yes',
    })
  }
  // A quiet hour of the night with one late call of three is no peak.
  expect(fleetOf(evidence([replay(3, 200, { worstHourLateShare: 0.33 })], 2)).meetsLatency).toBe('yes')
})

test('calls that the cache of no replica holds are spilled, those that the model refuses are not', () => {
  const refused = { calls: 400, input: 400 * 50_000, output: 0 }
  const missed = { late: { calls: 0, input: 0, output: 0 }, refused }
  const found = (infeasible: number) =>
    fleetOf(evidence([replay(3, 0, { rejected: 400, missed })], 2, { infeasible: { calls: infeasible, reasons: [] } }))
  expect(found(400).spill!.calls).toBe(0)
  expect(found(100).spill!.calls).toBe(280)
  expect(found(100).breakdown.spill).toBeCloseTo((280 * 0.05 * 2 * 730) / 336, 6)
})

/** Late calls by size and how far the objective is tightened: more of them with every step, fewer with more replicas or not. */
const ladder = fc.record({
  first: fc.integer({ min: 1, max: 9 }),
  late: fc.array(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 4, maxLength: 4 }), {
    minLength: 1,
    maxLength: 6,
  }),
  slower: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 4, maxLength: 4 }),
  usdPerMtok: fc.double({ min: 0.05, max: 60, noNaN: true }),
  usdPerGpuHour: fc.double({ min: 0.2, max: 12, noNaN: true }),
  times: fc.double({ min: 0.02, max: 40, noNaN: true }),
})

test('tightening the objective never lowers the cost, at any volume; and the parts add up (law 3)', () => {
  fc.assert(
    fc.property(ladder, ({ first, late, slower, usdPerMtok, usdPerGpuHour, times }) => {
      let before = 0
      let beforeElsewhere = 0
      for (let step = 0; step < 4; step++) {
        const replays = late.map((steps, i) => {
          const lateCalls = steps.slice(0, step + 1).reduce((a, b) => a + b, 0)
          const windowsMetShare = 1 - lateCalls / 50_000
          return replay(first + i, lateCalls, { windowsMetShare })
        })
        if (!replays.some(({ windowsMetShare }) => windowsMetShare! >= 0.99)) break
        const slow = slower.slice(0, step + 1).reduce((a, b) => a + b, 0)
        const found = evidence(replays, usdPerMtok, { tokensPerSecond: 1250 / (1 + slow / 20) })
        const here = fleetOf(found, choose({ usdPerGpuHour }))
        const { tokensPerMonth } = decide(found, choose(), { draws: 1 }).youAreHere
        const elsewhere = fleetOf(found, choose({ usdPerGpuHour, tokensPerMonth: tokensPerMonth * times }))
        expect(here.usd!).toBeGreaterThanOrEqual(before * (1 - 1e-9))
        for (const { breakdown, usd } of [here, elsewhere]) {
          const sum = Object.values(breakdown).reduce<number>((a, b) => a + b!, 0)
          expect(Math.abs(sum - usd!)).toBeLessThanOrEqual(1e-9 * usd!)
        }
        before = here.usd!
        if (replays.length === 1) {
          expect(elsewhere.usd!).toBeGreaterThanOrEqual(beforeElsewhere * (1 - 1e-9))
          beforeElsewhere = elsewhere.usd!
        }
      }
    }),
    { numRuns: 150 },
  )
})

const terms: FleetTerms = {
  kind: 'self-host',
  replicaUsdPerMonth: 1000,
  replicaGpuUsdPerMonth: 1000,
  throughputMtokPerMonth: 2000,
  replicaMtokPerMonth: 1000,
  minReplicas: 1,
  spareReplicas: 0,
  fixedReplicas: null,
  fixedUsdPerMonth: 0,
  loadCurve: [],
}

test('the staircase goes through the size that was found, grows with it, and never falls', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0.01, max: 50, noNaN: true }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      (replicas, load, x, y) => {
        const v = load * 1000
        const at = (count: number, volume: number) => replicasAt(sizedFor(terms, count, v), volume * 1e6)!
        expect(at(replicas, v)).toBe(replicas)
        expect(at(replicas + 1, v * x)).toBeGreaterThanOrEqual(at(replicas, v * x))
        const [low, high] = x < y ? [x, y] : [y, x]
        expect(at(replicas, v * low)).toBeLessThanOrEqual(at(replicas, v * high))
      },
    ),
    { numRuns: 500 },
  )
})

test('what bursts ask of a small fleet is not asked of a large one: a hundred times the volume needs what its load does', () => {
  for (const replicas of [1, 2, 4, 8, 30]) {
    expect(costAt(sizedFor(terms, replicas, 800), 80_000e6)).toBe(80_000)
    expect(replicasAt(sizedFor(terms, replicas, 800), 800e6)).toBe(replicas)
  }
  expect(replicasAt(sizedFor(terms, 4, 800), 400e6)).toBe(2)
  expect(replicasAt(sizedFor(terms, 4, 800), 2_000e6)).toBe(4)
})

test('many replicas carry more each than a few: from the volume seen on, and never fewer replicas for more volume', () => {
  const many = inCrowd(terms, 2, 2_500)
  // Three at 1,000 Mtok each up to today's 2,500, then 2,000 each.
  expect([500, 1_500, 2_500, 6_000, 6_500].map(v => replicasAt(many, v * 1e6))).toEqual([1, 2, 3, 3, 4])
  expect(inCrowd(terms, 1, 2_500)).toBe(terms)
  expect(replicasAt(sizedFor(many, 5, 2_500), 2_500e6)).toBe(5)
})

test("today's own latency: lived with, unless an objective is stated; then only what was measured within it is yes", () => {
  const at = (objective: Partial<Evidence['objective']>) => {
    const found = evidence([replay(3, 0)], 2)
    const { options } = decide({ ...found, objective: { ...found.objective, ...objective } }, choose(), { draws: 1 })
    return options.find(({ asMetered }) => asMetered)!.meetsLatency
  }
  const p95 = (p95Ms: number) => ({ calls: 500, p95Ms })
  const stated = { ttft: true, tpot: false }
  expect(at({})).toBe('yes')
  expect(at({ measured: { ttft: p95(9000), tpot: null } })).toBe('yes')
  expect(at({ stated })).toBe('unknown')
  expect(at({ stated, measured: { ttft: p95(1900), tpot: null } })).toBe('yes')
  expect(at({ stated, measured: { ttft: p95(2100), tpot: null } })).toBe('no')
  expect(at({ stated: { ttft: true, tpot: true }, measured: { ttft: p95(1900), tpot: null } })).toBe('unknown')
})

test('law 4: late calls go only where calls may be served, and to nobody where none may take them', () => {
  const leases = [leaseForTest('lambda', '4', { gpusPerInstance: 1, region: 'europe-west4' })]
  const spillIn = (regions: readonly (string | null)[]) => {
    const found = evidenceForTest({
      level: even,
      api: regions.map(region => ({ usdPerMtok: 2, region })),
      replays: [replay(3, 200, { gpusPerReplica: 2 })],
      leases,
    })
    return fleetOf(found, choose({ region: 'eu' })).spill!.api
  }
  expect(spillIn(['us-east-1', 'eu-west-1'])).toBe('hosted 1')
  expect(spillIn(['us-east-1', null])).toBeNull()
})
