// A reading → the JSON document that `meter` prints: what is optional in it and not known is left out.
import { formatUsd } from '../core/meter/money.ts'
import type { Reading } from './reading.ts'

/** Counts are JSON numbers or null; money is a decimal string. */
export function readingJson(reading: Reading): Record<string, unknown> {
  const { units } = reading
  return {
    model: reading.model,
    ...told('provider', reading.provider),
    usage: reading.usage,
    ...told('units', Object.keys(units).length === 0 ? null : units),
    known: reading.known,
    complete: reading.complete,
    // Nothing here is counted by a tokenizer: what no provider told is null.
    estimated: false,
    ...told('responseId', reading.id),
    ...told('serviceTier', reading.serviceTier),
    ...told('speed', reading.speed),
    ...told('region', reading.region),
    ...told('reportedUsd', reading.reportedUsd === null ? null : formatUsd(reading.reportedUsd)),
    ...told('stopReason', reading.stopReason),
    ...told('error', reading.error),
  }
}

const told = (key: string, value: unknown): Record<string, unknown> => (value === null ? {} : { [key]: value })
