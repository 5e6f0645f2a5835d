// A call about to go upstream in; what it can use at most, asked of whoever keeps the budgets, and whether it may pass, out.
import type { MostUsed } from '../core/meter/budget.ts'
import type { Attribution } from '../core/meter/call.ts'
import type { Opened } from '../core/meter/call-record.ts'
import { asObject, type JsonObject } from '../wire/json.ts'

/** One call that wants to pass. Plain values, so that whoever keeps the budgets may be another process. */
export interface BudgetAsk extends Omit<MostUsed, 'outputTokens'> {
  /** Of the call: asked twice, it is held once. */
  readonly key: string
  readonly upstream: string
  readonly attribution: Attribution
  /** Id of the Crossline key that was used. */
  readonly keyId: string | null
  /** Null: the request states no limit, and what is assumed in its place is not the gateway's affair. */
  readonly outputTokens: number | null
  /** How many answers are asked for. */
  readonly answers: number
}

export type BudgetAnswer =
  /** `reservedUsd`: decimal string; null where no budget holds for the call, or its price is unknown. */
  | { readonly isGranted: true; readonly reservedUsd: string | null }
  | {
      readonly isGranted: false
      readonly status: number
      readonly code: string
      readonly message: string
      readonly retryAtMicros: number | null
    }

/** One authority for all workers: it alone says what is left. */
export interface Budgets {
  /** Holds the most a call can cost, or refuses it. Rejects when it cannot be said. */
  reserve(ask: BudgetAsk): Promise<BudgetAnswer>
  /** The call does not go upstream after all. */
  release(key: string): void
}

export const budgetPatience = {
  /** A server that starts reads its ledger and its prices first: a call waits for that rather than pass unasked. */
  patienceMs: 10_000,
  /** After it did not answer once, nobody waits long for it until it answers again. */
  impatienceMs: 250,
}

/** Asks with patience: what comes back rejects when the authority does not answer in time. */
export function patient(budgets: Budgets, { patienceMs, impatienceMs } = budgetPatience): Budgets['reserve'] {
  let isLate = false
  return async ask => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, fail) => {
      const waitMs = isLate ? impatienceMs : patienceMs
      timer = setTimeout(() => {
        isLate = true
        fail(new Error(`no word of them within ${waitMs} ms`))
      }, waitMs)
    })
    const answer = budgets.reserve(ask)
    answer.then(
      () => {
        isLate = false
      },
      () => {},
    )
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** What a call can use at most. `bodyBytes` null: the body was not read, and nobody can say. */
export function askOf(opened: Opened, body: JsonObject | null, bodyBytes: number | null): BudgetAsk {
  const { key, atMicros, upstream, provider, attribution, tags, model, wire, needs } = opened
  const config = asObject(body?.generationConfig) ?? asObject(body?.generation_config)
  const isEmbedding = wire === 'openai.embeddings'
  return {
    key,
    atMicros,
    upstream,
    provider,
    model,
    attribution,
    keyId: tags.key ?? null,
    promptTokens: body === null ? null : bodyBytes,
    outputTokens: isEmbedding ? 0 : most(statedLimits(body ?? {}, config ?? {})),
    answers: most([body?.n, body?.best_of, config?.candidateCount, config?.candidate_count]) ?? 1,
    tier: textOf(body?.service_tier),
    region: textOf(body?.inference_geo),
    speed: textOf(body?.speed),
    hasAudio: needs.includes('audio') || (Array.isArray(body?.modalities) && body.modalities.includes('audio')),
  }
}

const statedLimits = (body: JsonObject, config: JsonObject): unknown[] => [
  body.max_tokens,
  body.max_completion_tokens,
  body.max_output_tokens,
  config.maxOutputTokens,
  config.max_output_tokens,
]

/** The largest whole number among what a client wrote; null where it wrote none. */
function most(values: readonly unknown[]): number | null {
  const numbers = values.filter((value): value is number => Number.isSafeInteger(value) && (value as number) >= 0)
  return numbers.length === 0 ? null : Math.max(...numbers)
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== 'auto' ? value : null)
