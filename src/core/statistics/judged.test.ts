import fc from 'fast-check'
import { expect, test } from 'vitest'
import { correctedRate, predictionPowered } from './judged.ts'
import { stream } from './random.ts'
import { deltaInterval, pairMoments } from './ratio.ts'
import { passAtK, retriedUntilPassed } from './retries.ts'
import { stratifiedMoments } from './strata.ts'

test('a judge’s rate is turned back into the true one it came from (Rogan & Gladen)', () => {
  // θ = 0.6, q₁ = 0.9, q₀ = 0.85: r = 0.6 × 0.9 + 0.4 × 0.15 = 0.6.
  const found = correctedRate({
    judged: 10_000,
    judgedPassed: 6000,
    truePassed: 1000,
    agreedPassed: 900,
    trueFailed: 1000,
    agreedFailed: 850,
  })
  expect(found).toMatchObject({ value: expect.closeTo(0.6, 12), raw: 0.6, sensitivity: 0.9, specificity: 0.85 })
})

test.each([
  [{ judged: 0, judgedPassed: 0, truePassed: 5, agreedPassed: 5, trueFailed: 5, agreedFailed: 5 }, /no answer/],
  [{ judged: 9, judgedPassed: 5, truePassed: 0, agreedPassed: 0, trueFailed: 5, agreedFailed: 5 }, /people passed/],
  [{ judged: 9, judgedPassed: 5, truePassed: 5, agreedPassed: 5, trueFailed: 0, agreedFailed: 0 }, /people failed/],
  [{ judged: 9, judgedPassed: 5, truePassed: 100, agreedPassed: 60, trueFailed: 100, agreedFailed: 50 }, /coin/],
])('law 4: %j is refused, never corrected into a number', (counts, why) => {
  expect(correctedRate(counts)).toMatchObject({ refused: expect.stringMatching(why) })
})

test('the corrected interval holds the true rate, where the raw one does not', () => {
  const random = stream(1, 'judge')
  const draw = (n: number, p: number) => {
    let k = 0
    for (let i = 0; i < n; i++) if (random.uniform() < p) k++
    return k
  }
  for (const theta of [0.1, 0.5, 0.9]) {
    let held = 0
    const runs = 1000
    for (let run = 0; run < runs; run++) {
      const found = correctedRate({
        judged: 300,
        judgedPassed: draw(300, theta * 0.9 + (1 - theta) * 0.15),
        truePassed: 60,
        agreedPassed: draw(60, 0.9),
        trueFailed: 60,
        agreedFailed: draw(60, 0.85),
      })
      if ('low' in found && found.low <= theta && theta <= found.high) held++
    }
    expect(held / runs).toBeGreaterThan(0.93)
    expect(held / runs).toBeLessThan(0.99)
  }
})

test('PPI++: the labels alone when the judge is useless, tighter than they when it is good, and right on average', () => {
  const random = stream(2, 'ppi')
  const answers = (n: number, accuracy: number) =>
    Array.from({ length: n }, () => {
      const people = random.uniform() < 0.7 ? 1 : 0
      return { people, judge: random.uniform() < accuracy ? people : 1 - people }
    })
  const run = (accuracy: number) => {
    const all = answers(1100, accuracy)
    const [labelled, rest] = [all.slice(0, 100), all.slice(100)]
    return predictionPowered(
      { people: labelled.map(({ people }) => people), judge: labelled.map(({ judge }) => judge) },
      rest.map(({ judge }) => judge),
    )!
  }
  const runs = Array.from({ length: 600 }, () => run(0.9))
  const held = runs.filter(({ low, high }) => low <= 0.7 && 0.7 <= high).length / runs.length
  expect(held).toBeGreaterThan(0.925)
  const width = (one: { low: number; high: number }) => one.high - one.low
  const alone = 2 * 1.96 * Math.sqrt((0.7 * 0.3) / 100)
  expect(runs.reduce((sum, one) => sum + width(one), 0) / runs.length).toBeLessThan(0.75 * alone)
  expect(Math.abs(run(0.5).lambda)).toBeLessThan(0.25)
  expect(predictionPowered({ people: [1], judge: [1] }, [])).toBeNull()
})

test('a sample of strata in proportion is a plain sample; one drawn whole leaves no doubt', () => {
  const over = [1, 2, 3, 4, 5, 6]
  const under = [1, 0, 1, 1, 0, 1]
  const plain = stratifiedMoments([{ over, under, population: 1e12 }])!
  const other = pairMoments({ over, under })
  expect(plain.over).toBeCloseTo(other.over, 12)
  expect(plain.spread!.both).toBeCloseTo(other.spread!.both, 9)
  const whole = stratifiedMoments([{ over, under, population: 6 }])!
  const { low, high } = deltaInterval(whole)!
  expect(low).toBe(high)
  expect(low).toBeCloseTo(21 / 4, 12)
  expect(stratifiedMoments([{ over: [], under: [], population: 5 }])).toBeNull()
  expect(stratifiedMoments([{ over: [1], under: [1], population: 5 }])!.spread).toBeNull()
})

test('the combined ratio weighs strata as the whole has them: 90 cheap easy units, 10 dear hard ones, half and half drawn', () => {
  const found = stratifiedMoments([
    { over: [1, 1], under: [1, 1], population: 90 },
    { over: [10, 10], under: [0.5, 0.5], population: 10 },
  ])!
  expect(found.over / found.under).toBeCloseTo((90 + 100) / (90 + 5), 12)
})

test('pass@k is the share of all choices of k tries that hold a pass', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.nat(7), fc.integer({ min: 1, max: 7 }), (n, c, k) => {
      const passes = Math.min(c, n)
      expect(passAtK(n, passes, k) === null).toBe(k > n)
      if (k > n) return
      let [all, holding] = [0, 0]
      for (let chosen = 0; chosen < 1 << n; chosen++) {
        const members = Array.from({ length: n }, (_, i) => i).filter(i => (chosen >> i) & 1)
        if (members.length !== k) continue
        all++
        if (members.some(i => i < passes)) holding++
      }
      expect(passAtK(n, passes, k)).toBeCloseTo(holding / all, 12)
    }),
  )
})

test('retried until it passes: the closed form of each task, and less than the mean rate promises', () => {
  const tasks = [
    { rate: 0.9, usd: 1 },
    { rate: 0.1, usd: 2 },
  ]
  const { usd, success } = retriedUntilPassed(tasks, 3)!
  const each = tasks.map(({ rate, usd: cost }) => [(cost * (1 - (1 - rate) ** 3)) / rate, 1 - (1 - rate) ** 3] as const)
  expect(usd).toBeCloseTo((each[0]![0] + each[1]![0]) / 2, 12)
  expect(success).toBeCloseTo((each[0]![1] + each[1]![1]) / 2, 12)
  expect(success).toBeLessThan(1 - 0.5 ** 3)
  expect(retriedUntilPassed([{ rate: 0, usd: 2 }], 4)).toEqual({ usd: 8, success: 0 })
})
