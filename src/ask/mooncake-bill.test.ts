// The bundled Mooncake trace through import, ledger and answer. The expected figures were counted from the file by a script
// in Python that shares nothing with this program: hash ids in time order, alive for the stated time after their last use.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadPriceBook } from '../catalog/price-book.ts'
import { defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Evidence } from '../core/decide/evidence.ts'
import { importFile } from '../intake/import.ts'
import { openDuckdb } from '../ledger/duckdb.ts'
import { cacheHits, prefixEvidence } from './cache-hits.ts'
import { noLimits, refusalsOf } from './feasibility.ts'
import { gather } from './gather.ts'
import { defaultQuestion, type Question } from './question.ts'

const trace = 'data/traces/mooncake-conversation.jsonl.gz'
const calls = 12_031
const tokens = { input: 144_793_823, output: 4_122_048 }
/** Calls whose prompt and answer together are above 32,768 tokens, and their tokens. */
const above32k = { calls: 846, input: 48_284_529, output: 348_919 }
/** Read and written by a cache of five minutes from last use, any length from 1,024 tokens on; all calls, and only those below 32k. */
const fiveMinutes = { read: 38_155_361, written: 105_396_399, hits: 3_643 }
const fiveMinutesBelow32k = { read: 26_565_972, written: 68_701_259, hits: 3_394 }
const oneHour = { read: 50_298_114, written: 93_253_646, hits: 4_630 }

let ledger: Awaited<ReturnType<typeof openDuckdb>>
beforeAll(async () => {
  ledger = await openDuckdb(':memory:')
  const options = { model: 'claude-sonnet-4-5', provider: 'anthropic' }
  await importFile(ledger, trace, options, { book: loadPriceBook(), dataDir: '.' })
})
afterAll(() => ledger.close())

const ask = (question: Partial<Question>): Promise<Evidence> =>
  gather(
    { ...defaultQuestion, gpus: ['h100-sxm-80gb'], otherModels: [], ...question },
    { ledger, newestPrices: '2026-11-01' },
  )

test('the hash ids give the hits of a cache of five minutes, of one hour, and of one that 32k refuses its long calls', async () => {
  const columns = await ledger.columns({})
  const prefixes = await prefixEvidence(ledger, {}, columns)
  expect(prefixes).toEqual({ calls, blockTokens: 512 })
  const limits = { ...noLimits, contextTokens: 32_768 }
  const refusals = refusalsOf(columns, [limits])
  const { kind } = refusals.infeasibleOf(limits)
  const rule = { minimumTokens: 1024, granularityTokens: 1, ttlSeconds: 300, refreshedOnHit: true }
  const found = await cacheHits(
    ledger,
    {},
    columns,
    prefixes!,
    [
      { rule, refuses: () => false },
      { rule: { ...rule, ttlSeconds: 3600 }, refuses: () => false },
      { rule, refuses: call => refusals.refuses(kind!, call) },
    ],
    { seconds: 600, count: 6 },
  )
  expect(found.map(({ readTokens: read, writtenTokens: written, hits }) => ({ read, written, hits }))).toEqual([
    fiveMinutes,
    oneHour,
    fiveMinutesBelow32k,
  ])
  for (const { readTokens, writtenTokens, readByWindow, writtenByWindow } of found) {
    expect(readByWindow.reduce((a, b) => a + b, 0)).toBe(readTokens)
    expect(writtenByWindow.reduce((a, b) => a + b, 0)).toBe(writtenTokens)
  }
})

test('share infeasible on a 32k model is the count of the trace, by reason and to the call', async () => {
  const evidence = await ask({ asModel: 'qwen3-32b' })
  const answer = decide(evidence, defaultChoices)
  const ovh = answer.options.find(option => option.name === 'ovhcloud qwen3-32b')!
  expect(ovh.infeasible).toMatchObject({
    calls: above32k.calls,
    share: Number((above32k.calls / calls).toPrecision(12)),
    reasons: [`${above32k.calls} calls: prompt + answer above 32768 tokens of context`],
    fallback: null,
  })
  expect(answer.best).not.toBe(ovh.name)
  // Those calls at a named fallback: out of its own bill at its list price, in at the other's, to the cent.
  const nebius = evidence.api.find(api => api.name === 'groq qwen/qwen3-32b')!
  const moved = decide(evidence, { ...defaultChoices, fallback: 'groq:qwen/qwen3-32b' })
  const with_ = moved.options.find(option => option.name === ovh.name)!
  const atRates = (rates: typeof nebius.rates) =>
    (rates!.inputUsdPerMtok * above32k.input + rates!.outputUsdPerMtok * above32k.output) / 1e6
  const scale = answer.youAreHere.tokensPerMonth / (tokens.input + tokens.output)
  const own = evidence.api.find(api => api.name === ovh.name)!
  expect(with_.breakdown.escalation).toBeCloseTo(scale * atRates(nebius.rates), 4)
  expect(with_.usd).toBeCloseTo(scale * (Number(own.usd) - atRates(own.rates) + atRates(nebius.rates)), 4)
  expect(with_.infeasible).toMatchObject({
    calls: above32k.calls,
    unservedShare: 0,
    fallback: { calls: above32k.calls },
  })
})

test('the cost with a prompt cache of five minutes against none, at list price, multiplied by hand', async () => {
  const evidence = await ask({ model: 'claude-sonnet-4-5' })
  const metered = evidence.api.find(api => api.kind === 'as-metered')!
  // $3 in, $15 out, $0.30 read, $3.75 written, per million. Calls above 200,000 tokens of prompt there are none.
  const none = (3 * tokens.input + 15 * tokens.output) / 1e6
  const { read, written } = fiveMinutes
  const cached = (3 * (tokens.input - read - written) + 0.3 * read + 3.75 * written + 15 * tokens.output) / 1e6
  expect(Number(metered.usd)).toBeCloseTo(none, 9)
  expect(Number(metered.optimised!.usd)).toBeCloseTo(cached, 9)
  expect(metered.optimised!.levers).toMatchObject([{ name: 'prompt caching' }])
  const answer = decide(evidence, defaultChoices)
  const option = answer.options.find(one => one.asMetered)!
  const scale = answer.youAreHere.tokensPerMonth / (tokens.input + tokens.output)
  expect(option.usd).toBeCloseTo(scale * none, 4)
  expect(option.optimised!.usd).toBeCloseTo(scale * cached, 4)
  expect(option.optimised!.levers[0]!.savesUsd).toBeCloseTo(scale * (none - cached), 4)
})
