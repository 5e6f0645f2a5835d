import { expect, test } from 'vitest'
import { spanWords, usdWords } from './phrase.ts'

test('money of any size is digits in threes, never an exponent', () => {
  expect(usdWords(1234.5)).toBe('$1,235')
  expect(usdWords(-1e21)).toBe('−$1,000,000,000,000,000,000,000')
  expect(usdWords(2 ** 80)).toBe('$1,208,925,819,614,629,174,706,176')
})

test('a span of any length is told in a unit that leaves it its digits', () => {
  const span = (seconds: number) => spanWords(seconds / 86_400)
  expect([0.293, 90, 3438, 90_000, 604_800].map(span)).toEqual([
    '0.293 seconds',
    '90 seconds',
    '57.3 minutes',
    '25 hours',
    '7 days',
  ])
})
