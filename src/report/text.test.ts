import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageEvidence } from '../../test/journeys/page-evidence.ts'
import { objectiveLabel, replayLabel } from '../charts/ground.ts'
import type { Answer } from '../core/decide/answer.ts'
import { defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Replay } from '../core/decide/evidence.ts'
import { paragraph, shownWidth } from './ansi.ts'
import { reportText } from './rows.ts'
import { answerSvg } from './svg.tsx'
import { answerText } from './text.ts'

const answer = decide(pageEvidence(), { ...defaultChoices, usdPerGpuHour: 0.2, operationsUsdPerMonth: 300 })
const widest = (text: string) => Math.max(...text.split('\n').map(shownWidth))

test('no line is wider than the terminal, whatever the names and numbers are', () => {
  const word = fc.string({ minLength: 1, maxLength: 60 }).filter(text => text.trim() !== '')
  const usd = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }))
  fc.assert(
    fc.property(
      fc.integer({ min: 80, max: 160 }),
      fc.boolean(),
      word,
      usd,
      fc.double({ min: 1, max: 1e16, noNaN: true }),
      (columns, color, name, money, here) => {
        const changed: Answer = {
          ...answer,
          verdict: `${name} ${answer.verdict}`,
          options: answer.options.map((option, i) =>
            i % 2 === 0
              ? {
                  ...option,
                  name: `${name}${i}`,
                  usd: money,
                  band: money === null ? null : { low: money / 3, high: money * 7 },
                }
              : option,
          ),
          youAreHere: { ...answer.youAreHere, tokensPerMonth: here },
        }
        for (const explain of [false, true]) {
          expect(widest(answerText(changed, { columns, color, explain }))).toBeLessThanOrEqual(columns)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('the verdict comes first, every option of the same weights is listed, the chart marks here and the crossing', () => {
  const text = answerText(answer, { columns: 80, color: false, explain: true })
  expect(text.replace(/\s+/g, ' ').startsWith(answer.verdict.slice(0, 60))).toBe(true)
  const group = answer.options[0]!.group
  const letters = text.split('\n').filter(line => /^[A-Z] {2,3}\S/.test(line)).length
  expect(letters).toBeGreaterThanOrEqual(answer.options.filter(option => option.group === group).length)
  expect(text).toContain('▲ you are here')
  expect(text).toContain('◆')
  expect(text).not.toContain('\u001b')
})

test('what is printed without --explain is short, and names nothing as a machine does', () => {
  const nevers = Array.from({ length: 5 }, (_, i) => ({
    option: `fleet ${i}`,
    reason: 'too dear',
    nearestChange: 'less',
    nearest: [],
  }))
  const text = answerText({ ...answer, never: nevers }, { columns: 80, color: false })
  expect(text.split('\n').filter(line => line.startsWith('  never:'))).toHaveLength(2)
  expect(text).toContain('and 3 more that never cross (--explain)')
  expect(text.replace(/\s+/g, ' ')).toMatch(/\$300 a month, stated by you (·|Not modelled)/)
  const ground = text.slice(text.indexOf('Assumed'), text.indexOf('Again'))
  expect(ground).not.toMatch(/[a-z][A-Z]\w+:/)
  expect(ground.length).toBeLessThan(
    answerText(answer, { columns: 80, color: false, explain: true }).split('Assumed')[1]!.length / 2,
  )
})

test('a fleet that never crosses says what would make it cross, the nearest change alone; --explain says the others too', () => {
  const never = decide(pageEvidence(), { ...defaultChoices, usdPerGpuHour: 50 })
  const [first] = never.never
  expect(first!.nearest.length).toBeGreaterThan(1)
  const said = (explain: boolean) =>
    answerText(never, { columns: 80, color: false, explain }).split('Crossings')[1]!.replace(/\s+/g, ' ')
  const [nearest, ...others] = first!.nearestChange!.split(', or ')
  expect(said(false)).toContain(`${first!.reason}; it would at ${nearest} `)
  for (const other of others) expect(said(false)).not.toContain(other)
  expect(said(true)).toContain(first!.nearestChange!)
})

test('without a word about today’s weights nothing is called the same weights (law 9)', () => {
  const evidence = pageEvidence()
  const nobody = decide(
    { ...evidence, todayGroup: null, api: evidence.api.filter(({ kind }) => kind !== 'as-metered') },
    defaultChoices,
  )
  expect(nobody.best).toBeNull()
  const text = answerText(nobody, { columns: 80, color: false })
  expect(text).not.toContain('same weights:')
  expect(text.replace(/\s+/g, ' ')).toContain('--as-model')
  expect(answerSvg(nobody)).not.toContain('Same weights')
})

test('an axis of very small amounts keeps to its margin', () => {
  const tiny = { ...answer, youAreHere: { ...answer.youAreHere, tokensPerMonth: 4 } }
  expect(widest(answerText(tiny, { columns: 80, color: false }))).toBeLessThanOrEqual(80)
})

const replayed: Replay = {
  model: 'llama-3.1-70b',
  gpu: 'b200',
  gpusPerReplica: 1,
  replicas: 6,
  router: 'least-loaded',
  calls: 8819,
  leftOut: 0,
  completed: 8819,
  rejected: 0,
  durationSeconds: 3400,
  gpuHours: { leased: 8, busy: 2, idle: 6, cold: 0 },
  ttftMs: { p50: 400, p95: 1712, p99: 3000 },
  tpotMs: { p50: 30, p95: 250.4, p99: 400 },
  lateShare: 0.039,
  lateWindowShare: 0.1,
}

test('a replayed fleet is told in one line: busy, late, and the two latencies', () => {
  const own = answer.options.find(option => option.kind === 'self-host')!
  const replay = replayed
  const options = answer.options.map(option => (option === own ? { ...option, replay } : option))
  const text = answerText({ ...answer, options }, { columns: 80, color: false })
  expect(text).toContain('8,819 calls on the fleets that they need')
  expect(text.replace(/\s+/g, ' ')).toContain(
    '6 × 1× b200: running 25 % of the time, first token 1.7 s, 250 ms a token (p95), 3.9 % late',
  )
  expect(text).toContain('objective: first token 2 s, 50 ms a token after it (p95)')
})

test('a replay tells windows met, its worst hour and what is billed elsewhere; the objective tells whose it is', () => {
  const own = answer.options.find(option => option.kind === 'self-host')!
  const spill = { calls: 252, share: 0.0286, api: 'wandb llama-3.1-70b' }
  const label = replayLabel({
    ...own,
    spill,
    replay: { ...replayed, windowsMetShare: 0.995, worstHourLateShare: 0.048 },
  })
  expect(label).toContain('3.9 % late (4.8 % in the worst hour), 99.5 % of 5-minute windows met')
  expect(label).toContain('2.9 % billed at wandb llama-3.1-70b')
  const measured = { ttft: { calls: 400, p95Ms: 580 }, tpot: null }
  expect(objectiveLabel({ ...answer.objective, measured })).toContain("(p95), what today's option delivers")
  expect(objectiveLabel({ ...answer.objective, stated: { ttft: true, tpot: true } })).toContain('(p95), stated by you')
})

test('the chart takes at most twenty lines', () => {
  const lines = answerText(answer, { columns: 80, color: false }).split('\n')
  const drawn = lines.filter(line => /[│┤└]/.test(line) && /^[ $\dk.,MB]{7}/.test(line))
  expect(drawn.length).toBeGreaterThan(8)
  expect(drawn.length + 2).toBeLessThanOrEqual(20)
})

test('a sample says so before anything else; an unknown cost is a dash, not a number (law 4)', () => {
  const changed = {
    ...answer,
    sample: true,
    options: [{ ...answer.options[0]!, usd: null, usdPerMtok: null, usdPerThousandRequests: null, band: null }],
  }
  const text = answerText(changed, { columns: 80, color: false })
  expect(text.startsWith('SAMPLE DATA')).toBe(true)
  expect(text.split('\n').find(line => line.startsWith('A  '))).toMatch(/ – +– /)
})

test('paragraphs keep every word and no line passes the width', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1 }),
      fc.integer({ min: 20, max: 90 }),
      (words, columns) => {
        const lines = paragraph(words.join(' '), columns, '  ', '    ')
        expect(Math.max(...lines.map(shownWidth))).toBeLessThanOrEqual(columns)
        expect(lines.join('').replace(/ /g, '')).toBe(words.join(''))
      },
    ),
  )
})

const usage = { input: 1200, cacheRead: 300, cacheWrite: null, output: 50 }
const row = (model: string | null, usd: string, unpricedCalls = 0) => ({
  key: { model },
  calls: 1234567,
  usage,
  usd,
  unpricedCalls,
  estimatedCalls: 0,
  unknownUsageCalls: 0,
})

test('a report’s figures stand under one another and cents are rounded by their digits', () => {
  const text = reportText(
    { rows: [row('a', '0.005000000000'), row(null, '1234.994999999999', 3)], total: row('', '1235.000000000000', 3) },
    { columns: 80, color: false },
  )
  const lines = text.split('\n')
  expect(lines[1]).toMatch(/^a .* 1,234,567 .* 1,500 .* 50 .* \$0\.01$/)
  expect(lines[2]).toMatch(/^\(none\).*\$1,234\.99 +3$/)
  const ends = lines.slice(1).map(line => line.indexOf('.'))
  expect(new Set(ends).size).toBe(1)
})

test('each dimension of a report has its own column, cut alike in head and rows, and a sample is marked', () => {
  const keyed = (feature: string, model: string) => ({ ...row('', '1.000000000000'), key: { feature, model } })
  const report = {
    sample: true,
    rows: [keyed('code-completion', `Qwen/${'Qwen3-Next-'.repeat(6)}Instruct`), keyed('search', 'claude-sonnet-5')],
    total: row('', '2.000000000000'),
  }
  for (const columns of [60, 80, 100, 160]) {
    const lines = reportText(report, { columns, color: false }).split('\n')
    expect(lines[0]).toMatch(/^SAMPLE DATA/)
    const [head, first, second] = lines.slice(-4)
    const at = head!.indexOf('model')
    expect(first!.slice(0, at)).toBe('code-completion'.padEnd(at))
    expect(first!.slice(at)).toMatch(/^Qwen/)
    expect(second!.slice(at)).toMatch(/^claude-sonnet-5/)
    expect(Math.max(...lines.map(shownWidth))).toBeLessThanOrEqual(Math.max(80, columns))
  }
})

test('amounts under a dollar keep digits that say something', () => {
  const text = reportText(
    { rows: [row('a', '0.000123456789')], total: row('', '0.000123456789') },
    { columns: 80, color: false },
  )
  expect(text).toContain('$0.000123456789')
})

test('law 4: a report of calls without a price shows a dash, not zero dollars', () => {
  const row = { key: { model: 'x' }, calls: 3, usage: { input: 5, output: 6 }, usd: '0.000000000000', unpricedCalls: 3 }
  const text = reportText({ rows: [row], total: { ...row, key: {} } } as never, { columns: 80, color: false })
  expect(text).not.toContain('$0')
  expect(text).toContain('–')
})
