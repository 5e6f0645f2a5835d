import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasRoom, hold, letGo, startTally } from './budget.ts'
import type { Money } from './money.ts'

test('a tally holds each call once, lets it go once, and has room for what is left to the last digit', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    usd: fc.option(fc.bigInt({ min: 0n, max: 50n })),
    isHeld: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step), fc.bigInt({ min: 1n, max: 100n }), (steps, limit) => {
      const tally = startTally(limit as Money)
      const held = new Map<string, bigint | null>()
      for (const { key, usd, isHeld } of steps) {
        if (isHeld) {
          hold(tally, key, usd as Money | null)
          if (!held.has(key)) held.set(key, usd)
        } else {
          letGo(tally, [key])
          held.delete(key)
        }
      }
      const reserved = [...held.values()].reduce<bigint>((sum, usd) => sum + (usd ?? 0n), 0n)
      expect(tally.reserved).toBe(reserved)
      const left = limit - reserved
      expect(hasRoom(tally, left as Money)).toBe(true)
      expect(hasRoom(tally, (left + 1n) as Money)).toBe(false)
      expect(hasRoom(tally, null)).toBe(left > 0n)
    }),
  )
})
