// Arrivals and one engine → the same replica again, naively: one step at a time, a block an object, sums over the batch, nothing carried from step to step.

import { blocksAtMost, type Engine } from '../src/core/serving/engine/engine.ts'
import type { Arrivals } from '../src/core/serving/traffic/arrivals.ts'

interface Block {
  /** What is written in it, as its unit and its number there; null = nothing that anybody looks for. */
  name: string | null
  holders: number
}

interface Seen {
  readonly id: number
  prompt: number
  done: number
  generated: number
  /** Tokens of context that are cached. */
  cached: number
  blocks: Block[]
}

export function stepByStep(arrivals: Arrivals, engine: Engine) {
  const { timer, memory, policy } = engine
  const { n, atSeconds, inputTokens: input, outputTokens: output } = arrivals
  const prefix = engine.prefixCaching ? arrivals.prefix : undefined
  const numbers = () => new Float64Array(n)
  const first = numbers().fill(Number.NaN)
  const end = numbers().fill(Number.NaN)
  const late = numbers()
  const hitTokens = numbers()
  const charges = { prefill: numbers(), decode: numbers() }
  const waiting: Seen[] = []
  let running: Seen[] = []
  let arrived = 0
  let now = 0
  let busySeconds = 0
  let inSystemSeconds = 0
  let preemptions = 0
  let most = 0
  let longest = 0
  // Free blocks, longest unused first; and by name those with content, free or not.
  const free = Array.from({ length: memory.kvBlocks }, (): Block => ({ name: null, holders: 0 }))
  const named = new Map<string, Block>()
  let share = policy.headroom?.first ?? 0
  let decodeSteps = 0
  // Decode steps in all, and when the queue was last looked at for good.
  let taken = 0
  let polled = 0

  const names = (id: number): string[] => {
    if (!prefix) return []
    const list: string[] = []
    const { offsets, ids, tokensPerBlock } = prefix
    const [from, to] = [offsets[id]!, offsets[id + 1]!]
    const size = tokensPerBlock ?? input[id]! / (to - from)
    for (let i = from; i < to; i++) {
      const begin = Math.floor(((i - from) * size) / 16)
      const stop = Math.floor(Math.min((i - from + 1) * size, input[id]!) / 16)
      for (let k = begin; k < stop; k++) list.push(`${ids[i]}:${k - begin}`)
    }
    return list
  }
  const take = (name: string | null): Block => {
    const block = free.shift()!
    if (block.name !== null) named.delete(block.name)
    block.name = name
    block.holders = 1
    if (name !== null) named.set(name, block)
    return block
  }
  const giveBack = (s: Seen): void => {
    for (const block of s.blocks.reverse()) if (--block.holders === 0) free.push(block)
    s.blocks = []
  }
  const once = (s: Seen): number => memory.blocksPerSequence(input[s.id]! + output[s.id]!)
  const onceSeconds = (s: Seen): number => {
    const start = input[s.id]! + 1
    return timer.sequenceSeconds(start, Math.max(start, start + output[s.id]! - 2))
  }
  const isDecoding = (s: Seen): boolean => s.done === s.prompt
  const opening = (): Seen[] => (policy.reservesOutput ? [] : running.filter(s => isDecoding(s) && s.cached % 16 === 0))

  for (;;) {
    while (arrived < n && atSeconds[arrived]! + timer.entrySeconds <= now) {
      const id = arrived++
      if (blocksAtMost(memory, input[id]! + output[id]!) <= memory.kvBlocks) {
        waiting.push({ id, prompt: input[id]!, done: 0, generated: 0, cached: 0, blocks: [] })
      }
    }
    if (waiting.length + running.length === 0) {
      if (arrived === n) break
      now = atSeconds[arrived]! + timer.entrySeconds
      share = policy.headroom?.first ?? 0
      decodeSteps = 0
      continue
    }
    let preempted = false
    while (opening().length > free.length) {
      const last = running.pop()!
      if (!isDecoding(last)) {
        // Blocks taken for tokens that were not computed hold nothing.
        for (const block of last.blocks.slice(Math.floor(last.done / 16))) {
          if (block.name !== null && block.holders === 1) named.delete(block.name)
          if (block.holders === 1) block.name = null
        }
      }
      giveBack(last)
      waiting.unshift({ ...last, prompt: input[last.id]! + last.generated, done: 0, cached: 0 })
      preemptions++
      preempted = true
    }
    const decoders = running.filter(isDecoding)
    const coming = (): number => decoders.reduce((sum, s) => sum + output[s.id]! - s.generated, 0)
    if (preempted && policy.headroom) {
      const made = decoders.reduce((sum, s) => sum + s.generated, 0)
      const all = decoders.reduce((sum, s) => sum + output[s.id]!, 0)
      share = Math.min(1, (made + policy.headroom.ahead * decoders.length) / (all + 1))
      decodeSteps = -1
    }
    const shareNow = (): number => {
      const { first: from, last: to, steps } = policy.headroom!
      return Math.max(to, share - ((from - to) / steps) * Math.max(0, decodeSteps))
    }
    const beside = policy.mixes ? decoders : []
    const room = engine.timer.promptRoom(engine.maxBatchedTokens, beside.length)
    let budget = room
    const chunks: { s: Seen; tokens: number; attention: number }[] = []
    let promised = 0
    const chunk = (s: Seen): void => {
      const tokens = Math.min(s.prompt - s.done, budget)
      if (tokens <= 0) return
      chunks.push({ s, tokens, attention: timer.prefillAttention(tokens, s.done) })
      s.done += tokens
      budget -= tokens
      if (policy.headroom && s.done === s.prompt) {
        promised += Math.min(policy.headroom.ownLimit, output[s.id]! - s.generated)
      }
    }
    const opened = new Set<Seen>()
    const open = (): void => {
      for (const s of opening()) {
        if (opened.has(s)) continue
        s.blocks.push(take(null))
        opened.add(s)
      }
    }
    const isPartial = running.some(s => !isDecoding(s))
    const isBlind = decoders.length > 0 && !isPartial && (taken - polled) % engine.pollSteps !== 0
    if (!preempted && !isBlind) {
      const partial = running.find(s => !isDecoding(s))
      if (policy.mixes) open()
      if (partial) chunk(partial)
      while (waiting.length > 0 && budget > 0 && running.length < engine.maxSequences) {
        if (running.some(s => s.done < s.prompt)) break
        const s = waiting[0]!
        const units = names(s.id)
        let hits = 0
        while (hits < units.length && named.has(units[hits]!)) hits++
        const start = Math.min(16 * hits, 16 * Math.floor((s.prompt - 1) / 16))
        const compute = s.prompt - start
        if (!policy.cuts && compute > budget) {
          if (chunks.length > 0 || compute <= room) break
        }
        const whole = policy.reservesOutput ? input[s.id]! + output[s.id]! : s.prompt
        const others = Math.ceil(whole / 16) + once(s) - units.length
        const held = units.filter(name => (named.get(name)?.holders ?? 0) > 0).length
        let ahead = 0
        if (policy.headroom && running.length > 0) {
          ahead = Math.min(policy.headroom.ownLimit, output[s.id]! - s.generated) + promised + shareNow() * coming()
        }
        if (units.length - held + others + Math.ceil(ahead / 16) > free.length) break
        const reused = units.slice(0, hits).map(name => named.get(name)!)
        for (const block of reused) if (block.holders++ === 0) free.splice(free.indexOf(block), 1)
        const fresh = units.slice(hits).map(name => take(name))
        s.blocks = [...reused, ...fresh, ...Array.from({ length: others }, () => take(null))]
        if (s.generated === 0) hitTokens[s.id] = start
        s.done = start
        s.cached = s.prompt
        running.push(s)
        waiting.shift()
        chunk(s)
      }
    }
    const batch = chunks.length === 0 ? decoders : beside
    if (chunks.length === 0) open()
    const attentionOf = (s: Seen): number => timer.contextTokenSeconds * (s.cached + 1) + onceSeconds(s)
    const attention =
      chunks.reduce((sum, one) => sum + one.attention, 0) + batch.reduce((sum, s) => sum + attentionOf(s), 0)
    const sampled = chunks.filter(({ s }) => s.done === s.prompt).map(({ s }) => s)
    const tokens = chunks.reduce((sum, one) => sum + one.tokens, batch.length)
    const seconds =
      chunks.length === 0
        ? timer.decode(batch.length) + attention
        : timer.mixed(tokens, batch.length + sampled.length, batch.length + chunks.length, attention, batch.length)
    const requests = batch.length + chunks.length
    let left = 0
    if (timer.guessing && chunks.length > 0 && batch.length > 0) {
      const prompts = chunks.reduce((sum, one) => sum + one.attention, 0)
      const contexts = attention - prompts
      const whole = timer.guessing.wholeStep(
        tokens,
        batch.length + sampled.length,
        requests,
        prompts,
        contexts,
        batch.length,
      )
      left = Math.max(0, whole - seconds)
    }
    const fixed = Math.min(seconds - attention, timer.decode(1))
    const marginal = seconds - attention - fixed
    for (const s of batch) charges.decode[s.id]! += fixed / requests + marginal / tokens + attentionOf(s)
    for (const one of chunks) {
      charges.prefill[one.s.id]! += fixed / requests + (marginal * one.tokens) / tokens + one.attention
    }
    now += seconds
    busySeconds += seconds
    inSystemSeconds += seconds * (running.length + waiting.length)
    if (batch.length > 0) {
      decodeSteps++
      taken++
    }
    if (chunks.length > 0) polled = taken
    for (const s of batch) {
      s.cached++
      s.generated++
    }
    for (const s of sampled) {
      if (s.generated === 0) {
        first[s.id] = now + left
        late[s.id] = left
      }
      s.generated++
    }
    for (const s of running) {
      if (s.done < s.prompt || s.generated < output[s.id]!) continue
      end[s.id] = now + late[s.id]!
      inSystemSeconds += late[s.id]!
      giveBack(s)
    }
    running = running.filter(s => Number.isNaN(end[s.id]!))
    longest = Math.max(longest, seconds)
    most = Math.max(most, running.length)
  }
  return { first, end, now, busySeconds, preemptions, inSystemSeconds, most, longest, hitTokens, charges }
}
