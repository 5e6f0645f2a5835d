// A ledger's models in; the frontier model that calls are compared with, and why it is that one, out.
import { defaultFrontier, isClosedWeights } from '../catalog/closed-weights.ts'
import { Fault } from '../core/fault/fault.ts'
import { rateCard } from '../core/meter/price.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import type { ReportRow } from '../ledger/ledger.ts'

export interface Frontier {
  readonly name: string
  /** Null: whoever makes the model. */
  readonly provider: string | null
  readonly model: string
  readonly chosenBy: string
}

/** The frontier model asked for, else the closed-weights model that costs most in the ledger, else a named constant. */
export function frontierOf(asked: string | null, metered: readonly ReportRow[], own: readonly string[]): Frontier {
  const paid = metered.filter(
    row => row.key.model !== null && Number(row.usd) > 0 && !own.includes(row.key.provider ?? ''),
  )
  const costliest = (rows: readonly ReportRow[]) => [...rows].sort((a, b) => Number(b.usd) - Number(a.usd))[0]
  const named = (provider: string | null, model: string, chosenBy: string) => ({
    name: provider === null ? model : `${provider}/${model}`,
    provider,
    model,
    chosenBy,
  })
  if (asked !== null) {
    const row = costliest(paid.filter(one => one.key.model === asked))
    const slash = asked.indexOf('/')
    if (row === undefined && slash > 0) {
      return named(asked.slice(0, slash), asked.slice(slash + 1), 'stated by you')
    }
    return named(row?.key.provider ?? null, asked, 'stated by you')
  }
  const row = costliest(paid.filter(one => isClosedWeights(one.key.model!)))
  if (row !== undefined)
    return named(row.key.provider ?? null, row.key.model!, 'the closed-weights model with most spend in the ledger')
  const { provider, model } = defaultFrontier
  return named(provider, model, 'a named constant: the ledger has no spend on closed weights')
}

/** A frontier model that was asked for and has no price is a slip, not an unknown. @throws Fault FRONTIER_UNPRICED */
export function checkFrontier(asked: string | null, chosen: Frontier, book: PriceBook, atMicros: number): void {
  const card = rateCard(book, { ...chosen, atMicros, promptTokens: 0 })
  if (asked === null || typeof card !== 'string') return
  throw new Fault('FRONTIER_UNPRICED', card, { where: '--frontier', fix: 'name a model of crossline prices list' })
}
