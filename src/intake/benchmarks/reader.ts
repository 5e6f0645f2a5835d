// A file in which a load generator kept its results in; the load points in it, out. One file per format fulfils BenchmarkReader.
import type { Reject } from '../../core/meter/load.ts'
import type { LatencyMs, LoadPoint, ServerHints } from '../../core/serving/calibration/load-point.ts'
import { isObject, type Json } from '../pages.ts'

export interface MeasuredPoint extends LoadPoint {
  readonly server: ServerHints
}

export interface BenchmarkRead {
  readonly points: readonly MeasuredPoint[]
  readonly rejects: readonly Reject[]
  readonly notes: readonly string[]
}

/** A file, parsed as what it is. */
export type Parsed =
  | { readonly kind: 'json'; readonly documents: readonly { readonly value: Json; readonly line: number | null }[] }
  | { readonly kind: 'csv'; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'metrics'; readonly form: 'exposition' | 'prometheus' }

export interface BenchmarkFile {
  readonly name: string
  readonly text: string
  readonly parsed: Parsed
}

export interface BenchmarkReader {
  /** What `--format` calls it. */
  readonly name: string
  readonly title: string
  matches(file: BenchmarkFile): boolean
  read(file: BenchmarkFile): BenchmarkRead
}

/** The JSON documents of a file; none where it is something else. */
export const documentsOf = ({ parsed }: BenchmarkFile) => (parsed.kind === 'json' ? parsed.documents : [])

/** Whether a file has a document of this form. */
export const hasDocument = (file: BenchmarkFile, isOne: (value: Json) => boolean): boolean =>
  documentsOf(file).some(({ value }) => isOne(value))

/** A number > 0 at `keys`, from the outside in; null where there is none. Numbers written as text count. */
export function positiveAt(value: unknown, ...keys: readonly string[]): number | null {
  const found = at(value, ...keys)
  const number = typeof found === 'string' && found.trim() !== '' ? Number(found) : found
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : null
}

export function textAt(value: unknown, ...keys: readonly string[]): string | null {
  const found = at(value, ...keys)
  return typeof found === 'string' && found !== '' ? found : null
}

export const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>((within, key) => (isObject(within) ? within[key] : undefined), value)

/** Why a record is no load point, or the point. */
export type PointOr = LoadPoint | string

/** Checks what every format must tell. @returns the point, or what is missing */
export function pointOf(point: LoadPoint): PointOr {
  if (!(point.inputTokens > 0)) return 'tokens of the prompts are not recorded'
  if (!(point.outputTokens > 0)) return 'tokens of the answers are not recorded'
  if (point.concurrency === null && point.offeredPerSecond === null) {
    return 'neither the requests in flight nor the request rate are recorded'
  }
  const { ttftMs, tpotMs, outputTokensPerSecond } = point
  const measured = [ttftMs.mean, ttftMs.p50, tpotMs.mean, tpotMs.p50, outputTokensPerSecond]
  return measured.every(value => value === null) ? 'neither latency nor throughput is recorded' : point
}

/** Documents of a file, each a point or a reject with its line. */
export function pointsOf(
  file: BenchmarkFile,
  records: readonly { readonly value: Json; readonly line: number | null; readonly place?: string }[],
  read: (record: Json, source: string) => PointOr,
  server: (record: Json) => ServerHints,
): Pick<BenchmarkRead, 'points' | 'rejects'> {
  const points: MeasuredPoint[] = []
  const rejects: Reject[] = []
  for (const { value, line, place } of records) {
    const source = place === undefined ? (line === null ? file.name : `${file.name}:${line}`) : `${file.name}, ${place}`
    const point = read(value, source)
    if (typeof point === 'string') rejects.push({ line, reason: point, raw: JSON.stringify(value) })
    else points.push({ ...point, server: server(value) })
  }
  return { points, rejects }
}

/** `{prefix}mean{suffix}`-like keys of one latency, times `scale` to milliseconds. */
export function latencyOf(record: unknown, keys: Readonly<Record<keyof LatencyMs, string>>, scale = 1): LatencyMs {
  const of = (key: string): number | null => {
    const value = positiveAt(record, ...key.split('.'))
    return value === null ? null : value * scale
  }
  return { mean: of(keys.mean), p50: of(keys.p50), p95: of(keys.p95), p99: of(keys.p99) }
}
