// JSON Lines of usages in; one line of JSON with the price, or with what is wrong, per line out, in order and as a stream.
import { Fault } from '../core/fault/fault.ts'
import { parseInstant } from '../core/meter/calendar.ts'
import { type Priced, price } from '../core/meter/price.ts'
import { pricedMembers } from '../core/meter/price-json.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { parseUsage } from '../core/meter/usage.ts'
import { type BatchRecord, type BatchTally, batchLines, slipsRefused, textField } from './batch-lines.ts'

/** What a line leaves out. */
export interface BatchDefaults {
  readonly provider: string | null
  readonly model: string | null
  readonly atMicros: number
  readonly tier: string | null
  readonly region: string | null
  readonly speed: string | null
}

/** With `units` and `serviceTier`, a line that `meter` prints is one that can be priced. */
const fields = ['id', 'provider', 'model', 'usage', 'units', 'at', 'tier', 'serviceTier', 'region', 'speed']

/**
 * Prices a stream of JSON Lines. Exactly one object is written per input line; a bad one is `{"id","error"}`.
 * @param file names the input in errors
 */
export function priceBatch(
  book: PriceBook,
  chunks: AsyncIterable<string>,
  write: (text: string) => Promise<void> | void,
  file: string,
  defaults: BatchDefaults,
): Promise<BatchTally> {
  const refuseSlips = slipsRefused(fields, 'a usage line')
  const last: LastTime = { atText: '', atMicros: 0 }
  const members = (record: BatchRecord): string => {
    refuseSlips(record)
    return pricedMembers(priceRecord(book, record, defaults, last))
  }
  return batchLines(chunks, write, members, { file, example: '{"id","provider","model","usage",…}' })
}

interface LastTime {
  atText: string
  atMicros: number
}

function priceRecord(book: PriceBook, record: BatchRecord, defaults: BatchDefaults, last: LastTime): Priced {
  const model = textField(record, 'model') ?? defaults.model
  if (model === null) throw new Fault('MODEL_MISSING', 'expected a model', { where: 'model' })
  if (record.usage === undefined) throw new Fault('USAGE_MISSING', 'expected a usage', { where: 'usage' })
  const { usage, units } = parseUsage(withUnits(record))
  return price(book, {
    provider: textField(record, 'provider') ?? defaults.provider,
    model,
    usage,
    units,
    atMicros: timeOf(record, defaults, last),
    tier: textField(record, 'tier') ?? textField(record, 'serviceTier') ?? defaults.tier,
    region: textField(record, 'region') ?? defaults.region,
    speed: textField(record, 'speed') ?? defaults.speed,
  })
}

/** The counts with the billed units that are no tokens, which `meter` prints beside them. */
function withUnits({ usage, units }: BatchRecord): unknown {
  if (units === undefined || units === null || typeof usage !== 'object' || usage === null) return usage
  if (typeof units !== 'object' || Array.isArray(units)) {
    throw new Fault('FIELD_INVALID', 'expected an object of counts such as {"citationTokens":20}', { where: 'units' })
  }
  return Array.isArray(usage) ? usage : { ...usage, ...units }
}

function timeOf(record: BatchRecord, defaults: BatchDefaults, last: LastTime): number {
  const at = textField(record, 'at')
  if (at === null) return defaults.atMicros
  // Lines of a log are mostly of the same day or in order: the last instant is often asked for again.
  if (at !== last.atText) {
    const micros = parseInstant(at)
    if (micros === null) {
      throw new Fault('TIME_INVALID', `expected a date or time such as 2026-11-23T03:59:59Z, got "${at}"`, {
        where: 'at',
      })
    }
    last.atText = at
    last.atMicros = micros
  }
  return last.atMicros
}
