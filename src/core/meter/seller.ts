// A seller's name as a bill, a gateway, a log or a trace spells it in; the price catalog's id of it, and one key for whoever bills it, out.

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/**
 * The catalog's id of each seller, then other names of it: in the conventions of traces, in LiteLLM, Langfuse, Helicone and
 * the AI SDK, and on bills; each but the id reduced to letters and digits.
 */
export const sellers: readonly (readonly [id: string, ...names: readonly string[]])[] = [
  [
    'openai',
    ...['openaillc', 'openaiireland', 'openaiirelandlimited', 'openaiapi', 'openaiopcollc', 'openaiinc'],
    ...['openaichat', 'openairesponses', 'textcompletionopenai'],
  ],
  ['anthropic', 'anthropicpbc', 'anthropicireland', 'claude', 'anthropicapi', 'anthropicmessages'],
  [
    'aws',
    ...['amazonwebservices', 'amazonwebservicesinc', 'amazonwebservicesemeasarl', 'amazon', 'amazonbedrock'],
    ...['awsbedrock', 'bedrock', 'bedrockconverse', 'bedrockmantle', 'bedrockruntime'],
  ],
  [
    'azure',
    ...['microsoft', 'microsoftazure', 'microsoftcorporation', 'microsoftfoundry', 'azureopenai', 'azureai'],
    ...[
      'azureaifoundry',
      'azurefoundry',
      'azureaiopenai',
      'azureaiinference',
      'azaiopenai',
      'azaiinference',
      'azuretext',
    ],
  ],
  [
    'google',
    ...['gemini', 'googleai', 'googleaistudio', 'googlegemini', 'googlegenai', 'googlegenerativeai', 'googlellc'],
    ...['gcpgemini', 'geminigeneratecontent', 'generativelanguage'],
  ],
  [
    'google-vertex',
    ...['vertexai', 'vertex', 'vertexaibeta', 'gcpvertexai', 'googlevertexai', 'googlevertexanthropic'],
    ...['vertexaianthropic', 'vertexanthropic', 'googlecloud', 'googlecloudplatform', 'gcp'],
  ],
  ['alibaba', 'alibabacloud', 'dashscope', 'qwencloud'],
  ['cerebras', 'cerebrasai', 'cerebrassystems'],
  ['cloudflare', 'workersai', 'cloudflareworkersai'],
  ['cohere', 'cohereai', 'coherechat'],
  ['deepinfra', 'deepinfrainc', 'deepinfracom'],
  ['deepseek', 'deepseekapi'],
  ['fireworks', 'fireworksai', 'fireworksaiinc'],
  ['github-copilot', 'copilot'],
  ['groq', 'groqcloud', 'groqinc'],
  ['minimax', 'minimaxai'],
  ['mistral', 'mistralai', 'codestral', 'textcompletioncodestral'],
  ['moonshotai', 'moonshot', 'kimi'],
  ['novita', 'novitaai'],
  ['openrouter', 'openrouterai', 'openrouterinc', 'openrouterviaunstated'],
  ['perplexity', 'perplexityai', 'pplx'],
  ['sagemaker', 'sagemakerchat'],
  ['stepfun'],
  ['together', 'togetherai', 'togethercomputer', 'togethercomputerinc'],
  ['voyageai', 'voyage'],
  ['watsonx', 'ibmwatsonxai', 'ibmwatsonx'],
  ['x-ai', 'xaicorp', 'grok'],
  ['xiaomi', 'xiaomimimo'],
  ['zai', 'zaiorg'],
  ['zhipuai', 'zhipu', 'bigmodel'],
  // Whose names are letters and digits alone, or one word in two spellings: the catalog's id is the one that is kept.
  ...['ambient', 'arcee', 'avian', 'baseten', 'berget', 'chutes', 'clarifai', 'cloudferro', 'crof', 'cursor'].map(only),
  ...['databricks', 'digitalocean', 'dinference', 'doubleword', 'evroc', 'friendli', 'gmicloud', 'hpc-ai'].map(only),
  ...['huggingface_cerebras', 'huggingface_fireworks-ai', 'huggingface_groq', 'huggingface_hyperbolic'].map(only),
  ...['huggingface_nebius', 'huggingface_novita', 'huggingface_nscale', 'huggingface_ovhcloud'].map(only),
  ...['huggingface_publicai', 'huggingface_sambanova', 'huggingface_together', 'hyperbolic', 'inceptron'].map(only),
  ...['inference-net', 'io-net', 'lilac', 'meganova', 'mixlayer', 'modal', 'nearai', 'nebius', 'neuralwatt'].map(only),
  ...['nscale', 'ovhcloud', 'quicksilverpro', 'regolo', 'sambanova', 'scaleway', 'siliconflow', 'stackit'].map(only),
  ...['submodel', 'tinfoil', 'typesafe', 'vultr', 'wafer', 'wandb'].map(only),
  ['ollama', 'ollamachat'],
]
function only(id: string): readonly [string] {
  return [id]
}

/** Services of one company that stand on one bill. */
export const billedAs: Readonly<Record<string, string>> = { 'google-vertex': 'google' }

const idOf = new Map(sellers.flatMap(([id, ...names]) => [plain(id), ...names].map(name => [name, id] as const)))

/** The price catalog's id for any spelling of a seller (`vertex_ai`, `gcp.vertex_ai`); a name that is none stays as it is. */
export const providerId = (name: string): string => idOf.get(plain(name)) ?? name

/** One key for every spelling of whoever bills: `OpenAI, LLC` and `openai`, `bedrock` and `Amazon Web Services`. */
export function sellerKey(name: string): string {
  const id = idOf.get(plain(name)) ?? plain(name)
  return billedAs[id] ?? id
}

/** Whether two records may be of one seller: a name that is not told contradicts none. */
export const mayBeOneSeller = (a: string | null, b: string | null): boolean =>
  a === null || b === null || sellerKey(a) === sellerKey(b)
