// A request with its route in; relayed to its upstream and back, metered where its bytes have a meaning, out.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Settled } from '../core/meter/call-record.ts'
import { startReading } from '../wire/reading.ts'
import type { WireName } from '../wire/wire.ts'
import { wireNamed } from '../wire/wires.ts'
import type { Background } from './background.ts'
import type { Budgets } from './budgets.ts'
import { type CaptureSink, type Capturing, capturing } from './capture.ts'
import { type Counters, count, countAdded, passName } from './counters.ts'
import { answerError, unmeterable } from './errors.ts'
import { type Exchange, exchange, type Taker } from './exchange.ts'
import { forwarded } from './headers.ts'
import { askingForUsage } from './inject.ts'
import type { Admitted } from './keys.ts'
import { type Answered, type AnswerTools, meteredAnswer } from './metered-answer.ts'
import { type OpeningTools, openedOf } from './opened-record.ts'
import { givenAway, nothingToSend, type RequestBody } from './request-body.ts'
import { lacksUsage, type RequestFacts } from './request-facts.ts'
import type { Route } from './routing.ts'
import { settledOf } from './settled-record.ts'
import type { Sink } from './sink.ts'
import { toClient } from './to-client.ts'
import { withinBudgets } from './within-budgets.ts'

export interface RelayTools extends OpeningTools {
  readonly dispatcherOf: (origin: string) => Dispatcher
  readonly sink: Sink
  /** UTC microseconds; goes forward. */
  readonly nowMicros: () => number
  readonly counters: Counters
  readonly shout: (text: string) => void
  readonly limits: RelayLimits
  readonly background: Background
  /** Null: there are none. */
  readonly budgets: Budgets | null
  /** Null: what calls say is kept nowhere. */
  readonly capture: CaptureSink | null
  /** Upstreams that refuse to be asked for usage. */
  readonly refusing: Set<string>
}

export interface RelayLimits {
  /** Without a byte of the answer for so long a call is given up: a model may think for an hour. */
  readonly idleMs: number
  /** Once the client has left: so many bytes and so long is read on, to know what the call used. */
  readonly mostDrainedBytes: number
  readonly mostDrainedMs: number
  /** What happens to calls while no record can be written: they `pass` unmetered, or they are `reject`ed. */
  readonly onMeterFailure: 'pass' | 'reject'
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly route: Route
  readonly admitted: Admitted
  /** What the request says, let go of once it is sent: a prompt may be long, and its answer take an hour. */
  facts: RequestFacts
  body: RequestBody
  readonly startedMicros: number
  /** When the request's last byte that is read here had come. */
  readonly readMicros: number
}

/** Relays one request; resolves when it is over. */
export async function relay(call: Call, tools: RelayTools): Promise<void> {
  const { route } = call
  if (route.wire === null) {
    count(tools.counters.unmetered, passName(route.upstream.name, call.request.method!, route.path))
    return unmetered(call, tools)
  }
  if (!route.isCall) return polled(call, route.wire, tools)
  count(tools.counters.requests, route.upstream.name)
  return metered(call, route.wire, tools)
}

async function unmetered(call: Call, tools: RelayTools): Promise<void> {
  const client = toClient(call.response, () => running?.abort(new Error('the client left')))
  const taker: Taker = {
    head: (status, rawHeaders, message, isWhole) => client.head(status, rawHeaders, message, false, isWhole),
    data: bytes => client.write(bytes),
    end(rawTrailers) {
      client.end(rawTrailers)
      return undefined
    },
    fail: error => failed(call, error),
  }
  const running: Exchange | null = send(call, call.body.forward, false, taker, tools)
  await running.done
}

async function metered(call: Call, wire: WireName, tools: RelayTools): Promise<void> {
  const { route, response } = call
  const { upstream } = route
  const { counters, limits } = tools
  const begun = await begin(call, wire, tools)
  if (begun === null) return
  let running: Exchange | null = null
  let givingUp: NodeJS.Timeout | null = null
  const giveUp = (reason: Error) => running?.abort(reason)
  let isOver = false
  const client = toClient(response, () => {
    // A connection that ends with its call has nothing to be given up: a timer would keep all of the call for as long.
    if (isOver) return
    givingUp = setTimeout(() => giveUp(new Error('the client left')), limits.mostDrainedMs)
    givingUp.unref()
  })
  countAdded(counters, (tools.nowMicros() - call.readMicros) / 1000)
  let isRefused = false
  let isAnswerWhole = false
  const { capture } = begun
  const attempt = (hasAsked: boolean): Promise<void> => {
    isRefused = false
    const taker = meteredAnswer({
      client,
      startReader: readerOf(route, wire),
      nowMicros: tools.nowMicros,
      settle: answered => settle(call, begun, answered, tools),
      isArray: route.framing === 'json-array',
      hasAsked,
      onBegun: () => letGo(call),
      onRefused: () => {
        tools.refusing.add(upstream.name)
        isRefused = true
      },
      onFailed: error => failed(call, error),
      mostDrained: limits.mostDrainedBytes,
      giveUp,
    })
    const { facts, body } = call
    const seen = capturing(taker, capture, isWhole => {
      isAnswerWhole = isWhole
    })
    running = send(call, hasAsked ? askingForUsage(body.whole!, facts.body!) : body.forward, hasAsked, seen, tools)
    // Whoever does not know the asking is sent the request as it came.
    if (!hasAsked) letGo(call)
    return running.done
  }
  try {
    await attempt(upstream.injectUsage && lacksUsage(wire, call.facts) && !tools.refusing.has(upstream.name))
    if (isRefused) await attempt(false)
  } finally {
    capture?.end(isAnswerWhole)
  }
  isOver = true
  if (givingUp !== null) clearTimeout(givingUp)
}

interface Begun {
  readonly key: string
  readonly isRecorded: boolean
  readonly capture: Capturing | null
}

/** Writes down that a call begins; null where it is not to go on, which is answered then. */
async function begin(call: Call, wire: WireName, tools: RelayTools): Promise<Begun | null> {
  const asked = openedOf(call, wire, tools)
  const opened = tools.budgets === null ? asked : await withinBudgets(asked, call, tools.budgets, tools)
  if (opened === null) return null
  const isRecorded = await append(opened, tools)
  if (isRecorded || tools.limits.onMeterFailure === 'pass') {
    const { whole } = call.body
    // What the ledger will not know of cannot be drawn from it either.
    const capture = whole === null || !isRecorded ? null : (tools.capture?.begin(opened, whole) ?? null)
    return { key: opened.key, isRecorded, capture }
  }
  tools.budgets?.release(opened.key)
  answerError(call.response, call.route.upstream.family, unmeterable)
  return null
}

function letGo(call: Call): void {
  call.body = nothingToSend
  if (call.facts.body !== null) call.facts = { ...call.facts, body: null }
}

/** Asks for a response that was made before, or still is: no call of its own, but the one that settles a background call. */
async function polled(call: Call, wire: WireName, tools: RelayTools): Promise<void> {
  const { route } = call
  const { provider } = route.upstream
  const giveUp = (reason: Error) => running?.abort(reason)
  const taker = meteredAnswer({
    client: toClient(call.response, () => giveUp(new Error('the client left'))),
    startReader: readerOf(route, wire),
    nowMicros: tools.nowMicros,
    async settle(answered) {
      const { reading } = answered
      if (!reading?.complete || reading.id === null) return
      await tools.background.settle(provider, reading.id, pending =>
        write(settledOf(pending, { ...answered, firstByteMicros: null }, tools.nowMicros()), tools),
      )
    },
    isArray: false,
    hasAsked: false,
    onBegun: () => {},
    onRefused: () => {},
    onFailed: error => failed(call, error),
    mostDrained: tools.limits.mostDrainedBytes,
    giveUp,
  })
  const running: Exchange | null = send(call, call.body.forward, false, taker, tools)
  await running.done
}

const readerOf =
  ({ framing, upstream: { provider } }: Route, wire: WireName): AnswerTools['startReader'] =>
  ({ stream }) =>
    startReading(wireNamed(wire)!, { stream, framing, provider })

function send(call: Call, body: RequestBody['forward'], hasAsked: boolean, taker: Taker, tools: RelayTools): Exchange {
  const { request, route, admitted } = call
  const { upstream } = route
  const headers = forwarded(admitted.rawHeaders, admitted.stated, {
    host: upstream.origin.slice(upstream.origin.indexOf('//') + 2),
    contentLength: Buffer.isBuffer(body) ? body.length : null,
    encodings: hasAsked ? 'identity' : route.wire === null ? 'any' : 'readable',
  })
  const dispatcher = tools.dispatcherOf(upstream.origin)
  return exchange(
    dispatcher,
    { method: request.method!, path: admitted.path, headers, body: givenAway(body) },
    taker,
    tools.limits.idleMs,
  )
}

/** Rejects where calls are not to pass unmetered: the end of the answer is then not passed on either. */
async function settle(
  { startedMicros, route, facts }: Call,
  { key, isRecorded }: Begun,
  answered: Answered,
  tools: RelayTools,
): Promise<void> {
  const { status, reading, isCut } = answered
  count(tools.counters.answers, `${status ?? 'none'} ${route.upstream.name}`)
  // Without its beginning a record tells nothing that could be told apart from another call.
  if (!isRecorded) return
  // Of a stream that breaks off the answer may still be made, where that was asked for; a body that was not read may have asked.
  const isOn = facts.isBackground ?? !isCut
  const isStillMade = reading?.wire === 'openai.responses' && !reading.complete && reading.error === null
  if (isOn && isStillMade && reading.id !== null && status !== null && status < 300) {
    try {
      return await tools.background.remember(route.upstream.provider, reading.id, { key, startedMicros })
    } catch (thrown) {
      // Settled as unknown, then: nobody could find the call again.
      tools.shout(`a background call was not remembered: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  }
  await write(settledOf({ key, startedMicros }, answered, tools.nowMicros()), tools)
}

/** Whether the end of a call was taken; rejects as `settle` does. */
async function write(settled: Settled, tools: RelayTools): Promise<boolean> {
  const isWritten = await append(settled, tools)
  if (!isWritten && tools.limits.onMeterFailure === 'reject') throw new Error('its record cannot be written')
  return isWritten
}

/** Whether the record was taken. What is not is counted and shouted: traffic flows on. */
async function append(record: Parameters<Sink['append']>[0], { sink, counters, shout }: RelayTools): Promise<boolean> {
  try {
    await sink.append(record)
    counters[record.kind]++
    return true
  } catch (thrown) {
    counters.lost++
    shout(`a call's record was not written: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    return false
  }
}

function failed({ response, route }: Pick<Call, 'response' | 'route'>, error: Error): void {
  answerError(response, route.upstream.family, {
    status: 502,
    code: 'UPSTREAM_FAILED',
    message: `${route.upstream.name} did not answer: ${error.message}`,
  })
}
