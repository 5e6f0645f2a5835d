import { render } from 'preact-render-to-string'
import { expect, test } from 'vitest'
import type { Instant, Stretch, Timeline } from '../core/serving/fleet/timeline.ts'
import { clockOf, secondsLabel, shortCount } from './time-labels.ts'
import { TimelineChart } from './timeline.tsx'

const instants: Instant[] = Array.from({ length: 100 }, (_, i) => {
  const serving = i < 10 ? 0 : i < 50 ? 2 : 3
  const range = (value: number) => (serving === 0 ? null : { min: value / 2, mean: value, max: value * 1.5 })
  return {
    atSeconds: i * 6,
    waiting: i < 10 ? i * 4 : 3,
    running: serving * 10,
    batch: range(10),
    kvUse: range(0.3),
    serving,
    cold: i < 10 ? 2 : 0,
  }
})
const stretches: Stretch[] = Array.from({ length: 30 }, (_, i) => ({
  fromSeconds: i * 20,
  toSeconds: (i + 1) * 20,
  requestsPerSecond: i === 15 ? 0 : 2 + (i % 3),
  ttftP50Ms: i === 15 ? null : 200,
  ttftP95Ms: i === 15 ? null : 500 * (1 + i),
}))
const timeline: Timeline = { durationSeconds: 600, instants, stretches }
const props = {
  timeline,
  title: 'llama-3.1-8b on 1× h100, 2 to 3 replicas',
  facts: ['60 calls in 10 minutes'],
  footer: 'Crossline simulate',
  ttftLimitMs: 2000,
  width: 1200,
  height: 960,
  theme: 'light',
} as const

const draw = (changed: Partial<Parameters<typeof TimelineChart>[0]> = {}) =>
  render(<TimelineChart {...props} {...changed} />)

test('all that is drawn is a number and lies within the picture, light and dark, wide and narrow', () => {
  for (const size of [{}, { width: 700, height: 700 }, { theme: 'dark' as const }]) {
    const svg = draw(size)
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    const { width, height } = { ...props, ...size }
    for (const [, x, y] of svg.matchAll(/[ML](-?[\d.]+)[, ](-?[\d.]+)/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0)
      expect(Number(x)).toBeLessThanOrEqual(width)
      expect(Number(y)).toBeGreaterThanOrEqual(0)
      expect(Number(y)).toBeLessThanOrEqual(height)
    }
  }
})

test('panels and what their colours mean are told; a lone replica has no mean and no band', () => {
  const svg = draw()
  for (const words of [
    'Queue',
    'Batch',
    'KV cache in use',
    'Replicas',
    'Time to first token',
    'leased, still cold',
    'objective 2 s (p95)',
    'minutes since the first request',
  ]) {
    expect(svg).toContain(words)
  }
  const alone = instants.map(one => ({ ...one, serving: Math.min(1, one.serving), cold: 0 }))
  const lone = draw({ timeline: { ...timeline, instants: alone }, ttftLimitMs: null })
  expect(lone).not.toContain('fewest to most')
  expect(lone).not.toContain('leased, still cold')
  expect(lone).not.toContain('objective')
})

test('where nothing is known the curve is broken: no batch before a replica serves, no first token without a request', () => {
  const paths = [...draw().matchAll(/<path d="([^"]+)" fill="none" stroke="#00805e"/g)].map(([, d]) => d!)
  expect(paths).toHaveLength(1)
  const first = Number(/^M([\d.]+)/.exec(paths[0]!)![1])
  expect(first).toBeCloseTo(72 + (1100 * 60) / 600, 0)
  const medians = [...draw().matchAll(/<path d="([^"]+)" fill="none" stroke="#0072b2"/g)].map(([, d]) => d!)
  expect(medians.at(-1)!.match(/M/g)).toHaveLength(2)
})

test('an empty run is an empty picture', () => {
  expect(draw({ timeline: { durationSeconds: 0, instants: [], stretches: [] } })).not.toMatch(/NaN|Infinity/)
})

test.each([
  [45, 'seconds', 10],
  [600, 'minutes', 11],
  [3450, 'minutes', 12],
  [4 * 3600, 'hours', 9],
  [14 * 86_400, 'days', 8],
])('%d s are told in %s', (seconds, unit, ticks) => {
  const clock = clockOf(seconds)
  expect(clock.axis).toContain(unit)
  expect(clock.ticks).toHaveLength(ticks)
  expect(clock.ticks.every(({ atSeconds }) => atSeconds <= seconds + 1e-6)).toBe(true)
})

test('times and counts are short', () => {
  expect([0.8, 80, 1234, 90_000, 600_000].map(secondsLabel)).toEqual(['0.8 ms', '80 ms', '1.2 s', '90 s', '10 min'])
  expect([0, 0.5, 12, 1500, 2_000_000].map(shortCount)).toEqual(['0', '0.5', '12', '1.5k', '2M'])
})
