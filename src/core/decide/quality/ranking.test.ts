import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseUsd } from '../../meter/money.ts'
import { stream } from '../../statistics/random.ts'
import { type Attempt, attemptOf } from './attempt.ts'
import { type Ranked, rank } from './ranking.ts'
import { trialCollector } from './trial-table.ts'

type Told = Pick<Attempt, 'option' | 'task'> & {
  attempt?: number
  passed: boolean | null
  usd: string | null
} & Partial<Pick<Attempt, 'weight' | 'cluster' | 'tags'>>

function tableOf(rows: readonly Told[]) {
  const collector = trialCollector()
  for (const { attempt = 1, usd, ...row } of rows) {
    collector.add(attemptOf({ attempt, ...row, usd: usd === null ? null : parseUsd(usd) }))
  }
  return collector.table()
}

const ranked = (rows: readonly Told[], bar = 0.5) => rank(tableOf(rows), { bars: [bar], seed: 1 })
const optionOf = (rows: readonly Told[], option: string): Ranked =>
  ranked(rows).bars[0]!.ranking.find(one => one.option === option)!

/** Costs and outcomes of forty tasks; figures of them by scipy 1.17.1 stand in core/statistics/ratio.test.ts. */
const usd = [
  1.702, 1.3482, 1.2923, 0.6977, 1.079, 0.371, 1.062, 3.8199, 1.0392, 0.5377, 1.6321, 1.4289, 1.1112, 0.3944, 0.9712,
  3.4073, 0.2607, 1.0758, 0.1494, 0.4682, 0.2695, 1.3438, 0.2815, 1.3116, 1.1697, 0.8295, 0.0807, 0.992, 0.9527, 1.904,
  0.2165, 1.0543, 0.639, 0.4454, 4.9113, 0.7582, 1.6456, 2.4215, 0.5579, 0.8943,
]
const passes = '0100011101111110101000111110101001000111'
const forty = (option: string, factor = 1): Told[] =>
  usd.map((cost, i) => ({ option, task: `t${i}`, passed: passes[i] === '1', usd: String(cost * factor) }))

test('one try of each task: Wilson of passes, ratio of totals, Fieller and BCa as scipy and statsmodels have them', () => {
  const one = optionOf(forty('a'), 'a')
  expect(one.n).toBe(40)
  expect(one.passRate).toMatchObject({
    value: 0.575,
    low: expect.closeTo(0.421950684, 6),
    high: expect.closeTo(0.714906075, 6),
  })
  expect(one.usdPerTask.value).toBeCloseTo(1.16318, 10)
  expect(one.usdPerSuccess).toMatchObject({
    value: expect.closeTo(2.0229217391304344, 9),
    low: expect.closeTo(1.3144524365748302, 9),
    high: expect.closeTo(3.121448438469345, 9),
    bca: { low: expect.closeTo(1.381, 1), high: expect.closeTo(3.237, 1) },
  })
})

test('options that cost the same are in the order of their names, in whatever order their tries are added up', () => {
  const rows = [...forty('b'), ...forty('a').reverse(), ...forty('c').sort((x, y) => Number(x.usd) - Number(y.usd))]
  expect(ranked(rows).bars[0]!.ranking.map(({ option }) => option)).toEqual(['a', 'b', 'c'])
})

test('the dearest tenth of forty tasks is four of them', () => {
  const dearest = (4.9113 + 3.8199 + 3.4073 + 2.4215) / 46.5272
  expect(optionOf(forty('a'), 'a').dearestTenthShare).toBeCloseTo(dearest, 9)
  expect(optionOf(forty('a').slice(0, 9), 'a').dearestTenthShare).toBeNull()
})

test('no success: the cost of one is unknown and without bound, and its option comes last', () => {
  const none = forty('none').map(row => ({ ...row, passed: false }))
  const { ranking } = ranked([...none, ...forty('zz')]).bars[0]!
  expect(ranking.map(({ option }) => option)).toEqual(['zz', 'none'])
  expect(ranking[1]!.usdPerSuccess).toMatchObject({
    value: null,
    low: null,
    high: null,
    unbounded: true,
    bca: { low: null, high: null },
    recommended: { low: null, high: null },
  })
  expect(ranking[1]!.passRate).toMatchObject({ value: 0, low: 0, ruleOfThree: expect.closeTo(0.0721575, 6) })
  expect(ranking[1]!.meetsBar).toBe('no')
})

test('options of the same costs in another order cost the same, and are ordered by name', () => {
  const order = ['d', 'b', 'e', 'a', 'c']
  const rows = order.flatMap((option, k) => forty(option).map((_, i) => forty(option)[(i * 7 + k * 11) % 40]!))
  // Each task's number is where it comes, so that sums are made in another order.
  const numbered = rows.map((row, i) => ({ ...row, task: String(i % 40) }))
  expect(ranked(numbered).bars[0]!.ranking.map(({ option }) => option)).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('no bound of what a task costs is below nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 6 }), costs => {
      const rows = costs.map((usd, i) => ({ option: 'a', task: `${i}`, passed: true, usd: String(usd) }))
      expect(optionOf(rows, 'a').usdPerTask.low).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('all passed, and one task only, are figures with what little they tell', () => {
  const all = optionOf(
    forty('a').map(row => ({ ...row, passed: true })),
    'a',
  )
  expect(all.passRate).toMatchObject({ value: 1, high: 1, low: expect.closeTo(0.912375, 5) })
  expect(all.usdPerSuccess.value).toBeCloseTo(all.usdPerTask.value!, 10)
  const single = optionOf(forty('a').slice(1, 2), 'a')
  expect(single).toMatchObject({ n: 1, passRate: { value: 1, low: expect.closeTo(0.206549, 5) } })
  expect(single.usdPerSuccess).toMatchObject({ value: 1.3482, low: null, high: null, unbounded: true })
})

test('law 4: a try of unknown outcome is in no rate, one of unknown cost in no cost, and both are counted', () => {
  const rows: Told[] = [
    { option: 'a', task: '1', passed: true, usd: '1' },
    { option: 'a', task: '2', passed: false, usd: '3' },
    { option: 'a', task: '3', passed: null, usd: '5' },
    { option: 'a', task: '4', passed: true, usd: null },
  ]
  const { passRate, usdPerTask, usdPerSuccess, coverage, n } = optionOf(rows, 'a')
  expect(n).toBe(3)
  expect(passRate).toMatchObject({ value: 0.666666666667, ifUngraded: { failed: 0.5, passed: 0.75 } })
  expect(usdPerTask.value).toBe(3)
  expect(usdPerSuccess).toMatchObject({ value: 4, n: 2, ifUngraded: { passed: 4.5, failed: 9 } })
  expect(coverage).toMatchObject({ attempts: 4, graded: 3, priced: 3, whole: 2, usd: 9, ungradedUsd: 5 })
})

test('law 4: a cost that nobody knows never makes an option cheaper or ranks it', () => {
  const unpriced = forty('a').map(row => ({ ...row, usd: null }))
  const { ranking } = ranked([...unpriced, ...forty('b')]).bars[0]!
  expect(ranking.map(({ option }) => option)).toEqual(['b', 'a'])
  expect(ranking[1]!.usdPerSuccess.value).toBeNull()
  expect(ranking[1]!.probabilityBest).toBeNull()
})

test('law 5: a row told again counts once, in whatever order rows come', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...forty('a'), ...forty('a')], { minLength: 80, maxLength: 80 }), rows => {
      expect(optionOf(rows, 'a').coverage).toMatchObject({ attempts: 40, passes: 23 })
    }),
    { numRuns: 5 },
  )
})

test('tries of a task are averaged first: telling each try three times over as three tries changes no interval', () => {
  const thrice = [1, 2, 3].flatMap(attempt => forty('a').map(row => ({ ...row, attempt })))
  const [once, again] = [optionOf(forty('a'), 'a'), optionOf(thrice, 'a')]
  expect(again.n).toBe(40)
  expect(again.passRate.low).toBeCloseTo(once.passRate.low!, 10)
  expect(again.usdPerSuccess.high).toBeCloseTo(once.usdPerSuccess.high!, 9)
})

test('repeats that agree add nothing, repeats like coin tosses count as so many tasks, and pass@k grows with k', () => {
  const thrice = (passed: (task: number, attempt: number) => boolean): Told[] =>
    Array.from({ length: 120 }, (_, i) => ({
      option: 'a',
      task: String(Math.floor(i / 3)),
      attempt: (i % 3) + 1,
      passed: passed(Math.floor(i / 3), i % 3),
      usd: '1',
    }))
  const same = optionOf(
    thrice(task => task % 2 === 0),
    'a',
  ).passRate
  expect(same.repeats!.effectiveTasks).toBeCloseTo(40, -1)
  expect(same.repeats!.passAt).toEqual([
    { k: 2, value: 0.5 },
    { k: 3, value: 0.5 },
  ])
  const random = stream(3, 'coin')
  const coin = optionOf(
    thrice(() => random.uniform() < 0.5),
    'a',
  ).passRate
  expect(coin.effectiveTasks).toBe(40)
  expect(coin.repeats!.effectiveTasks).toBeGreaterThan(70)
  expect(coin.repeats!.low).toBeGreaterThan(coin.low!)
  expect(coin.repeats!.passAt[1]!.value).toBeGreaterThan(coin.repeats!.passAt[0]!.value)
  expect(optionOf(forty('a'), 'a').passRate.repeats).toBeNull()
})

test('tasks of one cluster tell as much as one task where they always agree', () => {
  const clustered = Array.from({ length: 5 }, (_, k) =>
    forty('a').map(row => ({ ...row, task: `${row.task}/${k}`, cluster: row.task })),
  ).flat()
  const [once, again] = [optionOf(forty('a'), 'a'), optionOf(clustered, 'a')]
  expect(again.n).toBe(200)
  expect(again.passRate.effectiveTasks).toBeCloseTo(39, 6)
  expect(again.usdPerSuccess.high).toBeCloseTo(once.usdPerSuccess.high!, 9)
})

test('a weight counts as so many tasks of its kind', () => {
  const rows: Told[] = [
    { option: 'a', task: '1', passed: true, usd: '1', weight: 3 },
    { option: 'a', task: '2', passed: false, usd: '4' },
  ]
  expect(optionOf(rows, 'a')).toMatchObject({
    passRate: { value: 0.75, effectiveTasks: 1.6 },
    usdPerTask: { value: 1.75 },
    usdPerSuccess: { value: 2.33333333333 },
  })
})

test('h* is where the costs per completed task of a pair meet', () => {
  const option = fc.array(fc.record({ passed: fc.boolean(), cents: fc.integer({ min: 1, max: 500 }) }), {
    minLength: 12,
    maxLength: 12,
  })
  fc.assert(
    fc.property(option, option, (x, y) => {
      const rows = [x, y].flatMap((tasks, k) =>
        tasks.map(({ passed, cents }, i) => ({ option: 'ab'[k]!, task: String(i), passed, usd: String(cents / 100) })),
      )
      const [{ hStar, dominates }] = ranked(rows).pairs as [ReturnType<typeof ranked>['pairs'][0]]
      const rates = [x, y].map(tasks => tasks.filter(({ passed }) => passed).length / 12)
      expect(hStar === null).toBe(rates[0] === rates[1])
      if (hStar === null || hStar <= 0) return
      expect(dominates).toBeNull()
      const completed = rank(tableOf(rows), { bars: [0.5], seed: 1, priceOfFailureUsd: hStar }).bars[0]!.ranking
      expect(completed[0]!.usdPerCompletedTask!.value! / completed[1]!.usdPerCompletedTask!.value!).toBeCloseTo(1, 9)
    }),
    { numRuns: 30 },
  )
})

test('pairs are of the tasks that both tried, and a copy of an option differs from it in nothing', () => {
  const rows = [...forty('a'), ...forty('b').slice(10), ...forty('c', 2)]
  const { pairs, tasks, sharedTasks } = ranked(rows)
  expect({ tasks, sharedTasks }).toEqual({ tasks: 40, sharedTasks: 30 })
  const pair = pairs.find(({ a, b }) => [a, b].sort().join() === 'a,b')!
  expect(pair).toMatchObject({ n: 30, difference: { value: 0 }, hStar: null, test: { p: 1 }, costRatio: { value: 1 } })
  expect(pair.costRatio).toMatchObject({ low: 1, high: 1 })
  const twice = pairs.find(({ a, b }) => [a, b].sort().join() === 'a,c')!
  expect(Math.abs(Math.log2(twice.costRatio.value!))).toBeCloseTo(1, 9)
})

test('of two options alike but for the price the cheaper is best, certainly; a bar out of reach has no best', () => {
  const rows = [...forty('cheap'), ...forty('dear', 3)]
  const at = ranked(rows, 0.3)
  expect(at.bars[0]).toMatchObject({ best: 'cheap' })
  expect(at.bars[0]!.ranking.map(({ probabilityBest }) => probabilityBest! > 0.99)).toEqual([true, false])
  expect(at.bars[0]!.ranking.map(({ couldBeBest }) => couldBeBest)).toEqual([true, false])
  expect(at.front).toEqual(['cheap'])
  expect(ranked(rows, 0.9).bars[0]).toMatchObject({ best: null })
  expect(
    ranked(rows, 0.9).bars[0]!.ranking.every(({ meetsBar, moreTasks }) => meetsBar === 'no' && moreTasks === null),
  ).toBe(true)
})

test('the same rows and seed give the same bytes', () => {
  const rows = [...forty('a'), ...forty('b', 1.5)]
  expect(JSON.stringify(ranked(rows))).toBe(JSON.stringify(ranked(rows)))
})

test('law 7: a cascade that nobody ran is ranked as the joint outcomes of its stages have it, silent errors beside it', () => {
  const rows = [
    ...forty('small', 0.1),
    ...forty('large').map((row, i) => ({ ...row, passed: row.passed || i % 2 === 0 })),
  ]
  const verifier = { sensitivity: 1, specificity: 0.5, usd: 0.01 }
  const cascades = [
    { stages: ['small', 'large'], verifier },
    { stages: ['small', 'gone'], verifier },
  ]
  const asked = (silentErrorCap: number | null) =>
    rank(tableOf(rows), { bars: [0.5], seed: 1, cascades, silentErrorCap })
  const { ranking } = asked(null).bars[0]!
  expect(ranking.map(({ option }) => option).sort()).toEqual(['large', 'small', 'small > large'])
  const one = ranking.find(({ option }) => option === 'small > large')!
  const failed = forty('small').filter(({ passed }) => !passed).length / 40
  expect(one.silentErrors!.value).toBeCloseTo(failed * 0.5, 10)
  expect(ranking.find(({ option }) => option === 'large')!.silentErrors).toBeNull()
  expect(asked(0.05).bars[0]!.best).not.toBe('small > large')
})

test('a cascade that was run tells its silent errors, and one whose answers nobody graded does not', () => {
  const collector = trialCollector()
  const stage = { option: 's', accepted: true, usd: null, verifierUsd: null }
  const outcomes = [true, true, true, false]
  outcomes.forEach((passed, i) => {
    const told = { task: String(i), attempt: 1, passed, usd: parseUsd('1') }
    collector.add(attemptOf({ ...told, option: 'graded', stages: [{ ...stage, passed }] }))
    collector.add(attemptOf({ ...told, option: 'ungraded', stages: [{ ...stage, passed: null }] }))
    collector.add(attemptOf({ ...told, option: 'escalated', stages: [{ ...stage, accepted: false, passed: false }] }))
  })
  const { bars } = rank(collector.table(), { bars: [0.1], seed: 1, silentErrorCap: 1 })
  const silent = Object.fromEntries(bars[0]!.ranking.map(({ option, silentErrors }) => [option, silentErrors?.value]))
  expect(silent).toEqual({ graded: 0.25, ungraded: null, escalated: 0 })
  expect(bars[0]!.best).toBe('escalated')
})

test('whatever is unknown, alike, free or missing: every figure is a number or null, and intervals hold their value', () => {
  const told = fc.record({
    option: fc.constantFrom('a', 'b', 'c'),
    task: fc.constantFrom('1', '2', '3', '4'),
    attempt: fc.integer({ min: 1, max: 3 }),
    passed: fc.constantFrom(true, false, null),
    usd: fc.constantFrom('0', '1', '1', '2.5', '1000', null),
    cluster: fc.constantFrom(null, null, 'x', 'y'),
    weight: fc.constantFrom(1, 1, 2),
  })
  const numbersIn = (value: unknown): number[] =>
    typeof value === 'number'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.values(value).flatMap(numbersIn)
        : []
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 25 }), rows => {
      const answer = rank(tableOf(rows), {
        bars: [0, 0.5, 1],
        seed: 1,
        priceOfFailureUsd: 2,
        baseline: 'a',
        margin: 0.1,
        cascades: [{ stages: ['a', 'b'], verifier: { sensitivity: 0.9, specificity: 0.8, usd: 0.1 } }],
      })
      expect(numbersIn(answer).filter(n => !Number.isFinite(n))).toEqual([])
      for (const { passRate, usdPerSuccess, usdPerTask } of answer.bars[0]!.ranking) {
        for (const { value, low, high } of [passRate, usdPerSuccess, usdPerTask]) {
          if (value === null || low === null || high === null) continue
          expect(low).toBeLessThanOrEqual(value + 1e-9)
          expect(high).toBeGreaterThanOrEqual(value - 1e-9)
        }
        const { recommended, value } = usdPerSuccess
        if (value !== null && recommended.high !== null) {
          expect(recommended.low!).toBeLessThanOrEqual(value + 1e-9)
          expect(recommended.high).toBeGreaterThanOrEqual(value - 1e-9)
        }
      }
    }),
    { numRuns: 25 },
  )
})
