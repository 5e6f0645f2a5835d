import { expect, test } from 'vitest'
import { busyHourLateShare, keepsObjective, windowsMet } from './windows.ts'

const windows = (...counts: readonly (readonly [number, number])[]) =>
  counts.map(([requests, late], i) => ({ fromSeconds: i * 300, requests, late }))

test('a window meets the objective with 1 late of 20 and not with 2; an empty one does not count', () => {
  expect(windowsMet(windows([20, 1], [0, 0], [20, 2]))).toEqual({
    windows: 2,
    share: 0.5,
    worstHourLateShare: 3 / 40,
    lateShare: 3 / 40,
  })
})

test('a month that passes with an hour that fails: the worst hour is found wherever it begins', () => {
  const quiet: [number, number][] = Array.from({ length: 30 }, () => [100, 0])
  for (let i = 7; i < 19; i++) quiet[i] = [100, 50]
  const met = windowsMet(windows(...quiet))
  expect(met.worstHourLateShare).toBe(0.5)
  expect(met.lateShare).toBe(0.2)
  expect(met.share).toBe(18 / 30)
})

test('99 windows of 100 keep the objective, 98 do not; nobody served is nothing known', () => {
  const with2 = (bad: number) =>
    windows(...Array.from({ length: 100 }, (_, i): [number, number] => [10, i < bad ? 5 : 0]))
  expect([1, 2].map(bad => keepsObjective(windowsMet(with2(bad))))).toEqual([true, false])
  expect(windowsMet([])).toEqual({ windows: 0, share: null, worstHourLateShare: null, lateShare: null })
})

test('the busy hours are those with half the requests of the busiest: a late call of the night does not count among them', () => {
  const day: [number, number][] = Array.from({ length: 36 }, (_, i) => (i < 24 ? [100, 2] : [1, 1]))
  expect(windowsMet(windows(...day)).worstHourLateShare).toBe(1)
  expect(busyHourLateShare(windows(...day))).toBeCloseTo((6 * 2 + 6) / (6 * 100 + 6), 1)
  expect(busyHourLateShare(windows(...day.slice(0, 24)))).toBe(0.02)
  expect(busyHourLateShare([])).toBeNull()
})
