// What a Hugging Face config.json says, and what each family of models does that its config does not say.
import { z } from 'zod'

const size = z.number().int().positive()
const maybe = size.nullish()
const list = z.array(z.unknown()).nullish()

/** The fields read of a config; names are transformers' own. Several families use several names for one thing. */
export const hfConfig = z.object({
  model_type: z.string(),
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: maybe,
  head_dim: maybe,
  v_head_dim: maybe,
  intermediate_size: maybe,
  intermediate_size_mlp: maybe,
  vocab_size: size,
  max_position_embeddings: maybe,
  tie_word_embeddings: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
  use_qk_norm: z.boolean().nullish(),
  hidden_act: z.string().nullish(),
  dtype: z.string().nullish(),
  torch_dtype: z.string().nullish(),
  quantization_config: z.looseObject({}).nullish(),
  // Layers that look back a window only.
  sliding_window: maybe,
  sliding_window_pattern: maybe,
  attention_chunk_size: maybe,
  layer_types: list,
  hybrid_layer_pattern: list,
  swa_num_key_value_heads: maybe,
  num_global_key_value_heads: maybe,
  global_head_dim: maybe,
  attention_k_eq_v: z.boolean().nullish(),
  use_sliding_window: z.boolean().nullish(),
  // Experts.
  num_experts: maybe,
  num_local_experts: maybe,
  n_routed_experts: maybe,
  num_experts_per_tok: maybe,
  experts_per_token: maybe,
  top_k_experts: maybe,
  moe_intermediate_size: maybe,
  n_shared_experts: z.number().int().nonnegative().nullish(),
  shared_expert_intermediate_size: z.number().int().nonnegative().nullish(),
  first_k_dense_replace: z.number().int().nonnegative().nullish(),
  moe_layer_freq: z.union([size, z.array(z.number())]).nullish(),
  decoder_sparse_step: maybe,
  interleave_moe_layer_step: maybe,
  mlp_only_layers: list,
  // Latent attention and its indexer.
  kv_lora_rank: maybe,
  q_lora_rank: maybe,
  qk_nope_head_dim: maybe,
  qk_rope_head_dim: z.number().int().nonnegative().nullish(),
  index_topk: maybe,
  index_n_heads: maybe,
  index_head_dim: maybe,
  // Gated delta layers.
  full_attention_interval: maybe,
  linear_num_key_heads: maybe,
  linear_num_value_heads: maybe,
  linear_key_head_dim: maybe,
  linear_value_head_dim: maybe,
  linear_conv_kernel_dim: maybe,
})
export type HfConfig = z.output<typeof hfConfig>

/** What a family does that its config does not say. */
export interface Family {
  readonly family: string
  /** Queries, keys and values have biases; `attention_bias` says it where this is absent. */
  readonly qkvBias?: true
  readonly qkNorm?: true
  /** Tied unless the config says otherwise (transformers' own default of the class). */
  readonly tied?: true
  /** Every n-th layer attends to everything, the others to a window. */
  readonly fullEvery?: number
  /** `intermediate_size` is an expert's width. */
  readonly expertsOnly?: true
  /** One shared expert as wide as a routed one, or the dense layer beside the experts. */
  readonly shared?: 'expert' | 'dense'
  readonly outputGate?: true
}

/** Model types understood: one line each. */
export const families: Readonly<Record<string, Family>> = {
  llama: { family: 'llama' },
  mistral: { family: 'mistral' },
  mistral3: { family: 'mistral' },
  mixtral: { family: 'mixtral', expertsOnly: true },
  qwen2: { family: 'qwen2.5', qkvBias: true },
  qwen2_moe: { family: 'qwen2.5', qkvBias: true },
  qwen3: { family: 'qwen3', qkNorm: true },
  qwen3_moe: { family: 'qwen3', qkNorm: true },
  qwen3_vl_text: { family: 'qwen3', qkNorm: true },
  qwen3_vl_moe_text: { family: 'qwen3', qkNorm: true },
  qwen3_next: { family: 'qwen3-next', qkNorm: true, outputGate: true },
  qwen3_5_text: { family: 'qwen3.5', qkNorm: true, outputGate: true },
  qwen3_5_moe_text: { family: 'qwen3.5', qkNorm: true, outputGate: true },
  phi3: { family: 'phi' },
  granite: { family: 'granite' },
  smollm3: { family: 'smollm3', tied: true },
  gemma2: { family: 'gemma2', tied: true, fullEvery: 2 },
  gemma3_text: { family: 'gemma3', tied: true, qkNorm: true, fullEvery: 6 },
  gemma4_text: { family: 'gemma4', tied: true, qkNorm: true, fullEvery: 6, shared: 'dense' },
  gpt_oss: { family: 'gpt-oss', qkvBias: true, expertsOnly: true, fullEvery: 2 },
  llama4_text: { family: 'llama4', shared: 'expert', fullEvery: 4 },
  deepseek_v2: { family: 'deepseek' },
  deepseek_v3: { family: 'deepseek' },
  deepseek_v32: { family: 'deepseek' },
  kimi_k2: { family: 'kimi' },
  glm4_moe: { family: 'glm', qkvBias: true },
  glm_moe_dsa: { family: 'glm' },
  minimax_m2: { family: 'minimax', qkNorm: true, expertsOnly: true },
  mimo: { family: 'mimo', qkvBias: true },
  mimo_v2_flash: { family: 'mimo' },
}
