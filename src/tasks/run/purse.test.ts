import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromPico, zero } from '../../core/meter/money.ts'
import { openPurse } from './purse.ts'

const { signal } = new AbortController()

test('whatever calls cost up to what was held for them, no more than the limit is ever spent and held', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.bigInt(0n, 2000n),
      fc.array(fc.tuple(fc.bigInt(1n, 300n), fc.nat(100), fc.boolean()), { maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      async (limit, calls, atOnce) => {
        const purse = openPurse(fromPico(limit))
        let refused = 0
        const one = async ([most, share, isLost]: [bigint, number, boolean], i: number) => {
          if (!(await purse.reserve(String(i), fromPico(most), signal))) {
            refused++
            return
          }
          await new Promise(done => setImmediate(done))
          if (isLost) purse.lose(String(i), fromPico(most))
          else purse.settle(String(i), fromPico((most * BigInt(share)) / 100n))
          const { spent, held } = purse.state()
          expect(spent + held <= limit).toBe(true)
        }
        const queue = calls.map((call, i) => ({ call, i }))
        const worker = async () => {
          for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next.call, next.i)
        }
        await Promise.all(Array.from({ length: atOnce }, worker))
        const least = calls.reduce((min, [most]) => (most < min ? most : min), 301n)
        // Nobody is refused while even the dearest would still have fitted.
        if (refused > 0) {
          const { spent, held } = purse.state()
          expect(spent + held + 300n > limit || least > limit).toBe(true)
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('a call that nobody saw the end of is held for good, and all calls of unknown cost are counted', async () => {
  const purse = openPurse(fromPico(100n))
  purse.lose('killed', fromPico(60n))
  expect(await purse.reserve('a', fromPico(50n), signal)).toBe(false)
  expect(await purse.reserve('b', fromPico(40n), signal)).toBe(true)
  purse.settle('b', null)
  expect(purse.state()).toEqual({ limit: 100n, spent: zero, held: 60n, unpriced: 2 })
})

test('who waits for room goes on once a call under way needed less', async () => {
  const purse = openPurse(fromPico(100n))
  await purse.reserve('a', fromPico(80n), signal)
  const waiting = purse.reserve('b', fromPico(80n), signal)
  purse.settle('a', fromPico(10n))
  expect(await waiting).toBe(true)
})
