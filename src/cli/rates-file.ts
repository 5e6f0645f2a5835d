// A CSV of arrival rates over time, plain or gzipped → windows of one width, end to end.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { Fault } from '../core/fault/fault.ts'
import type { Rates } from '../core/serving/capacity/horizon.ts'
import { unreadable } from './unreadable.ts'

const rateColumns = ['requests_per_s', 'requests_per_second', 'requestsPerSecond', 'rate']
const example = 'second,requests_per_s'

/** The first column is seconds from any beginning, or times; others than the rate are left alone. @throws Fault RATES_FILE */
export function readRates(path: string): Rates {
  const rows = rowsOf(path)
  const wrong = (what: string, line: number, fix = `write lines such as ${example}: 0,12.5`) =>
    new Fault('RATES_FILE', what, { where: `${path}:${line}`, fix })
  const [head, ...lines] = rows
  const column = head?.findIndex(name => rateColumns.includes(name)) ?? -1
  if (head === undefined || column < 1) {
    throw wrong(`no column of rates (${rateColumns.join(', ')}) after one of times`, 1)
  }
  if (lines.length < 2) throw wrong('at least two windows are needed, to see how wide they are', rows.length)
  const at = lines.map(([first = '']) => (first.trim() === '' ? Number.NaN : secondsOf(first)))
  const timeless = at.findIndex(seconds => !Number.isFinite(seconds))
  if (timeless >= 0) throw wrong(`"${lines[timeless]![0]}" is not a time`, timeless + 2)
  const windowSeconds = at[1]! - at[0]!
  const requestsPerSecond = lines.map((cells, i) => {
    const line = i + 2
    if (Math.abs(at[i]! - at[0]! - i * windowSeconds) > 1e-6 * windowSeconds || !(windowSeconds > 0)) {
      throw wrong('windows do not lie end to end, all of one width', line, 'give every window its line, empty ones too')
    }
    const text = cells[column] ?? ''
    const rate = text.trim() === '' ? Number.NaN : Number(text)
    if (!(rate >= 0) || rate === Number.POSITIVE_INFINITY) throw wrong(`"${text}" is not a rate from 0`, line)
    return rate
  })
  return { windowSeconds, requestsPerSecond }
}

const secondsOf = (text: string): number => {
  const seconds = Number(text)
  return Number.isNaN(seconds) ? Date.parse(text) / 1000 : seconds
}

function rowsOf(path: string): string[][] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes)
  } catch (thrown) {
    throw unreadable(path, thrown)
  }
  try {
    return parse(bytes, { bom: true, skip_empty_lines: true }) as string[][]
  } catch (thrown) {
    throw new Fault('RATES_FILE', `not a CSV: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
      where: path,
      fix: `write a head ${example} and a line for each window`,
    })
  }
}
