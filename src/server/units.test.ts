// Calls billed by more than tokens, from the socket to the ledger's price, and priced again: nothing of them is lost on the way.
import { createServer } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { CallRecord } from '../core/meter/call-record.ts'
import { closeAll, listening, world } from '../gateway/world-for-test.ts'
import { openDuckdb } from '../ledger/duckdb.ts'
import { openMemory } from '../ledger/memory.ts'
import { priceCallsOf } from './prices.ts'
import { openWorkplace } from './workplace.ts'

afterEach(closeAll)

/** As in docs.perplexity.ai/getting-started/models/models/sonar-deep-research: its reasoning stands beside the answer. */
const answer = JSON.stringify({
  id: '3d0f2e0a',
  model: 'sonar-deep-research',
  object: 'chat.completion',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '…' } }],
  usage: {
    prompt_tokens: 19,
    completion_tokens: 498,
    total_tokens: 517,
    citation_tokens: 10_175,
    num_search_queries: 48,
    reasoning_tokens: 300,
  },
})
/** 19 × $2 + 498 × $8 + 300 × $3 + 10,175 × $2 a million, 48 × $5 a thousand. */
const byHand = '0.265272000000'

async function metered(): Promise<readonly CallRecord[]> {
  const upstream = await listening(createServer((_request, response) => response.end(answer)))
  const upstreams = { perplexity: { url: `http://127.0.0.1:${upstream}` } }
  const { port, records } = await world(() => {}, { upstreams })
  const body = '{"model":"sonar-deep-research","messages":[{"role":"user","content":"?"}]}'
  const got = await fetch(`http://127.0.0.1:${port}/to/perplexity/chat/completions`, { method: 'POST', body })
  expect(await got.text()).toBe(answer)
  return records
}

test.each([
  ['memory', async () => openMemory()],
  ['duckdb', () => openDuckdb(':memory:')],
])('quoted tokens and searches are billed beside the tokens, and stay when history is priced again: %s', async (_, open) => {
  const records = await metered()
  const workplace = openWorkplace({ dataDir: '/nowhere', inMemory: true })
  const prices = await priceCallsOf(workplace)
  const ledger = await open()
  // As the spool carries them.
  await ledger.take(JSON.parse(JSON.stringify(records)), {}, prices.price)
  const total = async () => (await ledger.report({}, [], 'UTC')).total
  expect(await total()).toMatchObject({ calls: 1, usd: byHand, unpricedCalls: 0, usage: { searches: 48, output: 798 } })
  expect(await ledger.reprice({}, prices, false)).toMatchObject({ calls: 1, changed: 0, usdAfter: byHand })
  expect((await total()).usd).toBe(byHand)
  await ledger.close()
  await workplace.close()
})
