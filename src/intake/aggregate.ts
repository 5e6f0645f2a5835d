// One sum of requests and tokens over a stretch of time, as a provider or a proxy reports it.
import type { Money } from '../core/meter/money.ts'

/** Kinds that are billed apart, each counted in one place only: their requests' parts add up to them. */
export const summedKinds = [
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'cacheWriteOther',
  'inputAudio',
  'output',
  'outputAudio',
  'searches',
] as const
export type SummedKind = (typeof summedKinds)[number]

/** What a sum may say of whose its requests are. */
export const labels = [
  'provider',
  'model',
  'tier',
  'region',
  'speed',
  'workload',
  'feature',
  'user',
  'team',
  'environment',
] as const
type Label = (typeof labels)[number]

/** One reported sum. */
export interface Aggregate {
  readonly fromMicros: number
  readonly toMicros: number
  /** Null: the report does not say how many requests these tokens are. */
  readonly requests: number | null
  /** Of the requests, those that failed: they have no tokens. */
  readonly failed: number
  readonly sums: Readonly<Partial<Record<SummedKind, number>>>
  readonly text: Readonly<Partial<Record<Label, string | null>>>
  /** What the reporter says they cost; null unknown. */
  readonly usd: Money | null
  /** A prompt of this class is at least so long; 0 when the report has no classes. */
  readonly leastPromptTokens?: number
}
