import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockSize, type CacheRule, promptCache } from './prompt-cache.ts'

interface Prompt {
  readonly at: number
  readonly tokens: number
  readonly blocks: readonly number[]
}

const blockTokens = 16

/** Conversations that grow, branch and come back: chains of blocks whose id is all that stands before them. */
const prompts = fc
  .array(fc.tuple(fc.nat(40), fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }), fc.nat(blockTokens - 1)), {
    minLength: 1,
    maxLength: 40,
  })
  .map(rows => {
    let at = 0
    return rows.map(([gap, path, missing]): Prompt => {
      at += gap
      const blocks = path.map((_, i) => path.slice(0, i + 1).reduce((id, step) => id * 3 + step + 1, 0))
      return { at, tokens: path.length * blockTokens - missing, blocks }
    })
  })

const rules = fc.record({
  minimumTokens: fc.nat(64),
  granularityTokens: fc.integer({ min: 1, max: 24 }),
  ttlSeconds: fc.nat(120),
  refreshedOnHit: fc.constant(true),
})

const plain: CacheRule = { minimumTokens: 1, granularityTokens: 1, ttlSeconds: 300, refreshedOnHit: true }

function hitsOf(rule: CacheRule, all: readonly Prompt[], mostBlocks?: number) {
  const cache = promptCache(rule, mostBlocks)
  return all.map(({ at, tokens, blocks }) => {
    const read = cache.read(at * 1e6, tokens, blocks, 0, blocks.length, blockTokens)
    return { read, written: cache.writtenTokens, size: cache.size }
  })
}

const readOf = (rule: CacheRule, all: readonly Prompt[]) => hitsOf(rule, all).reduce((sum, { read }) => sum + read, 0)

test('a prompt is read as far as its beginning was sent before, within the time, in whole steps, from the smallest on', () => {
  const one: Prompt = { at: 0, tokens: 48, blocks: [1, 2, 3] }
  const same: Prompt = { ...one, at: 300 }
  const other: Prompt = { at: 310, tokens: 60, blocks: [1, 2, 9, 10] }
  expect(hitsOf(plain, [one, same, other]).map(({ read }) => read)).toEqual([0, 48, 32])
  expect(hitsOf({ ...plain, ttlSeconds: 299 }, [one, same]).map(({ read }) => read)).toEqual([0, 0])
  expect(hitsOf({ ...plain, granularityTokens: 20 }, [one, same]).map(({ read }) => read)).toEqual([0, 40])
  expect(hitsOf({ ...plain, minimumTokens: 49 }, [one, same]).map(({ read }) => read)).toEqual([0, 0])
  // A prompt too short to be kept is not written either; a hit pays a write for what was new only.
  expect(hitsOf({ ...plain, minimumTokens: 49 }, [one]).map(({ written }) => written)).toEqual([0])
  expect(hitsOf(plain, [one, same, other]).map(({ written }) => written)).toEqual([48, 0, 28])
})

test('reading keeps a prefix alive where the seller says so, and does not where it does not', () => {
  const twice = [0, 200, 400].map((at): Prompt => ({ at, tokens: 16, blocks: [1] }))
  expect(hitsOf(plain, twice).map(({ read }) => read)).toEqual([0, 16, 16])
  expect(hitsOf({ ...plain, refreshedOnHit: false }, twice).map(({ read }) => read)).toEqual([0, 16, 0])
})

test('calls of one instant do not read what each other writes, so their order does not matter', () => {
  const one: Prompt = { at: 5, tokens: 16, blocks: [1] }
  expect(hitsOf(plain, [one, one, { ...one, at: 6 }]).map(({ read }) => read)).toEqual([0, 0, 16])
})

test('agrees with a cache that remembers everything and looks again each time', () => {
  fc.assert(
    fc.property(prompts, rules, (all, rule) => {
      const naive = all.map(({ at, tokens, blocks }) => {
        if (tokens < rule.minimumTokens) return 0
        const isAlive = (block: number) =>
          all.some(
            old =>
              old.at < at &&
              old.tokens >= rule.minimumTokens &&
              old.blocks.includes(block) &&
              at - old.at <= rule.ttlSeconds,
          )
        const end = blocks.findIndex(block => !isAlive(block))
        const found = Math.min(tokens, (end < 0 ? blocks.length : end) * blockTokens)
        const whole = found - (found % rule.granularityTokens)
        return whole >= rule.minimumTokens ? whole : 0
      })
      expect(hitsOf(rule, all).map(({ read }) => read)).toEqual(naive)
    }),
  )
})

test('law 1: what is read and what is written are disjoint parts of the prompt', () => {
  fc.assert(
    fc.property(prompts, rules, (all, rule) => {
      hitsOf(rule, all).forEach(({ read, written }, i) => {
        const { tokens } = all[i]!
        expect(read + written).toBe(tokens < rule.minimumTokens ? 0 : tokens)
        expect(read).toBeGreaterThanOrEqual(0)
        expect(read % rule.granularityTokens).toBe(0)
      })
    }),
  )
})

test('law 6: a longer life never has fewer hits; a smaller step or smallest prefix has no fewer tokens read', () => {
  fc.assert(
    fc.property(prompts, rules, fc.nat(120), (all, rule, more) => {
      const reads = readOf(rule, all)
      expect(readOf({ ...rule, ttlSeconds: rule.ttlSeconds + more }, all)).toBeGreaterThanOrEqual(reads)
      expect(readOf({ ...rule, granularityTokens: 1 }, all)).toBeGreaterThanOrEqual(reads)
      expect(readOf({ ...rule, minimumTokens: 0 }, all)).toBeGreaterThanOrEqual(reads)
    }),
  )
})

test('memory holds what is alive and no more than the bound, and the bound only costs hits', () => {
  fc.assert(
    fc.property(prompts, rules, fc.integer({ min: 1, max: 8 }), (all, rule, most) => {
      const bounded = hitsOf(rule, all, most)
      const free = hitsOf(rule, all)
      bounded.forEach(({ read, size }, i) => {
        expect(size).toBeLessThanOrEqual(most)
        expect(read).toBeLessThanOrEqual(free[i]!.read)
      })
    }),
  )
  const strangers = Array.from({ length: 10_000 }, (_, i): Prompt => ({ at: i, tokens: 16, blocks: [i] }))
  expect(Math.max(...hitsOf({ ...plain, ttlSeconds: 60 }, strangers).map(({ size }) => size))).toBeLessThanOrEqual(61)
})

test('the size of a block follows from prompts and how many blocks they have', () => {
  fc.assert(
    fc.property(fc.constantFrom(16, 64, 128, 512), fc.array(fc.integer({ min: 1, max: 20_000 })), (size, lengths) => {
      const found = blockSize()
      for (const tokens of [...lengths, size, size + 1]) found.add(tokens, Math.ceil(tokens / size))
      expect(found.tokens).toBe(size)
    }),
  )
  const odd = blockSize()
  odd.add(100, 2)
  odd.add(100, 9)
  expect(odd.tokens).toBeNull()
  expect(blockSize().tokens).toBeNull()
})
