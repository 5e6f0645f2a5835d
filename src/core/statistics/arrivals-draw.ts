// Profiles of clients, or a curve of rates and a list of lengths, in; single requests, drawn in time order, out.
import { drawCount, type GapLaw, gammaFunction, gapsOfVariation, spreadByGaps } from './gaps.ts'
import { stream } from './random.ts'
import { type WeightedDraw, weightedDraw } from './sample.ts'

/** `n` requests sorted by arrival (times on whole microseconds), as flat arrays. */
export interface DrawnRequests {
  readonly n: number
  readonly atSeconds: Float64Array
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
  readonly client: Int16Array
}

/** Ten minutes (or less, up to the next window) in which a client sends at a steady rate. */
export interface ClientWindow {
  readonly startSecond: number
  readonly requestsPerSecond: number
  readonly family: GapLaw['family']
  readonly shape: number
  /** Seconds. With the shape it gives the mean gap while the client is active. */
  readonly scale: number
}

/** How often each token count occurs; weights need not add up to 1. */
export interface CountDistribution {
  readonly values: ArrayLike<number>
  readonly weights: ArrayLike<number>
}

/** Lengths that hold from `startSecond` to the next block. */
export interface LengthBlock {
  readonly startSecond: number
  readonly inputTokens: CountDistribution
  readonly outputTokens: CountDistribution
}

/** One client of a ServeGen release: windows and lengths ascending by time. */
export interface ClientProfile {
  readonly client: number
  readonly windows: readonly ClientWindow[]
  readonly lengths: readonly LengthBlock[]
}

/** A window of the total rate of a pool, with the coefficient of variation of the gaps between requests. */
export interface RateWindow {
  readonly startSecond: number
  readonly requestsPerSecond: number
  readonly cv: number
}

/** Lengths as they occurred, pair by pair: a draw takes both of one request. */
export interface LengthPairs {
  readonly inputTokens: ArrayLike<number>
  readonly outputTokens: ArrayLike<number>
}

export interface DrawSpan {
  /** Only windows that start in [fromSecond, toSecond). */
  readonly fromSecond?: number
  readonly toSecond?: number
  /** Factor on every rate (1 unless stated): more or fewer requests of the same daily shape. */
  readonly scale?: number
}

const WINDOW_SECONDS = 600
/** Requests of one slot whose order still fits beside their time in a float64 (30 bits of µs + 22 bits). */
const SLOT_LIMIT = 4_194_304

/**
 * Draws every request of the clients. A window's draws depend on seed, client and window alone, so any cut of the day
 * at window starts gives the same requests. The rate of a window is the count measured in it, so the count is not drawn
 * (at scale 1); when in the window they come, and how long they are, is. Choices the release leaves open: gaps have the
 * fitted family and shape; where their fitted mean is shorter than 1 ÷ rate the client was active for part of the window
 * only, and is so here, in one stretch at a random place; input and output are drawn independently, for the release
 * gives only their marginals.
 */
export function drawClients(profiles: readonly ClientProfile[], seed: number, span: DrawSpan = {}): DrawnRequests {
  return concatenate([...drawClientSlots(profiles, seed, span)])
}

/** The same requests slot by slot (one slot = all windows with the same start), in time order, for streaming. */
export function* drawClientSlots(
  profiles: readonly ClientProfile[],
  seed: number,
  { fromSecond = Number.NEGATIVE_INFINITY, toSecond = Number.POSITIVE_INFINITY, scale = 1 }: DrawSpan = {},
): Generator<DrawnRequests> {
  const slots = new Map<number, { sender: Sender; window: ClientWindow; seconds: number }[]>()
  for (const profile of profiles) {
    const sender = senderOf(profile)
    profile.windows.forEach((window, i) => {
      if (window.startSecond < fromSecond || window.startSecond >= toSecond) return
      const next = profile.windows[i + 1]?.startSecond ?? Number.POSITIVE_INFINITY
      const seconds = Math.min(WINDOW_SECONDS, next - window.startSecond)
      const slot = slots.get(window.startSecond)
      if (slot) slot.push({ sender, window, seconds })
      else slots.set(window.startSecond, [{ sender, window, seconds }])
    })
  }
  for (const startSecond of [...slots.keys()].sort((a, b) => a - b)) {
    const draft = openDraft()
    for (const { sender, window, seconds } of slots.get(startSecond)!) {
      drawWindow(sender, window, seconds, seed, scale, draft)
    }
    yield inTimeOrder(draft, startSecond)
  }
}

/**
 * Draws requests along a curve of total rates, each with the lengths of one request of `lengths`. A window holds the
 * count it was measured with, times scale, its gaps Gamma of the window's cv: shape over the days and bursts stay at any
 * scale. `name` keeps several draws under one seed apart.
 */
export function drawRateCurve(
  curve: readonly RateWindow[],
  lengths: LengthPairs,
  seed: number,
  name: string,
  { fromSecond = Number.NEGATIVE_INFINITY, toSecond = Number.POSITIVE_INFINITY, scale = 1 }: DrawSpan = {},
): DrawnRequests {
  const parts: DrawnRequests[] = []
  const choices = lengths.inputTokens.length
  curve.forEach((window, i) => {
    if (window.startSecond < fromSecond || window.startSecond >= toSecond) return
    const next = curve[i + 1]?.startSecond ?? Number.POSITIVE_INFINITY
    const seconds = Math.min(WINDOW_SECONDS, next - window.startSecond)
    const random = stream(seed, `${name}/${window.startSecond}`)
    const draft = openDraft()
    const law = gapsOfVariation(window.cv > 0 ? window.cv : 1)
    const count = drawCount(window.requestsPerSecond * seconds, scale, random)
    spreadByGaps(law, count, seconds, random, draft.offsets)
    for (let k = 0; k < draft.offsets.length; k++) {
      const choice = random.integer(choices)
      draft.input.push(lengths.inputTokens[choice]!)
      draft.output.push(lengths.outputTokens[choice]!)
      draft.client.push(0)
    }
    parts.push(inTimeOrder(draft, window.startSecond))
  })
  return concatenate(parts)
}

interface Draft {
  readonly offsets: number[]
  readonly input: number[]
  readonly output: number[]
  readonly client: number[]
}

interface LengthDraws {
  readonly startSecond: number
  readonly input: () => ValueDraw
  readonly output: () => ValueDraw
}

interface ValueDraw {
  readonly values: ArrayLike<number>
  readonly draw: WeightedDraw
}

interface Sender {
  readonly client: number
  readonly blocks: readonly LengthDraws[]
}

function openDraft(): Draft {
  return { offsets: [], input: [], output: [], client: [] }
}

/** Alias tables are built once per block, when first needed. */
function senderOf(profile: ClientProfile): Sender {
  const once = (of: CountDistribution) => {
    let made: ValueDraw | null = null
    return () => {
      made ??= { values: of.values, draw: weightedDraw(of.weights) }
      return made
    }
  }
  return {
    client: profile.client,
    blocks: profile.lengths.map(block => ({
      startSecond: block.startSecond,
      input: once(block.inputTokens),
      output: once(block.outputTokens),
    })),
  }
}

function drawWindow(
  sender: Sender,
  window: ClientWindow,
  seconds: number,
  seed: number,
  scale: number,
  draft: Draft,
): void {
  const random = stream(seed, `client ${sender.client}/${window.startSecond}`)
  const law: GapLaw = { family: window.family, shape: window.shape }
  const active = Math.min(1, window.requestsPerSecond * meanGap(window)) * seconds
  const begin = random.uniform() * (seconds - active)
  const first = draft.offsets.length
  spreadByGaps(law, drawCount(window.requestsPerSecond * seconds, scale, random), active, random, draft.offsets)
  const block = blockAt(sender.blocks, window.startSecond)
  const input = block.input()
  const output = block.output()
  for (let i = first; i < draft.offsets.length; i++) {
    draft.offsets[i] = draft.offsets[i]! + begin
    draft.input.push(input.values[input.draw(random)]!)
    draft.output.push(output.values[output.draw(random)]!)
    draft.client.push(sender.client)
  }
}

function meanGap(window: ClientWindow): number {
  return window.family === 'Gamma' ? window.shape * window.scale : window.scale * gammaFunction(1 + 1 / window.shape)
}

/** The last block begun by then; before the first block, the first. */
function blockAt(blocks: readonly LengthDraws[], second: number): LengthDraws {
  let found = blocks[0]!
  for (const block of blocks) if (block.startSecond <= second) found = block
  return found
}

/** A draft's requests by time on whole microseconds, those of one instant in the order drawn. */
function inTimeOrder(draft: Draft, startSecond: number): DrawnRequests {
  const n = draft.offsets.length
  if (n > SLOT_LIMIT) throw new RangeError(`expected at most ${SLOT_LIMIT} requests in one window, got ${n}`)
  // Time and place in one whole float64, so that the engine's own numeric sort puts both in order.
  const keys = new Float64Array(n)
  for (let i = 0; i < n; i++) keys[i] = Math.floor(draft.offsets[i]! * 1e6) * SLOT_LIMIT + i
  keys.sort()
  const drawn = emptyRequests(n)
  for (let k = 0; k < n; k++) {
    const micros = Math.floor(keys[k]! / SLOT_LIMIT)
    const i = keys[k]! - micros * SLOT_LIMIT
    drawn.atSeconds[k] = (startSecond * 1e6 + micros) / 1e6
    drawn.inputTokens[k] = draft.input[i]!
    drawn.outputTokens[k] = draft.output[i]!
    drawn.client[k] = draft.client[i]!
  }
  return drawn
}

function emptyRequests(n: number): DrawnRequests {
  return {
    n,
    atSeconds: new Float64Array(n),
    inputTokens: new Int32Array(n),
    outputTokens: new Int32Array(n),
    client: new Int16Array(n),
  }
}

function concatenate(parts: readonly DrawnRequests[]): DrawnRequests {
  const all = emptyRequests(parts.reduce((sum, part) => sum + part.n, 0))
  let at = 0
  for (const part of parts) {
    all.atSeconds.set(part.atSeconds, at)
    all.inputTokens.set(part.inputTokens, at)
    all.outputTokens.set(part.outputTokens, at)
    all.client.set(part.client, at)
    at += part.n
  }
  return all
}
