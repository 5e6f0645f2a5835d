import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Choices } from './choices.ts'
import { decide } from './decide.ts'
import type { Evidence } from './evidence.ts'
import { bare, choose, evidenceForTest as evidence, replayForTest } from './evidence-for-test.ts'
import { changeWords, type NearestChange } from './nearest-change.ts'

const draws = { draws: 5 }

/** Whether the fleet crosses the API at any volume. */
function crosses(made: Evidence, choices: Choices): boolean {
  return decide(made, choices, draws).never.length === 0
}

/** The choice that states a change. */
function stating({ variable }: NearestChange, value: number): Partial<Choices> {
  return variable === 'apiUsdPerMtok' ? { api: 'metered', apiUsdPerMtok: value } : { [variable]: value }
}

const terms = fc.record({
  usdPerMtok: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
  promptShare: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  tokensPerSecond: fc.integer({ min: 500, max: 9000 }),
  secondsPerOutputToken: fc.double({ min: 1e-5, max: 1e-3, noNaN: true }),
  gpusPerReplica: fc.constantFrom(1, 2, 4),
  /** Replicas that the replay needs and calls that came late in it; null = nothing was replayed. */
  replay: fc.option(
    fc.record({ replicas: fc.integer({ min: 1, max: 40 }), late: fc.integer({ min: 0, max: 60_000 }) }),
    { nil: null },
  ),
})
const choices = fc.record({
  usdPerGpuHour: fc.double({ min: 3, max: 30, noNaN: true }),
  gpusPerInstance: fc.constantFrom(null, 4, 8),
  operationsUsdPerMonth: fc.constantFrom(0, 8333),
  overheadShare: fc.constantFrom(0, 0.15, 0.5),
  spareReplicas: fc.integer({ min: 0, max: 2 }),
  replicas: fc.option(fc.integer({ min: 1, max: 30 }), { nil: null }),
})

test('law 8: each nearest change makes a "never" cross when it is stated, and one per cent less of it does not', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(terms, choices, ({ usdPerMtok, promptShare, replay, ...replica }, chosen) => {
      const made = evidence({
        windows: 1008,
        api: [{ usdPerMtok, promptShare }],
        replicas: [replica],
        replays: replay === null ? [] : [replayForTest({ ...replica, ...replay })],
      })
      const asked = choose(chosen)
      const [never] = decide(made, asked, draws).never
      fc.pre(never !== undefined)
      for (const change of never!.nearest) {
        const { variable, from, to } = change
        for (const kind of [asked.replicas === null ? 'growing' : 'fixed', replay === null ? 'by load' : 'replayed']) {
          seen.add(`${variable}, ${kind}`)
        }
        const at = (value: number) => crosses(made, choose({ ...chosen, ...stating(change, value) }))
        const less = to > from ? Math.max(from, to * 0.99) : Math.min(from, to * 1.01)
        expect([variable, at(to), at(less)]).toEqual([variable, true, false])
      }
    }),
    { numRuns: 500 },
  )
  for (const variable of ['usdPerGpuHour', 'throughputFactor', 'apiUsdPerMtok', 'outputShare', 'peakToMean']) {
    for (const kind of ['growing', 'fixed', 'by load', 'replayed']) expect(seen).toContain(`${variable}, ${kind}`)
  }
})

test('where what a fleet spills costs more than the API, only a dearer API or another mix is offered', () => {
  const late = replayForTest({ replicas: 3, late: 900_000, gpusPerReplica: 2, input: 2000, output: 500 })
  const made = evidence({ api: [{ usdPerMtok: 0.05, promptShare: 0.5 }, { usdPerMtok: 9 }], replays: [late] })
  const [never] = decide(made, choose({ fallback: 'hosted 1', api: 'metered' }), draws).never
  expect(never!.nearest.map(({ variable }) => variable)).toContain('apiUsdPerMtok')
  expect(never!.nearest.map(({ variable }) => variable)).not.toContain('usdPerGpuHour')
  expect(never!.nearest.map(({ variable }) => variable)).not.toContain('throughputFactor')
})

test('a stated length mix moves an API by what prompts are of its bill, and a fleet by what they are of its work', () => {
  const made = evidence({ api: [{ usdPerMtok: 1, promptShare: 0.5 }, { usdPerMtok: 1 }] })
  const at = (outputShare: number) => decide(made, choose({ outputShare }), draws).options
  // As seen: a fifth of the tokens are answers.
  const cost = (outputShare: number) => at(outputShare).find(({ name }) => name === 'metered')!.usd!
  expect(cost(0.2)).toBeCloseTo(decide(made, choose(), draws).options.find(({ name }) => name === 'metered')!.usd!, 6)
  expect(cost(0.4) / cost(0.2)).toBeCloseTo(0.5 * (0.6 / 0.8) + 0.5 * 2, 9)
  // Nobody says what prompts are of the other one's bill.
  const unknown = at(0.4).find(({ name }) => name === 'hosted 1')!
  expect(unknown.usd).toBeNull()
  expect(unknown.notes.join()).toContain('not known')
})

test('where another size of a replayed fleet comes to cross sooner, the limit is that one’s', () => {
  const late = { replicas: 9, calls: 20_000, late: 900, input: 100_000, output: 800 }
  const made = evidence({
    api: [
      { usdPerMtok: 1, promptShare: 0.5 },
      { usdPerMtok: 5, promptShare: 0.5 },
    ],
    replicas: [{ tokensPerSecond: 500 }],
    replays: [replayForTest(late), replayForTest({ replicas: 10, calls: 20_000, late: 0 })],
  })
  const asked = choose({ ...bare, usdPerGpuHour: 3, fallback: 'hosted 1', api: 'metered' })
  const [never] = decide(made, asked, draws).never
  const hour = never!.nearest.find(({ variable }) => variable === 'usdPerGpuHour')!
  const at = (usdPerGpuHour: number) => crosses(made, { ...asked, usdPerGpuHour })
  expect([at(hour.to * 0.999), at(hour.to * 1.01)]).toEqual([true, false])
})

test('an API’s price counts for what a fleet sends there too', () => {
  const made = evidence({
    api: [{ usdPerMtok: 0.3, promptShare: 0.5 }],
    replays: [replayForTest({ replicas: 3, calls: 20_000, late: 900 })],
  })
  const fleet = (apiUsdPerMtok: number) =>
    decide(made, choose({ ...bare, api: 'metered', apiUsdPerMtok }), draws).options.find(
      ({ kind }) => kind === 'self-host',
    )!.breakdown.spill!
  expect(fleet(50) / fleet(5)).toBeCloseTo(10, 9)
})

test('a limit in words lies beyond the exact one, on the side that crosses', () => {
  const number = (words: string, before: string) =>
    Number(
      words
        .split(before)[1]!
        .replaceAll(',', '')
        .match(/^[\d.e-]+/)![0],
    )
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 900, noNaN: true }),
      fc.double({ min: 1.001, max: 40, noNaN: true }),
      (from, ratio) => {
        const up = { from, to: from * ratio }
        const down = { from, to: from / ratio }
        const words = (variable: NearestChange['variable'], change: typeof up) =>
          changeWords([{ variable, ...change }])!
        expect(number(words('apiUsdPerMtok', up), 'above $')).toBeGreaterThanOrEqual(up.to)
        expect(number(words('usdPerGpuHour', down), 'below $')).toBeLessThanOrEqual(down.to)
        const times = words('throughputFactor', up)
        const said = times.includes('% more') ? 1 + Number.parseFloat(times) / 100 : Number.parseFloat(times)
        expect(said).toBeGreaterThanOrEqual(ratio * (1 - 1e-12))
      },
    ),
  )
})
