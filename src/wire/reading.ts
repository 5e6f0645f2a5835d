// A provider's bytes, cut anywhere → who served the call, what it used, and whether it came to its end.
import type { Money } from '../core/meter/money.ts'
import { type BilledUnits, noUnits, type Usage, unknownUsage, usageKinds } from '../core/meter/usage.ts'
import { bodyFramer } from './body.ts'
import { parseCut } from './cut-json.ts'
import { type Framing, framed } from './framing.ts'
import { asCount, asObject, type JsonObject, parseJson } from './json.ts'
import { merged } from './merge.ts'
import { reportedUsd } from './reported.ts'
import type { Counted, ProviderError, Told, Wire, WireName } from './wire.ts'

export type { Framing }

export interface ReadingOptions {
  /** Whether the response is a stream of events, else one JSON body. */
  readonly stream: boolean
  /** How a stream is cut into events (default: `sse`). */
  readonly framing?: Framing
  /** Who sends it; sellers of one wire differ in what stands inside what. */
  readonly provider?: string | null
}

/** What a response told. Null is unknown, and never 0. */
export interface Reading {
  readonly wire: WireName
  /** The response's own id. */
  readonly id: string | null
  /** The model that served it, as the provider names it. */
  readonly model: string | null
  readonly provider: string | null
  readonly usage: Usage
  /** Billed units that are not tokens. */
  readonly units: BilledUnits
  /** Input and output are both known. */
  readonly known: boolean
  /** The terminal event was seen; of a body: it is whole, and the response is over. */
  readonly complete: boolean
  readonly serviceTier: string | null
  readonly speed: string | null
  readonly region: string | null
  /** What the provider says it charged. */
  readonly reportedUsd: Money | null
  readonly stopReason: string | null
  readonly error: ProviderError | null
  /** The provider's own usage object, merged over the stream, to be read again when its meaning is understood better. */
  readonly rawUsage: JsonObject | null
}

/** Bytes of a stream, by offsets from its beginning. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** How far a stream has been understood: offsets count bytes from its beginning. */
export interface Progress {
  /** Where the terminal event begins, once it is whole; else null. */
  readonly terminalAt: number | null
  /**
   * Bytes before this offset belong to events that are whole and are not the terminal one: they may be passed on. Those
   * from here on may be the beginning of it. Of a body, all but the newest piece.
   */
  readonly safeTo: number
  /** Events among those that these bytes ended which tell the usage and nothing else: who did not ask for them gets none. */
  readonly usageAlone: readonly Range[]
}

export interface ReadingInProgress {
  /** Takes the next bytes, as the network cut them. The bytes are not kept. */
  push(bytes: Uint8Array): Progress
  /** No more bytes come: what was read, however it ended. */
  end(): Reading
}

/** Begins to read one response. Never throws for what a provider sends. */
export function startReading(
  wire: Wire,
  { stream, framing = 'sse', provider = null }: ReadingOptions,
): ReadingInProgress {
  let id: string | null = null
  let model: string | null = null
  let serviceTier: string | null = null
  let stopReason: string | null = null
  let error: ProviderError | null = null
  let first: JsonObject | null = null
  let usage: JsonObject | null = null
  let terminalAt: number | null = null
  let usageAlone: Range[] = []
  let readBytes = 0
  const searches = new Map<string, number>()
  const fileSearches = new Map<string, number>()

  const framer = framed(stream ? framing : 'body', event, isSilent, () => bodyFramer(wire.wanted, body))

  /** Once it is known who answers, most events of a stream are words alone: they are not even parsed. */
  function isSilent(text: string): boolean {
    if (wire.news === undefined || id === null || model === null) return false
    return !wire.news.test(text) && !(text.includes('\\u00') && spelledOut.test(text))
  }

  function event(text: string, name: string | null, from: number, to: number): void {
    if (wire.lastText !== undefined && text.trim() === wire.lastText) {
      terminalAt ??= from
      return
    }
    const json = asObject(parseJson(text))
    if (json === null) return
    const told = wire.event(json, name)
    if (told.isUsageAlone === true) usageAlone.push({ from, to })
    take(told, from)
  }

  function body(text: string): void {
    const whole = asObject(parseJson(text))
    const cut = whole === null ? asObject(parseCut(text)) : null
    if (whole !== null) take(wire.body(whole), 0)
    else if (cut !== null) take({ ...wire.body(cut), isTerminal: false }, 0)
    else if (text.trim() !== '') error = { code: 'NOT_JSON', message: 'the response is not JSON' }
  }

  function take(told: Told, at: number): void {
    id = told.id ?? id
    model = told.model ?? model
    serviceTier = told.serviceTier ?? serviceTier
    stopReason = told.stopReason ?? stopReason
    error = told.error ?? error
    if (told.usage) {
      first ??= told.usage
      usage = merged(usage, told.usage)
    }
    for (const [maker, count] of told.searches ?? []) searches.set(maker, count)
    for (const [maker, count] of told.fileSearches ?? []) fileSearches.set(maker, count)
    if (told.isTerminal === true) terminalAt ??= at
  }

  return {
    push(bytes) {
      const lastAlone = usageAlone.at(-1)
      usageAlone = []
      const late = framer.push(bytes)
      if (late > 0 && lastAlone?.to === readBytes) usageAlone.unshift({ from: readBytes, to: readBytes + late })
      readBytes += bytes.length
      return { terminalAt, safeTo: terminalAt ?? framer.safeTo(), usageAlone }
    },
    end() {
      framer.end()
      const isComplete = terminalAt !== null
      const searched = sumOf(searches)
      const about = {
        provider,
        model,
        isComplete,
        first: first ?? {},
        searches: searched,
        fileSearches: sumOf(fileSearches),
      }
      const counted: Counted =
        usage === null
          ? { usage: { ...unknownUsage, searches: searched > 0 ? searched : null } }
          : wire.count(usage, about)
      const counts = onlyCounts(counted.usage)
      return {
        wire: wire.name,
        id,
        model,
        provider,
        usage: counts,
        units: counted.units ?? noUnits,
        known: counts.input !== null && counts.output !== null,
        complete: isComplete,
        serviceTier: counted.serviceTier ?? serviceTier,
        speed: counted.speed ?? null,
        region: counted.region ?? null,
        reportedUsd: usage === null ? null : reportedUsd(usage),
        stopReason,
        error,
        rawUsage: usage,
      }
    },
  }
}

/** An ASCII letter that stands as an escape: any name may be spelled so. */
const spelledOut = /\\u00[4-7]/i

/** Sums of counts can pass what a count may be: then they are unknown. */
function onlyCounts(usage: Usage): Usage {
  if (usageKinds.every(kind => usage[kind] === null || asCount(usage[kind]) !== null)) return usage
  const counts = {} as Record<keyof Usage, number | null>
  for (const kind of usageKinds) counts[kind] = asCount(usage[kind])
  return counts
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}
