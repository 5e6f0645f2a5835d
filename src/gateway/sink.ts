// Where the records of calls go before the calls are answered.
import type { CallRecord } from '../core/meter/call-record.ts'

export interface Sink {
  /** Resolves once the record is kept as its policy promises. */
  append(record: CallRecord): Promise<void>
}
