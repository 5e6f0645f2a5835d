// A Hugging Face config.json in; the same model as a row of the model catalog, its parameters recounted, out.
import { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import {
  type Attention,
  countParameters,
  type LinearShape,
  type Model,
  type Moe,
} from '../core/serving/hardware/model.ts'
import { type Family, families, type HfConfig, hfConfig } from './hf-families.ts'

/**
 * The catalog row of a Hugging Face config; multimodal configs are read for their text part.
 * `totalParams` repeats the count computed here, so `totalDiffPct` is 0 and proves nothing.
 * @param names the id to give, and where the config came from
 * @throws Fault CONFIG_INVALID naming the field, ARCHITECTURE_UNKNOWN for a `model_type` that is not understood
 */
export function modelOfConfig(
  raw: unknown,
  names: { readonly id: string; readonly hfId: string; readonly source: string; readonly dtype?: string | undefined },
): Model {
  const outer = z.looseObject({ text_config: z.looseObject({}).nullish() }).safeParse(raw)
  if (!outer.success) throw invalid(names.source, 'expected a JSON object, as config.json of a model is')
  const { text_config: text, ...around } = outer.data
  const inherited = { quantization_config: around.quantization_config, tie_word_embeddings: around.tie_word_embeddings }
  const parsed = hfConfig.safeParse(text ? { ...inherited, torch_dtype: around.torch_dtype, ...text } : raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw invalid(names.source, `${issue.path.join('.')}: ${issue.message}`)
  }
  const read = parsed.data
  const family = families[read.model_type]
  if (!family) {
    throw new Fault('ARCHITECTURE_UNKNOWN', `model_type "${read.model_type}" is not understood`, {
      where: names.source,
      fix: `its layers would be guessed; understood are ${Object.keys(families).join(', ')}`,
    })
  }
  return counted(shapeOf(read, family), read, names)
}

function invalid(where: string, what: string): Fault {
  return new Fault('CONFIG_INVALID', what, { where, fix: 'give the config.json that is published with the weights' })
}

type Shape = Omit<
  Model,
  | 'id'
  | 'hfId'
  | 'source'
  | 'totalParams'
  | 'activeParams'
  | 'totalParamsComputed'
  | 'activeParamsComputed'
  | 'expertParamsComputed'
  | 'attentionParamsComputed'
  | 'embeddingParams'
  | 'totalDiffPct'
  | 'kvElementsPerTokenAllLayers'
  | 'kvElementsPerTokenFullLayers'
  | 'kvBytesPerTokenBf16'
>

function shapeOf(read: HfConfig, family: Family): Shape {
  const heads = read.num_attention_heads
  const attention = attentionOf(read, family)
  const moe = moeOf(read, family)
  const dense = read.intermediate_size_mlp ?? read.intermediate_size ?? null
  const everyLayerExperts = moe !== null && moe.moeLayers === read.num_hidden_layers
  return {
    family: family.family,
    layers: read.num_hidden_layers,
    hidden: read.hidden_size,
    heads,
    kvHeads: read.num_key_value_heads ?? heads,
    ...(attention.mla ? {} : { headDim: headDimOf(read) }),
    ...(dense === null || (everyLayerExperts && family.expertsOnly) ? {} : { intermediate: dense }),
    ffnMatrices: 3,
    vocab: read.vocab_size,
    tiedEmbeddings: read.tie_word_embeddings ?? family.tied ?? false,
    qkvBias: family.qkvBias ?? read.attention_bias ?? false,
    qkNorm: family.qkNorm ?? false,
    attention,
    ...(moe === null ? {} : { moe }),
    nativeDtype: dtypeOf(read),
    maxContext: read.max_position_embeddings ?? 4096,
  }
}

const headDimOf = (read: HfConfig): number => read.head_dim ?? Math.floor(read.hidden_size / read.num_attention_heads)

function attentionOf(read: HfConfig, family: Family): Attention {
  const layers = read.num_hidden_layers
  const linear = linearOf(read)
  const windowLayers = linear === null ? windowLayersOf(read, family) : 0
  const fullLayers = layers - windowLayers - (linear?.layers ?? 0)
  const none = { fullLayers, windowLayers, linearLayers: linear?.layers ?? 0 }
  if (read.kv_lora_rank) {
    const mla = {
      qLoraRank: read.q_lora_rank ?? null,
      kvLoraRank: read.kv_lora_rank,
      qkNopeHeadDim: read.qk_nope_head_dim ?? headDimOf(read),
      qkRopeHeadDim: read.qk_rope_head_dim ?? 0,
      vHeadDim: read.v_head_dim ?? headDimOf(read),
    }
    const { index_topk: topK, index_n_heads: indexHeads, index_head_dim: indexHeadDim } = read
    return {
      type: 'mla',
      ...none,
      mla,
      ...(topK && indexHeads && indexHeadDim ? { sparse: { topK, indexHeads, indexHeadDim } } : {}),
    }
  }
  if (linear) {
    return { type: 'hybrid-linear', ...none, ...(family.outputGate ? { outputGate: true } : {}), linear }
  }
  const valueDim = read.v_head_dim && read.v_head_dim !== headDimOf(read) ? { vHeadDim: read.v_head_dim } : {}
  const window =
    read.attention_chunk_size && !read.hybrid_layer_pattern ? read.attention_chunk_size : read.sliding_window
  if (windowLayers > 0 && window) {
    return {
      type: 'sliding-hybrid',
      ...none,
      window,
      ...valueDim,
      ...(read.swa_num_key_value_heads ? { windowKvHeads: read.swa_num_key_value_heads } : {}),
      ...(read.global_head_dim ? { globalHeadDim: read.global_head_dim } : {}),
      ...(read.num_global_key_value_heads ? { globalKvHeads: read.num_global_key_value_heads } : {}),
      ...(read.attention_k_eq_v ? { globalKEqV: true } : {}),
    }
  }
  return { type: read.num_key_value_heads === read.num_attention_heads ? 'mha' : 'gqa', ...none, ...valueDim }
}

/** Layers that look back a window only: named one by one, by a pattern, or by the family's habit. */
function windowLayersOf(read: HfConfig, family: Family): number {
  const { num_hidden_layers: layers } = read
  if (read.hybrid_layer_pattern) return read.hybrid_layer_pattern.filter(kind => kind === 1).length
  if (!read.sliding_window && !read.attention_chunk_size) return 0
  if (read.use_sliding_window === false) return 0
  if (read.layer_types)
    return read.layer_types.filter(kind => kind === 'sliding_attention' || kind === 'chunked_attention').length
  const every = read.sliding_window_pattern ?? family.fullEvery
  return every ? layers - Math.floor(layers / every) : layers
}

function linearOf(read: HfConfig): LinearShape | null {
  const { linear_num_key_heads: keyHeads, linear_num_value_heads: valueHeads } = read
  if (!keyHeads || !valueHeads) return null
  const { num_hidden_layers: all, full_attention_interval: every } = read
  const named = read.layer_types?.filter(kind => kind === 'linear_attention').length
  return {
    kind: 'gated-deltanet',
    layers: named ?? all - Math.floor(all / (every ?? 4)),
    keyHeads,
    keyHeadDim: read.linear_key_head_dim ?? 128,
    valueHeads,
    valueHeadDim: read.linear_value_head_dim ?? 128,
    convKernel: read.linear_conv_kernel_dim ?? 4,
  }
}

function moeOf(read: HfConfig, family: Family): Moe | null {
  const experts = read.n_routed_experts ?? read.num_local_experts ?? read.num_experts
  if (!experts) return null
  const { num_hidden_layers: layers, moe_layer_freq: freq } = read
  const width = read.moe_intermediate_size ?? read.intermediate_size ?? 0
  const firstDenseLayers = Array.isArray(freq)
    ? freq.filter(on => on === 0).length
    : (read.first_k_dense_replace ?? read.mlp_only_layers?.length ?? 0)
  const moeLayerStep =
    read.interleave_moe_layer_step ?? read.decoder_sparse_step ?? (Array.isArray(freq) ? 1 : (freq ?? 1))
  const isDense = family.shared === 'dense'
  const wide = read.shared_expert_intermediate_size
  const sharedExperts = isDense || family.shared === 'expert' || wide ? 1 : (read.n_shared_experts ?? 0)
  return {
    experts,
    activeExperts: read.num_experts_per_tok ?? read.experts_per_token ?? read.top_k_experts ?? 1,
    moeIntermediate: width,
    sharedExperts,
    sharedIntermediate: sharedExperts === 0 ? 0 : isDense ? (read.intermediate_size ?? 0) : wide || width,
    firstDenseLayers,
    moeLayerStep,
    moeLayers: Math.floor((layers - firstDenseLayers) / moeLayerStep),
  }
}

/** How the weights are published: the quantisation's own word, else the dtype of the tensors. */
function dtypeOf(read: HfConfig): string {
  const quantisation = read.quantization_config
  const text = JSON.stringify(quantisation ?? {}).toLowerCase()
  for (const dtype of ['nvfp4', 'mxfp4', 'fp8']) if (text.includes(dtype)) return dtype
  if (quantisation && /"(num_)?bits":8/.test(text)) return text.includes('"float"') ? 'fp8' : 'int8'
  if (quantisation && /"(num_)?bits":4|awq|gptq/.test(text)) return 'int4'
  return { float32: 'fp32', float16: 'fp16' }[read.dtype ?? read.torch_dtype ?? ''] ?? 'bf16'
}

function counted(shape: Shape, read: HfConfig, names: Parameters<typeof modelOfConfig>[1]): Model {
  const kv = kvElements(shape)
  const bare: Model = {
    ...shape,
    id: names.id,
    hfId: names.hfId,
    ...(names.dtype === undefined ? {} : { nativeDtype: names.dtype }),
    source: names.source,
    totalParams: 1,
    activeParams: 1,
    totalParamsComputed: 1,
    activeParamsComputed: 1,
    expertParamsComputed: 0,
    attentionParamsComputed: 1,
    embeddingParams: read.vocab_size * read.hidden_size,
    totalDiffPct: 0,
    ...kv,
  }
  const count = countParameters(bare)
  const [total, active] = [Math.round(count.total), Math.round(count.active)]
  return {
    ...bare,
    totalParams: total,
    activeParams: active,
    totalParamsComputed: total,
    activeParamsComputed: active,
    expertParamsComputed: count.experts,
    attentionParamsComputed: Math.round(count.attention),
  }
}

/** Keys and values that one token of context adds, elements over all layers (reference of the formulas: core/serving/hardware/kv-shape.ts). */
function kvElements(shape: Shape) {
  const { attention, kvHeads, headDim = 0 } = shape
  const { mla, linear } = attention
  const perHead = (dim: number) => dim + (attention.vHeadDim ?? dim)
  const fullDim = attention.globalHeadDim ?? headDim
  // One tensor kept for keys and values still fills both rows of the cache.
  const perFull = mla ? mla.kvLoraRank + mla.qkRopeHeadDim : (attention.globalKvHeads ?? kvHeads) * perHead(fullDim)
  const perWindow = (attention.windowKvHeads ?? kvHeads) * perHead(headDim)
  const full = attention.fullLayers * perFull
  const all = full + attention.windowLayers * perWindow
  return {
    kvElementsPerTokenFullLayers: full,
    kvElementsPerTokenAllLayers: all,
    kvBytesPerTokenBf16: 2 * all,
    ...(linear ? { linearStateBytesPerSeqBf16: stateBytes(linear) } : {}),
  }
}

/** Recurrent state and the convolution's tail of the gated delta layers, bf16. */
function stateBytes(linear: LinearShape): number {
  const { layers, keyHeads = 0, keyHeadDim = 0, valueHeads = 0, valueHeadDim = 0, convKernel = 1 } = linear
  const state = valueHeads * keyHeadDim * valueHeadDim
  const tail = (2 * keyHeads * keyHeadDim + valueHeads * valueHeadDim) * (convKernel - 1)
  return 2 * layers * (state + tail)
}
