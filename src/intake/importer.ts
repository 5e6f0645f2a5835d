// What a file shows in its first lines, and what a format makes of it. One file per format fulfils Importer; nobody else knows formats by name.
import type { Call } from '../core/meter/call.ts'
import type { Charge } from '../core/meter/charge.ts'
import type { DemandShape, DrawnSum, LoadPlan, Reject } from '../core/meter/load.ts'
import type { Scrape } from '../core/meter/scrape.ts'
import type { ArrivalProfile } from '../core/statistics/arrival-profile.ts'

/** The first lines of a file, read as rows. */
export interface Head {
  /** What errors call the file. */
  readonly name: string
  /**
   * `json`: one document over many lines or an array, or several on lines of their own, as an API answers page by page;
   * `metrics`: Prometheus' text.
   */
  readonly container: 'csv' | 'jsonl' | 'parquet' | 'json' | 'protobuf' | 'metrics'
  readonly delimiter: string
  /** CSV: blank lines above the header. */
  readonly linesBefore: number
  /** CSV: the header. JSONL: every path of the sampled objects, `usage.input_tokens`. Parquet: the schema. */
  readonly columns: readonly string[]
  /** JSONL: the keys of each column, from the outside in. */
  readonly paths: readonly (readonly string[])[]
  /** Sampled rows by column, as text; a missing cell is absent. None for Parquet and protobuf. */
  readonly rows: readonly Readonly<Record<string, string>>[]
  /** The beginning of the file as it is; none for Parquet and protobuf. */
  readonly text: string
}

/** What a user may say about a file: it supplies what the file lacks. */
export interface ImportOptions {
  readonly format?: string | undefined
  /** What it is called where it comes from, folders and all; its path unless given. */
  readonly name?: string | undefined
  /** Field → column, for generic tables. */
  readonly map?: Readonly<Record<string, string>> | undefined
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly workload?: string | undefined
  readonly feature?: string | undefined
  readonly team?: string | undefined
  readonly environment?: string | undefined
  /** First moment of relative times, UTC microseconds. */
  readonly startMicros?: number | undefined
  readonly seed?: number | undefined
  /** How requests of a daily or hourly sum arrive within it: `diurnal` unless stated. */
  readonly profile?: ProfileName | undefined
  /** Tokens of one request, prompt and answer, for sums that do not say how many requests they are. */
  readonly tokensPerRequest?: number | undefined
  /** Where ids are unique, when two systems number their calls alike. */
  readonly idSpace?: string | undefined
  readonly sample?: boolean | undefined
  /** When a scrape was made that does not say it, UTC microseconds. */
  readonly scrapedAtMicros?: number | undefined
  /** Whose scrapes these are, where no label says it. */
  readonly server?: string | undefined
}

export const profileNames = ['diurnal', 'flat'] as const
export type ProfileName = (typeof profileNames)[number]

/** How a format's columns read as calls. `optional`: columns that may be missing from JSON Lines or from some of its lines. */
export type Reading = Pick<
  LoadPlan,
  | 'time'
  | 'id'
  | 'text'
  | 'counts'
  | 'none'
  | 'ttftMs'
  | 'latencyMs'
  | 'reportedUsd'
  | 'outcome'
  | 'tags'
  | 'prefixBlocks'
  | 'derived'
  | 'tagList'
  | 'leaveOut'
  | 'shown'
> & { readonly optional?: readonly string[]; readonly notes: readonly string[] }

/** Requests drawn from a description instead of read from rows, slot by slot in time order. */
export interface Drawing {
  /** What tells this drawing from others of the same file; null: the file has only one, however it is drawn. */
  readonly variant: string | null
  readonly originMicros: number
  /** Columns of the lines: `at` (microseconds from the origin) first. */
  readonly columns: readonly string[]
  /** CSV lines of `n` requests each. */
  readonly slots: Iterable<{ readonly n: number; readonly lines: string }>
  /** Of sums, which may have grown since the ledger had them. */
  readonly sums?: {
    /** From the first to the last of them. */
    readonly fromMicros: number
    readonly toMicros: number
    /** Of all of them, new or not. */
    readonly tokens: { readonly input: number; readonly output: number }
    /**
     * What is new of them: `there` requests are not, `isAll` where none is; `isGrown` where some sum was there in part,
     * `isCutOtherwise` where the ledger has other sums of the same time.
     */
    readonly since: (before: ReadonlyMap<string, DrawnSum>) => {
      readonly slots: Drawing['slots']
      readonly there: number
      readonly isGrown: boolean
      readonly isAll: boolean
      readonly isCutOtherwise: boolean
    }
  }
  readonly reading: Pick<Reading, 'text' | 'counts' | 'none'> & Partial<Reading>
  /** The requests stand for calls of which only sums are known. */
  readonly estimated: boolean
  readonly notes: readonly string[]
}

/** Lines of a bill, and those that cannot be taken. */
export interface Bill {
  readonly charges: readonly Charge[]
  readonly rejects: readonly Reject[]
  readonly notes: readonly string[]
}

/** A call as its record tells of it: whose file it is, and its price, come after. */
export type ReadCall = Omit<Call, 'source' | 'price'>

/** What one record holds; a document may hold many calls. */
export interface CallsOfRecord {
  readonly calls: readonly ReadCall[]
  /** What should be calls and cannot be read as such; `raw` shows no prompt. */
  readonly rejects: readonly Pick<Reject, 'reason' | 'raw'>[]
  /** Why parts are no calls: one text for each of them. */
  readonly leftOut: readonly string[]
  /** What was assumed: one text for each call it was assumed of. */
  readonly assumed: readonly string[]
}

/** How calls are read one by one, where they nest too deep for columns. */
export interface CallsReading {
  /**
   * `lines`: one JSON value a line. `items`: objects of a list or a page, one after the other. `rows`: of a table, by column.
   * `document`: the file is one JSON value. `bytes`: it is no text.
   */
  readonly records: 'lines' | 'items' | 'rows' | 'document' | 'bytes'
  /** Of rows; a comma unless stated. */
  readonly delimiter?: string
  /** A record's calls. What cannot be read of it is a reject; a Fault that it throws rejects the record as a whole. */
  read(record: unknown): CallsOfRecord
  readonly notes: readonly string[]
}

/** What a file turns out to hold. `text` is its whole decompressed content, for formats that are small by nature. */
export type Content =
  | { readonly kind: 'rows'; readonly reading: Reading }
  | {
      readonly kind: 'shape'
      readonly shape: (
        text: string,
      ) => Pick<DemandShape, 'startMicros' | 'seconds' | 'requestsPerSecond'> & { readonly notes: readonly string[] }
    }
  | { readonly kind: 'drawn'; readonly draw: (text: string, profile: (name: ProfileName) => ArrivalProfile) => Drawing }
  | { readonly kind: 'calls'; readonly calls: CallsReading }
  | { readonly kind: 'bill'; readonly bill: (text: string) => Bill }
  | { readonly kind: 'scrapes'; readonly scrapes: (text: string) => Scraped }

/** What model servers said of themselves, and the lines that say nothing. */
export interface Scraped {
  readonly scrapes: readonly Scrape[]
  readonly rejects: readonly Reject[]
  readonly notes: readonly string[]
}

export interface Importer {
  /** What `--format` calls it. */
  readonly name: string
  /** What a person calls it. */
  readonly title: string
  /** What its files are made of. */
  readonly container: Head['container'] | readonly Head['container'][]
  /** Whether these first lines are this format. */
  matches(head: Head): boolean
  /** Throws a Fault that says what is missing. */
  content(head: Head, options: ImportOptions): Content
}

/** Relative times begin here unless `--start` says otherwise: a Monday, so that weeks in a report are whole. */
export const defaultStart = '2026-01-05T00:00:00Z'
export const defaultStartMicros: number = Date.parse(defaultStart) * 1000

/** The note that goes with relative times. */
export const startNote = (options: ImportOptions): string =>
  options.startMicros === undefined
    ? `times in the file are relative; they count from ${defaultStart} (--start moves them)`
    : `times in the file are relative; they count from ${new Date(options.startMicros / 1000).toISOString()} (--start)`

/** Attribution and names that only the options know. */
export function givenText(options: ImportOptions): LoadPlan['text'] {
  const { provider, model, workload, feature, team, environment } = options
  const given = { provider, model, workload, feature, team, environment }
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, text]) => text !== undefined)
      .map(([field, text]) => [field, { column: null, fallback: text! }]),
  )
}

/** Kinds that a record with one prompt count and one answer count does not have: its prompt is all text and uncached. */
export const plainCounts = [
  'cacheRead',
  'cacheWrite',
  'inputAudio',
  'inputImage',
  'outputAudio',
  'outputImage',
  'searches',
] as const

export const uncachedNote = 'the file records no cache use: every prompt token counts as uncached input'

export const hasColumns = (head: Head, columns: readonly string[]): boolean =>
  columns.every(column => head.columns.includes(column))
