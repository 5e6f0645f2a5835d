// Options with their costs in; the cheapest, the cheapest that only lacks proof, and the order in which a reader sees all, out.
import type { Answer, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import { isBarred, isSameWeights, mayBeBest, provable, type Weights } from './eligibility.ts'

/** By what it costs after its levers; among equals what is in use, then by name. */
export function cheapestOf(options: readonly OptionAnswer[]): OptionAnswer | null {
  const [first] = [...options].sort((a, b) => decidedUsd(a)! - decidedUsd(b)! || amongEquals(a, b))
  return first ?? null
}

/** The cheapest of today's weights that undercuts the best and lacks nothing but proof. */
export function bestIfOf(
  options: readonly OptionAnswer[],
  best: OptionAnswer | null,
  today: Weights | null,
): Answer['bestIf'] {
  const could = cheapestOf(options.filter(option => isSameWeights(option, today) && mayBeBest(option, today, provable)))
  if (could === null || could === best || (best !== null && decidedUsd(could)! >= decidedUsd(best)!)) return null
  return { option: could.name, usd: decidedUsd(could)!, assumes: could.unknowns }
}

/** Among equals what is in use comes first (nothing is gained by a move); then names, so that nothing depends on chance. */
export function amongEquals(a: OptionAnswer, b: OptionAnswer): number {
  if (a.asMetered !== b.asMetered) return a.asMetered ? -1 : 1
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/**
 * Today's weights first; of each, what serves the calls within the bars first, however cheap the others look; then by cost,
 * unknown cost last.
 */
export function rank<Entry extends { readonly option: OptionAnswer }>(
  entries: readonly Entry[],
  today: Weights | null,
): Entry[] {
  const place = (option: OptionAnswer) => (decidedUsd(option) === null ? 2 : isBarred(option) ? 1 : 0)
  const key = ({ option }: Entry) => (option.group === today?.group ? 0 : 3) + place(option)
  return [...entries].sort((x, y) => {
    const a = x.option
    const b = y.option
    if (key(x) !== key(y)) return key(x) - key(y)
    const [aUsd, bUsd] = [decidedUsd(a), decidedUsd(b)]
    if (aUsd !== null && bUsd !== null && aUsd !== bUsd) return aUsd - bUsd
    return amongEquals(a, b)
  })
}
