// Ranked options in; what cheaper ones of other weights would save, and the price of a failure that would cancel it, out.
import { estimate } from '../statistics/estimate.ts'
import type { Band, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import { isBarred } from './eligibility.ts'

/** The cheapest way to run some other weights, against what it would replace. */
export interface PossibleSaving {
  readonly group: string
  readonly option: string
  readonly against: string
  /** USD a month; below 0 where its band reaches above the cost that it would replace. */
  readonly usdPerMonth: Band
  /** One more failure in so many calls, as a share. */
  readonly perExtraFailureShare: number
  /**
   * The price of a failure in USD at which that many more failures cancel the saving: saving a call ÷ share. A task whose
   * failure costs more must not move unless it fails less often than that.
   */
  readonly hStarUsd: number
}

/** One more failure in a hundred: few tests of a model see less. */
const perExtraFailureShare = 0.01

/** For each other group its cheapest option that is cheaper than `reference`, the largest saving first. */
export function possibleSavingsOf(
  options: readonly OptionAnswer[],
  reference: OptionAnswer | null,
  group: string | null,
): readonly PossibleSaving[] {
  const usd = reference === null ? null : decidedUsd(reference)
  if (reference === null || usd === null || reference.usdPerThousandRequests === null) return []
  if (!(reference.usd! > 0)) return []
  const requestsPerMonth = (reference.usd! / reference.usdPerThousandRequests) * 1000
  const now = reference.band ?? { low: usd, high: usd }
  const seen = new Set<string>()
  const savings: PossibleSaving[] = []
  for (const option of options) {
    const theirs = decidedUsd(option)
    if (option.group === group || theirs === null || theirs >= usd || seen.has(option.group)) continue
    if (isBarred(option)) continue
    seen.add(option.group)
    const band = option.band ?? { low: theirs, high: theirs }
    savings.push({
      group: option.group,
      option: option.name,
      against: reference.name,
      // At worst a light month here and a heavy one there; at most this month's bill.
      usdPerMonth: { low: estimate(now.low - band.high), high: estimate(usd - band.low) },
      perExtraFailureShare,
      hStarUsd: estimate((usd - theirs) / requestsPerMonth / perExtraFailureShare),
    })
  }
  return savings.sort((a, b) => b.usdPerMonth.high - a.usdPerMonth.high || (a.group < b.group ? -1 : 1))
}
