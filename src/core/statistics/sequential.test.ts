import { expect, test } from 'vitest'
import { stream } from './random.ts'
import { anytimeHalfWidth, confidenceSequence, sequentialTest } from './sequential.ts'

test('looked at after every value, a test at the true mean is wrong in no more than 5 % of runs', () => {
  for (const mean of [0.1, 0.5, 0.8]) {
    const random = stream(1, `null ${mean}`)
    let wrong = 0
    for (let run = 0; run < 400; run++) {
      const peeking = sequentialTest(mean, { horizon: 200 })
      for (let i = 0; i < 200; i++) peeking.add(random.uniform() < mean ? 1 : 0)
      if (peeking.verdict() !== 'open') wrong++
    }
    // 5 % of 400 and three standard errors; `npm run bench:coverage` runs it at length.
    expect(wrong).toBeLessThanOrEqual(20 + 3 * Math.sqrt(19))
  }
})

test('a difference that a suite of 500 tasks was made to see is seen long before its end, and never the wrong way', () => {
  const random = stream(2, 'differ')
  let tasks = 0
  const runs = 100
  for (let run = 0; run < runs; run++) {
    const peeking = sequentialTest(0.5, { horizon: 500 })
    for (let i = 0; i < 500 && peeking.verdict() === 'open'; i++) {
      tasks++
      const u = random.uniform()
      // a alone solves 20 %, b alone 5 %: (d + 1) ÷ 2.
      peeking.add(u < 0.2 ? 1 : u < 0.25 ? 0 : 0.5)
    }
    expect(peeking.verdict()).toBe('above')
  }
  expect(tasks / runs / 500).toBeLessThan(0.6)
})

test('a confidence sequence holds the mean, never widens, and says what the test of each mean says', () => {
  const random = stream(3, 'sequence')
  const sequence = confidenceSequence({ horizon: 300 }, 100)
  const peeking = sequentialTest(0.5, { horizon: 300 })
  let before = sequence.interval()
  for (let i = 0; i < 300; i++) {
    const value = random.uniform() < 0.7 ? 1 : 0
    sequence.add(value)
    peeking.add(value)
    const now = sequence.interval()
    expect(now.low).toBeGreaterThanOrEqual(before.low)
    expect(now.high).toBeLessThanOrEqual(before.high)
    expect(now.low >= 0.5).toBe(peeking.verdict() === 'above')
    before = now
  }
  expect(before.low).toBeLessThan(0.7)
  expect(before.high).toBeGreaterThan(0.7)
})

test('the anytime interval of an unbounded mean is narrowest about its horizon, against √n', () => {
  const scaled = (n: number) => anytimeHalfWidth(1, n, 0.05, 200) * Math.sqrt(n)
  expect(scaled(200)).toBeLessThan(scaled(20))
  expect(scaled(200)).toBeLessThan(scaled(5000))
  // What peeking costs: a fixed n would have 1.96.
  expect(scaled(200)).toBeGreaterThan(1.96)
  expect(scaled(200)).toBeLessThan(3.2)
})
