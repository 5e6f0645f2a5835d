import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gpuById, modelById } from '../../../catalog/facts.ts'
import { stream } from '../../statistics/random.ts'
import { runFleet } from '../fleet/fleet.ts'
import { simulate } from '../fleet/simulate.ts'
import type { ReplicaShape } from '../hardware/memory.ts'
import { evenLengths } from '../traffic/steady.ts'
import { buildEngine } from './engine.ts'

const shape = { gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-70b'), tp: 4, weightDtype: 'fp8' }
const guessing = (draftTokens: number, acceptance: number): ReplicaShape => ({
  ...shape,
  speculation: { draftTokens, acceptance, draft: 'head' },
})

const queue = (n: number, perSecond: number, longestPrompt = 40) => ({
  n,
  atSeconds: Float64Array.from({ length: n }, (_, i) => i / perSecond),
  inputTokens: evenLengths(longestPrompt / 2, longestPrompt, n, stream(3, 'guessed in')),
  outputTokens: evenLengths(5, 60, n, stream(3, 'guessed out')),
})

test('a prompt beside sequences that guess is done no sooner than alone: its step is one of the hardware, not an e-th of one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (draftTokens, acceptance) => {
        const engine = buildEngine(guessing(draftTokens, acceptance))
        const busy = queue(300, 100)
        const { progress } = runFleet(busy, { engine, replicas: 1 })
        const alone = runFleet({ ...queue(1, 1), inputTokens: new Int32Array([1]) }, { engine, replicas: 1 })
        const soonest = alone.progress.firstTokenAt[0]!
        for (let id = 0; id < busy.n; id++) {
          expect(progress.firstTokenAt[id]! - busy.atSeconds[id]!).toBeGreaterThan(soonest * (1 - 1e-9))
          expect(progress.finishedAt[id]!).toBeGreaterThan(progress.firstTokenAt[id]!)
        }
      },
    ),
    { numRuns: 15 },
  )
})

test('weights are read once by step of the hardware: a guess that always holds halves it, also where steps carry prompts', () => {
  const read = (one: ReplicaShape): number => {
    const engine = buildEngine({ ...one, maxSequences: 16 })
    const { ofPeak, busyGpuSeconds } = simulate(queue(1500, 1e9), { engine, replicas: 1 }).groups[0]!
    return ofPeak.mbu! * busyGpuSeconds
  }
  const ratio = read(guessing(1, 1)) / read(shape)
  expect(ratio).toBeGreaterThan(0.45)
  expect(ratio).toBeLessThan(0.56)
})

test('law 3: with guesses charges sum to busy seconds, and leased = busy + idle', () => {
  const engine = buildEngine(guessing(3, 0.7))
  const { charges, busyGpuSeconds, idleGpuSeconds, leasedGpuSeconds } = simulate(queue(400, 60, 3000), {
    engine,
    replicas: 2,
    charges: true,
  })
  const charged = [...charges!.prefillGpuSeconds, ...charges!.decodeGpuSeconds].reduce((sum, one) => sum + one, 0)
  expect(charged / busyGpuSeconds).toBeCloseTo(1, 9)
  expect((busyGpuSeconds + idleGpuSeconds) / leasedGpuSeconds).toBeCloseTo(1, 12)
})
