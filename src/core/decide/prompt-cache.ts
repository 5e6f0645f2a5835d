// Prompts as chains of prefix blocks, in time order, and one seller's cache rule in; how much each would read and write out.

/** How a seller's prompt cache keeps prefixes. Tokens and seconds. */
export interface CacheRule {
  /** Shorter prefixes are neither kept nor found. */
  readonly minimumTokens: number
  /** A hit is a whole multiple of this many tokens; 1 = any length. */
  readonly granularityTokens: number
  /** How long a prefix stays after it was written, or last read where `refreshedOnHit`. */
  readonly ttlSeconds: number
  readonly refreshedOnHit: boolean
}

export interface PromptCache {
  /**
   * One call: its prompt's size and `blocks[from..to)`, all of it, each of `blockTokens` tokens (a fraction, where only their
   * mean is known) but the last, which may be partly filled. Times may not go back. Returns the tokens read from the cache; what else of the prompt is written is
   * `writtenTokens` until the next call.
   */
  read(
    atMicros: number,
    promptTokens: number,
    blocks: ArrayLike<number>,
    from: number,
    to: number,
    blockTokens: number,
  ): number
  readonly writtenTokens: number
  /** Blocks held now: memory is bounded by those still alive, and by `mostBlocks`. */
  readonly size: number
}

/**
 * An empty cache under a rule. A hit is the longest run of leading blocks that are all still alive; what one call writes
 * can be read by calls that begin later, not by those of the same instant. Beyond `mostBlocks` the block longest unused
 * is dropped, which can only lower hits.
 */
export function promptCache(rule: CacheRule, mostBlocks = 4_000_000): PromptCache {
  const ttlMicros = rule.ttlSeconds * 1e6
  // Block → when its life began, the longest unused first: a map keeps the order in which keys were put in.
  const alive = new Map<number, number>()
  let pending: number[] = []
  let pendingAt = Number.NEGATIVE_INFINITY
  let written = 0

  const settle = () => {
    for (const block of pending) {
      alive.delete(block)
      alive.set(block, pendingAt)
    }
    pending = []
    for (const block of alive.keys()) {
      if (alive.size <= mostBlocks) break
      alive.delete(block)
    }
  }
  const bury = (now: number) => {
    for (const [block, since] of alive) {
      if (now - since <= ttlMicros) break
      alive.delete(block)
    }
  }

  return {
    read(atMicros, promptTokens, blocks, from, to, blockTokens) {
      if (atMicros > pendingAt) settle()
      pendingAt = atMicros
      bury(atMicros)
      written = 0
      if (promptTokens < rule.minimumTokens || to <= from) return 0
      let found = from
      while (found < to && alive.has(blocks[found]!)) found += 1
      // All blocks are all of the prompt, whatever rounding makes of their sizes' sum.
      const matched = found === to ? promptTokens : Math.min(promptTokens, (found - from) * blockTokens)
      const whole = Math.floor(matched / rule.granularityTokens) * rule.granularityTokens
      const isHit = whole >= rule.minimumTokens
      for (let i = isHit && !rule.refreshedOnHit ? found : from; i < to; i++) pending.push(blocks[i]!)
      written = promptTokens - (isHit ? whole : 0)
      return isHit ? whole : 0
    },
    get writtenTokens() {
      return written
    },
    get size() {
      return alive.size
    },
  }
}

/**
 * Tokens of a prefix block, from prompts and the number of their blocks: a prompt of p tokens in k blocks has
 * (k − 1)·b < p ≤ k·b. Feed every prompt; `tokens` is null while nothing was fed or no size fits all, and of several
 * sizes that fit the one that is a power of two, else the smallest.
 */
export function blockSize(): { add(promptTokens: number, blocks: number): void; readonly tokens: number | null } {
  let least = 1
  let below = Number.POSITIVE_INFINITY
  let any = false
  return {
    add(promptTokens, blocks) {
      if (blocks <= 0 || promptTokens <= 0) return
      any = true
      least = Math.max(least, Math.ceil(promptTokens / blocks))
      if (blocks > 1) below = Math.min(below, promptTokens / (blocks - 1))
    },
    get tokens() {
      if (!any || least >= below) return null
      let power = 1
      while (power < least) power *= 2
      return power < below ? power : least
    },
  }
}
