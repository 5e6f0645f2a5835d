import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callNeeds } from '../core/meter/needs.ts'
import { type Limits, noLimits, rateLimitOf, refusalsOf } from './feasibility.ts'

type Row = readonly [atSeconds: number, input: number, output: number, needs: number]

function columns(rows: readonly Row[]) {
  const sorted = [...rows].sort((a, b) => a[0] - b[0])
  return {
    n: sorted.length,
    atMicros: Float64Array.from(sorted, row => row[0] * 1e6),
    inputTokens: Int32Array.from(sorted, row => row[1]),
    outputTokens: Int32Array.from(sorted, row => row[2]),
    needs: Uint8Array.from(sorted, row => row[3]),
  }
}

const rows = fc.array(
  fc.tuple(fc.nat(600), fc.integer({ min: -1, max: 300 }), fc.integer({ min: -1, max: 50 }), fc.nat(15)),
  {
    maxLength: 60,
  },
)
const sizes = fc.record({
  contextTokens: fc.option(fc.nat(300)),
  maxOutputTokens: fc.option(fc.nat(50)),
  lacks: fc.subarray(callNeeds.map(({ need }) => need)),
})

test('each kind of limits and each pair of them refuse what one counts call by call (law 7)', () => {
  fc.assert(
    fc.property(rows, fc.array(sizes, { minLength: 1, maxLength: 5 }), (all, some) => {
      const calls = columns(all)
      const limits = some.map((one): Limits => ({ ...noLimits, ...one }))
      const refusals = refusalsOf(calls, limits)
      const isRefused = (one: Limits, i: number) => {
        const prompt = Math.max(0, calls.inputTokens[i]!)
        const answer = Math.max(0, calls.outputTokens[i]!)
        const lacking = callNeeds.some(({ need, bit }) => one.lacks.includes(need) && (calls.needs[i]! & bit) !== 0)
        return prompt + answer > (one.contextTokens ?? 1e9) || answer > (one.maxOutputTokens ?? 1e9) || lacking
      }
      const indices = Array.from({ length: calls.n }, (_, i) => i)
      for (const a of limits) {
        const found = refusals.infeasibleOf(a)
        const own = indices.filter(i => isRefused(a, i))
        expect(found.calls).toBe(own.length)
        expect(found.reasons.length > 0).toBe(own.length > 0)
        expect(indices.filter(i => refusals.refuses(found.kind!, i))).toEqual(own)
        for (const b of limits) {
          const both = refusals.evidence.both[found.kind!]![refusals.infeasibleOf(b).kind!]!
          const expected = own.filter(i => isRefused(b, i))
          expect(both.calls).toBe(expected.length)
          const known = expected.filter(i => calls.inputTokens[i]! >= 0 && calls.outputTokens[i]! >= 0)
          expect(both.input).toBe(known.reduce((sum, i) => sum + calls.inputTokens[i]!, 0))
          expect(both.output).toBe(known.reduce((sum, i) => sum + calls.outputTokens[i]!, 0))
        }
        const last = refusals.evidence.kinds.length - 1
        expect(refusals.evidence.both[found.kind!]![last]).toEqual(refusals.evidence.kinds[found.kind!])
        expect(refusals.evidence.kinds[last]!.calls).toBe(calls.n)
      }
    }),
  )
})

test('reasons are counted apart, and a call that breaks two limits is refused once', () => {
  const calls = columns([
    [0, 90, 20, 0],
    [1, 10, 60, 1],
    [2, 60, 60, 1],
    [3, 10, 10, 0],
  ])
  const limits: Limits = { ...noLimits, contextTokens: 100, maxOutputTokens: 50, lacks: ['image'] }
  expect(refusalsOf(calls, [limits]).infeasibleOf(limits)).toMatchObject({
    calls: 3,
    reasons: [
      '2 calls: prompt + answer above 100 tokens of context',
      '2 calls: an answer above 50 tokens',
      '2 calls: pictures, which it does not take',
    ],
  })
})

test('a rate limit refuses what comes beyond it in its minute, and what is refused uses none of it up', () => {
  const calls = columns([
    [0, 5, 5, 0],
    [10, 500, 5, 0],
    [20, 5, 5, 0],
    [30, 5, 5, 0],
    [60, 5, 5, 0],
  ])
  const limits: Limits = { ...noLimits, contextTokens: 100, requestsPerMinute: 2 }
  expect(refusalsOf(calls, [limits]).infeasibleOf(limits)).toMatchObject({
    calls: 2,
    reasons: [
      '1 call: prompt + answer above 100 tokens of context',
      '1 call: beyond the rate limit of 2 requests a minute',
    ],
  })
  const tokens: Limits = { ...noLimits, tokensPerMinute: 20 }
  expect(refusalsOf(calls, [tokens]).infeasibleOf(tokens).calls).toBe(2)
})

test('rate limits are read as people write them, and other words say nothing', () => {
  expect(rateLimitOf('500 rpm / 2M tpm')).toEqual({ requestsPerMinute: 500, tokensPerMinute: 2e6 })
  expect(rateLimitOf('200,000 tokens per minute')).toEqual({ requestsPerMinute: null, tokensPerMinute: 200_000 })
  expect(rateLimitOf('2500 concurrent')).toEqual({ requestsPerMinute: null, tokensPerMinute: null })
  expect(rateLimitOf(null)).toEqual({ requestsPerMinute: null, tokensPerMinute: null })
})
