// What instrumentation calls a provider in; the price catalog's id of who served the call, or null where it names no seller, out.
import { providerId } from '../core/meter/seller.ts'

/** Libraries and routers in the place of a provider, and Google without which of its two services it was. */
const unclear = new Set([
  'gcp.gen_ai',
  'gcp.vertex.agent',
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

/** The kind of API behind a dot (`openai.chat`) is no part of a name, unless the whole is one (`ibm.watsonx.ai`). */
export function providerNamed(name: string | null): string | null {
  const text = name?.toLowerCase()
  if (text === undefined || unclear.has(text)) return null
  const known = providerId(text)
  return known === text ? providerId(text.replace(/\.[a-z]*(-model)?$/, '')) : known
}
