// JSON Lines of usages in; one line of JSON with the price, or with what is wrong, per line out, in order and as a stream.
import { Fault, faultJson, nearestName } from '../core/fault/fault.ts'
import { parseInstant } from '../core/meter/calendar.ts'
import { type Priced, price } from '../core/meter/price.ts'
import { pricedMembers } from '../core/meter/price-json.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { parseUsage } from '../core/meter/usage.ts'

/** What a line leaves out. */
export interface BatchDefaults {
  readonly provider: string | null
  readonly model: string | null
  readonly atMicros: number
  readonly tier: string | null
  readonly region: string | null
  readonly speed: string | null
}

export interface BatchTally {
  readonly lines: number
  readonly bad: number
  readonly unpriced: number
}

/** Text between two writes: few enough system calls, little enough memory. */
const flushAtCharacters = 1 << 17
/** A line longer than this is refused without being kept. */
const maxLineCharacters = 1 << 24

const fields = ['id', 'provider', 'model', 'usage', 'at', 'tier', 'region', 'speed']

/**
 * Prices a stream of JSON Lines. Exactly one object is written per input line; a bad one is `{"id","error"}`.
 * @param file names the input in errors
 */
export async function priceBatch(
  book: PriceBook,
  chunks: AsyncIterable<string>,
  write: (text: string) => Promise<void> | void,
  file: string,
  defaults: BatchDefaults,
): Promise<BatchTally> {
  const tally = { lines: 0, bad: 0, unpriced: 0 }
  const seen: Seen = { strange: new Map(), atText: '', atMicros: 0 }
  let out = ''
  let rest = ''
  let dropping = false

  const one = (line: string): void => {
    tally.lines++
    let record: Record<string, unknown> | null = null
    try {
      record = recordOf(line)
      const priced = priceRecord(book, record, defaults, seen)
      if (priced.usd === null) tally.unpriced++
      out += `{"id":${idText(record)},${pricedMembers(priced)}}\n`
    } catch (thrown) {
      tally.bad++
      out += `{"id":${idText(record)},${JSON.stringify(errorAt(thrown, `${file}:${tally.lines}`)).slice(1)}\n`
    }
  }

  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      const line = rest === '' ? chunk.slice(from, end) : rest + chunk.slice(from, end)
      rest = ''
      from = end + 1
      one(dropping ? tooLong : line)
      dropping = false
      if (out.length >= flushAtCharacters) {
        await write(out)
        out = ''
      }
    }
    rest += chunk.slice(from)
    if (rest.length > maxLineCharacters) {
      dropping = true
      rest = ''
    }
  }
  if (rest !== '' || dropping) one(dropping ? tooLong : rest)
  if (out !== '') await write(out)
  return tally
}

const tooLong = '\u0000'

function recordOf(line: string): Record<string, unknown> {
  if (line === tooLong) throw new Fault('LINE_TOO_LONG', `the line is longer than ${maxLineCharacters} characters`)
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new Fault('JSON_INVALID', line.trim() === '' ? 'the line is empty' : 'the line is not JSON', {
      fix: 'write one object per line: {"id","provider","model","usage",…}',
    })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Fault('JSON_INVALID', 'the line is not a JSON object')
}

interface Seen {
  /** Names of fields that are not ours → the field they look like a slip of, or null. */
  readonly strange: Map<string, string | null>
  atText: string
  atMicros: number
}

function priceRecord(book: PriceBook, record: Record<string, unknown>, defaults: BatchDefaults, seen: Seen): Priced {
  for (const key in record) if (!fields.includes(key)) refuseSlip(key, seen.strange)
  const model = text(record, 'model') ?? defaults.model
  if (model === null) throw new Fault('MODEL_MISSING', 'expected a model', { where: 'model' })
  if (record.usage === undefined) throw new Fault('USAGE_MISSING', 'expected a usage', { where: 'usage' })
  const { usage, units } = parseUsage(record.usage)
  return price(book, {
    provider: text(record, 'provider') ?? defaults.provider,
    model,
    usage,
    units,
    atMicros: timeOf(record, defaults, seen),
    tier: text(record, 'tier') ?? defaults.tier,
    region: text(record, 'region') ?? defaults.region,
    speed: text(record, 'speed') ?? defaults.speed,
  })
}

function timeOf(record: Record<string, unknown>, defaults: BatchDefaults, seen: Seen): number {
  const at = text(record, 'at')
  if (at === null) return defaults.atMicros
  // Lines of a log are mostly of the same day or in order: the last instant is often asked for again.
  if (at !== seen.atText) {
    const micros = parseInstant(at)
    if (micros === null) {
      throw new Fault('TIME_INVALID', `expected a date or time such as 2026-11-23T03:59:59Z, got "${at}"`, {
        where: 'at',
      })
    }
    seen.atText = at
    seen.atMicros = micros
  }
  return seen.atMicros
}

function text(record: Record<string, unknown>, field: string): string | null {
  const value = record[field]
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  throw new Fault('FIELD_INVALID', `expected text, got ${JSON.stringify(value)}`, { where: field })
}

/** A field of somebody else's is let be; one that looks like a slip of ours would change the price in silence. */
function refuseSlip(key: string, strange: Map<string, string | null>): void {
  let near = strange.get(key)
  if (near === undefined) {
    near = nearestName(key, fields)
    if (near !== null && key.length < 3) near = null
    strange.set(key, near)
  }
  if (near === null) return
  throw new Fault('FIELD_UNKNOWN', `"${key}" is not a field of a usage line`, {
    where: key,
    fix: `did you mean "${near}"?`,
  })
}

const idText = (record: Record<string, unknown> | null): string =>
  record === null || record.id === undefined ? 'null' : JSON.stringify(record.id)

function errorAt(thrown: unknown, line: string): unknown {
  const { error } = faultJson(thrown)
  return { error: { ...error, where: error.where === null ? line : `${line}:${error.where}` } }
}
