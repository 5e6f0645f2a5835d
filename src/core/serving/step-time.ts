// GPU, model, parallelism and dtypes → how long one engine step takes for the batch it carries.
import { pow } from '../statistics/elementary.ts'
import { adapterParameters, adapterSlowdown } from './adapters.ts'
import { kvElementBytes, type Precision, peakFlops, weightPrecision } from './dtype.ts'
import { type Efficiency, efficiency } from './efficiency.ts'
import { allReduceSeconds, linkOf } from './interconnect.ts'
import { keyParts, keysSeen } from './kv-shape.ts'
import { checkParallelism, type ReplicaShape } from './memory.ts'
import { countParameters } from './model.ts'

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
   * in the batch, `attention` seconds of all attention kernels.
   */
  readonly mixed: (tokens: number, rows: number, requests: number, attention: number) => number
  /** Seconds a request spends outside the engine before its first token. */
  readonly entrySeconds: number
}

/** One GEMM group as a soft roofline: memory time fixed, compute time per token. */
interface Group {
  readonly memory: number
  readonly computePerToken: number
}

/** Builds the timer of one replica. Tables fill as steps ask, so one timer may serve many simulations. */
export function stepTimer(shape: ReplicaShape, fit: Efficiency = efficiency): StepTimer {
  const { gpu, model, tp } = shape
  checkParallelism(model, tp)
  const count = countParameters(model)
  const precision = weightPrecision(model, shape.weightDtype)
  const bandwidth = gpu.memoryBandwidthTBs * 1e12
  const power = fit.rooflinePower

  const group = (parameters: number, p: Precision): Group => {
    const { flops, share } = peakFlops(gpu, p)
    return {
      memory: (parameters * p.bytes) / tp / (bandwidth * p.memoryShare),
      computePerToken: (2 * parameters) / tp / (flops * share),
    }
  }
  const soft = (memory: number, compute: number): number => {
    const high = Math.max(memory, compute)
    const ratio = Math.min(memory, compute) / high
    return high === 0 ? 0 : high * pow(1 + pow(ratio, power), 1 / power)
  }

  const dense = group(count.attention + count.dense + count.shared, precision.dense)
  const { dense: half } = weightPrecision(model, 'bf16')
  const head = group(count.head, half)
  const experts = group(count.experts, precision.experts)
  const { moe } = model
  const missed = moe ? 1 - moe.activeExperts / moe.experts : 0
  const activeShare = moe ? moe.activeExperts / moe.experts : 0

  const expertSeconds = (tokens: number): number => {
    if (!moe) return 0
    const touched = 1 - pow(missed, fit.routingSpread * tokens)
    const rows = tokens * activeShare + touched * fit.expertTileRows
    return soft((experts.memory * touched) / fit.expertMemoryShare, experts.computePerToken * rows)
  }

  const adapter = group(shape.adapters ? adapterParameters(model, shape.adapters.rank) : 0, half)
  // Each token multiplies with its own adapter's matrices; those that the step's tokens ask for are read, drawn alike.
  const adapterSeconds = (tokens: number): number => {
    if (!shape.adapters) return 0
    const { count } = shape.adapters
    const read = count * (1 - pow(1 - 1 / count, tokens))
    return soft(adapter.memory * read, adapter.computePerToken * tokens)
  }

  const link = linkOf(gpu, tp)
  const layers = model.layers
  const host = fit.hostFactor[gpu.arch] ?? 1
  const hostStep = host * (layers * fit.layerSeconds + (moe?.moeLayers ?? 0) * fit.moeLayerSeconds + fit.stepSeconds)
  const bodySeconds = (tokens: number): number =>
    soft(dense.memory, dense.computePerToken * tokens) +
    expertSeconds(tokens) +
    adapterSeconds(tokens) +
    2 * layers * fit.allReduceFactor * allReduceSeconds(link, tp, tokens * model.hidden * 2) +
    hostStep
  const headSeconds = (rows: number): number => (rows === 0 ? 0 : soft(head.memory, head.computePerToken * rows))

  const slowdown = shape.adapters ? adapterSlowdown : 1
  const body = tabled(tokens => slowdown * bodySeconds(tokens))
  const sampled = tabled(headSeconds)
  const floor = host * layers * fit.prefillLayerFloorSeconds

  const kvBytes = kvElementBytes(shape.kvDtype)
  const kvBandwidth = bandwidth * (fit.kvShare[gpu.arch] ?? fit.kvShare.other!)
  const attentionFlops = peakFlops(gpu, half).flops * fit.prefillAttentionShare
  const parts = keyParts(model).map(part => ({
    window: part.window,
    decodeSeconds: Math.max(
      (part.elements * kvBytes) / Math.min(tp, part.splits) / kvBandwidth,
      part.decodeFlops / tp / attentionFlops,
    ),
    prefillSeconds: part.prefillFlops / tp / attentionFlops,
  }))
  const growing = parts.filter(part => part.window === Infinity)
  const windowed = parts.filter(part => part.window !== Infinity)
  const contextTokenSeconds = growing.reduce((sum, part) => sum + part.decodeSeconds, 0)
  // A linear layer reads and writes its whole state each step.
  const stateSeconds = (2 * (model.linearStateBytesPerSeqBf16 ?? 0)) / tp / kvBandwidth

  return {
    decode: sequences => body(sequences) + sampled(sequences) + sequences * fit.requestSeconds,
    contextTokenSeconds,
    sequenceSeconds: (first, last) => {
      let seconds = stateSeconds
      for (const part of windowed) {
        const mean = keysSeen(last - first + 1, first - 1, part.window) / (last - first + 1)
        seconds += mean * part.decodeSeconds
      }
      return seconds
    },
    prefillAttention: (tokens, context) => {
      let seconds = 0
      for (const part of parts) seconds += part.prefillSeconds * keysSeen(tokens, context, part.window)
      return seconds
    },
    mixed: (tokens, rows, requests, attention) => {
      const seconds = body(tokens) + sampled(rows) + requests * fit.requestSeconds + attention
      const high = Math.max(seconds, floor)
      const ratio = Math.min(seconds, floor) / high
      const fourth = ratio * ratio * ratio * ratio
      return high * Math.sqrt(Math.sqrt(1 + fourth))
    },
    entrySeconds: fit.requestEntrySeconds,
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
