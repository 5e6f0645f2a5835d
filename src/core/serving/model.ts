// What an open model is, as the catalog states it: the shape that its weights, arithmetic and KV cache follow from.

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
