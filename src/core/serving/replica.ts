// Requests handed to one engine → when each got its first and last token, by continuous batching advanced event by event.
import { blocksOf, blocksOpened, secondsOf, stepsUntil, stepsWithBlocks } from './decode-run.ts'
import { blocksAtMost, type Engine } from './engine.ts'
import { finishHeap } from './finish-heap.ts'
import type { Progress } from './progress.ts'

/** One engine at work. Times only move forward. */
export interface Replica {
  /** Hands over request `id`; false when it can never be served (then it is marked rejected). */
  readonly enqueue: (id: number) => boolean
  /** Runs every step that starts before `untilSeconds`; an idle replica waits until then. */
  readonly advance: (untilSeconds: number) => void
  /** The same, but stops after the step in which a request finishes. */
  readonly advanceToFinish: (untilSeconds: number) => void
  readonly state: () => ReplicaState
  /** No request can finish before this: until then `outstanding` holds without advancing. */
  readonly quietUntil: () => number
  /** Requests waiting or running: what a router looks at. */
  readonly outstanding: () => number
  /** Requests that no batch has taken in yet. */
  readonly waiting: () => number
}

export interface ReplicaState {
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
  readonly steps: number
}

// Doubles that change every step live in a typed array: a captured `let` would box each write.
const NOW = 0
const CONTEXT = 1 // Σ tokens that decoding sequences look at in their next step
const ONCE = 2 // Σ seconds a step for windows and states of decoding sequences
const STEP = 3 // decode steps taken so far
const BUSY = 4
const IDLE = 5
const LEFT = 6 // Σ last step of decoding sequences: minus steps × sequences, the tokens still to come

/**
 * Continuous batching as vLLM V1 does it, varied by the engine's `policy`: one token budget a step; running sequences first
 * (one token each), then the prompt in progress, then waiting prompts first come first served while budget, sequence limit
 * and blocks last. A prompt's blocks are taken whole at admission; when a decode step lacks blocks the last admitted
 * sequence is preempted and recomputed. Steps in which the batch does not change are taken at once in closed form. Its
 * clock begins at `fromSeconds`, warm.
 */
export function createReplica(engine: Engine, progress: Progress, fromSeconds = 0): Replica {
  const { timer, memory, policy, maxBatchedTokens, maxSequences, maxContext } = engine
  const { mixes, cuts, reserve } = policy
  const takesAll = reserve >= 1
  const { inputTokens, outputTokens, firstTokenAt, finishedAt, generated } = progress
  const { finishStep, next, previous, onceBlocks, onceSeconds } = progress
  const perToken = timer.contextTokenSeconds
  const totalBlocks = memory.kvBlocks

  const real = new Float64Array(7)
  real[NOW] = fromSeconds
  const heap = finishHeap(finishStep, progress.heapPlace, maxSequences)
  // Decoding sequences by (context − step) mod 16: says at which steps each opens a new block, without visiting it.
  const residues = new Int32Array(16)
  const completing = new Int32Array(Math.min(maxBatchedTokens, maxSequences) + 1)
  let freeBlocks = totalBlocks
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
    blocksOf(takesAll ? inputTokens[id]! + outputTokens[id]! : promptOf(id)) + onceBlocks[id]!
  /** Blocks that a sequence of so much cached context holds. */
  const heldBlocks = (id: number, context: number): number =>
    takesAll ? admittedBlocks(id) : blocksOf(context) + onceBlocks[id]!
  /** Blocks that decoding opens in the next `steps` steps. */
  const opens = (steps: number): number => (takesAll ? 0 : blocksOpened(residues, phase, steps, decoding))
  /** Blocks looked for beyond its own before a prompt is admitted: for tokens that the running ones and it have yet to make. */
  const heldBack = (id: number): number =>
    takesAll || reserve === 0
      ? 0
      : Math.ceil((reserve * (real[LEFT]! - real[STEP]! * decoding + outputTokens[id]! - generated[id]!)) / 16)

  /** Tokens to prefill: after a preemption the generated ones too. */
  const promptOf = (id: number): number => inputTokens[id]! + generated[id]!
  const residueOf = (context: number): number => (context + 16 - phase) & 15

  function release(id: number, context: number): void {
    freeBlocks += heldBlocks(id, context)
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
    const residue = residueOf(context)
    residues[residue] = residues[residue]! - 1
    release(id, context)
  }

  function preemptLast(): void {
    const id = runningTail
    if (id === partial) {
      release(id, promptOf(id))
      partial = -1
    } else {
      generated[id] = outputTokens[id]! - (finishStep[id]! - real[STEP]!)
      heap.remove(id)
      leaveDecoding(id, contextOf(id))
    }
    next[id] = waitingHead
    waitingHead = id
    if (waitingTail < 0) waitingTail = id
    waiting++
    preemptions++
  }

  /** Ends decode sequences whose last step was just taken. */
  function finishDue(): void {
    const step = real[STEP]!
    while (decoding > 0) {
      const id = heap.top()
      if (finishStep[id]! > step) return
      heap.pop()
      leaveDecoding(id, contextOf(id))
      finishedAt[id] = real[NOW]!
      completed++
    }
  }

  /** The prompt is cached and its next token sampled: it decodes from the next step on, or is done. */
  function finishPrompt(id: number): void {
    const context = promptOf(id)
    if (generated[id] === 0) firstTokenAt[id] = real[NOW]!
    generated[id] = generated[id]! + 1
    const left = outputTokens[id]! - generated[id]!
    if (left <= 0) {
      release(id, context)
      finishedAt[id] = real[NOW]!
      completed++
      return
    }
    finishStep[id] = real[STEP]! + left
    heap.push(id)
    decoding++
    real[CONTEXT] = real[CONTEXT]! + context + 1
    real[ONCE] = real[ONCE]! + onceSeconds[id]!
    real[LEFT] = real[LEFT]! + finishStep[id]!
    const residue = residueOf(context)
    residues[residue] = residues[residue]! + 1
  }

  /** Decode steps of an unchanging batch: as many as fit before a finish, a lack of blocks, or `until`. */
  function decodeMany(until: number, atMost: number): void {
    const first = timer.decode(decoding) + perToken * real[CONTEXT]! + real[ONCE]!
    const growth = perToken * decoding
    let steps = Math.min(atMost, finishStep[heap.top()]! - real[STEP]!)
    const room = until - real[NOW]!
    if (steps > 1 && first >= room) steps = 1
    if (steps > 1) {
      if (!takesAll) steps = stepsWithBlocks(residues, phase, steps, decoding, freeBlocks)
      if (room < secondsOf(steps, first, growth)) steps = stepsUntil(room, first, growth, steps)
    }
    freeBlocks -= opens(steps)
    const seconds = secondsOf(steps, first, growth)
    real[NOW] = real[NOW]! + seconds
    real[BUSY] = real[BUSY]! + seconds
    real[CONTEXT] = real[CONTEXT]! + steps * decoding
    real[STEP] = real[STEP]! + steps
    phase = (phase + steps) & 15
    finishDue()
  }

  /** Admits waiting prompts and takes one step that carries prefill; false when there is nothing to prefill. */
  function prefillStep(): boolean {
    const beside = mixes ? decoding : 0
    let budget = maxBatchedTokens - beside
    let prompts = 0
    let done = 0
    let attention = 0
    // Running sequences come first: what they open in this step is not there for prompts.
    const opened = beside > 0 ? opens(1) : 0
    freeBlocks -= opened
    if (partial >= 0 && budget > 0) {
      const chunk = Math.min(promptOf(partial) - partialDone, budget)
      attention += timer.prefillAttention(chunk, partialDone)
      partialDone += chunk
      budget -= chunk
      prompts++
      if (partialDone === promptOf(partial)) {
        completing[done++] = partial
        partial = -1
      }
    }
    while (partial < 0 && budget > 0 && waitingHead >= 0 && decoding + prompts < maxSequences) {
      const id = waitingHead
      const prompt = promptOf(id)
      // Uncut prompts wait for a step with room for them; one longer than any step is cut after all.
      if (!cuts && prompt > budget && (prompts > 0 || prompt <= maxBatchedTokens - beside)) break
      const blocks = admittedBlocks(id)
      // With nothing running there is nothing to hold back for: a lone prompt always starts.
      if (blocks + (decoding + prompts > 0 ? heldBack(id) : 0) > freeBlocks) {
        cacheStalls++
        break
      }
      waitingHead = next[id]!
      if (waitingHead < 0) waitingTail = -1
      waiting--
      freeBlocks -= blocks
      appendRunning(id)
      prompts++
      const chunk = Math.min(prompt, budget)
      attention += timer.prefillAttention(chunk, 0)
      budget -= chunk
      if (chunk === prompt) completing[done++] = id
      else {
        partial = id
        partialDone = chunk
      }
    }
    if (prompts === 0) {
      freeBlocks += opened
      return false
    }
    if (beside > 0) attention += perToken * real[CONTEXT]! + real[ONCE]!
    const seconds = timer.mixed(maxBatchedTokens - budget, beside + done, beside + prompts, attention)
    real[NOW] = real[NOW]! + seconds
    real[BUSY] = real[BUSY]! + seconds
    if (beside > 0) {
      real[CONTEXT] = real[CONTEXT]! + decoding
      real[STEP] = real[STEP]! + 1
      phase = (phase + 1) & 15
      finishDue()
    }
    for (let i = 0; i < done; i++) finishPrompt(completing[i]!)
    return true
  }

  /** One event: preempt if blocks lack, then a prefill step or a run of decode steps. */
  function move(until: number): void {
    let preempted = false
    while (decoding > 0 && opens(1) > freeBlocks) {
      preemptLast()
      preempted = true
    }
    if (!preempted && (partial >= 0 || waitingHead >= 0) && prefillStep()) return
    decodeMany(until, preempted ? 1 : Number.POSITIVE_INFINITY)
  }

  const hasWork = (): boolean => decoding > 0 || partial >= 0 || waitingHead >= 0

  function advance(until: number): void {
    while (real[NOW]! < until) {
      if (!hasWork()) {
        if (until === Number.POSITIVE_INFINITY) return
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
      steps: real[STEP]!,
    }),
  }
}
