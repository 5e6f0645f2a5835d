// OpenRouter's generations and activity, as its reference prints them.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { intakeForTest, statedUsd } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { openrouter } from './openrouter.ts'

const { ledger, take, takeFile, report } = intakeForTest({ book: loadPriceBook() })
const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/logs/${name}`, import.meta.url))
type Row = Record<string, unknown>
const base: Row = JSON.parse(readFileSync(fixture('openrouter.json'), 'utf8')).data
const generation = (over: Row = {}): Row => ({ ...base, num_search_results: null, model: 'openai/gpt-4.1', ...over })

test.each([
  ['an answer of the API', 'g.json', JSON.stringify({ data: generation() })],
  ['the same over many lines', 'h.json', JSON.stringify({ data: generation() }, null, 2)],
  ['answers one behind another', 'i.json', `${JSON.stringify({ data: generation() }, null, 2)}\n`.repeat(2)],
  ['what was in them, on lines', 'g.jsonl', `${JSON.stringify(generation())}\n`],
  ['a list of them', 'l.json', JSON.stringify([generation()])],
])('%s', async (_what, name, content) => {
  expect(await take(name, content)).toMatchObject({ format: 'openrouter', added: 1, rejected: 0, unpricedCalls: 0 })
  const { rows, total } = await report(['provider', 'model', 'user', 'tier', 'tag:upstream', 'tag:app'])
  expect(rows.map(one => Object.values(one.key))).toEqual([
    ['openrouter', 'openai/gpt-4.1', 'user-123', null, 'Infermatic', '12345'],
  ])
  expect(total.usage).toMatchObject({ input: 7, cacheRead: 3, output: 25, reasoning: 5, searches: 0 })
})

test("with a key of one's own it is priced so, and what both charged is kept", async () => {
  expect(statedUsd(openrouter, generation())).toBe(1_500_000_000n)
  expect(statedUsd(openrouter, generation({ is_byok: true }))).toBe(2_700_000_000n)
  await take('k.jsonl', `${JSON.stringify(generation({ is_byok: true }))}\n`)
  expect((await report(['tier'])).rows[0]?.key).toEqual({ tier: 'byok' })
})

test('results without the number of searches that found them leave that number unknown (law 4)', async () => {
  await takeFile(fixture('openrouter.json'))
  expect((await report()).total).toMatchObject({ unpricedCalls: 1, usage: { searches: null } })
})

test('writes that only a negative discount shows are unknown, not none (law 4)', async () => {
  await take('w.jsonl', `${JSON.stringify(generation({ cache_discount: -0.001 }))}\n`)
  expect((await report()).total).toMatchObject({ unpricedCalls: 1, usage: { cacheWrite: null, input: 7 } })
})

test('a latency below the time that generating took is that of the first token', async () => {
  await take('t.jsonl', `${JSON.stringify(generation({ latency: 442, generation_time: 3457 }))}\n`)
  const { ttftMs, latencyMs } = await ledger().columns({})
  expect([ttftMs[0], latencyMs[0]]).toEqual([442, 3457])
})

test('a generation that a gateway metered is one call (law 5)', async () => {
  const at = Date.parse('2024-07-15T23:33:19Z') * 1000
  const records = [
    openedForTest({ key: 'k', atMicros: at, provider: 'openrouter' }),
    settledForTest({ key: 'k', endMicros: at + 1e6, id: base.id as string }),
  ]
  await ledger().take(records, {}, () => ({ usd: null, reason: 'no prices here' }))
  expect(await take('g.jsonl', `${JSON.stringify(generation())}\n`)).toMatchObject({ added: 0, completed: 1 })
  expect((await report()).total.calls).toBe(1)
})

test('activity stays sums: requests and tokens exactly, estimated, once however it is wrapped', async () => {
  const result = await takeFile(fixture('openrouter-activity.json'))
  expect(result).toMatchObject({ format: 'openrouter-activity', added: 5, tokens: { input: 50, output: 125 } })
  expect((await report()).total).toMatchObject({ calls: 5, estimatedCalls: 5, unpricedCalls: 0 })
  const rows = JSON.parse(readFileSync(fixture('openrouter-activity.json'), 'utf8')).data
  expect(await take('again.json', JSON.stringify(rows, null, 2))).toMatchObject({ added: 0, duplicates: 5 })
})
