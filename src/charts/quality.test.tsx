import fc from 'fast-check'
import { render } from 'preact-render-to-string'
import { expect, test } from 'vitest'
import { wilson } from '../core/statistics/interval.ts'
import { frontOf, QualityChart, type QualityPoint } from './quality.tsx'
import { SpentChart, type SpentRow, spentHeight } from './spent.tsx'

// Runs of 225 exercises: tasks passed, cost of the run (Aider polyglot leaderboard, 2025-10-03; Apache-2.0).
const published = [
  ['gpt-5 (high)', 198, 29.08],
  ['gpt-5 (medium)', 195, 17.69],
  ['o3-pro (high)', 191, 146.32],
  ['gpt-5 (low)', 183, 10.37],
  ['DeepSeek-V3.2-Exp (Reasoner)', 167, 1.3],
  ['DeepSeek-V3.2-Exp (Chat)', 158, 0.88],
  ['gpt-oss-120b (high)', 94, 0.74],
] as const

const points: QualityPoint[] = published.map(([name, passed, usd]) => ({
  name,
  kind: 'api',
  passRate: wilson(passed, 225),
  usdPerSuccess: { value: usd / passed, low: null, high: null },
  meetsBar: 'unclear',
}))

const props = {
  points,
  bar: 0.7,
  title: 'DeepSeek-V3.2-Exp (Chat) is the cheapest',
  facts: ['225 tasks'],
  footer: 'Crossline',
  width: 1100,
  height: 680,
  theme: 'light',
} as const

const placedPoint = fc.record({
  name: fc.string(),
  kind: fc.constant('api'),
  passRate: fc.nat(20).map(n => ({ value: n / 20, low: null, high: null })),
  usdPerSuccess: fc.integer({ min: 1, max: 20 }).map(n => ({ value: n / 10, low: null, high: null })),
  meetsBar: fc.constant('unclear' as const),
})

test('the front holds just the options that no other beats at both cost and quality', () => {
  fc.assert(
    fc.property(fc.array(placedPoint), all => {
      const front = frontOf(all)
      const beats = (a: (typeof all)[number], b: (typeof all)[number]) =>
        a.usdPerSuccess.value <= b.usdPerSuccess.value &&
        a.passRate.value >= b.passRate.value &&
        (a.usdPerSuccess.value < b.usdPerSuccess.value || a.passRate.value > b.passRate.value)
      for (const one of front) expect(all.some(other => beats(other, one))).toBe(false)
      for (const one of all) {
        const same = front.some(
          f => f.usdPerSuccess.value === one.usdPerSuccess.value && f.passRate.value === one.passRate.value,
        )
        expect(same || front.some(f => beats(f, one))).toBe(true)
      }
    }),
  )
})

test("a published table's front is what a reader of it would name", () => {
  const placed = points.map(point => ({
    ...point,
    passRate: point.passRate!,
    usdPerSuccess: point.usdPerSuccess!,
  }))
  expect(frontOf(placed).map(({ name }) => name)).toEqual([
    'DeepSeek-V3.2-Exp (Chat)',
    'DeepSeek-V3.2-Exp (Reasoner)',
    'gpt-5 (low)',
    'gpt-5 (medium)',
    'gpt-5 (high)',
  ])
})

const numbersWithin = (svg: string, width: number, height: number) => {
  expect(svg).not.toMatch(/NaN|undefined|Infinity/)
  for (const [, x, y] of svg.matchAll(/[ML](-?[\d.]+)[, ](-?[\d.]+)/g)) {
    expect(Number(x)).toBeGreaterThanOrEqual(-12)
    expect(Number(x)).toBeLessThanOrEqual(width)
    expect(Number(y)).toBeGreaterThanOrEqual(-12)
    expect(Number(y)).toBeLessThanOrEqual(height)
  }
}

test('all that is drawn lies within the picture, light and dark, wide and narrow, with and without a bar', () => {
  for (const changed of [{}, { width: 640, height: 420 }, { theme: 'dark' as const }, { bar: null }]) {
    const all = { ...props, ...changed }
    numbersWithin(render(<QualityChart {...all} />), all.width, all.height)
  }
})

test('an option without a success or without a cost has no place on the axes, and is told beside them', () => {
  const odd: QualityPoint[] = [
    ...points,
    { name: 'never', kind: 'api', passRate: wilson(0, 225), usdPerSuccess: null, meetsBar: 'no' },
    { name: 'unpriced', kind: 'api', passRate: wilson(150, 225), usdPerSuccess: null, meetsBar: 'unclear' },
    { name: 'ungraded', kind: 'api', passRate: null, usdPerSuccess: null, meetsBar: 'unclear' },
  ]
  const svg = render(<QualityChart {...props} points={odd} />)
  for (const words of ['no success', 'cost unknown', 'below the bar']) expect(svg).toContain(words)
  for (const name of ['never', 'unpriced', 'ungraded']) expect(svg).not.toContain(`data-option="${name}"`)
  expect(render(<QualityChart {...props} points={odd.slice(-3)} />)).not.toMatch(/NaN|Infinity/)
})

test('nothing tried is an empty picture', () => {
  expect(render(<QualityChart {...props} points={[]} />)).not.toMatch(/NaN|Infinity/)
})

const rows: SpentRow[] = [
  {
    name: 'a',
    usd: [
      { name: 'passed', value: 0.3, role: 'green' },
      { name: 'judging', value: 0.1, role: 'ink', apart: true },
    ],
    tokens: [{ name: 'input', value: 8000, role: 'blue' }],
    seconds: null,
    note: '',
  },
  { name: 'b', usd: null, tokens: null, seconds: null, note: 'cost of 3 tries unknown' },
]

test('judging stands beside the bar and is not in its figure; what nobody told is said', () => {
  const svg = render(<SpentChart rows={rows} title="Where it went" footer="" width={1100} theme="light" />)
  numbersWithin(svg, 1100, spentHeight(rows.length))
  expect(svg).toContain('>$0.3<')
  expect(svg).not.toContain('>$0.4<')
  expect(svg).toContain('cost of 3 tries unknown')
  expect(svg.match(/not told/g)!.length).toBeGreaterThanOrEqual(3)
})

test('bars of one column share a scale', () => {
  const twice = [
    rows[0]!,
    { ...rows[0]!, name: 'twice', tokens: [{ name: 'input', value: 16_000, role: 'blue' as const }] },
  ]
  const svg = render(<SpentChart rows={twice} title="" footer="" width={1100} theme="light" />)
  const widths = [...svg.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="13" fill="#0072b2"/g)].map(
    ([, wide]) => Number(wide),
  )
  expect(widths).toHaveLength(2)
  expect(widths[1]! / widths[0]!).toBeCloseTo(2, 3)
})
