// data/models.json in; the open architectures it lists, and which weights share one, out.
import { z } from 'zod'
import type { Model } from '../core/serving/hardware/model.ts'
import { readJson } from './table.ts'

const count = z.number().int().nonnegative()
const size = z.number().int().positive()

const attention = z.strictObject({
  type: z.enum(['gqa', 'mha', 'mla', 'sliding-hybrid', 'hybrid-linear', 'compressed-sparse']),
  fullLayers: count,
  windowLayers: count,
  linearLayers: count,
  window: size.exactOptional(),
  outputGate: z.boolean().exactOptional(),
  linear: z
    .strictObject({
      kind: z.string(),
      layers: size,
      keyHeads: size.exactOptional(),
      keyHeadDim: size.exactOptional(),
      valueHeads: size.exactOptional(),
      valueHeadDim: size.exactOptional(),
      convKernel: size.exactOptional(),
      heads: size.exactOptional(),
      headDim: size.exactOptional(),
    })
    .exactOptional(),
  mla: z
    .strictObject({
      qLoraRank: size.nullable(),
      kvLoraRank: size,
      qkNopeHeadDim: size,
      qkRopeHeadDim: count,
      vHeadDim: size,
    })
    .exactOptional(),
  sparse: z
    .strictObject({
      topK: size.exactOptional(),
      topKBlocks: size.exactOptional(),
      blockTokens: size.exactOptional(),
      indexHeads: size,
      indexHeadDim: size,
      indexLayers: size.exactOptional(),
      layers: size.exactOptional(),
    })
    .exactOptional(),
  compressed: z
    .strictObject({
      ratio4Layers: count,
      ratio128Layers: count,
      uncompressedLayers: count,
      topK: size,
      indexHeads: size,
      indexHeadDim: size,
    })
    .exactOptional(),
  globalHeadDim: size.exactOptional(),
  globalKvHeads: size.exactOptional(),
  globalKEqV: z.boolean().exactOptional(),
  windowKvHeads: size.exactOptional(),
  vHeadDim: size.exactOptional(),
  qLoraRank: size.exactOptional(),
  oLoraRank: size.exactOptional(),
  oGroups: size.exactOptional(),
})

const moe = z.strictObject({
  experts: size,
  activeExperts: size,
  moeIntermediate: size,
  sharedExperts: count,
  sharedIntermediate: count,
  firstDenseLayers: count,
  moeLayerStep: size,
  moeLayers: size,
  hashRoutedLayers: size.exactOptional(),
  latentHidden: size.exactOptional(),
})

const model: z.ZodType<Model> = z.strictObject({
  id: z.string(),
  hfId: z.string(),
  family: z.string(),
  layers: size,
  hidden: size,
  heads: size,
  kvHeads: size,
  headDim: size.exactOptional(),
  intermediate: size.exactOptional(),
  ffnMatrices: size,
  vocab: size,
  tiedEmbeddings: z.boolean(),
  qkvBias: z.boolean(),
  qkNorm: z.boolean(),
  attention,
  moe: moe.exactOptional(),
  nativeDtype: z.string(),
  maxContext: size,
  totalParams: size,
  activeParams: size,
  totalParamsComputed: size,
  activeParamsComputed: size,
  expertParamsComputed: count,
  attentionParamsComputed: size,
  embeddingParams: size,
  totalDiffPct: z.number(),
  kvElementsPerTokenAllLayers: count,
  kvElementsPerTokenFullLayers: count,
  kvBytesPerTokenBf16: count,
  kvNote: z.string().exactOptional(),
  linearStateBytesPerSeqBf16: size.exactOptional(),
  source: z.string(),
  note: z.string().exactOptional(),
})

/** What a file of models holds: the catalog's own, and the one that `models add` writes. */
export const modelsFile = z.object({ schema: z.string(), models: z.array(model) })

/** Every open model of the catalog: one row an architecture with the weights it was read from. */
export function loadModels(): readonly Model[] {
  return readJson('models.json', modelsFile).models
}

/**
 * Weights that are other than those of their architecture's own row: same shape, so the same speed and memory, but
 * another model with another quality and another price. `presumed`: said to be the same, not checked.
 */
export const architectureOf: Readonly<Record<string, { readonly id: string; readonly presumed?: true }>> = {
  'llama-3.3-70b': { id: 'llama-3.1-70b' },
  'qwen3-235b-a22b-2507': { id: 'qwen3-235b-a22b' },
  'qwen3-235b-a22b-thinking-2507': { id: 'qwen3-235b-a22b' },
  'qwen3-30b-a3b-2507': { id: 'qwen3-30b-a3b' },
  'qwen3-30b-a3b-thinking-2507': { id: 'qwen3-30b-a3b' },
  'qwen3-next-80b-a3b-thinking': { id: 'qwen3-next-80b-a3b' },
  'deepseek-v3-0324': { id: 'deepseek-v3' },
  'deepseek-v3.1': { id: 'deepseek-v3' },
  'deepseek-v3.1-terminus': { id: 'deepseek-v3' },
  'deepseek-r1': { id: 'deepseek-v3' },
  'deepseek-r1-0528': { id: 'deepseek-v3' },
  'deepseek-v3.2-exp': { id: 'deepseek-v3.2' },
  'kimi-k2-0905': { id: 'kimi-k2' },
  'kimi-k2-thinking': { id: 'kimi-k2' },
  'minimax-m2': { id: 'minimax-m2.5' },
  'minimax-m2.1': { id: 'minimax-m2.5' },
  'glm-4.7': { id: 'glm-4.6', presumed: true },
}

/** A name's spelling without owner, case and the suffixes that do not name other weights. */
export function bareName(name: string): string {
  const base = name.trim().toLowerCase().split('/').at(-1)!
  return base.replace(/^(meta-)(?=llama)/, '').replace(/-(instruct|it|hf|chat)$/, '')
}
