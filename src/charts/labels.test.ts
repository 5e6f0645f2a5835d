import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  daysLabel,
  fitted,
  headline,
  multipleLabel,
  sentences,
  shareLabel,
  tokensLabel,
  usdExactLabel,
  usdLabel,
  volumeLabel,
} from './labels.ts'

test.each([
  [volumeLabel(9.1e9), '9.1 Gtok/month'],
  [tokensLabel(999_950), '1 Mtok'],
  [tokensLabel(12), '12 tok'],
  [tokensLabel(0.4e15), '400 Ttok'],
  [usdLabel(12_400), '$12.4k'],
  [usdLabel(830), '$830'],
  [usdLabel(1_234_567), '$1.2M'],
  [usdLabel(0.042), '$0.042'],
  [usdLabel(0), '$0'],
  [usdLabel(null), '–'],
  [usdExactLabel(12_402.184), '$12,402.18'],
  [usdExactLabel(null), '–'],
  [multipleLabel(5.94), '×5.9'],
  [multipleLabel(0.4), '×0.4'],
  [shareLabel(0.031), '3.1 %'],
  [shareLabel(0.0004), '<0.1 %'],
  [shareLabel(0.9999), '>99.9 %'],
  [daysLabel(14), '14 days'],
  [daysLabel(0.9), '22 hours'],
  [daysLabel(0.02), '29 minutes'],
  [daysLabel(0.3 / 86_400), '0.3 seconds'],
  [daysLabel(90 / 86_400), '90 seconds'],
])('%s reads as %s', (label, expected) => expect(label).toBe(expected))

test('an unknown number is never printed as zero (law 4)', () => {
  for (const label of [tokensLabel, usdLabel, usdExactLabel, multipleLabel, shareLabel]) expect(label(null)).toBe('–')
})

test('a money label is within 5 % of the money', () => {
  const scale: Record<string, number> = { k: 1e3, M: 1e6, B: 1e9, T: 1e12 }
  fc.assert(
    fc.property(fc.double({ min: 1e-4, max: 1e14, noNaN: true }), usd => {
      const label = usdLabel(usd)
      const read = Number(label.replace(/[$,kMBT]/g, '')) * (scale[label.at(-1)!] ?? 1)
      expect(Math.abs(read / usd - 1)).toBeLessThan(0.051)
    }),
  )
})

test('a text is cut to its width and keeps both ends', () => {
  expect(fitted('llama-3.1-70b on 4 × h100-sxm-80gb', 20)).toHaveLength(20)
  expect(fitted('short', 20)).toBe('short')
})

test('a model’s version number does not end a sentence', () => {
  const { first, rest } = headline('Stay on llama-3.1-70b via X: $463 a month. Own GPUs are never cheaper. It rests.')
  expect(first).toBe('Stay on llama-3.1-70b via X: $463 a month.')
  expect(rest).toBe('Own GPUs are never cheaper. It rests.')
  expect(sentences(rest)).toEqual(['Own GPUs are never cheaper.', 'It rests.'])
  expect(sentences('')).toEqual([])
})
