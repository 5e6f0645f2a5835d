import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseUsd } from '../../meter/money.ts'
import { unknownUsage } from '../../meter/usage.ts'
import type { OptionAnswer } from '../answer.ts'
import type { Choices } from '../choices.ts'
import { decide } from '../decide.ts'
import type { Evidence } from '../evidence.ts'
import { choose, evidenceForTest, leaseForTest } from '../evidence-for-test.ts'
import { attemptOf } from './attempt.ts'
import { type AttemptRow, rowOf } from './attempt-row.ts'
import { runEvidence } from './run-evidence.ts'
import { type TriedOption, triedOptionOf } from './tried-option.ts'

const triedOption = (over: Partial<TriedOption> & { readonly name: string }): TriedOption =>
  triedOptionOf({ kind: 'api', ...over })

const today = triedOption({ name: 'today', provider: 'host', group: 'open-70b' })
const small = triedOption({ name: 'small', kind: 'self-host', group: 'other-8b', dtype: 'bf16', engine: 'vllm' })

/** Of 100 tasks the first `passes` pass; each takes as many tokens as its number says, so that costs differ. */
function rowsOf(name: string, passes: number, tokens: { input: number; output: number }, usd: string | null = null) {
  return Array.from({ length: 100 }, (_, i): AttemptRow => {
    const usage = {
      ...unknownUsage,
      input: tokens.input * (1 + (i % 5)),
      output: tokens.output * (1 + (i % 7)),
    }
    return rowOf(
      attemptOf({
        option: name,
        task: `t${i}`,
        attempt: 1,
        passed: i < passes,
        usd: usd === null ? null : parseUsd(usd),
        usage,
      }),
    )
  })
}

const told = (options: readonly TriedOption[], bars: readonly number[] = []) =>
  ({ run: 'r1', origin: 'run', suite: 's', bars, options, startedAt: null, endedAt: '2026-11-20T10:00:00Z' }) as const

const both = [
  ...rowsOf('today', 90, { input: 1000, output: 100 }, '0.002'),
  ...rowsOf('small', 92, { input: 1200, output: 80 }),
]

const evidenceWith = (tasks: Evidence['tasks'], dtype = 'bf16', leaseUsd = '3') =>
  evidenceForTest({
    replicas: [{ gpusPerReplica: 8 }, { model: 'other-8b', group: 'other-8b', dtype, gpusPerReplica: 1 }],
    leases: [leaseForTest('lambda', leaseUsd)],
    ...(tasks === undefined ? {} : { tasks }),
  })

const optionOf = (evidence: Evidence, group: string, choices: Partial<Choices> = {}): OptionAnswer =>
  decide(evidence, choose(choices), { draws: 40 }).options.find(
    option => option.group === group && option.kind === 'self-host',
  )!

test('law 9: without tasks other weights are unknown and have no cost of a success; with 92 of 100 passed they meet a bar of 80 %, miss one of 98 %, and 90 % is open', () => {
  const none = optionOf(evidenceWith(undefined), 'other-8b')
  expect([none.meetsQuality, none.usdPerSuccess, none.tried]).toEqual(['unknown', null, null])
  const found = evidenceWith([runEvidence(told([today, small]), both)])
  expect(optionOf(found, 'other-8b', { bar: 0.8 }).meetsQuality).toBe('yes')
  expect(optionOf(found, 'other-8b', { bar: 0.98 }).meetsQuality).toBe('no')
  expect(optionOf(found, 'other-8b', { bar: 0.9 }).meetsQuality).toBe('unknown')
  // Nobody said how many must pass.
  const unstated = optionOf(found, 'other-8b')
  expect(unstated.meetsQuality).toBe('unknown')
  // Wilson's interval of 92 of 100, as R's prop.test(92, 100, correct = FALSE) prints it.
  expect(unstated.tried!.passRate.low).toBeCloseTo(0.85, 4)
  expect(unstated.tried!.passRate.high).toBeCloseTo(0.9589, 4)
  expect(unstated.tried).toMatchObject({ run: 'r1', suite: 's', n: 100, at: '2026-11-20T10:00:00Z' })
})

test('the suite states the bar where the reader does not, of several the strictest', () => {
  const at = (bars: readonly number[]) =>
    optionOf(evidenceWith([runEvidence(told([today, small], bars), both)]), 'other-8b').meetsQuality
  expect([at([0.8]), at([0.5, 0.98])]).toEqual(['yes', 'no'])
})

test('law 9: a pass in another number format, or in one that nobody knows, never clears a fleet', () => {
  const formats = fc.constantFrom('bf16', 'fp8', 'fp4', 'int4')
  fc.assert(
    fc.property(formats, fc.option(formats), (served, tried) => {
      const run = runEvidence(told([today, { ...small, dtype: tried }]), both)
      const { meetsQuality, tokenRatio } = optionOf(evidenceWith([run], served), 'other-8b', { bar: 0.5 })
      expect(meetsQuality).toBe(served === tried ? 'yes' : 'unknown')
      expect(tokenRatio.input === null).toBe(served !== tried)
    }),
    { numRuns: 30, seed: 4 },
  )
})

test('the same weights in the same format somewhere else count, and the answer says so; the very seller counts without', () => {
  const elsewhere = { ...small, kind: 'api', provider: 'cloud', engine: null } as const
  const found = optionOf(evidenceWith([runEvidence(told([today, elsewhere]), both)]), 'other-8b', { bar: 0.5 })
  expect(found.meetsQuality).toBe('yes')
  expect(found.tried!.assumed).toEqual(['the same weights in bf16 are taken to do on it what they did at cloud'])
  const hosted = evidenceForTest({
    api: [{}, { provider: 'cloud', group: 'other-8b', dtype: null }],
    tasks: [runEvidence(told([today, { ...elsewhere, dtype: null }]), both)],
  })
  const sold = decide(hosted, choose({ bar: 0.5 }), { draws: 40 }).options.find(({ provider }) => provider === 'cloud')!
  expect([sold.meetsQuality, sold.tried!.assumed]).toEqual(['yes', []])
})

test('law 4: a try that nobody could grade neither passes nor fails, and 100 of them are no evidence', () => {
  const open = both.map(row => (row.option === 'small' ? { ...row, passed: null } : row))
  const none = optionOf(evidenceWith([runEvidence(told([today, small]), open)]), 'other-8b', { bar: 0.01 })
  expect([none.meetsQuality, none.tried, none.usdPerSuccess]).toEqual(['unknown', null, null])
  const ten = both.map(row =>
    row.option === 'small' && Number(row.task.slice(1)) >= 90 ? { ...row, passed: null } : row,
  )
  const some = optionOf(evidenceWith([runEvidence(told([today, small]), ten)]), 'other-8b', { bar: 0.8 })
  expect(some.tried).toMatchObject({ n: 90, passRate: { value: 1 } })
})

test('a margin stated before: not worse than today by more than it on the same tasks, surely worse, or open', () => {
  const at = (passes: number, margin: number) => {
    const rows = [...both.slice(0, 100), ...rowsOf('small', passes, { input: 1, output: 1 })]
    return optionOf(evidenceWith([runEvidence(told([today, small]), rows)]), 'other-8b', { margin })
  }
  // Today passes the first 90; discordant are only those in between.
  expect([at(90, 0.05).meetsQuality, at(70, 0.05).meetsQuality, at(86, 0.05).meetsQuality]).toEqual([
    'yes',
    'no',
    'unknown',
  ])
  const { difference } = at(80, 0.05).tried!
  expect(difference).toMatchObject({ n: 100, value: -0.1, margin: 0.05 })
  expect(difference!.low).toBeLessThan(-0.1)
  expect(difference!.high).toBeGreaterThan(-0.1)
  expect(difference!.high).toBeLessThan(0)
})

test('an option costs what it writes: measured tokens stand in its cost, and the assumed band of its tokenizer is gone', () => {
  const run = runEvidence(told([today, small]), both)
  const before = optionOf(evidenceWith(undefined), 'other-8b')
  const after = optionOf(evidenceWith([run]), 'other-8b')
  expect(before.tokenRatio).toMatchObject({ input: null, output: null, band: { low: 0.85, high: 1.3 } })
  expect(after.tokenRatio).toMatchObject({ input: 1.2, output: 0.8, band: { low: 1.2, high: 1.2 } })
  // Work: prompts 1 Mtok × 5e-5 s, answers 0.25 Mtok × 3e-4 s = 50 : 75, so 0.4 × 1.2 + 0.6 × 0.8 = 0.96 of it.
  const capacity = ({ terms }: OptionAnswer) => (terms?.kind === 'self-host' ? terms.replicaMtokPerMonth : 0)
  expect(capacity(after) / capacity(before)).toBeCloseTo(1 / 0.96, 9)
  // Today's own weights count these very tokens.
  expect(optionOf(evidenceWith([run]), 'open-70b').tokenRatio).toMatchObject({ input: 1, output: 1, band: null })
})

test('a success on own GPUs costs its share of the whole bill: all successes of a month of such tasks pay all of it', () => {
  const evidence = evidenceWith([runEvidence(told([today, small]), both)])
  const option = optionOf(evidence, 'other-8b')
  const { usd, breakdown, effectiveRates, tried } = option
  const { usdPerSuccess } = tried!
  const mean = (values: readonly (number | null)[]) =>
    values.reduce<number>((sum, value) => sum + value!, 0) / values.length
  const [ofSmall] = evidence.tasks!.flatMap(run => run.options.filter(one => one.option.name === 'small'))
  // Tasks that make the month's work, each a mean of these; 1 Mtok in and 0.25 out a window at the measured ratios.
  const seconds = 5e-5 * mean(ofSmall!.inputTokens) + 3e-4 * mean(ofSmall!.outputTokens)
  const answer = decide(evidence, choose(), { draws: 40 })
  const month = answer.youAreHere.tokensPerMonth * (0.8 * 1.2 * 5e-5 + 0.2 * 0.8 * 3e-4)
  expect(((month / seconds) * 0.92 * usdPerSuccess!.value) / usd!).toBeCloseTo(1, 9)
  expect(((month / seconds) * 0.92 * usdPerSuccess!.marginal!) / breakdown.gpuBusy!).toBeCloseTo(1, 9)
  expect(option.usdPerSuccess).toBe(usdPerSuccess!.value)
  expect(usdPerSuccess!.low!).toBeLessThan(usdPerSuccess!.value)
  expect(usdPerSuccess!.high!).toBeGreaterThan(usdPerSuccess!.value)
  expect(effectiveRates!.loaded.outputUsdPerMtok / effectiveRates!.loaded.inputUsdPerMtok).toBeCloseTo(6, 9)
})

test("an API's success costs what its tries did: 100 × $0.002 ÷ 90 passed; none passed has no price", () => {
  const api = (passes: number) => {
    const rows = rowsOf('today', passes, { input: 1000, output: 100 }, '0.002')
    const answer = decide(evidenceWith([runEvidence(told([today]), rows)]), choose(), { draws: 40 })
    return answer.options.find(({ asMetered }) => asMetered)!
  }
  expect(api(90).usdPerSuccess).toBeCloseTo(0.2 / 90, 12)
  expect(api(0).usdPerSuccess).toBeNull()
  // One solved of 100: anything from a fifth of what it looks like to many times that.
  const rare = api(1).tried!.usdPerSuccess!
  expect(rare.value).toBeCloseTo(0.2, 12)
  expect(rare.low!).toBeLessThan(0.1)
  expect(rare.high === null || rare.high > 0.8).toBe(true)
})

test('law 6: a cheaper lease never makes a success dearer', () => {
  const usd = fc.integer({ min: 50, max: 2000 }).map(cents => cents / 100)
  const run = runEvidence(told([today, small]), both)
  fc.assert(
    fc.property(usd, usd, (a, b) => {
      const [cheap, dear] = [a, b]
        .sort((x, y) => x - y)
        .map(price => optionOf(evidenceWith([run], 'bf16', String(price)), 'other-8b').tried!.usdPerSuccess!)
      expect(cheap!.value).toBeLessThanOrEqual(dear!.value * (1 + 1e-11))
      expect(cheap!.marginal!).toBeLessThanOrEqual(dear!.marginal! * (1 + 1e-11))
      expect(cheap!.high!).toBeLessThanOrEqual(dear!.high! * (1 + 1e-11))
    }),
    { numRuns: 25, seed: 9 },
  )
})

test('law 9: with tasks passed other weights may be the best, and the answer says by which run; missed they never are', () => {
  const cheap = evidenceWith([runEvidence(told([today, small]), both)], 'bf16', '0.1')
  const best = (bar: number) => {
    const answer = decide(cheap, choose({ bar, operationsUsdPerMonth: 0 }), { draws: 40 })
    return { group: answer.options.find(({ name }) => name === answer.best)?.group, answer }
  }
  const passed = best(0.8)
  expect(passed.group).toBe('other-8b')
  const said = passed.answer.assumptions.find(({ name }) => name === `quality of ${passed.answer.best}`)!
  expect(said.source).toContain('run r1, 2026-11-20')
  expect(said.source).toContain('92 % of 100 passed (95 %: 85 % to 95.9 %)')
  for (const bar of [0.9, 0.98]) expect(best(bar).group).not.toBe('other-8b')
})

test('where quality is what a saving hangs on, the next measurement says how many more tasks would tell', () => {
  const next = (tasks: Evidence['tasks'], bar: number | null) =>
    decide(evidenceWith(tasks, 'bf16', '0.1'), choose({ bar, operationsUsdPerMonth: 0 }), { draws: 40 }).next
  const run = runEvidence(told([today, small]), both)
  for (const one of [next(undefined, null), next([run], null), next([run], 0.9)]) {
    if (one?.unknown === 'quality') expect(one.command).toBe('crossline tasks run SUITE')
  }
  const open = next([run], 0.9)
  expect(open?.unknown).toBe('quality')
  // Fleiss, Levin and Paik: (1.96 √(0.9 × 0.1) + 0.8416 √(0.92 × 0.08))² ÷ 0.02² = 1,665.4, of which 100 are done.
  expect(open!.why).toContain('92 % of 100 tasks passed; about 1566 more would mostly tell on which side of 90 %')
})

test('of several runs the newest of a suite counts, and of suites the one with the most tasks: one task tried later says little', () => {
  const newer = { ...told([today, small]), run: 'r2', endedAt: '2026-11-22T10:00:00Z' }
  const failed = both.map(row => (row.option === 'small' ? { ...row, passed: Number(row.task.slice(1)) < 50 } : row))
  const first = runEvidence(told([today, small]), both)
  const at = (...runs: Evidence['tasks'] & object) => optionOf(evidenceWith(runs), 'other-8b', { bar: 0.8 }).tried
  expect(at(first, runEvidence(newer, failed))).toMatchObject({ run: 'r2', passRate: { value: 0.5 }, verdict: 'no' })
  const one = failed.filter(({ task }) => task === 't99')
  expect(at(runEvidence({ ...newer, suite: 'other' }, one), first)).toMatchObject({ run: 'r1', n: 100 })
  expect(optionOf(evidenceWith([first, runEvidence(newer, failed)]), 'other-8b', { taskRun: 'r1' }).tried?.run).toBe(
    'r1',
  )
})
