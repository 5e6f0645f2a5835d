// A provider's or model's name as logs have it in; whether that is a team's own server, or a model of closed weights, out.

/**
 * Providers that logs name when a team's own GPUs served the call: engines (as LiteLLM and other gateways spell them) and
 * the words people use. Hosts that sell tokens of open weights are not among them, whatever engine they run.
 */
export const ownServerNames: readonly string[] = [
  // engines
  'aphrodite',
  'exllama',
  'hosted_vllm',
  'huggingface-tgi',
  'ktransformers',
  'llama.cpp',
  'llama-cpp-python',
  'llamafile',
  'lm_studio',
  'lmdeploy',
  'localai',
  'mlx',
  'ollama',
  'ollama_chat',
  'sglang',
  'tensorrt-llm',
  'text-generation-inference',
  'tgi',
  'triton',
  'trtllm',
  'vllm',
  'xinference',
  // words
  'in-house',
  'internal',
  'local',
  'on-prem',
  'on-premises',
  'own',
  'own-gpus',
  'self',
  'self-host',
  'self-hosted',
]

const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_.-]/g, '')
const own: ReadonlySet<string> = new Set(ownServerNames.map(plain))

/** Whether a provider's name says "our own GPUs"; case, blanks, dots, dashes and underscores do not matter. */
export const isOwnServer = (provider: string): boolean => own.has(plain(provider))

/** Names of models whose weights nobody outside their maker can run. Open weights of the same makers are left out. */
const closedWeights: readonly RegExp[] = [
  /^claude-/,
  /^(gpt-(?!oss|2\b|j\b|neo)|chatgpt-|o[134](-|$))/,
  /^gemini-/,
  /^grok-(?![12]\b)/,
  /^(amazon\.)?nova-(micro|lite|pro|premier)/,
]

/** Whether a model's name is that of closed weights, with or without its maker, cloud and region before it. */
export function isClosedWeights(model: string): boolean {
  const base = model
    .trim()
    .toLowerCase()
    .split('/')
    .at(-1)!
    .replace(/^((global|us|eu|apac|jp|au|ca)\.)?(anthropic|openai|google|xai)\./, '')
  return closedWeights.some(pattern => pattern.test(base))
}

/** The frontier model that stands in where the ledger has none: much used, of middle price among its makers' models. */
export const defaultFrontier = { provider: 'anthropic', model: 'claude-sonnet-5' } as const
