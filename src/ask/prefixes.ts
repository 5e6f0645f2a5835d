// A ledger's calls in; the same calls with what their prompts have in common, as simulated replicas cache it, out.
import { chained } from '../core/serving/traffic/arrivals.ts'
import type { CallColumns, LedgerReads, Slice } from '../ledger/ledger.ts'
import type { CallTimes } from './busiest.ts'
import { prefixEvidence } from './cache-hits.ts'

/** More blocks than these would take gigabytes to tell apart. */
const mostBlocks = 40_000_000

/** `columns` are those of the slice; without prefix blocks, or with more than 40 million, they stay as they are. */
export async function withPrefixes(
  ledger: LedgerReads,
  slice: Slice,
  columns: CallColumns,
): Promise<CallColumns & CallTimes> {
  const evidence = await prefixEvidence(ledger, slice, columns)
  if (evidence === null) return columns
  const offsets = new Int32Array(columns.n + 1)
  const pieces: Float64Array[] = []
  let call = 0
  let total = 0
  let isKept = true
  await ledger.prefixBlocks(slice, piece => {
    isKept &&= total <= mostBlocks
    if (isKept) pieces.push(piece.blocks)
    for (let k = 0; k < piece.n; k++) offsets[++call] = total + piece.offsets[k + 1]! - piece.offsets[0]!
    total = offsets[call]!
  })
  if (!isKept) return columns
  const blocks = new Float64Array(total)
  let at = 0
  for (const piece of pieces) {
    blocks.set(piece, at)
    at += piece.length
  }
  return { ...columns, prefix: { offsets, ids: chained(offsets, blocks), tokensPerBlock: evidence.blockTokens } }
}
