// Counts that lie inside others or beside them, and the one usage that they stand for (laws 1 and 4).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { totalTokens } from '../../core/meter/usage.ts'
import { type ToldUsage, usageOf } from './told-usage.ts'

const untold: ToldUsage = {
  input: null,
  output: null,
  total: null,
  fresh: null,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  reasoning: null,
  inputAudio: null,
  inputImage: null,
  outputAudio: null,
  outputImage: null,
  cachedBeside: null,
}

const count = fc.nat(200_000)
/** What a provider counted, kinds beside each other. */
const counted = fc.record({ fresh: count, read: count, write: count, text: count, reasoning: count })

test('whatever the sender adds up, its total tells, and the parts are what the provider counted', () => {
  fc.assert(
    fc.property(counted, fc.boolean(), fc.boolean(), ({ fresh, read, write, text, reasoning }, isBeside, isApart) => {
      const told: ToldUsage = {
        ...untold,
        input: isBeside ? fresh : fresh + read + write,
        output: isApart ? text : text + reasoning,
        total: fresh + read + write + text + reasoning,
        cacheRead: read,
        cacheWrite: write,
        reasoning,
      }
      // Two figures that happen to be alike may hide a third: then no total tells them apart.
      fc.pre(!(isApart && read + write === reasoning) && !(isBeside && isApart && reasoning > 0))
      const { usage, assumed } = usageOf(isBeside ? told : { ...told, cachedBeside: false })
      expect(usage).toMatchObject({
        input: fresh,
        cacheRead: read,
        cacheWrite: write,
        output: text + reasoning,
        reasoning,
      })
      expect(totalTokens(usage)).toBe(told.total)
      expect(assumed).toBeNull()
    }),
  )
})

test('no count is negative, no part exceeds its whole, and what is unknown stays so', () => {
  const maybe = fc.option(fc.nat(2000))
  const any = fc.record({
    ...(Object.fromEntries(Object.keys(untold).map(kind => [kind, maybe])) as Record<keyof ToldUsage, typeof maybe>),
    cachedBeside: fc.option(fc.boolean()),
  }) as fc.Arbitrary<ToldUsage>
  fc.assert(
    fc.property(any, told => {
      const { usage } = usageOf(told)
      for (const n of Object.values(usage)) expect(n === null || n >= 0).toBe(true)
      expect(usage.output === null).toBe(told.output === null)
      expect(usage.input === null).toBe(told.input === null && told.fresh === null)
      if (usage.output !== null && usage.reasoning !== null) expect(usage.reasoning).toBeLessThanOrEqual(usage.output)
      const parts = (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0)
      if (usage.cacheWrite !== null) expect(parts).toBeLessThanOrEqual(usage.cacheWrite)
    }),
    { numRuns: 500 },
  )
})

test('counts that fit both ways follow the conventions, and say so', () => {
  const told = { ...untold, input: 5000, output: 10, cacheRead: 1000 }
  expect(usageOf(told).usage).toMatchObject({ input: 4000, cacheRead: 1000 })
  expect(usageOf(told).assumed).toMatch(/^cached tokens were taken to be inside the prompt/)
  expect(usageOf({ ...told, cachedBeside: true })).toMatchObject({ usage: { input: 5000 }, assumed: null })
  expect(usageOf({ ...told, total: 6010 })).toMatchObject({ usage: { input: 5000 }, assumed: null })
  expect(usageOf({ ...told, input: 999 })).toMatchObject({ usage: { input: 999 }, assumed: null })
  // Nothing was cached: there is nothing to place.
  expect(usageOf({ ...told, cacheRead: 0 }).assumed).toBeNull()
})
