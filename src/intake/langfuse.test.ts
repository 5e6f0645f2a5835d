// Langfuse's observations in each form that it exports; sums are those that the provider billed, prices those that Langfuse's own price gives.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intakeForTest, statedUsd } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { openDuckdb } from '../ledger/duckdb.ts'
import { importFile } from './import.ts'
import { langfuse } from './langfuse.ts'
import { langfuseUsage } from './langfuse-usage.ts'

const { folder, ledger, write, take, takeFile, report } = intakeForTest({ book: loadPriceBook() })
const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/logs/${name}`, import.meta.url))
type Row = Record<string, unknown>
const rows: readonly Row[] = readFileSync(fixture('langfuse-observations-v2.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))
const row = (over: Row = {}): Row => ({ ...rows[0], ...over })
const jsonl = (all: readonly Row[]) => all.map(one => `${JSON.stringify(one)}\n`).join('')

const cell = (value: unknown) => {
  const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `"${text.replaceAll('"', '""')}"`
}
/** As Langfuse writes CSV: every cell quoted, what is no text as JSON. */
const csv = (all: readonly Row[]) =>
  [Object.keys(all[0]!).map(cell).join(','), ...all.map(one => Object.values(one).map(cell).join(','))].join('\n')

/** As the API and the page's own export spell it. */
const camel = (one: Row): Row =>
  Object.fromEntries(
    Object.entries(one).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      typeof value === 'string' && /^2026-11-20 /.test(value) ? value.replace(' ', 'T').replace(/000$/, 'Z') : value,
    ]),
  )

describe('one generation, whatever it came in', () => {
  const check = async () => {
    const { rows: found, total } = await report([
      'model',
      'feature',
      'task',
      'user',
      'team',
      'environment',
      'tag:session',
      'tag:pilot',
      'tag:release',
    ])
    expect(found.map(one => Object.values(one.key))).toEqual([
      ['claude-sonnet-4-5-20250929', 'search', 'tr1', 'u1', 'blue', 'production', 's1', 'true', '1.4.0'],
    ])
    expect(total.usage).toMatchObject({
      input: 9,
      cacheRead: 183,
      cacheWrite: 556,
      cacheWrite5m: 456,
      cacheWrite1h: 100,
      output: 12,
    })
    // Langfuse's own total_cost of this row.
    expect(total.usd).toBe('0.002571900000')
    const { ttftMs, latencyMs } = await ledger().columns({})
    expect([ttftMs[0], latencyMs[0]]).toEqual([400, 1200])
  }
  const forms: readonly [string, string, string | Buffer][] = [
    ['lines of a scheduled export', 'a.jsonl', jsonl(rows)],
    ['the same, compressed', 'a.jsonl.gz', gzipSync(jsonl(rows))],
    ['a list on one line', 'a.json', JSON.stringify(rows)],
    ['a list over many lines', 'b.json', JSON.stringify(rows, null, 2)],
    ['CSV', 'a.csv', csv(rows)],
    ["CSV of the page's export", 'b.csv', csv(rows.map(camel))],
    ['a page of the API', 'c.json', JSON.stringify({ data: rows.map(camel), meta: { cursor: 'x' } })],
    ['pages on lines of their own', 'c.jsonl', `${JSON.stringify({ data: rows.map(camel), meta: {} })}\n`.repeat(2)],
  ]
  test.each(forms)('%s', async (_what, name, content) => {
    const result = await take(name, content)
    expect(result).toMatchObject({ format: 'langfuse', added: 1, rejected: 0, unpricedCalls: 0 })
    expect(result.leftOut[0]?.why).toBe('observations of type SPAN, no calls to a model')
    await check()
  })
  test('in one form and then in all others, it is added once (law 5)', async () => {
    for (const [, name, content] of forms) await take(name, content)
    expect((await report()).total.calls).toBe(1)
    await check()
  })
  test('the first API tells three counts, and says nothing of caches', async () => {
    const result = await takeFile(fixture('langfuse-api-v1.json'))
    expect(result).toMatchObject({ format: 'langfuse', added: 1, tokens: { input: 1248, output: 10 } })
    expect(result.notes.join('\n')).toContain('1 call: the file records no cache use')
    // calculatedTotalCost of the row.
    expect((await report()).total.usd).toBe('0.003220000000')
  })
})

describe('cached tokens and reasoning are counted once (law 1)', () => {
  const counted = (usage_details: Row | string, over: Row = {}) =>
    langfuseUsage({ type: 'GENERATION', usage_details, ...over }, false).usage

  test("an SDK that sends the provider's inclusive counts, told by its total", () => {
    expect(counted({ input: 1248, input_cached_tokens: 1152, output: 10, total: 1258 })).toMatchObject({
      input: 96,
      cacheRead: 1152,
      output: 10,
    })
  })
  test('reasoning inside the output and beside it', () => {
    const inside = { input: 10, output: 100, output_reasoning_tokens: 60, total: 110 }
    expect(counted(inside)).toMatchObject({ output: 100, reasoning: 60 })
    expect(counted({ ...inside, total: 170 })).toMatchObject({ output: 160, reasoning: 60 })
  })
  test('what Langfuse took out of an answer is in it: predictions, and details of later APIs', () => {
    const details = {
      output_accepted_prediction_tokens: 20,
      output_rejected_prediction_tokens: 10,
      output_reasoning_tokens: 0,
    }
    expect(counted({ input: 90, input_new_tokens: 10, output: 30, ...details, total: 160 })).toMatchObject({
      input: 100,
      output: 60,
    })
    // Told inclusively, as its total says.
    expect(counted({ input: 100, output: 60, ...details, total: 160 })).toMatchObject({ input: 100, output: 60 })
  })
  test.each([
    ["Anthropic's own names", { input: 9, cache_read_input_tokens: 183, cache_creation_input_tokens: 50, output: 12 }],
    ['LangChain', { input: 9, input_cache_read: 183, input_cache_creation: 50, output: 12, total: 254 }],
    ['a map of ClickHouse', "{'input':9,'input_cached_tokens':183,'input_cache_creation':50,'output':12,'total':254}"],
    ['counts as texts', { input: '9', input_cached_tokens: '183', input_cache_creation: '50', output: '12' }],
  ])('%s', (_what, details) => {
    expect(counted(details)).toMatchObject({ input: 9, cacheRead: 183, cacheWrite: 50, output: 12 })
  })
  test('whatever the convention, the parts add up to what the provider counted', async () => {
    const part = fc.integer({ min: 0, max: 5000 })
    // As many cached tokens as reasoning ones: then a total cannot tell which of the two stands inside.
    const isTold = (one: { read: number; write: number; thought: number }) => one.read + one.write !== one.thought
    const parts = fc.record({
      fresh: fc.integer({ min: 1, max: 5000 }),
      read: part,
      write: part,
      output: part,
      thought: part,
      inPrompt: fc.boolean(),
      inAnswer: fc.boolean(),
    })
    const call = parts.filter(isTold)
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 20 }), async calls => {
        const own = await openDuckdb(':memory:')
        const all = calls.map(({ fresh, read, write, output, thought, inPrompt, inAnswer }, i) =>
          row({
            id: `o${i}`,
            usage_details: {
              input: inPrompt ? fresh + read + write : fresh,
              input_cached_tokens: read,
              input_cache_creation: write,
              output: inAnswer ? output + thought : output,
              output_reasoning_tokens: thought,
              total: fresh + read + write + output + thought,
            },
          }),
        )
        const path = write('property.jsonl', jsonl(all))
        await importFile(own, path, {}, { book: null, dataDir: folder })
        const sum = (kind: 'fresh' | 'read' | 'write' | 'output' | 'thought') =>
          calls.reduce((n, one) => n + one[kind], 0)
        const { usage } = (await own.report({}, [], 'UTC')).total
        const whole = (usage.input ?? 0) + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0) + (usage.output ?? 0)
        expect(whole).toBe(sum('fresh') + sum('read') + sum('write') + sum('output') + sum('thought'))
        expect(usage).toMatchObject({ cacheRead: sum('read'), cacheWrite: sum('write'), reasoning: sum('thought') })
        await own.close()
      }),
      { numRuns: 15 },
    )
  })
})

describe('rows that are not plain successes', () => {
  test('a call of which nobody counted anything is of unknown usage, never of none (law 4); a failed one has none', async () => {
    const none = { usage_details: {}, cost_details: {}, total_cost: 0 }
    await take('n.jsonl', jsonl([row({ id: 'a', ...none }), row({ id: 'b', ...none, level: 'ERROR' })]))
    expect((await report()).total).toMatchObject({ calls: 2, unknownUsageCalls: 1 })
    expect((await report(['outcome'])).rows.map(one => one.key.outcome).sort()).toEqual(['failed', 'ok'])
  })
  test('a file of nothing but spans is no traffic', async () => {
    await expect(take('s.jsonl', jsonl(rows.slice(1)))).rejects.toMatchObject({ code: 'NO_CALLS' })
  })
  test('bad rows are rejected with a reason and without their prompts; good ones go in', async () => {
    const bad = [
      row({ id: 'b1', usage_details: { input: -5, output: 1 } }),
      row({ id: 'b2', start_time: 'soon' }),
      row({ id: 'b3', start_time: null }),
    ]
    const result = await take('bad.jsonl', `${jsonl([...bad, row()])}{"id":"x","trace_id":"y","input":"a secret\n`)
    expect(result).toMatchObject({ added: 1, rejected: 4 })
    const text = readFileSync(result.rejectFile!, 'utf8')
    expect(
      text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
        .map(one => [one.line, one.reason, one.raw]),
    ).toEqual([
      [1, 'usage input: expected a whole number >= 0, got -5', 'b1'],
      [2, 'start_time: expected a date and time, got "soon"', 'b2'],
      [3, 'start_time: missing', 'b3'],
      [5, 'not JSON', ''],
    ])
    expect(text).not.toContain('secret')
  })
  test('a list that was cut off keeps what is whole', async () => {
    const whole = JSON.stringify([row(), row({ id: 'o2' })])
    expect(await take('cut.json', whole.slice(0, -40))).toMatchObject({ added: 1, rejected: 1 })
  })
  test('of a row with cells too many nothing is taken', async () => {
    const result = await take('wide.csv', `${csv([row()])}\n${Object.values(row()).map(cell).join(',')},"more"\n`)
    expect(result).toMatchObject({ added: 1, rejected: 1 })
  })
})

test("where the response's own id is kept, a call that a gateway metered is one call (law 5)", async () => {
  const at = Date.parse('2026-11-20T10:00:00Z') * 1000
  const records = [
    openedForTest({ key: 'k', atMicros: at, provider: 'openai' }),
    settledForTest({ key: 'k', endMicros: at + 1e6, id: 'chatcmpl-a' }),
  ]
  await ledger().take(records, {}, () => ({ usd: null, reason: 'no prices here' }))
  const metadata = { attributes: { 'gen_ai.response.id': 'chatcmpl-a', 'gen_ai.system': 'openai' } }
  expect(await take('g.jsonl', jsonl([row({ metadata })]))).toMatchObject({ added: 0, completed: 1 })
  expect((await report(['team'])).rows.map(one => [one.key.team, one.calls])).toEqual([['blue', 1]])
})

test('the time to the first token is read in the unit that its latency shows', async () => {
  const without = { completion_start_time: null }
  const all = [
    row({ id: 'a', ...without, latency: 1.2, time_to_first_token: 0.4 }),
    row({ id: 'b', ...without, latency: 1200, time_to_first_token: 400, start_time: '2026-11-20 10:00:00.000001' }),
  ]
  await take('t.jsonl', jsonl(all))
  expect([...(await ledger().columns({})).ttftMs]).toEqual([400, 400])
})

test('a list longer than any line of a table, all on one line', async () => {
  const long = Array.from({ length: 40 }, (_, i) => row({ id: `o${i}`, input: '"a secret" '.repeat(25_000) }))
  const text = JSON.stringify(long)
  expect(text.length).toBeGreaterThan(8 * 2 ** 20)
  expect(await take('long.json', text)).toMatchObject({ added: 40, rejected: 0 })
})

test('the cost that Langfuse states is kept; its 0 for a model that it has no price of is none (law 4)', () => {
  const costOf = (over: Row) => statedUsd(langfuse, row(over))
  expect(costOf({})).toBe(2_571_900_000n)
  expect(costOf({ total_cost: 0, cost_details: {} })).toBeNull()
  expect(costOf({ total_cost: 0, cost_details: { input: 0 } })).toBe(0n)
})
