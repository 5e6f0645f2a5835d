import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OptionAnswer } from './answer.ts'
import { decide } from './decide.ts'
import type { ApiTerms, Evidence } from './evidence.ts'
import { choose, even, evidenceForTest, replayForTest } from './evidence-for-test.ts'
import type { Together } from './feasible.ts'

interface Call {
  readonly input: number
  readonly output: number
  /** Too long for the host's model, which is that of own GPUs too. */
  readonly tooLong: boolean
  readonly refusedByFallback: boolean
  /** On own GPUs, where the model takes it. */
  readonly comes: 'in time' | 'late' | 'never, being too large for the cache'
}

/** Prompts and answers of a few lengths, far apart: their mean is nobody's. */
const call: fc.Arbitrary<Call> = fc.record({
  input: fc.constantFrom(100, 5000, 150_000),
  output: fc.constantFrom(1, 400, 9000),
  tooLong: fc.boolean(),
  refusedByFallback: fc.boolean(),
  comes: fc.constantFrom('in time', 'late', 'never, being too large for the cache'),
})

type Rates = NonNullable<ApiTerms['rates']>
const usd = fc.double({ min: 0.05, max: 30, noNaN: true })
const rates: fc.Arbitrary<Rates> = fc.record({ inputUsdPerMtok: usd, outputUsdPerMtok: usd })

const usdAt = ({ inputUsdPerMtok, outputUsdPerMtok }: Rates, { input, output }: Pick<Call, 'input' | 'output'>) =>
  (inputUsdPerMtok * input + outputUsdPerMtok * output) / 1e6

const together = (calls: readonly Call[]): Together => ({
  calls: calls.length,
  input: calls.reduce((sum, { input }) => sum + input, 0),
  output: calls.reduce((sum, { output }) => sum + output, 0),
})

const isCacheRefused = ({ tooLong, comes }: Call) => !tooLong && comes.startsWith('never')
const isLate = ({ tooLong, comes }: Call) => !tooLong && comes === 'late'

/** Two weeks of these calls, counted together as a ledger and a replay would: a fallback, a host, and own GPUs. */
function evidence(calls: readonly Call[], fallback: Rates, host: Rates): Evidence {
  const where = (holds: (call: Call) => boolean) => together(calls.filter(holds))
  const none = where(() => false)
  const all = where(() => true)
  const long = where(one => one.tooLong)
  const other = where(one => one.refusedByFallback)
  const both = where(one => one.tooLong && one.refusedByFallback)
  const api = (name: string, at: Rates, refused: Together, kind: number): Partial<ApiTerms> => ({
    name,
    usd: usdAt(at, all).toFixed(12),
    rates: at,
    infeasible: { calls: refused.calls, reasons: [], kind },
  })
  const refused = where(one => one.tooLong || isCacheRefused(one))
  const late = where(isLate)
  return evidenceForTest({
    level: even,
    perWindow: { calls: all.calls / 2016, input: all.input / 2016, output: all.output / 2016 },
    api: [api('fallback', fallback, other, 2), api('host', host, long, 1)],
    replicas: [{ infeasible: { calls: long.calls, reasons: [], kind: 1 } }],
    replays: [replayForTest({ replicas: 1, calls: all.calls, rejected: refused.calls, missed: { late, refused } })],
    feasibility: {
      kinds: [none, long, other, all],
      both: [
        [none, none, none, none],
        [none, long, both, long],
        [none, both, other, other],
        [none, long, other, all],
      ],
    },
  })
}

/** What a month bills that is 730 hours of what was seen in 336. */
const aMonth = (usd: number) => (usd * 730) / 336

/** Call by call, each at the one place that serves it. */
const added = (calls: readonly Call[], usdOf: (call: Call) => number) =>
  aMonth(calls.reduce((sum, one) => sum + usdOf(one), 0))

const decided = (of: Evidence) => decide(of, choose({ fallback: 'fallback' }), { draws: 1 })
const hostIn = (of: Evidence) => decided(of).options.find(({ name }) => name === 'host')!
const fleetIn = (of: Evidence) => decided(of).options.find(({ kind }) => kind === 'self-host')!

/** To nine digits of the whole bill, whose exact sum has twelve decimals. */
function expectParts(option: OptionAnswer, expected: Partial<Record<keyof OptionAnswer['breakdown'], number>>): void {
  for (const [part, usd] of Object.entries(expected)) {
    const got = option.breakdown[part as keyof typeof expected]!
    expect(Math.abs(got - usd), `${part}: ${got}, by hand ${usd}`).toBeLessThanOrEqual(1e-9 * option.usd! + 2e-12)
  }
}

const fewCalls = fc.array(call, { minLength: 1, maxLength: 60 })

test('law 7: with a fallback each call is billed once, where it is served: the bill is the sum over the calls', () => {
  fc.assert(
    fc.property(fewCalls, rates, rates, (calls, fallback, host) => {
      const moves = (one: Call) => one.tooLong && !one.refusedByFallback
      expectParts(hostIn(evidence(calls, fallback, host)), {
        // What neither takes stays in the bill as if the host took it, and bars it.
        tokens: added(calls, one => (moves(one) ? 0 : usdAt(host, one))),
        escalation: added(calls, one => (moves(one) ? usdAt(fallback, one) : 0)),
      })
    }),
  )
})

test('law 7: own GPUs pay elsewhere for the very calls that they refuse or are late with, each once', () => {
  fc.assert(
    fc.property(fewCalls, rates, rates, (calls, fallback, host) => {
      const elsewhere = (holds: (call: Call) => boolean) => added(calls, one => (holds(one) ? usdAt(fallback, one) : 0))
      expectParts(fleetIn(evidence(calls, fallback, host)), {
        escalation: elsewhere(one => one.tooLong && !one.refusedByFallback),
        spill: elsewhere(one => isLate(one) || isCacheRefused(one)),
      })
    }),
  )
})

test('law 7: of equal shares and means the joint data decides: late long calls cost more elsewhere than late short ones', () => {
  const ten: Omit<Call, 'input' | 'comes'> = { output: 400, tooLong: false, refusedByFallback: false }
  const short = Array.from({ length: 10 }, () => ({ ...ten, input: 1000 }))
  const long = Array.from({ length: 10 }, () => ({ ...ten, input: 99_000 }))
  const comes = (of: typeof short, when: Call['comes']) => of.map(one => ({ ...one, comes: when }))
  const price = { inputUsdPerMtok: 2, outputUsdPerMtok: 10 }
  const spill = (calls: readonly Call[]) => fleetIn(evidence(calls, price, price)).breakdown.spill!
  // Half the calls are late and the mean call has 50,000 tokens of prompt, either way.
  const [lateShort, lateLong] = [
    spill([...comes(short, 'late'), ...comes(long, 'in time')]),
    spill([...comes(short, 'in time'), ...comes(long, 'late')]),
  ]
  expect(lateShort).toBeCloseTo(aMonth(10 * (0.001 * 2 + 0.0004 * 10)), 9)
  expect(lateLong).toBeCloseTo(aMonth(10 * (0.099 * 2 + 0.0004 * 10)), 9)
})

test('law 4: a call that no replica holds and no API with a price takes is not served, and too many of them bar own GPUs', () => {
  fc.assert(
    fc.property(fewCalls, rates, (calls, price) => {
      const made = evidence(calls, price, price)
      const isUnserved = (one: Call) => one.tooLong || isCacheRefused(one)
      const share = (list: readonly Call[]) => expect.closeTo(list.length / calls.length, 9)
      const unpriced = { ...made, api: made.api.map(api => ({ ...api, usd: null, rates: null })) }
      const fleet = fleetIn(unpriced)
      expect(fleet.infeasible.unservedShare).toEqual(share(calls.filter(isUnserved)))
      if (calls.some(isUnserved)) expect(decided(unpriced).best).toBeNull()
      // With a price there, only those are left that it refuses too.
      const left = calls.filter(one => one.tooLong && one.refusedByFallback)
      expect(fleetIn(made).infeasible.unservedShare).toEqual(share(left))
    }),
  )
})
