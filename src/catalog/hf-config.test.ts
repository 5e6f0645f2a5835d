// Configs as their makers publish them, held to the parameter totals that the checkpoints' own safetensors index states.
import { expect, test } from 'vitest'
import { Fault } from '../core/fault/fault.ts'
import { modelById } from './facts.ts'
import { modelOfConfig } from './hf-config.ts'

const names = { id: 'mine', hfId: 'mine', source: 'config.json' }

interface Published {
  readonly name: string
  /** Tensors of the checkpoint in numbers, where it says so; else the maker's own count. */
  readonly total: number
  readonly config: Record<string, unknown>
  /** The catalog's row of the same architecture, read from elsewhere. */
  readonly same: string
}

const published: readonly Published[] = [
  {
    name: 'meta-llama/Llama-3.1-8B',
    total: 8_030_261_248,
    same: 'llama-3.1-8b',
    config: {
      model_type: 'llama',
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 14_336,
      vocab_size: 128_256,
      max_position_embeddings: 131_072,
      tie_word_embeddings: false,
      attention_bias: false,
      torch_dtype: 'bfloat16',
    },
  },
  {
    name: 'Qwen/Qwen2.5-7B',
    total: 7_615_616_512,
    same: 'qwen2.5-7b',
    config: {
      model_type: 'qwen2',
      hidden_size: 3584,
      num_hidden_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      intermediate_size: 18_944,
      vocab_size: 152_064,
      max_position_embeddings: 32_768,
      sliding_window: 131_072,
      use_sliding_window: false,
      tie_word_embeddings: false,
      torch_dtype: 'bfloat16',
    },
  },
  {
    name: 'google/gemma-2-9b',
    total: 9_241_705_984,
    same: 'gemma-2-9b',
    config: {
      model_type: 'gemma2',
      hidden_size: 3584,
      num_hidden_layers: 42,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 256,
      intermediate_size: 14_336,
      vocab_size: 256_000,
      max_position_embeddings: 8192,
      sliding_window: 4096,
      torch_dtype: 'bfloat16',
    },
  },
  {
    name: 'mistralai/Mixtral-8x7B-v0.1',
    total: 46_702_792_704,
    same: 'mixtral-8x7b',
    config: {
      model_type: 'mixtral',
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 14_336,
      num_local_experts: 8,
      num_experts_per_tok: 2,
      vocab_size: 32_000,
      max_position_embeddings: 32_768,
      sliding_window: null,
      tie_word_embeddings: false,
      torch_dtype: 'bfloat16',
    },
  },
  {
    name: 'Qwen/Qwen3-30B-A3B',
    total: 30_532_122_624,
    same: 'qwen3-30b-a3b',
    config: {
      model_type: 'qwen3_moe',
      hidden_size: 2048,
      num_hidden_layers: 48,
      num_attention_heads: 32,
      num_key_value_heads: 4,
      head_dim: 128,
      intermediate_size: 6144,
      moe_intermediate_size: 768,
      num_experts: 128,
      num_experts_per_tok: 8,
      decoder_sparse_step: 1,
      mlp_only_layers: [],
      vocab_size: 151_936,
      max_position_embeddings: 40_960,
      tie_word_embeddings: false,
      torch_dtype: 'bfloat16',
    },
  },
  {
    name: 'deepseek-ai/DeepSeek-V3 (without its multi-token-prediction module)',
    total: 671_026_419_200,
    same: 'deepseek-v3',
    config: {
      model_type: 'deepseek_v3',
      hidden_size: 7168,
      num_hidden_layers: 61,
      num_attention_heads: 128,
      num_key_value_heads: 128,
      intermediate_size: 18_432,
      moe_intermediate_size: 2048,
      n_routed_experts: 256,
      n_shared_experts: 1,
      num_experts_per_tok: 8,
      first_k_dense_replace: 3,
      moe_layer_freq: 1,
      kv_lora_rank: 512,
      q_lora_rank: 1536,
      qk_nope_head_dim: 128,
      qk_rope_head_dim: 64,
      v_head_dim: 128,
      vocab_size: 129_280,
      max_position_embeddings: 163_840,
      tie_word_embeddings: false,
      torch_dtype: 'bfloat16',
      quantization_config: { quant_method: 'fp8', fmt: 'e4m3', weight_block_size: [128, 128] },
    },
  },
  {
    name: 'openai/gpt-oss-120b (model card: 116.83B)',
    total: 116_829_156_672,
    same: 'gpt-oss-120b',
    config: {
      model_type: 'gpt_oss',
      hidden_size: 2880,
      num_hidden_layers: 36,
      num_attention_heads: 64,
      num_key_value_heads: 8,
      head_dim: 64,
      intermediate_size: 2880,
      num_local_experts: 128,
      experts_per_token: 4,
      layer_types: Array.from({ length: 36 }, (_, i) => (i % 2 === 0 ? 'sliding_attention' : 'full_attention')),
      sliding_window: 128,
      attention_bias: true,
      vocab_size: 201_088,
      max_position_embeddings: 131_072,
      tie_word_embeddings: false,
      quantization_config: { quant_method: 'mxfp4', modules_to_not_convert: ['lm_head'] },
    },
  },
  {
    name: 'Qwen/Qwen3-Next-80B-A3B (published without its multi-token-prediction module: 79.67B)',
    total: 79_670_000_000,
    same: 'qwen3-next-80b-a3b',
    config: {
      model_type: 'qwen3_next',
      hidden_size: 2048,
      num_hidden_layers: 48,
      num_attention_heads: 16,
      num_key_value_heads: 2,
      head_dim: 256,
      intermediate_size: 5120,
      moe_intermediate_size: 512,
      shared_expert_intermediate_size: 512,
      num_experts: 512,
      num_experts_per_tok: 10,
      full_attention_interval: 4,
      linear_num_key_heads: 16,
      linear_num_value_heads: 32,
      linear_key_head_dim: 128,
      linear_value_head_dim: 128,
      linear_conv_kernel_dim: 4,
      vocab_size: 151_936,
      max_position_embeddings: 262_144,
      tie_word_embeddings: false,
      torch_dtype: 'bfloat16',
    },
  },
]

test.each(published)('$name: parameters within 1 % of those published, cache as the catalog has it', one => {
  const model = modelOfConfig(one.config, names)
  expect(Math.abs(model.totalParams / one.total - 1)).toBeLessThan(0.01)
  const catalog = modelById(one.same)
  const kept = [
    'layers',
    'kvHeads',
    'nativeDtype',
    'maxContext',
    'attention',
    'moe',
    'linearStateBytesPerSeqBf16',
  ] as const
  for (const field of kept) expect(model[field], field).toEqual(catalog[field])
  expect(model.kvElementsPerTokenAllLayers).toBe(catalog.kvElementsPerTokenAllLayers)
  expect(model.kvElementsPerTokenFullLayers).toBe(catalog.kvElementsPerTokenFullLayers)
})

test('a multimodal config is read for its text part, the quantisation around it included', () => {
  const { config } = published[0]!
  const wrapped = { model_type: 'llava', text_config: config, quantization_config: { quant_algo: 'NVFP4' } }
  const { nativeDtype, ...rest } = modelOfConfig(wrapped, names)
  expect(nativeDtype).toBe('nvfp4')
  expect(rest).toEqual({ ...modelOfConfig(config, names), nativeDtype: undefined })
})

test('an architecture that is not understood is refused, never approximated', () => {
  expect(() => modelOfConfig({ ...published[0]!.config, model_type: 'rwkv7' }, names)).toThrow(
    /"rwkv7" is not understood/,
  )
  expect(() => modelOfConfig({ ...published[0]!.config, hidden_size: -1 }, names)).toThrow(/hidden_size/)
  expect(() => modelOfConfig([1], names)).toThrow(Fault)
  expect(() => modelOfConfig(null, names)).toThrow(Fault)
})
