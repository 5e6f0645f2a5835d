// What a run may spend in; whether a call may be made, so that with all calls under way no more is spent, out.
import { hasRoom, hold, letGo, startTally } from '../../core/meter/budget.ts'
import { add, type Money, zero } from '../../core/meter/money.ts'

export interface PurseState {
  /** Null = no limit. */
  readonly limit: Money | null
  readonly spent: Money
  /** Held for calls under way, and for calls that nobody saw the end of. */
  readonly held: Money
  /** Calls whose cost nobody knows: it is not in `spent`, and in `held` where the most that it can be is known. */
  readonly unpriced: number
}

export interface Purse {
  /**
   * Holds the most that a call can cost (null = unknown). Waits while other calls are under way that may need less than was
   * held for them; false = there is no room, and nobody who could make some.
   */
  reserve(id: string, most: Money | null, signal: AbortSignal): Promise<boolean>
  /** The call is over: what it cost is spent, and no longer held. Null = unknown. */
  settle(id: string, usd: Money | null): void
  /** Nobody will tell what it cost: it is held for good. */
  lose(id: string, most: Money | null): void
  state(): PurseState
}

/** `limit` null: nothing is refused, all is counted. */
export function openPurse(limit: Money | null): Purse {
  const tally = startTally(limit ?? zero)
  const lost = new Set<string>()
  let unpriced = 0
  let waiting: (() => void)[] = []
  const wake = () => {
    const heard = waiting
    waiting = []
    for (const go of heard) go()
  }
  const spent = (usd: Money | null) => {
    if (usd === null) unpriced++
    else tally.spent = add(tally.spent, usd)
  }
  return {
    async reserve(id, most, signal) {
      for (;;) {
        if (limit === null || hasRoom(tally, most)) {
          hold(tally, id, most)
          return true
        }
        if (tally.held.size <= lost.size || signal.aborted) return false
        await new Promise<void>(go => {
          const heard = () => {
            signal.removeEventListener('abort', heard)
            go()
          }
          waiting.push(heard)
          signal.addEventListener('abort', heard)
        })
      }
    },
    settle(id, usd) {
      letGo(tally, [id])
      spent(usd)
      wake()
    },
    lose(id, most) {
      hold(tally, id, most)
      lost.add(id)
      wake()
    },
    state: () => ({ limit, spent: tally.spent, held: tally.reserved, unpriced: unpriced + lost.size }),
  }
}
