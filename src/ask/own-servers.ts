// Calls asked about and a ledger in; what own servers delivered to those of them that they served, as measured, out.
import type { MeasuredServers } from '../core/decide/evidence.ts'
import { isOwnServer } from '../core/meter/own-servers.ts'
import type { LedgerReads } from '../ledger/ledger.ts'
import { measuredLatency } from './measured-latency.ts'
import type { Question } from './question.ts'
import type { Asked } from './slices.ts'

/** Null where own servers served none of these weights, or too few calls tell both of their times. */
export async function ownServersOf(
  { asModel }: Pick<Question, 'asModel'>,
  ledger: Pick<LedgerReads, 'columns'>,
  { metered, slice }: Pick<Asked, 'metered' | 'slice'>,
): Promise<MeasuredServers | null> {
  // Calls that are to run as another model say nothing of its weights.
  if (asModel !== null) return null
  const served = metered.filter(({ key }) => isOwnServer(key.provider ?? null))
  const provider = [...new Set(served.flatMap(({ key }) => key.provider ?? []))]
  if (provider.length === 0) return null
  const { ttft, tpot } = measuredLatency(await ledger.columns({ ...slice, where: { ...slice.where, provider } }))
  if (ttft === null || tpot === null) return null
  const sum = (rows: typeof metered) => rows.reduce((calls, row) => calls + row.calls, 0)
  return { calls: sum(served), share: sum(served) / sum(metered), ttftP95Ms: ttft.p95Ms, tpotP95Ms: tpot.p95Ms }
}
