import { expect, test } from 'vitest'
import { usdWords } from './phrase.ts'

test('money of any size is digits in threes, never an exponent', () => {
  expect(usdWords(1234.5)).toBe('$1,235')
  expect(usdWords(-1e21)).toBe('−$1,000,000,000,000,000,000,000')
  expect(usdWords(2 ** 80)).toBe('$1,208,925,819,614,629,174,706,176')
})
