import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allArrivals, busiestRequests, type CallTimes } from './busiest.ts'
import { longerThan } from './replica-terms.ts'

function calls(rows: readonly (readonly [atSeconds: number, input: number, output: number])[]): CallTimes {
  const sorted = [...rows].sort((a, b) => a[0] - b[0])
  return {
    n: sorted.length,
    atMicros: Float64Array.from(sorted, row => 1.7e15 + row[0] * 1e6),
    inputTokens: Int32Array.from(sorted, row => row[1]),
    outputTokens: Int32Array.from(sorted, row => row[2]),
  }
}

const hour = 3600
/** Calls every `gap` seconds from `from` for an hour, of `input` tokens each. */
const steady = (from: number, gap: number, input: number) =>
  Array.from({ length: Math.floor(hour / gap) }, (_, i) => [from + i * gap, input, 10] as const)

test('the busiest hour is the one with the most tokens, not the most calls, and it keeps its own clock', () => {
  const many = steady(0, 2, 100)
  const heavy = steady(10 * hour, 4, 5000)
  const sample = busiestRequests(calls([...many, ...heavy]))
  expect(sample.n).toBe(heavy.length)
  expect(new Set(sample.inputTokens)).toEqual(new Set([5000]))
  for (let i = 1; i < sample.n; i++) expect(sample.atSeconds[i]! - sample.atSeconds[i - 1]!).toBeCloseTo(4, 6)
})

test('an hour with few requests is joined by the next busiest until there are 600', () => {
  const sample = busiestRequests(
    calls([...steady(0, 10, 100), ...steady(5 * hour, 10, 300), ...steady(9 * hour, 10, 1)]),
  )
  expect(sample.n).toBe(720)
  expect([...new Set(sample.inputTokens)].sort()).toEqual([100, 300])
})

const rows = fc.array(
  fc.tuple(
    fc.double({ min: 0, max: 3e5, noNaN: true }),
    fc.integer({ min: -1, max: 5000 }),
    fc.integer({ min: -1, max: 900 }),
  ),
  { minLength: 1, maxLength: 1500 },
)

test('whatever the calls: at most the limit, in order of time, lengths that were seen, none of them unknown', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 900 }), (list, limit) => {
      const all = calls(list)
      const sample = busiestRequests(all, limit)
      expect(sample.n).toBeLessThanOrEqual(limit)
      expect(sample.atSeconds.length).toBe(sample.n)
      const known = list.filter(([, input, output]) => input >= 0 && output >= 0)
      if (known.some(([, input, output]) => input + output > 0)) expect(sample.n).toBeGreaterThan(0)
      const seen = new Set(known.map(([, input, output]) => `${input} ${output}`))
      for (let i = 0; i < sample.n; i++) {
        expect(seen.has(`${sample.inputTokens[i]} ${sample.outputTokens[i]}`)).toBe(true)
        if (i > 0) expect(sample.atSeconds[i]!).toBeGreaterThanOrEqual(sample.atSeconds[i - 1]!)
      }
      const { arrivals, leftOut } = allArrivals(all)
      expect(arrivals.n + leftOut).toBe(all.n)
      expect(arrivals.n).toBe(known.length)
    }),
    { numRuns: 60 },
  )
})

test('a clock that is years out does not take minutes', () => {
  const began = performance.now()
  const sample = busiestRequests(calls([[0, 10, 10], ...steady(20 * 365 * 24 * hour, 10, 100)]))
  expect(sample.n).toBeGreaterThan(300)
  expect(performance.now() - began).toBeLessThan(5000)
})

test('a call is too long by its prompt and answer together or by its answer alone; what is unknown is not', () => {
  const some = calls([
    [0, 900, 200],
    [1, 900, 50],
    [2, 10, 101],
    [3, -1, 1000],
    [4, 1001, -1],
  ])
  expect(longerThan(some, 1000)).toBe(2)
  expect(longerThan(some, 1000, 100)).toBe(4)
  expect(longerThan(some, null, 100)).toBe(3)
  expect(longerThan(some, null, null)).toBe(0)
})
