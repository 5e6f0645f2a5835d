// Answers of a reporting API as saved (one page, several in an array or one behind the other) in; their time buckets, out.
import { Fault } from '../core/fault/fault.ts'
import { type BucketTimes, bucketTimes } from './bucket-times.ts'

export type Json = Readonly<Record<string, unknown>>
export type PageBucket = BucketTimes & { readonly results: readonly Json[] }

/**
 * Buckets in file order. A page that a fetch repeated counts once: of equal buckets only the first is kept.
 * Faults: FILE_UNREADABLE, FIELD_INVALID.
 */
export function bucketsOf(text: string, where: string): PageBucket[] {
  const seen = new Set<string>()
  return documents(text, where)
    .flatMap(one => (Array.isArray(one) ? one : [one]))
    .flatMap(page => (isObject(page) && Array.isArray(page.data) ? page.data : [page]))
    .flatMap((bucket, i) => {
      if (!isObject(bucket) || !Array.isArray(bucket.results)) {
        throw new Fault('FIELD_INVALID', 'a page without buckets of results', {
          where: `${where}, bucket ${i + 1}`,
          fix: 'save the answers of the API as they are, {"data":[{"results":[…]}]}',
        })
      }
      const text = JSON.stringify(bucket)
      if (seen.has(text)) return []
      seen.add(text)
      return [{ ...bucketTimes(bucket, `${where}, bucket ${i + 1}`), results: bucket.results.filter(isObject) }]
    })
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function documents(text: string, where: string): unknown[] {
  try {
    return [JSON.parse(text.replace(/^\uFEFF/, ''))]
  } catch (thrown) {
    // Answers behind each other: one a line, or each over many lines, as the API wrote it.
    const lines = text.split('\n').filter(line => line.trim() !== '')
    const spread = text.split(/(?<=^\}\s*)(?=^\{)/m)
    try {
      return (spread.length > 1 && lines.length > spread.length ? spread : lines).map(one => JSON.parse(one))
    } catch {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      throw new Fault(
        'FILE_UNREADABLE',
        `not readable as JSON: ${message.split('\n')[0]}`,
        { where },
        { cause: thrown },
      )
    }
  }
}

/** A count ≥ 0 of a result; absent or null is none. Faults: FIELD_INVALID. */
export function countOf(result: Json, key: string, where: string): number {
  const value = result[key]
  if (value === undefined || value === null) return 0
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new Fault('FIELD_INVALID', `${key}: expected a whole number >= 0, got ${JSON.stringify(value).slice(0, 60)}`, {
    where,
  })
}

/** Text of a result; absent, null and empty are none. */
export const textOf = (result: Json, key: string): string | null =>
  typeof result[key] === 'string' && result[key] !== '' ? (result[key] as string) : null
