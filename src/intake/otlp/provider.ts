// The attributes of a call in; who served it, as the price catalog knows the seller, out.
import { textAt } from './attribute.ts'
import type { Attributes } from './span.ts'

/** Spellings of the conventions, of OpenInference and of the AI SDK, to the catalog's; others stay as they are. */
const names: Readonly<Record<string, string>> = {
  'az.ai.openai': 'azure',
  'azure.ai.openai': 'azure',
  'az.ai.inference': 'azure',
  'azure.ai.inference': 'azure',
  azure_openai: 'azure',
  'azure-openai': 'azure',
  'aws.bedrock': 'aws',
  aws_bedrock: 'aws',
  bedrock: 'aws',
  'amazon-bedrock': 'aws',
  amazon: 'aws',
  'gcp.gemini': 'google',
  gemini: 'google',
  'google.generative-ai': 'google',
  google_genai: 'google',
  'gcp.vertex_ai': 'google-vertex',
  vertex_ai: 'google-vertex',
  vertexai: 'google-vertex',
  'google.vertex': 'google-vertex',
  mistral_ai: 'mistral',
  mistralai: 'mistral',
  x_ai: 'x-ai',
  xai: 'x-ai',
  moonshot_ai: 'moonshotai',
  moonshot: 'moonshotai',
  togetherai: 'together',
  'ibm.watsonx.ai': 'watsonx',
}

/** Libraries and routers in the place of a provider, and Google without which of its two services it was. */
const unclear = new Set([
  'gcp.gen_ai',
  '_other',
  'unknown',
  'strands-agents',
  'langchain',
  'llamaindex',
  'litellm',
  'pydantic-ai',
  'gateway',
  'vercel',
])

/** Hosts of sellers whose API others speak too: a client of OpenAI's SDK says `openai` whoever it calls. */
const hosts: readonly (readonly [host: RegExp, provider: string])[] = [
  [/(^|\.)api\.openai\.com$/, 'openai'],
  [/\.(openai|cognitiveservices|services\.ai)\.azure\.com$/, 'azure'],
  [/^bedrock.*\.amazonaws\.com$/, 'aws'],
  [/^generativelanguage\.googleapis\.com$/, 'google'],
  [/aiplatform\.googleapis\.com$/, 'google-vertex'],
  [/^api\.anthropic\.com$/, 'anthropic'],
  [/^api\.groq\.com$/, 'groq'],
  [/^api\.together\.(xyz|ai)$/, 'together'],
  [/^api\.fireworks\.ai$/, 'fireworks'],
  [/^api\.deepinfra\.com$/, 'deepinfra'],
  [/^openrouter\.ai$/, 'openrouter'],
  [/^api\.deepseek\.com$/, 'deepseek'],
  [/^api\.mistral\.ai$/, 'mistral'],
  [/(^|\.)api\.x\.ai$/, 'x-ai'],
  [/^api\.perplexity\.ai$/, 'perplexity'],
  [/^api\.cerebras\.ai$/, 'cerebras'],
  [/^api\.moonshot\.(ai|cn)$/, 'moonshotai'],
]

/**
 * By the address that was called, where it is a known seller's; else as the span says. Null where it only says whose API was
 * spoken: at an address of one's own that may be a gateway, a proxy or a server of one's own.
 */
export function providerOf(attributes: Attributes): string | null {
  const told = toldProvider(attributes)
  const address = hostOf(textAt(attributes, 'server.address', 'gen_ai.openai.api_base', 'llm.openai.api_base'))
  if (address === null) return told
  const known = hosts.find(([host]) => host.test(address))
  if (known !== undefined) return known[1]
  return told === 'openai' ? null : told
}

function toldProvider(attributes: Attributes): string | null {
  // What served it before whose model it is; the kind of API behind a dot (`openai.chat`) is neither.
  const text = textAt(
    attributes,
    'gen_ai.provider.name',
    'llm.provider',
    'gen_ai.system',
    'ai.model.provider',
    'llm.system',
  )?.toLowerCase()
  if (text === undefined || unclear.has(text)) return null
  const known = names[text]
  if (known !== undefined) return known
  const base = text.replace(/\.(chat|responses|messages|completion|embedding|image|language-model|[a-z]*)$/, '')
  return names[base] ?? base
}

/** `https://api.groq.com/openai/v1` → `api.groq.com`. */
function hostOf(address: string | null): string | null {
  if (address === null) return null
  const host = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(\[[^\]]*\]|[^/:?#]+)/i.exec(address)?.[1]
  return host?.toLowerCase() ?? null
}
