// OpenRouter's answer about the endpoints of a model in; the same as rows of the offers table, one per host and dtype, out.
import { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import { decimal, decimalText, timesDecimal } from '../core/meter/money.ts'
import { hostOf } from './host-names.ts'
import type { OfferRecord } from './offers.ts'

const price = z.string().regex(/^-?\d+(\.\d+)?(e-?\d+)?$/i, 'expected a decimal number of dollars a token')
const limit = z.number().int().nonnegative().nullish()

const endpoint = z.looseObject({
  provider_name: z.string().min(1),
  tag: z.string().nullish(),
  model_name: z.string().nullish(),
  context_length: limit,
  max_completion_tokens: limit,
  quantization: z.string().nullish(),
  supported_parameters: z.array(z.string()).nullish(),
  status: z.number().nullish(),
  pricing: z.looseObject({
    prompt: price,
    completion: price,
    input_cache_read: price.nullish(),
    input_cache_write: price.nullish(),
    request: price.nullish(),
  }),
})

/** `GET /api/v1/models/:author/:slug/endpoints`, as OpenRouter documents it. */
const dump = z.looseObject({
  data: z.looseObject({
    id: z.string().min(1),
    architecture: z.looseObject({ input_modalities: z.array(z.string()).nullish() }).nullish(),
    endpoints: z.array(z.unknown()),
  }),
})

export interface EndpointsRead {
  /** OpenRouter's id of the model: `meta-llama/llama-3.1-70b-instruct`. */
  readonly model: string
  readonly rows: readonly OfferRecord[]
  /** Endpoints without a row, and why. */
  readonly refused: readonly { readonly endpoint: string; readonly reason: string }[]
}

/**
 * One row per endpoint. Prices per token become prices per million, digit for digit. Free endpoints and those with a fee
 * per request are refused: a row of the table can say neither.
 * @param weights catalog name of the weights that the model's id stands for
 * @param observedAt YYYY-MM-DD on which the answer was fetched
 * @throws Fault DUMP_INVALID naming the field
 */
export function offersOfEndpoints(
  raw: unknown,
  weights: (model: string) => string,
  observedAt: string,
  where: string,
): EndpointsRead {
  const parsed = dump.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new Fault('DUMP_INVALID', `${issue.path.join('.')}: ${issue.message}`, {
      where,
      fix: 'give the JSON that GET /api/v1/models/AUTHOR/MODEL/endpoints of OpenRouter answered',
    })
  }
  const { id, architecture, endpoints } = parsed.data.data
  const vision = architecture?.input_modalities?.includes('image')
  const rows: OfferRecord[] = []
  const refused: { endpoint: string; reason: string }[] = []
  for (const [i, one] of endpoints.entries()) {
    const read = endpoint.safeParse(one)
    const named = `data.endpoints.${i}`
    if (!read.success) {
      const issue = read.error.issues[0]!
      refused.push({ endpoint: named, reason: `${issue.path.join('.')}: ${issue.message}` })
      continue
    }
    const { pricing, provider_name: provider, supported_parameters: parameters } = read.data
    const reason = refusal(pricing)
    if (reason !== null) {
      refused.push({ endpoint: `${named} (${provider})`, reason })
      continue
    }
    const dtype = read.data.quantization
    rows.push({
      model_id: weights(id),
      model_as_listed: id,
      host: hostOf(provider.trim().replaceAll(/[\s.]+/g, '-')),
      usd_per_mtok_input: perMillion(pricing.prompt),
      usd_per_mtok_cache_read: pricing.input_cache_read ? perMillion(pricing.input_cache_read) : null,
      usd_per_mtok_cache_write: pricing.input_cache_write ? perMillion(pricing.input_cache_write) : null,
      usd_per_mtok_output: perMillion(pricing.completion),
      weight_dtype: dtype && dtype !== 'unknown' ? dtype : null,
      context_tokens: read.data.context_length || null,
      max_output_tokens: read.data.max_completion_tokens || null,
      tools: parameters ? parameters.includes('tools') : null,
      json_schema: parameters ? parameters.includes('structured_outputs') : null,
      vision: vision ?? null,
      region: null,
      rate_limit: null,
      batch_discount: null,
      observed_at: observedAt,
      source: `OpenRouter endpoints of ${id}`,
      notes: (read.data.status ?? 0) < 0 ? 'said to be degraded when it was fetched: check before use' : null,
    })
  }
  return { model: id, rows, refused }
}

function refusal(pricing: z.output<typeof endpoint>['pricing']): string | null {
  if (Number(pricing.prompt) < 0 || Number(pricing.completion) < 0) return 'its price varies by request'
  if (Number(pricing.prompt) === 0 && Number(pricing.completion) === 0) return 'a free tier: no price to plan with'
  if (pricing.request && Number(pricing.request) !== 0)
    return `a fee of ${pricing.request} USD a request beside the tokens`
  return null
}

const million = decimal('1000000')

/** Dollars a token as dollars a million tokens, digit for digit. */
const perMillion = (text: string): string => decimalText(timesDecimal(decimal(text), million))
