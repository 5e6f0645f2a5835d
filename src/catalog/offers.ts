// data/hosted-offers.csv in; who sells which weights by the token, and which offers an answer shows by default, out.
import { z } from 'zod'
import { decimal as decimalOf } from '../core/meter/money.ts'
import type { BilledKind, Rate, Rates } from '../core/meter/rates.ts'
import { architectureOf } from './models.ts'
import { decimal, isoDate, orNull, readTable } from './table.ts'

/** One listed model at one host. USD per million tokens as exact decimal strings; null = not told, never free. */
export interface HostedOffer {
  /** `host/name as listed`, unique. */
  readonly id: string
  /** The weights sold, by catalog name (`llama-3.3-70b`). */
  readonly weights: string
  /** Id in the model catalog of the architecture; null when the catalog does not have it (frontier models, others). */
  readonly architecture: string | null
  readonly modelAsListed: string
  readonly host: string
  readonly usdPerMtokInput: string | null
  readonly usdPerMtokCacheRead: string | null
  readonly usdPerMtokCacheWrite: string | null
  readonly usdPerMtokOutput: string | null
  readonly weightDtype: string | null
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly tools: boolean | null
  readonly jsonSchema: boolean | null
  readonly vision: boolean | null
  readonly region: string | null
  readonly rateLimit: string | null
  /** The vendor's general statement, not this model's: `0.5`, `0.5 (up to)`, `0.2 to 0.5`. */
  readonly batchDiscount: string | null
  readonly observedAt: string | null
  readonly source: string
  /** The file that it was read from: the shipped table, or a team's own. */
  readonly file: string
  readonly notes: string | null
  /** Why it is not shown by default; null = it is. */
  readonly leftOut: string | null
}

const answer = z.union([
  z.boolean(),
  z.null(),
  z.enum(['y', 'n', 'unknown', '']).transform(cell => (cell === 'y' ? true : cell === 'n' ? false : null)),
])
const text = orNull(z.string())
const tokens = orNull(z.coerce.number().int().positive())

const row = z.strictObject({
  model_id: z.string().min(1),
  model_as_listed: z.string().min(1),
  host: z.string().min(1),
  usd_per_mtok_input: orNull(decimal),
  usd_per_mtok_cache_read: orNull(decimal),
  usd_per_mtok_cache_write: orNull(decimal),
  usd_per_mtok_output: orNull(decimal),
  weight_dtype: text,
  context_tokens: tokens,
  max_output_tokens: tokens,
  tools: answer,
  json_schema: answer,
  vision: answer,
  region: text,
  rate_limit: text,
  batch_discount: text,
  observed_at: orNull(isoDate),
  source: z.string().min(1),
  notes: text,
})

/** The shipped table, and the file of a team's own offers beside its crossline.yaml. */
const offersName = 'data/hosted-offers.csv'
export const ownOffersName = 'crossline.offers.json'

/** A row of the table, as it is read. */
export type OfferRecord = z.output<typeof row>

/** What the file of a team's own offers holds. */
export const offersFile = z.object({ schema: z.string(), offers: z.array(row) })

/**
 * Hosts whose shipped offers are shown by default: clouds and inference providers with public terms, and the makers' own APIs.
 * The rest are small resellers, regional or confidential-computing hosts and networks of strangers' GPUs: a team may
 * add an offer of theirs as its own, but the cheapest of those is not "the hosted price".
 */
export const defaultHosts: readonly string[] = [
  // clouds
  'azure-foundry',
  'bedrock',
  'cloudflare',
  'databricks',
  'digitalocean',
  'ovhcloud',
  'scaleway',
  'vertex',
  // inference providers
  'baseten',
  'cerebras',
  'deepinfra',
  'fireworks',
  'friendli',
  'groq',
  'nebius',
  'together',
  'wandb',
  // makers
  'alibaba',
  'anthropic',
  'cohere',
  'deepseek',
  'google',
  'minimax',
  'mistral',
  'moonshot',
  'openai',
  'stepfun',
  'xai',
  'xiaomi',
  'zai',
]

/**
 * Every offer of the catalog, a team's own first: what a host sells of the same weights by the shipped table is older news.
 * `knownArchitectures`: the ids of the model catalog.
 */
export function loadOffers(
  knownArchitectures: ReadonlySet<string>,
  own: readonly OfferRecord[] = [],
): readonly HostedOffer[] {
  const seen = new Map<string, number>()
  const renewed = new Set(own.map(soldBy))
  const shipped = readTable('hosted-offers.csv', row).filter(record => !renewed.has(soldBy(record)))
  return [...own, ...shipped].map((record, i) => {
    const name = `${record.host}/${record.model_as_listed}`
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    const shape = architectureOf[record.model_id]?.id ?? record.model_id
    return {
      id: times === 1 ? name : `${name}#${times}`,
      weights: record.model_id,
      architecture: knownArchitectures.has(shape) ? shape : null,
      modelAsListed: record.model_as_listed,
      host: record.host,
      usdPerMtokInput: record.usd_per_mtok_input,
      usdPerMtokCacheRead: record.usd_per_mtok_cache_read,
      usdPerMtokCacheWrite: record.usd_per_mtok_cache_write,
      usdPerMtokOutput: record.usd_per_mtok_output,
      weightDtype: record.weight_dtype,
      contextTokens: record.context_tokens,
      maxOutputTokens: record.max_output_tokens,
      tools: record.tools,
      jsonSchema: record.json_schema,
      vision: record.vision,
      region: record.region,
      rateLimit: record.rate_limit,
      batchDiscount: record.batch_discount,
      observedAt: record.observed_at,
      source: record.source,
      file: i < own.length ? ownOffersName : offersName,
      notes: record.notes,
      leftOut: i < own.length ? unpriced(record) : reasonToLeaveOut(record),
    }
  })
}

/** What makes two offers rivals for one place: the same weights at the same host. */
export const soldBy = (record: Pick<OfferRecord, 'host' | 'model_id'>): string => `${record.host} ${record.model_id}`

/**
 * What an offer charges by kind, exactly as listed; null when input or output has no price. Images in a prompt are counted
 * in its tokens. A kind that it leaves out has no rate here.
 */
export function offerRates(offer: HostedOffer): Rates | null {
  if (offer.usdPerMtokInput === null || offer.usdPerMtokOutput === null) return null
  const listed: readonly (readonly [BilledKind, string | null])[] = [
    ['input', offer.usdPerMtokInput],
    ['cacheRead', offer.usdPerMtokCacheRead],
    ['cacheWrite', offer.usdPerMtokCacheWrite],
    ['inputImage', offer.vision === false ? null : offer.usdPerMtokInput],
    ['output', offer.usdPerMtokOutput],
  ]
  const rates: Partial<Record<BilledKind, Rate>> = {}
  for (const [kind, usd] of listed) if (usd !== null) rates[kind] = { usd: decimalOf(usd), per: 1_000_000 }
  return rates
}

/** List prices as numbers, for estimates; null when that of prompts or of answers is not stated. */
export function listPrices(offer: HostedOffer) {
  const { usdPerMtokInput, usdPerMtokOutput, usdPerMtokCacheRead, usdPerMtokCacheWrite } = offer
  if (usdPerMtokInput === null || usdPerMtokOutput === null) return null
  return {
    inputUsdPerMtok: Number(usdPerMtokInput),
    outputUsdPerMtok: Number(usdPerMtokOutput),
    cacheReadUsdPerMtok: numberOf(usdPerMtokCacheRead),
    cacheWriteUsdPerMtok: numberOf(usdPerMtokCacheWrite),
  }
}

const numberOf = (usd: string | null): number | null => (usd === null ? null : Number(usd))

/** What keeps even a team's own offer from an answer: who adds one has named its host, and judged the rest. */
const unpriced = (record: OfferRecord): string | null =>
  record.usd_per_mtok_input === null || record.usd_per_mtok_output === null ? 'a price is not stated' : null

/** The first reason not to show a shipped offer by default, in words; null when there is none. */
function reasonToLeaveOut(record: OfferRecord): string | null {
  const notes = record.notes ?? ''
  if (record.host === 'openrouter-via-unstated') return 'a router: the serving host is not stated'
  if (!defaultHosts.includes(record.host)) return 'not on the default list of hosts'
  const noPrice = unpriced(record)
  if (noPrice !== null) return noPrice
  if (Number(record.usd_per_mtok_input) === 0 && Number(record.usd_per_mtok_output) === 0) return 'listed as free'
  if (notes.includes('speed tier')) return 'a speed tier: another service under the same name'
  if (notes.includes('own quantised build')) return "the host's own quantised build: other weights"
  if (/far above|check before use/.test(notes)) return 'an outlier: check before use'
  if (/deprecated|superseded/.test(notes)) return 'deprecated by the host'
  return null
}
