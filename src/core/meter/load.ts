// How a file of foreign records reads as calls, and what its calls cost: declared by intake and catalog, carried out in bulk by a store.
import type { AttributionKind, Call, CallPrice } from './call.ts'
import type { ChargeBatch } from './charge.ts'
import type { Money } from './money.ts'
import type { ScrapeBatch } from './scrape.ts'
import type { UsageKind } from './usage.ts'

/** The text fields of a call that a column may hold. */
export type TextField = 'provider' | 'model' | 'tier' | 'region' | 'speed' | AttributionKind

/** Text from a column where there is one and the cell is not empty, else `fallback`. */
export interface TextReading {
  readonly column: string | null
  readonly fallback: string | null
  /** Beginnings that are no part of the text (`hosted_vllm/`); the first that fits is taken off. */
  readonly strip?: readonly string[]
  /** Other spellings, in lower case, of names kept: `prod` → `production`. */
  readonly names?: Readonly<Record<string, string>>
}

/**
 * A column that no file has as such: a value inside a cell that holds JSON text, the value of a tag, or the best of
 * several columns. Readings name it like any other.
 */
export interface DerivedColumn {
  readonly name: string
  readonly from: readonly CellSource[]
  /** `first` that is not empty; `greatest` for a count that writers repeat in several places and leave 0 in some. */
  readonly pick: 'first' | 'greatest'
}

/** Where a derived column looks. */
export type CellSource =
  /** The cell itself, or what lies at `keys` (from the outside in) when the cell is JSON text. */
  | { readonly column: string; readonly keys?: readonly string[] }
  /** In a cell that is a JSON list of `name:value` texts: the value of the first of this name (lower case). */
  | { readonly column: string; readonly tag: string }
  /** What stands before the first `/`, when it is one of these. */
  | { readonly column: string; readonly before: readonly string[] }
  /** The cell without what stands before its first `/`, when that is column `behind`'s value or, where it is empty, one of `among`. */
  | { readonly column: string; readonly behind: string | null; readonly among: readonly string[] }

/**
 * A whole number ≥ 0 of a usage kind. `minus` columns are parts of it that are billed apart (cached inside prompt
 * tokens); an empty cell is unknown, or a reject when `required`.
 */
export interface CountReading {
  readonly column: string
  readonly minus: readonly string[]
  /** Columns that add to it. */
  readonly plus?: readonly string[]
  readonly required: boolean
  /** An empty cell is 0, because the format leaves out what there is none of. */
  readonly emptyIsZero?: boolean
  /** A column whose 0, in a call that did not fail, says that nobody counted: this kind is then unknown. */
  readonly unknownIfZero?: string
  readonly inOrBeside?: InOrBeside
}

/**
 * Parts that some writers of a format count in the column and others beside it, decided row by row by arithmetic so
 * that nothing is counted twice. The last m parts lie beside the column where a `total` exceeds column + `of` by
 * exactly their sum, or where they would not fit into it; otherwise all lie in it.
 */
export interface InOrBeside {
  readonly parts: readonly string[]
  readonly totals: readonly { readonly total: string; readonly of: readonly string[] }[]
  /** `apart`: the kind is what is left without the parts. `whole`: the kind includes them (reasoning in output). */
  readonly kind: 'apart' | 'whole'
}

/** A number ≥ 0, multiplied by `scale` to reach the field's own unit. */
export interface ColumnNumber {
  readonly column: string
  readonly scale: number
}

/**
 * Milliseconds from one date and time to another; unknown where either is missing, where they are out of order, or where
 * `to` repeats `unless` (a first token that is written as the end was not measured).
 */
export interface SpanReading {
  readonly from: string
  readonly to: string
  readonly unless: string | null
}

export type NumberReading = ColumnNumber | SpanReading

/** Rows that are no calls: those whose column has one of these values (lower case). They are counted, never loaded. */
export interface LeaveOut {
  readonly column: string
  readonly values: readonly string[]
  readonly why: string
}

/**
 * When a call began. `iso`: a date and time, UTC when no offset is given. `epoch`: a number of `unitMicros`, counted
 * from `originMicros`. With `spreadMicros`, the k-th of n rows of one instant (file order) is moved by ⌊k × spread ÷ n⌋.
 */
export type TimeReading =
  | { readonly kind: 'iso'; readonly column: string; readonly spreadMicros: number | null }
  | {
      readonly kind: 'epoch'
      readonly column: string
      readonly unitMicros: number
      readonly originMicros: number
      /** Earlier times are in another unit than the rest of their column; a count from a start has no such bound. */
      readonly notBeforeMicros?: number
      readonly spreadMicros: number | null
    }

/** A call's outcome: by a status column's text, or failed where a count is zero. */
export type OutcomeReading =
  | { readonly kind: 'status'; readonly column: string }
  | { readonly kind: 'zeroFails'; readonly column: string }

export interface LoadFile {
  readonly path: string
  readonly container: 'csv' | 'jsonl' | 'parquet'
  readonly gzip: boolean
  /** CSV only. */
  readonly delimiter: string
  /** All columns in file order (CSV, Parquet), or the names of those that are read (JSONL: `usage.input_tokens`). */
  readonly columns: readonly string[]
  /** JSONL: where each column lies in a line's object, as keys from the outside in. */
  readonly paths: readonly (readonly string[])[]
  /** CSV: the header and the blank lines above it; 0 without a header. */
  readonly headerLines: number
  /** Line breaks in the decompressed file: tells whether rows can be named by line. */
  readonly lineBreaks: number
  readonly longestLineBytes: number
}

export interface LoadPlan {
  /** What `undo` removes: `file:<sha256>`. */
  readonly source: string
  /** Where ids are unique: rows of overlapping exports share it. Rows without an id are known by (source, ordinal). */
  readonly namespace: string
  readonly name: string
  /** What errors call the file: `name` may lie in many folders. */
  readonly where: string
  readonly format: string
  readonly sample: boolean
  readonly importedAtMicros: number
  readonly file: LoadFile
  readonly time: TimeReading
  readonly id: string | null
  readonly text: Readonly<Partial<Record<TextField, TextReading>>>
  readonly counts: Readonly<Partial<Record<UsageKind, CountReading>>>
  /** Kinds that the format's own meaning says are not there (0); the rest without a reading are unknown (null). */
  readonly none: readonly UsageKind[]
  readonly ttftMs: NumberReading | null
  readonly latencyMs: NumberReading | null
  readonly reportedUsd: string | null
  readonly outcome: OutcomeReading | null
  /** Tag name → column. */
  readonly tags: Readonly<Record<string, string>>
  readonly prefixBlocks: string | null
  readonly derived?: readonly DerivedColumn[]
  /** A column that holds a JSON list of `name:value` texts, each of them a tag. */
  readonly tagList?: string | null
  readonly leaveOut?: readonly LeaveOut[]
  /** Columns that a reject shows of its row, where others may hold prompts; absent = all. */
  readonly shown?: readonly string[]
  /** The counts are not those of single calls but drawn or divided. */
  readonly estimated?: boolean
}

/** Whose calls these are, that were read one by one. */
export type CallsPlan = Pick<
  LoadPlan,
  'source' | 'namespace' | 'name' | 'where' | 'format' | 'sample' | 'importedAtMicros'
>

/** What became of calls that were read one by one. */
export interface KeptCalls {
  /** New to the ledger. */
  readonly added: number
  /** Known before, of a usage that nobody had told: they are what was told now. */
  readonly completed: number
  /** Known with other counts, which stand. */
  readonly contradicted: number
}

export interface Reject {
  /** Line in the decompressed file (row in Parquet), 1-based; null where quoted line breaks made it uncountable. */
  readonly line: number | null
  readonly reason: string
  readonly raw: string
}

export interface LoadResult {
  readonly rows: number
  readonly added: number
  /** Known before, of a usage that nobody had told, and told now. */
  readonly completed?: number
  readonly duplicates: number
  readonly rejected: number
  /** Of the good rows of the file, whether added now or before. */
  readonly firstAtMicros: number | null
  readonly lastAtMicros: number | null
  readonly tokens: { readonly input: number; readonly output: number }
  readonly outOfOrder: number
  /** Rows that are no calls, by why. */
  readonly leftOut: readonly { readonly why: string; readonly rows: number }[]
  readonly unpricedCalls: number
  readonly unpricedModels: readonly { readonly model: string | null; readonly calls: number; readonly reason: string }[]
}

/** What selects the rates of a call, beside its time and the size of its prompt. */
export interface PriceKey {
  readonly provider: string | null
  readonly model: string | null
  readonly tier: string | null
  readonly region: string | null
  readonly speed: string | null
}

/**
 * How calls of one key between two times and two prompt sizes (both half-open) are priced. `exact`: usd = picoPerCall +
 * Σ count × rate in whole pico-dollars, for calls that know all of `needs` and have nothing of `unrated`; the others, and
 * those of `each`, go through the price function one by one. `none`: unpriced, for the reason given.
 */
export type BulkRate = {
  readonly fromMicros: number
  readonly toMicros: number
  readonly promptFrom: number
  readonly promptTo: number
} & (
  | {
      readonly kind: 'exact'
      readonly picoPerToken: Readonly<Partial<Record<UsageKind, bigint>>>
      readonly picoPerCall: bigint
      readonly needs: readonly UsageKind[]
      readonly unrated: readonly UsageKind[]
      readonly pricedAs: string
      readonly catalogVersion: string
    }
  | { readonly kind: 'each' }
  | { readonly kind: 'none'; readonly reason: string }
)

/** What a store asks of the one price function, in bulk or call by call. */
export interface PriceCalls {
  /** Rates that cover [fromMicros, toMicros] and every prompt size, without overlap. */
  rates(key: PriceKey, fromMicros: number, toMicros: number): readonly BulkRate[]
  price(call: PriceKey & Pick<Call, 'atMicros' | 'usage' | 'units'>): CallPrice
}

/** The part of an AbortSignal that a load looks at (core knows no platform). */
export interface StopSignal {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
}

/** What a store offers to intake: load a whole file in one transaction, or not at all. */
export interface CallLoader {
  /**
   * Loads the file; good rows go in, each bad one goes to `onReject`. Rejects with a Fault and changes nothing when
   * `accept` (called before anything is kept) throws.
   */
  load(
    plan: LoadPlan,
    prices: PriceCalls,
    hooks: {
      readonly onReject: (reject: Reject) => void
      readonly accept?: (found: { readonly good: number; readonly rejected: number; readonly leftOut: number }) => void
      readonly signal?: StopSignal | undefined
    },
  ): Promise<LoadResult>
  /**
   * Keeps calls that were read one by one, batch by batch and all in one transaction. What is there already, by its id in
   * the plan's namespace or because a gateway metered it, is added no second time; it tells the usage where that was not
   * known, and attributes it where it was not attributed. Rejects and changes nothing when `batches` throws.
   */
  loadCalls(plan: CallsPlan, batches: AsyncIterable<readonly Call[]> | Iterable<readonly Call[]>): Promise<KeptCalls>
  /** How much the ledger has of sums that calls were drawn from, by what the ids of these begin with. */
  drawn(
    namespace: string,
    span: { readonly fromMicros: number; readonly toMicros: number },
  ): Promise<ReadonlyMap<string, DrawnSum>>
  /** Column names of a Parquet file. */
  parquetColumns(path: string): Promise<readonly string[]>
  /** Keeps a rate curve beside the calls. Returns false when it is there already. */
  addShape(shape: DemandShape): Promise<boolean>
  /** Keeps a bill's lines beside the calls. Returns false when the bill is there already. */
  addCharges(bill: ChargeBatch): Promise<boolean>
  /** Keeps what model servers said of themselves. Returns how many were new. */
  addScrapes(batch: ScrapeBatch): Promise<number>
}

/** Of one sum, the calls that were drawn from it. */
export interface DrawnSum {
  readonly requests: number
  readonly failed: number
  /** Above the number of each of them. */
  readonly next: number
  readonly usage: Readonly<Record<UsageKind, number>>
  /** What their reporter says they cost; null unknown. */
  readonly usd: Money | null
}

/** Arrival rates over time without calls: a shape that demand can take. */
export interface DemandShape {
  readonly source: string
  readonly name: string
  readonly format: string
  readonly sample: boolean
  readonly importedAtMicros: number
  readonly startMicros: number
  readonly seconds: readonly number[]
  readonly requestsPerSecond: readonly number[]
}

/** A change of price history, by model; `usd` are exact decimal strings, null where no call had a price. */
export interface RepriceResult {
  readonly dryRun: boolean
  readonly calls: number
  readonly changed: number
  readonly usdBefore: string | null
  readonly usdAfter: string | null
  readonly byModel: readonly {
    readonly provider: string | null
    readonly model: string | null
    readonly calls: number
    readonly changed: number
    readonly usdBefore: string | null
    readonly usdAfter: string | null
    readonly unpricedBefore: number
    readonly unpricedAfter: number
  }[]
}
