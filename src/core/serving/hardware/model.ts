// What an open model is, as the catalog states it → how many parameters it has, by the part that a serving step reads them in.

export type AttentionType = 'gqa' | 'mha' | 'mla' | 'sliding-hybrid' | 'hybrid-linear' | 'compressed-sparse'

/** Multi-head latent attention (DeepSeek-V2 and its kin): keys and values are kept as one latent row per token. */
export interface MlaShape {
  /** Null: queries are projected directly. */
  readonly qLoraRank: number | null
  readonly kvLoraRank: number
  readonly qkNopeHeadDim: number
  readonly qkRopeHeadDim: number
  readonly vHeadDim: number
}

/** Linear-attention or state-space layers: a constant state per sequence instead of a growing KV cache. */
export interface LinearShape {
  readonly kind: string
  readonly layers: number
  readonly keyHeads?: number
  readonly keyHeadDim?: number
  readonly valueHeads?: number
  readonly valueHeadDim?: number
  readonly convKernel?: number
  readonly heads?: number
  readonly headDim?: number
}

/** An indexer picks which keys a query attends to (DeepSeek sparse attention and its kin). */
export interface SparseShape {
  readonly topK?: number
  readonly topKBlocks?: number
  readonly blockTokens?: number
  readonly indexHeads: number
  readonly indexHeadDim: number
  readonly indexLayers?: number
  readonly layers?: number
}

/** Keys compressed by 4 or by 128 tokens to one (DeepSeek-V4). */
export interface CompressedShape {
  readonly ratio4Layers: number
  readonly ratio128Layers: number
  readonly uncompressedLayers: number
  readonly topK: number
  readonly indexHeads: number
  readonly indexHeadDim: number
}

export interface Attention {
  readonly type: AttentionType
  /** Layers whose keys grow with the whole context. */
  readonly fullLayers: number
  /** Layers that look back `window` tokens only. */
  readonly windowLayers: number
  readonly linearLayers: number
  readonly window?: number
  readonly outputGate?: boolean
  readonly linear?: LinearShape
  readonly mla?: MlaShape
  readonly sparse?: SparseShape
  readonly compressed?: CompressedShape
  /** Full layers of Gemma-4 have heads of their own shape. */
  readonly globalHeadDim?: number
  readonly globalKvHeads?: number
  /** Full layers keep one tensor for keys and values. */
  readonly globalKEqV?: boolean
  readonly windowKvHeads?: number
  readonly vHeadDim?: number
  readonly qLoraRank?: number
  readonly oLoraRank?: number
  readonly oGroups?: number
}

/** Mixture of experts: `activeExperts` of `experts` per token, `sharedExperts` always. */
export interface Moe {
  readonly experts: number
  readonly activeExperts: number
  readonly moeIntermediate: number
  readonly sharedExperts: number
  readonly sharedIntermediate: number
  readonly firstDenseLayers: number
  readonly moeLayerStep: number
  /** Layers that carry experts. */
  readonly moeLayers: number
  readonly hashRoutedLayers?: number
  /** Experts work in a narrower space than `hidden` (Nemotron-3). */
  readonly latentHidden?: number
}

/** One row of data/models.json. Counts are parameters; `kvElements…` are elements per token, to be multiplied by bytes of the KV dtype. */
export interface Model {
  readonly id: string
  readonly hfId: string
  readonly family: string
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  readonly kvHeads: number
  /** Absent where the attention has no single head dimension (MLA). */
  readonly headDim?: number
  /** Width of the dense feed-forward; absent where every layer carries experts only. */
  readonly intermediate?: number
  /** 3 = gated, 2 = plain. */
  readonly ffnMatrices: number
  readonly vocab: number
  readonly tiedEmbeddings: boolean
  readonly qkvBias: boolean
  readonly qkNorm: boolean
  readonly attention: Attention
  readonly moe?: Moe
  /** Dtype in which the weights are published: bf16, fp16, fp8, mxfp4, nvfp4, int4, … */
  readonly nativeDtype: string
  readonly maxContext: number
  readonly totalParams: number
  readonly activeParams: number
  readonly totalParamsComputed: number
  readonly activeParamsComputed: number
  readonly expertParamsComputed: number
  readonly attentionParamsComputed: number
  readonly embeddingParams: number
  readonly totalDiffPct: number
  readonly kvElementsPerTokenAllLayers: number
  readonly kvElementsPerTokenFullLayers: number
  readonly kvBytesPerTokenBf16: number
  readonly kvNote?: string
  readonly linearStateBytesPerSeqBf16?: number
  readonly source: string
  readonly note?: string
}

/** Parameter counts by part. `total` = sum of the rest; `active` = what one token multiplies with (LM head in, input lookup out). */
export interface ParameterCount {
  readonly total: number
  readonly active: number
  /** Projections of all attention and linear layers, with their biases and indexers. */
  readonly attention: number
  /** Feed-forward of the layers without experts. */
  readonly dense: number
  /** Routed experts, all of them. */
  readonly experts: number
  /** Shared experts, routers and latent projections: read in every step. */
  readonly shared: number
  /** Input embedding table when it is not the LM head's. */
  readonly embedding: number
  readonly head: number
  readonly norms: number
}

/** Layer-by-layer recount of the published figure, as in reference formulas of each architecture's paper or config. */
export function countParameters(model: Model): ParameterCount {
  const { hidden, moe } = model
  const attention = attentionParameters(model)
  const dense = (model.layers - (moe?.moeLayers ?? 0)) * model.ffnMatrices * hidden * (model.intermediate ?? 0)
  const expertInput = moe?.latentHidden ?? hidden
  const experts = moe ? moe.moeLayers * moe.experts * model.ffnMatrices * expertInput * moe.moeIntermediate : 0
  const shared = moe
    ? moe.moeLayers *
      (moe.sharedExperts * model.ffnMatrices * hidden * moe.sharedIntermediate +
        hidden * moe.experts +
        (moe.latentHidden === undefined ? 0 : 2 * hidden * moe.latentHidden))
    : 0
  const head = model.vocab * hidden
  const embedding = model.tiedEmbeddings ? 0 : head
  const norms = (2 * model.layers + 1) * hidden
  const total = attention + dense + experts + shared + embedding + head + norms
  const expertsPerToken = moe ? (experts * moe.activeExperts) / moe.experts : 0
  const active = attention + dense + expertsPerToken + shared + head + norms
  return { total, active, attention, dense, experts, shared, embedding, head, norms }
}

function attentionParameters(model: Model): number {
  const { attention } = model
  if (attention.type === 'compressed-sparse') return compressedSparseParameters(model)
  const perFull = attention.mla ? mlaLayer(model) : fullLayer(model)
  const linear = attention.linear ? attention.linearLayers * linearLayer(model.hidden, attention.linear) : 0
  return attention.fullLayers * perFull + attention.windowLayers * windowLayer(model) + linear + indexers(model)
}

function fullLayer(model: Model): number {
  const { attention } = model
  const d = attention.globalHeadDim ?? model.headDim ?? 0
  const kvHeads = attention.globalKvHeads ?? model.kvHeads
  const gate = attention.outputGate ? model.hidden * model.heads * d : 0
  const keyAndValue = attention.globalKEqV ? d : d + (attention.vHeadDim ?? d)
  return gate + projections(model, d, keyAndValue, kvHeads, attention.vHeadDim ?? d)
}

function windowLayer(model: Model): number {
  const { attention } = model
  const d = model.headDim ?? 0
  const valueDim = attention.vHeadDim ?? d
  return projections(model, d, d + valueDim, attention.windowKvHeads ?? model.kvHeads, valueDim)
}

function projections(model: Model, d: number, keyAndValue: number, kvHeads: number, valueDim: number): number {
  const { hidden, heads } = model
  const bias = model.qkvBias ? heads * d + kvHeads * keyAndValue : 0
  const norm = model.qkNorm ? 2 * d : 0
  return hidden * heads * d + hidden * kvHeads * keyAndValue + heads * valueDim * hidden + bias + norm
}

/** DeepSeek-V2 (arXiv 2405.04434) §2.1. */
function mlaLayer(model: Model): number {
  const { hidden, heads } = model
  const { qLoraRank, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim } = model.attention.mla!
  const queryDim = heads * (qkNopeHeadDim + qkRopeHeadDim)
  const query = qLoraRank === null ? hidden * queryDim : hidden * qLoraRank + qLoraRank * queryDim
  const latent = hidden * (kvLoraRank + qkRopeHeadDim) + kvLoraRank * heads * (qkNopeHeadDim + vHeadDim)
  const gate = model.attention.outputGate ? hidden * heads * vHeadDim : 0
  return query + latent + heads * vHeadDim * hidden + gate
}

function linearLayer(hidden: number, linear: LinearShape): number {
  if (linear.kind === 'lightning') return 5 * hidden * (linear.heads ?? 0) * (linear.headDim ?? 0)
  const keys = (linear.keyHeads ?? 0) * (linear.keyHeadDim ?? 0)
  const valueHeads = linear.valueHeads ?? 0
  const values = valueHeads * (linear.valueHeadDim ?? 0)
  const convolution = (2 * keys + values) * (linear.convKernel ?? 0)
  const projected = hidden * (2 * keys + 2 * values) + values * hidden + convolution
  // Kimi's delta layers make their decay through a low-rank pair, Qwen's gated delta layers per head.
  if (linear.kind === 'kimi-delta') {
    const rank = linear.keyHeadDim ?? 0
    return projected + hidden * rank + rank * values + hidden * valueHeads
  }
  return projected + 2 * hidden * valueHeads
}

/** The lightning indexer of DeepSeek-V3.2 (queries from the query latent), or MiniMax-M3's (from the hidden state). */
function indexers(model: Model): number {
  const { sparse, mla } = model.attention
  if (!sparse) return 0
  const { indexHeads, indexHeadDim } = sparse
  const layers = sparse.indexLayers ?? sparse.layers ?? model.layers
  const key = model.hidden * indexHeadDim
  if (mla?.qLoraRank) return layers * (mla.qLoraRank * indexHeads * indexHeadDim + key + model.hidden * indexHeads)
  return layers * (model.hidden * indexHeads * indexHeadDim + key)
}

/** DeepSeek-V4: one latent KV head, low-rank queries and grouped outputs, compressors of 4:1 and 128:1. */
function compressedSparseParameters(model: Model): number {
  const { hidden, heads, attention } = model
  const d = model.headDim ?? 0
  const query = attention.qLoraRank ?? 0
  const output = attention.oLoraRank ?? 0
  const groups = attention.oGroups ?? 1
  const perLayer = hidden * query + query * heads * d + hidden * d + heads * d * output + groups * output * hidden
  const { ratio4Layers, ratio128Layers, indexHeads, indexHeadDim } = attention.compressed!
  const indexer = query * indexHeads * indexHeadDim + hidden * indexHeads + 4 * hidden * indexHeadDim
  return model.layers * perLayer + ratio4Layers * (indexer + 4 * hidden * d) + ratio128Layers * 2 * hidden * d
}

/** KV-cache bytes that one more token of context adds once windows are full, over all layers, before any tensor-parallel split. */
export function kvBytesPerToken(model: Model, bytesPerElement: number): number {
  return model.kvElementsPerTokenFullLayers * bytesPerElement
}
