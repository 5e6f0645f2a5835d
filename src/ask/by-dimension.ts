// A ledger and a dimension in; its calls summed by it, by environment and by weights, out: one grouped query.
import type { Cell } from '../core/decide/by-dimension.ts'
import { parseUsd } from '../core/meter/money.ts'
import { toldAnswerTokens, toldPromptTokens } from '../core/meter/usage.ts'
import type { LedgerReads } from '../ledger/ledger.ts'
import type { Question } from './question.ts'
import { allCalls, groupOf } from './slices.ts'

export interface Cells {
  readonly cells: readonly Cell[]
  /** First to last call of all. */
  readonly spanMicros: number
  /** Weights by what is spent on them, the costliest first (by tokens where nothing is priced); null = no model is named. */
  readonly weights: readonly (string | null)[]
}

/** Calls by `by`. With `asModel` all of them run on those weights. */
export async function cellsBy(by: string, question: Question, ledger: LedgerReads): Promise<Cells> {
  const { base } = await allCalls(question, ledger)
  const dimensions = [...new Set([by, 'environment', 'model'])]
  const { rows } = await ledger.report(base, dimensions, 'UTC')
  const demand = await ledger.demand(base, 3600)
  const cells = rows.map((row): Cell => {
    const model = row.key.model ?? null
    return {
      key: row.key[by] ?? null,
      environment: row.key.environment ?? null,
      weights: question.asModel !== null ? groupOf(question.asModel) : model === null ? null : groupOf(model),
      calls: row.calls,
      unpricedCalls: row.unpricedCalls,
      unknownUsageCalls: row.unknownUsageCalls,
      pico: parseUsd(row.usd),
      input: toldPromptTokens(row.usage),
      output: toldAnswerTokens(row.usage),
      cacheRead: row.usage.cacheRead ?? 0,
      cacheWrite: row.usage.cacheWrite ?? 0,
    }
  })
  const spent = cells.some(({ pico }) => pico > 0n)
  const sizes = new Map<string | null, bigint>()
  for (const { weights, pico, input, output } of cells) {
    sizes.set(weights, (sizes.get(weights) ?? 0n) + (spent ? pico : BigInt(input + output)))
  }
  const weights = [...sizes].sort(([a, x], [b, y]) => (x === y ? (String(a) < String(b) ? -1 : 1) : x < y ? 1 : -1))
  return {
    cells,
    spanMicros: demand === null ? 0 : demand.lastAtMicros - demand.firstAtMicros,
    weights: weights.map(([name]) => name),
  }
}
