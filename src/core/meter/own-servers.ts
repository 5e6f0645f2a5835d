// A provider's name as logs have it in; whether that is a team's own server, whose calls nobody bills by the token, out.

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
export const isOwnServer = (provider: string | null): boolean => provider !== null && own.has(plain(provider))
