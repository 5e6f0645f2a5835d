// A model and adapters (LoRA) beside its weights → their parameters, all of which a replica keeps in memory.
import type { Model } from './model.ts'

/** So many adapters of one rank, any of which a request may ask for. */
export interface Adapters {
  readonly count: number
  readonly rank: number
}

/**
 * Parameters of one adapter on every linear layer but the routed experts: rank × (in + out) of each (Hu et al., LoRA, arXiv
 * 2106.09685 §4.1). Linear-attention layers are counted as four square projections.
 */
export function adapterParameters(model: Model, rank: number): number {
  const { hidden, ffnMatrices, moe, attention } = model
  const denseLayers = model.layers - (moe?.moeLayers ?? 0)
  const feedForward =
    denseLayers * ffnMatrices * (hidden + (model.intermediate ?? 0)) +
    (moe ? moe.moeLayers * moe.sharedExperts * ffnMatrices * (hidden + moe.sharedIntermediate) : 0)
  const growing = attention.fullLayers + attention.windowLayers
  return rank * (feedForward + growing * attentionWidths(model) + attention.linearLayers * 8 * hidden)
}

/**
 * What their kernels cost beyond reads and arithmetic, as a multiple of a step: published losses of throughput run from 8 %
 * (vLLM PR 15655, TPU, 2025) to 34 % (vLLM PR 11267, A100, 2024) and hardly depend on how many adapters there are; the middle
 * is taken, and the band is widened to both ends.
 */
export const adapterSlowdown = 1.25
export const adapterBand = 0.15

/** Σ (in + out) of one layer's projections. */
function attentionWidths({ hidden, heads, kvHeads, headDim = 0, attention: { mla, vHeadDim } }: Model): number {
  if (mla) {
    const { qLoraRank, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim } = mla
    const queries = heads * (qkNopeHeadDim + qkRopeHeadDim)
    const query = qLoraRank === null ? hidden + queries : hidden + 2 * qLoraRank + queries
    const latent = hidden + 2 * kvLoraRank + qkRopeHeadDim + heads * (qkNopeHeadDim + mla.vHeadDim)
    return query + latent + heads * mla.vHeadDim + hidden
  }
  const queries = heads * headDim
  const values = vHeadDim ?? headDim
  return hidden + queries + (2 * hidden + kvHeads * (headDim + values)) + heads * values + hidden
}

/** Bytes of all adapters of a replica, in 16 bits as they are published. */
export function adapterBytes(model: Model, adapters: Adapters | undefined): number {
  return adapters === undefined ? 0 : adapters.count * adapterParameters(model, adapters.rank) * 2
}
