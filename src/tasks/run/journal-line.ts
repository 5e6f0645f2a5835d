// An entry of a run's journal in; its line with a checksum, out; and back, or null where the line is not whole.
import { crc32 } from 'node:zlib'

/** `CRC-32 in 8 hex digits, space, JSON, line feed`: as lines of the spool. */
export function lineOf(entry: object): Buffer {
  const json = Buffer.from(JSON.stringify(entry), 'utf8')
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from('\n')])
}

export function entryOf(line: Buffer): unknown {
  const json = line.subarray(9)
  if (line.length < 11 || line[8] !== 32 || line.toString('latin1', 0, 8) !== checksum(json)) return null
  try {
    return JSON.parse(json.toString('utf8'))
  } catch {
    return null
  }
}

const checksum = (of: Buffer): string => crc32(of).toString(16).padStart(8, '0')
