// A call about to be opened in; its record with what its budgets hold for it, or the refusal answered, out.
import type { ServerResponse } from 'node:http'
import type { Opened } from '../core/meter/call-record.ts'
import { askOf, type Budgets } from './budgets.ts'
import { type Counters, count } from './counters.ts'
import { answerError, unmeterable } from './errors.ts'
import type { RequestBody } from './request-body.ts'
import type { RequestFacts } from './request-facts.ts'
import type { Route } from './routing.ts'

interface Asking {
  readonly response: ServerResponse
  readonly route: Route
  readonly facts: RequestFacts
  readonly body: RequestBody
}

interface BudgetTools {
  readonly counters: Counters
  readonly limits: { readonly onMeterFailure: 'pass' | 'reject' }
  readonly shout: (text: string) => void
  readonly nowMicros: () => number
}

/** The record with what its budgets hold for the call; null where they refuse it, which is answered then. */
export async function withinBudgets(
  opened: Opened,
  call: Asking,
  budgets: Budgets,
  tools: BudgetTools,
): Promise<Opened | null> {
  const { counters, limits } = tools
  const { response, route, facts, body } = call
  const { family } = route.upstream
  try {
    const answer = await budgets.reserve(askOf(opened, facts.body, body.whole?.length ?? null))
    if (answer.isGranted) {
      return answer.reservedUsd === null ? opened : { ...opened, reservedUsd: answer.reservedUsd }
    }
    count(counters.refused, answer.code)
    const waitMicros = answer.retryAtMicros === null ? null : answer.retryAtMicros - tools.nowMicros()
    const retryAfterSeconds = waitMicros === null ? null : Math.max(1, Math.ceil(waitMicros / 1e6))
    answerError(response, family, { ...answer, retryAfterSeconds })
    return null
  } catch (thrown) {
    counters.unasked++
    tools.shout(`budgets were not asked: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    budgets.release(opened.key)
    if (limits.onMeterFailure === 'pass') return opened
    answerError(response, family, unmeterable)
    return null
  }
}
