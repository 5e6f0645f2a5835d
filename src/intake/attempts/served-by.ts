// A model as tools of evaluation spell it (`openai/gpt-4o`, `openai:chat:gpt-4o`, `anthropic/claude-…`) in; seller and model as the price catalog knows them, out.

import { isOwnServer } from '../../core/meter/own-servers.ts'
import { providerId, sellers } from '../../core/meter/seller.ts'
import { providerPrefixes } from '../litellm-names.ts'

export interface ServedBy {
  readonly provider: string | null
  readonly model: string | null
}

/** Kinds of API that promptfoo puts between seller and model. */
const kindsOfApi = new Set(['chat', 'messages', 'completion', 'responses', 'embedding', 'embeddings', 'converse'])
/** Names of Inspect that no other tool has. */
const inspectNames: ReadonlyMap<string, string> = new Map([
  ['azureai', 'azure'],
  ['hf', 'local'],
  ['openai-api', ''],
  ['sambanova-api', 'sambanova'],
])

const known = new Set<string>([...sellers.map(([id]) => id), ...providerPrefixes])

/** `name` may begin with its seller; where it does not, nobody said who served it. */
export function servedBy(name: string | null): ServedBy {
  if (name === null || name.trim() === '') return { provider: null, model: null }
  const byColon = /^([a-z][\w-]*):(.+)$/i.exec(name)
  if (byColon && !name.includes('://')) return promptfooName(byColon[1]!, byColon[2]!)
  const slash = name.indexOf('/')
  if (slash < 0) return { provider: null, model: name }
  const prefix = name.slice(0, slash).toLowerCase()
  const rest = name.slice(slash + 1)
  const mapped = inspectNames.get(prefix)
  // `openai-api/deepseek/deepseek-chat`: the seller stands second.
  if (mapped === '') return servedBy(rest)
  const provider = mapped ?? providerId(prefix)
  if (mapped === undefined && !known.has(prefix) && !known.has(provider) && !isOwnServer(prefix)) {
    // `meta-llama/…` names a maker.
    return { provider: null, model: name }
  }
  return { provider, model: rest }
}

function promptfooName(seller: string, rest: string): ServedBy {
  const lower = seller.toLowerCase()
  // Programs of the user's own: what they call, nobody says.
  if (['file', 'exec', 'python', 'javascript', 'golang', 'ruby', 'http', 'https', 'package'].includes(lower)) {
    return { provider: null, model: null }
  }
  const parts = rest.split(':')
  const model = kindsOfApi.has(parts[0]!.toLowerCase()) ? parts.slice(1).join(':') : rest
  return { provider: providerId(lower), model: model === '' ? null : model }
}
