import fc from 'fast-check'
import { expect, test } from 'vitest'
import { add, fromPico, zero } from '../../meter/money.ts'
import { totalKinds, type Usage, unknownUsage } from '../../meter/usage.ts'
import { type Attempt, attemptOf } from './attempt.ts'
import { outcomes, spentCollector, tokenParts } from './spent.ts'

const spentOf = (attempts: readonly Attempt[]) => {
  const collector = spentCollector()
  for (const attempt of attempts) collector.add(attempt)
  return collector.spent()
}

const usageArbitrary = fc
  .record({
    input: fc.nat(9999),
    cacheRead: fc.nat(9999),
    cacheWrite: fc.nat(99),
    inputImage: fc.nat(99),
    reasoning: fc.nat(500),
    rest: fc.nat(500),
  })
  .map(({ rest, ...told }): Usage => ({ ...unknownUsage, ...told, output: told.reasoning + rest }))

const attemptsArbitrary = fc.array(
  fc.record({
    option: fc.constantFrom('a', 'b'),
    passed: fc.constantFrom(true, false, null),
    usd: fc.option(fc.bigInt(0n, 10n ** 15n).map(fromPico)),
    judgeUsd: fc.option(fc.bigInt(0n, 10n ** 15n).map(fromPico)),
    usage: fc.option(usageArbitrary),
    seconds: fc.option(fc.nat(1000)),
  }),
)

test('law 3: what went where adds up to all that was spent, and what nobody knows is counted and in no sum', () => {
  fc.assert(
    fc.property(attemptsArbitrary, told => {
      const attempts = told.map((one, i): Attempt => attemptOf({ task: 't', attempt: i + 1, ...one }))
      const spent = spentOf(attempts)
      for (const { option, usd, tokens, ...counts } of spent) {
        const own = attempts.filter(one => one.option === option)
        const known = own.flatMap(one => one.usd ?? []).reduce(add, zero)
        expect(outcomes.map(outcome => usd[outcome]).reduce(add, zero)).toBe(known)
        expect(counts.unpriced).toBe(own.filter(one => one.usd === null).length)
        expect(counts.judgeUsd).toBe(own.flatMap(one => one.judgeUsd ?? []).reduce(add, zero))
        const total = own.flatMap(({ usage }) => (usage === null ? [] : totalKinds.map(kind => usage[kind] ?? 0)))
        const parts = tokenParts.map(part => tokens[part] ?? 0)
        expect(parts.reduce((a, b) => a + b, 0)).toBe(total.reduce((a, b) => a + b, 0))
      }
      expect(spent.reduce((n, { attempts: tries }) => n + tries, 0)).toBe(attempts.length)
    }),
  )
})

test('a kind of tokens that no try told is unknown, not none', () => {
  const [spent] = spentOf([attemptOf({ option: 'a', task: 't', attempt: 1, passed: true, usd: null })])
  expect(spent).toMatchObject({ unpriced: 1, untold: 1, untimed: 1, verifierUsd: null })
  expect(Object.values(spent!.tokens)).toEqual([null, null, null, null, null, null])
})
