// The data of @pydantic/genai-prices in (never its calculator, which reads the clock and sums floats); rows of the price table out.
import {
  type ConditionalPrice,
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from '@pydantic/genai-prices'
import { instant } from '../core/meter/calendar.ts'
import { decimal } from '../core/meter/money.ts'
import type { BilledKind, ContextBand, ModelEntry, Rate, RateRow, Rates } from '../core/meter/rates.ts'

/** The version whose data this reads (package.json pins it), and the day it was published: at the latest, when its rates were read. */
export const npmCatalog = { name: '@pydantic/genai-prices', version: '0.1.8', publishedAt: '2026-09-23' } as const

// The package finds a provider by name and has no list of them.
export const npmProviders =
  'anthropic arcee avian aws azure baseten cerebras cloudflare cohere cursor deepseek doubleword fireworks github-copilot google groq huggingface_cerebras huggingface_fireworks-ai huggingface_groq huggingface_hyperbolic huggingface_nebius huggingface_novita huggingface_nscale huggingface_ovhcloud huggingface_publicai huggingface_sambanova huggingface_together minimax mistral modal moonshotai novita openai openrouter ovhcloud perplexity quicksilverpro together typesafe voyageai x-ai zai zhipuai'.split(
    ' ',
  )

// Audio by the hour is listed twice (in all, and of input); cached audio, cached images and video have no kind of their own here.
const kindOf: Readonly<Record<string, readonly [BilledKind, number]>> = {
  input_mtok: ['input', 1_000_000],
  cache_read_mtok: ['cacheRead', 1_000_000],
  cache_write_mtok: ['cacheWrite', 1_000_000],
  cache_write_1h_mtok: ['cacheWrite1h', 1_000_000],
  input_audio_mtok: ['inputAudio', 1_000_000],
  input_image_mtok: ['inputImage', 1_000_000],
  output_mtok: ['output', 1_000_000],
  output_reasoning_mtok: ['reasoning', 1_000_000],
  output_audio_mtok: ['outputAudio', 1_000_000],
  output_image_mtok: ['outputImage', 1_000_000],
  output_citation_mtok: ['citationTokens', 1_000_000],
  web_searches_kcount: ['searches', 1_000],
  storage_searches_kcount: ['fileSearches', 1_000],
  requests_kcount: ['requests', 1_000],
  input_document_kpages: ['pages', 1_000],
  input_annotated_document_kpages: ['annotatedPages', 1_000],
  input_text_messages_kcount: ['textMessages', 1_000],
  audio_hours: ['audioSeconds', 3_600],
}

/** A context band that the catalogue starts at another token than the provider says (prices file, `corrections`). */
export interface BandCorrection {
  readonly above: number
  readonly shouldBeAbove: number
  readonly applies: (modelId: string) => boolean
}

/** The models of one provider of the npm catalogue; empty when it has none of that name. */
export function npmModels(provider: string, corrections: readonly BandCorrection[]): ModelEntry[] {
  const found = npmProviders.includes(provider) ? findProvider({ providerId: provider }) : undefined
  const models = (found?.models ?? []).map(model => entryOf(model, corrections))
  return provider === 'aws' ? joinRegions(models) : models
}

function entryOf(model: ModelInfo, corrections: readonly BandCorrection[]): ModelEntry {
  const names = new Set<string>()
  const patterns: RegExp[] = []
  collect(model.match, names, patterns)
  names.delete(model.id)
  const listed: ConditionalPrice[] = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }]
  const applying = corrections.filter(c => c.applies(model.id))
  return { id: model.id, names: [...names], patterns, rows: listed.flatMap(price => rowOf(model.id, price, applying)) }
}

// "starts with" and "contains" rules also fit sibling models, so only their text is kept, as a name of its own.
function collect(match: MatchLogic, names: Set<string>, patterns: RegExp[]): void {
  if ('or' in match) for (const part of match.or) collect(part, names, patterns)
  else if ('and' in match) for (const part of match.and) collect(part, names, patterns)
  else if ('equals' in match) names.add(match.equals)
  else if ('starts_with' in match) names.add(match.starts_with)
  else if ('contains' in match) names.add(match.contains)
  else if ('ends_with' in match) names.add(match.ends_with)
  else if (/^\^[^(].*\$$/.test(match.regex)) patterns.push(new RegExp(match.regex, 'i'))
}

function rowOf(
  id: string,
  { constraint, prices }: ConditionalPrice,
  corrections: readonly BandCorrection[],
): RateRow[] {
  const rates = ratesOf(prices, null)
  if (Object.keys(prices).length === 0) {
    // An empty price is "free" only where the id says so; elsewhere nobody has looked.
    if (!id.endsWith(':free')) return []
    const nothing: Rate = { usd: decimal('0'), per: 1_000_000 }
    Object.assign(rates, { input: nothing, output: nothing })
  }
  const dated = constraint && 'start_date' in constraint ? constraint.start_date : null
  const timed = constraint && 'start_time' in constraint ? constraint : null
  return [
    {
      layer: 'catalog',
      source: `${npmCatalog.name} ${npmCatalog.version}`,
      reference: null,
      observedAt: null,
      confidence: 'published',
      fromMicros: dated === null ? null : instant(dated),
      toMicros: null,
      tier: 'standard',
      region: null,
      speed: null,
      window: timed
        ? {
            weekdays: [0, 1, 2, 3, 4, 5, 6],
            spans: [[secondsOf(timed.start_time), secondsOf(timed.end_time)]],
            exceptDays: [],
          }
        : null,
      rates,
      bands: bandsOf(prices, corrections),
    },
  ]
}

const secondsOf = (clock: string): number =>
  Number(clock.slice(0, 2)) * 3600 + Number(clock.slice(3, 5)) * 60 + Number(clock.slice(6, 8))

/** The rates of a price list for prompts above `promptTokens` (null = the lowest). A number's shortest text is the printed price. */
function ratesOf(prices: ModelPrice, promptTokens: number | null): Rates & Partial<Record<BilledKind, Rate>> {
  const rates: Partial<Record<BilledKind, Rate>> = {}
  for (const [key, price] of Object.entries(prices)) {
    const kind = kindOf[key]
    if (!kind || price === undefined) continue
    let usd = typeof price === 'number' ? price : price.base
    if (typeof price !== 'number' && promptTokens !== null) {
      for (const tier of price.tiers) if (promptTokens > tier.start) usd = tier.price
    }
    rates[kind[0]] = { usd: decimal(String(usd)), per: kind[1] }
  }
  return rates
}

function bandsOf(prices: ModelPrice, corrections: readonly BandCorrection[]): ContextBand[] {
  const starts = new Set<number>()
  for (const price of Object.values(prices))
    if (typeof price === 'object') for (const t of price.tiers) starts.add(t.start)
  return [...starts]
    .sort((a, b) => a - b)
    .map(start => {
      const above = corrections.find(c => c.above === start)?.shouldBeAbove ?? start
      return { fromPromptTokens: above + 1, stated: `> ${above}`, rates: ratesOf(prices, start + 1) }
    })
}

/** Bedrock lists a model once per kind of endpoint, `global.x` and `regional.x`: one model here, with a row for each. */
function joinRegions(models: readonly ModelEntry[]): ModelEntry[] {
  const joined = new Map<string, ModelEntry>()
  const prefix = /^(global|regional|us|eu|jp|au|apac|us-gov|ca)\./
  for (const model of models) {
    const global = model.id.startsWith('global.')
    const id = model.id.replace(prefix, '')
    const before = joined.get(id)
    const names = model.names.flatMap(name => [name, name.replace(prefix, '')]).filter(name => !prefix.test(name))
    joined.set(id, {
      id,
      names: [...new Set([...(before?.names ?? []), ...names, id.replace(/-v\d+(:\d+)?$/, ''), bare(id)])],
      patterns: [...(before?.patterns ?? []), ...model.patterns],
      rows: [...(before?.rows ?? []), ...model.rows.map(row => (global ? { ...row, region: 'global' } : row))],
    })
  }
  return [...joined.values()]
}

/** `anthropic.claude-sonnet-4-6-v1:0` as people write it, `claude-sonnet-4-6`. */
const bare = (id: string): string => id.replace(/^[a-z0-9]+\./, '').replace(/(-20\d{6})?(-v\d+)?(:\d+)?$/, '')
