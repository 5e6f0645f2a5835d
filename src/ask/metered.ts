// What was really paid for these calls, as one option: the history as it is.
import type { ApiTerms } from '../core/decide/evidence.ts'
import { add, formatUsd, parseUsd, zero } from '../core/meter/money.ts'
import type { UsageGroup } from '../ledger/ledger.ts'
import type { Traffic } from './api-terms.ts'
import type { Question } from './question.ts'
import type { Asked } from './slices.ts'

/** Share of calls of unknown usage up to which a history has a known cost: no option pays for them, and so few change little. */
const mostUnknown = 0.01

/**
 * One option: these calls as they were served, at the prices of their own times; none when the calls name no model
 * or run as another one (`asModel`), since then nobody served them so.
 */
export function asMetered(
  asked: Asked,
  question: Question,
  groups: readonly UsageGroup[],
  traffic: Traffic,
): ApiTerms[] {
  if (question.asModel !== null || asked.group === null) return []
  const calls = asked.metered.reduce((sum, row) => sum + row.calls, 0)
  const unpriced = asked.metered.reduce((sum, row) => sum + row.unpricedCalls, 0)
  const unknown = asked.metered.reduce((sum, row) => sum + row.unknownUsageCalls, 0)
  const isKnown = unpriced <= unknown && unpriced <= mostUnknown * calls
  const providers = [...new Set(asked.metered.map(row => row.key.provider ?? 'unnamed provider'))]
  const names = new Set(asked.metered.map(row => row.key.model))
  const model = names.size === 1 ? (asked.metered[0]!.key.model ?? asked.group) : asked.group
  const usdByWindow = traffic.windows.map(() => 0)
  for (const group of groups) {
    if (group.window !== null) usdByWindow[group.window] = (usdByWindow[group.window] ?? 0) + Number(group.usd)
  }
  return [
    {
      name: `${providers.join(' + ')} ${model} (as metered)`,
      group: asked.group,
      kind: 'as-metered',
      provider: providers.join(' + '),
      model,
      dtype: null,
      // A history with unpriced calls in it has no known cost: the priced part alone would look cheap.
      usd: isKnown ? formatUsd(asked.metered.reduce((sum, row) => add(sum, parseUsd(row.usd)), zero)) : null,
      usdByWindow,
      pricedShare: calls === 0 ? 0 : 1 - unpriced / calls,
      fixedUsdPerMonth: 0,
      source: 'the ledger: each call at the price of its own time',
      observedAt: null,
      infeasible: { calls: 0, reasons: [] },
      notes: unpriced > 0 ? [`${unpriced} of ${calls} calls have no price`] : [],
    },
  ]
}
