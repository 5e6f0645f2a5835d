import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Clock, isWorthRetrying, retrySeconds, startPace } from './pace.ts'

/** A clock that stands until somebody sleeps, and then is at the time at which the first wakes. */
function clockForTest(): Clock & { run(): Promise<void> } {
  let now = 0
  let sleeping: { at: number; wake: () => void }[] = []
  return {
    nowMs: () => now,
    sleep: ms => new Promise(wake => sleeping.push({ at: now + ms, wake })),
    async run() {
      for (let i = 0; i < 10_000; i++) {
        await new Promise(done => setImmediate(done))
        sleeping.sort((a, b) => a.at - b.at)
        const [next] = sleeping
        if (next === undefined) return
        now = next.at
        sleeping = sleeping.slice(1)
        next.wake()
      }
    },
  }
}

const { signal } = new AbortController()

test('no minute has more requests or tokens than its limit and one burst, and none waits for ever', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 30, max: 600 }),
      fc.integer({ min: 1000, max: 100_000 }),
      fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 60 }),
      async (requestsPerMinute, tokensPerMinute, sizes) => {
        const clock = clockForTest()
        const pace = startPace({ concurrency: null, requestsPerMinute, tokensPerMinute }, clock)
        const went: { at: number; size: number }[] = []
        const all = sizes.map(async size => {
          await pace.turn(size, signal)
          went.push({ at: clock.nowMs(), size })
        })
        await clock.run()
        await Promise.all(all)
        for (const { at } of went) {
          const inMinute = went.filter(one => one.at >= at && one.at < at + 60_000)
          // The first of a window came due before it, and five seconds' worth may go at once.
          const burst = 1 + 5 / 60
          expect(inMinute.length).toBeLessThanOrEqual(requestsPerMinute * burst + 2)
          const largest = Math.max(...sizes)
          const tokens = inMinute.reduce((sum, { size }) => sum + size, 0)
          expect(tokens).toBeLessThanOrEqual(tokensPerMinute * burst + 2 * largest)
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('no more than so many are under way at once, and whoever waits goes when one is over', async () => {
  const pace = startPace({ concurrency: 2, requestsPerMinute: null, tokensPerMinute: null }, clockForTest())
  const first = await pace.turn(1, signal)
  await pace.turn(1, signal)
  let isThrough = false
  const third = pace.turn(1, signal).then(() => {
    isThrough = true
  })
  await new Promise(done => setImmediate(done))
  expect(isThrough).toBe(false)
  first()
  await third
  expect(isThrough).toBe(true)
})

test('what the provider asks for is waited for; else waits double up to a minute, never twice the same for all', () => {
  expect(retrySeconds(1, 7, 0)).toBe(7)
  expect(retrySeconds(1, 3600, 0)).toBeNull()
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (n, draw) => {
        const full = Math.min(60, 0.5 * 2 ** (n - 1))
        const wait = retrySeconds(n, null, draw)!
        expect(wait).toBeGreaterThanOrEqual(full / 2)
        expect(wait).toBeLessThanOrEqual(full)
      },
    ),
  )
  expect([null, 408, 429, 500, 503, 529].every(isWorthRetrying)).toBe(true)
  expect([400, 401, 403, 404, 422].some(isWorthRetrying)).toBe(false)
})
