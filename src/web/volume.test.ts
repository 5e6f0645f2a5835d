import { expect, test } from 'vitest'
import { roundedVolume, stepped, volumeOfText } from './volume.ts'

test.each([
  ['9.1G', 9.1e9],
  ['9100 Mtok', 9.1e9],
  ['9.1e9', 9.1e9],
  ['1,200,000', 1.2e6],
  ['3 Gtok/month', 3e9],
  ['many', null],
  ['-4', null],
])('%s is read as %s tokens', (typed, tokens) => expect(volumeOfText(typed)).toBe(tokens))

test('forty steps are a decade, and no step leaves the view', () => {
  let volume = 1e9
  for (let i = 0; i < 40; i++) volume = stepped(volume, 1, [1e6, 1e13])
  expect(volume / 1e10).toBeCloseTo(1, 2)
  expect(stepped(9e9, 10, [1e8, 1e10])).toBe(1e10)
})

test('a volume off the chart can be typed after --volume', () => {
  expect(String(roundedVolume(1_234_567_890.123))).toBe('1235000000')
})
