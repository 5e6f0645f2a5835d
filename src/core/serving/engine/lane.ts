// Requests handed to one engine → when each got its first and last token, by continuous batching advanced event by event.

import { createChargeBook } from './charges.ts'
import { blocksOf, blocksOpened, secondsOf, stepsUntil, stepsWithBlocks } from './decode-run.ts'
import { blocksAtMost, type Engine } from './engine.ts'
import { finishHeap } from './finish-heap.ts'
import { headroomShare } from './headroom.ts'
import type { Work } from './peak-shares.ts'
import { createPrefixCache, wholePrompt } from './prefix-cache.ts'
import type { Progress } from './progress.ts'

/** One batch of an engine at work. Times only move forward. */
export interface Lane {
  /** Hands over request `id`; false when it can never be served (then it is marked rejected). */
  readonly enqueue: (id: number) => boolean
  /** Runs every step that starts before `untilSeconds`; an idle replica waits until then. */
  readonly advance: (untilSeconds: number) => void
  /** The same, but stops after the step in which a request finishes. */
  readonly advanceToFinish: (untilSeconds: number) => void
  readonly state: () => LaneState
  /** No request can finish before this: until then `outstanding` holds without advancing. */
  readonly quietUntil: () => number
  /** Requests waiting or running: what a router looks at. */
  readonly outstanding: () => number
  /** Requests that no batch has taken in yet. */
  readonly waiting: () => number
  /** The first of them; −1 without one. */
  readonly firstWaiting: () => number
  /** Tokens of the prompt that it would not compute if it were admitted now: its beginning is in the cache. */
  readonly cachedTokens: (id: number) => number
  /**
   * Gives up what it holds, those running first in the order of their admission: they are computed anew wherever they go
   * next, and stay charged for what was lost.
   */
  readonly evict: () => number[]
  /** Charges running sequences for their steps so far, where charges are asked for: then all charges sum to the busy seconds. */
  readonly settleCharges: () => void
}

export interface LaneState {
  readonly nowSeconds: number
  readonly busySeconds: number
  readonly idleSeconds: number
  readonly waiting: number
  readonly running: number
  readonly completed: number
  readonly preemptions: number
  /** Times that the next waiting prompt found too few free blocks. */
  readonly cacheStalls: number
  readonly usedBlocks: number
  readonly freeBlocks: number
  /** Blocks of them, used or free, with a beginning that a prompt may share. */
  readonly cachedBlocks: number
  /** Tokens of prompts whose first token came, and of these not computed but found. */
  readonly promptTokens: number
  readonly hitTokens: number
  /** Decode steps. */
  readonly steps: number
  readonly work: Work
}

// Doubles that change every step live in a typed array: a captured `let` would box each write.
const NOW = 0
const CONTEXT = 1 // Σ tokens that decoding sequences look at in their next step
const ONCE = 2 // Σ seconds a step for windows and states of decoding sequences
const STEP = 3 // decode steps taken so far
const BUSY = 4
const IDLE = 5
const LEFT = 6 // Σ last step of decoding sequences: minus steps × sequences, the tokens still to come
const OUTPUT = 7 // Σ tokens of output of decoding sequences
const PROMPTS = 8 // Σ tokens of prompts whose first token came
const HITS = 9
const TURN = 10 // prompts admitted
const POLLED = 11 // step of the last look at the queue
const DECODE_STEPS = 12 // steps without prompts
const DECODE_TOKENS = 13
const SAMPLED = 14
const READ = 15 // Σ context that decoding sequences looked at
const KEYS = 16 // Σ keys that prompt tokens looked at
const PROMPT_STEPS = 17
const PROMPT_STEP_TOKENS = 18

/**
 * Continuous batching as vLLM V1 does it, varied by the engine's `policy`: one token budget a step; running sequences first
 * (one token each), then the prompt in progress, then waiting prompts first come first served while budget, sequence limit
 * and blocks last. A prompt's blocks are taken whole at admission; when a decode step lacks blocks the last admitted
 * sequence is preempted and recomputed. Steps in which the batch does not change are taken at once in closed form. Its
 * clock begins at `fromSeconds`, warm. Of an engine of several lanes this is one (`laneOf`).
 */
export function createLane(engine: Engine, progress: Progress, fromSeconds = 0): Lane {
  const { timer, memory, policy, maxBatchedTokens, maxSequences, maxContext, pollSteps } = engine
  const { mixes, cuts, reservesOutput, headroom } = policy
  const { inputTokens, outputTokens, firstTokenAt, finishedAt, generated } = progress
  const { finishStep, next, previous, onceBlocks, onceSeconds } = progress
  const { guessing } = timer
  // Times told are later by what was left of the step of the hardware that brought the first token.
  const late = guessing === undefined ? null : progress.lateSeconds
  const perToken = timer.contextTokenSeconds
  const totalBlocks = memory.kvBlocks

  const real = new Float64Array(19)
  real[NOW] = fromSeconds
  const heap = finishHeap(finishStep, progress.heapPlace, maxSequences)
  // Decoding sequences by (context − step) mod 16: says at which steps each opens a new block, without visiting it.
  const residues = new Int32Array(16)
  const completing = new Int32Array(Math.min(maxBatchedTokens, maxSequences) + 1)
  // Requests that ended in one step, in the order in which they give up their blocks.
  const due = new Int32Array(maxSequences)
  const share = headroom === null ? null : headroomShare(headroom)
  const { prefix, carried, ended: endedIds } = progress
  const cache = prefix !== null && engine.prefixCaching ? createPrefixCache(totalBlocks, prefix, inputTokens) : null
  const book = createChargeBook(timer, engine.gpus, progress)
  let freeBlocks = totalBlocks
  let paidBlocks = 0 // taken already, of those that the next decode step opens
  let phase = 0 // step mod 16
  let decoding = 0
  let runningTail = -1
  let waitingHead = -1
  let waitingTail = -1
  let waiting = 0
  let partial = -1 // the one prompt in progress
  let partialDone = 0
  let completed = 0
  let preemptions = 0
  let cacheStalls = 0

  function enqueue(id: number): boolean {
    const tokens = inputTokens[id]! + outputTokens[id]!
    onceBlocks[id] = memory.blocksPerSequence(tokens)
    if (tokens > maxContext || blocksAtMost(memory, tokens) > totalBlocks) {
      progress.rejected[id] = 1
      return false
    }
    const first = inputTokens[id]! + 1
    onceSeconds[id] = timer.sequenceSeconds(first, Math.max(first, tokens - 1))
    next[id] = -1
    if (waitingTail < 0) waitingHead = id
    else next[waitingTail] = id
    waitingTail = id
    waiting++
    return true
  }

  /** Blocks that a prompt takes at admission: its own, or those of its whole output too. */
  const admittedBlocks = (id: number): number =>
    blocksOf(reservesOutput ? inputTokens[id]! + outputTokens[id]! : promptOf(id)) + onceBlocks[id]!
  /** Blocks that a sequence of so much cached context holds. */
  const heldBlocks = (id: number, context: number): number =>
    reservesOutput ? admittedBlocks(id) : blocksOf(context) + onceBlocks[id]!
  /** Blocks that decoding opens in the next `steps` steps. */
  const opens = (steps: number): number => (reservesOutput ? 0 : blocksOpened(residues, phase, steps, decoding))
  /** Tokens of its own output for which a prompt looks for room at admission. */
  const ownAhead = (id: number): number => Math.min(headroom!.ownLimit, outputTokens[id]! - generated[id]!)
  /** Tokens that decoding sequences have yet to make. */
  const left = (): number => real[LEFT]! - real[STEP]! * decoding

  /** Tokens to prefill: after a preemption the generated ones too. */
  const promptOf = (id: number): number => inputTokens[id]! + generated[id]!
  const residueOf = (context: number): number => (context + 16 - phase) & 15

  /** Blocks of waiting prompt `id` that are free now: fewer where others hold its beginning. */
  function freeBlocksFor(id: number): number {
    const blocks = admittedBlocks(id)
    return cache === null ? blocks : blocks - cache.unitBlocks(id) + cache.needed()
  }

  function take(blocks: number): void {
    freeBlocks -= blocks
    if (cache !== null) cache.take(blocks)
  }

  function release(id: number, context: number, computed: number): void {
    const held = heldBlocks(id, context)
    freeBlocks += cache === null ? held : cache.release(id, held - cache.unitBlocks(id), computed)
    const before = previous[id]!
    const after = next[id]!
    if (after >= 0) previous[after] = before
    else runningTail = before
    if (before >= 0) next[before] = after
  }

  function appendRunning(id: number): void {
    previous[id] = runningTail
    next[id] = -1
    if (runningTail >= 0) next[runningTail] = id
    runningTail = id
  }

  /** Cached context of a decoding sequence: its last generated token is not cached yet. */
  const contextOf = (id: number): number => inputTokens[id]! + outputTokens[id]! - (finishStep[id]! - real[STEP]!) - 1

  function leaveDecoding(id: number, context: number): void {
    decoding--
    real[CONTEXT] = decoding === 0 ? 0 : real[CONTEXT]! - context - 1
    real[ONCE] = decoding === 0 ? 0 : real[ONCE]! - onceSeconds[id]!
    real[LEFT] = decoding === 0 ? 0 : real[LEFT]! - finishStep[id]!
    real[OUTPUT] = real[OUTPUT]! - outputTokens[id]!
    const residue = residueOf(context)
    residues[residue] = residues[residue]! - 1
    if (book !== null) book.settle(id, real[STEP]!, context)
    release(id, context, wholePrompt)
  }

  function preemptLast(): void {
    const id = runningTail
    if (id === partial) {
      release(id, promptOf(id), partialDone)
      partial = -1
    } else {
      generated[id] = outputTokens[id]! - (finishStep[id]! - real[STEP]!)
      heap.remove(id)
      leaveDecoding(id, contextOf(id))
    }
    if (carried !== null) carried[id] = 0
    next[id] = waitingHead
    waitingHead = id
    if (waitingTail < 0) waitingTail = id
    waiting++
    preemptions++
  }

  /** Ends decode sequences whose last step was just taken: the first admitted first, for they give up their blocks in that order. */
  function finishDue(): void {
    const step = real[STEP]!
    let ended = 0
    while (decoding > 0) {
      const id = heap.top()
      if (finishStep[id]! > step) break
      heap.pop()
      finishedAt[id] = late === null ? real[NOW]! : real[NOW]! + late[id]!
      completed++
      if (endedIds !== null) endedIds.push(id)
      if (cache === null) leaveDecoding(id, contextOf(id))
      else {
        const { turn } = prefix!
        let i = ended++
        for (; i > 0 && turn[due[i - 1]!]! > turn[id]!; i--) due[i] = due[i - 1]!
        due[i] = id
        if (ended === decoding) break
      }
    }
    for (let i = 0; i < ended; i++) leaveDecoding(due[i]!, contextOf(due[i]!))
  }

  /** The prompt is cached and its next token sampled: it decodes from the next step on, or is done. */
  function finishPrompt(id: number, rest: number): void {
    const context = promptOf(id)
    if (generated[id] === 0) {
      firstTokenAt[id] = real[NOW]! + rest
      if (late !== null) late[id] = rest
      real[PROMPTS] = real[PROMPTS]! + context
      if (cache !== null) real[HITS] = real[HITS]! + prefix!.hitTokens[id]!
    }
    generated[id] = generated[id]! + 1
    const toMake = outputTokens[id]! - generated[id]!
    if (toMake <= 0) {
      release(id, context, wholePrompt)
      finishedAt[id] = late === null ? real[NOW]! : real[NOW]! + late[id]!
      completed++
      if (endedIds !== null) endedIds.push(id)
      return
    }
    finishStep[id] = real[STEP]! + toMake
    heap.push(id)
    decoding++
    real[CONTEXT] = real[CONTEXT]! + context + 1
    real[ONCE] = real[ONCE]! + onceSeconds[id]!
    real[LEFT] = real[LEFT]! + finishStep[id]!
    real[OUTPUT] = real[OUTPUT]! + outputTokens[id]!
    if (book !== null) book.join(id, real[STEP]!)
    const residue = residueOf(context)
    residues[residue] = residues[residue]! + 1
  }

  /** Decode steps of an unchanging batch: as many as fit before a finish, a lack of blocks, or `until`. */
  function decodeMany(until: number, atMost: number): void {
    const first = timer.decode(decoding) + perToken * real[CONTEXT]! + real[ONCE]!
    const growth = perToken * decoding
    let steps = Math.min(atMost, finishStep[heap.top()]! - real[STEP]!)
    if (share !== null && steps > 1 && waitingHead >= 0) steps = Math.min(steps, stepsUntilRoom())
    const room = until - real[NOW]!
    if (steps > 1 && first >= room) steps = 1
    if (steps > 1) {
      if (!reservesOutput) steps = stepsWithBlocks(residues, phase, steps, decoding, freeBlocks + paidBlocks)
      if (room < secondsOf(steps, first, growth)) steps = stepsUntil(room, first, growth, steps)
    }
    take(opens(steps) - paidBlocks)
    paidBlocks = 0
    if (book !== null) book.decode(steps, decoding)
    const seconds = secondsOf(steps, first, growth)
    real[NOW] = real[NOW]! + seconds
    real[BUSY] = real[BUSY]! + seconds
    real[DECODE_STEPS] = real[DECODE_STEPS]! + steps
    real[DECODE_TOKENS] = real[DECODE_TOKENS]! + steps * decoding
    real[SAMPLED] = real[SAMPLED]! + steps * decoding
    real[READ] = real[READ]! + secondsOf(steps, real[CONTEXT]!, decoding)
    real[CONTEXT] = real[CONTEXT]! + steps * decoding
    real[STEP] = real[STEP]! + steps
    phase = (phase + steps) & 15
    finishDue()
  }

  /** Steps of decoding after which the first waiting prompt may find the headroom that it lacks now, if nothing ends before. */
  function stepsUntilRoom(): number {
    if (partial >= 0 || decoding >= maxSequences) return Number.POSITIVE_INFINITY
    const room = 16 * (freeBlocks - freeBlocksFor(waitingHead)) - ownAhead(waitingHead)
    return share!.stepsUntil(real[STEP]!, decoding, left(), room)
  }

  /** Admits waiting prompts and takes one step that carries prefill; false when there is nothing to prefill. */
  function prefillStep(): boolean {
    const beside = mixes ? decoding : 0
    const room = timer.promptRoom(maxBatchedTokens, beside)
    let budget = room
    let prompts = 0
    let done = 0
    let attention = 0
    let promised = 0 // tokens for which those admitted in this step looked for room
    // Running sequences come first: what they open in this step is not there for prompts.
    if (beside > 0) {
      paidBlocks = opens(1)
      take(paidBlocks)
    }
    if (partial >= 0 && budget > 0) {
      const chunk = Math.min(promptOf(partial) - partialDone, budget)
      const own = timer.prefillAttention(chunk, partialDone)
      attention += own
      if (book !== null) book.prompt(partial, chunk, own)
      real[KEYS] = real[KEYS]! + chunk * (partialDone + (chunk + 1) / 2)
      partialDone += chunk
      budget -= chunk
      prompts++
      if (partialDone === promptOf(partial)) {
        completing[done++] = partial
        if (share !== null) promised += ownAhead(partial)
        partial = -1
      }
    }
    while (partial < 0 && budget > 0 && waitingHead >= 0 && decoding + prompts < maxSequences) {
      const id = waitingHead
      const prompt = promptOf(id)
      const hit = cachedTokens(id)
      const toCompute = prompt - hit
      // Uncut prompts wait for a step with room for them; one longer than any step is cut after all.
      if (!cuts && toCompute > budget && (prompts > 0 || toCompute <= room)) break
      const blocks = freeBlocksFor(id)
      // With nothing running there is nothing to look ahead for: a lone prompt always starts.
      const coming =
        share === null || decoding + prompts === 0 ? 0 : ownAhead(id) + promised + share.at(real[STEP]!) * left()
      if (blocks + Math.ceil(coming / 16) > freeBlocks) {
        cacheStalls++
        break
      }
      waitingHead = next[id]!
      if (waitingHead < 0) waitingTail = -1
      waiting--
      freeBlocks -= blocks
      if (cache !== null) admitToCache(id, hit)
      appendRunning(id)
      prompts++
      const chunk = Math.min(toCompute, budget)
      const own = timer.prefillAttention(chunk, hit)
      attention += own
      if (book !== null) book.prompt(id, chunk, own)
      real[KEYS] = real[KEYS]! + chunk * (hit + (chunk + 1) / 2)
      budget -= chunk
      if (chunk === toCompute) {
        completing[done++] = id
        if (share !== null) promised += ownAhead(id)
      } else {
        partial = id
        partialDone = hit + chunk
      }
    }
    if (prompts === 0) return false
    paidBlocks = 0
    const contexts = beside > 0 ? perToken * real[CONTEXT]! + real[ONCE]! : 0
    const tokens = beside + room - budget
    const seconds = timer.mixed(tokens, beside + done, beside + prompts, attention + contexts, beside)
    const rest =
      guessing === undefined || beside === 0 || done === 0
        ? 0
        : guessing.wholeStep(tokens, beside + done, beside + prompts, attention, contexts, beside) - seconds
    attention += contexts
    if (book !== null) book.mixed(seconds, attention, tokens, beside)
    real[NOW] = real[NOW]! + seconds
    real[BUSY] = real[BUSY]! + seconds
    real[PROMPT_STEPS] = real[PROMPT_STEPS]! + (guessing === undefined || beside === 0 ? 1 : 1 / guessing.tokensPerStep)
    real[PROMPT_STEP_TOKENS] = real[PROMPT_STEP_TOKENS]! + tokens
    real[SAMPLED] = real[SAMPLED]! + beside + done
    if (beside > 0) {
      real[READ] = real[READ]! + real[CONTEXT]!
      real[CONTEXT] = real[CONTEXT]! + decoding
      real[STEP] = real[STEP]! + 1
      phase = (phase + 1) & 15
      finishDue()
    }
    for (let i = 0; i < done; i++) finishPrompt(completing[i]!, Math.max(0, rest))
    return true
  }

  function evict(): number[] {
    const ids: number[] = []
    while (runningTail >= 0) {
      const id = runningTail
      ids.push(id)
      if (id === partial) {
        release(id, promptOf(id), partialDone)
        partial = -1
      } else {
        heap.remove(id)
        leaveDecoding(id, contextOf(id))
      }
    }
    ids.reverse()
    for (; waitingHead >= 0; waitingHead = next[waitingHead]!) ids.push(waitingHead)
    waitingTail = -1
    waiting = 0
    for (const id of ids) {
      generated[id] = 0
      firstTokenAt[id] = Number.NaN
      if (carried !== null) carried[id] = 0
    }
    return ids
  }

  /** Tokens at the front of a prompt that are in the cache; its last token is always computed, with its block. */
  function cachedTokens(id: number): number {
    // What came with its cache needs only its last token computed, which makes the next (vLLM's connectors do so too).
    if (carried !== null && carried[id] === 1) return promptOf(id) - 1
    return cache === null ? 0 : 16 * Math.min(cache.found(id), (promptOf(id) - 1) >> 4)
  }

  function admitToCache(id: number, hit: number): void {
    cache!.hold(id, admittedBlocks(id) - cache!.unitBlocks(id))
    if (generated[id] === 0) prefix!.hitTokens[id] = hit
    real[TURN] = real[TURN]! + 1
    prefix!.turn[id] = real[TURN]!
  }

  /** One event: preempt if blocks lack, then a prefill step or a run of decode steps. */
  function move(until: number): void {
    let preempted = false
    while (decoding > 0 && opens(1) > freeBlocks) {
      preemptLast()
      preempted = true
    }
    if (preempted && share !== null) {
      share.afterEviction(real[STEP]!, decoding, real[OUTPUT]! - left(), real[OUTPUT]!)
    }
    // A scheduler that looks at its queue every so many decode steps takes in nobody between them; a prompt in progress goes on.
    const blind = pollSteps > 1 && decoding > 0 && partial < 0 ? (real[STEP]! - real[POLLED]!) % pollSteps : 0
    if (!preempted && blind === 0 && (partial >= 0 || waitingHead >= 0) && prefillStep()) {
      real[POLLED] = real[STEP]!
      return
    }
    const untilPoll = pollSteps > 1 && waitingHead >= 0 ? pollSteps - blind : Number.POSITIVE_INFINITY
    decodeMany(until, preempted ? 1 : untilPoll)
  }

  const hasWork = (): boolean => decoding > 0 || partial >= 0 || waitingHead >= 0

  function advance(until: number): void {
    while (real[NOW]! < until) {
      if (!hasWork()) {
        if (until === Number.POSITIVE_INFINITY) return
        if (share !== null) share.afterIdling(real[STEP]!)
        real[IDLE] = real[IDLE]! + until - real[NOW]!
        real[NOW] = until
        return
      }
      move(until)
    }
  }

  return {
    enqueue,
    advance,
    advanceToFinish: until => {
      const before = completed
      while (completed === before && real[NOW]! < until && hasWork()) move(until)
      if (completed === before) advance(until)
    },
    quietUntil: () => {
      if (partial >= 0 || waitingHead >= 0) return real[NOW]!
      if (decoding === 0) return Number.POSITIVE_INFINITY
      // Steps only get longer while the batch stays.
      const step = timer.decode(decoding) + perToken * real[CONTEXT]! + real[ONCE]!
      return real[NOW]! + 0.999999 * step * (finishStep[heap.top()]! - real[STEP]!)
    },
    outstanding: () => waiting + decoding + (partial >= 0 ? 1 : 0),
    waiting: () => waiting,
    firstWaiting: () => waitingHead,
    evict,
    cachedTokens,
    settleCharges: () => {
      if (book === null) return
      for (let id = runningTail; id >= 0; id = previous[id]!)
        if (id !== partial) book.settle(id, real[STEP]!, contextOf(id))
    },
    state: () => ({
      nowSeconds: real[NOW]!,
      busySeconds: real[BUSY]!,
      idleSeconds: real[IDLE]!,
      waiting,
      running: decoding + (partial >= 0 ? 1 : 0),
      completed,
      preemptions,
      cacheStalls,
      usedBlocks: totalBlocks - freeBlocks,
      freeBlocks,
      cachedBlocks: cache === null ? 0 : cache.cachedBlocks(),
      promptTokens: real[PROMPTS]!,
      hitTokens: real[HITS]!,
      steps: real[STEP]!,
      work: {
        steps: real[DECODE_STEPS]! + real[PROMPT_STEPS]!,
        tokens: real[DECODE_TOKENS]! + real[PROMPT_STEP_TOKENS]!,
        promptSteps: real[PROMPT_STEPS]!,
        promptStepTokens: real[PROMPT_STEP_TOKENS]!,
        sampled: real[SAMPLED]!,
        contextTokens: real[READ]!,
        promptKeys: real[KEYS]!,
      },
    }),
  }
}
