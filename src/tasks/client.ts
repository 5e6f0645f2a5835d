// How tasks reach a model: through the gateway, metered like any call of production. The command line makes one of these.
import type { Money } from '../core/meter/money.ts'
import type { Usage } from '../core/meter/usage.ts'
import type { Prompt, ToolCall } from './task.ts'

/** The APIs that a prompt can be written for. */
export const targetWires = ['openai.chat', 'openai.responses', 'anthropic.messages', 'gemini.generateContent'] as const

/** Where a prompt goes. */
export interface Target {
  /** An upstream of the gateway. */
  readonly upstream: string
  readonly wire: (typeof targetWires)[number]
  readonly model: string
  /** Laid over the request's body as it is: `temperature`, `reasoning_effort`, … */
  readonly settings: Readonly<Record<string, unknown>>
}

/** Whose call it is: what the ledger will show of it. */
export interface OnBehalfOf {
  readonly run: string
  readonly option: string
  readonly task: string
  readonly attempt: number
  readonly workload: string | null
  /** `answer`: the option's own work; `verifier`: a check that belongs to its cost; `judge`: grading, kept apart. */
  readonly purpose: 'answer' | 'verifier' | 'judge'
}

/** What came back of one call that was answered. */
export interface Completed {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
  /** The provider's word: `stop`, `length`, `content_filter`, `refusal`, … */
  readonly stopReason: string | null
  readonly model: string | null
  readonly usage: Usage
  /** Priced as the ledger prices it; null = no price is known, and `unpriced` says why. */
  readonly usd: Money | null
  readonly unpriced: string | null
  readonly seconds: number
}

/** A call that brought no answer. */
export interface Unanswered {
  readonly unanswered: 'refused' | 'limited' | 'unavailable'
  readonly problem: string
  /** HTTP status, where one came. */
  readonly status: number | null
  /** When to try again, where the provider says it. */
  readonly retryAfterSeconds: number | null
  /** What it used and cost all the same: a refusal is billed. Null = unknown. */
  readonly usage: Usage | null
  readonly usd: Money | null
}

export interface ModelClient {
  /** One request; no retries: who asks knows what a try is worth. Never throws for what a provider does. */
  complete(target: Target, prompt: Prompt, onBehalfOf: OnBehalfOf, signal: AbortSignal): Promise<Completed | Unanswered>
}
