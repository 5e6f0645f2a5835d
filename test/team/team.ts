// Licensed traces and a seed in; fourteen days of one invented team as it would have them: a LiteLLM spend log, an invoice, leases.
// Arrivals: rate curve of ServeGen's mid-size pool. Lengths: Azure code, Mooncake conversation, ServeGen DeepSeek-R1. The rest
// (features, models, environments, caching, latency, failures, what is billed beside the log) is assigned.
import { loadPriceBook } from '../../src/catalog/price-book.ts'
import { drawReasoningLengths, readAzureLengths, readMooncakeLengths, readRateCurve } from '../../src/catalog/sample.ts'
import { formatUsd, type Money, zero } from '../../src/core/meter/money.ts'
import { price } from '../../src/core/meter/price.ts'
import { noUsage, type Usage } from '../../src/core/meter/usage.ts'
import { drawRateCurve, type LengthPairs } from '../../src/core/statistics/arrivals-draw.ts'
import { type Random, stream } from '../../src/core/statistics/random.ts'

/** Monday. */
export const teamStartMicros = Date.UTC(2026, 10, 2) * 1000
export const teamDays = 14

interface Feature {
  readonly feature: string
  readonly team: string
  readonly calls: number
  readonly lengths: 'azure-code' | 'mooncake-conversation' | 'deepseek-r1'
  /** Longest prompt that is sent. */
  readonly maxPrompt: number
  /** As the log names it. */
  readonly model: string
  readonly provider: string
  readonly callType: 'acompletion' | 'anthropic_messages' | 'aembedding'
  /** Share of calls that find their beginning in the provider's cache; of these, the share of the prompt. */
  readonly cachedShare: number
  readonly cachedPart: number
  readonly reasoningPart: number
  readonly tpotMs: number
}

const plain = { cachedShare: 0, cachedPart: 0, reasoningPart: 0, maxPrompt: 100_000, callType: 'acompletion' } as const

export const features: readonly Feature[] = [
  {
    ...plain,
    feature: 'support-chat',
    team: 'support',
    calls: 12_000,
    lengths: 'azure-code',
    model: 'gpt-5-mini',
    provider: 'openai',
    cachedShare: 0.7,
    cachedPart: 0.6,
    reasoningPart: 0.4,
    tpotMs: 9,
  },
  {
    ...plain,
    feature: 'code-review',
    team: 'platform',
    calls: 4000,
    lengths: 'mooncake-conversation',
    model: 'claude-sonnet-4-5-20250929',
    provider: 'anthropic',
    callType: 'anthropic_messages',
    cachedShare: 0.8,
    cachedPart: 0.7,
    tpotMs: 16,
  },
  {
    ...plain,
    feature: 'report-writer',
    team: 'analytics',
    calls: 7000,
    lengths: 'deepseek-r1',
    model: 'together_ai/meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo',
    provider: 'together_ai',
    tpotMs: 14,
  },
  {
    ...plain,
    feature: 'summaries',
    team: 'analytics',
    calls: 20_000,
    lengths: 'deepseek-r1',
    model: 'hosted_vllm/meta-llama/Llama-3.1-70B-Instruct',
    provider: 'hosted_vllm',
    tpotMs: 31,
  },
  {
    ...plain,
    feature: 'research',
    team: 'research',
    calls: 4000,
    lengths: 'mooncake-conversation',
    model: 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    provider: 'bedrock',
    cachedShare: 0.5,
    cachedPart: 0.5,
    tpotMs: 18,
  },
  {
    ...plain,
    feature: 'search',
    team: 'platform',
    calls: 5000,
    lengths: 'azure-code',
    model: 'text-embedding-3-small',
    provider: 'openai',
    callType: 'aembedding',
    maxPrompt: 8000,
    tpotMs: 0,
  },
]

/** What the log holds of real calls, summed as they were made: what an import must find. */
export interface Tally {
  calls: number
  failed: number
  unknownUsage: number
  cacheAnswers: number
  malformed: number
  unattributed: number
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  /** By provider, as billed for the calls of the log. */
  readonly usd: Record<string, Money>
}

export interface TeamFiles {
  /** JSON Lines of LiteLLM_SpendLogs rows in time order. */
  readonly spendLog: string
  readonly invoice: string
  readonly leases: string
  readonly tally: Tally
}

/** The three files and what they add up to; the same for the same seed. `scale` thins the calls (1 = about 54,000 rows). */
export function teamFiles(seed = 1, scale = 1): TeamFiles {
  const tally: Tally = {
    calls: 0,
    failed: 0,
    unknownUsage: 0,
    cacheAnswers: 0,
    malformed: 0,
    unattributed: 0,
    input: 0,
    cacheRead: 0,
    cacheWrite: 0,
    output: 0,
    usd: {},
  }
  const curve = readRateCurve('servegen-m-mid-rate-10min.csv.gz')
  const expected = curve.reduce((sum, window) => sum + window.requestsPerSecond * 600, 0)
  const lengths: Record<Feature['lengths'], LengthPairs> = {
    'azure-code': readAzureLengths(),
    'mooncake-conversation': readMooncakeLengths(),
    'deepseek-r1': drawReasoningLengths(seed),
  }
  const priceOf = pricer()
  const rows: { at: number; line: string }[] = []
  for (const feature of features) {
    const name = `team ${feature.feature}`
    const drawn = drawRateCurve(curve, lengths[feature.lengths], seed, name, {
      scale: (feature.calls * scale) / expected,
    })
    const random = stream(seed, `${name} details`)
    for (let i = 0; i < drawn.n; i++) {
      const at = teamStartMicros + Math.round(drawn.atSeconds[i]! * 1e6)
      const size = { prompt: Math.min(feature.maxPrompt, drawn.inputTokens[i]!), output: drawn.outputTokens[i]! }
      rows.push({ at, line: JSON.stringify(rowOf(feature, i, at, size, random, tally, priceOf)) })
    }
  }
  rows.sort((a, b) => a.at - b.at)
  const lines = rows.map(row => row.line)
  malformed(lines, tally)
  return { spendLog: `${lines.join('\n')}\n`, invoice: invoiceOf(tally), leases, tally }
}

type PriceOf = (feature: Feature, usage: Usage, atMicros: number) => Money

function pricer(): PriceOf {
  const book = loadPriceBook()
  return ({ provider, model }, usage, atMicros) => {
    if (provider === 'hosted_vllm') return zero
    const priced = price(book, {
      provider,
      model: model.replace(`${provider}/`, ''),
      usage,
      atMicros,
      tier: null,
      region: null,
      speed: null,
    })
    if (priced.usd === null) throw new Error(`the fixture's ${model} has no price: ${priced.reason}`)
    return priced.usd
  }
}

function rowOf(
  feature: Feature,
  i: number,
  at: number,
  size: { prompt: number; output: number },
  random: Random,
  tally: Tally,
  priceOf: PriceOf,
): Record<string, unknown> {
  const isEmbedding = feature.callType === 'aembedding'
  const [isFailed, isCacheAnswer, isUncounted] = [
    random.uniform() < 0.008,
    random.uniform() < 0.015,
    random.uniform() < 0.001,
  ]
  const isTagged = random.uniform() < 0.93
  const place = random.uniform()
  const environment = place < 0.88 ? 'production' : place < 0.96 ? 'staging' : 'dev'
  const whole = Math.max(1, size.prompt)
  const output = isEmbedding ? 0 : Math.max(1, size.output)
  const isCached = !isEmbedding && whole >= 1024 && random.uniform() < feature.cachedShare
  const cacheable = isCached ? Math.floor((whole * feature.cachedPart) / 128) * 128 : 0
  // The first call of a conversation writes what later ones read; OpenAI's and Together's caches bill no writes here.
  const writes = cacheable > 0 && /claude/.test(feature.model) && random.uniform() < 0.2
  const usage: Usage = {
    ...noUsage,
    input: whole - cacheable,
    cacheRead: writes ? 0 : cacheable,
    cacheWrite: writes ? cacheable : 0,
    cacheWrite5m: writes ? cacheable : 0,
    output,
    reasoning: Math.floor(output * feature.reasoningPart),
  }
  const ttftMs = Math.round((180 + whole / 12) * (0.7 + random.uniform()) * 1000) / 1000
  const durationMs = isFailed
    ? 400
    : Math.round((ttftMs + output * feature.tpotMs * (0.8 + 0.4 * random.uniform())) * 1000) / 1000
  const isStreamed = !isEmbedding && random.uniform() < 0.8
  const usd = isFailed || isCacheAnswer ? zero : priceOf(feature, usage, at)
  const isNothing = isFailed || isUncounted
  count(tally, { feature, usage, usd, isFailed, isCacheAnswer, isUncounted, isTagged })
  return {
    request_id: `${isEmbedding ? 'embd' : 'chatcmpl'}-${feature.feature}-${i}`,
    call_type: feature.callType,
    api_key: isTagged ? `key-${feature.team}` : 'key-shared',
    spend: isUncounted ? 0 : Number(formatUsd(usd)),
    ...(isNothing ? { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } : counts(feature, usage)),
    startTime: instant(at),
    endTime: instant(at + durationMs * 1000),
    request_duration_ms: Math.round(durationMs),
    completionStartTime: isFailed ? null : instant(at + (isStreamed ? ttftMs : durationMs) * 1000),
    model: isFailed && i % 3 === 0 ? '' : feature.model,
    model_group: feature.model.slice(feature.model.lastIndexOf('/') + 1),
    custom_llm_provider: feature.provider,
    user: 'default_user_id',
    team_id: isTagged ? feature.team : null,
    end_user: `customer-${random.integer(40)}`,
    request_tags: isTagged
      ? [`feature:${feature.feature}`, `env:${environment}`, 'User-Agent: OpenAI/Python 2.24.0']
      : [],
    cache_hit: isCacheAnswer ? 'True' : 'False',
    status: isFailed ? 'failure' : 'success',
    messages: {},
    response: {},
    metadata: isNothing ? { status: isFailed ? 'failure' : 'success' } : { usage_object: usageObject(feature, usage) },
  }
}

function count(
  tally: Tally,
  row: {
    feature: Feature
    usage: Usage
    usd: Money
    isFailed: boolean
    isCacheAnswer: boolean
    isUncounted: boolean
    isTagged: boolean
  },
): void {
  if (row.isCacheAnswer) {
    tally.cacheAnswers++
    return
  }
  tally.calls++
  if (!row.isTagged) tally.unattributed++
  const { provider } = row.feature
  if (row.isFailed) tally.failed++
  else {
    tally.usd[provider] = ((tally.usd[provider] ?? zero) + row.usd) as Money
    if (row.isUncounted) tally.unknownUsage++
    else {
      tally.input += row.usage.input!
      tally.cacheRead += row.usage.cacheRead!
      tally.cacheWrite += row.usage.cacheWrite!
      tally.output += row.usage.output!
    }
  }
}

/** Chat counts cached tokens in the prompt, anthropic_messages beside it. */
function counts({ callType }: Feature, { input, cacheRead, cacheWrite, output }: Usage) {
  const prompt_tokens = callType === 'anthropic_messages' ? input! : input! + cacheRead! + cacheWrite!
  return { prompt_tokens, completion_tokens: output!, total_tokens: prompt_tokens + output! }
}

function usageObject({ provider }: Feature, { input, cacheRead, cacheWrite, output, reasoning }: Usage) {
  const prompt_tokens = input! + cacheRead! + cacheWrite!
  const object = { prompt_tokens, completion_tokens: output, total_tokens: prompt_tokens + output! }
  const completion_tokens_details = reasoning === 0 ? null : { reasoning_tokens: reasoning }
  if (provider !== 'anthropic' && provider !== 'bedrock')
    return {
      ...object,
      completion_tokens_details,
      prompt_tokens_details: cacheRead === 0 ? null : { cached_tokens: cacheRead },
    }
  return {
    ...object,
    completion_tokens_details,
    prompt_tokens_details: { cached_tokens: cacheRead, cache_creation_tokens: cacheWrite },
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
  }
}

const instant = (micros: number): string => new Date(Math.round(micros / 1000)).toISOString()

/** Some lines as a broken export has them. */
function malformed(lines: string[], tally: Tally): void {
  const bad = [
    '{"request_id":"cut-off","call_type":"acompl',
    '{"request_id":"bad-1","call_type":"acompletion","startTime":"2026-11-03T10:00:00Z","prompt_tokens":-5,"completion_tokens":1,"total_tokens":1,"spend":0}',
    '{"request_id":"bad-2","call_type":"acompletion","startTime":"tomorrow","prompt_tokens":5,"completion_tokens":1,"total_tokens":6,"spend":0}',
    '{"request_id":"bad-3","call_type":"acompletion","startTime":"2026-11-03T10:00:00Z","prompt_tokens":5,"completion_tokens":"many","total_tokens":6,"spend":0}',
  ]
  bad.forEach((line, i) => {
    lines.splice(Math.floor(((i + 1) * lines.length) / (bad.length + 1)), 0, line)
  })
  tally.malformed = bad.length
}

/** One bill a seller, somewhat more than the log explains: keys that go past the proxy, and one seller that is not in it at all. */
function invoiceOf({ usd }: Tally): string {
  const sellers = [
    ['OpenAI', 'openai', 104n],
    ['Anthropic', 'anthropic', 102n],
    ['Together AI', 'together_ai', 100n],
    ['Amazon Bedrock', 'bedrock', 100n],
  ] as const
  const cents = (pico: bigint) => {
    const whole = (pico + 9_999_999_999n) / 10_000_000_000n
    return `${whole / 100n}.${String(whole % 100n).padStart(2, '0')}`
  }
  const period = '2026-11-02,2026-11-15'
  const lines = sellers.map(([provider, key, percent]) =>
    [provider, period, cents(((usd[key] ?? zero) * percent) / 100n), 'USD', 'API usage'].join(','),
  )
  return `${['provider,from,to,amount,currency,description', ...lines, `OpenAI,${period},${cents(((usd.openai ?? zero) * 8n) / 100n)},USD,Sales tax`, `Cohere,${period},4.20,USD,Rerank`].join('\n')}\n`
}

/** Four GPUs for both weeks, committed beyond them; two more for the second. */
const leases = `gpu,count,from,to,usdPerHour,committedUntil,team
h100-sxm-80gb,4,2026-11-02T00:00:00Z,2026-11-16T00:00:00Z,2.49,2026-11-30T00:00:00Z,analytics
h100-sxm-80gb,2,2026-11-09T00:00:00Z,2026-11-16T00:00:00Z,2.99,,analytics
`
