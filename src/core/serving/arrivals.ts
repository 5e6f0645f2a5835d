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

/** Ids of blocks, as recorded → small whole numbers of (all before, block): what stands after another beginning is another block. */
export function chained(offsets: Int32Array, blocks: ArrayLike<number>): Int32Array {
  const ids = new Int32Array(offsets[offsets.length - 1]!)
  // By block, then by what stands before it: most blocks only ever follow one.
  const known = new Map<number, number | Map<number, number>>()
  const parents: number[] = []
  for (let call = 0; call + 1 < offsets.length; call++) {
    let parent = -1
    for (let i = offsets[call]!; i < offsets[call + 1]!; i++) {
      const seen = known.get(blocks[i]!)
      let id = typeof seen === 'number' ? (parents[seen] === parent ? seen : undefined) : seen?.get(parent)
      if (id === undefined) {
        id = parents.push(parent) - 1
        if (seen === undefined) known.set(blocks[i]!, id)
        else if (typeof seen === 'number')
          known.set(
            blocks[i]!,
            new Map([
              [parents[seen]!, seen],
              [parent, id],
            ]),
          )
        else seen.set(parent, id)
      }
      ids[i] = id
      parent = id
    }
  }
  return ids
}
