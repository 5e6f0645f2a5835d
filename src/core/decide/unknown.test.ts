import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import { decide } from './decide.ts'
import { type Assumable, assumables } from './eligibility.ts'
import type { ApiTerms, Evidence, ReplicaTerms } from './evidence.ts'
import { bare, choose, evidenceForTest, leaseForTest } from './evidence-for-test.ts'

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const group = fc.constantFrom('open-70b', 'open-70b', 'open-8b')

const offer = fc.record({
  usdPerMtok: between(0.05, 6),
  group,
  dtype: fc.constantFrom(null, 'bf16', 'fp8'),
  price: fc.constantFrom('known', 'known', 'unknown'),
  refusedCalls: fc.constantFrom(0, 0, 90_000),
})

const fleet = fc.record({
  group,
  tokensPerSecond: fc.integer({ min: 500, max: 20_000 }),
  usdPerGpuHour: fc.constantFrom<string | null>(null, '0.2', '3', '9'),
  serves: fc.constantFrom('yes', 'yes', 'at a latency nobody knows', 'not in memory', 'not in time'),
})

const world = fc.record({
  today: fc.record({ usdPerMtok: between(0.05, 6), price: fc.constantFrom('known', 'known', 'unknown') }),
  offers: fc.array(offer, { maxLength: 3 }),
  fleets: fc.array(fleet, { maxLength: 3 }),
  /** Of today's latency: lived with, or an objective that nobody measured it against. */
  ttftStated: fc.boolean(),
  unknownUsageShare: fc.constantFrom<number>(0, 0.3),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

const priced = (price: string): Partial<ApiTerms> => (price === 'known' ? {} : { usd: null })

/** Each option has a name of its own, which it keeps whatever is left out beside it. */
function evidence({ today, offers, fleets, ttftStated, unknownUsageShare }: World): Evidence {
  const made = evidenceForTest({
    windows: 1008,
    api: [
      { usdPerMtok: today.usdPerMtok, dtype: 'bf16', ...priced(today.price) },
      ...offers.map(({ usdPerMtok, price, refusedCalls, ...rest }, i) => ({
        name: `host ${i}`,
        usdPerMtok,
        infeasible: { calls: refusedCalls, reasons: [] },
        ...rest,
        ...priced(price),
      })),
    ],
    replicas: fleets.map(({ group, tokensPerSecond, serves }, i) => ({
      group,
      gpu: `gpu ${i}`,
      tokensPerSecond,
      ...(serves === 'at a latency nobody knows' ? { loadCurve: [] } : {}),
      ...(serves === 'not in memory' ? { fits: false, problem: 'too large' } : {}),
      ...(serves === 'not in time' ? { tokensPerSecond: 0 } : {}),
    })),
    leases: fleets.flatMap(({ usdPerGpuHour }, i) =>
      usdPerGpuHour === null ? [] : [leaseForTest('lessor', usdPerGpuHour, { gpu: `gpu ${i}` })],
    ),
    objective: { ttftP95Ms: 2000, tpotP95Ms: 50, source: 'test', stated: { ttft: ttftStated, tpot: false } },
  })
  return { ...made, demand: { ...made.demand, unknownUsageCalls: unknownUsageShare * made.demand.calls } }
}

const assumed = fc.subarray<Assumable>([...assumables])
const ask = (of: Evidence, assume: readonly Assumable[]): Answer =>
  decide(of, choose({ ...bare, assume }), { draws: 20 })

test('law 4: an option of unknown cost is listed as such, and in everything that is decided as if it were not there', () => {
  fc.assert(
    fc.property(world, assumed, (of, assume) => {
      const all = evidence(of)
      const isLeased = ({ gpu }: ReplicaTerms) => all.leases.some(lease => lease.gpu === gpu)
      const known = {
        ...all,
        // What is paid today says which weights these are, whether or not it has a price.
        api: all.api.filter(({ kind, usd }) => kind === 'as-metered' || usd !== null),
        replicas: all.replicas.filter(isLeased),
      }
      const [told, without] = [ask(all, assume), ask(known, assume)]
      expect(decidedIn(told)).toEqual(decidedIn(without))
      // But for one thing: own GPUs of unknown cost are no proof that own GPUs are no way to serve this.
      const isOpen = told.options.some(option => isOwn(option) && option.usd === null && option.meetsLatency !== 'no')
      const { answer, reasons } = without.decision
      const isForWantOfFleets = answer === 'no' && reasons[0]!.startsWith('no fleet')
      expect(told.decision.answer).toBe(isOpen && isForWantOfFleets ? 'cannot tell' : answer)
      const unknown = told.options.filter(({ usd }) => usd === null)
      expect(told.options.filter(({ usd }) => usd !== null)).toEqual(without.options.filter(({ usd }) => usd !== null))
      for (const option of unknown) expectUnknown(option, told)
    }),
    { numRuns: 300 },
  )
})

const isOwn = (option: OptionAnswer) => option.kind === 'self-host' && option.group === 'open-70b'

function decidedIn({ best, bestIf, possibleSavings, crossings, pairs, never, forGoodFrom, comparedApi }: Answer) {
  return { best, bestIf, possibleSavings, crossings, pairs, never, forGoodFrom, comparedApi }
}

/** No figure, no place before a known one of its weights, no word of what it costs; and the reason why. */
function expectUnknown(option: OptionAnswer, { options, verdict }: Answer): void {
  const { usdPerMtok, usdPerThousandRequests, band, probabilityCheapest, terms, optimised, breakdown } = option
  const figures = [usdPerMtok, usdPerThousandRequests, band, probabilityCheapest, terms, optimised]
  expect([...figures, ...Object.values(breakdown)].filter(one => one !== null)).toEqual([])
  expect(option.notes.join()).toMatch(/unknown|too large|cannot serve/)
  const after = options.slice(options.indexOf(option)).filter(({ group }) => group === option.group)
  expect(after.every(({ usd }) => usd === null)).toBe(true)
  expect(verdict).not.toMatch(new RegExp(`${option.name} (would cost|costs|is the cheapest)`))
}

/**
 * One thing made unknown, and the answer that would count it as good all the same. Bands of offers rest on the spread of
 * the prices that are known, so to forget one of them may move what is sure of the others, either way.
 */
const forgetting = fc.constantFrom<readonly [favours: 'yes' | 'no' | null, forget: (of: World) => World]>(
  ['yes', of => ({ ...of, fleets: changed(of.fleets, { usdPerGpuHour: null }) })],
  ['yes', of => ({ ...of, fleets: changed(of.fleets, { serves: 'at a latency nobody knows' }) })],
  ['no', of => ({ ...of, today: { ...of.today, price: 'unknown' } })],
  ['no', of => ({ ...of, ttftStated: true })],
  ['no', of => ({ ...of, offers: changed(of.offers, { dtype: null }) })],
  [null, of => ({ ...of, offers: changed(of.offers, { price: 'unknown' }) })],
)

/** The first of a list, changed: all of them are drawn alike. */
const changed = <T>([first, ...others]: readonly T[], change: Partial<T>): T[] =>
  first === undefined ? others : [{ ...first, ...change }, ...others]

/** The first fleet serves: to take for granted what is known to fail would be another matter. */
const knownWorld = world.map(
  ({ today, offers, fleets }): World => ({
    today: { ...today, price: 'known' },
    offers: offers.map(one => ({ ...one, price: 'known', dtype: 'bf16' })),
    fleets: changed(
      fleets.map(one => ({ ...one, usdPerGpuHour: one.usdPerGpuHour ?? '1' })),
      { serves: 'yes' },
    ),
    ttftStated: false,
    unknownUsageShare: 0,
  }),
)

test('law 4: to forget a price, a latency or a number format never makes the best cheaper, nor decides in its favour', () => {
  fc.assert(
    fc.property(knownWorld, forgetting, assumed, (of, [favours, forget], assume) => {
      const [before, after] = [ask(evidence(of), assume), ask(evidence(forget(of)), assume)]
      expect(bestUsd(after)).toBeGreaterThanOrEqual(bestUsd(before))
      if (after.decision.answer === favours) expect(before.decision.answer).toBe(favours)
    }),
    { numRuns: 300 },
  )
})

const bestUsd = ({ options, best }: Answer): number =>
  best === null ? Number.POSITIVE_INFINITY : decidedUsd(options.find(({ name }) => name === best)!)!

test('law 4: calls of unknown usage are in no decision, and no figure by request is divided by them', () => {
  fc.assert(
    fc.property(world, assumed, fc.double({ min: 0, max: 0.9, noNaN: true }), (of, assume, unknownUsageShare) => {
      const none = ask(evidence({ ...of, unknownUsageShare: 0 }), assume)
      const some = ask(evidence({ ...of, unknownUsageShare }), assume)
      const byRequest = ({ options, possibleSavings }: Answer) => [
        ...options.flatMap(({ usdPerThousandRequests }) => usdPerThousandRequests ?? []),
        ...possibleSavings.map(({ hStarUsd }) => hStarUsd),
      ]
      const known = byRequest(some).map(usd => usd * (1 - unknownUsageShare))
      expect(known).toEqual(byRequest(none).map(usd => expect.closeTo(usd, 9)))
      const rest = ({ possibleSavings, ...decided }: ReturnType<typeof decidedIn>) => ({
        ...decided,
        savings: possibleSavings.map(({ hStarUsd: _, ...saving }) => saving),
      })
      expect(rest(decidedIn(some))).toEqual(rest(decidedIn(none)))
      expect(some.decision).toEqual(none.decision)
    }),
    { numRuns: 60 },
  )
})
