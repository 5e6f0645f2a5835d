// Calls that were drawn from sums in; how much of each sum the ledger has, by the name that their ids begin with, out.
import type { DrawnSum } from '../core/meter/load.ts'
import { parseUsd } from '../core/meter/money.ts'
import { type UsageKind, usageKinds } from '../core/meter/usage.ts'
import type { Session } from './duckdb-session.ts'
import { list, literal, name } from './sql.ts'

/** `NAME#3`, or `NAME~1#3` of the second of two sums of one name. */
const named = `regexp_extract(c.id, '^(.*?)(~\\d+)?#(\\d+)$', ['name', 'turn', 'nth'])`

export async function drawnSums(
  session: Session,
  namespace: string,
  { fromMicros, toMicros }: { readonly fromMicros: number; readonly toMicros: number },
): Promise<ReadonlyMap<string, DrawnSum>> {
  const rows =
    await session.ask(`WITH drawn AS (SELECT ${named} AS named, c.* FROM calls c JOIN sources s USING (source_key)
      WHERE s.namespace = ${literal(namespace)} AND c.started_at >= make_timestamp(${fromMicros}) AND c.started_at < make_timestamp(${toMicros}))
    SELECT named.name, count(*), count(*) FILTER (outcome = 'failed'), max(named.nth::BIGINT) + 1, sum(reported_usd)::VARCHAR,
      ${list(usageKinds.map(kind => `sum(${name(kind)})::DOUBLE`))} FROM drawn WHERE named.name <> '' GROUP BY 1`)
  return new Map(
    rows.map(([sum, requests, failed, next, usd, ...counts]) => [
      String(sum),
      {
        requests: Number(requests),
        failed: Number(failed),
        next: Number(next),
        usd: usd === null ? null : parseUsd(String(usd)),
        usage: Object.fromEntries(usageKinds.map((kind, i) => [kind, Number(counts[i] ?? 0)])) as Record<
          UsageKind,
          number
        >,
      },
    ]),
  )
}
