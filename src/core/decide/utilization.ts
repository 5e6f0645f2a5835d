// Scrapes of model servers in; what each really served in the time seen, how busy it was, and what a million tokens cost on it, out.
import { type Histogram, type Scrape, type ScrapedCounter, scrapedCounters } from '../meter/scrape.ts'
import { groupedBy } from '../statistics/grouped.ts'

export interface ServerTerms {
  readonly gpus: number | null
  readonly usdPerGpuHour: number | null
}

export interface ServerUtilization {
  readonly server: string
  readonly models: readonly string[]
  /** First and last scrape, UTC microseconds. */
  readonly fromMicros: number
  readonly toMicros: number
  readonly scrapes: number
  /** Hours of which the tokens are known. Between two scrapes of one run they are, however far apart the scrapes are. */
  readonly observedHours: number
  /** Hours in which it restarted unseen: what it served before is lost, and counts neither as tokens nor as time. */
  readonly unknownHours: number
  /** What it did not scrape often enough to tell how busy it was; tokens of these hours are known. */
  readonly gapHours: number
  readonly restarts: number
  readonly tokens: { readonly prompt: number | null; readonly generation: number | null }
  readonly tokensPerHour: number | null
  /** Of the moments seen: share with a request running, mean requests, share of the KV cache. */
  readonly busyShare: number | null
  readonly runningMean: number | null
  readonly waitingMean: number | null
  readonly kvCacheMean: number | null
  readonly kvCacheMax: number | null
  /** Prompt tokens found in the prefix cache ÷ those looked up. */
  readonly prefixHitRate: number | null
  readonly preemptions: number | null
  readonly finishedRequests: number | null
  readonly ttftMs: Quantiles | null
  readonly tpotMs: Quantiles | null
  readonly gpus: number | null
  readonly tokensPerGpuHour: number | null
  /** GPU $/h × GPUs ÷ million tokens served an hour, prompt and answer. */
  readonly usdPerMtok: number | null
}

export interface Quantiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

const microsPerHour = 3_600_000_000
/** Scrapes further apart than so many usual steps leave out what was between them. */
const stepsOfGap = 3

/** One row for each server, by name. Scrapes in any order; of one engine and moment only one counts. */
export function utilizationOf(
  scrapes: readonly Scrape[],
  termsOf: (server: string) => ServerTerms,
): ServerUtilization[] {
  return [...groupedBy(scrapes, scrape => scrape.server)]
    .map(([server, own]) => serverRow(server, own, termsOf(server)))
    .sort((a, b) => (a.server < b.server ? -1 : 1))
}

function serverRow(
  server: string,
  scrapes: readonly Scrape[],
  { gpus, usdPerGpuHour }: ServerTerms,
): ServerUtilization {
  const runs = [...groupedBy(scrapes, ({ engine, model }) => `${engine} ${model ?? ''}`).values()].map(stepsOf)
  const steps = runs.flat()
  // Engines and models of a server are scraped together: its time is theirs, once.
  const hours = (of: (step: Step) => boolean) =>
    Math.max(0, ...runs.map(run => run.reduce((sum, step) => sum + (of(step) ? step.hours : 0), 0)))
  const total = (counter: ScrapedCounter) => knownSum(steps.map(step => step.deltas?.[counter]))
  const [prompt, generation] = [total('promptTokens'), total('generationTokens')]
  const observedHours = hours(step => step.deltas !== null)
  const tokens = prompt === null || generation === null ? null : prompt + generation
  const perHour = tokens === null || observedHours === 0 ? null : tokens / observedHours
  const perGpuHour = perHour === null || gpus === null ? null : perHour / gpus
  const [hits, queries] = [total('prefixHitTokens'), total('prefixQueriedTokens')]
  const times = scrapes.map(scrape => scrape.atMicros)
  return {
    server,
    models: [...new Set(scrapes.flatMap(scrape => scrape.model ?? []))].sort(),
    fromMicros: times.reduce((a, b) => Math.min(a, b), Infinity),
    toMicros: times.reduce((a, b) => Math.max(a, b), -Infinity),
    scrapes: new Set(times).size,
    observedHours,
    unknownHours: hours(step => step.deltas === null),
    gapHours: hours(step => step.deltas !== null && step.isGap),
    restarts: Math.max(0, ...runs.map(run => run.filter(step => step.isRestart).length)),
    tokens: { prompt, generation },
    tokensPerHour: perHour,
    ...gaugesOf(runs),
    prefixHitRate: hits === null || queries === null || queries === 0 ? null : hits / queries,
    preemptions: total('preemptions'),
    finishedRequests: total('finishedRequests'),
    ttftMs: quantilesOf(steps.map(step => step.ttft)),
    tpotMs: quantilesOf(steps.map(step => step.tpot)),
    gpus,
    tokensPerGpuHour: perGpuHour,
    usdPerMtok:
      perGpuHour === null || perGpuHour === 0 || usdPerGpuHour === null ? null : (usdPerGpuHour * 1e6) / perGpuHour,
  }
}

/** From one scrape of an engine to the next. */
interface Step {
  readonly before: Scrape
  readonly after: Scrape
  readonly hours: number
  readonly isGap: boolean
  readonly isRestart: boolean
  /** Null: it restarted in a gap. After a restart that was seen, what it counted since. */
  readonly deltas: Readonly<Record<ScrapedCounter, number | null>> | null
  readonly ttft: Histogram | null
  readonly tpot: Histogram | null
}

function stepsOf(scrapes: readonly Scrape[]): Step[] {
  const once = [...new Map(scrapes.map(scrape => [scrape.atMicros, scrape])).values()]
  const ordered = once.sort((a, b) => a.atMicros - b.atMicros)
  const lengths = ordered.slice(1).map((scrape, i) => scrape.atMicros - ordered[i]!.atMicros)
  const usual = [...lengths].sort((a, b) => a - b)[(lengths.length - 1) >> 1] ?? 0
  return ordered.slice(1).map((after, i): Step => {
    const before = ordered[i]!
    const isGap = lengths[i]! > stepsOfGap * usual
    const isRestart = hasRestarted(before, after)
    const isLost = isGap && isRestart
    const from = isRestart ? null : before
    const delta = (counter: ScrapedCounter) =>
      after[counter] === null || before[counter] === null ? null : after[counter] - (from?.[counter] ?? 0)
    return {
      before,
      after,
      hours: lengths[i]! / microsPerHour,
      isGap,
      isRestart,
      deltas: isLost
        ? null
        : (Object.fromEntries(scrapedCounters.map(counter => [counter, delta(counter)])) as Step['deltas']),
      ttft: isLost ? null : observedIn(from?.ttftSeconds ?? null, after.ttftSeconds),
      tpot: isLost ? null : observedIn(from?.tpotSeconds ?? null, after.tpotSeconds),
    }
  })
}

/** A process that says it started later, or a counter that went back. */
function hasRestarted(before: Scrape, after: Scrape): boolean {
  if (before.startedMicros !== null && after.startedMicros !== null && after.startedMicros > before.startedMicros + 1e6)
    return true
  return scrapedCounters.some(counter => (after[counter] ?? Infinity) < (before[counter] ?? -Infinity))
}

/** What was observed between two cumulative histograms; all of the later one after a restart (`before` null). */
function observedIn(before: Histogram | null, after: Histogram | null): Histogram | null {
  if (after === null || before === null) return after
  const isSame = before.atMost.length === after.atMost.length && before.atMost.every((le, i) => le === after.atMost[i])
  if (!isSame) return null
  return { atMost: after.atMost, counts: after.counts.map((count, i) => count - before.counts[i]!) }
}

/** Sum of what is told; null when nothing is, or when some step does not tell it (law 4: a part is not the whole). */
function knownSum(values: readonly (number | null | undefined)[]): number | null {
  const told = values.filter(value => value !== undefined)
  if (told.length === 0 || told.some(value => value === null)) return null
  return told.reduce((sum: number, value) => sum + value!, 0)
}

type Gauges = Pick<ServerUtilization, 'busyShare' | 'runningMean' | 'waitingMean' | 'kvCacheMean' | 'kvCacheMax'>

/** Over the steps without gap or restart, weighed by time. Requests add up over engines; cache shares are their mean. */
function gaugesOf(runs: readonly (readonly Step[])[]): Gauges {
  const seen = runs.map(run => run.filter(step => !step.isGap && !step.isRestart))
  const means = (of: (scrape: Scrape) => number | null) =>
    seen.flatMap(run => {
      const told = run.filter(step => of(step.before) !== null && of(step.after) !== null)
      const hours = told.reduce((sum, step) => sum + step.hours, 0)
      const area = told.reduce((sum, step) => sum + (step.hours * (of(step.before)! + of(step.after)!)) / 2, 0)
      return hours === 0 ? [] : [area / hours]
    })
  const sum = (all: readonly number[]) => (all.length === 0 ? null : all.reduce((a, b) => a + b, 0))
  const running = means(scrape => scrape.running)
  const cache = means(scrape => scrape.kvCacheShare)
  const busy = means(scrape => (scrape.running === null ? null : scrape.running > 0 ? 1 : 0))
  const tops = runs.flat().flatMap(({ before, after }) => [before.kvCacheShare ?? [], after.kvCacheShare ?? []].flat())
  return {
    busyShare: busy.length === 0 ? null : Math.max(...busy),
    runningMean: sum(running),
    waitingMean: sum(means(scrape => scrape.waiting)),
    kvCacheMean: cache.length === 0 ? null : sum(cache)! / cache.length,
    kvCacheMax: tops.length === 0 ? null : tops.reduce((a, b) => Math.max(a, b)),
  }
}

/** Within a bucket observations are taken to lie evenly, above the last bound at it (as Prometheus' histogram_quantile has it). */
function quantilesOf(histograms: readonly (Histogram | null)[]): Quantiles | null {
  const told = histograms.filter(histogram => histogram !== null)
  const [first] = told
  if (first === undefined || told.some(one => one.atMost.length !== first.atMost.length)) return null
  const counts = first.counts.map((_, i) => told.reduce((sum, one) => sum + one.counts[i]!, 0))
  const all = counts.at(-1) ?? 0
  if (all === 0) return null
  const at = (q: number) => 1000 * quantile(first.atMost, counts, q * all)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

function quantile(atMost: readonly number[], counts: readonly number[], rank: number): number {
  const i = counts.findIndex(count => count >= rank)
  if (i === atMost.length) return atMost.at(-1) ?? 0
  const [from, under] = i === 0 ? [0, 0] : [atMost[i - 1]!, counts[i - 1]!]
  const own = counts[i]! - under
  return own === 0 ? atMost[i]! : from + ((atMost[i]! - from) * (rank - under)) / own
}
