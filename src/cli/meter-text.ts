// A reading → a small table for a terminal of 80 columns.
import { grouped } from '../core/decide/phrase.ts'
import { formatUsd } from '../core/meter/money.ts'
import { usageKinds } from '../core/meter/usage.ts'
import type { Reading } from '../wire/reading.ts'

/** Counts that are not 0, unknown ones by name, and what else the response told. */
export function meterText(reading: Reading): string {
  const { usage } = reading
  const rows = usageKinds.flatMap((kind): [string, string][] => {
    const count = usage[kind]
    return count === null || count === 0 ? [] : [[kind, grouped(count)]]
  })
  const unknown = usageKinds.filter(kind => usage[kind] === null)
  const notes: [string, string][] = [
    ['model', reading.model ?? 'not told'],
    ...row('tier', reading.serviceTier),
    ...row('stopped', reading.stopReason),
    ...row('reported', reading.reportedUsd === null ? null : `${formatUsd(reading.reportedUsd)} USD`),
    ...row(
      'error',
      reading.error === null ? null : [reading.error.code, reading.error.message].filter(Boolean).join(': '),
    ),
    ...row(
      'unknown',
      unknown.length === 0 ? null : unknown.length === usageKinds.length ? 'all counts' : unknown.join(', '),
    ),
    ...row('complete', reading.complete ? null : 'no: the response ended before its end was seen'),
  ]
  const nameWidth = Math.max(...[...rows, ...notes].map(([name]) => name.length))
  const countWidth = Math.max(0, ...rows.map(([, count]) => count.length))
  const line = (name: string, value: string): string => `${name.padEnd(nameWidth)}   ${value}`
  return `${[...notes.map(([name, value]) => line(name, value)), '', ...rows.map(([name, count]) => line(name, count.padStart(countWidth)))].join('\n').trimEnd()}\n`
}

const row = (name: string, value: string | null): [string, string][] => (value === null ? [] : [[name, value]])
