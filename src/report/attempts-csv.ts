// Tries in; a CSV table of them out, which `tasks rank` reads again.
import { stringify } from 'csv-stringify/sync'
import type { Attempt } from '../core/decide/quality/attempt.ts'
import { cellsOf } from '../core/decide/quality/attempt-row.ts'

/** RFC 4180 with a header; an empty cell is unknown. */
export function attemptsCsv(attempts: readonly Attempt[]): string {
  return stringify(attempts.map(cellsOf), { header: true, record_delimiter: 'windows' })
}
