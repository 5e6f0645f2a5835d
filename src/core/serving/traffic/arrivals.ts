// Requests to be served, in time order, as flat arrays: what the simulation replays.

/** `n` requests sorted by arrival. Times are seconds from the first moment of the replay. */
export interface Arrivals {
  readonly n: number
  readonly atSeconds: Float64Array
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
  /** What prompts have in common; absent = nobody knows, and nothing is found in a cache. */
  readonly prefix?: PrefixBlocks | undefined
  /** By request, which session it belongs to; negative = none. Absent = nobody knows. */
  readonly sessions?: Int32Array | undefined
  /** The cache of every prompt comes with it: another replica computed it (disaggregated.ts). */
  readonly carried?: boolean | undefined
}

/**
 * Prompts as chains of blocks: request i's are `ids[offsets[i] .. offsets[i + 1])`. An id stands for its block and all before
 * it, so that equal ids are equal beginnings; `chained` makes such ids of any.
 */
export interface PrefixBlocks {
  readonly offsets: Int32Array
  readonly ids: Int32Array
  /** Of each block but a prompt's last; null = no one size, each stands for an equal share of its prompt. */
  readonly tokensPerBlock: number | null
}

/** Ids of blocks, as recorded (whole numbers) → small ones of (all before, block): what stands after another beginning is another block. */
export function chained(offsets: Int32Array, blocks: ArrayLike<number>): Int32Array {
  const total = offsets[offsets.length - 1]!
  const ids = new Int32Array(total)
  // By id, what it stands for; and open addressing from that to the id, of which 0 means nobody.
  const blockOf = new Float64Array(total + 1)
  const parentOf = new Int32Array(total + 1)
  let bits = 4
  while (2 ** bits < 2 * total) bits++
  const table = new Int32Array(2 ** bits)
  const mask = table.length - 1
  let known = 0
  for (let call = 0; call + 1 < offsets.length; call++) {
    let parent = 0
    for (let i = offsets[call]!; i < offsets[call + 1]!; i++) {
      const block = blocks[i]!
      const low = Math.imul((block % 4294967296) ^ Math.imul(parent, 0x85ebca6b), 0x9e3779b1)
      let place = (low ^ (low >>> 15) ^ Math.imul(block / 4294967296, 0x27d4eb2f)) & mask
      let id = table[place]!
      while (id !== 0 && (blockOf[id] !== block || parentOf[id] !== parent)) {
        place = (place + 1) & mask
        id = table[place]!
      }
      if (id === 0) {
        id = ++known
        table[place] = id
        blockOf[id] = block
        parentOf[id] = parent
      }
      ids[i] = id
      parent = id
    }
  }
  return ids
}

/**
 * The arrivals' `picks`, at other times. `copies[i]` tells which copy of the traffic pick i belongs to: prompts of different
 * copies have no beginnings in common, nor sessions, or a request served twice would find itself in the cache.
 */
export function picked(
  arrivals: Pick<Arrivals, 'inputTokens' | 'outputTokens' | 'prefix' | 'sessions'>,
  picks: ArrayLike<number>,
  atSeconds: Float64Array,
  copies?: ArrayLike<number>,
): Arrivals {
  const n = picks.length
  const lengths: Omit<Arrivals, 'sessions'> & { sessions?: Int32Array } = {
    n,
    atSeconds,
    inputTokens: Int32Array.from(picks, i => arrivals.inputTokens[i]!),
    outputTokens: Int32Array.from(picks, i => arrivals.outputTokens[i]!),
    ...(arrivals.sessions === undefined ? {} : { sessions: Int32Array.from(picks, i => arrivals.sessions![i]!) }),
  }
  const { prefix, sessions } = arrivals
  if (sessions) {
    const size = 1 + sessions.reduce((most, session) => Math.max(most, session), 0)
    const sessionOf = (i: number, k: number): number =>
      sessions[i]! < 0 ? -1 : sessions[i]! + (copies?.[k] ?? 0) * size
    lengths.sessions = Int32Array.from(picks, sessionOf)
  }
  if (!prefix) return lengths
  const offsets = new Int32Array(n + 1)
  for (let k = 0; k < n; k++) {
    offsets[k + 1] = offsets[k]! + prefix.offsets[picks[k]! + 1]! - prefix.offsets[picks[k]!]!
  }
  let most = 0
  for (const id of prefix.ids) if (id > most) most = id
  const ids = new Int32Array(offsets[n]!)
  for (let k = 0; k < n; k++) {
    const from = prefix.offsets[picks[k]!]!
    const shift = (copies?.[k] ?? 0) * (most + 1)
    for (let i = offsets[k]!; i < offsets[k + 1]!; i++) ids[i] = prefix.ids[from + i - offsets[k]!]! + shift
  }
  return { ...lengths, prefix: { offsets, ids, tokensPerBlock: prefix.tokensPerBlock } }
}
