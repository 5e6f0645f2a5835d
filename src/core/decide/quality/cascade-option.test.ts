import { expect, test } from 'vitest'
import { parseUsd } from '../../meter/money.ts'
import { unknownUsage } from '../../meter/usage.ts'
import type { OptionAnswer } from '../answer.ts'
import { decide } from '../decide.ts'
import { choose, evidenceForTest } from '../evidence-for-test.ts'
import { type Attempt, type AttemptStage, attemptOf } from './attempt.ts'
import { type AttemptRow, rowOf } from './attempt-row.ts'
import { runEvidence } from './run-evidence.ts'
import { type TriedOption, triedOptionOf } from './tried-option.ts'

const large = triedOptionOf({ name: 'large', kind: 'api', provider: 'host', group: 'open-70b' })
const small = triedOptionOf({ name: 'small', kind: 'api', provider: 'cloud', group: 'other-8b' })
const own = triedOptionOf({ name: 'small', kind: 'self-host', group: 'other-8b', dtype: 'bf16' })
const both = triedOptionOf({ name: 'both', kind: 'cascade', stages: ['small', 'large'] })

const n = 100
/** Small solves the first 60. What it fails at costs large twice as much, and large solves half of that. */
const isSolved = (i: number) => i < 60
const largeUsd = (i: number) => (isSolved(i) ? '0.010000000000' : '0.020000000000')
const largeSolves = (i: number) => isSolved(i) || i % 2 === 0
/** The verifier lets five wrong answers pass. */
const isTaken = (i: number) => i < 65

function rows(smallUsd: string | null, verifierUsd: string | null = '0.000100000000', smallWords = 100): AttemptRow[] {
  const usd = (text: string | null) => (text === null ? null : parseUsd(text))
  const usage = { ...unknownUsage, input: 1000, output: 100 }
  return Array.from({ length: n }, (_, i) => {
    const stage = (option: string, cost: string | null, passed: boolean): AttemptStage => ({
      option,
      accepted: option === 'small' ? isTaken(i) : null,
      passed,
      usd: usd(cost),
      verifierUsd: option === 'small' ? usd(verifierUsd) : null,
    })
    const stages = [
      stage('small', smallUsd, isSolved(i)),
      ...(isTaken(i) ? [] : [stage('large', largeUsd(i), largeSolves(i))]),
    ]
    const costs = [smallUsd, verifierUsd, ...(isTaken(i) ? [] : [largeUsd(i)])]
    const whole = costs.includes(null) ? null : costs.reduce((sum, one) => sum + parseUsd(one!), 0n)
    const attempt = (over: Pick<Attempt, 'option' | 'passed' | 'usd'> & Partial<Attempt>) =>
      rowOf(attemptOf({ task: `t${i}`, attempt: 1, usage, ...over }))
    return [
      attempt({ option: 'large', passed: largeSolves(i), usd: usd(largeUsd(i)) }),
      attempt({
        option: 'small',
        passed: isSolved(i),
        usd: usd(smallUsd),
        usage: { ...usage, output: smallWords },
      }),
      attempt({
        option: 'both',
        passed: isTaken(i) ? isSolved(i) : largeSolves(i),
        usd: whole as Attempt['usd'],
        stages,
      }),
    ]
  }).flat()
}

const told = (options: readonly TriedOption[]) =>
  ({ run: 'r1', origin: 'run', suite: 's', bars: [0.6], options, startedAt: null, endedAt: '2026-11-20' }) as const

function optionsOf(options: readonly TriedOption[], rowsOfRun: readonly AttemptRow[]): readonly OptionAnswer[] {
  const evidence = evidenceForTest({
    api: [{}, { provider: 'cloud', group: 'other-8b', usdPerMtok: 0.05 }],
    replicas: [{}, { model: 'other-8b', group: 'other-8b', gpusPerReplica: 1 }],
    tasks: [runEvidence(told(options), rowsOfRun)],
  })
  return decide(evidence, choose(), { draws: 40 }).options
}

test('law 7: a cascade pays the second what the tasks that came to it cost, as measured: hard ones are dear', () => {
  const options = optionsOf([large, small, both], rows('0.001000000000'))
  const cascade = options.find(({ kind }) => kind === 'cascade')!
  const [first, second] = ['hosted 1', 'metered'].map(name => options.find(option => option.name === name)!)
  expect(cascade.name).toBe('hosted 1, then metered')
  // 35 of 100 tasks went on, each at $0.02, of 60 × 0.01 + 40 × 0.02 = $1.40: half of the bill and not 35 % of it.
  expect(cascade.cascade).toMatchObject({
    escalatedShare: { value: 0.35 },
    shareOfSecondsBill: 0.5,
    silentErrorShare: { value: 0.05 },
  })
  const verifying = (n * 0.0001) / 1.4
  expect(cascade.breakdown.escalation! / second!.usd!).toBeCloseTo(0.5 + verifying, 9)
  expect(cascade.usd! / (first!.usd! + (0.5 + verifying) * second!.usd!)).toBeCloseTo(1, 9)
  const parts = Object.values(cascade.breakdown).reduce<number>((sum, part) => sum + part!, 0)
  expect(parts / cascade.usd!).toBeCloseTo(1, 9)
  // 60 solved by the first, and of the 35 that went on those with an even number: 66 to 98, seventeen.
  expect(cascade.tried).toMatchObject({ n: 100, passRate: { value: 0.77 }, bar: 0.6, verdict: 'yes' })
  expect(cascade.usdPerSuccess).toBeCloseTo((0.1 + 0.01 + 35 * 0.02) / 77, 9)
  expect([cascade.meetsQuality, cascade.meetsLatency]).toEqual(['yes', 'unknown'])
})

test('on own GPUs first: every task at what a token costs on the fleet, and what went on at its own price', () => {
  // It writes two and a half times as much, which the fleet's terms are at already.
  const options = optionsOf([large, own, both], rows(null, undefined, 250))
  const cascade = options.find(({ kind }) => kind === 'cascade')!
  const fleet = options.find(({ kind, group }) => kind === 'self-host' && group === 'other-8b')!
  expect(cascade.name).toBe(`${fleet.name}, then metered`)
  const each = fleet.tried!.usdPerSuccess!.usdPerTask
  expect(cascade.usdPerSuccess).toBeCloseTo((n * each + 0.01 + 35 * 0.02) / 77, 9)
  expect(cascade.usd! - cascade.breakdown.escalation!).toBeCloseTo(fleet.usd!, 4)
})

test('law 4: a cascade whose parts were not run by themselves, or whose verifier has no price, is no option', () => {
  const kinds = (options: readonly TriedOption[], rowsOfRun: readonly AttemptRow[]) =>
    optionsOf(options, rowsOfRun).filter(({ kind }) => kind === 'cascade').length
  expect(kinds([large, small, both], rows('0.001000000000'))).toBe(1)
  expect(kinds([small, both], rows('0.001000000000'))).toBe(0)
  expect(kinds([large, small, both], rows('0.001000000000', null))).toBe(0)
})
