// A span in; whether it is a call to a model, or why it is none, out. Each span is judged by itself: the ones around it may come later.
import { countAt, textAt } from './attribute.ts'
import type { Attributes, Span } from './span.ts'
import { usageNames } from './usage-names.ts'

export type Role = { readonly call: 'text' | 'embedding' } | { readonly leftOut: string }

const other = 'spans of other work than calls to models'
export const wrapper = 'spans around calls (agents, chains, steps), which may repeat what their calls used'

/** What kind of call each operation of the conventions is. */
const operations: Readonly<Record<string, 'text' | 'embedding'>> = {
  chat: 'text',
  generate_content: 'text',
  text_completion: 'text',
  'chat.completions': 'text',
  'chat.streaming_completions': 'text',
  'text.completions': 'text',
  'text.streaming_completions': 'text',
  completion: 'text',
  text_generation: 'text',
  generate: 'text',
  responses: 'text',
  message: 'text',
  embeddings: 'embedding',
  embedding: 'embedding',
}

/** Operations that are none, as whatever `invoke_…` invokes is none: some of them carry the sums of the calls inside. */
const around = new Set([
  'create_agent',
  'agent_step',
  'execute_tool',
  'retrieval',
  'rerank',
  'plan',
  'evaluate',
  // Asks for a response that was made before: its usage was told by the span that made it.
  'fetch_response',
])

export function roleOf(span: Span): Role {
  const { attributes } = span
  return (
    ofLogfire(span) ??
    ofAiSdk(attributes) ??
    ofOpenInference(attributes) ??
    ofLangfuse(attributes) ??
    ofLangsmith(attributes) ??
    ofOperation(span) ??
    ofTraceloop(attributes) ??
    (tellsUsage(attributes) && isServed(attributes) ? { call: 'text' } : { leftOut: other })
  )
}

/** Vercel's AI SDK to version 6: `ai.generateText` repeats the usage of the `ai.generateText.doGenerate` inside it. */
function ofAiSdk(attributes: Attributes): Role | null {
  const id = textAt(attributes, 'ai.operationId')
  if (id === null || !id.startsWith('ai.')) return null
  if (/\.do(Generate|Stream)$/.test(id)) return { call: 'text' }
  if (id.endsWith('.doEmbed')) return { call: 'embedding' }
  return { leftOut: id === 'ai.toolCall' ? other : wrapper }
}

function ofOpenInference(attributes: Attributes): Role | null {
  const kind = textAt(attributes, 'openinference.span.kind')?.toUpperCase()
  if (kind === undefined) return null
  if (kind === 'LLM') return { call: 'text' }
  if (kind === 'EMBEDDING') return { call: 'embedding' }
  return { leftOut: wrapper }
}

/** Langfuse's SDKs. Python up to 3.3 says `span` of generations too: their usage tells. */
function ofLangfuse(attributes: Attributes): Role | null {
  const type = textAt(attributes, 'langfuse.observation.type')?.toLowerCase()
  if (type === undefined) return null
  if (type === 'generation') return { call: 'text' }
  if (type === 'embedding') return { call: 'embedding' }
  return type === 'span' && attributes['langfuse.observation.usage_details'] !== undefined
    ? { call: 'text' }
    : { leftOut: wrapper }
}

/** LangSmith's exporter calls the operation of a template `chat`, and that of a retriever `embeddings`. */
function ofLangsmith(attributes: Attributes): Role | null {
  const kind = textAt(attributes, 'langsmith.span.kind')?.toLowerCase()
  if (kind === undefined) return null
  if (kind === 'llm') return { call: 'text' }
  return kind === 'embedding' ? { call: 'embedding' } : { leftOut: wrapper }
}

/**
 * Logfire sends a span when it begins, too; and of a stream it makes two, of which the first ends when the stream begins and
 * tells nothing of the answer.
 */
function ofLogfire({ attributes, scope, isError }: Span): Role | null {
  const type = textAt(attributes, 'logfire.span_type')
  if (type === 'pending_span') return { leftOut: 'spans that had only begun, told again at their end' }
  const isOfClient = /^logfire\.(openai|anthropic)$/.test(scope)
  if (type !== 'span' || !isOfClient || isError || tellsUsage(attributes)) return null
  return textAt(attributes, 'gen_ai.response.id') === null
    ? { leftOut: 'requests of streams, whose answers are told by records of their own' }
    : null
}

function ofOperation({ attributes, kind, scope }: Span): Role | null {
  const operation = textAt(attributes, 'gen_ai.operation.name')?.toLowerCase()
  if (operation === undefined) return null
  if (around.has(operation) || operation.startsWith('invoke_')) return { leftOut: wrapper }
  const call = operations[operation]
  if (call === undefined)
    return tellsUsage(attributes) && namesModel(attributes) ? { call: 'text' } : { leftOut: other }
  // The AI SDK from version 7 on: the outer of two spans of an embedding is internal, and tells no usage.
  const isOuter = call === 'embedding' && kind === 1 && (scope === 'ai' || scope === 'gen_ai')
  return isOuter && !tellsUsage(attributes) ? { leftOut: wrapper } : { call }
}

/** OpenLLMetry: its own spans around calls have a kind, calls a type of request. */
function ofTraceloop(attributes: Attributes): Role | null {
  if (textAt(attributes, 'traceloop.span.kind') !== null) return { leftOut: wrapper }
  const type = textAt(attributes, 'llm.request.type')?.toLowerCase()
  if (type === undefined) return null
  if (type === 'embedding') return { call: 'embedding' }
  return type === 'chat' || type === 'completion' ? { call: 'text' } : { leftOut: other }
}

const tellsUsage = (attributes: Attributes): boolean =>
  countAt(attributes, [...usageNames.input, ...usageNames.output]) !== null

/** vLLM's own spans name no model, but the request. */
const isServed = (attributes: Attributes): boolean =>
  namesModel(attributes) || textAt(attributes, 'gen_ai.request.id') !== null

const namesModel = (attributes: Attributes): boolean => textAt(attributes, ...modelNames) !== null

/** The model that served, as far as it is known; else the one that was asked for. */
export const modelNames: readonly string[] = [
  'gen_ai.response.model',
  'llm.response.model_name',
  'ai.response.model',
  'langfuse.observation.model.name',
  'llm.model_name',
  'embedding.model_name',
  'llm.response.model',
  'gen_ai.request.model',
  'llm.request.model_name',
  'llm.request.model',
  'ai.model.id',
  'model',
]
