import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exp, log, pow } from './elementary.ts'

const relative = (got: number, wanted: number) => Math.abs(got / wanted - 1)

test('exp agrees with the platform to 1e-15 over its whole range', () => {
  fc.assert(
    fc.property(fc.double({ min: -708, max: 709, noNaN: true }), x => relative(exp(x), Math.exp(x)) < 1e-15),
    { numRuns: 2000, seed: 1 },
  )
})

test('log agrees with the platform to 1e-15, near 1 included', () => {
  const positive = fc.oneof(
    fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }),
    fc.double({ min: 0.5, max: 2, noNaN: true }),
    fc.double({ min: -40, max: 40, noNaN: true }).map(Math.exp),
  )
  fc.assert(
    fc.property(positive, x => (x === 1 ? log(x) === 0 : relative(log(x), Math.log(x)) < 1e-15)),
    { numRuns: 4000, seed: 1 },
  )
})

test('known values: e, ln 2, ln 10, 2^½, to their published digits', () => {
  expect(exp(1)).toBeCloseTo(Math.E, 14)
  expect(log(2)).toBe(Math.LN2)
  expect(relative(log(10), Math.LN10)).toBeLessThan(1e-15)
  expect(relative(pow(2, 0.5), Math.SQRT2)).toBeLessThan(1e-15)
})

test('pow agrees with the platform, whole exponents are exact where the result is', () => {
  const base = fc.double({ min: 1e-3, max: 1e3, noNaN: true })
  fc.assert(
    fc.property(base, fc.double({ min: -8, max: 8, noNaN: true }), (x, y) => relative(pow(x, y), x ** y) < 5e-14),
    { numRuns: 2000, seed: 1 },
  )
  expect(pow(3, 5)).toBe(243)
  expect(pow(2, -3)).toBe(0.125)
  expect(pow(-2, 3)).toBe(-8)
  expect(pow(10, 15)).toBe(1e15)
})

test('edges follow IEEE 754', () => {
  expect([exp(Number.NEGATIVE_INFINITY), exp(-746), exp(710), exp(0)]).toEqual([0, 0, Number.POSITIVE_INFINITY, 1])
  expect([log(0), log(Number.POSITIVE_INFINITY), log(1)]).toEqual([
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    0,
  ])
  expect(log(-1)).toBeNaN()
  expect(exp(Number.NaN)).toBeNaN()
  expect(exp(-745)).toBe(5e-324)
  expect(pow(0, 0)).toBe(1)
  expect(pow(-8, 1 / 3)).toBeNaN()
})
