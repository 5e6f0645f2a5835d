import fc from 'fast-check'
import { expect, test } from 'vitest'
import { add, decimal, formatUsd, type Money, parseUsd, roundHalfEven, zero } from '../meter/money.ts'
import { decideSavings } from './savings.ts'
import type { SavingsAnswer } from './savings-answer.ts'
import type { DayBill, OwnLease, Repriced, SavingsEvidence, ServedCalls, ServedOn } from './savings-evidence.ts'

const hour = 3_600_000_000
const day = 24 * hour
const start = 1_767_571_200_000_000 // 2026-01-05T00:00:00Z, a Monday

const lease = (over: Partial<OwnLease> = {}): OwnLease => ({
  line: 2,
  gpu: 'h100',
  count: 1,
  fromMicros: start,
  toMicros: start + 7 * day,
  usdPerGpuHour: '2',
  committedUntilMicros: null,
  team: null,
  ...over,
})

interface Case {
  readonly leases?: readonly OwnLease[]
  /** Calls of each day; a number = calls of 1,000 tokens in and 100 out. */
  readonly served?: readonly (number | Partial<ServedCalls>)[]
  /** USD per million tokens, input and output, by host. */
  readonly hosts?: Readonly<Record<string, readonly [number, number]>>
  readonly servedOn?: readonly Partial<ServedOn>[]
  readonly days?: readonly number[]
}

function callsOf(one: number | Partial<ServedCalls>): ServedCalls {
  const calls = typeof one === 'number' ? one : (one.calls ?? 0)
  const known = calls - (typeof one === 'number' ? 0 : (one.unknownUsageCalls ?? 0))
  const rest = typeof one === 'number' ? {} : one
  return {
    weights: 'open-70b',
    calls,
    unknownUsageCalls: 0,
    inputTokens: known * 1000,
    outputTokens: known * 100,
    ...rest,
  }
}

/** At flat rates: micro-dollars a token are USD per million tokens, and a millionth of them a pico-dollar. */
function bill({ inputTokens, outputTokens }: ServedCalls, [input, output]: readonly [number, number]): DayBill {
  const usd = formatUsd(BigInt(Math.round(inputTokens * input * 1e6 + outputTokens * output * 1e6)) as Money)
  return { usd, usdWithHits: usd, unpricedCalls: 0 }
}

function evidence({
  leases = [lease()],
  served = [],
  hosts = { host: [1, 2] },
  servedOn = [{}],
  days,
}: Case): SavingsEvidence {
  const lengths = days ?? Array.from({ length: Math.max(7, served.length) }, () => 24)
  let at = start
  const own = lengths.map((hours, i) => {
    const fromMicros = at
    at += hours * hour
    return { date: `day ${i + 1}`, fromMicros, toMicros: at }
  })
  const calls = own.map((_, i) => (served[i] === undefined || served[i] === 0 ? [] : [callsOf(served[i])]))
  const repriced = (name: string, rates: readonly [number, number]): Repriced => ({
    name,
    provider: name,
    model: 'open-70b',
    source: 'test',
    observedAt: null,
    dated: true,
    parts: [calls.map(one => (one[0] === undefined ? bill(callsOf(0), rates) : bill(one[0], rates)))],
  })
  const offers = Object.entries(hosts).map(([name, rates]) => repriced(name, rates))
  return {
    sample: false,
    zone: 'UTC',
    days: own,
    leases,
    by: null,
    parts: [{ key: null, days: calls }],
    ownProviders: ['vllm'],
    hosted: calls.flat().length === 0 ? [] : [{ weights: 'open-70b', named: false, offers }],
    frontier: { ...repriced('frontier', [3, 15]), chosenBy: 'test' },
    measured: [],
    servedOn: servedOn.map(on => ({
      weights: 'open-70b',
      gpu: 'h100',
      gpuSecondsPerInputToken: 1e-4,
      gpuSecondsPerOutputToken: 1e-3,
      band: 0.25,
      note: '',
      ...on,
    })),
    notes: [],
    assumptions: [],
  }
}

const judged = (one: Case, operationsUsdPerMonth: number | null = 0) =>
  decideSavings(evidence(one), { operationsUsdPerMonth })

test('a week by hand: leases, busy and idle, the same calls elsewhere, and what was saved', () => {
  // 168 h × $2 = $336. 100,000 calls a day: 100 Mtok in, 10 Mtok out; at $1 and $2 per Mtok $120 a day, $840 in all.
  // Busy: 1e8 × 1e-4 s + 1e7 × 1e-3 s = 20,000 s of 86,400: 23.1481481481 % of $48 = $11.111111111088 a day.
  const answer = judged({ served: Array.from({ length: 7 }, () => 100_000) })
  expect(answer.total).toMatchObject({
    gpuHours: 168,
    leasedUsd: '336.000000000000',
    sunkUsd: '0.000000000000',
    avoidableUsd: '336.000000000000',
    operationsUsd: '0.000000000000',
    loadedUsd: '336.000000000000',
    calls: 700_000,
    tokens: { input: 700_000_000, output: 70_000_000 },
    hosted: { usd: '840.000000000000', unpricedCalls: 0 },
    // 700 Mtok × $3 + 70 Mtok × $15
    frontier: { usd: '3150.000000000000', unpricedCalls: 0 },
  })
  expect(Number(answer.total.busyUsd)).toBeCloseTo(7 * (20_000 / 86_400) * 48, 8)
  expect(answer.total.busyShare?.value).toBeCloseTo(20_000 / 86_400, 10)
  expect(answer.total.busyShare?.low).toBeCloseTo(20_000 / 86_400 / 1.25, 10)
  expect(answer.total.busyShare?.high).toBeCloseTo(20_000 / 86_400 / 0.75, 10)
  expect(answer).toMatchObject({ verdict: 'saved', savedUsd: '504.000000000000', band: { low: 504, high: 504 } })
  expect(answer.sentence).toBe(
    'Saved: own GPUs cost $336 of leases; the same 700,000 calls at host would have cost $840: $504 saved.',
  )
  expect(answer.frontier).toMatchObject({ verdict: 'saved', usdBand: { low: 2677.5, high: 4095 } })
  expect(answer.days[1]?.cumulative).toEqual({
    leasedUsd: '96.000000000000',
    loadedUsd: '96.000000000000',
    hostedUsd: '240.000000000000',
    frontierUsd: '900.000000000000',
    savedUsd: '144.000000000000',
  })
})

test('an empty week is lost, whatever a host would have asked', () => {
  const answer = judged({}, null)
  expect(answer.verdict).toBe('lost')
  expect(answer.total).toMatchObject({
    leasedUsd: '336.000000000000',
    busyUsd: '0.000000000000',
    idleUsd: '336.000000000000',
    calls: 0,
    hosted: { usd: '0.000000000000', unpricedCalls: 0 },
  })
  expect(answer.sentence).toMatch(/^Lost: own GPUs cost .* and served no calls\.$/)
  expect(judged({ leases: [lease({ usdPerGpuHour: '0.01' })] }).verdict).toBe('lost')
})

test('an idle week after a busy one shows as idle, day by day', () => {
  const leases = [lease({ toMicros: start + 14 * day })]
  const answer = judged({ leases, served: [...Array.from({ length: 7 }, () => 10_000), 0, 0, 0, 0, 0, 0, 0] })
  expect(answer.days.slice(7).every(one => one.busyUsd === '0.000000000000' && one.idleUsd === '48.000000000000')).toBe(
    true,
  )
  // $12 a day for seven days against $672.
  expect(answer).toMatchObject({ verdict: 'lost', savedUsd: '-588.000000000000' })
})

test('a commitment is sunk until its day and avoidable after it', () => {
  // Committed for three and a half days: 84 h × $2 = $168 sunk; the other 84 h could have been stopped.
  const leases = [lease({ committedUntilMicros: start + 3.5 * day })]
  const answer = judged({ leases, served: Array.from({ length: 7 }, () => 20_000) })
  expect(answer.days.map(one => one.sunkUsd.slice(0, 5))).toEqual([
    '48.00',
    '48.00',
    '48.00',
    '24.00',
    '0.000',
    '0.000',
    '0.000',
  ])
  expect(answer.total).toMatchObject({
    leasedUsd: '336.000000000000',
    sunkUsd: '168.000000000000',
    avoidableUsd: '168.000000000000',
  })
  // $24 a day elsewhere: $168. All in all half of it was lost; of what could have been stopped, nothing.
  expect(answer).toMatchObject({ verdict: 'lost', savedUsd: '-168.000000000000' })
  expect(answer.avoidable).toMatchObject({
    usd: '168.000000000000',
    savedUsd: '0.000000000000',
    verdict: 'cannot tell',
  })
  const longer = judged({ leases: [lease({ committedUntilMicros: start + 30 * day })], served: [1000] })
  expect(longer.total.avoidableUsd).toBe('0.000000000000')
  expect(longer.avoidable.verdict).toBe('saved')
})

test('operations that nobody stated decide nothing: from none to the default', () => {
  // $840 elsewhere; $336 of leases, and the default of $8,333 a month is $1,917.73 for 168 of 730 hours.
  const served = Array.from({ length: 7 }, () => 100_000)
  const answer = judged({ served }, null)
  expect(answer.total.operationsUsd).toBe('1917.731506849315')
  expect(answer.verdict).toBe('cannot tell')
  expect(answer.reasons.join(' ')).toContain('--operations-usd-per-month')
  expect(judged({ served }, 730)).toMatchObject({ verdict: 'saved', total: { operationsUsd: '168.000000000000' } })
  expect(judged({ served }, 7300)).toMatchObject({ verdict: 'lost', savedUsd: '-1176.000000000000' })
})

test('the hosted row is of middle price and the spread of hosts is the band', () => {
  const served = Array.from({ length: 7 }, () => 50_000)
  const hosts = { a: [0.1, 0.2], b: [0.5, 1], c: [1, 2], d: [2, 4] } as const
  const answer = judged({ served, hosts })
  // 350 Mtok in and 35 Mtok out: $42, $210, $420, $840; the lower middle is b.
  expect(answer.hosted.rows).toMatchObject([
    { name: 'b', spread: [{ usd: '42.000000000000' }, {}, {}, { usd: '840.000000000000' }] },
  ])
  expect(answer.hosted.band).toEqual({ low: 42, high: 840 })
  expect(answer.reasons).toEqual(['the same calls would have cost $42.00 to $840 by host, which spans $336'])
  expect(answer).toMatchObject({
    verdict: 'cannot tell',
    savedUsd: '-126.000000000000',
    band: { low: -294, high: 504 },
  })
})

test('law 4: unknown usage, no price and no lease keep the verdict from being sure, and are counted', () => {
  const unknown = judged({ served: [{ calls: 1000, unknownUsageCalls: 1000 }] })
  expect(unknown).toMatchObject({
    verdict: 'cannot tell',
    savedUsd: null,
    total: { hosted: { usd: null }, unknownUsageCalls: 1000, busyUsd: null, idleUsd: null },
  })
  const unpriced = judged({ served: [1000], hosts: {} })
  expect(unpriced).toMatchObject({ verdict: 'cannot tell', total: { hosted: { usd: null, unpricedCalls: 1000 } } })
  expect(unpriced.band.high).toBeNull()
  // Half of unknown usage: at most twice the bill of the other half.
  const half = judged({ served: [{ calls: 400_000, unknownUsageCalls: 200_000 }] })
  expect(half.hosted.band).toEqual({ low: 240, high: 480 })
  expect(half.verdict).toBe('cannot tell')
  // Calls on days without a listed GPU cannot prove a saving, for somebody paid for them.
  const unlisted = judged({
    leases: [lease({ fromMicros: start + day, toMicros: start + 2 * day })],
    served: [1_000_000, 1],
  })
  expect(unlisted).toMatchObject({ verdict: 'cannot tell', callsWithoutLease: 1_000_000 })
  const notSimulated = judged({ served: [1000, 0], servedOn: [] })
  expect(notSimulated.days[0]).toMatchObject({ busyUsd: null, idleUsd: null, leasedUsd: '48.000000000000' })
  expect(notSimulated.days[1]).toMatchObject({ busyUsd: '0.000000000000', idleUsd: '48.000000000000' })
  expect(notSimulated.notes.join(' ')).toContain('busy and idle are unknown: open-70b is not simulated')
})

test('calls that need more than was leased keep every GPU busy, and the answer says so', () => {
  const answer = judged({ served: [1_000_000] })
  expect(answer.days[0]).toMatchObject({ busyUsd: '48.000000000000', idleUsd: '0.000000000000' })
  expect(answer.notes.join(' ')).toContain('more GPU time than was leased')
})

test('two kinds of GPU share the load by what each can do', () => {
  const leases = [lease(), lease({ gpu: 'l40s', count: 2, usdPerGpuHour: '1' })]
  const servedOn = [{}, { gpu: 'l40s', gpuSecondsPerInputToken: 2e-4, gpuSecondsPerOutputToken: 2e-3 }]
  // 20,000 s on one kind, 40,000 s on the other: one H100 day and two L40S days do 86,400/20,000 + 172,800/40,000 = 8.64 of it.
  const answer = judged({ leases, served: [100_000], servedOn })
  expect(answer.days[0]?.busyShare?.value).toBeCloseTo(1 / 8.64, 10)
})

test('rows by team add up, and leases without a team have a row of their own', () => {
  const one = evidence({ leases: [lease({ team: 'search' }), lease({ usdPerGpuHour: '0.5' })], served: [100, 200] })
  const twice = (offer: Repriced): Repriced => ({ ...offer, parts: [offer.parts[0]!, offer.parts[0]!] })
  const teams: SavingsEvidence = {
    ...one,
    by: 'team',
    parts: ['search', 'ads'].map(key => ({ key, days: one.parts[0]!.days })),
    hosted: one.hosted.map(group => ({ ...group, offers: group.offers.map(twice) })),
    frontier: { ...twice(one.frontier), chosenBy: 'test' },
  }
  const answer = decideSavings(teams, { operationsUsdPerMonth: 0 })
  expect(answer.rows.map(row => [row.key.team, row.leasedUsd, row.calls, row.hosted.usd])).toEqual([
    ['ads', '0.000000000000', 300, '0.360000000000'],
    ['search', '336.000000000000', 300, '0.360000000000'],
    [null, '84.000000000000', 0, '0.000000000000'],
  ])
  expect(answer.total).toMatchObject({ leasedUsd: '420.000000000000', calls: 600, hosted: { usd: '0.720000000000' } })
})

const sum = (texts: readonly (string | null)[]): Money =>
  texts.reduce((all, text) => add(all, parseUsd(text ?? '0')), zero)
const minute = hour / 60

const anyLease = fc
  .record({
    gpu: fc.constantFrom('h100', 'l40s'),
    count: fc.integer({ min: 1, max: 64 }),
    from: fc.integer({ min: -5000, max: 12_000 }),
    minutes: fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: null }),
    committed: fc.option(fc.integer({ min: -5000, max: 30_000 }), { nil: null }),
    unscaled: fc.bigInt({ min: 0n, max: 99_999_999n }),
    scale: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ from, minutes, committed, unscaled, scale, ...rest }) =>
    lease({
      ...rest,
      fromMicros: start + from * minute,
      toMicros: minutes === null ? null : start + (from + minutes) * minute,
      committedUntilMicros: committed === null ? null : start + committed * minute,
      usdPerGpuHour: `${unscaled / 10n ** BigInt(scale)}.${(unscaled % 10n ** BigInt(scale)).toString().padStart(scale, '0')}0`,
    }),
  )
const anyCase = fc.record({
  leases: fc.array(anyLease, { minLength: 1, maxLength: 5 }),
  served: fc.array(
    fc
      .record({ calls: fc.integer({ min: 0, max: 500_000 }), unknown: fc.integer({ min: 0, max: 100 }) })
      .map(({ calls, unknown }) => ({ calls, unknownUsageCalls: Math.min(unknown, calls) })),
    { maxLength: 9 },
  ),
  hosts: fc.constant({ a: [0.1, 0.4], b: [0.6, 0.6], c: [0.9, 1.2] } as const),
  // A spring and an autumn change of clocks among the days, and a day cut short.
  days: fc.constant([24, 23, 24, 25, 24, 24, 24, 24, 7]),
  servedOn: fc.constantFrom([{}], [{}, { gpu: 'l40s', gpuSecondsPerInputToken: 3e-4 }], []),
})
const operations = fc.option(
  fc.double({ min: 0, max: 20_000, noNaN: true }).map(usd => Math.round(usd * 100) / 100),
  { nil: null },
)

const money = ['leasedUsd', 'sunkUsd', 'avoidableUsd', 'operationsUsd', 'loadedUsd'] as const

test('law 3: days add up to hours × rate to the pico-dollar, and every breakdown to its whole', () => {
  fc.assert(
    fc.property(anyCase, operations, (one, perMonth) => {
      const answer = judged(one, perMonth)
      const { days, total } = answer
      for (const name of money) expect(sum(days.map(own => own[name]))).toBe(parseUsd(total[name]))
      for (const own of [...days, total]) {
        expect(add(parseUsd(own.sunkUsd), parseUsd(own.avoidableUsd))).toBe(parseUsd(own.leasedUsd))
        expect(add(parseUsd(own.leasedUsd), parseUsd(own.operationsUsd))).toBe(parseUsd(own.loadedUsd))
        if (own.busyUsd === null) expect(own.idleUsd).toBeNull()
        else {
          expect(add(parseUsd(own.busyUsd), parseUsd(own.idleUsd!))).toBe(parseUsd(own.leasedUsd))
          expect(Number(own.idleUsd)).toBeGreaterThanOrEqual(0)
        }
      }
      expect(sum(answer.leases.map(own => own.usd))).toBe(parseUsd(total.leasedUsd))
      // Each lease anew: hours in the days told of × rate × count, rounded once.
      const [first, last] = [days[0]!, days.at(-1)!]
      one.leases.forEach((own, i) => {
        const from = Math.max(own.fromMicros, first.fromMicros)
        const micros = Math.max(0, Math.min(own.toMicros ?? Infinity, last.toMicros) - from)
        const rate = decimal(own.usdPerGpuHour)
        const top = BigInt(micros) * BigInt(own.count) * rate.unscaled * 10n ** 12n
        expect(parseUsd(answer.leases[i]!.usd)).toBe(roundHalfEven(top, BigInt(hour) * 10n ** BigInt(rate.scale)))
      })
      expect(sum(days.map(own => own.hosted.usd))).toBe(parseUsd(total.hosted.usd ?? '0'))
      expect(days.at(-1)!.cumulative).toMatchObject({ loadedUsd: total.loadedUsd, savedUsd: answer.savedUsd })
      expect(days.reduce((n, own) => n + own.calls, 0)).toBe(total.calls)
    }),
    { numRuns: 300 },
  )
})

const order = { lost: 0, 'cannot tell': 1, saved: 2 } as const
const better = (a: SavingsAnswer, b: SavingsAnswer) => order[a.verdict] - order[b.verdict]

test('law 6: a cheaper lease never makes own GPUs dearer, nor the verdict worse', () => {
  fc.assert(
    fc.property(anyCase, operations, fc.nat(4), (one, perMonth, which) => {
      const cheaper = one.leases.map((own, i) =>
        i === which % one.leases.length ? { ...own, usdPerGpuHour: '0.01' } : own,
      )
      fc.pre(Number(one.leases[which % one.leases.length]!.usdPerGpuHour) >= 0.01)
      const [before, after] = [judged(one, perMonth), judged({ ...one, leases: cheaper }, perMonth)]
      before.days.forEach((own, i) => {
        expect(parseUsd(after.days[i]!.loadedUsd)).toBeLessThanOrEqual(parseUsd(own.loadedUsd))
      })
      expect(better(after, before)).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 200 },
  )
})

test('law 6: more calls at flat rates never lower what the same calls would have cost', () => {
  fc.assert(
    fc.property(anyCase, fc.nat(8), fc.integer({ min: 1, max: 100_000 }), (one, which, more) => {
      fc.pre(one.served.length > 0)
      const served = one.served.map((own, i) =>
        i === which % one.served.length ? { ...own, calls: own.calls + more } : own,
      )
      const [before, after] = [judged(one), judged({ ...one, served })]
      expect(parseUsd(after.total.hosted.usd ?? '0')).toBeGreaterThanOrEqual(parseUsd(before.total.hosted.usd ?? '0'))
      expect(parseUsd(after.total.frontier.usd ?? '0')).toBeGreaterThanOrEqual(
        parseUsd(before.total.frontier.usd ?? '0'),
      )
      expect(after.hosted.band.low).toBeGreaterThanOrEqual(before.hosted.band.low)
    }),
    { numRuns: 200 },
  )
})

test('law 4: taking the usage or the price of calls away never makes a verdict surer', () => {
  fc.assert(
    fc.property(anyCase, fc.boolean(), (one, price) => {
      const blurred: Case = price
        ? { ...one, hosts: {} }
        : { ...one, served: one.served.map(own => ({ ...own, unknownUsageCalls: own.calls })) }
      const { verdict, total } = judged(blurred)
      if (total.calls === 0) return
      expect(total.hosted.usd).toBeNull()
      expect(total.hosted.unpricedCalls + total.unknownUsageCalls).toBe(total.calls)
      expect(verdict).toBe('cannot tell')
    }),
    { numRuns: 200 },
  )
})
