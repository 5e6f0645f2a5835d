// Settings, a place for records and readers of answers in; what handles each request on a socket, out.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Pool } from 'undici'
import type { Rule } from './attribution-rules.ts'
import type { Background } from './background.ts'
import { type Budgets, patient } from './budgets.ts'
import type { CaptureSink } from './capture.ts'
import { type Counters, count, passName, startCounters } from './counters.ts'
import { answerError, errorText } from './errors.ts'
import { fingerprintsIfAny } from './fingerprint.ts'
import { admit, type Keys, type Refusal } from './keys.ts'
import { poolOf } from './pools.ts'
import type { ProxyOf } from './proxies.ts'
import { type RelayLimits, relay } from './relay.ts'
import { bodyOf } from './request-body.ts'
import { factsOf, nothingRead } from './request-facts.ts'
import { type Asked, askedOf, climbs, isGateways, needsModel, type Route, type Routes, routeOf } from './routing.ts'
import type { Sink } from './sink.ts'
import { readAgain, tunnel } from './tunnel.ts'
import { type Family, type UpstreamSettings, upstreamsOf } from './upstreams.ts'

export interface GatewaySettings extends Partial<RelayLimits> {
  readonly upstreams?: Readonly<Record<string, UpstreamSettings>> | undefined
  /** Model pattern → name of an upstream, in order. */
  readonly routes?: Readonly<Record<string, string>> | undefined
  /** Family → name of the upstream that bare paths of it go to. */
  readonly defaults?: Partial<Readonly<Record<Family, string>>> | undefined
  readonly rules?: readonly Rule[] | undefined
  /** Whether a request without a key of Crossline's is refused. */
  readonly keys?: 'optional' | 'required' | undefined
  /** Longer bodies are passed on unread: their model, attribution and fingerprint are then unknown. */
  readonly mostBodyBytes?: number | undefined
  /** Connections to one upstream at most. */
  readonly connections?: number | undefined
}

export interface GatewayTools {
  readonly sink: Sink
  readonly nowMicros: () => number
  readonly nextKey: () => string
  /** Of the data folder: fingerprints of two folders cannot be compared. */
  readonly fingerprintKey: Buffer
  readonly background: Background
  readonly keys?: Keys | undefined
  readonly budgets?: Budgets | null | undefined
  /** Keeps what calls say, where somebody asked for it; nothing where it is left out. */
  readonly capture?: CaptureSink | null | undefined
  /** What stands between here and the upstreams; nothing where it is left out. */
  readonly proxyOf?: ProxyOf | undefined
  readonly shout: (text: string) => void
}

export interface Gateway {
  /** Takes a request that is the gateway's; false for one that is not. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  readonly counters: Counters
  /** Requests and tunnels that are open. */
  running(): number
  /** Lets calls finish for so long, then cuts them. */
  close(graceMs: number): Promise<void>
}

export const gatewayDefaults = {
  idleMs: 3_600_000,
  mostDrainedBytes: 8 * 1024 * 1024,
  mostDrainedMs: 120_000,
  onMeterFailure: 'pass',
  mostBodyBytes: 32 * 1024 * 1024,
  // Calls that found no place would wait in silence: a bound is for upstreams that bear no more.
  connections: 16_384,
} as const

/** How long records of calls that were cut may take. */
const writingMs = 2000

export function createGateway(settings: GatewaySettings, tools: GatewayTools): Gateway {
  const routes: Routes = {
    upstreams: upstreamsOf(settings.upstreams),
    defaults: settings.defaults ?? {},
    byModel: Object.entries(settings.routes ?? {}).map(([pattern, upstream]) => ({ pattern, upstream })),
  }
  const limits = { ...gatewayDefaults, ...stated(settings) }
  const proxyOf = tools.proxyOf ?? (() => null)
  const pools = new Map<string, Pool>()
  const dispatcherOf = (origin: string): Pool => {
    let pool = pools.get(origin)
    if (pool === undefined) {
      pool = poolOf(origin, proxyOf(origin), limits.connections)
      pools.set(origin, pool)
    }
    return pool
  }
  const counters = startCounters()
  const relayTools = {
    ...tools,
    budgets: tools.budgets ? { ...tools.budgets, reserve: patient(tools.budgets) } : null,
    dispatcherOf,
    counters,
    limits,
    rules: settings.rules ?? [],
    capture: tools.capture ?? null,
    refusing: new Set<string>(),
    fingerprints: fingerprintsIfAny.bind(null, tools.fingerprintKey),
  }
  const running = new Set<Promise<void>>()
  const tunnels = new Set<() => void>()
  const admitted = (request: IncomingMessage, route: Route) =>
    admit(request, route, tools.keys ?? null, settings.keys === 'required', tools.nowMicros() / 1000)

  async function take(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const startedMicros = tools.nowMicros()
    let route = routeOf(asked, routes, null)
    if (route === null) {
      const message = `no upstream is called as ${request.url} asks: name it under gateway.upstreams`
      return answerError(response, 'openai', { status: 404, code: 'UPSTREAM_UNKNOWN', message })
    }
    if (climbs(asked.url)) {
      const message = 'a path with "." or ".." among its segments is not relayed: it could leave its upstream\'s base'
      return answerError(response, route.upstream.family, { status: 400, code: 'PATH_REFUSED', message })
    }
    const isByModel = needsModel(asked, routes)
    let admission = admitted(request, route)
    // Where the model decides, the body tells for which upstream a key must hold; whoever has none is not read at all.
    if ('code' in admission && !(isByModel && admission.status === 403)) return refuse(response, route, admission)
    const isRead = route.wire !== null || isByModel
    const body = isRead ? await bodyOf(request, limits.mostBodyBytes) : { whole: null, forward: request }
    const facts = body.whole === null || body.whole.length === 0 ? nothingRead : factsOf(body.whole)
    if (facts.model !== null && isByModel) {
      route = routeOf(asked, routes, facts.model)!
      admission = admitted(request, route)
    }
    if ('code' in admission) return refuse(response, route, admission)
    const readMicros = tools.nowMicros()
    // Not waited for here: this would keep the body for as long as the answer takes.
    return relay({ request, response, route, admitted: admission, facts, body, startedMicros, readMicros }, relayTools)
  }

  function refuse(response: ServerResponse, { upstream }: Route, refusal: Refusal): void {
    count(counters.refused, refusal.code)
    answerError(response, upstream.family, refusal)
  }

  return {
    counters,
    running: () => running.size + tunnels.size,
    handle(request, response) {
      const asked = askedOf(request)
      if (!isGateways(asked)) return false
      const work = take(request, response, asked).catch(thrown => {
        // The client went away while it was still asking, or something here is broken: nobody else shall suffer from it.
        if (!request.destroyed)
          tools.shout(`a request could not be relayed: ${thrown instanceof Error ? thrown.message : thrown}`)
        response.destroy()
      })
      running.add(work)
      void work.then(() => running.delete(work))
      return true
    },
    upgrade(request, socket, head) {
      const asked = askedOf(request)
      const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket'
      const route = isWebSocket ? routeOf(asked, routes, null) : null
      // Clients that offer HTTP/2 with every call (Java's) mean the call: to leave an offer unanswered is to decline it.
      if (!isWebSocket || (route !== null && route.wire !== null)) return readAgain(request, socket, head)
      if (route === null || climbs(asked.url)) return false
      const admission = admitted(request, route)
      if ('code' in admission) {
        count(counters.refused, admission.code)
        socket.end(errorText(route.upstream.family, admission, 'Refused'))
        return true
      }
      count(counters.unmetered, passName(route.upstream.name, 'UPGRADE', route.path))
      const proxy = proxyOf(route.upstream.origin)
      const cut = tunnel({ request, socket, head }, route, admission, proxy, () => tunnels.delete(cut))
      tunnels.add(cut)
      return true
    },
    async close(graceMs) {
      const late = new Promise(done => setTimeout(done, graceMs).unref())
      await Promise.race([Promise.all(running), late])
      for (const cut of tunnels) cut()
      await Promise.all([...pools.values()].map(pool => pool.destroy()))
      // What was cut is still to be written down.
      await Promise.race([Promise.all(running), new Promise(done => setTimeout(done, writingMs).unref())])
    },
  }
}

/** The limits that are set: an undefined one leaves the default in force. */
function stated(settings: GatewaySettings): Partial<typeof gatewayDefaults> {
  return Object.fromEntries(
    Object.keys(gatewayDefaults).flatMap(name => {
      const value = settings[name as keyof typeof gatewayDefaults]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
