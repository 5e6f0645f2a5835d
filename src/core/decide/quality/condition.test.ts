import { expect, test } from 'vitest'
import { conditionOf, judged } from './condition.ts'

test.each([
  ['usdPerSuccess>+10%', { gauge: 'usdPerSuccess', beyond: 'above', of: 'change', threshold: 0.1 }],
  [' usdPerSuccess > 0.05 ', { gauge: 'usdPerSuccess', beyond: 'above', of: 'level', threshold: 0.05 }],
  ['passRate<-2pp', { gauge: 'passRate', beyond: 'below', of: 'change', threshold: -0.02 }],
  ['passRate<80%', { gauge: 'passRate', beyond: 'below', of: 'level', threshold: 0.8 }],
  ['passRate<.8', { gauge: 'passRate', beyond: 'below', of: 'level', threshold: 0.8 }],
])('%s reads as it is meant', (text, wanted) => {
  expect(conditionOf(text)).toMatchObject(wanted)
})

test.each([
  ['usdPerSucces>+10%', /did you mean usdPerSuccess/],
  ['usdPerSuccess>+10', /in %/],
  ['usdPerSuccess>10%', /in dollars/],
  ['passRate<-5%', /in pp/],
  ['passRate=0.8', /does not read/],
])('%s is refused', (text, words) => {
  expect(() => conditionOf(text)).toThrow(words)
})

test('it fails when the whole interval is beyond, and not when a point is', () => {
  const dearer = conditionOf('usdPerSuccess>+10%')
  expect(judged(dearer, { value: 0.3, low: 0.15, high: 0.5 })).toBe('fails')
  expect(judged(dearer, { value: 0.3, low: 0.05, high: 0.6 })).toBe('unclear')
  expect(judged(dearer, { value: 0.05, low: -0.2, high: 0.4 })).toBe('holds')
  expect(judged(dearer, { value: 0.3, low: null, high: null })).toBe('unclear')
  expect(judged(dearer, { value: null, low: null, high: null })).toBe('unknown')
  const worse = conditionOf('passRate<-2pp')
  expect(judged(worse, { value: -0.1, low: -0.2, high: -0.03 })).toBe('fails')
  expect(judged(worse, { value: -0.1, low: -0.2, high: 0.01 })).toBe('unclear')
})
