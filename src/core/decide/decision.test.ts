import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from './decide.ts'
import { bare, choose, evidenceForTest as evidence, replayForTest } from './evidence-for-test.ts'

test('no: what is paid today is cheaper than any fleet, in nearly all months', () => {
  const answer = decide(evidence(), choose())
  expect(answer.decision).toMatchObject({ answer: 'no', partial: false })
  expect(answer.decision.confidence).toBeGreaterThanOrEqual(0.9)
  expect(answer.verdict).toMatch(
    /^No: own GPUs do not pay off for open-70b\. They would cost \$[\d,]+ a month at today's 5\.47 billion tokens a month /,
  )
})

test('yes: a fleet is cheaper than every API of the same weights, the unproven ones included', () => {
  const choices = choose({ ...bare, usdPerGpuHour: 0.2 })
  const answer = decide(evidence({ api: [{ usdPerMtok: 6 }, { usdPerMtok: 5 }] }), choices)
  expect(answer.decision.answer).toBe('yes')
  expect(answer.verdict).toMatch(/^Yes: own GPUs pay off for open-70b\. .* less than hosted 1/)
  // An unproven offer below the fleet turns a yes into an open question, which names it.
  const open = decide(evidence({ api: [{ usdPerMtok: 6 }, { usdPerMtok: 0.01 }] }), choices)
  expect(open.decision.answer).toBe('cannot tell')
  expect(open.verdict).toMatch(
    /^Cannot tell .*: of hosted 1, the latency and number format are not known\. It would cost /,
  )
  // Once it is taken for granted the answer is no.
  const assumed = decide(evidence({ api: [{ usdPerMtok: 6 }, { usdPerMtok: 0.01 }] }), {
    ...choices,
    assume: ['latency', 'dtype'],
  })
  expect(assumed.decision.answer).toBe('no')
})

test('law 9: an unproven offer never decides a no by itself, and other weights never decide at all', () => {
  const offer = fc.record({
    usdPerMtok: fc.double({ min: 0.001, max: 5, noNaN: true }),
    group: fc.constantFrom('open-70b', 'open-8b'),
    dtype: fc.constantFrom(null, 'bf16', 'fp8'),
  })
  fc.assert(
    fc.property(
      fc.array(offer, { maxLength: 4 }),
      fc.double({ min: 0.05, max: 8, noNaN: true }),
      (offers, usdPerGpuHour) => {
        const choices = choose({ ...bare, usdPerGpuHour })
        const with70b = offers.filter(({ group }) => group === 'open-70b')
        const draws = { draws: 40 }
        const answer = decide(evidence({ windows: 1008, api: [{ usdPerMtok: 2 }, ...offers] }), choices, draws)
        const alone = decide(evidence({ windows: 1008, api: [{ usdPerMtok: 2 }, ...with70b] }), choices, draws)
        expect(answer.decision.answer).toBe(alone.decision.answer)
        const proven = decide(evidence({ windows: 1008, api: [{ usdPerMtok: 2 }] }), choices, draws)
        // More offers, none of them proven: a yes may become open, never a no.
        if (proven.decision.answer !== 'no') expect(answer.decision.answer).not.toBe('no')
        else expect(answer.decision.answer).toBe('no')
      },
    ),
    { numRuns: 30 },
  )
})

test('every reason is a sentence of its own or goes on from the one before it', () => {
  // Nothing of today's weights is proven: the reason cannot begin with "and".
  const open = decide(evidence({ api: [{ usdPerMtok: 3, kind: 'hosted' }] }), choose(bare))
  expect(open.decision.reasons[0]).toMatch(
    /^own GPUs are cheaper than .*, which is not proven, in \d+ % of resampled months$/,
  )
})

const short = {
  windows: 36,
  profiles: [
    { name: 'flat', source: 'even', peakToMean: 1 },
    { name: 'diurnal', source: 'a production curve', peakToMean: 6 },
  ],
}

test('under a week: where flat and diurnal arrivals disagree the answer is "cannot tell", and says so', () => {
  // Volume stated, so that the band of the volume does not decide: a fleet that pays when even, and not at six times the peak.
  const choices = choose({ ...bare, usdPerGpuHour: 3, tokensPerMonth: 60e9 })
  const flat = decide(evidence({ ...short, profiles: [] }), choices)
  expect(flat.decision.answer).toBe('yes')
  const both = decide(evidence(short), choices)
  expect(both.profiles.map(({ name, answer }) => [name, answer])).toEqual([
    ['flat', 'yes'],
    ['diurnal', 'no'],
  ])
  expect(both.decision.answer).toBe('cannot tell')
  expect(both.verdict).toMatch(
    /^Cannot tell .*: the hours not seen decide it\. Flat arrivals say yes .*, diurnal arrivals say no/,
  )
  expect(both.next).toMatchObject({ unknown: 'hours', chanceOfChange: 1 })
  // The band of the fleet holds both.
  const fleet = (answer: typeof both) => answer.options.find(({ kind }) => kind === 'self-host')!
  expect(fleet(both).band!.low).toBe(fleet(flat).band!.low)
  expect(fleet(both).band!.high).toBeGreaterThan(fleet(flat).band!.high)
  expect(both.profiles[1]!.fleetUsd).toBeGreaterThan(both.profiles[0]!.fleetUsd!)
})

test('another shape of the hours not seen that changes nothing changes no word either: what is said is said once', () => {
  const profiles = [...short.profiles.slice(0, 1), { name: 'diurnal', source: 'as even', peakToMean: 1 }]
  const said = (usdPerGpuHour: number, shapes: typeof profiles) => {
    const api = [{ usdPerMtok: 3 }, { usdPerMtok: 0.01 }]
    return decide(evidence({ windows: 36, profiles: shapes, api }), choose({ ...bare, usdPerGpuHour })).verdict
  }
  for (const usdPerGpuHour of [0.2, 60]) expect(said(usdPerGpuHour, profiles)).toBe(said(usdPerGpuHour, []))
  expect(said(0.2, profiles)).toContain('of hosted 1, the latency and number format are not known. It would cost ')
  expect(said(0.2, profiles)).not.toContain('not measured.')
})

test('a bill of which too little was metered makes the verdict partial, and asks for the rest first', () => {
  const bill = {
    billedUsd: '100.000000000000',
    meteredUsd: '80.000000000000',
    billedShare: 0.8,
    billedOnly: ['Cohere'],
  }
  const coverage = { pricedShare: 1, attributedShare: 1, unpricedModels: [], bill }
  const answer = decide(evidence({ coverage }), choose())
  expect(answer.decision.partial).toBe(true)
  expect(answer.verdict).toMatch(/^Partial \(metered 80 % of the bill\): No: /)
  expect(answer.coverage).toMatchObject({ billedUsd: '100.000000000000', billedShare: 0.8 })
  expect(answer.next).toMatchObject({ unknown: 'bill', command: 'crossline import FILE' })
  expect(answer.nextMeasurement).toContain('Cohere')
  const enough = decide(evidence({ coverage: { ...coverage, bill: { ...bill, billedShare: 0.9 } } }), choose())
  expect(enough.decision.partial).toBe(false)
  // No invoice is no reason for doubt of the verdict, and is not 100 % either.
  expect(decide(evidence(), choose())).toMatchObject({ decision: { partial: false }, coverage: { billedShare: null } })
})

test('grades: drawn calls make it D, calibrated GPUs B, measured ones A, simulated ones C', () => {
  const coverage = (estimatedShare: number) => ({
    pricedShare: 1,
    attributedShare: 1,
    unpricedModels: [],
    estimatedShare,
  })
  expect(decide(evidence(), choose()).grade).toBe('C')
  expect(decide(evidence({ coverage: coverage(0.5) }), choose()).grade).toBe('D')
  expect(decide(evidence({ replicas: [{ basis: 'calibrated' }] }), choose()).grade).toBe('B')
  expect(decide(evidence({ replicas: [{ basis: 'measured' }] }), choose()).grade).toBe('B')
  const bill = { billedUsd: '1.000000000000', meteredUsd: '1.000000000000', billedShare: 1, billedOnly: [] }
  const billed = { ...coverage(0), bill }
  expect(decide(evidence({ replicas: [{ basis: 'measured' }], coverage: billed }), choose()).grade).toBe('A')
  expect(decide(evidence({ replicas: [{ basis: 'measured' }, { gpu: 'h200' }] }), choose()).grade).toBe('C')
})

test('law 4: own GPUs of which price or latency is not known are an open question, and no "no"', () => {
  const unpriced = decide(evidence({ leases: [] }), choose())
  expect(unpriced.decision).toMatchObject({ answer: 'cannot tell', confidence: null })
  expect(unpriced.verdict).toMatch(/^Cannot tell .*: the price of open-70b on 2× h100 is not known\. Stay: /)
  const untimed = evidence({ replicas: [{ loadCurve: [] }] })
  expect(decide(untimed, choose()).decision.reasons).toEqual(['the latency of open-70b on 2× h100 is not known'])
  expect(decide(untimed, choose({ assume: ['latency'] })).decision.answer).toBe('no')
  // What is known not to run these weights, at whatever price, is a no.
  const full = { fits: false, problem: 'too large' }
  expect(decide(evidence({ leases: [], replicas: [full] }), choose()).decision.answer).toBe('no')
})

test('law 4: an unknown dtype of today makes a stated one no sameness, and a presumed one is repeated', () => {
  const offers = [{}, { usdPerMtok: 0.01, dtype: 'fp8' }]
  // No replica of these weights says in what they are published.
  const blind = decide(evidence({ api: offers, replicas: [{ group: 'open-8b' }] }), choose({ assume: ['latency'] }))
  expect(blind.options.find(({ name }) => name === 'hosted 1')).toMatchObject({ meetsQuality: 'unknown' })
  expect(blind.best).toBe('metered')
  const presumed = decide(evidence(), choose())
  expect(presumed.assumptions).toContainEqual(
    expect.objectContaining({ name: "dtype of today's weights", value: 'bf16' }),
  )
})

test('law 4: a free offer of other weights has a price of a failure like any other', () => {
  const answer = decide(evidence({ api: [{ usdPerMtok: 1 }, { usdPerMtok: 0, group: 'open-8b' }] }), choose())
  const metered = answer.options.find(({ name }) => name === 'metered')!
  expect(answer.possibleSavings[0]!.hStarUsd).toBeCloseTo(metered.usdPerThousandRequests! / 1000 / 0.01, 9)
})

test('law 9: other weights save only possibly, and the price of a failure says what would cancel it', () => {
  const answer = decide(evidence({ api: [{ usdPerMtok: 1 }, { usdPerMtok: 0.2, group: 'open-8b' }] }), choose())
  const [saving] = answer.possibleSavings
  expect(saving).toMatchObject({ group: 'open-8b', option: 'hosted 1', against: 'metered' })
  const usdOf = (name: string) => answer.options.find(option => option.name === name)!
  const perRequest = (usdOf('metered').usdPerThousandRequests! - usdOf('hosted 1').usdPerThousandRequests!) / 1000
  // One more failure in a hundred, each at this price, costs a request what moving saves it.
  expect(saving!.hStarUsd * 0.01).toBeCloseTo(perRequest, 12)
  expect(saving!.usdPerMonth.high).toBeGreaterThanOrEqual(saving!.usdPerMonth.low)
  expect(answer.best).toBe('metered')
  const assumed = decide(evidence({ api: [{ usdPerMtok: 1 }, { usdPerMtok: 0.2, group: 'open-8b' }] }), {
    ...choose(),
    assume: ['quality', 'latency'],
  })
  expect(assumed.best).toBe('hosted 1')
  expect(assumed.assumptions.map(({ name }) => name)).toContain('quality of hosted 1')
})

test('law 4: cheaper than what somebody else asks is no yes while nobody knows what is paid today', () => {
  const paid = { usd: null, pricedShare: 0 }
  const decided = (over: object) =>
    decide(evidence({ api: [{ ...paid, ...over }, { usdPerMtok: 6 }] }), choose({ ...bare, usdPerGpuHour: 1 }))
  expect(decided({}).decision.answer).toBe('cannot tell')
  expect(decided({}).decision.reasons.join()).toContain('has no price')
  expect(decided({}).verdict).toMatch(/^Cannot tell .*: what is paid today \(metered\) has no price\. /)
  // Calls on own servers are billed by the hour: no price a token is missing there.
  expect(decided({ provider: 'vllm' }).decision.answer).toBe('yes')
})

test('an untried offer that costs more than own GPUs is not what the question hangs on', () => {
  const decided = decide(evidence({ api: [{ kind: 'hosted', usdPerMtok: 1.5 }], replicas: [{ band: 1.5 }] }), {
    ...choose({ ...bare, tokensPerMonth: 5e11 }),
    usdPerGpuHour: 12,
  })
  expect(decided.decision.answer).toBe('cannot tell')
  expect(decided.verdict).toMatch(/^Cannot tell .*: the two are too close\. /)
})

/** Two weeks in which the model's context bars every thousandth-and-more call; `host` takes all of them, `small` none. */
function tooLong() {
  const { demand } = evidence()
  const none = { calls: 0, input: 0, output: 0 }
  const long = { calls: demand.calls / 20, input: demand.tokens.input / 20, output: 0 }
  const all = { calls: demand.calls, ...demand.tokens }
  const infeasible = {
    calls: long.calls,
    reasons: [`${long.calls} calls: prompt + answer above 40960 tokens of context`],
    kind: 1,
  }
  const rates = { inputUsdPerMtok: 1, outputUsdPerMtok: 1 }
  const taken = { calls: 0, reasons: [], kind: 0 }
  return evidence({
    feasibility: {
      kinds: [none, long, all],
      both: [
        [none, none, none],
        [none, long, long],
        [none, long, all],
      ],
    },
    api: [
      { infeasible: taken },
      { provider: 'small', infeasible, rates },
      { provider: 'dear', usdPerMtok: 9, infeasible: taken, rates: { inputUsdPerMtok: 9, outputUsdPerMtok: 9 } },
      { provider: 'host', infeasible: taken, rates },
      {
        provider: 'other',
        group: 'open-8b',
        infeasible: taken,
        rates: { inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.1 },
      },
    ],
    replicas: [{ infeasible }],
    // Late calls are billed elsewhere, which bars nothing and is not what the verdict may quote.
    replays: [replayForTest({ replicas: 2, late: 20_000 })],
  })
}

test('a no for want of a fleet says what bars it, the calls that it cannot take, and who could be named to take them', () => {
  const barred = decide(tooLong(), choose())
  expect(barred.decision.answer).toBe('no')
  expect(barred.verdict).toMatch(
    /^No: own GPUs cannot serve open-70b: none of the fleets tried takes 5 % of the calls \(50400 calls: prompt \+ answer above 40960 tokens of context\); name who takes them instead: --fallback host:open-70b\. /,
  )
  expect(barred.verdict).not.toMatch(/come late/)
  // The fix is one: with it the fleet is priced and compared.
  const fixed = decide(tooLong(), choose({ fallback: 'host:open-70b' }))
  expect(fixed.verdict).not.toContain('no way to run')
  // Where no API of these weights takes them there is nothing to name.
  const evidenceOf = tooLong()
  const alone = decide(
    { ...evidenceOf, api: evidenceOf.api.filter(({ provider }) => provider === 'small' || provider === 'other') },
    choose(),
  )
  expect(alone.verdict).not.toContain('--fallback')
})

test('own servers that serve these calls, as measured, contradict a simulation in which no fleet does: no "no"', () => {
  const slow = { fits: true, problem: null, loadCurve: [{ load: 1, busyShare: 1, ttftP95Ms: 9000, tpotP95Ms: 45 }] }
  const ownServers = { calls: 19_774, share: 0.74, ttftP95Ms: 1950, tpotP95Ms: 36.6 }
  expect(decide(evidence({ replicas: [slow] }), choose()).decision.answer).toBe('no')
  const measured = decide(evidence({ replicas: [slow], ownServers }), choose())
  expect(measured.decision).toMatchObject({ answer: 'cannot tell', confidence: null })
  expect(measured.verdict).toMatch(
    /^Cannot tell whether own GPUs pay off for open-70b: .* miss the latency objective\. Your own servers do serve 74 % of these calls \(19774\), as measured with 1\.9 s to the first token and 36\.6 ms a token \(p95\)/,
  )
  expect(measured.verdict).not.toContain('no way to run')
  // The p95 of a part of the calls scatters about that of all; a stated objective is what it is.
  const nearly = { ...ownServers, ttftP95Ms: 2040 }
  const objective = { ttftP95Ms: 2000, tpotP95Ms: 50, source: 'test' }
  expect(decide(evidence({ replicas: [slow], ownServers: nearly }), choose()).decision.answer).toBe('cannot tell')
  const stated = { ...objective, stated: { ttft: true, tpot: false } }
  expect(decide(evidence({ replicas: [slow], ownServers: nearly, objective: stated }), choose()).decision.answer).toBe(
    'no',
  )
  expect(
    decide(evidence({ replicas: [slow], ownServers: { ...nearly, ttftP95Ms: 4000 } }), choose()).decision.answer,
  ).toBe('no')
})

test('a month that costs the same whichever days are drawn is no range', () => {
  const flat = {
    host: 'endpoints',
    gpu: 'h100',
    gpusPerInstance: 1,
    usdPerGpuHour: '0.5',
    asOf: '2026-10-01',
    source: '',
  }
  const dedicated = evidence({ api: [{ usdPerMtok: 9 }], dedicated: [flat] })
  const { verdict, options, best } = decide(dedicated, choose({ usdPerGpuHour: 3 }), { draws: 200 })
  const { band } = options.find(({ name }) => name === best)!
  expect(band!.low).toBe(band!.high)
  expect(verdict).toContain(`Every resampled month costs $${Math.round(band!.low).toLocaleString('en-US')}.`)
})
