import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Budget } from '../core/meter/budget.ts'
import { nobody } from '../core/meter/call.ts'
import type { CallRecord, Opened } from '../core/meter/call-record.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import type { PriceCalls } from '../core/meter/load.ts'
import { type Money, parseUsd } from '../core/meter/money.ts'
import { noUsage } from '../core/meter/usage.ts'
import { askOf, type BudgetAnswer, type Budgets } from '../gateway/budgets.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { openMemory } from '../ledger/memory.ts'
import { type BudgetAuthority, openBudgets } from './budget-authority.ts'

/** One pico-dollar a token of prompt: a price that a test can add up by hand. */
const price: PriceCalls['price'] = ({ usage, model }) =>
  usage.input === null || model === 'unheard-of'
    ? { usd: null, reason: 'unknown' }
    : { usd: BigInt(usage.input) as Money, pricedAs: 'gpt-4o', catalogVersion: '1' }

const noon = Date.UTC(2026, 9, 24, 12) * 1000
const hourMicros = 3_600_000_000
const budget = (stated: Partial<Budget>): Budget => ({
  name: 'all',
  limit: 100n as Money,
  per: 'day',
  zone: 'Europe/Berlin',
  match: {},
  warnAt: 0.8,
  overrun: 'reject',
  ...stated,
})

function authorityOn(
  ledger: Ledger,
  budgets: readonly Budget[],
  more: { say?: (text: string) => void; unknownPrice?: 'pass' | 'reject'; nowMicros?: () => number } = {},
) {
  const { say = () => {}, unknownPrice = 'pass', nowMicros = () => noon } = more
  return openBudgets(
    { budgets, unknownPrice, assumedOutputTokens: 0 },
    { ledger: async () => ledger, price: async () => price, nowMicros, say },
  )
}

const ask = (authority: Budgets, opened: Opened, tokens: number): Promise<BudgetAnswer> =>
  authority.reserve({ ...askOf(opened, {}, tokens), outputTokens: 0 })
const begun = (opened: Opened, { reservedUsd }: { reservedUsd: string | null }): Opened =>
  reservedUsd === null ? opened : { ...opened, reservedUsd }
const ended = (key: string, tokens: number) =>
  settledForTest({ key, id: key, known: true, usage: { ...noUsage, input: tokens } })

async function take(ledger: Ledger, authority: BudgetAuthority, records: readonly CallRecord[]): Promise<void> {
  await ledger.take(records, {}, price)
  authority.taken(records)
  await authority.drained()
}

interface Planned {
  readonly atMicros: number
  readonly feature: string
  readonly bound: number
  readonly actual: number
  readonly isSettled: boolean
}

const planned: fc.Arbitrary<Planned> = fc.record({
  // Around the end of the longest day of Berlin: 25 hours.
  atMicros: fc.integer({ min: 0, max: 47 }).map(hours => noon + hours * hourMicros),
  feature: fc.constantFrom('search', 'chat'),
  bound: fc.integer({ min: 1, max: 60 }),
  actual: fc.integer({ min: 0, max: 80 }),
  isSettled: fc.boolean(),
})
const budgets = [budget({}), budget({ name: 'search', limit: 70n as Money, per: 'month', match: { feature: 'sea*' } })]
const periods: Readonly<Record<string, (call: Planned) => string | null>> = {
  all: ({ atMicros }) =>
    atMicros < Date.UTC(2026, 9, 24, 22) * 1000 ? '24' : atMicros < Date.UTC(2026, 9, 25, 23) * 1000 ? '25' : '26',
  search: ({ feature }) => (feature === 'search' ? 'October' : null),
}

test('however calls, records and reads of the ledger come between each other, no more is spent than the limit and what calls cost beyond their bounds', async () => {
  let refusals = 0
  let grants = 0
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(planned, { minLength: 1, maxLength: 14 }), async (scheduler, calls) => {
      const memory = openMemory()
      const slow =
        <A extends unknown[], R>(name: string, work: (...all: A) => Promise<R>) =>
        async (...all: A) => {
          await scheduler.schedule(Promise.resolve(), `${name} asked`)
          const result = await work(...all)
          await scheduler.schedule(Promise.resolve(), `${name} told`)
          return result
        }
      const ledger = {
        ...memory,
        report: slow('report', memory.report),
        unsettled: slow('unsettled', memory.unsettled),
        take: slow('take', memory.take),
      }
      const authority = authorityOn(ledger, budgets)
      void authority.drained()
      const spool: CallRecord[] = []
      const granted = new Map<Planned, bigint>()
      const refused: Planned[] = []
      const traffic = calls.map(async (call, i) => {
        await scheduler.schedule(Promise.resolve(), `call ${i}`)
        const opened = openedForTest({
          key: `k${i}`,
          atMicros: call.atMicros,
          attribution: { ...nobody, feature: call.feature },
        })
        const answer = await ask(authority, opened, call.bound)
        if (!answer.isGranted) return void refused.push(call)
        granted.set(call, parseUsd(answer.reservedUsd!))
        spool.push(begun(opened, answer))
        await scheduler.schedule(Promise.resolve(), `answer ${i}`)
        if (call.isSettled) spool.push(ended(`k${i}`, call.actual))
      })
      const drain = async () => {
        while (spool.length > 0) {
          const records = spool.splice(0, 3)
          await ledger.take(records, {}, price)
          authority.taken(records)
        }
        await authority.drained()
      }
      const writer = (async () => {
        for (let i = 0; i < 6; i++) {
          await scheduler.schedule(Promise.resolve(), 'writer')
          await drain()
        }
      })()
      await scheduler.waitFor(Promise.all([...traffic, writer]))
      await scheduler.waitFor(drain())
      grants += granted.size
      refusals += refused.length
      for (const { name, limit } of budgets) {
        const groups = new Map<string, Planned[]>()
        for (const call of granted.keys()) {
          const period = periods[name]!(call)
          if (period !== null) groups.set(period, [...(groups.get(period) ?? []), call])
        }
        for (const group of groups.values()) {
          const cost = (call: Planned) => (call.isSettled ? BigInt(call.actual) : granted.get(call)!)
          const spent = group.reduce((sum, call) => sum + cost(call), 0n)
          const beyond = group.reduce(
            (sum, call) => sum + (cost(call) > granted.get(call)! ? cost(call) - granted.get(call)! : 0n),
            0n,
          )
          expect(spent <= limit + beyond).toBe(true)
        }
      }
      // Nothing is counted twice or forgotten: what stands at the end is the sum of what was settled, and of what was not.
      const [all] = await scheduler.waitFor(authority.states())
      const today = [...granted.keys()].filter(call => periods.all!(call) === '24')
      const sum = (some: readonly Planned[], of: (call: Planned) => bigint) =>
        some.reduce((total, call) => total + of(call), 0n)
      expect(all!.usd).toBe(
        sum(
          today.filter(({ isSettled }) => isSettled),
          call => BigInt(call.actual),
        ),
      )
      expect(all!.reserved).toBe(
        sum(
          today.filter(({ isSettled }) => !isSettled),
          call => granted.get(call)!,
        ),
      )
    }),
    { numRuns: 300 },
  )
  expect(grants).toBeGreaterThan(300)
  expect(refusals).toBeGreaterThan(300)
})

test('whoever keeps the budgets may be killed at any moment: the next one knows from the ledger what the last one knew', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(planned, { maxLength: 10 }),
      fc.nat(30),
      fc.infiniteStream(fc.nat(3)),
      async (calls, killAt, sizes) => {
        const ledger = openMemory()
        let authority = authorityOn(ledger, budgets)
        await authority.drained()
        const spool: CallRecord[] = []
        for (const [i, call] of calls.entries()) {
          const opened = openedForTest({
            key: `k${i}`,
            atMicros: call.atMicros,
            attribution: { ...nobody, feature: call.feature },
          })
          const answer = await ask(authority, opened, call.bound)
          if (!answer.isGranted) continue
          spool.push(begun(opened, answer), ...(call.isSettled ? [ended(`k${i}`, call.actual)] : []))
          await take(ledger, authority, spool.splice(0, sizes.next().value))
          if (i !== killAt % calls.length) continue
          // What the killed one had not taken yet waits in the spool; nobody is granted anything before it is.
          const first = authorityOn(ledger, budgets)
          await take(ledger, first, spool)
          await take(ledger, authority, spool.splice(0))
          expect(await first.states()).toEqual((await authority.states()).map(state => ({ ...state, refusedCalls: 0 })))
          authority = first
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('a refusal is a 429 that says which budget, and when to come again: at midnight of the budget’s zone', async () => {
  const said: string[] = []
  const ledger = openMemory()
  const authority = authorityOn(ledger, budgets, { say: text => said.push(text) })
  await authority.drained()
  const opened = openedForTest({ key: 'a', atMicros: noon })
  const answer = await ask(authority, opened, 65)
  expect(answer).toEqual({ isGranted: true, reservedUsd: '0.000000000065' })
  expect(await ask(authority, openedForTest({ key: 'b', atMicros: noon, attribution: nobody }), 40)).toMatchObject({
    isGranted: false,
    status: 429,
    code: 'BUDGET_EXCEEDED',
    message: expect.stringContaining('the budget all has no room'),
    retryAtMicros: Date.UTC(2026, 9, 24, 22) * 1000,
  })
  // Tomorrow is another day of one budget, and the same month of the other.
  expect(await ask(authority, openedForTest({ key: 'c', atMicros: noon + 24 * hourMicros }), 6)).toMatchObject({
    isGranted: false,
    retryAtMicros: Date.UTC(2026, 9, 31, 23) * 1000,
  })
  await take(ledger, authority, [begun(opened, { reservedUsd: '0.000000000065' }), ended('a', 60)])
  expect(said).toEqual([expect.stringContaining('85 % of the budget search is spent')])
})

test('asked twice for one call, it is held once; a call that does not go on is let go', async () => {
  const authority = authorityOn(openMemory(), [budget({})])
  await authority.drained()
  const opened = openedForTest({ key: 'a', atMicros: noon })
  for (let i = 0; i < 3; i++) expect(await ask(authority, opened, 90)).toMatchObject({ isGranted: true })
  expect((await authority.states())[0]).toMatchObject({ reserved: 90n, heldCalls: 1 })
  authority.release('a')
  expect((await authority.states())[0]).toMatchObject({ reserved: 0n, heldCalls: 0 })
})

test('a call that was granted and never began, since its worker died, is let go after a while', async () => {
  let now = noon
  const authority = authorityOn(openMemory(), [budget({})], { nowMicros: () => now })
  await authority.drained()
  await ask(authority, openedForTest({ key: 'a', atMicros: noon }), 90)
  now += 30_000_000
  await authority.drained()
  expect((await authority.states())[0]!.reserved).toBe(90n)
  now += 31_000_000
  await authority.drained()
  expect((await authority.states())[0]!.reserved).toBe(0n)
})

test('an unknown price is said and never 0: it passes while something is left and is counted, or is refused', async () => {
  const ledger = openMemory()
  const said: string[] = []
  const passing = authorityOn(ledger, [budget({})], { say: text => said.push(text) })
  await passing.drained()
  const opened = openedForTest({ key: 'a', atMicros: noon, model: 'unheard-of' })
  expect(await ask(passing, opened, 50)).toEqual({ isGranted: true, reservedUsd: null })
  await take(ledger, passing, [opened, { ...ended('a', 5), model: 'unheard-of' }])
  expect((await passing.states())[0]).toMatchObject({ usd: 0n, unpricedCalls: 1, calls: 1 })
  await take(ledger, passing, [openedForTest({ key: 'b', atMicros: noon }), ended('b', 100)])
  expect(await ask(passing, { ...opened, key: 'c' }, 50)).toMatchObject({ isGranted: false, status: 429 })
  expect(said.filter(text => text.includes('not known'))).toEqual([expect.stringContaining('unheard-of at openai')])
  const refusing = authorityOn(ledger, [budget({ limit: 1000n as Money })], { unknownPrice: 'reject' })
  await refusing.drained()
  expect(await ask(refusing, opened, 50)).toMatchObject({ isGranted: false, status: 403, code: 'PRICE_UNKNOWN' })
})

test('a budget that only warns lets calls pass beyond it', async () => {
  const authority = authorityOn(openMemory(), [budget({ overrun: 'warn' })])
  await authority.drained()
  expect(await ask(authority, openedForTest({ key: 'a', atMicros: noon }), 500)).toMatchObject({ isGranted: true })
  expect((await authority.states())[0]).toMatchObject({ reserved: 500n })
})

test('a budget of a model holds whichever name served it, one of a key outlives a change of the secret', async () => {
  const ledger = openMemory()
  const own = [
    budget({ name: 'model', match: { model: 'gpt-4o' } }),
    budget({ name: 'key', match: { key: 'batch' } }),
    budget({ name: 'upstream', match: { upstream: 'openai', provider: 'open*' } }),
    budget({ name: 'other', match: { model: 'gpt-4', key: 'bat' } }),
  ]
  const authority = authorityOn(ledger, own)
  await authority.drained()
  const opened = openedForTest({ key: 'a', atMicros: noon, tags: { key: 'batch-0f3a9c' } })
  const answer = await ask(authority, opened, 30)
  expect((await authority.states()).map(({ reserved }) => reserved)).toEqual([30n, 30n, 30n, 0n])
  // Served as gpt-4o-2024-08-06.
  await take(ledger, authority, [begun(opened, answer as { reservedUsd: string }), ended('a', 20)])
  expect((await authority.states()).map(({ usd, reserved }) => [usd, reserved])).toEqual([
    [20n, 0n],
    [20n, 0n],
    [20n, 0n],
    [0n, 0n],
  ])
})

test('nothing is granted before what a server left in the spool is taken', async () => {
  const ledger = openMemory()
  const authority = authorityOn(ledger, [budget({})])
  let answer: BudgetAnswer | null = null
  const asking = ask(authority, openedForTest({ key: 'b', atMicros: noon }), 60).then(given => {
    answer = given
  })
  await new Promise(done => setTimeout(done, 20))
  expect(answer).toBeNull()
  await take(ledger, authority, [begun(openedForTest({ key: 'a', atMicros: noon }), { reservedUsd: '0.000000000050' })])
  await asking
  expect(answer).toMatchObject({ isGranted: false })
})

test('a ledger that cannot be read holds calls back with an error, and is asked again by the next', async () => {
  const memory = openMemory()
  let isBroken = true
  const ledger = {
    ...memory,
    report: (...all: Parameters<Ledger['report']>) =>
      isBroken ? Promise.reject(new Error('locked')) : memory.report(...all),
  }
  const authority = authorityOn(ledger, [budget({})])
  await authority.drained()
  const opened = openedForTest({ key: 'a', atMicros: noon })
  await expect(ask(authority, opened, 5)).rejects.toThrow('locked')
  isBroken = false
  expect(await ask(authority, opened, 5)).toMatchObject({ isGranted: true })
})
