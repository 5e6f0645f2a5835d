import fc from 'fast-check'
import { expect, test } from 'vitest'
import { billedGpuSeconds, goesOnWords, type Span } from './instance-hours.ts'

const span = (fromSeconds: number, toSeconds: number): Span => ({ fromSeconds, toSeconds })
const exact = { gpusPerInstance: null, billing: null }
const hourly = { stepSeconds: 3600, leastSeconds: 3600 }

test('two replicas of two GPUs share an instance of eight, which is paid from the first begin to the last end', () => {
  const spans = [span(0, 1000), span(200, 4000)]
  expect(billedGpuSeconds(spans, 2, 4000, exact)).toBe(2 * 1000 + 2 * 3800)
  expect(billedGpuSeconds(spans, 2, 4000, { gpusPerInstance: 8, billing: null })).toBe(8 * 4000)
  // A fifth replica needs a second instance, and only for its own time.
  const five = [...spans, span(0, 4000), span(0, 4000), span(1000, 1500), span(900, 1900)]
  expect(billedGpuSeconds(five, 2, 4000, { gpusPerInstance: 8, billing: null })).toBe(8 * 4000 + 8 * 1000)
})

test('a step that was begun is paid, but not beyond the end of the run, where the fleet goes on', () => {
  const terms = { gpusPerInstance: 1, billing: hourly }
  expect(billedGpuSeconds([span(0, 10)], 1, 10_000, terms)).toBe(3600)
  expect(billedGpuSeconds([span(0, 3601)], 1, 10_000, terms)).toBe(7200)
  expect(billedGpuSeconds([span(9000, 9010)], 1, 10_000, terms)).toBe(1000)
  expect(billedGpuSeconds([span(0, 10_000)], 1, 10_000, terms)).toBe(10_000)
  const reserved = { gpusPerInstance: 1, billing: { ...hourly, leastSeconds: 8760 * 3600 } }
  expect(billedGpuSeconds([span(0, 10)], 1, 10_000, reserved)).toBe(10_000)
})

const spans = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 9000 }), fc.integer({ min: 0, max: 5000 }))
    .map(([from, length]) => span(from, Math.min(10_000, from + length))),
  { maxLength: 20 },
)

test('law 3: what is billed covers every replica at every moment, in whole instances', () => {
  fc.assert(
    fc.property(spans, fc.constantFrom(1, 2, 4, 8), fc.constantFrom(1, 2, 4, 8), (leases, gpus, gpusPerInstance) => {
      const by = (billing: typeof hourly | null) => billedGpuSeconds(leases, gpus, 10_000, { gpusPerInstance, billing })
      const used = leases.reduce((sum, { fromSeconds, toSeconds }) => sum + gpus * (toSeconds - fromSeconds), 0)
      const billed = by(null)
      expect(billed).toBeGreaterThanOrEqual(used)
      expect(billed % Math.max(gpus, gpusPerInstance)).toBe(0)
      // No more instances than replicas, and none for longer than the run.
      expect(billed).toBeLessThanOrEqual(leases.length * Math.max(gpus, gpusPerInstance) * 10_000)
      if (gpusPerInstance <= gpus) expect(billed).toBe(used)
      expect(by(hourly)).toBeGreaterThanOrEqual(billed)
    }),
    { numRuns: 300 },
  )
})

test('a fleet that is still leased at the end says that it is billed as a part of a longer lease, and what ending would cost', () => {
  expect(goesOnWords(3446.8, { stepSeconds: 60, leastSeconds: 86_400 })).toBe(
    'GPUs still leased at the end are billed for the 57.4 minutes simulated, as a part of a lease that goes on; one that ended there would be billed for 24 hours',
  )
  expect(goesOnWords(3446.8, { stepSeconds: 60, leastSeconds: 60 })).toContain(
    'ended there would be billed for 58 minutes',
  )
  // Nothing is left out where time is billed as it is used.
  expect(goesOnWords(3446.8, { stepSeconds: 1, leastSeconds: 1 })).toBeNull()
  expect(goesOnWords(3600, hourly)).toBeNull()
  expect(goesOnWords(3446.8, null)).toBeNull()
})
