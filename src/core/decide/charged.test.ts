import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chargedBy } from './charged.ts'

const close = (a: number, b: number): void =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(b)))

test('law 3: by name, busy hours and marginal dollars and the idle line sum to what is billed, and so do loaded dollars', () => {
  const call = fc.record({
    prefill: fc.double({ min: 0, max: 50, noNaN: true }),
    decode: fc.double({ min: 0, max: 50, noNaN: true }),
    label: fc.integer({ min: 0, max: 3 }),
  })
  fc.assert(
    fc.property(fc.array(call, { minLength: 1 }), fc.double({ min: 0, max: 500, noNaN: true }), (calls, idle) => {
      const busy = calls.reduce((sum, one) => sum + one.prefill + one.decode, 0)
      const gpuSeconds = busy + idle
      const gpuUsd = (gpuSeconds / 3600) * 2.5
      const { rows, idle: left } = chargedBy({
        by: 'feature',
        prefillGpuSeconds: Float64Array.from(calls, one => one.prefill),
        decodeGpuSeconds: Float64Array.from(calls, one => one.decode),
        inputTokens: new Int32Array(calls.length).fill(10),
        outputTokens: new Int32Array(calls.length).fill(1),
        labels: Int32Array.from(calls, one => one.label),
        names: ['chat', null, 'search', 'mail'],
        gpuSeconds,
        gpuUsd,
      })
      const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((all, row) => all + of(row), 0)
      expect(sum(row => row.calls)).toBe(calls.length)
      expect(sum(row => row.tokens.input)).toBe(10 * calls.length)
      close(sum(row => row.prefillGpuHours + row.decodeGpuHours) + left.gpuHours, gpuSeconds / 3600)
      close(sum(row => row.marginalUsd!) + left.usd!, gpuUsd)
      if (busy > 0)
        close(
          sum(row => row.loadedUsd!),
          gpuUsd,
        )
      if (busy > 0)
        close(
          sum(row => row.busyShare!),
          1,
        )
    }),
    { numRuns: 300, seed: 21 },
  )
})

test('without a price hours are known and dollars are not (law 4)', () => {
  const one = {
    prefillGpuSeconds: Float64Array.of(1800),
    decodeGpuSeconds: Float64Array.of(1800),
    inputTokens: Int32Array.of(5),
    outputTokens: Int32Array.of(5),
  }
  const { rows, idle } = chargedBy({
    by: 'team',
    ...one,
    labels: Int32Array.of(0),
    names: ['a', 'b'],
    gpuSeconds: 7200,
    gpuUsd: null,
  })
  expect(rows).toEqual([
    {
      name: 'a',
      calls: 1,
      tokens: { input: 5, output: 5 },
      prefillGpuHours: 0.5,
      decodeGpuHours: 0.5,
      busyShare: 1,
      marginalUsd: null,
      loadedUsd: null,
    },
  ])
  expect(idle).toEqual({ gpuHours: 1, usd: null })
})
