// What a model server said of itself at one moment: gauges of that moment, and counters since it started. No call, and never one.

/** Cumulative: `counts[i]` observations were at most `atMost[i]`; one count more is of all. */
export interface Histogram {
  readonly atMost: readonly number[]
  readonly counts: readonly number[]
}

/** Counters since the engine started: a smaller one than before is a restart, never a negative number of tokens. */
export const scrapedCounters = [
  'promptTokens',
  'generationTokens',
  'prefixQueriedTokens',
  'prefixHitTokens',
  'preemptions',
  'finishedRequests',
] as const
export type ScrapedCounter = (typeof scrapedCounters)[number]

/** One engine of a server, which has several where it runs data parallel. What it does not say is null. */
export interface Scrape extends Readonly<Record<ScrapedCounter, number | null>> {
  readonly server: string
  readonly engine: string
  readonly model: string | null
  readonly atMicros: number
  /** When its process started, UTC microseconds. */
  readonly startedMicros: number | null
  readonly running: number | null
  readonly waiting: number | null
  /** Of the KV cache in use, 0..1. */
  readonly kvCacheShare: number | null
  readonly ttftSeconds: Histogram | null
  readonly tpotSeconds: Histogram | null
}

/** Scrapes of one file, or of one server asked again and again. Those of a moment that is known already add nothing. */
export interface ScrapeBatch {
  /** What `undo` removes: `file:<sha256>`, `scrape:<server>`. */
  readonly source: string
  readonly name: string
  readonly format: string
  readonly importedAtMicros: number
  readonly scrapes: readonly Scrape[]
}
