// A seller and the weights it serves in; how its prompt cache keeps prefixes, as it documents them, out.
import type { CacheRule } from '../core/decide/prompt-cache.ts'

/** A seller's prompt cache: what it keeps for how long, whether a request must ask for it, and who says so. */
export interface SellerCache extends CacheRule {
  /** `automatic`: every request takes part. `marked`: only requests that mark what to keep. */
  readonly mode: 'automatic' | 'marked'
  /** False where the time or the smallest prefix is not documented: then hits are possible, not counted on. */
  readonly documented: boolean
  readonly source: string
  /** When the source was read. */
  readonly asOf: string
}

interface Row extends SellerCache {
  readonly hosts: readonly string[]
  /** Only weights whose name begins so; absent = all of the host's. The first row that fits holds. */
  readonly weights?: RegExp
}

const fiveMinutes = 300
const claude = {
  mode: 'marked',
  hosts: ['anthropic', 'bedrock'],
  granularityTokens: 1,
  ttlSeconds: fiveMinutes,
  refreshedOnHit: true,
  documented: true,
  asOf: '2026-11-27',
} as const
/** Time and refresh as the guides of both sellers are quoted; the smallest prefix as a gateway's guide lists it. */
const claudeSource =
  'tangled.org/nonbinary.computer/albedo/raw/acp/priv/cache-ttl.json (quotes Anthropic and AWS, 2026-09-28); docs.orq.ai/docs/proxy/prompt-caching'
const automatic = { mode: 'automatic', ttlSeconds: fiveMinutes, refreshedOnHit: true, asOf: '2026-11-27' } as const

/** One line per seller and kind of weights, the more particular first. `asOf` is the day on which the page was read. */
const rows: readonly Row[] = [
  {
    ...claude,
    weights: /^claude-(opus-4|opus-4-1|sonnet-4|sonnet-4-5)$/,
    minimumTokens: 1024,
    source: claudeSource,
  },
  {
    ...claude,
    weights: /^claude-/,
    // 512 to 4,096 by model: where a model's own was not read, the largest.
    minimumTokens: 4096,
    source: `${claudeSource}, the largest smallest prefix`,
  },
  {
    ...automatic,
    hosts: ['openai'],
    // Later models let a request choose the time and bill writes: their rule was not read.
    weights: /^(gpt-4|gpt-5(-|\.[1-4]|$)|o\d)/,
    minimumTokens: 1024,
    granularityTokens: 128,
    documented: true,
    source:
      'developers.openai.com/docs/guides/prompt-caching, developers.openai.com/cookbook/examples/prompt_caching_201 (5 to 10 minutes unused: the shorter taken)',
  },
  {
    ...automatic,
    hosts: ['groq'],
    ttlSeconds: 7200,
    // Its smallest prefix and step were not read: those of the most cautious documented cache.
    minimumTokens: 1024,
    granularityTokens: 128,
    documented: true,
    source: 'console.groq.com/docs/prompt-caching.md (2 hours unused; smallest prefix not read, 1,024 taken)',
  },
  {
    ...automatic,
    hosts: ['google', 'vertex'],
    weights: /^gemini-/,
    minimumTokens: 4096,
    granularityTokens: 1,
    documented: false,
    source: 'ai.google.dev/gemini-api/docs/caching (automatic, no saving guaranteed, no time stated)',
  },
  {
    ...automatic,
    hosts: ['deepseek'],
    minimumTokens: 1024,
    granularityTokens: 128,
    documented: false,
    source: 'api-docs.deepseek.com/guides/kv_cache.md (automatic; time and steps not stated)',
  },
  {
    ...automatic,
    hosts: ['fireworks'],
    minimumTokens: 1024,
    granularityTokens: 128,
    documented: false,
    source: 'docs.fireworks.ai/guides/prompt-caching.md (automatic; time not read)',
  },
]

/** What is taken where a seller names a cache price and nobody read its rules: possible hits, never counted on. */
const unread: SellerCache = {
  mode: 'automatic',
  minimumTokens: 1024,
  granularityTokens: 128,
  ttlSeconds: fiveMinutes,
  refreshedOnHit: true,
  documented: false,
  source: 'its guide was not read: 1,024 tokens and five minutes taken',
  asOf: '2026-11-27',
}

/** The rule of a host for these weights; where none was read, a cautious one that is not counted on. */
export function cacheRuleOf(host: string, weights: string): SellerCache {
  const row = rows.find(one => one.hosts.includes(host) && (one.weights === undefined || one.weights.test(weights)))
  if (row === undefined) return unread
  const { hosts: _, weights: __, ...rule } = row
  return rule
}
