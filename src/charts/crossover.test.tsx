import fc from 'fast-check'
import { render } from 'preact-render-to-string'
import { expect, test } from 'vitest'
import { pageEvidence } from '../../test/journeys/page-evidence.ts'
import type { Answer, CostTerms } from '../core/decide/answer.ts'
import { defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import { costAt } from '../core/decide/staircase.ts'
import { BreakdownBars, sum } from './breakdown.tsx'
import { CrossoverChart } from './crossover.tsx'
import { curve } from './curve.ts'
import { chartFrame, volumeDomain } from './frame.ts'

const cheapLease = { ...defaultChoices, usdPerGpuHour: 0.2, operationsUsdPerMonth: 300, spareReplicas: 0 }
const answer = decide(pageEvidence(), cheapLease)

const selfHost = fc.record({
  kind: fc.constant('self-host' as const),
  replicaUsdPerMonth: fc.double({ min: 1, max: 1e5, noNaN: true }),
  replicaGpuUsdPerMonth: fc.constant(1),
  throughputMtokPerMonth: fc.double({ min: 1, max: 1e5, noNaN: true }),
  replicaMtokPerMonth: fc.double({ min: 1, max: 1e5, noNaN: true }),
  minReplicas: fc.integer({ min: 0, max: 4 }),
  spareReplicas: fc.integer({ min: 0, max: 2 }),
  fixedReplicas: fc.option(fc.integer({ min: 1, max: 5 }), { nil: null }),
  fixedUsdPerMonth: fc.double({ min: 0, max: 1e4, noNaN: true }),
  loadCurve: fc.constant([]),
}) satisfies fc.Arbitrary<CostTerms>
const api = fc.record({
  kind: fc.constant('api' as const),
  usdPerMtok: fc.double({ min: 0.001, max: 100, noNaN: true }),
  fixedUsdPerMonth: fc.double({ min: 0, max: 1e4, noNaN: true }),
}) satisfies fc.Arbitrary<CostTerms>

test('each vertex of a curve costs what costAt says, and a riser joins the two sides of a step', () => {
  fc.assert(
    fc.property(fc.oneof(selfHost, api), fc.double({ min: 6, max: 10, noNaN: true }), (terms, exponent) => {
      const low = 10 ** exponent
      const high = low * 900
      const vertices = curve(terms, low, high)
      vertices.forEach((vertex, i) => {
        const before = vertices[i - 1]
        expect(vertex.tokensPerMonth).toBeGreaterThanOrEqual(before?.tokensPerMonth ?? low)
        expect(vertex.tokensPerMonth).toBeLessThanOrEqual(high)
        const top = before?.tokensPerMonth === vertex.tokensPerMonth
        // The upper end of a riser is the cost just above it: the boundary itself is still the lower step.
        const at = top ? Math.min(high, vertex.tokensPerMonth * (1 + 1e-9)) : vertex.tokensPerMonth
        expect(vertex.usd).toBe(costAt(terms, at))
      })
    }),
    { numRuns: 150 },
  )
})

test('between two vertices of a staircase nothing is cut off: every volume in between costs one of them', () => {
  fc.assert(
    fc.property(selfHost, fc.double({ min: 0, max: 1, noNaN: true }), (terms, where) => {
      const step = terms.replicaMtokPerMonth * 1e6
      const [low, high] = [step / 3, step * 40]
      const vertices = curve(terms, low, high)
      const at = low * (high / low) ** where
      const usd = costAt(terms, at)
      if (!Number.isFinite(usd)) return
      const left = vertices.filter(vertex => vertex.tokensPerMonth < at).at(-1) ?? vertices[0]!
      expect(usd).toBe(left.usd)
    }),
    { numRuns: 150 },
  )
})

test('everything drawn lies within the frame, at any size, on both scales', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 320, max: 1800 }),
      fc.integer({ min: 300, max: 900 }),
      fc.constantFrom('log' as const, 'linear' as const),
      (width, height, yScale) => {
        const frame = chartFrame({ answer, width, height, yScale })
        const { plot } = frame
        for (const { vertices } of frame.series) {
          for (const { tokensPerMonth, usd } of vertices) {
            expect(frame.x(tokensPerMonth)).toBeGreaterThanOrEqual(plot.left - 1e-6)
            expect(frame.x(tokensPerMonth)).toBeLessThanOrEqual(plot.right + 1e-6)
            expect(frame.y(usd)).toBeGreaterThanOrEqual(plot.top)
            expect(frame.y(usd)).toBeLessThanOrEqual(plot.bottom)
          }
        }
      },
    ),
    { numRuns: 20 },
  )
})

test('a pixel and its volume are each other’s inverse', () => {
  const frame = chartFrame({ answer, width: 1000, height: 500 })
  fc.assert(
    fc.property(fc.double({ min: frame.plot.left, max: frame.plot.right, noNaN: true }), pixel => {
      expect(frame.x(frame.volumeAt(pixel))).toBeCloseTo(pixel, 6)
    }),
  )
})

test('each crossing in view is marked where the two costs are equal, and the view holds them all', () => {
  expect(answer.crossings.length).toBeGreaterThan(0)
  const svg = render(<CrossoverChart answer={answer} width={1000} height={500} theme="light" />)
  const marked = [...svg.matchAll(/class="crossing" data-at="([^"]+)"/g)].map(match => Number(match[1]))
  expect(marked).toEqual(answer.crossings.map(({ at }) => at))
  const [low, high] = volumeDomain(answer)
  for (const at of marked) expect(at > low && at < high).toBe(true)
})

test('the crossing for good is labelled however near to "you are here" it lies, and however small the picture', () => {
  const first = answer.crossings[0]!
  const here = first.at / 1.05
  const near = {
    ...answer,
    youAreHere: { ...answer.youAreHere, tokensPerMonth: here },
    crossings: [first, { ...first, at: first.at * 5 }],
    forGoodFrom: { option: first.to, against: first.from, tokensPerMonth: first.at, band: null, shareOfDraws: null },
  }
  for (const width of [360, 500, 720, 1200]) {
    const svg = render(<CrossoverChart answer={near} width={width} height={400} theme="light" />)
    expect(svg).toContain('>you are here<')
    expect(svg).toContain('>crossing, for good<')
  }
})

test('the ruler gives each drawn option its cost to the last digit', () => {
  const at = 2_345_000_000
  const svg = render(<CrossoverChart answer={answer} width={1000} height={500} theme="light" cursor={at} />)
  const ruler = svg.slice(svg.indexOf('class="ruler"'))
  const read = [...ruler.matchAll(/data-option="([^"]+)" data-usd="([^"]+)"/g)]
  expect(read.length).toBeGreaterThan(3)
  for (const [, name, usd] of read) {
    const option = answer.options.find(option => option.name === name)
    expect(Number(usd)).toBe(costAt(option!.terms!, at))
  }
})

test('the bars of an option add up to its cost (law 3)', () => {
  const svg = render(<BreakdownBars answer={answer} width={500} theme="light" />)
  const totals = [...svg.matchAll(/<g data-option="([^"]+)" data-usd="([^"]+)"/g)]
  expect(totals.length).toBeGreaterThan(3)
  for (const [, name, usd] of totals) {
    const option = answer.options.find(option => option.name === name)!
    expect(Number(usd)).toBeCloseTo(option.usd!, 6)
    expect(sum(option.breakdown)).toBeCloseTo(option.usd!, 6)
  }
})

test('a picture says what it is: title, description with the verdict, and the sample mark only on a sample', () => {
  const svg = (sample: boolean) =>
    render(<CrossoverChart answer={{ ...answer, sample }} width={900} height={500} theme="light" furniture />)
  expect(svg(false)).toMatch(/<title[^>]*>Monthly cost by volume<\/title><desc[^>]*>[^<]*tokens a month/)
  expect(svg(false)).not.toContain('SAMPLE DATA')
  expect(svg(true)).toContain('SAMPLE DATA')
  expect(svg(false)).toContain(`prices at ${answer.at}`)
  expect(svg(false)).toContain('Assumed: ')
})

test('a plain theme leaves no custom property in a file that travels alone', () => {
  expect(render(<CrossoverChart answer={answer} width={900} height={500} theme="dark" />)).not.toContain('var(')
  expect(render(<CrossoverChart answer={answer} width={900} height={500} theme="auto" />)).toContain(
    'var(--cl-paper, #ffffff)',
  )
})

test('a small picture is the same markup as ever', () => {
  const option = answer.options[0]!
  const own: CostTerms = {
    kind: 'self-host',
    replicaUsdPerMonth: 2000,
    replicaGpuUsdPerMonth: 2000,
    throughputMtokPerMonth: 9000,
    replicaMtokPerMonth: 3000,
    minReplicas: 1,
    spareReplicas: 0,
    fixedReplicas: null,
    fixedUsdPerMonth: 0,
    loadCurve: [],
  }
  const small: Answer = {
    ...answer,
    verdict: 'Own GPUs are cheaper from 2 Gtok a month.',
    options: [
      {
        ...option,
        name: 'm via API',
        group: 'm',
        terms: { kind: 'api', usdPerMtok: 1, fixedUsdPerMonth: 0 },
        usd: 1500,
        band: null,
      },
      {
        ...option,
        name: 'm on 1 gpu',
        group: 'm',
        kind: 'self-host',
        terms: own,
        usd: 2000,
        band: { low: 1500, high: 2600 },
      },
    ],
    crossings: [{ ...answer.crossings[0]!, at: 2e9, from: 'm via API', to: 'm on 1 gpu', band: null }],
    never: [],
    forGoodFrom: null,
    youAreHere: { tokensPerMonth: 1.5e9, requestsPerMonth: 1e6 },
  }
  expect(render(<CrossoverChart answer={small} width={600} height={320} theme="light" />)).toMatchSnapshot()
})
