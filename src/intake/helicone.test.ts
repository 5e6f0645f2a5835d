// Helicone's requests as its export tool writes them; expected counts are those that the provider billed.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { intakeForTest, statedUsd } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { helicone } from './helicone.ts'

const { ledger, take, takeFile, report } = intakeForTest({ book: loadPriceBook() })
const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/logs/${name}`, import.meta.url))
type Row = Record<string, unknown>
const base: Row = JSON.parse(readFileSync(fixture('helicone.jsonl'), 'utf8'))
const row = (over: Row = {}): Row => ({ ...base, ...over })
const jsonl = (rows: readonly Row[]) => rows.map(one => `${JSON.stringify(one)}\n`).join('')
const usage = async () => (await report()).total.usage

test.each([
  ['JSON Lines', 'h.jsonl', jsonl([base])],
  ['JSON, as the tool indents it', 'h.json', `[\n${JSON.stringify(base, null, 2)}\n]\n`],
  // With a limit that is not reached the tool leaves a comma behind the last row.
  ['JSON with a comma too many', 'i.json', `[\n${JSON.stringify(base, null, 2)},\n]\n`],
  ['an answer of the API', 'q.json', JSON.stringify({ data: [base], error: null })],
])('%s', async (_what, name, content) => {
  expect(await take(name, content)).toMatchObject({ format: 'helicone', added: 1, rejected: 0, unpricedCalls: 0 })
  const { rows, total } = await report(['provider', 'model', 'feature', 'user', 'tag:session', 'tag:Plan', 'outcome'])
  expect(rows.map(one => Object.values(one.key))).toEqual([
    ['anthropic', 'claude-sonnet-4-20250514', 'search', 'u1', 's1', 'pro', 'ok'],
  ])
  expect(total.usage).toMatchObject({ input: 9, cacheRead: 183, cacheWrite: 50, output: 12 })
  const { ttftMs, latencyMs } = await ledger().columns({})
  expect([ttftMs[0], latencyMs[0]]).toEqual([310, 900])
})

test('CSV, whose JSON is quoted twice; of caches it tells nothing, and that is said', async () => {
  const result = await takeFile(fixture('helicone.csv'))
  expect(result).toMatchObject({ format: 'helicone', added: 1, tokens: { input: 1248, output: 10 } })
  expect(result.notes.join('\n')).toContain('1 call: the file records no cache use')
  const { rows } = await report(['model', 'feature', 'tag:Plan', 'user'])
  expect(rows.map(one => Object.values(one.key))).toEqual([['gpt-4o-2024-08-06', 'search', 'pro', 'u1']])
})

test.each([
  ['newer rows, beside the prompt, told by the total', { prompt_tokens: 96, total_tokens: 1258 }],
  ['newer rows whose total is the sum of two', { prompt_tokens: 96, total_tokens: 106 }],
  [
    'older rows, inside the prompt',
    { prompt_tokens: 1248, total_tokens: 1258, request_created_at: '2025-06-01T10:00:00Z' },
  ],
  [
    'older rows, too many for the prompt that is told',
    { prompt_tokens: 96, total_tokens: 106, request_created_at: '2025-06-01T10:00:00Z' },
  ],
])('cached tokens of OpenAI are counted once: %s (law 1)', async (_what, counts) => {
  const openai = {
    provider: 'OPENAI',
    response_model: 'gpt-4o-2024-08-06',
    prompt_cache_read_tokens: 1152,
    prompt_cache_write_tokens: 0,
    completion_tokens: 10,
  }
  await take('o.jsonl', jsonl([row({ ...openai, ...counts })]))
  expect(await usage()).toMatchObject({ input: 96, cacheRead: 1152, output: 10 })
  // 96 × 2.50 + 1,152 × 1.25 + 10 × 10 USD per million.
  expect((await report()).total.usd).toBe('0.001780000000')
})

test('where neither the total nor the size tells, what was taken is said', async () => {
  const counts = { provider: 'OPENAI', response_model: 'gpt-4o', prompt_tokens: 2000, completion_tokens: 5 }
  const older = { request_id: 'r2', request_created_at: '2025-06-01T10:00:00Z' }
  const result = await take(
    'g.jsonl',
    jsonl([row({ ...counts, total_tokens: 2005 }), row({ ...counts, ...older, total_tokens: 2005 })]),
  )
  expect(result.notes.filter(note => /^1 call: .*cached tokens/.test(note))).toHaveLength(2)
  expect(await usage()).toMatchObject({ input: 2000 + 2000 - 233, cacheRead: 2 * 183, cacheWrite: 2 * 50 })
})

test('of Claude they are beside the prompt, whatever the sum of two says', async () => {
  const counts = { prompt_tokens: 1000, prompt_cache_read_tokens: 183, prompt_cache_write_tokens: 50 }
  await take('c.jsonl', jsonl([row({ ...counts, completion_tokens: 12, total_tokens: 1012 })]))
  expect(await usage()).toMatchObject({ input: 1000, cacheRead: 183, cacheWrite: 50, output: 12 })
})

test("Helicone's own cache answers are left out; failures have no tokens; a success of nothing is unknown (law 4)", async () => {
  const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, prompt_cache_read_tokens: 0 }
  const result = await take(
    'f.jsonl',
    jsonl([
      row(),
      row({ request_id: 'r2', cache_reference_id: 'r1' }),
      row({ request_id: 'r3', response_status: 429, ...nothing }),
      row({ request_id: 'r4', ...nothing }),
      row({ request_id: 'r5', response_status: -3, ...nothing }),
    ]),
  )
  expect(result).toMatchObject({ added: 4, leftOut: [{ rows: 1 }] })
  expect((await report()).total.unknownUsageCalls).toBe(1)
  expect((await report(['outcome'])).rows.map(one => [one.key.outcome, one.calls]).sort()).toEqual([
    ['failed', 2],
    ['ok', 2],
  ])
})

test('bad rows are rejected without their prompts', async () => {
  const bad = [row({ request_id: 'b', prompt_tokens: 1.5 }), row({ request_id: 'c', request_created_at: 'soon' })]
  const result = await take('b.jsonl', jsonl([...bad, row()]))
  expect(result).toMatchObject({ added: 1, rejected: 2 })
  const text = readFileSync(result.rejectFile!, 'utf8')
  expect(text).toContain('prompt_tokens: expected a whole number >= 0, got 1.5')
  expect(text).not.toContain('secret')
})

test('the cost that Helicone states is kept', () => {
  expect(statedUsd(helicone, row())).toBe(500_000_000n)
  expect(statedUsd(helicone, row({ costUSD: null, cost: 0.00123 }))).toBe(1_230_000_000n)
  expect(statedUsd(helicone, row({ costUSD: null, cost: null }))).toBeNull()
  expect(statedUsd(helicone, row({ costUSD: null, cost: -1 }))).toBeNull()
})
