// Spans of programs that keep to no convention (Claude Code, Genkit, MLflow) in; the same under the conventions' names, out.
import { countAt, countOf, numberAt, objectAt, objectOf, textAt } from './attribute.ts'
import type { Attributes, AttributeValue, Span } from './span.ts'

/** Spans of all others as they are. */
export function underConventions(span: Span): Span {
  const named = ofClaudeCode(span) ?? ofGenkit(span) ?? ofMlflow(span)
  return named === null ? span : { ...span, attributes: { ...span.attributes, ...named } }
}

const told = (names: Readonly<Record<string, AttributeValue | null>>): Attributes =>
  Object.fromEntries(Object.entries(names).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))

/** https://code.claude.com/docs/en/monitoring-usage: Anthropic's own counts, whose input leaves out what the cache had to do with. */
function ofClaudeCode({ attributes, name }: Span): Attributes | null {
  if (attributes['span.type'] !== 'llm_request' && name !== 'claude_code.llm_request') return null
  const count = (one: string) => countAt(attributes, [one])
  const [fresh, read, written] = [count('input_tokens'), count('cache_read_tokens'), count('cache_creation_tokens')]
  const ttftMs = numberAt(attributes, 'ttft_ms')
  return told({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': textAt(attributes, 'gen_ai.provider.name', 'gen_ai.system') ?? 'anthropic',
    'gen_ai.request.model': textAt(attributes, 'gen_ai.request.model') ?? withoutColours(textAt(attributes, 'model')),
    'gen_ai.usage.input_tokens': fresh === null ? null : fresh + (read ?? 0) + (written ?? 0),
    'ai.usage.inputTokenDetails.noCacheTokens': fresh,
    'gen_ai.usage.cache_read.input_tokens': read,
    'gen_ai.usage.cache_creation.input_tokens': written,
    'gen_ai.usage.output_tokens': count('output_tokens'),
    'gen_ai.response.time_to_first_chunk': ttftMs === null ? null : ttftMs / 1000,
    'error.type':
      String(attributes.success) === 'false' ? (textAt(attributes, 'error.type', 'error') ?? 'failed') : null,
  })
}

/** It writes the model's name as a terminal shows it: `claude-opus-4-6` in bold. */
const withoutColours = (text: string | null): string | null => text?.replaceAll(colour, '').trim() ?? null

const colour = new RegExp(`${String.fromCharCode(27)}?\\[[0-9;]*m`, 'g')

const genkitKinds: Readonly<Record<string, string>> = {
  model: 'generate_content',
  'background-model': 'generate_content',
  embedder: 'embeddings',
}

/** The answer is one attribute, of which only the counts are looked at; models are named `googleai/gemini-2.5-flash`. */
function ofGenkit({ attributes, scope }: Span): Attributes | null {
  if (scope !== 'genkit-tracer') return null
  const operation = genkitKinds[String(attributes['genkit:metadata:subtype'])]
  if (operation === undefined) return { 'gen_ai.operation.name': 'invoke_workflow' }
  const usage = objectOf(objectAt(attributes, 'genkit:output').usage)
  const [plugin, ...model] = (textAt(attributes, 'genkit:name') ?? '').split('/')
  return told({
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': genkitPlugins[plugin ?? ''] ?? plugin ?? null,
    'gen_ai.request.model': model.length === 0 ? (plugin ?? null) : model.join('/'),
    'gen_ai.usage.input_tokens': countOf(usage.inputTokens),
    'gen_ai.usage.output_tokens': countOf(usage.outputTokens),
    'gen_ai.usage.total_tokens': countOf(usage.totalTokens),
    'gen_ai.usage.reasoning.output_tokens': countOf(usage.thoughtsTokens),
    'gen_ai.usage.cache_read.input_tokens': countOf(usage.cachedContentTokens),
  })
}

const genkitPlugins: Readonly<Record<string, string>> = { googleai: 'gcp.gemini', vertexai: 'gcp.vertex_ai' }

const mlflowTypes: Readonly<Record<string, string>> = { CHAT_MODEL: 'chat', LLM: 'chat', EMBEDDING: 'embeddings' }

/** All its attributes are JSON, texts too: `"CHAT_MODEL"`. Chains and agents around calls have no usage of their own. */
function ofMlflow({ attributes }: Span): Attributes | null {
  const text = (name: string) => textAt(attributes, name)?.replace(/^"(.*)"$/, '$1') ?? null
  const type = text('mlflow.spanType')
  if (type === null || textAt(attributes, 'gen_ai.operation.name') !== null) return null
  const operation = mlflowTypes[type.toUpperCase()]
  if (operation === undefined) return { 'gen_ai.operation.name': 'invoke_workflow' }
  const usage = objectAt(attributes, 'mlflow.chat.tokenUsage')
  return told({
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': text('mlflow.llm.provider'),
    'gen_ai.request.model': text('mlflow.llm.model') ?? text('model'),
    'gen_ai.usage.input_tokens': countOf(usage.input_tokens),
    'gen_ai.usage.output_tokens': countOf(usage.output_tokens),
    'gen_ai.usage.total_tokens': countOf(usage.total_tokens),
    'gen_ai.usage.cache_read.input_tokens': countOf(usage.cache_read_input_tokens),
    'gen_ai.usage.cache_creation.input_tokens': countOf(usage.cache_creation_input_tokens),
  })
}
