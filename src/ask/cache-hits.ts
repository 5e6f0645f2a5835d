// A ledger's prefix blocks and sellers' cache rules in; what each seller's cache would read and write of these calls out.
import { blockSize, type CacheRule, promptCache } from '../core/decide/prompt-cache.ts'
import type { CallColumns, LedgerReads, Slice } from '../ledger/ledger.ts'

/** One simulation: a rule over the calls that a seller takes. */
export interface CacheTrial {
  readonly rule: CacheRule
  /** Calls that go elsewhere and touch no cache here. */
  refuses(call: number): boolean
}

/** Tokens over the trial's calls, and by window of the demand. */
export interface CacheHits {
  readonly readTokens: number
  readonly writtenTokens: number
  /** Calls that read something. */
  readonly hits: number
  readonly readByWindow: Float64Array
  readonly writtenByWindow: Float64Array
}

/** What is known of repeats. */
export interface PrefixEvidence {
  /** Calls with prefix blocks. */
  readonly calls: number
  /**
   * Tokens of a block; null = no one size fits all prompts, as where blocks are cut by bytes (a gateway's): then each block
   * stands for an equal share of its own prompt, so that a hit on whole blocks is told low where the last one is short.
   */
  readonly blockTokens: number | null
}

/** The prefix blocks of a slice; null = nobody recorded any. Calls of unknown usage say nothing. */
export async function prefixEvidence(
  ledger: LedgerReads,
  slice: Slice,
  columns: CallColumns,
): Promise<PrefixEvidence | null> {
  const size = blockSize()
  let at = 0
  let isAnyKnown = false
  const calls = await ledger.prefixBlocks(slice, ({ n, offsets }) => {
    for (let k = 0; k < n; k++) {
      const [prompt, blocks] = [columns.inputTokens[at + k]!, offsets[k + 1]! - offsets[k]!]
      if (prompt > 0 && blocks > 0) isAnyKnown = true
      size.add(prompt, blocks)
    }
    at += n
  })
  return isAnyKnown ? { calls, blockTokens: size.tokens } : null
}

/** All trials in one pass over the blocks, in time order; memory holds one piece and the blocks alive in each cache. */
export async function cacheHits(
  ledger: LedgerReads,
  slice: Slice,
  columns: CallColumns,
  evidence: PrefixEvidence,
  trials: readonly CacheTrial[],
  windows: { readonly seconds: number; readonly count: number },
): Promise<CacheHits[]> {
  const caches = trials.map(({ rule }) => promptCache(rule))
  const found = trials.map(() => ({
    readTokens: 0,
    writtenTokens: 0,
    hits: 0,
    readByWindow: new Float64Array(windows.count),
    writtenByWindow: new Float64Array(windows.count),
  }))
  let at = 0
  await ledger.prefixBlocks(slice, ({ n, offsets, blocks }) => {
    for (let k = 0; k < n; k++, at++) {
      const prompt = columns.inputTokens[at]!
      // Half a count is in no bill, so its hits are in none either.
      if (prompt < 0 || columns.outputTokens[at]! < 0) continue
      const atMicros = columns.atMicros[at]!
      const blockTokens = evidence.blockTokens ?? prompt / (offsets[k + 1]! - offsets[k]!)
      const window = Math.floor((atMicros - columns.atMicros[0]!) / (windows.seconds * 1e6))
      trials.forEach((trial, t) => {
        if (trial.refuses(at)) return
        const cache = caches[t]!
        const sums = found[t]!
        const read = cache.read(atMicros, prompt, blocks, offsets[k]!, offsets[k + 1]!, blockTokens)
        const written = cache.writtenTokens
        sums.readTokens += read
        sums.writtenTokens += written
        if (read > 0) sums.hits += 1
        sums.readByWindow[window]! += read
        sums.writtenByWindow[window]! += written
      })
    }
  })
  return found
}
