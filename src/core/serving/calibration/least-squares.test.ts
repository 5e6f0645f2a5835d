import { expect, test } from 'vitest'
import { leastSquares } from './least-squares.ts'

const options = { huber: 1, difference: 1e-6, iterations: 60 }

// Misra1a of NIST's Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd/nls/data/misra1a.shtml), certified values.
const misra1a = [
  [10.07, 77.6],
  [14.73, 114.9],
  [17.94, 141.1],
  [23.93, 190.8],
  [29.61, 239.9],
  [35.18, 289.0],
  [40.02, 332.8],
  [44.82, 378.4],
  [50.76, 434.8],
  [55.05, 477.3],
  [61.01, 536.8],
  [66.4, 593.1],
  [75.47, 689.1],
  [81.78, 760.0],
] as const

test("NIST's Misra1a comes out at its certified values from its first, hard start", () => {
  const { parameters } = leastSquares(
    ([a, b]) => misra1a.map(([y, x]) => a! * 100 * (1 - Math.exp((-b! / 1000) * x)) - y),
    [5, 0.1],
    { ...options, huber: 1e9, iterations: 400 },
  )
  expect(parameters[0]! * 100).toBeCloseTo(238.94212918, 2)
  expect(parameters[1]! / 1000).toBeCloseTo(5.5015643181e-4, 7)
})

test('one wild measurement moves a line little', () => {
  const xs = [1, 2, 3, 4, 5, 6, 7]
  const ys = xs.map(x => 2 * x + 1)
  ys[6] = 100
  const { parameters } = leastSquares(([a, b]) => xs.map((x, i) => a! * x + b! - ys[i]!), [0, 0], {
    ...options,
    huber: 0.01,
  })
  expect(parameters[0]).toBeCloseTo(2, 1)
  expect(parameters[1]).toBeCloseTo(1, 1)
})

test('two parameters that only their sum matters of do not stop it', () => {
  const { loss } = leastSquares(([a, b]) => [a! + b! - 3, 2 * (a! + b!) - 6], [0, 0], options)
  expect(loss).toBeLessThan(1e-6)
})
