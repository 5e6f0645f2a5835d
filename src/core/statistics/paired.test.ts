import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wilson } from './interval.ts'
import { holm, maxT } from './many-tests.ts'
import { mcnemarExact, pairedDifference, tasksForNonInferiority } from './paired.ts'
import { ruleOfThree, trialsToTell, trialsToTellMostly } from './proportion.ts'

/** Counts of pairs: both, only a, only b, none. */
const pairsOf = (both: number, onlyA: number, onlyB: number, none: number) => {
  const times = (n: number, a: number, b: number) => Array.from({ length: n }, () => [a, b] as const)
  const all = [...times(both, 1, 1), ...times(onlyA, 1, 0), ...times(onlyB, 0, 1), ...times(none, 0, 0)]
  return { a: all.map(([a]) => a), b: all.map(([, b]) => b) }
}

test('exact McNemar: airways of 21 children (Fagerland, Lydersen & Laake 2013) and statsmodels 0.15.0', () => {
  expect(mcnemarExact(1, 7)).toBeCloseTo(0.0703125, 12)
  // Agresti's approval of a prime minister, 150 and 86 who changed their minds.
  expect(mcnemarExact(150, 86) / 3.7159361395713866e-5).toBeCloseTo(1, 9)
  expect(mcnemarExact(5, 5)).toBe(1)
  expect(mcnemarExact(0, 6)).toBeCloseTo(0.03125, 12)
  expect(mcnemarExact(0, 0)).toBe(1)
})

test('Newcombe’s paired interval: the same 21 children, −0.507 to −0.026 as Fagerland, Lydersen & Laake (2014) print it', () => {
  const found = pairedDifference(pairsOf(1, 1, 7, 12))!
  expect(found.value).toBeCloseTo(-6 / 21, 12)
  expect(found.low).toBeCloseTo(-0.507, 3)
  expect(found.high).toBeCloseTo(-0.026, 3)
})

test('a paired difference turns its sign with its sides, and stays within −1 and 1', () => {
  const count = fc.nat(30)
  fc.assert(
    fc.property(count, count, count, count, (both, onlyA, onlyB, none) => {
      const { a, b } = pairsOf(both, onlyA, onlyB, none)
      if (a.length === 0) return
      const [there, back] = [pairedDifference({ a, b })!, pairedDifference({ a: b, b: a })!]
      expect(there.low).toBeCloseTo(-back.high, 12)
      expect(there.low).toBeGreaterThanOrEqual(-1 - 1e-12)
      expect(there.low).toBeLessThanOrEqual(there.value + 1e-12)
      expect(there.high).toBeGreaterThanOrEqual(there.value - 1e-12)
    }),
  )
})

test('tasks told k times over as clusters tell no more than once: the interval is that of the tasks alone', () => {
  const { a, b } = pairsOf(20, 12, 5, 13)
  const copies = 4
  const again = (values: readonly number[]) => values.flatMap(x => new Array<number>(copies).fill(x))
  const clusters = again(a.map((_, i) => i))
  const [once, often] = [pairedDifference({ a, b })!, pairedDifference({ a: again(a), b: again(b) }, clusters)!]
  expect(often.standardError! / once.standardError!).toBeCloseTo(1, 10)
  expect((often.high - often.low) / (once.high - once.low)).toBeCloseTo(1, 1)
})

test('non-inferiority at 12 % discordance and a margin of 5 points needs 297 paired tasks, as the reference has it', () => {
  expect(tasksForNonInferiority(0.12, 0.05)).toBe(297)
})

test('Holm’s p-values are those of statsmodels', () => {
  const found = holm([0.01, 0.04, 0.03, 0.005, 0.5])
  for (const [i, p] of [0.04, 0.09, 0.09, 0.025, 0.5].entries()) expect(found[i]).toBeCloseTo(p, 12)
  expect(holm([])).toEqual([])
})

test('max-t of one estimate is its own quantile, of many it is wider, of copies no wider than of one', () => {
  const values = (k: number) =>
    Float64Array.from({ length: 2001 }, (_, i) => Math.sin(i * (k + 1) * 12.9898) * (1 + (i % 7)))
  const one = maxT([values(0)])!.critical
  expect(maxT([values(0), values(0)])!.critical).toBeCloseTo(one, 12)
  expect(maxT([values(0), values(1), values(2)])!.critical).toBeGreaterThan(one)
  expect(maxT([Float64Array.of(0, 0, 0)])).toBeNull()
})

test('the rule of three: 0 of 100 leaves 2.95 %, for which it says 3 %', () => {
  expect(ruleOfThree(100)).toBeCloseTo(0.02951, 5)
  expect(1 - 0.05 ** (1 / 20)).toBeCloseTo(ruleOfThree(20), 12)
})

test('so many trials as are said to tell do tell, and one fewer does not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (rate, bar) => {
      const n = trialsToTell(rate / 100, bar / 100)
      expect(n === null).toBe(rate === bar)
      if (rate === bar) return
      const tells = (trials: number) => {
        const { low, high } = wilson((rate / 100) * trials, trials)!
        return rate > bar ? low >= bar / 100 : high < bar / 100
      }
      expect(tells(n!)).toBe(true)
      if (n! > 1) expect(tells(n! - 1)).toBe(false)
      expect(trialsToTellMostly(rate / 100, bar / 100)!).toBeGreaterThanOrEqual(n!)
    }),
  )
})
