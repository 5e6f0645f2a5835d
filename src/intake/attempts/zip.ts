// A zip archive in; its entries by name, stored, deflated or packed with zstd, out. What is packed in another way is named with its way.
import { inflateRawSync } from 'node:zlib'
import { decompress } from 'fzstd'
import { Fault } from '../../core/fault/fault.ts'

export interface ZipEntry {
  readonly name: string
  readonly method: 'stored' | 'deflated' | 'zstd' | 'other'
  /** Unpacks it. Throws a Fault where this cannot be done. */
  read(): Buffer
}

export const isZip = (bytes: Buffer): boolean => bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04'

const methods: Readonly<Record<number, ZipEntry['method']>> = { 0: 'stored', 8: 'deflated', 93: 'zstd', 20: 'zstd' }
/** No record of one sample is longer. */
const longestEntry = 512 * 1024 * 1024

/** By the central directory (APPNOTE 6.3, ZIP64 too), in its order. @throws Fault FILE_UNREADABLE */
export function zipEntries(bytes: Buffer, where: string): ZipEntry[] {
  try {
    return entriesOf(bytes, where)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    // An offset that points out of the file.
    throw new Fault('FILE_UNREADABLE', 'broken zip: its directory', { where, fix: 'fetch the file again' })
  }
}

function entriesOf(bytes: Buffer, where: string): ZipEntry[] {
  const broken = (what: string) =>
    new Fault('FILE_UNREADABLE', `broken zip: ${what}`, { where, fix: 'fetch the file again' })
  let end = bytes.length - 22
  while (end >= 0 && end > bytes.length - 22 - 65_536 && bytes.readUInt32LE(end) !== 0x06054b50) end--
  if (end < 0 || bytes.readUInt32LE(end) !== 0x06054b50) throw broken('its directory is missing')
  let count = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  if ((count === 0xffff || at === 0xffffffff) && end >= 20 && bytes.readUInt32LE(end - 20) === 0x07064b50) {
    const end64 = Number(bytes.readBigUInt64LE(end - 12))
    count = Number(bytes.readBigUInt64LE(end64 + 32))
    at = Number(bytes.readBigUInt64LE(end64 + 48))
  }
  const entries: ZipEntry[] = []
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) throw broken(`entry ${i + 1} of ${count}`)
    const method = bytes.readUInt16LE(at + 10)
    const nameLength = bytes.readUInt16LE(at + 28)
    const extraLength = bytes.readUInt16LE(at + 30)
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength)
    const sizes = sizesOf(bytes, at, extra)
    entries.push({ name, method: methods[method] ?? 'other', read: () => unpacked(bytes, name, method, sizes, where) })
    at += 46 + nameLength + extraLength + bytes.readUInt16LE(at + 32)
  }
  return entries
}

interface Sizes {
  readonly packed: number
  readonly whole: number
  readonly offset: number
}

function sizesOf(bytes: Buffer, at: number, extra: Buffer): Sizes {
  const told = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)]
  for (let from = 0; from + 4 <= extra.length; from += 4 + extra.readUInt16LE(from + 2)) {
    if (extra.readUInt16LE(from) !== 1) continue
    let value = from + 4
    for (let i = 0; i < 3; i++) {
      if (told[i] !== 0xffffffff || value + 8 > extra.length) continue
      told[i] = Number(extra.readBigUInt64LE(value))
      value += 8
    }
  }
  return { whole: told[0]!, packed: told[1]!, offset: told[2]! }
}

/** zstd is what newer versions of Inspect write, and no version of Node before 22.15 reads. */
const unpackers: Partial<Record<ZipEntry['method'], (data: Buffer) => Buffer>> = {
  stored: data => data,
  deflated: data => inflateRawSync(data, { maxOutputLength: longestEntry }),
  zstd: data => Buffer.from(decompress(data)),
}

function unpacked(
  bytes: Buffer,
  name: string,
  method: number,
  { packed, whole, offset }: Sizes,
  where: string,
): Buffer {
  const place = `${where}, ${name}`
  const broken = (message: string) =>
    new Fault('FILE_UNREADABLE', `cannot be unpacked: ${message}`, { where: place, fix: 'fetch the file again' })
  if (offset + 30 > bytes.length) throw broken('it lies beyond the file')
  const from = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28)
  const data = bytes.subarray(from, from + packed)
  if (whole > longestEntry) throw new Fault('DOCUMENT_TOO_LONG', 'more than 512 MiB unpacked', { where: place })
  try {
    const bytes = unpackers[methods[method] ?? 'other']?.(data)
    if (bytes !== undefined && bytes.length === whole) return bytes
    if (bytes !== undefined) throw new Error(`${bytes.length} bytes in the place of ${whole}`)
  } catch (thrown) {
    throw broken(thrown instanceof Error ? thrown.message : String(thrown))
  }
  throw new Fault('FILE_UNREADABLE', `packed with method ${method}, which is not read here`, {
    where: place,
    fix: 'turn the log into JSON: inspect log convert --to json --output-dir OUT FILE.eval',
  })
}
