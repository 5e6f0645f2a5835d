// Against the reference code of the papers (fixture's README), and by simulation: does the interval hold what people would say?
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type CorrectedRate, correctedRate, predictionPowered } from './judged.ts'
import { cohensKappa } from './kappa.ts'
import { stream } from './random.ts'

interface Labelled {
  readonly bothPass: number
  readonly judgeFails: number
  readonly bothFail: number
  readonly judgePasses: number
}

interface Case {
  readonly labelled: Labelled
  readonly value: number
  readonly low: number
  readonly high: number
}

const published = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/graders/judged-rates.json', import.meta.url), 'utf8'),
) as {
  readonly lee: readonly (Case & { readonly judgedPass: number; readonly judged: number })[]
  readonly ppi: readonly (Case & { readonly unlabelledPass: number; readonly unlabelled: number })[]
  readonly kappa: { readonly pairs: readonly (readonly [boolean, boolean])[]; readonly value: number }
}

const ones = (n: number, of: number): number[] => Array.from({ length: of }, (_, i) => (i < n ? 1 : 0))

function powered({ bothPass, judgeFails, bothFail, judgePasses }: Labelled, pass: number, rest: number) {
  const pairs = [
    ...new Array(bothPass).fill([1, 1]),
    ...new Array(judgeFails).fill([1, 0]),
    ...new Array(bothFail).fill([0, 0]),
    ...new Array(judgePasses).fill([0, 1]),
  ] as [number, number][]
  const labelled = { people: pairs.map(([people]) => people), judge: pairs.map(([, judge]) => judge) }
  return predictionPowered(labelled, ones(pass, rest))
}

test('a rate corrected by sensitivity and specificity is that of Lee et al., interval and all', () => {
  for (const { judgedPass, judged, labelled, value, low, high } of published.lee) {
    const { bothPass, judgeFails, bothFail, judgePasses } = labelled
    const rate = correctedRate({
      judged,
      judgedPassed: judgedPass,
      truePassed: bothPass + judgeFails,
      agreedPassed: bothPass,
      trueFailed: bothFail + judgePasses,
      agreedFailed: bothFail,
    }) as CorrectedRate
    expect(rate.value).toBeCloseTo(value, 12)
    // Where the published interval has no width, ours has one.
    if (low === high) expect(rate.high).toBeGreaterThan(rate.low)
    else {
      expect(rate.low).toBeCloseTo(low, 6)
      expect(rate.high).toBeCloseTo(high, 6)
    }
  }
})

test('PPI++ gives what its authors’ package gives; its interval is wider where labels are few', () => {
  for (const { unlabelledPass, unlabelled, labelled, value, low, high } of published.ppi) {
    const rate = powered(labelled, unlabelledPass, unlabelled)!
    expect(rate.value).toBeCloseTo(value, 2)
    expect(rate.low).toBeLessThanOrEqual(Math.max(0, low) + 0.005)
    expect(rate.high).toBeGreaterThanOrEqual(Math.min(1, high) - 0.005)
    const n = Object.values(labelled).reduce((sum, count) => sum + count, 0)
    if (n >= 100) expect((rate.high - rate.low) / (high - low)).toBeLessThan(1.15)
  }
  // Six labels on which judge and people agree do not make the judge infallible.
  const agreed = powered({ bothPass: 4, judgeFails: 0, bothFail: 2, judgePasses: 0 }, 60, 100)!
  expect(agreed.high - agreed.low).toBeGreaterThan(0.3)
})

test('all labelled, the judge says nothing: the rate is what people say', () => {
  const labelled = { bothPass: 6, judgeFails: 2, bothFail: 10, judgePasses: 2 }
  expect(powered(labelled, 0, 0)).toMatchObject({ value: expect.closeTo(0.4, 12), lambda: 0 })
})

test.each([
  [0.5, 0.9, 0.85, 20],
  [0.8, 0.9, 0.7, 40],
  [0.2, 0.6, 0.95, 40],
  [0.9, 0.95, 0.6, 100],
  [0.5, 0.5, 0.5, 60],
])('at a true rate of %s, sensitivity %s, specificity %s and %i labels the corrected interval holds the truth', (truth, q1, q0, n) => {
  const random = stream(11, `judged ${truth} ${n}`)
  const runs = 1500
  let held = 0
  let sum = 0
  for (let run = 0; run < runs; run++) {
    const labelled = { bothPass: 0, judgeFails: 0, bothFail: 0, judgePasses: 0 }
    let unlabelledPass = 0
    for (let i = 0; i < 400; i++) {
      const isRight = random.uniform() < truth
      const isJudgedRight = random.uniform() < (isRight ? q1 : 1 - q0)
      if (i >= n) unlabelledPass += isJudgedRight ? 1 : 0
      else if (isRight) labelled[isJudgedRight ? 'bothPass' : 'judgeFails']++
      else labelled[isJudgedRight ? 'judgePasses' : 'bothFail']++
    }
    const rate = powered(labelled, unlabelledPass, 400 - n)!
    if (rate.low <= truth && truth <= rate.high) held++
    sum += rate.value
  }
  // 95 % wanted; 1,500 runs err by half a point.
  expect(held / runs).toBeGreaterThan(0.935)
  expect(sum / runs).toBeCloseTo(truth, 1)
})

test('raters’ agreement is what scikit-learn’s cohen_kappa_score gives', () => {
  expect(cohensKappa(published.kappa.pairs).kappa).toBeCloseTo(published.kappa.value, 12)
  expect(cohensKappa([[true, true]]).kappa).toBeNull()
})
