// What a wire format must be able to tell: one file per format fulfils `Wire`, and nobody else knows providers by name.
import type { BilledUnits, Usage } from '../core/meter/usage.ts'
import type { JsonObject } from './json.ts'
import type { Wanted } from './skim.ts'

export type WireName =
  | 'openai.chat'
  | 'openai.responses'
  | 'openai.embeddings'
  | 'anthropic.messages'
  | 'gemini.generateContent'

/** An error that the provider reported in its response, or that the response is unreadable. */
export interface ProviderError {
  readonly code: string | null
  readonly message: string | null
}

/** What one event of a stream, or one whole body, tells. Whatever it does not tell is left out. */
export interface Told {
  /** The response's own id. */
  readonly id?: string | null
  /** The model that served it. */
  readonly model?: string | null
  /** Counts as the provider wrote them, to be merged with those told before. */
  readonly usage?: JsonObject | null
  readonly serviceTier?: string | null
  readonly stopReason?: string | null
  readonly error?: ProviderError | null
  /** Searches by what made them: a later number for the same maker replaces the earlier one. */
  readonly searches?: ReadonlyMap<string, number>
  /** The same of searches over the caller's own files. */
  readonly fileSearches?: ReadonlyMap<string, number>
  /** Whether this is the last event of a stream, or a body of a response that is over. */
  readonly isTerminal?: boolean
  /** Whether an event is there for its usage only, and is sent to nobody who did not ask for it. */
  readonly isUsageAlone?: boolean
}

/** What is known of a response beside its counts, when they are read. */
export interface About {
  /** Who sent it, as the caller says; an unknown name follows the wire's own rules. */
  readonly provider: string | null
  readonly model: string | null
  /** Whether the terminal event was seen. */
  readonly isComplete: boolean
  /** The first usage that was told, before anything was merged into it. */
  readonly first: JsonObject
  /** Searches counted in the response itself. */
  readonly searches: number
  readonly fileSearches: number
}

/** Counts in the normal form, and billed units that are not tokens. */
export interface Counted {
  readonly usage: Usage
  readonly units?: BilledUnits
  readonly serviceTier?: string | null
  readonly speed?: string | null
  readonly region?: string | null
}

export interface Wire {
  readonly name: WireName
  /** The text that ends its streams where that is no JSON. */
  readonly lastText?: string
  /**
   * Found in the text of every event, its field lines included, that tells something beside the response's id and model.
   * It may be found in others too; without it all are parsed.
   */
  readonly news?: RegExp
  /** What an event of a stream tells; `name` is that of its framing, null without one. */
  event(json: JsonObject, name: string | null): Told
  /** What of a body must be there for it to be read: all that `body` looks at, usage and errors whole. */
  readonly wanted: Wanted
  /** What a whole body tells. */
  body(json: JsonObject): Told
  /** The merged counts in the normal form. */
  count(usage: JsonObject, about: About): Counted
}
