// Prompts as chains of prefix blocks → which of their KV blocks one replica still holds: reference counts, and an LRU of what nobody uses.
import type { HeldPrefixes } from './progress.ts'

/**
 * One replica's prefix cache, in KV blocks of 16 tokens. A trace's own block (512 tokens in Mooncake's) is a unit of several
 * KV blocks, held and dropped block by block but looked up once. Every free block stands in one queue, longest unused first:
 * runs without content, and units that nobody holds. New blocks come from its front, a unit losing its last block first.
 */
export interface PrefixCache {
  /** KV blocks from the front of the prompt that are here. `needed` then tells how many free blocks its units take, those of them that nobody holds included. */
  readonly found: (id: number) => number
  readonly needed: () => number
  /** Holds the prompt's units, those here and new ones, and `others` blocks without content: with room checked. Returns the blocks that are free no more. */
  readonly hold: (id: number, others: number) => number
  /** Takes free blocks for tokens that nobody will look up. */
  readonly take: (blocks: number) => void
  /** Gives up what `hold` gave and `others` blocks beside, the last block first. Only the first `computed` tokens of the prompt have content. Returns the blocks that are free again. */
  readonly release: (id: number, others: number, computed: number) => number
  /** KV blocks of the request's units. */
  readonly unitBlocks: (id: number) => number
  /** Blocks with content, held or not. */
  readonly cachedBlocks: () => number
}

/** Of a prompt that was computed to its end. */
export const wholePrompt = 0x3fffffff

/** A unit's number of the trace, where a run of blocks has no content. */
const none = -1

export function createPrefixCache(totalBlocks: number, prefix: HeldPrefixes, inputTokens: Int32Array): PrefixCache {
  const { ids, from, to, tokensPerBlock } = prefix
  // Every slot, a unit or a run of free blocks, has at least one block: so there are never more than blocks.
  const slots = totalBlocks + 2
  const head = 0 // the queue's two ends in one slot
  const unit = new Int32Array(slots)
  const blocks = new Int32Array(slots)
  const holders = new Int32Array(slots)
  const before = new Int32Array(slots)
  const after = new Int32Array(slots)
  let unusedSlots = 0 // linked by `after`
  let fresh = 1
  // Open addressing, the slot in each place, 0 = empty; deletion shifts back, so that no tombstones gather.
  let bits = 3
  while (1 << bits < 2 * slots) bits++
  const table = new Int32Array(1 << bits)
  const mask = table.length - 1
  const shift = 32 - bits
  let cached = 0
  let neededBlocks = 0
  // With blocks of one size, and no smaller than a KV block, what follows a missing unit is missing too.
  const breaksOff = tokensPerBlock !== null && tokensPerBlock >= 16

  // KV blocks of a unit where its size is a multiple of theirs, as most are; else 0.
  const wholeBlocks = tokensPerBlock !== null && tokensPerBlock % 16 === 0 ? tokensPerBlock >> 4 : 0

  const placeOf = (name: number): number => Math.imul(name, 0x9e3779b1) >>> shift

  function slotOf(name: number): number {
    for (let place = placeOf(name); ; place = (place + 1) & mask) {
      const slot = table[place]!
      if (slot === 0 || unit[slot] === name) return slot
    }
  }

  function newSlot(name: number, count: number): number {
    let slot = unusedSlots
    if (slot === 0) slot = fresh++
    else unusedSlots = after[slot]!
    unit[slot] = name
    blocks[slot] = count
    holders[slot] = 0
    return slot
  }

  function dropSlot(slot: number): void {
    after[slot] = unusedSlots
    unusedSlots = slot
  }

  function insert(name: number, count: number): number {
    const slot = newSlot(name, count)
    let place = placeOf(name)
    while (table[place] !== 0) place = (place + 1) & mask
    table[place] = slot
    cached += count
    return slot
  }

  function forget(slot: number): void {
    let hole = placeOf(unit[slot]!)
    while (table[hole] !== slot) hole = (hole + 1) & mask
    for (let place = (hole + 1) & mask; table[place] !== 0; place = (place + 1) & mask) {
      const home = placeOf(unit[table[place]!]!)
      // What hashes to a place after the hole is not looked for at the hole.
      if (((place - home) & mask) < ((place - hole) & mask)) continue
      table[hole] = table[place]!
      hole = place
    }
    table[hole] = 0
    dropSlot(slot)
  }

  function unlink(slot: number): void {
    const b = before[slot]!
    const a = after[slot]!
    after[b] = a
    before[a] = b
  }

  function append(slot: number): void {
    const last = before[head]!
    after[last] = slot
    before[slot] = last
    after[slot] = head
    before[head] = slot
  }

  function appendRun(count: number): void {
    if (count === 0) return
    const last = before[head]!
    if (last !== head && unit[last] === none) blocks[last] = blocks[last]! + count
    else append(newSlot(none, count))
  }

  function take(count: number): void {
    let left = count
    while (left > 0) {
      const first = after[head]!
      const has = blocks[first]!
      const isUnit = unit[first] !== none
      if (has > left) {
        blocks[first] = has - left
        if (isUnit) cached -= left
        return
      }
      left -= has
      unlink(first)
      if (isUnit) {
        cached -= has
        forget(first)
      } else dropSlot(first)
    }
  }

  /** KV blocks that lie wholly in the request's units up to the one at `i`. */
  function endOf(id: number, i: number): number {
    const start = from[id]!
    const prompt = inputTokens[id]!
    const count = i + 1 - start
    if (wholeBlocks > 0) return Math.min(count * wholeBlocks, prompt >> 4)
    // Blocks of no one size each stand for an equal share of their prompt.
    const tokens = tokensPerBlock === null ? (prompt * count) / (to[id]! - start) : count * tokensPerBlock
    return Math.floor(Math.min(tokens, prompt) / 16)
  }

  const unitBlocks = (id: number): number => (to[id]! === from[id]! ? 0 : endOf(id, to[id]! - 1))

  function found(id: number): number {
    const stop = to[id]!
    let hit = 0
    let end = 0
    let whole = true
    let shared = 0
    for (let i = from[id]!; i < stop; i++) {
      const next = endOf(id, i)
      if (next === end) continue
      const slot = slotOf(ids[i]!)
      const here = slot === 0 ? 0 : Math.min(blocks[slot]!, next - end)
      if (here > 0 && holders[slot]! > 0) shared += here
      if (whole) hit = end + here
      if (here < next - end) {
        whole = false
        if (slot === 0 && breaksOff) break
      }
      end = next
    }
    neededBlocks = unitBlocks(id) - shared
    return hit
  }

  function hold(id: number, others: number): number {
    const stop = to[id]!
    let kept = 0 // idle blocks that are held again
    let wanted = others
    let end = 0
    let missing = stop
    let i = from[id]!
    for (; i < stop; i++) {
      const next = endOf(id, i)
      const count = next - end
      if (count === 0) continue
      const slot = slotOf(ids[i]!)
      if (slot === 0) {
        if (missing === stop) missing = i
        if (breaksOff) break
        wanted += count
      } else {
        if (holders[slot] === 0) keepIdle(slot, count)
        kept += holders[slot] === 0 ? blocks[slot]! : 0
        holders[slot] = holders[slot]! + 1
        const lacking = count - blocks[slot]!
        if (lacking > 0) {
          blocks[slot] = count
          cached += lacking
          wanted += lacking
        }
      }
      end = next
    }
    if (i < stop) wanted += unitBlocks(id) - end
    take(wanted)
    end = missing > from[id]! ? endOf(id, missing - 1) : 0
    for (i = missing; i < stop; i++) {
      const next = endOf(id, i)
      if (next > end && (breaksOff || slotOf(ids[i]!) === 0)) {
        const slot = insert(ids[i]!, next - end)
        holders[slot] = 1
      }
      end = next
    }
    return kept + wanted
  }

  /** Out of the queue; what the next holder does not need of it stays there, without content. */
  function keepIdle(slot: number, count: number): void {
    unlink(slot)
    const surplus = blocks[slot]! - count
    if (surplus <= 0) return
    blocks[slot] = count
    cached -= surplus
    appendRun(surplus)
  }

  function release(id: number, others: number, computed: number): number {
    let freed = 0
    let run = others
    const start = from[id]!
    for (let i = to[id]! - 1; i >= start; i--) {
      const begin = i === start ? 0 : endOf(id, i - 1)
      if (endOf(id, i) === begin) continue
      const slot = slotOf(ids[i]!)
      const held = holders[slot]! - 1
      holders[slot] = held
      if (held > 0) continue
      const filled = Math.max(0, Math.min(blocks[slot]!, (computed >> 4) - begin))
      // Blocks of a prompt that was thrown out before they were computed.
      run += blocks[slot]! - filled
      cached -= blocks[slot]! - filled
      blocks[slot] = filled
      if (filled === 0) {
        forget(slot)
        continue
      }
      appendRun(run)
      freed += run + filled
      run = 0
      append(slot)
    }
    appendRun(run)
    return freed + run
  }

  appendRun(totalBlocks)
  return { found, needed: () => neededBlocks, hold, take, release, unitBlocks, cachedBlocks: () => cached }
}
