// Model servers by name and address in; what each says of itself, asked again and again, in the ledger of the workplace, out.
import { setTimeout } from 'node:timers/promises'
import { Agent, type Dispatcher, fetch, type Response } from 'undici'
import { poolOf } from '../gateway/pools.ts'
import type { ProxyOf } from '../gateway/proxies.ts'
import { ofExposition } from '../intake/vllm-metrics.ts'
import type { Say } from './log.ts'
import type { Workplace } from './workplace.ts'

/** An entry of `utilization:` in crossline.yaml. */
export interface ScrapedServer {
  readonly name: string
  /** Where it answers with its metrics: http://gpu-1:8000/metrics */
  readonly url: string
  readonly everySeconds?: number | undefined
  readonly gpus?: number | undefined
  readonly usdPerGpuHour?: number | undefined
}

export interface Scraper {
  /** Asks no more, and waits for what is being written. */
  stop(): Promise<void>
}

export const defaultEverySeconds = 15
/** To one server. */
const connections = 2
const timeoutMs = 10_000
/** vLLM's metrics are some 20 KiB: what is longer is something else. */
const mostBytes = 8 * 1024 * 1024

/** A server that does not answer is said once, and asked on: the time until it does is unknown, not idle. */
export function startScraper(
  workplace: Workplace,
  servers: readonly ScrapedServer[],
  say: Say,
  proxyOf: ProxyOf = () => null,
): Scraper {
  const ending = new AbortController()
  const network = new Agent({ factory: origin => poolOf(String(origin), proxyOf(String(origin)), connections) })
  const running = servers.map(server => scrapeOn({ workplace, network }, server, say, ending.signal))
  return {
    async stop() {
      ending.abort()
      await Promise.all(running)
      await network.destroy()
    },
  }
}

interface Tools {
  readonly workplace: Workplace
  readonly network: Dispatcher
}

async function scrapeOn(tools: Tools, server: ScrapedServer, say: Say, ended: AbortSignal): Promise<void> {
  const { name, url, everySeconds = defaultEverySeconds } = server
  let isMissing = false
  while (!ended.aborted) {
    const beganAt = performance.now()
    try {
      await scrapeOnce(tools, server, ended)
      if (isMissing) say(`${name} tells its metrics again`, 'info')
      isMissing = false
    } catch (thrown) {
      if (!isMissing && !ended.aborted) say(`${name} tells no metrics at ${url}: ${reasonOf(thrown)}`, 'warn')
      isMissing = true
    }
    await pause(Math.max(0, everySeconds * 1000 - (performance.now() - beganAt)), ended)
  }
}

async function scrapeOnce(
  { workplace, network }: Tools,
  { name, url }: ScrapedServer,
  ended: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([ended, AbortSignal.timeout(timeoutMs)])
  const response = await fetch(url, { signal, dispatcher: network })
  if (!response.ok) throw new Error(`it answers ${response.status}`)
  const scrapedAtMicros = Date.now() * 1000
  const { scrapes } = ofExposition(await textOf(response), url, { server: name, scrapedAtMicros })
  if (scrapes.length === 0) throw new Error('no metric of vLLM or SGLang is among what it answers')
  const ledger = await workplace.ledger()
  const source = { source: `scrape:${name}`, name, format: 'vllm-metrics', importedAtMicros: scrapedAtMicros }
  await workplace.exclusively(() => ledger.addScrapes({ ...source, scrapes }))
}

async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length
    if (bytes > mostBytes) throw new Error(`it answers with more than ${mostBytes / 1024 / 1024} MiB`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** `fetch failed` has its reason in its cause. */
function reasonOf(thrown: unknown): string {
  const { message, cause } = thrown as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

/** Ends early when asked to. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => setTimeout(ms, undefined, { signal }).catch(() => {})
