// What another tool's results tell of tries, before anything is priced: one shape for all formats.
import type { AttemptEnd } from '../../core/decide/quality/attempt.ts'
import { type Money, parseUsd } from '../../core/meter/money.ts'
import type { Usage } from '../../core/meter/usage.ts'

/** Tokens of one model within a try. */
export interface ToldCall {
  readonly provider: string | null
  readonly model: string | null
  readonly usage: Usage
  /** When it was made; null = the try's own time. */
  readonly atMicros: number | null
}

export interface ToldAttempt {
  /** Null = the file does not say whose try it is: its name does, or `--option`. */
  readonly option: string | null
  readonly task: string
  /** Null = the n-th of its task and option in the file. */
  readonly attempt: number | null
  readonly passed: boolean | null
  readonly score: number | null
  /** The option's own work; empty = no tokens are told. */
  readonly work: readonly ToldCall[]
  /** What models used to grade it; empty = none did. */
  readonly judging: readonly ToldCall[]
  /** What the tool says it cost. Null = it says nothing, or a 0 that means "no price known". */
  readonly reportedUsd: Money | null
  readonly calls: number | null
  readonly seconds: number | null
  readonly atMicros: number | null
  readonly ended: AttemptEnd
  readonly problem: string | null
  readonly weight: number
  readonly cluster: string | null
  readonly workload: string | null
  readonly tags: readonly string[]
}

export interface ToldOption {
  readonly name: string
  readonly provider: string | null
  readonly model: string | null
  readonly settings: Readonly<Record<string, string | number | boolean>>
}

/** A run of which only sums are told: it stays a sum, since nobody can say which task failed. */
export interface ToldAggregate {
  readonly option: string
  readonly date: string | null
  readonly tasks: number
  readonly passed: number
  readonly reportedUsd: Money | null
  readonly secondsPerTask: number | null
}

export interface ToldReject {
  /** 1-based; null = the file has no lines. */
  readonly line: number | null
  readonly reason: string
  /** The row without what was said in it. */
  readonly raw: string
}

export interface ToldResults {
  /** What the tool calls the set of tasks. */
  readonly suite: string | null
  /** When the run was made. */
  readonly atMicros: number | null
  readonly options: readonly ToldOption[]
  readonly attempts: readonly ToldAttempt[]
  readonly aggregates: readonly ToldAggregate[]
  readonly rejects: readonly ToldReject[]
  /** What a reader of the figures has to know. */
  readonly notes: readonly string[]
}

/** A file, decompressed. */
export interface ResultsFile {
  readonly name: string
  readonly bytes: Buffer
  readonly text: string
  /** Its value where it is one JSON document, else undefined. */
  readonly json: unknown
  /** Its objects where it is JSON Lines. */
  readonly lines: readonly { readonly line: number; readonly value: unknown }[] | null
}

export interface ReadOptions {
  /** Whose tries they are, where the file does not say. */
  readonly option: string | null
  /** Inspect: the score that decides. */
  readonly scorer: string | null
  /** A score from here on passes, where the tool says no more than a score. */
  readonly passAt: number
  /** Field → column of a generic table. */
  readonly map: Readonly<Record<string, string>>
}

export interface ResultsFormat {
  /** What `--format` calls it. */
  readonly name: string
  readonly title: string
  matches(file: ResultsFile): boolean
  /** Throws a Fault where nothing of the file can be read. */
  read(file: ResultsFile, options: ReadOptions): ToldResults
}

/** What a format tells at least: the rest as nobody told it. */
export const toldAttempt = (told: Pick<ToldAttempt, 'task' | 'passed'> & Partial<ToldAttempt>): ToldAttempt => ({
  option: null,
  attempt: null,
  score: null,
  work: [],
  judging: [],
  reportedUsd: null,
  calls: null,
  seconds: null,
  atMicros: null,
  ended: 'answered',
  problem: null,
  weight: 1,
  cluster: null,
  workload: null,
  tags: [],
  ...told,
})

export const toldResults = (told: Partial<ToldResults>): ToldResults => ({
  suite: null,
  atMicros: null,
  options: [],
  attempts: [],
  aggregates: [],
  rejects: [],
  notes: [],
  ...told,
})

/** A cost as tools write it, a binary fraction of dollars; 0 is what most write when they know no price: not told. */
export function costTold(value: unknown): Money | null {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return null
  return parseUsd(String(value))
}

/** UTC microseconds of an ISO 8601 time; null where it is none. A time without a zone is taken as UTC. */
export function microsOf(value: unknown): number | null {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}/.test(value)) return null
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/.test(value) || value.length === 10
  const ms = Date.parse(hasZone ? value : `${value}Z`)
  return Number.isNaN(ms) ? null : ms * 1000
}

/** One line of what went wrong, without control characters. */
export const problemLine = (value: unknown): string | null => {
  if (typeof value !== 'string' || value.trim() === '') return null
  const line = value
    .trim()
    .split('\n')[0]!
    .replace(/\p{Cc}/gu, ' ')
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
