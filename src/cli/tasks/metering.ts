// A data folder and the gateway's settings in; requests of a run, sent through a gateway of its own and read off its records, out.
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch } from 'undici'
import { Fault } from '../../core/fault/fault.ts'
import { mostUsd } from '../../core/meter/budget.ts'
import type { CallRecord } from '../../core/meter/call-record.ts'
import type { PriceCalls } from '../../core/meter/load.ts'
import { zero } from '../../core/meter/money.ts'
import { noUsage } from '../../core/meter/usage.ts'
import type { BudgetAnswer, BudgetAsk, Budgets } from '../../gateway/budgets.ts'
import { hashOf, newSecret } from '../../gateway/key-secret.ts'
import type { Key } from '../../gateway/keys.ts'
import { type Upstream, upstreamsOf } from '../../gateway/upstreams.ts'
import { claimSlot } from '../../processes/slot.ts'
import { budgetDefaults } from '../../server/budget-settings.ts'
import { type HostSettings, hostGateway } from '../../server/gateway-host.ts'
import type { Say } from '../../server/log.ts'
import { spoolFolder } from '../../server/spool-writer.ts'
import type { Completed, OnBehalfOf, Target, Unanswered } from '../../tasks/client.ts'
import { textOrNull } from '../../tasks/requests/request.ts'
import { requestOf } from '../../tasks/requests/requests.ts'
import type { MeteredRequest, Metering, Session, SessionHooks, SessionTally } from '../../tasks/run/metering.ts'
import type { Prompt } from '../../tasks/task.ts'
import { asObject } from '../../wire/json.ts'
import { watchCalls } from './call-watch.ts'
import { environmentOf } from './command-environment.ts'
import { cut, readOf } from './read-answer.ts'

export interface OpenMetering extends Metering {
  /** Lets what is under way settle, and the spool go. */
  close(): Promise<void>
}

export interface MeteringOptions {
  readonly dataDir: string
  readonly settings: HostSettings
  readonly price: PriceCalls['price']
  readonly say: Say
}

/** A client that left is read on for so long, to know what its call used. */
const drainedMs = 10_000
/** And its record is waited for so long. */
const settledWithinMs = drainedMs + 5000
const bytesPerToken = 4
/** A picture's tokens do not follow from its bytes: no provider bills one of the largest at more than about so many. */
const mostTokensOfImage = 6000

export async function startMetering({ dataDir, settings, price, say }: MeteringOptions): Promise<OpenMetering> {
  const slot = await claimSlot(spoolFolder(dataDir))
  const upstreams = upstreamsOf(settings.upstreams)
  const keys = new Map<string, Key>()
  const calls = watchCalls(price)
  const sessions = new Map<string, SessionHooks>()
  const host = hostGateway(
    dataDir,
    {
      ...settings,
      // Only this run's own keys open it, and nothing goes out that is not written down.
      keys: 'required',
      onMeterFailure: 'reject',
      mostDrainedMs: drainedMs,
      rules: [],
    },
    slot.worker,
    say,
    budgetsOf(sessions, price),
    { keys: { find: hash => keys.get(hash) ?? null }, heard: (record: CallRecord) => calls.heard(record) },
  )
  const { server, port } = await listening(
    createServer((request, response) => {
      if (host.gateway.handle(request, response)) return
      response.writeHead(404).end()
    }),
  )
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // A model may think for an hour; the run's own limits are what ends it.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 1024 })
  const upstreamOf = ({ upstream }: Target): Upstream => {
    const found = upstreams.get(upstream)
    if (found !== undefined) return found
    const fix = `there are ${[...upstreams.keys()].join(', ')}; others are named under gateway.upstreams`
    throw new Fault('UPSTREAM_UNKNOWN', `no upstream is called "${upstream}"`, { fix })
  }

  function keyFor(target: Target, whose: OnBehalfOf, id: string): { readonly secret: string; drop(): void } {
    const secret = newSecret()
    const { run, option, attempt, purpose, task, workload } = whose
    const hash = hashOf(secret)
    keys.set(hash, {
      id,
      name: `tasks run ${run}`,
      attribution: { task, ...(workload === null ? {} : { workload }) },
      tags: { run, option, attempt: String(attempt), purpose },
      upstreams: [target.upstream],
      expiresAt: null,
      revokedAt: null,
    })
    return { secret, drop: () => keys.delete(hash) }
  }

  async function complete(asked: MeteredRequest, signal: AbortSignal): Promise<Completed | Unanswered> {
    const { target, prompt, onBehalfOf, id, idempotencyKey } = asked
    const request = requestOf(target.wire)
    const key = keyFor(target, onBehalfOf, id)
    const watch = calls.watch(id)
    try {
      const body = JSON.stringify(request.body(target, prompt, upstreamOf(target).provider))
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
        ...request.headers,
        ...request.credential(key.secret),
      }
      const url = `http://127.0.0.1:${port}/to/${encodeURIComponent(target.upstream)}${request.path(target.model)}`
      // It may also break off in the middle of its answer.
      const came = await fetch(url, { method: 'POST', headers, body, signal, dispatcher })
        .then(async response => ({ response, text: await response.text() }))
        .catch((thrown: unknown) => ({ thrown }))
      await Promise.race([watch.settled(), sleep(settledWithinMs, undefined, { ref: false })])
      return 'thrown' in came ? cut(came.thrown, signal, watch) : readOf(came, request, watch)
    } finally {
      key.drop()
      watch.forget()
    }
  }

  return {
    complete,
    most(target, prompt) {
      const { bytes, images, outputTokens } = sizeOf(target, prompt)
      return mostUsd(
        {
          ...priced(target),
          promptTokens: bytes + images * mostTokensOfImage,
          outputTokens: outputTokens ?? budgetDefaults.assumedOutputTokens,
          tier: textOrNull(target.settings.service_tier),
          region: null,
          speed: textOrNull(target.settings.speed),
          hasAudio: false,
        },
        price,
      )
    },
    about(target, prompt, longest) {
      const { bytes, outputTokens } = sizeOf(target, prompt)
      const output = Math.min(longest, outputTokens ?? longest)
      const usage = { ...noUsage, input: Math.ceil(bytes / bytesPerToken), output }
      return price({ ...priced(target), tier: null, region: null, speed: null, usage }).usd
    },
    tokens(target, prompt) {
      const { bytes, outputTokens } = sizeOf(target, prompt)
      return Math.ceil(bytes / bytesPerToken) + (outputTokens ?? 0)
    },
    session: (target, whose, id, hooks) => openSession(target, whose, id, hooks),
    async close() {
      for (const socket of sockets) if (socket.destroyed === false) socket.unref()
      await host.close(drainedMs)
      server.closeAllConnections()
      await new Promise(done => server.close(done))
      await dispatcher.destroy()
      slot.release()
    },
  }

  function openSession(target: Target, whose: OnBehalfOf, id: string, hooks: SessionHooks): Session {
    const key = keyFor(target, whose, id)
    const watch = calls.watch(id, hooks.settled)
    sessions.set(id, hooks)
    return {
      environment: environmentOf(
        `http://127.0.0.1:${port}/to/${encodeURIComponent(target.upstream)}`,
        key.secret,
        target,
        whose,
      ),
      tally: watch.tally,
      async close(): Promise<SessionTally> {
        key.drop()
        await Promise.race([watch.settled(), sleep(settledWithinMs, undefined, { ref: false })])
        sessions.delete(id)
        watch.forget()
        return watch.tally()
      },
    }
  }

  function priced({ model, upstream }: Target) {
    return { provider: upstreams.get(upstream)?.provider ?? null, model, atMicros: Date.now() * 1000 }
  }

  function sizeOf(target: Target, prompt: Prompt): { bytes: number; images: number; outputTokens: number | null } {
    const pictures = prompt.messages.flatMap(({ content }) =>
      Array.isArray(content) ? content.flatMap(part => (part.kind === 'image' ? [part.base64.length] : [])) : [],
    )
    const body = requestOf(target.wire).body(target, prompt, upstreamOf(target).provider)
    const bytes = Buffer.byteLength(JSON.stringify(body)) - pictures.reduce((sum, length) => sum + length, 0)
    return { bytes, images: pictures.length, outputTokens: outputLimit(body) }
  }
}

/** What a request says of the length of its answer. */
function outputLimit(body: Readonly<Record<string, unknown>>): number | null {
  const config = asObject(body.generationConfig)
  const stated = [body.max_tokens, body.max_completion_tokens, config?.maxOutputTokens]
  const [limit] = stated.filter((value): value is number => Number.isSafeInteger(value) && (value as number) >= 0)
  return limit ?? null
}

async function listening(server: Server): Promise<{ server: Server; port: number }> {
  server.requestTimeout = 0
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  return { server, port: (server.address() as AddressInfo).port }
}

/** What programs call is asked for call by call; a request of the run itself was paid for before it went. */
function budgetsOf(sessions: ReadonlyMap<string, SessionHooks>, price: PriceCalls['price']): Budgets {
  const asking = new Map<string, SessionHooks>()
  const granted: BudgetAnswer = { isGranted: true, reservedUsd: null }
  return {
    async reserve(ask: BudgetAsk) {
      const hooks = ask.keyId === null ? undefined : sessions.get(ask.keyId)
      if (hooks === undefined) return granted
      const outputTokens = (ask.outputTokens ?? budgetDefaults.assumedOutputTokens) * ask.answers
      asking.set(ask.key, hooks)
      if (await hooks.permit(ask.key, mostUsd({ ...ask, outputTokens }, price))) return granted
      const message = 'this task may make no further calls: a limit of its run is reached'
      return { isGranted: false, status: 429, code: 'TASK_LIMIT', message, retryAtMicros: null }
    },
    release(key) {
      asking.get(key)?.settled(key, zero)
      asking.delete(key)
    },
  }
}

/** Ids of a process's requests: no other process of the run has made them. */
export function requestIds(run: string): () => string {
  const born = randomBytes(3).toString('hex')
  let made = 0
  return () => `${run}-${born}-${++made}`
}
