// One unit of work as a suite states it, parsed: what is asked, how it is graded, and what it may take.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A message of a conversation, in one shape for all providers; `requests/` writes it as each of them wants it. */
export type Message =
  | { readonly role: 'system' | 'user'; readonly content: string | readonly ContentPart[] }
  | { readonly role: 'assistant'; readonly content: string | null; readonly toolCalls: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly content: string }

export type ContentPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly mediaType: string; readonly base64: string }

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** As the model wrote it; most often JSON. */
  readonly arguments: string
}

export interface ToolDefinition {
  readonly name: string
  readonly description: string | null
  /** JSON Schema of its arguments. */
  readonly parameters: Json
}

/** What is sent to a model, whoever serves it. */
export interface Prompt {
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDefinition[]
  /** JSON Schema of the answer, where the task asks for one. */
  readonly responseSchema: Json | null
  readonly maxOutputTokens: number | null
}

/** What one try may take; null = the run's own limit. */
export interface TaskLimits {
  readonly seconds: number | null
  readonly calls: number | null
  readonly usd: number | null
}

export type Work =
  | { readonly kind: 'prompt'; readonly prompt: Prompt }
  /** A program that makes any number of calls through the gateway, under one task id; its exit status or output is the answer. */
  | {
      readonly kind: 'command'
      readonly command: readonly string[]
      readonly stdin: string | null
      readonly folder: string
      readonly environment: Readonly<Record<string, string>>
    }

export interface Task {
  readonly id: string
  readonly work: Work
  /** What graders hold the answer against; null = they need nothing. */
  readonly expected: Json | null
  /** All of them must pass. Each is one of `graders/graders.ts` by its `kind`, with its own fields. */
  readonly graders: readonly GraderSpec[]
  readonly weight: number
  readonly cluster: string | null
  readonly workload: string | null
  readonly tags: readonly string[]
  readonly limits: TaskLimits
}

export interface GraderSpec {
  readonly kind: string
  readonly [field: string]: unknown
}
