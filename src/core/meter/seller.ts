// A seller's name as a bill, a gateway or a trace spells it in; one key for all its spellings out.

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Names that bills and gateways use for one seller, each reduced to letters and digits. */
export const sellers: readonly (readonly string[])[] = [
  ['openai', 'openaillc', 'openaiireland', 'openaiirelandlimited', 'openaiapi', 'openaiopcollc', 'openaiinc'],
  ['anthropic', 'anthropicpbc', 'anthropicireland', 'claude', 'anthropicapi'],
  [
    'aws',
    'amazonwebservices',
    'amazonwebservicesinc',
    'amazonwebservicesemeasarl',
    'amazonbedrock',
    'awsbedrock',
    'bedrock',
    'amazon',
    'bedrockconverse',
  ],
  ['azure', 'microsoft', 'microsoftazure', 'azureopenai', 'azureai', 'microsoftcorporation', 'azurefoundry'],
  [
    'google',
    'gemini',
    'googleai',
    'googleaistudio',
    'vertexai',
    'googlevertex',
    'googlecloud',
    'googlecloudplatform',
    'gcp',
    'vertex',
    'vertexaibeta',
    'googlellc',
  ],
  ['together', 'togetherai', 'togethercomputer', 'togethercomputerinc'],
  ['fireworks', 'fireworksai', 'fireworksaiinc'],
  ['deepinfra', 'deepinfrainc'],
  ['xai', 'xaicorp', 'grok'],
  ['mistral', 'mistralai'],
  ['moonshot', 'moonshotai', 'kimi'],
  ['perplexity', 'perplexityai', 'pplx'],
  ['cohere', 'cohereai', 'coherechat'],
  ['groq', 'groqcloud', 'groqinc'],
  ['cerebras', 'cerebrasai', 'cerebrassystems'],
  ['openrouter', 'openrouterai', 'openrouterinc'],
]
const sellerOf = new Map(sellers.flatMap(names => names.map(name => [name, names[0]!])))

/** One key for every spelling of a seller: `OpenAI, LLC` and `openai`, `bedrock` and `Amazon Web Services`. */
export const sellerKey = (name: string): string => sellerOf.get(plain(name)) ?? plain(name)

/** Whether two records may be of one seller: a name that is not told contradicts none. */
export const mayBeOneSeller = (a: string | null, b: string | null): boolean =>
  a === null || b === null || sellerKey(a) === sellerKey(b)
