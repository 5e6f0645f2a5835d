import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Choices, defaultChoices } from './choices.ts'
import { decide } from './decide.ts'
import type { Evidence } from './evidence.ts'
import { evidenceForTest as evidence } from './evidence-for-test.ts'

const choose = (choices: Partial<Choices> = {}): Choices => ({ ...defaultChoices, ...choices })
const draws = { draws: 5 }

/** Whether the fleet crosses the API at any volume. */
function crosses(made: Evidence, choices: Choices): boolean {
  return decide(made, choices, draws).never.length === 0
}

const terms = fc.record({
  usdPerMtok: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
  usdPerGpuHour: fc.double({ min: 3, max: 30, noNaN: true }),
  tokensPerSecond: fc.integer({ min: 500, max: 9000 }),
  operationsUsdPerMonth: fc.constantFrom(0, 8333),
  overheadShare: fc.constantFrom(0, 0.15, 0.5),
  spareReplicas: fc.integer({ min: 0, max: 2 }),
})

test('law 8: each nearest change makes a "never" cross, and one per cent less of it does not', () => {
  fc.assert(
    fc.property(terms, ({ usdPerMtok, tokensPerSecond, ...chosen }) => {
      const made = (price: number, speed: number) =>
        evidence({
          windows: 1008,
          api: [{ usdPerMtok: price }],
          replicas: [
            {
              tokensPerSecond: tokensPerSecond * speed,
              secondsPerInputToken: 5e-5 / speed,
              secondsPerOutputToken: 3e-4 / speed,
            },
          ],
        })
      const choices = choose(chosen)
      const [never] = decide(made(usdPerMtok, 1), choices, draws).never
      fc.pre(never !== undefined)
      const to = Object.fromEntries(never!.nearest.map(change => [change.variable, change.to]))
      const hour = (usdPerGpuHour: number) => crosses(made(usdPerMtok, 1), { ...choices, usdPerGpuHour })
      expect([hour(to.usdPerGpuHour! * 0.999), hour(to.usdPerGpuHour! * 1.01)]).toEqual([true, false])
      const speed = (ratio: number) => crosses(made(usdPerMtok, ratio), choices)
      expect([speed(to.tokensPerSecond! * 1.001), speed(to.tokensPerSecond! * 0.99)]).toEqual([true, false])
      const price = (usd: number) => crosses(made(usd, 1), choices)
      expect([price(to.apiUsdPerMtok! * 1.001), price(to.apiUsdPerMtok! * 0.99)]).toEqual([true, false])
    }),
    { numRuns: 60 },
  )
})
