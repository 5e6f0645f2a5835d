import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Breakdown } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import type { Choices } from './choices.ts'
import { decide } from './decide.ts'
import type { ApiTerms, Evidence, ReplicaTerms } from './evidence.ts'
import { choose, even, evidenceForTest, leaseForTest } from './evidence-for-test.ts'
import type { Together } from './feasible.ts'

const windows = 2016
const perWindow = { calls: 100, input: 1_000_000, output: 250_000 }
const calls = windows * perWindow.calls
const tokens = { input: windows * perWindow.input, output: windows * perWindow.output }
const mtok = (tokens.input + tokens.output) / 1e6

interface Named {
  readonly usdPerMtok: number
  readonly over?: Partial<ApiTerms>
}

const none: Together = { calls: 0, input: 0, output: 0 }
const all: Together = { calls, ...tokens }

/** Two kinds of limits: kind 1 refuses `one`, kind 2 refuses `two`, and `both` of these together. */
const refusing = (one: Together, two: Together, both: Together) => ({
  kinds: [none, one, two, all],
  both: [
    [none, none, none, none],
    [none, one, both, one],
    [none, both, two, two],
    [none, one, two, all],
  ],
})

/** Two weeks of even traffic; hosts at one price a token each, the first one today's. */
function evidence(
  apis: readonly Named[],
  rest: Partial<Pick<Evidence, 'feasibility' | 'tokenizers'>> = {},
  replica: Partial<ReplicaTerms> = {},
): Evidence {
  return evidenceForTest({
    windows,
    perWindow,
    level: even,
    api: apis.map(({ usdPerMtok, over }, i) => ({
      usdPerMtok,
      name: `host${i} open-70b`,
      provider: `host${i}`,
      dtype: 'bf16',
      infeasible: { calls: 0, reasons: [], kind: 0 },
      rates: { inputUsdPerMtok: usdPerMtok, outputUsdPerMtok: usdPerMtok },
      promptShare: 0.8,
      ...over,
    })),
    replicas: [{ infeasible: { calls: 0, reasons: [], kind: 0 }, ...replica }],
    leases: [leaseForTest('a', '3', { region: 'us-east-1' })],
    feasibility: refusing(none, none, none),
    ...rest,
  })
}

const optionOf = (answer: ReturnType<typeof decide>, name: string) => answer.options.find(one => one.name === name)!
const total = (parts: Breakdown) => Object.values(parts).reduce((sum: number, part) => sum + (part as number), 0)
const refusedKind = (kind: number, counted: Together): Partial<ApiTerms> => ({
  infeasible: { calls: counted.calls, reasons: [`${counted.calls} calls: too long`], kind },
})

const share = fc.integer({ min: 0, max: 100 })
const part = (percent: number): Together => ({
  calls: Math.floor((calls * percent) / 100),
  input: Math.floor((tokens.input * percent) / 100),
  output: Math.floor((tokens.output * percent) / 100),
})

test('law 9: refused calls bar an option from the best without a fallback, and no longer with one that takes them', () => {
  const long = part(5)
  const made = evidence([{ usdPerMtok: 1 }, { usdPerMtok: 0.4, over: refusedKind(1, long) }], {
    feasibility: refusing(long, none, none),
  })
  const without = decide(made, choose())
  expect(without.best).not.toBe('host1 open-70b')
  expect(optionOf(without, 'host1 open-70b').infeasible).toMatchObject({
    share: 0.05,
    unservedShare: 0.05,
    fallback: null,
  })
  const moved = decide(made, choose({ fallback: 'HOST0:open-70b', assume: ['latency', 'dtype'] }))
  const option = optionOf(moved, 'host1 open-70b')
  expect(moved.best).toBe('host1 open-70b')
  // 95 % of the tokens at 0.4 and 5 % at 1.
  expect(option.usdPerMtok).toBeCloseTo(0.95 * 0.4 + 0.05 * 1, 9)
  expect(option.infeasible.fallback).toMatchObject({ name: 'host0 open-70b', calls: long.calls })
  expect(() => decide(made, choose({ fallback: 'host9:x' }))).toThrow('no API to fall back to is called "host9:x"')
})

test('law 7: what a fallback leaves is counted on the calls that both refuse, never as a product of shares', () => {
  fc.assert(
    fc.property(share, share, share, (a, b, overlap) => {
      const [one, two] = [part(a), part(b)]
      // At least what must overlap, at most the smaller of both.
      const least = Math.max(0, a + b - 100)
      const both = part(least + Math.floor(((Math.min(a, b) - least) * overlap) / 100))
      const made = evidence(
        [
          { usdPerMtok: 1, over: refusedKind(2, two) },
          { usdPerMtok: 0.4, over: refusedKind(1, one) },
        ],
        { feasibility: refusing(one, two, both) },
      )
      const { infeasible } = optionOf(
        decide(made, choose({ fallback: 'host0:open-70b' }), { draws: 5 }),
        'host1 open-70b',
      )
      const taken = one.calls - both.calls
      expect(infeasible.unservedShare).toBeCloseTo((taken > 0 ? both.calls : one.calls) / calls, 9)
      expect(infeasible.fallback?.calls ?? 0).toBe(taken)
    }),
  )
})

test('law 3: with a fallback the parts of a bill still add up to it, at an API and on own GPUs', () => {
  fc.assert(
    fc.property(
      share,
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      (a, x, y) => {
        const long = part(a)
        const made = evidence(
          [{ usdPerMtok: x }, { usdPerMtok: y, over: refusedKind(1, long) }],
          { feasibility: refusing(long, none, none) },
          { infeasible: { calls: long.calls, reasons: ['too long'], kind: 1 } },
        )
        const answer = decide(made, choose({ fallback: 'host0:open-70b' }), { draws: 5 })
        for (const option of answer.options) {
          expect(total(option.breakdown)).toBeCloseTo(option.usd!, 5)
          const refused = option.asMetered ? 0 : (a / 100) * x * (answer.youAreHere.tokensPerMonth / 1e6)
          expect(option.breakdown.escalation).toBeCloseTo(refused, 2)
        }
      },
    ),
  )
})

test('law 6: a cheaper fallback never makes an option dearer, nor a cheaper option itself', () => {
  const usd = fc.double({ min: 0.1, max: 5, noNaN: true })
  fc.assert(
    fc.property(share, usd, usd, usd, (a, x, y, z) => {
      const long = part(a)
      const at = (fallback: number, own: number) => {
        const made = evidence([{ usdPerMtok: fallback }, { usdPerMtok: own, over: refusedKind(1, long) }], {
          feasibility: refusing(long, none, none),
        })
        const answer = decide(made, choose({ fallback: 'host0:open-70b' }), { draws: 5 })
        return optionOf(answer, 'host1 open-70b').usd!
      }
      expect(at(Math.min(x, y), z)).toBeLessThanOrEqual(at(Math.max(x, y), z) + 1e-6)
      expect(at(z, Math.min(x, y))).toBeLessThanOrEqual(at(z, Math.max(x, y)) + 1e-6)
    }),
  )
})

const lever = (saves: number, usdPerMtok: number): Partial<ApiTerms> => ({
  optimised: {
    usd: ((usdPerMtok - saves) * mtok).toFixed(12),
    usdByWindow: [],
    levers: [{ name: 'prompt caching', savesUsd: saves * mtok, evidence: 'test' }],
  },
})

test('the headline holds own GPUs against each API at its best, and shows the crossing as billed beside it', () => {
  const made = evidence([{ usdPerMtok: 3 }, { usdPerMtok: 2, over: lever(1, 2) }])
  const answer = decide(made, choose({ assume: ['latency', 'dtype'] }))
  const option = optionOf(answer, 'host1 open-70b')
  expect(option.usd! / option.optimised!.usd).toBeCloseTo(2, 9)
  expect(answer.comparedApi).toBe('host1 open-70b')
  const plain = decide(evidence([{ usdPerMtok: 3 }, { usdPerMtok: 2 }]), choose())
  const best = decide(evidence([{ usdPerMtok: 3 }, { usdPerMtok: 1 }]), choose())
  expect(answer.crossings.map(({ at }) => at)).toEqual(best.crossings.map(({ at }) => at))
  expect(answer.crossingsAsBilled.map(({ at }) => at)).toEqual(plain.crossings.map(({ at }) => at))
  expect(plain.crossingsAsBilled.map(({ at }) => at)).toEqual(plain.crossings.map(({ at }) => at))
  expect(answer.verdict).toContain('with prompt caching')
  expect(answer.forGoodFrom!.tokensPerMonth).toBe(best.forGoodFrom!.tokensPerMonth)
})

test('a lever never makes own GPUs win earlier, and never raises what an option is ranked at', () => {
  const usd = fc.double({ min: 0.5, max: 5, noNaN: true })
  fc.assert(
    fc.property(usd, fc.double({ min: 0, max: 1, noNaN: true }), (x, saved) => {
      const at = (over: Partial<ApiTerms>) => decide(evidence([{ usdPerMtok: x, over }]), choose(), { draws: 5 })
      const pulled = at(lever(saved * x, x))
      const billed = at({})
      const ranked = (answer: typeof pulled) => decidedUsd(optionOf(answer, 'host0 open-70b'))!
      expect(ranked(pulled)).toBeLessThanOrEqual(ranked(billed) + 1e-6)
      const first = (answer: typeof pulled) => answer.forGoodFrom?.tokensPerMonth ?? Number.POSITIVE_INFINITY
      expect(first(pulled)).toBeGreaterThanOrEqual(first(billed) * (1 - 1e-9))
    }),
  )
})

test('law 4: hits that are possible and not counted on only reach the lower end of the band', () => {
  const cache = { basis: 'none', readTokens: 0, writtenTokens: 0, hitShare: 0, freshUsd: null, rule: null } as const
  const at = (lowUsd: string | null) =>
    optionOf(
      decide(evidence([{ usdPerMtok: 1 }, { usdPerMtok: 2, over: { cache: { ...cache, lowUsd } } }]), choose()),
      'host1 open-70b',
    )
  const known = at(null)
  const possible = at((mtok * 0.5).toFixed(12))
  expect(possible.usd).toBe(known.usd)
  expect(possible.band!.low).toBeCloseTo(known.band!.low / 4, 6)
  expect(possible.band!.high).toBe(known.band!.high)
  expect(possible.cache!.usdAtBest).toBeCloseTo(known.usd! / 4, 6)
})

test('token ratio: 1 within one tokenizer; else the band of prompts, and of the cost by the share that prompts are', () => {
  const other = { group: 'other-30b' }
  const named = (tokenizers: Record<string, string | null>) =>
    optionOf(
      decide(evidence([{ usdPerMtok: 1 }, { usdPerMtok: 2, over: other }], { tokenizers }), choose()),
      'host1 open-70b',
    )
  const same = named({ 'open-70b': 't', 'other-30b': 't' })
  expect(same.tokenRatio).toMatchObject({ input: 1, output: 1, band: null })
  const apart = named({ 'open-70b': 't', 'other-30b': 'u' })
  expect(apart.tokenRatio).toMatchObject({ input: null, output: null, band: { low: 0.85, high: 1.3 } })
  // Prompts are 80 % of the bill.
  expect(apart.band!.low).toBeCloseTo(same.band!.low * (1 - 0.8 * 0.15), 5)
  expect(apart.band!.high).toBeCloseTo(same.band!.high * (1 + 0.8 * 0.3), 5)
  expect(named({ 'open-70b': null, 'other-30b': null }).tokenRatio.input).toBeNull()
  expect(apart.tokensOf).toBe('open-70b')
})

test('law 4: where a seller serves is not taken for granted; own GPUs stand where they may, or have no price', () => {
  const apis = [{ usdPerMtok: 1 }, { usdPerMtok: 2, over: { region: 'eu' } }, { usdPerMtok: 2, over: { region: 'us' } }]
  const answer = decide(evidence(apis), choose({ region: 'eu', assume: ['latency', 'dtype'] }))
  const reasons = (i: number) => optionOf(answer, `host${i} open-70b`).infeasible
  expect(reasons(0)).toMatchObject({ share: 1, reasons: [expect.stringContaining('where it is served is not stated')] })
  expect(reasons(1)).toMatchObject({ share: 0, reasons: [] })
  expect(reasons(2)).toMatchObject({ share: 1, reasons: [expect.stringContaining('served in us, eu was asked for')] })
  expect(answer.best).toBe('host1 open-70b')
  expect(answer.options.find(({ kind }) => kind === 'self-host')).toMatchObject({ usd: null })
  expect(
    decide(evidence(apis), choose({ region: 'us' })).options.find(({ kind }) => kind === 'self-host')!.usd,
  ).toBeGreaterThan(0)
  expect(() => decide(evidence(apis), choose({ region: 'mars' }))).toThrow('region must be one of eu, us, jp, au')
})

test('the reason of a never and its nearest change name one price of the API, and one of a full replica', () => {
  const long = part(10)
  const made = evidence(
    [{ usdPerMtok: 0.3 }],
    { feasibility: refusing(long, none, none) },
    { infeasible: { calls: long.calls, reasons: ['too long'], kind: 1 } },
  )
  const [never] = decide(made, choose({ fallback: 'host0:open-70b', usdPerGpuHour: 8 }), { draws: 5 }).never
  const prices = (text: string, pattern: RegExp) => pattern.exec(text)!.slice(1)
  const [full, api] = prices(never!.reason, /costs (\$[\d.]+) per .*, the API (\$[\d.]+)/)
  const [to, from] = prices(never!.nearestChange!, /an API above (\$[\d.]+) per [^(]*\(now (\$[\d.]+)\)/)
  expect(api).toBe(from)
  // The change is told rounded up, so that what is printed crosses.
  const cents = (usd: string) => Math.round(100 * Number(usd.slice(1)))
  expect(cents(to!) - cents(full!)).toBeOneOf([0, 1])
  expect(never!.reason).toContain('its refused calls at another API included')
})

test('what an option refuses bars it from the front of its weights: it ranks after those that serve', () => {
  const long = part(8)
  const made = evidence([{ usdPerMtok: 1 }, { usdPerMtok: 0.4, over: refusedKind(1, long) }], {
    feasibility: refusing(long, none, none),
  })
  const names = (over: Partial<Choices>) =>
    decide(made, choose({ usdPerGpuHour: 50, ...over })).options.map(one => one.name)
  expect(names({}).slice(-1)).toEqual(['host1 open-70b'])
  expect(names({ fallback: 'host0:open-70b' })[0]).toBe('host1 open-70b')
})
