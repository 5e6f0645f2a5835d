import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sorted } from './sample.ts'
import { openSketch } from './sketch.ts'

const latencies = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 })

test('every quantile is within the stated relative error of the value of that rank', () => {
  fc.assert(
    fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const sketch = openSketch(0.01)
      for (const value of values) sketch.add(value)
      const exact = sorted(values)[Math.floor(q * (values.length - 1))]!
      expect(Math.abs(sketch.quantile(q)! - exact)).toBeLessThanOrEqual(0.01 * exact * (1 + 1e-9))
    }),
    { seed: 1 },
  )
})

test('sketches of the parts merge to the sketch of the whole, through JSON', () => {
  fc.assert(
    fc.property(latencies, latencies, (one, two) => {
      const whole = openSketch()
      for (const value of [...one, ...two]) whole.add(value)
      const left = openSketch()
      for (const value of one) left.add(value)
      const right = openSketch()
      for (const value of two) right.add(value)
      left.merge(JSON.parse(JSON.stringify(right.state())))
      expect(left.state()).toEqual(whole.state())
      expect(left.count()).toBe(one.length + two.length)
    }),
    { seed: 1 },
  )
})

test('law 4: an empty sketch knows no quantile; a value it cannot hold is refused', () => {
  expect(openSketch().quantile(0.5)).toBeNull()
  expect(() => openSketch().add(-1)).toThrow('expected a value ≥ 0')
  expect(() => openSketch(0.01).merge(openSketch(0.02).state())).toThrow('do not merge')
})
