import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forwardClock } from './forward-clock.ts'

const morning = Date.UTC(2026, 10, 24, 8)

test('after a night in which the machine slept a call is of this morning, not of yesterday evening', () => {
  let [day, count] = [morning, 5000]
  const now = forwardClock(
    () => day,
    () => count,
  )
  expect(now()).toBe(morning * 1000)
  count += 1.5
  expect(now()).toBe(morning * 1000 + 1500)
  // The count of a sleeping machine stands still.
  day += 12 * 3_600_000
  count += 2
  expect(now()).toBe((morning + 12 * 3_600_000) * 1000)
})

test('it never goes back, whatever is done to the clock, and never by more than a second behind it', () => {
  const step = fc.record({ dayMs: fc.integer({ min: -86_400_000, max: 86_400_000 }), countMs: fc.nat(60_000) })
  fc.assert(
    fc.property(fc.array(step), steps => {
      let [day, count] = [morning, 0]
      const now = forwardClock(
        () => day,
        () => count,
      )
      let last = now()
      for (const { dayMs, countMs } of steps) {
        day += dayMs
        count += countMs
        const next = now()
        expect(next).toBeGreaterThanOrEqual(last)
        expect(next / 1000).toBeGreaterThanOrEqual(day - 1001)
        last = next
      }
    }),
  )
})
