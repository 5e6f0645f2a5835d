// A server and loads in; what it did under each, measured at the client, out. Bounded in requests, in flight and in time.
import { setTimeout } from 'node:timers/promises'
import { Agent } from 'undici'
import { Fault } from '../core/fault/fault.ts'
import type { LatencyMs, LoadPoint } from '../core/serving/calibration/load-point.ts'
import { moments, quantile, sorted } from '../core/statistics/sample.ts'
import { estimateOf, type Load, loadsOf, type SweepEstimate, type SweepQuestion } from './loads.ts'
import { type Prompts, randomPrompts, type TokensOfWords, tokensOfWords, wordsFor } from './prompts.ts'
import { type Answered, ask, type Dialect, dialects, type Server } from './streamed-request.ts'

export interface SweepTools {
  readonly seed: number
  /** What sets this run's prompts apart from those of another. */
  readonly salt: string
  readonly usdPerHour: number | null
  /** Called once, before the first load. False stops the sweep there. */
  readonly estimated: (estimate: SweepEstimate) => boolean
  readonly progress: (text: string) => void
  readonly measured: (point: LoadPoint) => void
}

export interface Swept {
  readonly estimate: SweepEstimate
  readonly points: readonly LoadPoint[]
  readonly notes: readonly string[]
}

/** Beyond the sweep's time, what is under way is waited for so long, then dropped. */
const graceSeconds = 30
/** A step of the ladder that brings less than this more than the best before it is past saturation. */
const leastGain = 1.05

/** @throws Fault REQUEST_REFUSED, SERVER_UNREACHABLE, USAGE_UNTOLD */
export async function sweep(
  { url, model, apiKey }: { readonly url: string; readonly model: string; readonly apiKey: string | null },
  question: SweepQuestion,
  tools: SweepTools,
): Promise<Swept> {
  const loads = loadsOf(question)
  const most = Math.max(...question.concurrency)
  const network = new Agent({ connections: most, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  const server: Server = { url: url.replace(/\/+$/, ''), model, apiKey, network }
  const prompts = randomPrompts(tools.seed, tools.salt)
  const began = performance.now()
  const left = (): number => question.maxSeconds - (performance.now() - began) / 1000
  try {
    const hard = AbortSignal.timeout((question.maxSeconds + graceSeconds) * 1000)
    const { dialect, words, secondsAlone } = await acquainted(server, prompts, loads[0]!, hard, tools)
    const estimate = estimateOf(loads, question, secondsAlone, tools.usdPerHour)
    if (!tools.estimated(estimate)) return { estimate, points: [], notes: [] }
    const points: LoadPoint[] = []
    const notes: string[] = []
    let best = 0
    let isSaturated = false
    for (const [i, load] of loads.entries()) {
      if (left() <= 0) {
        notes.push(`${loads.length - i} of ${loads.length} loads were left out: the time was up`)
        break
      }
      const isLadder = load.inputTokens === loads[0]!.inputTokens && load.outputTokens === loads[0]!.outputTokens
      if (isLadder && isSaturated) continue
      tools.progress(`load ${i + 1} of ${loads.length}: ${load.concurrency} at once`)
      const taken = await loaded({ server, dialect, prompts, words }, load, left, hard, tools)
      const point = pointOf(taken, load, server.url, notes)
      if (point === null) continue
      points.push(point)
      tools.measured(point)
      const rate = point.outputTokensPerSecond ?? 0
      isSaturated ||= isLadder && load.concurrency > 8 && rate < leastGain * best
      best = Math.max(best, isLadder ? rate : 0)
    }
    if (isSaturated) notes.push('more requests at once brought no more tokens: the rest of the ladder was left out')
    return { estimate, points, notes }
  } finally {
    await network.destroy()
  }
}

/** Finds how the server wants to be asked, how its tokens grow with words, and how long one request takes alone. */
async function acquainted(
  server: Server,
  prompts: Prompts,
  first: Load,
  signal: AbortSignal,
  { progress }: SweepTools,
) {
  progress('asking the server how it wants to be asked')
  let refusal: unknown = null
  for (const dialect of dialects) {
    try {
      const short = await ask(server, dialect, prompts.next(20), 4, signal)
      const long = await ask(server, dialect, prompts.next(120), 4, signal)
      if (short.inputTokens === null || long.inputTokens === null || long.outputTokens === null) {
        throw new Fault('USAGE_UNTOLD', 'the server tells no usage with its stream', {
          where: server.url,
          kind: 'outside',
          fix: 'use a server that honours stream_options.include_usage',
        })
      }
      const words = tokensOfWords({ words: 20, tokens: short.inputTokens }, { words: 120, tokens: long.inputTokens })
      const alone = await ask(
        server,
        dialect,
        prompts.next(wordsFor(first.inputTokens, words)),
        first.outputTokens,
        signal,
      )
      return { dialect, words, secondsAlone: (alone.lastMs - alone.sentMs) / 1000 }
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw unreachable(server, thrown)
      if (thrown.code !== 'REQUEST_REFUSED') throw thrown
      refusal ??= thrown
    }
  }
  throw refusal
}

function unreachable({ url }: Server, thrown: unknown): Fault {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const message = cause instanceof Error ? cause.message : String(cause)
  return new Fault(
    'SERVER_UNREACHABLE',
    `the server does not answer: ${message}`,
    { where: url, kind: 'outside', fix: 'start it, or correct --url' },
    { cause: thrown },
  )
}

interface Client {
  readonly server: Server
  readonly dialect: Dialect
  readonly prompts: Prompts
  readonly words: TokensOfWords
}

interface Taken {
  readonly answered: readonly Answered[]
  readonly failed: number
  readonly firstFailure: string | null
  readonly seconds: number
}

/** A closed loop: so many in flight until all requests are sent or time is up. */
async function loaded(
  { server, dialect, prompts, words }: Client,
  load: Load,
  left: () => number,
  signal: AbortSignal,
  { progress }: SweepTools,
): Promise<Taken> {
  const count = wordsFor(load.inputTokens, words)
  const answered: Answered[] = []
  let sent = 0
  let failed = 0
  let firstFailure: string | null = null
  const began = performance.now()
  const worker = async (): Promise<void> => {
    // At least one turn each, even when time is short.
    while (sent < load.requests && (left() > 0 || sent < load.concurrency) && !signal.aborted) {
      sent++
      try {
        const one = await ask(server, dialect, prompts.next(count), load.outputTokens, signal)
        if (Number.isNaN(one.firstMs)) throw new Error('no token came')
        answered.push(one)
      } catch (thrown) {
        failed++
        firstFailure ??= thrown instanceof Error ? thrown.message : String(thrown)
        // A server that refuses all at once must not be asked again as fast as it refuses.
        await setTimeout(100)
        if (failed > load.concurrency && answered.length === 0) return
      }
      progress(`${load.concurrency} at once: ${answered.length} of ${load.requests} answered`)
    }
  }
  await Promise.all(Array.from({ length: load.concurrency }, worker))
  return { answered, failed, firstFailure, seconds: (performance.now() - began) / 1000 }
}

/** Prompts that were found in a cache measure no prompt. */
const mostCached = 0.05

function pointOf(
  { answered, failed, firstFailure, seconds }: Taken,
  load: Load,
  url: string,
  notes: string[],
): LoadPoint | null {
  const name = `${load.concurrency} at once, ${load.inputTokens}/${load.outputTokens}`
  if (failed > 0) notes.push(`${name}: ${failed} of ${failed + answered.length} requests failed: ${firstFailure}`)
  if (answered.length < load.concurrency) {
    notes.push(`${name}: left out, ${answered.length} answered`)
    return null
  }
  const inputs = answered.map(({ inputTokens }) => inputTokens ?? 0)
  const outputs = answered.map(({ outputTokens, pieces }) => outputTokens ?? pieces)
  const prompt = mean(inputs)
  const cached = mean(answered.map(({ cachedTokens }) => cachedTokens)) / prompt
  if (cached > mostCached)
    notes.push(`${name}: the server found ${Math.round(100 * cached)} % of the prompts in its cache`)
  const spans = answered.flatMap(({ firstMs, lastMs }, i) =>
    outputs[i]! > 1 ? [(lastMs - firstMs) / (outputs[i]! - 1)] : [],
  )
  return {
    source: url,
    concurrency: load.concurrency,
    offeredPerSecond: null,
    inputTokens: prompt,
    outputTokens: mean(outputs),
    lengthRatio: 1,
    requests: answered.length,
    outputTokensPerSecond: outputs.reduce((a, b) => a + b, 0) / seconds,
    ttftMs: latencyOf(answered.map(({ sentMs, firstMs }) => firstMs - sentMs)),
    tpotMs: latencyOf(spans),
  }
}

const mean = (values: readonly number[]): number => moments(values).mean ?? 0

function latencyOf(values: readonly number[]): LatencyMs {
  const ascending = sorted(values)
  const at = (q: number) => quantile(ascending, q)
  return { mean: moments(values).mean, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
