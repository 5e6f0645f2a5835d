// A record in; its line of a spool with a checksum, out; and back, or null where the line is not whole.
import { crc32 } from 'node:zlib'
import type { CallRecord } from '../core/meter/call-record.ts'

/** The largest line that is kept whole: beyond it the provider's own object of counts is left out. */
const longest = 1 << 20

/** `CRC-32 in 8 hex digits, space, JSON, line feed`; as text, since many lines at once become bytes for less than one by one. */
export function lineOf(record: CallRecord): string {
  let json = JSON.stringify(record)
  if (json.length > longest && record.kind === 'settled') {
    json = JSON.stringify({ ...record, rawUsage: { leftOut: 'larger than a record may be' } })
  }
  return `${checksum(json)} ${json}\n`
}

/** The record of a line without its line feed; null where the checksum or the JSON is not right. */
export function recordOf(line: Buffer): CallRecord | null {
  const text = line.subarray(9)
  if (line.length < 10 || line[8] !== 32 || line.toString('latin1', 0, 8) !== checksum(text)) return null
  try {
    const record = JSON.parse(text.toString('utf8')) as CallRecord
    return record.kind === 'opened' || record.kind === 'settled' ? record : null
  } catch {
    return null
  }
}

/** Of a text: of its UTF-8. */
const checksum = (of: Buffer | string): string => crc32(of).toString(16).padStart(8, '0')
