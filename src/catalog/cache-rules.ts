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
const anthropic = 'platform.claude.com/docs/en/build-with-claude/prompt-caching'
const marked = { mode: 'marked', granularityTokens: 1, ttlSeconds: fiveMinutes, refreshedOnHit: true } as const
const automatic = { mode: 'automatic', refreshedOnHit: true, documented: true } as const
const claudeHosts = ['anthropic', 'bedrock', 'vertex', 'azure-foundry']

/** One line per seller and kind of weights, the more particular first. */
const rows: readonly Row[] = [
  {
    ...marked,
    hosts: claudeHosts,
    weights: /^claude-(opus-4-[5-9]|haiku-4-5)/,
    minimumTokens: 4096,
    documented: true,
    source: anthropic,
    asOf: '2026-09-28',
  },
  {
    ...marked,
    hosts: claudeHosts,
    weights: /^claude-(opus-4|sonnet-4)(-1|-5)?$/,
    minimumTokens: 1024,
    documented: true,
    source: anthropic,
    asOf: '2026-09-28',
  },
  {
    ...marked,
    hosts: claudeHosts,
    weights: /^claude-/,
    // The smallest prefix depends on the model (512 to 4,096); where it was not read here, the largest is taken.
    minimumTokens: 4096,
    documented: true,
    source: `${anthropic} (512 to 4,096 tokens by model; the largest taken)`,
    asOf: '2026-09-28',
  },
  {
    ...automatic,
    hosts: ['openai', 'azure-foundry'],
    weights: /^(gpt-[4-9]|o\d)/,
    minimumTokens: 1024,
    granularityTokens: 128,
    ttlSeconds: fiveMinutes,
    source: 'developers.openai.com/docs/guides/prompt-caching (5 to 10 minutes unused; the shorter taken)',
    asOf: '2026-03-05',
  },
  {
    ...automatic,
    hosts: ['groq'],
    minimumTokens: 1024,
    granularityTokens: 128,
    ttlSeconds: 7200,
    source: 'console.groq.com/docs/prompt-caching (2 hours unused; 128 to 1,024 tokens by model, the largest taken)',
    asOf: '2026-11-01',
  },
  {
    hosts: ['google', 'vertex'],
    weights: /^gemini-/,
    mode: 'automatic',
    refreshedOnHit: true,
    minimumTokens: 4096,
    granularityTokens: 1,
    ttlSeconds: fiveMinutes,
    documented: false,
    source: 'ai.google.dev/gemini-api/docs/caching (automatic, no saving guaranteed, no time stated)',
    asOf: '2026-07-07',
  },
  {
    hosts: ['deepseek'],
    mode: 'automatic',
    refreshedOnHit: true,
    minimumTokens: 64,
    granularityTokens: 64,
    ttlSeconds: fiveMinutes,
    documented: false,
    source: 'api-docs.deepseek.com/guides/kv_cache (automatic, best effort; the time is not stated)',
    asOf: '2026-11-01',
  },
  {
    hosts: ['fireworks'],
    mode: 'automatic',
    refreshedOnHit: true,
    minimumTokens: 1024,
    granularityTokens: 128,
    ttlSeconds: fiveMinutes,
    documented: false,
    source: 'docs.fireworks.ai/guides/prompt-caching (automatic; the time is not stated)',
    asOf: '2026-11-01',
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
  source: 'not read: 1,024 tokens and five minutes taken, as the best-documented caches have',
  asOf: '2026-11-01',
}

/** The rule of a host for these weights; where none was read, a cautious one that is not counted on. */
export function cacheRuleOf(host: string, weights: string): SellerCache {
  const row = rows.find(one => one.hosts.includes(host) && (one.weights === undefined || one.weights.test(weights)))
  if (row === undefined) return unread
  const { hosts: _, weights: __, ...rule } = row
  return rule
}
