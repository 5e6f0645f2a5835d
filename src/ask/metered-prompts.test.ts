// What prompt caches would save on metered calls, of which nothing is known but counts and the hashes of their blocks.
import { expect, test } from 'vitest'
import { cacheRuleOf } from '../catalog/cache-rules.ts'
import { callOfRecords } from '../core/meter/call-record.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { fromPico } from '../core/meter/money.ts'
import { noUsage } from '../core/meter/usage.ts'
import { fingerprintsOf } from '../gateway/fingerprint.ts'
import { openMemory } from '../ledger/memory.ts'
import { cacheHits, prefixEvidence } from './cache-hits.ts'
import { gather } from './gather.ts'
import { defaultQuestion } from './question.ts'

const startMicros = 1_764_000_000e6
const calls = 40
const rules = 'Answer from the handbook alone. '.repeat(500)

/** One call a minute: a long system prompt, then a question of its own; every other one counted by a leaner tokenizer. */
const records = Array.from({ length: calls }, (_, i) => {
  const key = `k${String(i).padStart(3, '0')}`
  const messages = [
    { role: 'system', content: rules },
    { role: 'user', content: `${i}. ${'Why is that so? '.repeat(250)}` },
  ]
  const { request, ...prints } = fingerprintsOf(Buffer.from('key'), 'openai.chat', { model: 'gpt-5', messages }, null)
  const input = i % 2 === 0 ? 5000 : 2500
  return [
    openedForTest({ key, model: 'gpt-5', atMicros: startMicros + i * 60e6, ...prints, request }),
    settledForTest({ key, model: 'gpt-5-2025-08-07', usage: { ...noUsage, input, output: 100 }, known: true }),
  ] as const
})

async function metered() {
  const ledger = openMemory()
  await ledger.take(records.flat(), {}, ({ usage }) => ({
    // $1.25 and $10 a million.
    usd: fromPico(1_250_000n * BigInt(usage.input!) + 10_000_000n * BigInt(usage.output!)),
    pricedAs: 'gpt-5',
    catalogVersion: 'v',
  }))
  return ledger
}

test('blocks cut by bytes stand for equal shares of their prompt: hits are those of a chain followed by hand', async () => {
  const [opened, settled] = records[0]!
  // 16,000 bytes of rules, 4,000 of question and what JSON puts around them: ten blocks, of which seven hold rules alone.
  expect(callOfRecords('k', { opened, settled }, () => ({ usd: null, reason: '' })).prefixBlocks).toHaveLength(10)
  const ledger = await metered()
  const columns = await ledger.columns({})
  const evidence = await prefixEvidence(ledger, {}, columns)
  expect(evidence).toEqual({ calls, blockTokens: null })
  const rule = cacheRuleOf('openai', 'gpt-5')
  const trials = [{ rule, refuses: () => false }]
  const [found] = await cacheHits(ledger, {}, columns, evidence!, trials, { seconds: 600, count: 4 })
  const { granularityTokens } = rule
  const read = (prompt: number) => Math.floor((prompt * 7) / 10 / granularityTokens) * granularityTokens
  expect(found!.hits).toBe(calls - 1)
  expect(found!.readTokens).toBe((calls / 2 - 1) * read(5000) + (calls / 2) * read(2500))
})

test('the answer says what prompt caching would save, and how many calls repeat exactly', async () => {
  const question = { ...defaultQuestion, gpus: ['h100-sxm-80gb'], otherModels: ['llama-3.1-8b'] }
  const evidence = await gather(question, { ledger: await metered(), newestPrices: '2026-11-01' })
  expect(evidence.repeats).toEqual({ known: calls, repeated: 0, usd: '0.000000000000' })
  const cache = evidence.assumptions.find(({ name }) => name === 'prompt cache')!
  expect(cache.value).toBe('simulated')
  expect(cache.source).toContain('cut by bytes')
  const [today] = evidence.api
  // Of each prompt but the first seven blocks of ten, to a step of 128 tokens, are read at $0.125 instead of $1.25 a million.
  const read = 19 * 3456 + 20 * 1664
  expect(today!.optimised!.levers).toMatchObject([{ name: 'prompt caching' }])
  expect(today!.optimised!.levers[0]!.savesUsd).toBeCloseTo((read * 1.125) / 1e6, 9)
})
