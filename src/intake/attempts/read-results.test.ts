import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadPriceBook } from '../../catalog/price-book.ts'
import { formatUsd } from '../../core/meter/money.ts'
import { promptTokens } from '../../core/meter/usage.ts'
import { collected } from './collected.ts'
import { pricedAttempts } from './priced.ts'
import { readResults } from './read-results.ts'
import type { ReadOptions } from './told.ts'

const fixture = (name: string): string => resolve(import.meta.dirname, '../../../test/fixtures/attempts', name)
const plain: ReadOptions = { option: null, scorer: null, passAt: 1, map: {} }
const book = loadPriceBook()
const at = Date.parse('2026-11-28T00:00:00Z') * 1000

const read = (...names: string[]) =>
  collected(
    names.map(name => readResults(fixture(name), null, plain)),
    null,
  )
const priced = (...names: string[]) => {
  const told = read(...names)
  return pricedAttempts(told.attempts, book, told.atMicros ?? at)
}
const written = (name: string, text: string | Buffer): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'results-')), name)
  writeFileSync(path, text)
  return path
}

test('promptfoo: passes, failures and errors are those of its own count; a judge without a verdict is neither', () => {
  const { stats } = JSON.parse(readFileSync(fixture('promptfoo.json'), 'utf8')).results
  const { attempts } = read('promptfoo.json')
  const count = (verdict: boolean | null, ended: string) =>
    attempts.filter(one => one.passed === verdict && one.ended === ended).length
  expect(count(true, 'answered')).toBe(stats.successes)
  expect(count(null, 'unavailable')).toBe(stats.errors)
  // It counts an answer that its judge could not judge as a failure.
  expect(count(false, 'answered') + count(null, 'answered')).toBe(stats.failures)
  expect(count(null, 'answered')).toBe(6)
  // Four test cases, three providers, two repeats.
  expect(new Set(attempts.map(({ task }) => task)).size).toBe(4)
  expect(new Set(attempts.map(({ attempt }) => attempt))).toEqual(new Set([1, 2]))
})

test('promptfoo: our price of a call is what it says itself where it knows the model, to the last digit', () => {
  const both = priced('promptfoo.json').filter(
    ({ attempt, source }) => source === 'catalog' && attempt.reportedUsd !== null,
  )
  expect(both).toHaveLength(12)
  for (const { attempt } of both) expect(formatUsd(attempt.usd!)).toBe(formatUsd(attempt.reportedUsd!))
})

test('law 4: a model that promptfoo prices at 0 because it does not know it is of unknown cost', () => {
  const own = priced('promptfoo.json').filter(({ attempt }) => attempt.option === 'openai:chat:my-own-finetune')
  expect(own).toHaveLength(8)
  for (const { attempt, source } of own)
    expect([attempt.usd, attempt.reportedUsd, source]).toEqual([null, null, 'unknown'])
})

test('promptfoo: an answer of its cache cost something once, and nobody knows what', () => {
  const row = {
    provider: { id: 'openai:gpt-4o-mini', label: '' },
    prompt: { raw: 'x', label: 'x' },
    vars: { a: '1' },
    testCase: { vars: { a: '1' } },
    testIdx: 0,
    success: true,
    score: 1,
    failureReason: 0,
    cost: 0,
    latencyMs: 3,
    gradingResult: { pass: true, score: 1, tokensUsed: { total: 0 } },
    response: { output: 'y', cached: true, tokenUsage: { cached: 129, total: 129 } },
  }
  const file = readResults(written('cached.jsonl', `${JSON.stringify(row)}\n`), null, plain)
  const [one] = pricedAttempts(collected([file], null).attempts, book, at)
  expect(one).toMatchObject({ source: 'unknown', attempt: { usd: null, reportedUsd: null, passed: true } })
  expect(file.results.notes.join()).toContain("promptfoo's own cache")
})

test("Inspect: epochs are tries, and accuracy and tokens are those of the log's own summary", () => {
  const { attempts } = read('inspect.eval')
  const total = (kind: 'input' | 'output') => attempts.reduce((sum, { work }) => sum + (work[0]?.usage[kind] ?? 0), 0)
  // header.json: accuracy 0.75, input_tokens 252, output_tokens 6.
  expect(attempts.filter(({ passed }) => passed).length / attempts.length).toBe(0.75)
  expect([total('input'), total('output')]).toEqual([252, 6])
  expect(attempts.map(({ task, attempt }) => `${task}/${attempt}`).sort()).toEqual(['1/1', '1/2', '2/1', '2/2'])
})

test('Inspect: cached tokens that older logs count in input_tokens count once (law 1)', () => {
  const [one] = read('inspect-cached-inside.json').attempts
  // input_tokens 15235, of which 9088 were read from the cache; total_tokens 15516 = 15235 + 281.
  expect(one!.work[0]!.usage).toMatchObject({ input: 15_235 - 9088, cacheRead: 9088, output: 281 })
  expect(promptTokens(one!.work[0]!.usage)).toBe(15_235)
})

const log = (sample: object, more: object = {}) => ({
  version: 2,
  status: 'success',
  eval: { task: 't', model: 'openai/gpt-4o-mini', created: '2026-01-05T00:00:00+00:00', ...more },
  samples: [{ id: 'a', epoch: 1, model_usage: {}, scores: {}, ...sample }],
})
const sampleOf = (sample: object, more: object = {}, options = plain) => {
  const file = readResults(written('log.json', JSON.stringify(log(sample, more))), null, options)
  return pricedAttempts(collected([file], null).attempts, book, at)[0]!.attempt
}

test.each([
  ['C', true],
  ['I', false],
  ['P', false],
  ['N', false],
  [1, true],
  [0, false],
  [0.5, false],
  [true, true],
  ['yes', true],
  [{ a: 1, b: 0 }, null],
  [17, null],
])('Inspect: a score of %j passes: %j', (value, passed) => {
  expect(sampleOf({ scores: { s: { value } } }).passed).toBe(passed)
})

test('Inspect: a sample that a limit cut off is limited, one that threw is broken and not judged, a filtered one refused', () => {
  expect(sampleOf({ limit: { type: 'token', limit: 5000 }, scores: { s: { value: 'I' } } })).toMatchObject({
    ended: 'limited',
    passed: false,
    problem: 'token limit of 5000',
  })
  expect(sampleOf({ error: { message: 'sandbox gone', traceback: '' } })).toMatchObject({
    ended: 'broken',
    passed: null,
  })
  const output = { choices: [{ stop_reason: 'content_filter' }] }
  expect(sampleOf({ output, scores: { s: { value: 'I' } } })).toMatchObject({ ended: 'refused' })
})

test("Inspect: what a judge's model used is beside the option's cost and never in it", () => {
  const usage = { input_tokens: 1_000_000, output_tokens: 0, total_tokens: 1_000_000 }
  const one = sampleOf(
    { model_usage: { 'openai/gpt-4o-mini': usage, 'openai/gpt-4o': usage }, role_usage: { grader: usage } },
    { model_roles: { grader: { model: 'openai/gpt-4o' } } },
  )
  // OpenAI's list: gpt-4o-mini $0.15 and gpt-4o $2.50 a million tokens of prompt.
  expect([formatUsd(one.usd!), formatUsd(one.judgeUsd!)]).toEqual(['0.150000000000', '2.500000000000'])
})

test('Inspect: --scorer takes another score', () => {
  const scores = { first: { value: 'I' }, second: { value: 'C' } }
  expect(sampleOf({ scores }).passed).toBe(false)
  expect(sampleOf({ scores }, {}, { ...plain, scorer: 'second' }).passed).toBe(true)
  expect(() => sampleOf({ scores }, {}, { ...plain, scorer: 'secnd' })).toThrow('no score is called "secnd"')
})

test("Inspect: a log as version 0.3.285 packs it (zstd) adds up to its own summary, judge's tokens apart", () => {
  const { attempts, notes } = read('inspect-zstd.eval')
  const sum = (of: 'work' | 'judging', kind: 'input' | 'cacheRead' | 'cacheWrite' | 'output' | 'reasoning') =>
    attempts.flatMap(one => one[of]).reduce((total, { usage }) => total + (usage[kind] ?? 0), 0)
  // header.json, stats: gpt-4o-mini 1000 in, 500 read, 100 written, 200 out of which 80 thought; the grader 1800 in, 30 out.
  expect(['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'].map(kind => sum('work', kind as 'input'))).toEqual(
    [1000, 500, 100, 200, 80],
  )
  expect([sum('judging', 'input'), sum('judging', 'output')]).toEqual([1800, 30])
  // Accuracy by `match` 0.1667 of the 6 samples that came to their end; two threw, in both epochs.
  const scored = attempts.filter(({ passed }) => passed !== null)
  expect(scored).toHaveLength(6)
  expect(scored.filter(({ passed }) => passed).length / 6).toBeCloseTo(0.16666666666666666, 12)
  expect(attempts.filter(({ ended }) => ended === 'broken').map(({ problem }) => problem)).toEqual([
    "RuntimeError('sandbox gone')",
    "RuntimeError('sandbox gone')",
  ])
  expect(attempts.filter(({ ended }) => ended === 'limited').map(({ task }) => task)).toEqual(['loops', 'loops'])
  expect(attempts.filter(({ ended }) => ended === 'refused')).toHaveLength(1)
  expect(notes.join()).toContain('--scorer')
})

test('an archive packed in a way that is not read says what to do, as one that is cut does', () => {
  const bytes = readFileSync(fixture('inspect.eval'))
  for (let i = 0; i < bytes.length - 4; i++) {
    if (bytes.readUInt32LE(i) === 0x02014b50) bytes.writeUInt16LE(12, i + 10)
  }
  expect(() => readResults(written('packed.eval', bytes), null, plain)).toThrow(/method 12/)
  const cut = readFileSync(fixture('inspect-zstd.eval')).subarray(0, 4000)
  expect(() => readResults(written('cut.eval', cut), 'inspect', plain)).toThrow(/directory is missing/)
})

test('HAL: tokens that Weave sums into the calls above count once, and $0 for a model without a price is unknown', () => {
  const all = priced('hal-listed-calls.json')
  const [first, second, third] = all.map(({ attempt }) => attempt)
  // 1000 of which 512 cached, and 500; not once more as their parent's 1500.
  expect(first!.usage).toMatchObject({ input: 988, cacheRead: 512, output: 70 })
  expect(first).toMatchObject({ passed: true, seconds: 9 })
  expect(second).toMatchObject({ passed: false, usd: null, reportedUsd: null })
  expect(third).toMatchObject({ ended: 'broken', problem: "KeyError: 'flight'", usd: null })
})

test("HAL: what Anthropic's cache wrote and read is beside the prompt, at its own rates", () => {
  const [one] = priced('hal-by-task.json')
  expect(one!.attempt.usage).toMatchObject({ input: 22, cacheWrite: 4000, cacheRead: 4000, output: 300 })
  expect(one!.attempt).toMatchObject({ passed: true, calls: 2, seconds: 11.5 })
  // Claude Opus 4.5, a million tokens: $5 in, $25 out, $6.25 written, $0.50 read.
  expect(formatUsd(one!.attempt.usd!)).toBe('0.034610000000')
})

test('SWE-bench: a report, predictions and a trajectory of one run are joined into one try of each instance', () => {
  const all = priced(
    'anthropic__claude-sonnet-4-20250514.run1.json',
    'swe-agent__test-repo-1.traj.json',
    'swe-bench-preds.json',
  )
  expect(all.map(({ attempt }) => [attempt.task, attempt.passed, attempt.ended])).toEqual([
    ['swe-agent__test-repo-1', true, 'answered'],
    ['swe-agent__test-repo-2', false, 'answered'],
    ['swe-agent__test-repo-3', null, 'broken'],
  ])
  const [{ attempt }] = all as [(typeof all)[0]]
  expect(attempt).toMatchObject({
    option: 'anthropic/claude-sonnet-4-20250514',
    calls: 2,
    cluster: 'swe-agent__test-repo',
  })
  // Claude Sonnet 4: 1700 × $3 + 1000 × $0.30 + 160 × $15 a million; the agent said 0.012.
  expect(formatUsd(attempt.usd!)).toBe('0.007800000000')
  expect(formatUsd(attempt.reportedUsd!)).toBe('0.012000000000')
})

test("SWE-bench: a trajectory of SWE-agent tells an instance's tokens as sums, and which limit ended it", () => {
  const trajectory = {
    environment: 'e',
    trajectory: [],
    history: [],
    info: {
      exit_status: 'submitted (exit_cost)',
      submission: 'x',
      model_stats: { instance_cost: 3.1, tokens_sent: 1_000_000, tokens_received: 10_000, api_calls: 77 },
    },
    replay_config: JSON.stringify({ agent: { model: { name: 'openai/gpt-4o-mini' } } }),
  }
  const file = readResults(written('django__django-10097.traj', JSON.stringify(trajectory)), null, plain)
  const [one] = pricedAttempts(collected([file], null).attempts, book, at)
  expect(one!.attempt).toMatchObject({
    option: 'openai/gpt-4o-mini',
    task: 'django__django-10097',
    calls: 77,
    cluster: 'django__django',
    ended: 'limited',
  })
  // gpt-4o-mini: $0.15 and $0.60 a million.
  expect([formatUsd(one!.attempt.usd!), formatUsd(one!.attempt.reportedUsd!)]).toEqual([
    '0.156000000000',
    '3.100000000000',
  ])
})

test('SWE-bench: a table of instances costs what it says, and a cost of 0 is unknown', () => {
  const costs = priced('per_instance_details.json').map(({ attempt }) => attempt.usd && formatUsd(attempt.usd))
  expect(costs).toEqual(['0.151000000000', null, '0.320000000000'])
})

test("Aider: runs stay sums; as many passed as the leaderboard's own rate says, and total_cost 0 is unknown", () => {
  const { attempts, aggregates } = read('aider-polyglot.yml')
  const entries = parse(readFileSync(fixture('aider-polyglot.yml'), 'utf8')) as Record<string, number>[]
  expect(attempts).toEqual([])
  expect(aggregates).toHaveLength(69)
  expect(aggregates.filter(({ reportedUsd }) => reportedUsd === null)).toHaveLength(18)
  // Its rates are of test_cases, or of all 225 where one or two of them were not finished.
  for (const [i, { tasks, passed }] of aggregates.entries()) {
    const gaps = [tasks, 225].map(all => Math.abs((100 * passed) / all - entries[i]!.pass_rate_2!))
    expect(Math.min(...gaps)).toBeLessThan(0.1)
  }
})

test('a table of any tool: columns by their usual names, others as mapped; rows that cannot be read are told with their line', () => {
  const csv = 'model,instance_id,resolved,cost,seconds\ngpt-4o,a,true,0.5,3\ngpt-4o,b,constructor,0.5,3\ngpt-4o,c,0,,\n'
  const { results } = readResults(written('t.csv', csv), null, plain)
  expect(
    results.attempts.map(one => [one.option, one.task, one.passed, one.reportedUsd && formatUsd(one.reportedUsd)]),
  ).toEqual([
    ['gpt-4o', 'a', true, '0.500000000000'],
    ['gpt-4o', 'c', false, null],
  ])
  expect(results.rejects).toMatchObject([{ line: 3, reason: 'resolved: expected true or false' }])
  const lines = '{"who":"x","case":"a","ok":1}\n{"who":"x","case":"a","ok":0}\n'
  const mapped = readResults(written('t.jsonl', lines), null, {
    ...plain,
    map: { option: 'who', task: 'case', passed: 'ok' },
  })
  const { attempts } = collected([mapped], null)
  expect(attempts.map(one => [one.option, one.task, one.attempt, one.passed])).toEqual([
    ['x', 'a', 1, true],
    ['x', 'a', 2, false],
  ])
})

test('law 5: the same file twice, gzipped or not, adds no try', () => {
  const bytes = readFileSync(fixture('promptfoo.json'))
  const files = [fixture('promptfoo.json'), written('again.json.gz', gzipSync(bytes))]
  const told = collected(
    files.map(path => readResults(path, null, plain)),
    null,
  )
  expect(told.attempts).toHaveLength(24)
})

test('what is no results at all is refused with what was tried', () => {
  expect(() => readResults(written('x.json', '{"hello":1}'), null, plain)).toThrow(/no format reads it/)
  expect(() => readResults(written('x.txt', 'hello'), null, plain)).toThrow(/no format reads it/)
  const locked = JSON.stringify({ encrypted_data: 'x', salt: 'y' })
  expect(() => readResults(written('x.json', locked), null, plain)).toThrow(/encrypted/)
})
