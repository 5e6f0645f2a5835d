import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StepTimer } from '../step/step-time.ts'
import { createChargeBook } from './charges.ts'
import { startProgress } from './progress.ts'

const timer = { contextTokenSeconds: 1e-7, decode: (sequences: number) => 0.01 + 1e-4 * sequences } as StepTimer

test('law 3: what a step takes is charged to its requests to the last second, also where prompts are empty', () => {
  const prompt = fc.record({
    tokens: fc.oneof(fc.constant(0), fc.nat(50)),
    attention: fc.double({ min: 0, max: 0.01, noNaN: true }),
  })
  fc.assert(
    fc.property(
      fc.array(prompt, { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0, max: 0.1, noNaN: true }),
      (prompts, rest) => {
        const n = prompts.length
        const zeros = Float64Array.from({ length: n }, () => 0)
        const arrivals = { n, atSeconds: zeros, inputTokens: zeros, outputTokens: zeros } as never
        const progress = startProgress(arrivals, { charges: true })
        const book = createChargeBook(timer, 4, progress)!
        for (const [id, one] of prompts.entries()) book.prompt(id, one.tokens, one.attention)
        const attention = prompts.reduce((sum, one) => sum + one.attention, 0)
        book.mixed(
          attention + rest,
          attention,
          prompts.reduce((sum, one) => sum + one.tokens, 0),
          0,
        )
        const charged = progress.charges!.prefillGpuSeconds.reduce((sum, one) => sum + one, 0)
        expect(charged).toBeCloseTo(4 * (attention + rest), 9)
      },
    ),
  )
})
