import fc from 'fast-check'
import { expect, test } from 'vitest'
import { neymanAllocation } from '../../../statistics/stratified.ts'
import { certainty, certaintyShare, type FrameCall, samplingUnits } from './sampling-units.ts'
import { stratifiedFigures } from './stratified-figures.ts'
import { stratifiedSample } from './stratified-sample.ts'

const callArbitrary = fc.record({
  atMicros: fc.nat(1_000_000),
  session: fc.option(fc.constantFrom('s1', 's2', 's3', 's4')),
  feature: fc.option(fc.constantFrom('search', 'chat')),
  promptTokens: fc.option(fc.nat(9000)),
  usesTools: fc.boolean(),
  outcome: fc.constantFrom('ok', 'failed'),
  usd: fc.option(fc.double({ min: 0, max: 2, noNaN: true })),
  sameAs: fc.option(fc.constantFrom('a', 'b', 'c')),
  hasContent: fc.boolean(),
})
const population = fc
  .array(callArbitrary, { minLength: 1, maxLength: 120 })
  .map(calls => calls.map((call, i): FrameCall => ({ ...call, id: `call-${i}` })))

const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

test('weights add up to the calls of every stratum that speaks, and so to those of the population that it stands for', () => {
  fc.assert(
    fc.property(population, fc.integer({ min: 1, max: 150 }), fc.nat(99), (calls, draws, seed) => {
      const sample = stratifiedSample(samplingUnits(calls), draws, seed)
      expect(sample.population.calls).toBe(calls.length)
      for (const { name, calls: size, drawnCalls } of sample.strata) {
        const own = sample.calls.filter(({ stratum }) => stratum === name)
        expect(own).toHaveLength(drawnCalls)
        if (name === certainty || drawnCalls === 0) continue
        expect(
          near(
            own.reduce((sum, { weight }) => sum + weight, 0),
            size,
          ),
        ).toBe(true)
      }
      const total = sample.calls.reduce((sum, { weight }) => sum + weight, 0)
      expect(near(total, sample.represented.calls)).toBe(true)
    }),
  )
})

test('the same seed draws the same calls, whatever order they come in', () => {
  fc.assert(
    fc.property(population, fc.integer({ min: 1, max: 60 }), fc.nat(99), fc.nat(), (calls, draws, seed, turn) => {
      const at = turn % calls.length
      const turned = [...calls.slice(at), ...calls.slice(0, at)].reverse()
      expect(stratifiedSample(samplingUnits(turned), draws, seed)).toEqual(
        stratifiedSample(samplingUnits(calls), draws, seed),
      )
    }),
  )
})

test('the dearest 1 % of what costs something is always in, and stands for itself', () => {
  fc.assert(
    fc.property(population, fc.nat(50), fc.nat(99), (calls, draws, seed) => {
      const units = samplingUnits(calls)
      const priced = units.filter(({ usd }) => usd !== null && usd > 0)
      const sure = units.filter(({ stratum }) => stratum === certainty)
      expect(sure).toHaveLength(Math.ceil(priced.length * certaintyShare))
      const least = Math.min(Number.POSITIVE_INFINITY, ...sure.map(({ usd }) => usd!))
      for (const { usd, stratum } of priced) if (stratum !== certainty) expect(usd!).toBeLessThanOrEqual(least)
      const taken = stratifiedSample(units, draws, seed).calls
      for (const unit of sure) {
        const own = taken.filter(({ call }) => unit.calls.some(one => one.call.id === call.id))
        expect(own.reduce((sum, { weight }) => sum + weight, 0)).toBe(unit.hasContent ? unit.size : 0)
      }
    }),
  )
})

test('a session is drawn whole or not at all, and only where all of it is at hand', () => {
  fc.assert(
    fc.property(population, fc.integer({ min: 1, max: 60 }), fc.nat(99), (calls, draws, seed) => {
      const { calls: taken } = stratifiedSample(samplingUnits(calls), draws, seed)
      for (const session of ['s1', 's2', 's3', 's4']) {
        const own = calls.filter(call => call.session === session)
        const drawnOf = taken.filter(({ call }) => call.session === session)
        if (own.length > 1) expect([0, own.length]).toContain(drawnOf.length)
      }
      expect(taken.every(({ call }) => call.hasContent)).toBe(true)
    }),
  )
})

test('calls that are alike are drawn once, with the weight of all', () => {
  const like = (id: string, hasContent: boolean): FrameCall => ({
    id,
    atMicros: 0,
    session: null,
    feature: null,
    promptTokens: 10,
    usesTools: false,
    outcome: 'ok',
    usd: null,
    sameAs: 'same',
    hasContent,
  })
  const { calls } = stratifiedSample(samplingUnits([like('a', false), like('b', true), like('c', true)]), 5, 1)
  expect(calls.map(({ call, weight }) => [call.id, weight])).toEqual([['b', 3]])
})

test('Neyman: twice the spread draws twice as many; what is full leaves its part to the others', () => {
  // Cochran, Sampling Techniques (3rd ed.), §5.5: n_h = n N_h S_h ÷ Σ N_h S_h, of the 300 beyond two each.
  const allocation = neymanAllocation(
    [
      { name: 'a', units: 1000, available: 1000, spread: 1 },
      { name: 'b', units: 1000, available: 1000, spread: 2 },
    ],
    304,
  )
  expect(Object.fromEntries(allocation)).toEqual({ a: 102, b: 202 })
  const capped = neymanAllocation(
    [
      { name: 'a', units: 1000, available: 1000, spread: 1 },
      { name: 'b', units: 1000, available: 10, spread: 2 },
    ],
    100,
  )
  expect(Object.fromEntries(capped)).toEqual({ a: 90, b: 10 })
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          units: fc.integer({ min: 1, max: 500 }),
          spread: fc.option(fc.double({ min: 0, max: 9, noNaN: true })),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      fc.nat(900),
      (told, draws) => {
        const strata = told.map((one, i) => ({ ...one, name: `s${i}`, available: one.units }))
        const taken = neymanAllocation(strata, draws)
        const total = [...taken.values()].reduce((sum, count) => sum + count, 0)
        const all = strata.reduce((sum, { units }) => sum + units, 0)
        const least = strata.reduce((sum, { units }) => sum + Math.min(2, units), 0)
        expect(total).toBe(Math.min(all, Math.max(draws, least)))
        for (const { name, available } of strata) expect(taken.get(name)!).toBeLessThanOrEqual(available)
      },
    ),
  )
})

test('the sample estimates the mean of a skewed population without bias, and closer than a plain draw of as many', () => {
  // Lengths and costs hang together; the truth is known. 300 seeds: the mean of the estimates is within 3 standard errors.
  const calls = Array.from({ length: 2000 }, (_, i): FrameCall => {
    const usd = ((i * 7919) % 2000) ** 3 / 4e9
    return {
      id: `c${i}`,
      atMicros: i,
      session: null,
      feature: null,
      promptTokens: (i * 7919) % 2000,
      usesTools: false,
      outcome: 'ok',
      usd,
      sameAs: null,
      hasContent: true,
    }
  })
  const truth = calls.reduce((sum, { usd }) => sum + usd!, 0) / calls.length
  const units = samplingUnits(calls)
  const estimates = Array.from({ length: 300 }, (_, seed) => {
    const { calls: taken } = stratifiedSample(units, 100, seed)
    return taken.reduce((sum, { call, weight }) => sum + weight * call.usd!, 0) / calls.length
  })
  const mean = estimates.reduce((sum, one) => sum + one, 0) / 300
  const sd = Math.sqrt(estimates.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 299)
  expect(Math.abs(mean - truth)).toBeLessThan((3 * sd) / Math.sqrt(300))
  const plainSd = Math.sqrt(calls.reduce((sum, { usd }) => sum + (usd! - truth) ** 2, 0) / 1999 / 100)
  expect(sd).toBeLessThan(plainSd / 2)
})

test('the figures of a sample hold those of all that it was drawn from: 95 % intervals in 93 to 97 % of 600 draws', () => {
  // 1,500 calls of three features that pass and cost differently, some asked many times over; the truth is a count.
  const calls = Array.from({ length: 1500 }, (_, i): FrameCall => {
    const feature = ['a', 'b', 'c'][i % 3]!
    return {
      id: `c${i}`,
      atMicros: i,
      session: null,
      feature,
      promptTokens: (i * 7919) % 3000,
      usesTools: i % 2 === 0,
      outcome: 'ok',
      usd: 0.001 * (1 + ((i * 31) % 50)),
      sameAs: i % 10 === 0 ? `like ${i % 400}` : null,
      hasContent: true,
    }
  })
  const hash = (text: string) => [...text].reduce((sum, letter) => (sum * 33 + letter.charCodeAt(0)) % 1009, 7) / 1009
  // Calls that are alike come out alike.
  const keyOf = (call: FrameCall) => call.sameAs ?? call.id
  const rateOf = { a: 0.9, b: 0.6, c: 0.3 } as Record<string, number>
  const passes = (call: FrameCall) => hash(keyOf(call)) < rateOf[call.sameAs === null ? call.feature! : 'b']!
  const costs = (call: FrameCall) => 0.002 + 0.02 * hash(`${keyOf(call)} cost`) ** 3
  const passed = calls.filter(passes).length
  const truth = { rate: passed / calls.length, cost: calls.reduce((sum, call) => sum + costs(call), 0) / passed }
  const units = samplingUnits(calls)
  const hits = { rate: 0, cost: 0 }
  for (let seed = 0; seed < 600; seed++) {
    const sample = stratifiedSample(units, 240, seed)
    const tries = sample.calls.map(({ call }) => ({
      option: 'o',
      task: call.id,
      passed: passes(call),
      usd: costs(call),
    }))
    const [found] = stratifiedFigures(sample, tries)
    const holds = (told: { low?: number; high?: number } | null, value: number) =>
      told!.low! <= value && value <= told!.high!
    if (holds(found!.passRate, truth.rate)) hits.rate++
    if (holds(found!.usdPerSuccess, truth.cost)) hits.cost++
  }
  for (const share of [hits.rate / 600, hits.cost / 600]) {
    expect(share).toBeGreaterThanOrEqual(0.93)
    expect(share).toBeLessThanOrEqual(0.975)
  }
})

test('law 4: a call that nobody graded is in no rate, and one of unknown cost in no cost', () => {
  const call = (id: string): FrameCall => ({
    id,
    atMicros: 0,
    session: null,
    feature: null,
    promptTokens: 1,
    usesTools: false,
    outcome: 'ok',
    usd: null,
    sameAs: null,
    hasContent: true,
  })
  const sample = stratifiedSample(samplingUnits(['a', 'b', 'c', 'd'].map(call)), 4, 1)
  const tries = [
    { option: 'o', task: 'a', passed: true, usd: 1 },
    { option: 'o', task: 'b', passed: false, usd: null },
    { option: 'o', task: 'c', passed: null, usd: 5 },
    { option: 'o', task: 'd', passed: true, usd: 3 },
  ]
  expect(stratifiedFigures(sample, tries)).toMatchObject([
    { units: 3, pricedUnits: 2, passRate: { value: 2 / 3 }, usdPerSuccess: { value: 2 } },
  ])
})
