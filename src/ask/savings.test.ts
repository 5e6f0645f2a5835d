import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadPriceBook } from '../catalog/price-book.ts'
import { decideSavings } from '../core/decide/savings.ts'
import type { OwnLease } from '../core/decide/savings-evidence.ts'
import type { Call } from '../core/meter/call.ts'
import { callForTest } from '../core/meter/call-for-test.ts'
import { fromPico, parseUsd, roundHalfEven } from '../core/meter/money.ts'
import { noUsage, type Usage } from '../core/meter/usage.ts'
import { localPeriod } from '../ledger/calendar.ts'
import { openMemory } from '../ledger/memory.ts'
import { gatherSavings, type SavingsQuestion } from './savings.ts'

const at = (text: string) => Date.parse(text) * 1000
const llama = 'meta-llama/Llama-3.1-8B-Instruct'
const book = loadPriceBook()
let next = 0

function call(time: string, usage: Partial<Usage>, over: Partial<Call> = {}): Call {
  return callForTest({
    id: String(next++),
    atMicros: at(time),
    provider: 'hosted_vllm',
    model: llama,
    usage: { ...noUsage, ...usage },
    price: { usd: null, reason: 'own GPUs' },
    ...over,
  })
}

const lease = (from: string, to: string | null, over: Partial<OwnLease> = {}): OwnLease => ({
  line: 2,
  gpu: 'h100-sxm-80gb',
  count: 1,
  fromMicros: at(from),
  toMicros: to === null ? null : at(to),
  usdPerGpuHour: '2',
  committedUntilMicros: null,
  team: null,
  ...over,
})

async function ask(calls: readonly Call[], question: Partial<SavingsQuestion> = {}) {
  const ledger = openMemory()
  await ledger.append(calls)
  const evidence = await gatherSavings(
    {
      leases: [lease('2026-11-02T00:00Z', '2026-11-05T00:00Z')],
      fromMicros: null,
      toMicros: null,
      zone: 'UTC',
      providers: null,
      model: null,
      as: null,
      frontier: null,
      by: null,
      seed: 1,
      ...question,
    },
    { ledger, book },
  )
  return { evidence, answer: decideSavings(evidence, { operationsUsdPerMonth: 0 }) }
}

test('own calls are told from others by their provider, and repriced by hand at one named host', async () => {
  const calls = [
    call('2026-11-02T10:00Z', { input: 100_000, output: 10_000 }),
    call('2026-11-03T23:59:59Z', { input: 90_000, output: 10_000 }, { provider: 'SGLang' }),
    call('2026-11-03T12:00Z', { input: 9e6, output: 9e6 }, { provider: 'together' }),
    call('2026-11-04T00:00Z', { input: 50_000, output: 50_000 }, { provider: 'self-hosted', model: 'llama-3.1-8b' }),
  ]
  const { answer } = await ask(calls, { as: 'wandb' })
  // wandb lists 0.22 and 0.22 USD per Mtok for Llama 3.1 8B, and the price book has no wandb: one list price.
  expect(answer.days.map(day => day.hosted.usd)).toEqual(['0.024200000000', '0.022000000000', '0.022000000000'])
  expect(answer.ownProviders).toEqual(['SGLang', 'hosted_vllm', 'self-hosted'])
  expect(answer.hosted.rows).toMatchObject([
    { weights: 'llama-3.1-8b', dated: false, observedAt: '2026-06-27', spread: [{}] },
  ])
  expect(answer.total).toMatchObject({
    calls: 3,
    tokens: { input: 240_000, output: 70_000 },
    leasedUsd: '144.000000000000',
  })
  expect(answer.total.busyShare?.value).toBeGreaterThan(0)
  const stated = await ask(calls, { providers: ['Together'], as: 'wandb' })
  expect(stated.answer.total.calls).toBe(1)
})

test('days are those of the zone: a call at 23:30 in New York is of that day, and the day of the change has 25 hours', async () => {
  const calls = [
    call('2026-11-02T04:30Z', { input: 10, output: 1 }),
    call('2026-11-01T05:30Z', { input: 10, output: 1 }),
  ]
  const zone = 'America/New_York'
  const leases = [lease('2026-11-01T04:00Z', '2026-11-03T05:00Z')]
  const { answer } = await ask(calls, { zone, leases })
  expect(answer.days.map(day => [day.date, day.calls, day.leasedUsd])).toEqual([
    ['2026-11-01', 2, '50.000000000000'],
    ['2026-11-02', 0, '48.000000000000'],
  ])
  const kolkata = await ask(
    [call('2026-11-02T18:29Z', { input: 1, output: 1 }), call('2026-11-02T18:31Z', { input: 1, output: 1 })],
    {
      zone: 'Asia/Kolkata',
      leases: [lease('2026-11-01T18:30Z', '2026-11-03T18:30Z')],
    },
  )
  expect(kolkata.answer.days.map(day => [day.date, day.calls])).toEqual([
    ['2026-11-02', 1],
    ['2026-11-03', 1],
  ])
})

test('each call at the price of its own time: a new price within a day, and a dearer hour, by hand', async () => {
  // deepseek-v4-pro: 0.435 and 0.87 until 2026-08-16T16:00Z, then 0.66 and 1.98, twice that on weekdays from 01:00 to 04:00.
  const times = [
    '2026-08-14T12:00Z',
    '2026-08-16T15:00Z',
    '2026-08-16T17:00Z',
    '2026-08-17T02:00Z',
    '2026-08-17T05:00Z',
  ]
  const { answer } = await ask(
    times.map(time => call(time, { input: 100_000, output: 10_000 })),
    { leases: [lease('2026-08-14T00:00Z', '2026-08-18T00:00Z')], frontier: 'deepseek/deepseek-v4-pro' },
  )
  expect(answer.days.map(day => day.frontier.usd)).toEqual([
    '0.052200000000',
    '0.000000000000',
    '0.138000000000',
    '0.257400000000',
  ])
})

test('cache hits do not carry over: fresh input is billed, and the low end grants them at the price of hits', async () => {
  const { answer } = await ask([call('2026-11-02T10:00Z', { input: 400_000, cacheRead: 600_000, output: 100_000 })])
  // claude-sonnet-5: $2 and $10, hits $0.20. Fresh 2 + 1; with hits 0.8 + 0.12 + 1 = 1.92; 0.85 of it 1.632, 1.3 of 3 is 3.9.
  expect(answer.frontier).toMatchObject({ name: 'anthropic/claude-sonnet-5', usdBand: { low: 1.632, high: 3.9 } })
  expect(answer.total.frontier.usd).toBe('3.000000000000')
  expect(answer.total.tokens.input).toBe(1_000_000)
})

test('unknown usage and weights without a host are counted, never free', async () => {
  const { answer } = await ask([
    call('2026-11-02T10:00Z', { input: null, output: null }),
    call('2026-11-02T11:00Z', { input: 1000, output: 1000 }, { model: 'our-own-finetune' }),
  ])
  expect(answer.total).toMatchObject({
    calls: 2,
    unknownUsageCalls: 1,
    busyUsd: null,
    idleUsd: null,
    hosted: { usd: null, unpricedCalls: 1 },
  })
  expect(answer.verdict).toBe('cannot tell')
  expect(answer.notes.join(' ')).toMatch(/our-own-finetune: its architecture is not in the model catalog/)
})

test('the frontier model is the closed one with most spend, else a named constant, else as stated', async () => {
  const spent = (model: string, usd: string, provider = 'openai') =>
    call(
      '2026-11-02T01:00Z',
      { input: 1, output: 1 },
      { provider, model, price: { usd: parseUsd(usd), pricedAs: model, catalogVersion: 'v' } },
    )
  const own = call('2026-11-02T10:00Z', { input: 1, output: 1 })
  const chosen = async (calls: readonly Call[], question: Partial<SavingsQuestion> = {}) => {
    const { evidence } = await ask([own, ...calls], question)
    return evidence.frontier.name
  }
  expect(
    await chosen([
      spent('gpt-5', '3'),
      spent('gpt-oss-120b', '9', 'groq'),
      spent('claude-haiku-4-5', '2', 'anthropic'),
    ]),
  ).toBe('openai/gpt-5')
  expect(await chosen([spent('gpt-oss-120b', '9', 'groq')])).toBe('anthropic/claude-sonnet-5')
  expect(await chosen([], { frontier: 'gpt-5.1' })).toBe('gpt-5.1')
})

test('the days told of end with the last call or the last stated end of a lease, never in days to come', async () => {
  const own = call('2026-11-03T10:00Z', { input: 1, output: 1 })
  const span = async (leases: readonly OwnLease[], calls: readonly Call[] = [own]) => {
    const { answer } = await ask(calls, { leases })
    return [answer.days[0]!.date, answer.days.at(-1)!.date]
  }
  expect(await span([lease('2026-11-01T00:00Z', null)])).toEqual(['2026-11-01', '2026-11-03'])
  expect(await span([lease('2026-11-01T00:00Z', '2026-11-08T00:00Z')])).toEqual(['2026-11-01', '2026-11-07'])
  // Nobody's clock is read: "now" is the newest date of the catalog.
  expect(await span([lease('2026-11-01T00:00Z', '2027-11-08T00:00Z')])).toEqual(['2026-11-01', book.newestDate])
  expect(await span([lease('2026-11-01T00:00Z', '2026-11-08T00:00Z')], [])).toEqual(['2026-11-01', '2026-11-07'])
  await expect(span([lease('2026-11-01T00:00Z', null)], [])).rejects.toMatchObject({
    code: 'PERIOD_OPEN',
    where: '--to',
  })
  const { answer } = await ask([own, call('2026-10-01T10:00Z', { input: 1, output: 1 })])
  expect(answer.notes.join(' ')).toContain('1 calls on own GPUs are outside of the days told of')
})

test('a lease that ends later never costs less, and where days to come are cut from it a note says so', async () => {
  const own = call('2026-11-16T10:00Z', { input: 1, output: 1 })
  const told = async (question: Partial<SavingsQuestion>) => {
    const { answer } = await ask([own], question)
    return { usd: Number(answer.total.leasedUsd), notes: answer.notes.join(' '), assumptions: answer.assumptions }
  }
  const to = (end: string) => [lease('2026-11-02T00:00Z', `${end}T00:00Z`, { count: 4 })]
  const hours = (days: number) => days * 24 * 4 * 2
  expect(book.newestDate).toBe('2026-11-23')
  expect(await told({ leases: to('2026-11-22') })).toMatchObject({ usd: hours(20), notes: '' })
  expect(await told({ leases: to('2026-11-24') })).toMatchObject({ usd: hours(22), notes: '' })
  const cut = await told({ leases: to('2026-11-27') })
  expect(cut.usd).toBe(hours(22))
  expect(cut.notes).toContain(
    'line 2 of the leases: counted to the end of 2026-11-23, the newest date known; its own end is later',
  )
  expect(cut.assumptions.find(one => one.name === 'period')?.source).toContain('to the newest date known')
  expect(await told({ leases: to('2026-11-27'), toMicros: at('2026-11-27') })).toMatchObject({
    usd: hours(25),
    notes: '',
  })
})

test('a lease wholly after the last call is money lost; one wholly to come is none yet, and is told', async () => {
  const own = call('2026-11-16T10:00Z', { input: 1, output: 1 })
  const { answer } = await ask([own], { leases: [lease('2026-11-20T00:00Z', '2026-11-23T00:00Z')] })
  expect(answer.total.leasedUsd).toBe('144.000000000000')
  const after = lease('2026-12-01T00:00Z', '2026-12-03T00:00Z', { line: 3 })
  const both = await ask([own], { leases: [lease('2026-11-02T00:00Z', '2026-11-10T00:00Z'), after] })
  expect(both.answer.days.at(-1)!.date).toBe('2026-11-16')
  expect(both.answer.notes.join(' ')).toContain('line 3 of the leases: begins after')
  await expect(ask([own], { leases: [after] })).rejects.toMatchObject({
    code: 'PERIOD_EMPTY',
    message: 'every lease begins after 2026-11-23, the newest date known',
    where: '--to',
  })
})

test('the newest date of the catalog ends where that day ends in the zone', async () => {
  const own = call('2026-11-16T10:00Z', { input: 1, output: 1 })
  for (const zone of ['America/New_York', 'Pacific/Auckland', 'Pacific/Kiritimati']) {
    const { answer } = await ask([own], { zone, leases: [lease('2026-11-02T00:00Z', '2026-12-24T00:00Z')] })
    expect(answer.days.at(-1)!.date).toBe(book.newestDate)
  }
})

test('an unknown host, provider or model names what there is', async () => {
  const own = call('2026-11-03T10:00Z', { input: 1, output: 1 })
  await expect(ask([own], { as: 'wandbb' })).rejects.toMatchObject({
    code: 'OFFER_UNKNOWN',
    fix: 'did you mean wandb?',
  })
  await expect(ask([own], { providers: ['nobody'] })).rejects.toMatchObject({ code: 'PROVIDER_NOT_METERED' })
  await expect(ask([own], { model: 'gpt-5' })).rejects.toMatchObject({ code: 'MODEL_NOT_METERED' })
})

test('teams: rows of leases and calls that add up', async () => {
  const team = (name: string | null) => ({
    attribution: { workload: null, feature: null, task: null, user: null, team: name, environment: null },
  })
  const { answer } = await ask(
    [
      call('2026-11-02T10:00Z', { input: 1_000_000, output: 0 }, team('ads')),
      call('2026-11-03T10:00Z', { input: 1_000_000, output: 0 }, team(null)),
    ],
    { by: 'team', as: 'wandb', leases: [lease('2026-11-02T00:00Z', '2026-11-05T00:00Z', { team: 'ads' })] },
  )
  expect(answer.rows.map(row => [row.key.team, row.leasedUsd, row.hosted.usd])).toEqual([
    ['ads', '144.000000000000', '0.220000000000'],
    [null, '0.000000000000', '0.220000000000'],
  ])
  expect(answer.total.hosted.usd).toBe('0.440000000000')
})

test('law 3: for any zone, calls and leases each call is in the one day of its own time, and days add up to the whole', async () => {
  const zones = fc.constantFrom(
    'UTC',
    'Europe/Oslo',
    'America/New_York',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
  )
  const minute = 60_000_000
  const first = at('2026-10-22T00:00Z')
  const anyCall = fc.record({
    minute: fc.integer({ min: 0, max: 14 * 1440 }),
    input: fc.option(fc.integer({ min: 1, max: 90_000 }), { nil: null }),
    output: fc.integer({ min: 0, max: 9000 }),
  })
  const anyLease = fc.record({
    minute: fc.integer({ min: -1440, max: 14 * 1440 }),
    minutes: fc.option(fc.integer({ min: 1, max: 9 * 1440 }), { nil: null }),
    cents: fc.integer({ min: 0, max: 999 }),
  })
  await fc.assert(
    fc.asyncProperty(
      zones,
      fc.array(anyCall, { minLength: 1, maxLength: 40 }),
      fc.array(anyLease, { minLength: 1, maxLength: 3 }),
      async (zone, calls, leased) => {
        // Three GPUs too small for the weights: nothing is simulated, so busy and idle are unknown wherever there are calls.
        const leases = leased.map(one =>
          lease('2026-10-22T00:00Z', null, {
            gpu: 't4-16gb',
            count: 1,
            fromMicros: first + one.minute * minute,
            toMicros: one.minutes === null ? null : first + (one.minute + one.minutes) * minute,
            usdPerGpuHour: (one.cents / 100).toFixed(2),
          }),
        )
        const made = calls.map(one =>
          call(
            new Date((first + one.minute * minute) / 1000).toISOString(),
            one.input === null ? { input: null, output: null } : { input: one.input, output: one.output },
            { model: 'llama-3.3-70b' },
          ),
        )
        const span = { fromMicros: first - 1440 * minute, toMicros: first + 16 * 1440 * minute }
        const { answer } = await ask(made, { zone, leases, as: 'wandb', ...span })
        for (const day of answer.days) {
          const own = made.filter(one => localPeriod('day', one.atMicros, zone) === day.date)
          const known = own.filter(one => one.usage.input !== null)
          expect([day.calls, day.unknownUsageCalls]).toEqual([own.length, own.length - known.length])
          const tokens = known.reduce((sum, one) => sum + one.usage.input! + one.usage.output!, 0)
          // wandb lists 0.71 and 0.71 USD per Mtok.
          const usd = known.length === 0 && own.length > 0 ? null : fromPico(710_000n * BigInt(tokens))
          expect(day.hosted.usd === null ? null : parseUsd(day.hosted.usd)).toBe(usd)
          // Where nothing was leased nothing could be idle: 0 of 0.
          if (own.length > 0) expect(day.busyUsd).toBe(day.gpuHours > 0 ? null : '0.000000000000')
        }
        const pico = leases.reduce((sum, one) => {
          const from = Math.max(one.fromMicros, span.fromMicros)
          const micros = Math.max(0, Math.min(one.toMicros ?? Infinity, span.toMicros) - from)
          // Whole minutes at whole cents: 10^10 pico-dollars a cent over 60 minutes, rounded once a lease.
          const top =
            BigInt(micros / minute) *
            BigInt(Math.round(Number(one.usdPerGpuHour) * 100)) *
            BigInt(one.count) *
            10n ** 10n
          return sum + roundHalfEven(top, 60n)
        }, 0n)
        expect(answer.days.reduce((sum, day) => sum + parseUsd(day.leasedUsd), 0n)).toBe(pico)
        expect(parseUsd(answer.total.leasedUsd)).toBe(pico)
      },
    ),
    { numRuns: 25 },
  )
})
