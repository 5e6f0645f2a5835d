// Names as LiteLLM spells them: providers in front of models, and short forms of environments.

/** Providers that may stand in front of a model's name; `meta-llama/…` is a maker and none of them. */
export const providerPrefixes: readonly string[] = [
  'openai',
  'text-completion-openai',
  'azure',
  'azure_ai',
  'azure_text',
  'anthropic',
  'bedrock',
  'bedrock_converse',
  'vertex_ai',
  'vertex_ai_beta',
  'gemini',
  'together_ai',
  'fireworks_ai',
  'deepinfra',
  'groq',
  'cerebras',
  'openrouter',
  'deepseek',
  'mistral',
  'codestral',
  'cohere',
  'cohere_chat',
  'xai',
  'perplexity',
  'nebius',
  'novita',
  'sambanova',
  'moonshot',
  'minimax',
  'zai',
  'dashscope',
  'voyage',
  'jina_ai',
  'nvidia_nim',
  'baseten',
  'replicate',
  'huggingface',
  'databricks',
  'watsonx',
  'cloudflare',
  'sagemaker',
  'github_copilot',
  'hosted_vllm',
  'vllm',
  'ollama',
  'ollama_chat',
  'lm_studio',
  'llamafile',
  'xinference',
  'triton',
]

/** Routes that Bedrock's names may carry in front. */
export const bedrockRoutes: readonly string[] = ['converse/', 'invoke/']

export const environmentNames: Readonly<Record<string, string>> = {
  prod: 'production',
  prd: 'production',
  live: 'production',
  stage: 'staging',
  stg: 'staging',
  preprod: 'staging',
  'pre-production': 'staging',
  dev: 'development',
  devel: 'development',
  local: 'development',
}

const housekeeping = [
  ...['create_batch', 'cancel_batch', 'list_batches'],
  ...['create_file', 'file_retrieve', 'file_delete', 'file_list', 'file_content'],
  ...['create_fine_tuning_job', 'cancel_fine_tuning_job', 'list_fine_tuning_jobs', 'retrieve_fine_tuning_job'],
  ...['vector_store_create', 'vector_store_search', 'vector_store_file_create', 'vector_store_file_list'],
  ...['get_assistants', 'create_assistants', 'delete_assistant', 'create_thread', 'get_thread', 'get_messages'],
  ...['list_input_items', 'delete_responses'],
]

/** Types of call that no model answers, each also as `a…`: what is done with files, batches, jobs, stores and tools. */
export const unansweredTypes: readonly string[] = [
  ...housekeeping.flatMap(type => [type, `a${type}`]),
  'add_message',
  'a_add_message',
  'call_mcp_tool',
  'list_mcp_tools',
]
