// One record of sums over many tasks (a leaderboard's row) in; the option's sums, or what is wrong with the record, out.
import type { OptionSums } from '../../core/decide/quality/sums.ts'
import { cellOf, isAmount, type PlainRecord, quoted } from './cells.ts'

/** The record's sums, or the reason why it has none. */
export function optionSums(record: PlainRecord): OptionSums | string {
  const wrong = (field: string, expected: string) => `${field}: expected ${expected}, got ${quoted(record[field])}`
  const option = cellOf(record, 'option')
  if (option === null) return wrong('option', 'a name')
  const [tasks, passes] = [count(cellOf(record, 'tasks')), count(cellOf(record, 'passes'))]
  if (tasks === null || tasks === 0) return wrong('tasks', 'a whole number from 1')
  if (passes === null || passes > tasks) return wrong('passes', `a whole number up to ${tasks}`)
  const usd = cellOf(record, 'usd')
  if (usd !== null && !isAmount(usd)) return wrong('usd', 'dollars from 0')
  return { option, tasks, passes, usd: usd === null ? null : Number(usd) }
}

const count = (text: string | null): number | null => (text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null)
