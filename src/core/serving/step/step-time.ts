// GPU, model, parallelism and dtypes → how long one engine step takes for the batch it carries.
import { pow } from '../../statistics/elementary.ts'
import { adapterParameters, adapterSlowdown } from '../hardware/adapters.ts'
import { kvElementBytes, type Precision, peakFlops, weightPrecision } from '../hardware/dtype.ts'
import { allReduceSeconds, linkOf } from '../hardware/interconnect.ts'
import { keyParts, keysSeen } from '../hardware/kv-shape.ts'
import { checkParallelism, type ReplicaShape } from '../hardware/memory.ts'
import { countParameters, type Model } from '../hardware/model.ts'
import { draftParallelism, type Speculation } from '../hardware/speculation.ts'
import { archOf, type Efficiency, effectOf, efficiency, engineKey } from './efficiency.ts'
import { type StepParts, speculativeTimer } from './speculative.ts'

/**
 * Step time in the parts a scheduler needs. A pure decode step of B sequences whose contexts sum to S takes
 * `decode(B) + S × contextTokenSeconds + Σ sequenceSeconds`: linear in S, so n steps have a closed form.
 */
export interface StepTimer {
  /** Everything of a pure decode step of `sequences` but reading their contexts. */
  readonly decode: (sequences: number) => number
  /** Reading one token of context in a decode step, all growing layers. */
  readonly contextTokenSeconds: number
  /** Window layers and linear state of one sequence in a decode step, the mean over its life from `first` to `last` token of context. */
  readonly sequenceSeconds: (first: number, last: number) => number
  /** Attention of a chunk of `tokens` prompt tokens after `context` earlier ones. */
  readonly prefillAttention: (tokens: number, context: number) => number
  /**
   * A step that carries prefill: `tokens` in all (prefill + decode, their GEMMs priced once), `rows` sampled, `requests`
   * in the batch, `attention` seconds of all attention kernels; `decoding` of the tokens are one each of sequences that decode.
   */
  readonly mixed: (tokens: number, rows: number, requests: number, attention: number, decoding?: number) => number
  /** Of a step's budget of tokens, those left for prompts beside so many sequences that decode. */
  readonly promptRoom: (budget: number, decoding: number) => number
  /** Where a draft guesses: steps here are then told by the token, each a part of one of the hardware. */
  readonly guessing?: Guessing
  /** Seconds a request spends outside the engine before its first token. */
  readonly entrySeconds: number
  /** Before that, one request after the other: tokenisation and checks of a prompt. */
  readonly frontSeconds: (promptTokens: number) => number
  /** What takes the most of a decode step of `sequences` whose contexts sum to `contextTokens`. */
  readonly largestPart: (sequences: number, contextTokens: number) => StepPart
}

interface Guessing {
  /** Tokens that a sequence gains by a step of the hardware. */
  readonly tokensPerStep: number
  /**
   * A step of the hardware as a whole that carries these prompts: arguments as of `mixed`, with `prompts` and `contexts` the
   * seconds of attention of prompts and of what decodes, as this timer tells them.
   */
  readonly wholeStep: (
    tokens: number,
    rows: number,
    requests: number,
    prompts: number,
    contexts: number,
    decoding: number,
  ) => number
}

export type StepPart =
  | 'reading weights'
  | 'arithmetic'
  | 'reading the KV cache'
  | 'exchange between GPUs'
  | 'host and launch overhead'
  | 'a step as measured'

/** One GEMM group as a soft roofline: memory time fixed, compute time per token. */
interface Group {
  readonly memory: number
  readonly computePerToken: number
}

/**
 * Builds the timer of one lane of a replica: one of the `dp` copies of its attention, one of the `pp` micro-batches that
 * its stages pass on. Tables fill as steps ask, so one timer may serve many simulations.
 */
export function stepTimer(shape: ReplicaShape, fit: Efficiency = efficiency): StepTimer {
  const { gpu, model, tp, pp = 1, dp = 1 } = shape
  checkParallelism(model, tp)
  const count = countParameters(model)
  const precision = weightPrecision(model, shape.weightDtype)
  const bandwidth = gpu.memoryBandwidthTBs * 1e12
  const power = fit.rooflinePower
  const arch = fit.arch[archOf(gpu)]
  const engine = fit.engines[engineKey(shape)]
  const [decodeScale, mixedScale, entryScale] = effectOf(fit, shape)

  const group = (parameters: number, p: Precision, gpus: number, memory = 1, compute = 1): Group => {
    const { flops, as } = peakFlops(gpu, p)
    const unpacking = p.bytes < 2 && p.format !== 'int8' && (as === 'bf16' || as === 'int4') ? fit.unpacking : 1
    return {
      memory:
        (engine.kernels * parameters * p.bytes) / gpus / (bandwidth * fit.gemm[p.format].memory * arch.memory * memory),
      computePerToken:
        (engine.kernels * 2 * parameters) / gpus / (flops * fit.gemm[as].compute * arch.compute * compute * unpacking),
    }
  }
  const soft = (memory: number, compute: number): number => {
    const high = Math.max(memory, compute)
    const ratio = Math.min(memory, compute) / high
    return high === 0 ? 0 : high * pow(1 + pow(ratio, power), 1 / power)
  }

  const dense = group(count.attention + count.dense + count.shared, precision.dense, tp)
  const { dense: half } = weightPrecision(model, 'bf16')
  const head = group(count.head, half, tp)
  const { moe } = model
  // All lanes of one stage meet in its experts, which are cut or spread over all its GPUs.
  const expertGpus = tp * dp
  const spread = (shape.ep ?? 1) > 1
  // The narrower a GPU's slice of an expert, the less of its peak a grouped GEMM reaches.
  const width = (moe?.moeIntermediate ?? 1) * Math.min(1, (shape.ep ?? 1) / expertGpus)
  const fill = (half: number): number => width / (width + half)
  const experts = group(
    count.experts,
    precision.experts,
    expertGpus,
    fit.experts.memory * fill(fit.experts.halfWidthMemory),
    fit.experts.compute * fill(fit.experts.halfWidthCompute),
  )
  const missed = moe ? 1 - moe.activeExperts / moe.experts : 0
  const activeShare = moe ? moe.activeExperts / moe.experts : 0
  const imbalance = spread ? fit.experts.imbalance : 1

  const touchedShare = (tokens: number): number => (moe ? 1 - pow(missed, fit.experts.spread * tokens * dp) : 0)
  const expertSeconds = (tokens: number): number => {
    if (!moe) return 0
    const touched = touchedShare(tokens)
    const rows = tokens * dp * activeShare + touched * fit.experts.tileRows
    return soft(experts.memory * touched, imbalance * experts.computePerToken * rows)
  }

  const adapter = group(shape.adapters ? adapterParameters(model, shape.adapters.rank) : 0, half, tp)
  // Each token multiplies with its own adapter's matrices; those that the step's tokens ask for are read, drawn alike.
  const adapterSeconds = (tokens: number): number => {
    if (!shape.adapters) return 0
    const { count } = shape.adapters
    const read = count * (1 - pow(1 - 1 / count, tokens))
    return soft(adapter.memory * read, adapter.computePerToken * tokens)
  }

  const layers = model.layers
  const moeLayers = moe?.moeLayers ?? 0
  const link = linkOf(gpu, tp)
  const wide = linkOf(gpu, expertGpus)
  // Without copies of the attention every rank has all tokens: experts that are spread are summed like any other layer.
  const exchanged = dp > 1
  const communication = (tokens: number): number => {
    const bytes = tokens * model.hidden * 2
    const sums = exchanged ? 2 * layers - moeLayers : 2 * layers
    const inside = sums * (link.pcie ? fit.allReducePcie : fit.allReduce) * allReduceSeconds(link, tp, bytes)
    const across = exchanged ? moeLayers * fit.expertExchange * allReduceSeconds(wide, expertGpus, bytes * dp) : 0
    // Between stages a hop each, at half an all-reduce of two.
    const hops = (pp - 1) * 0.5 * fit.allReduce * allReduceSeconds(linkOf(gpu, 2 * tp), 2, bytes)
    return inside + across + hops
  }

  const { host } = arch
  const special = specialLayers(model)
  const hostStep =
    host *
    (layers * engine.layerSeconds +
      moeLayers * engine.moeLayerSeconds +
      special.latent * fit.latent.layerSeconds +
      special.linear * fit.linear.layerSeconds +
      special.sparse * fit.sparse.layerSeconds +
      engine.stepSeconds)
  const tokenSeconds = (special.linear * fit.linear.tokenLayerSeconds) / tp
  const bodySeconds = (tokens: number): number =>
    soft(dense.memory, dense.computePerToken * tokens) +
    expertSeconds(tokens) +
    adapterSeconds(tokens) +
    communication(tokens) +
    tokens * tokenSeconds +
    hostStep
  const headSeconds = (rows: number): number => (rows === 0 ? 0 : soft(head.memory, head.computePerToken * rows))

  const slowdown = shape.adapters ? adapterSlowdown : 1
  const body = tabled(tokens => slowdown * bodySeconds(tokens))
  const sampled = tabled(headSeconds)
  const floor = host * layers * engine.prefillLayerFloorSeconds
  const requestSeconds = host * engine.requestSeconds

  const kvBytes = kvElementBytes(shape.kvDtype)
  const kvBandwidth = bandwidth * arch.kv
  const attentionFlops = peakFlops(gpu, half).flops * fit.prefillAttention * arch.compute
  const prefillFactor = special.latent > 0 ? fit.latent.prefill : special.sparse > 0 ? fit.sparse.prefill : 1
  const parts = keyParts(model).map(part => ({
    window: part.window,
    // The keys are read once for all tokens of a sequence in the step.
    decodeSeconds: (tokens: number) =>
      decodeScale *
      Math.max(
        (part.elements * kvBytes) / Math.min(tp, part.splits) / kvBandwidth,
        (tokens * part.decodeFlops) / tp / attentionFlops,
      ),
    prefillSeconds: (prefillFactor * part.prefillFlops) / tp / attentionFlops,
  }))
  const growing = parts.filter(part => part.window === Infinity)
  const windowed = parts.filter(part => part.window !== Infinity)
  const contextTokenSeconds = growing.reduce((sum, part) => sum + part.decodeSeconds(1), 0)
  // A linear layer reads and writes its whole state each step.
  const stateSeconds = (decodeScale * 2 * (model.linearStateBytesPerSeqBf16 ?? 0)) / tp / kvBandwidth

  const verify = (sequences: number, tokens: number): number =>
    decodeScale * (body(capturedSize(tokens)) + sampled(tokens) + sequences * requestSeconds)
  const timer: StepTimer = {
    decode: sequences => verify(sequences, sequences),
    contextTokenSeconds,
    sequenceSeconds: (first, last) => {
      let seconds = stateSeconds
      for (const part of windowed) {
        const mean = keysSeen(last - first + 1, first - 1, part.window) / (last - first + 1)
        seconds += mean * part.decodeSeconds(1)
      }
      return seconds
    },
    prefillAttention: (tokens, context) => {
      let seconds = 0
      for (const part of parts) seconds += part.prefillSeconds * keysSeen(tokens, context, part.window)
      return seconds
    },
    mixed: (tokens, rows, requests, attention) => {
      const seconds = body(tokens) + sampled(rows) + requests * requestSeconds + attention
      const high = Math.max(seconds, floor)
      const ratio = Math.min(seconds, floor) / high
      const fourth = ratio * ratio * ratio * ratio
      return mixedScale * high * Math.sqrt(Math.sqrt(1 + fourth))
    },
    entrySeconds: entryScale * engine.entrySeconds,
    largestPart: (sequences, contextTokens) => {
      const memory = dense.memory + experts.memory * touchedShare(sequences) + head.memory
      const compute =
        sequences * (dense.computePerToken + experts.computePerToken * activeShare * dp + head.computePerToken)
      const parts: readonly (readonly [StepPart, number])[] = [
        [memory >= compute ? 'reading weights' : 'arithmetic', Math.max(memory, compute)],
        ['reading the KV cache', contextTokens * contextTokenSeconds],
        ['exchange between GPUs', communication(sequences)],
        ['host and launch overhead', hostStep + sequences * requestSeconds],
      ]
      return parts.reduce((most, part) => (part[1] > most[1] ? part : most))[0]
    },
    frontSeconds: promptTokens => entryScale * (engine.entryRequestSeconds + promptTokens * engine.entryTokenSeconds),
    promptRoom: (budget, decoding) => budget - decoding,
  }
  const { speculation } = shape
  if (speculation === undefined) return timer
  return speculativeTimer(timer, speculation, {
    verify,
    carry: timer.mixed,
    contextTokenSeconds: tokens => growing.reduce((sum, part) => sum + part.decodeSeconds(tokens), 0),
    draft: draftOf(shape, speculation, fit, {
      decode: sequences => verify(sequences, sequences) / layers + sampled(sequences),
      carry: tokens => timer.mixed(tokens, 0, 0, 0) / layers,
      contextTokenSeconds: contextTokenSeconds / layers,
      prefillAttention: (tokens, context) => timer.prefillAttention(tokens, context) / layers,
    }),
  })
}

/** A guess of one more layer is that layer and the LM head again; a smaller model's is a step of its own. */
function draftOf(
  shape: ReplicaShape,
  { draft }: Speculation,
  fit: Efficiency,
  head: StepParts['draft'],
): StepParts['draft'] {
  if (draft === 'head') return head
  const { speculation: _, calibration: __, adapters: ___, weightDtype: ____, ...rest } = shape
  const timer = stepTimer({ ...rest, model: draft, tp: draftParallelism(draft, shape.tp) }, fit)
  return { ...timer, carry: tokens => timer.mixed(tokens, 0, 0, 0) }
}

/** Largest batch for which a CUDA graph is captured (vLLM's `max_cudagraph_capture_size`; SGLang and TensorRT-LLM capture alike). */
const largestCaptured = 512

/** A pure decode step runs the smallest captured graph that holds its batch: 1, 2, 4, then multiples of 8; beyond the largest, as it is. */
function capturedSize(sequences: number): number {
  if (sequences <= 2 || sequences > largestCaptured) return sequences
  return sequences <= 4 ? 4 : (sequences + 7) & ~7
}

/** Layers whose attention is not plain, by kind. */
function specialLayers({ attention, layers }: Model) {
  return {
    latent: attention.mla ? attention.fullLayers : 0,
    linear: attention.linear ? attention.linearLayers : 0,
    sparse: attention.sparse || attention.type === 'compressed-sparse' ? (attention.sparse?.layers ?? layers) : 0,
  }
}

/** `f` of whole numbers, each computed once. */
function tabled(f: (n: number) => number): (n: number) => number {
  let known = new Float64Array(2048).fill(-1)
  return n => {
    if (n >= known.length) {
      const grown = new Float64Array(Math.max(n + 1, known.length * 2)).fill(-1)
      grown.set(known)
      known = grown
    }
    let value = known[n]!
    if (value < 0) {
      value = f(n)
      known[n] = value
    }
    return value
  }
}
