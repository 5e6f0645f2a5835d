// A ledger and a slice of it in; what is said of the calls of tasks that were tried, out: they stand in reports, and are no traffic.
import type { Assumption } from '../core/decide/evidence.ts'
import { many } from '../core/fault/many.ts'
import type { LedgerReads, Slice } from '../ledger/ledger.ts'

/** Nothing where there are none. */
export async function triedCalls(ledger: LedgerReads, slice: Slice): Promise<Assumption[]> {
  const { total } = await ledger.report({ ...slice, trials: true }, [], 'UTC')
  if (total.calls === 0) return []
  const value = `${many(total.calls, 'call')} left out`
  return [
    {
      name: 'calls of tasks',
      label: 'calls of tasks that were tried',
      value,
      brief: value,
      source: 'crossline tasks run',
    },
  ]
}
