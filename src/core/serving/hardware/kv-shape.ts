// A model's attention layers → what they keep and read per token of context: parts that grow, parts that stop at a window.
import type { Model } from './model.ts'

/** `elements` kept and read, and `flops` of a decode step, per key looked at. `window` Infinity: all of the context. */
export interface KeyPart {
  readonly window: number
  /** KV elements per token, over all layers of the part, before tensor parallelism. */
  readonly elements: number
  /** How many GPUs the elements can be split over; further ones hold copies. */
  readonly splits: number
  /** Attention FLOPs per (query token, key) pair in prefill and in decode, all layers of the part. */
  readonly prefillFlops: number
  readonly decodeFlops: number
}

/** What attention looks at: for time. What the cache holds is in `cacheShape`. */
export function keyParts(model: Model): readonly KeyPart[] {
  const { attention, heads } = model
  if (attention.type === 'compressed-sparse') return compressedParts(model)
  const d = attention.globalHeadDim ?? model.headDim ?? 0
  const parts: KeyPart[] = []
  if (attention.mla) parts.push(...latentParts(model))
  else if (attention.fullLayers > 0) {
    const flops = 2 * heads * (d + (attention.vHeadDim ?? d)) * attention.fullLayers
    const splits = attention.globalKvHeads ?? model.kvHeads
    const full = { splits, elements: model.kvElementsPerTokenFullLayers, prefillFlops: flops, decodeFlops: flops }
    const { sparse } = attention
    const window = sparse ? (sparse.topK ?? (sparse.topKBlocks ?? 0) * (sparse.blockTokens ?? 0)) : Infinity
    parts.push({ ...full, window: window || Infinity })
    if (sparse) parts.push(indexPart(model))
  }
  if (attention.windowLayers > 0) {
    const width = model.headDim ?? 0
    const flops = 2 * heads * (width + (attention.vHeadDim ?? width)) * attention.windowLayers
    parts.push({
      window: attention.window ?? Infinity,
      elements: model.kvElementsPerTokenAllLayers - model.kvElementsPerTokenFullLayers,
      splits: attention.windowKvHeads ?? model.kvHeads,
      prefillFlops: flops,
      decodeFlops: flops,
    })
  }
  return parts
}

/** MLA: prefill on expanded heads, decode in absorbed form on the latent row, which every tensor-parallel rank holds whole. */
function latentParts(model: Model): readonly KeyPart[] {
  const { qkNopeHeadDim, qkRopeHeadDim, vHeadDim, kvLoraRank } = model.attention.mla!
  const layers = model.attention.fullLayers
  const latent: KeyPart = {
    window: model.attention.sparse?.topK ?? Infinity,
    elements: layers * (kvLoraRank + qkRopeHeadDim),
    splits: 1,
    prefillFlops: 2 * model.heads * (qkNopeHeadDim + qkRopeHeadDim + vHeadDim) * layers,
    decodeFlops: 2 * model.heads * (2 * kvLoraRank + qkRopeHeadDim) * layers,
  }
  return model.attention.sparse ? [latent, indexPart(model)] : [latent]
}

/** The indexer looks at one short key per token of the whole context (kept in FP8: half an element). */
function indexPart(model: Model): KeyPart {
  const { indexHeads, indexHeadDim, indexLayers, layers } = model.attention.sparse!
  const count = indexLayers ?? layers ?? model.layers
  const flops = 2 * indexHeads * indexHeadDim * count
  return { window: Infinity, elements: (count * indexHeadDim) / 2, splits: 1, prefillFlops: flops, decodeFlops: flops }
}

/** DeepSeek-V4: a short window everywhere; beyond it one entry per 4 tokens (the best `topK`) or per 128 (all). */
function compressedParts(model: Model): readonly KeyPart[] {
  const { ratio4Layers, ratio128Layers, topK, indexHeads, indexHeadDim } = model.attention.compressed!
  const d = model.headDim ?? 0
  const perKey = 4 * model.heads * d
  const part = (window: number, layersPerToken: number, elements: number, flops: number): KeyPart => ({
    window,
    elements: layersPerToken * elements,
    splits: 1,
    prefillFlops: layersPerToken * flops,
    decodeFlops: layersPerToken * flops,
  })
  return [
    part(model.attention.window ?? 128, model.layers, d, perKey),
    part(topK * 4, ratio4Layers / 4, d, perKey),
    part(Infinity, ratio4Layers / 4, indexHeadDim, 2 * indexHeads * indexHeadDim),
    part(Infinity, ratio128Layers / 128, d, perKey),
  ]
}

/** What the cache keeps for a sequence, in bytes on each of `tp` GPUs: per token of context, and once per sequence. */
export interface CacheShape {
  readonly bytesPerToken: number
  /** Window layers and linear states at their fullest. */
  readonly windows: readonly { readonly window: number; readonly bytesPerToken: number }[]
  readonly stateBytes: number
}

/** Per-GPU KV bytes: heads are replicated when `tp` exceeds them, a latent row always is. */
export function cacheShape(model: Model, tp: number, elementBytes: number): CacheShape {
  const { attention } = model
  const latent = attention.mla !== undefined || attention.type === 'compressed-sparse'
  const fullSplits = latent ? 1 : Math.min(tp, attention.globalKvHeads ?? model.kvHeads)
  const index = attention.sparse && attention.type === 'mla' ? indexPart(model).elements * elementBytes : 0
  const windows: { window: number; bytesPerToken: number }[] = []
  if (attention.windowLayers > 0 && attention.window !== undefined) {
    const elements = latent
      ? attention.windowLayers * (model.headDim ?? 0)
      : model.kvElementsPerTokenAllLayers - model.kvElementsPerTokenFullLayers
    const splits = latent ? 1 : Math.min(tp, attention.windowKvHeads ?? model.kvHeads)
    windows.push({ window: attention.window, bytesPerToken: (elements * elementBytes) / splits })
  }
  return {
    bytesPerToken: (model.kvElementsPerTokenFullLayers * elementBytes) / fullSplits + index,
    windows,
    stateBytes: (model.linearStateBytesPerSeqBf16 ?? 0) / tp,
  }
}

/** Σ over query positions c+1 … c+n of the keys each looks at: min(position, window). */
export function keysSeen(tokens: number, context: number, window: number): number {
  const below = Math.max(0, Math.min(tokens, window - context))
  return below * context + (below * (below + 1)) / 2 + (tokens === below ? 0 : (tokens - below) * window)
}
