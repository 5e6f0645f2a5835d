import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ByDimension, byDimension } from '../core/decide/by-dimension.ts'
import { slicesText } from './slices-text.ts'

const cell = {
  key: 'search',
  environment: null,
  weights: 'open-70b',
  calls: 10,
  unpricedCalls: 0,
  unknownUsageCalls: 0,
}
const slices = byDimension('feature', [{ ...cell, pico: 10n ** 12n, input: 1e6, output: 1e5 }], new Map(), {
  hours: 730,
  spanMicros: 14 * 86_400e6,
})
const saving = (possibleSaving: ByDimension['total']['possibleSaving']): string => {
  const rows = slices.rows.map(row => ({ ...row, possibleSaving }))
  return slicesText({ ...slices, rows, total: { ...slices.total, possibleSaving } }, { columns: 80, color: false })
}
const row = (text: string) => text.split('\n').find(line => line.startsWith('search'))!

test('what other weights could save is a range from low to high, not its far end alone', () => {
  expect(row(saving({ low: 121.2, high: 269.8 }))).toContain(' $121–270 ')
  expect(row(saving({ low: -40, high: 270 }))).toContain(' −$40…$270 ')
  expect(row(saving({ low: 270.1, high: 269.9 }))).toContain(' $270 ')
  expect(row(saving(null))).not.toContain('$270')
})

test('no line is wider than 80 columns and neither end is cut, whatever the amounts', () => {
  const usd = fc.double({ min: -1e12, max: 1e12, noNaN: true }).filter(x => Math.abs(x) >= 0.01)
  fc.assert(
    fc.property(usd, usd, (low, high) => {
      const text = saving({ low: Math.min(low, high), high: Math.max(low, high) })
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
      expect(row(text).slice(0, 70)).not.toMatch(/….*…|…\s/)
    }),
  )
})
