// The attributes of a call in; who served it, as the price catalog knows the seller, out.
import { providerNamed } from '../provider-name.ts'
import { textAt } from './attribute.ts'
import type { Attributes } from './span.ts'

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

/** What served it before whose model it is. */
const toldProvider = (attributes: Attributes): string | null =>
  providerNamed(
    textAt(attributes, 'gen_ai.provider.name', 'llm.provider', 'gen_ai.system', 'ai.model.provider', 'llm.system'),
  ) ?? providerNamed(textAt(attributes, 'langsmith.metadata.ls_provider'))

/** `https://api.groq.com/openai/v1` → `api.groq.com`. */
function hostOf(address: string | null): string | null {
  if (address === null) return null
  const host = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(\[[^\]]*\]|[^/:?#]+)/i.exec(address)?.[1]
  return host?.toLowerCase() ?? null
}
