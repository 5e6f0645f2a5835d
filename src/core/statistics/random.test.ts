import { expect, test } from 'vitest'
import { type Random, stream, xoshiro } from './random.ts'
import { moments } from './sample.ts'

test('xoshiro128** from the state 1, 2, 3, 4 gives the reference outputs', () => {
  // The reference C code's outputs, as the rand_xoshiro crate's tests list them.
  const random = xoshiro([1, 2, 3, 4])
  expect(Array.from({ length: 10 }, () => random.bits())).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ])
})

test('a stream is its seed and its name: the same again, another with another name or seed', () => {
  const first = (seed: number, name: string) => Array.from({ length: 4 }, stream(seed, name).bits)
  expect(first(1, 'arrivals')).toEqual(first(1, 'arrivals'))
  const others = [first(2, 'arrivals'), first(1, 'lengths'), first(1, 'arrival'), first(1 + 2 ** 32, 'arrivals')]
  for (const other of others) expect(other).not.toEqual(first(1, 'arrivals'))
})

test('a stream is pinned for good: a change here would change every answer', () => {
  const random = stream(42, 'pinned')
  expect([random.bits(), random.uniform(), random.normal(), random.gamma(0.5, 2)]).toMatchInlineSnapshot(`
    [
      889384240,
      0.6410518789679599,
      0.014933407712631162,
      0.1795898491875517,
    ]
  `)
})

const draws = 40_000
const check = (name: string, draw: (random: Random) => number, mean: number, variance: number, fourth: number) =>
  test(`${name} has its textbook mean and variance`, () => {
    const random = stream(9, name)
    const got = moments(Array.from({ length: draws }, () => draw(random)))
    expect(Math.abs(got.mean! - mean)).toBeLessThan(4 * Math.sqrt(variance / draws))
    // The variance of a sample variance is about (kurtosis − 1) × variance² ÷ n.
    expect(Math.abs(got.variance! - variance)).toBeLessThan(4 * variance * Math.sqrt((fourth - 1) / draws))
  })

check('uniform', random => random.uniform(), 1 / 2, 1 / 12, 1.8)
check('normal', random => random.normal(), 0, 1, 3)
check('exponential of mean 3', random => random.exponential(3), 3, 9, 9)
check('gamma(4.5, 2)', random => random.gamma(4.5, 2), 9, 18, 3 + 6 / 4.5)
check('gamma(0.3, 5)', random => random.gamma(0.3, 5), 1.5, 7.5, 3 + 6 / 0.3)
// Γ(1.5) = √π ÷ 2, Γ(2) = 1: Weibull(2, 1) has mean 0.886227 and variance 1 − π ÷ 4.
check('weibull(2, 1)', random => random.weibull(2, 1), Math.sqrt(Math.PI) / 2, 1 - Math.PI / 4, 3.25)
check('integer(6)', random => random.integer(6), 2.5, 35 / 12, 1.73)

test('every face of a die comes, and no other', () => {
  const random = stream(3, 'die')
  const faces = new Set(Array.from({ length: 500 }, () => random.integer(6)))
  expect([...faces].sort()).toEqual([0, 1, 2, 3, 4, 5])
})
