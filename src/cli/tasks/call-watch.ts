// Records of a gateway as they are written in; what the calls of one key came to, priced as the ledger prices them, out.
import type { Call } from '../../core/meter/call.ts'
import { type CallRecord, callOfRecords, type Opened } from '../../core/meter/call-record.ts'
import type { PriceCalls } from '../../core/meter/load.ts'
import { add, type Money, zero } from '../../core/meter/money.ts'
import { addUsage, type Usage, unknownUsage, usageKinds } from '../../core/meter/usage.ts'
import type { SessionTally } from '../../tasks/run/metering.ts'

/** What one call came to. */
export interface CallSum {
  /** Null = it told none, and used none as far as anybody knows. */
  readonly usage: Usage | null
  /** Null = unknown, and `unpriced` says why. */
  readonly usd: Money | null
  readonly unpriced: string | null
  readonly model: string | null
  readonly seconds: number
}

/** The calls of one key. */
export interface CallWatch {
  /** Resolves once each call that was opened is settled. */
  settled(): Promise<void>
  tally(): SessionTally
  /** The newest call. One that never went out cost nothing. */
  last(): CallSum
  forget(): void
}

export interface CallWatcher {
  heard(record: CallRecord): void
  watch(keyId: string, onSettled?: (callId: string, usd: Money | null) => void): CallWatch
}

interface Watched {
  readonly open: Map<string, Opened>
  readonly over: Call[]
  readonly onSettled: (callId: string, usd: Money | null) => void
  opened: number
  wake: () => void
}

export function watchCalls(price: PriceCalls['price']): CallWatcher {
  const watched = new Map<string, Watched>()
  const byCall = new Map<string, Watched>()
  return {
    heard(record) {
      if (record.kind === 'opened') {
        const one = watched.get(record.tags.key ?? '')
        if (one === undefined) return
        one.opened++
        one.open.set(record.key, record)
        byCall.set(record.key, one)
        return
      }
      const one = byCall.get(record.key)
      const opened = one?.open.get(record.key)
      if (one === undefined || opened === undefined) return
      byCall.delete(record.key)
      one.open.delete(record.key)
      const call = callOfRecords(record.key, { opened, settled: record }, price)
      one.over.push(call)
      one.onSettled(record.key, costOf(call))
      one.wake()
    },
    watch(keyId, onSettled = () => {}) {
      const one: Watched = { open: new Map(), over: [], onSettled, opened: 0, wake: () => {} }
      watched.set(keyId, one)
      return {
        async settled() {
          while (one.open.size > 0) {
            await new Promise<void>(done => {
              one.wake = done
            })
          }
        },
        tally: () => tallyOf(one),
        last() {
          const call = one.over.at(-1)
          if (call === undefined) return one.opened > 0 ? untold : neverSent
          const { price: priced, model, latencyMs } = call
          const usage = toldBy(call)
          const usd = costOf(call)
          const unpriced = usd === null && priced.usd === null ? priced.reason : null
          return { usage, usd, unpriced, model, seconds: (latencyMs ?? 0) / 1000 }
        },
        forget() {
          watched.delete(keyId)
          for (const key of one.open.keys()) byCall.delete(key)
        },
      }
    },
  }
}

const untold: CallSum = { usage: unknownUsage, usd: null, unpriced: 'nobody told its end', model: null, seconds: 0 }
const neverSent: CallSum = { ...untold, usage: null, usd: zero, unpriced: null }

const isUntold = (usage: Usage): boolean => usageKinds.every(kind => usage[kind] === null)

const toldBy = ({ usage, outcome }: Call): Usage | null => (outcome === 'failed' && isUntold(usage) ? null : usage)

/** As the ledger has it; but a request that its provider refused, and that told no usage, is billed by none of them. */
const costOf = (call: Call): Money | null => call.price.usd ?? (toldBy(call) === null ? zero : null)

function tallyOf({ over, opened }: Watched): SessionTally {
  const told = over.flatMap(call => toldBy(call) ?? [])
  return {
    calls: opened,
    failed: over.filter(({ outcome }) => outcome === 'failed').length,
    brokenOff: over.filter(({ outcome }) => outcome === 'unknown').length,
    usage: told.reduce<Usage | null>((sum, usage) => (sum === null ? usage : addUsage(sum, usage)), null),
    usd:
      over.length < opened
        ? null
        : over
            .map(costOf)
            .reduce<Money | null>((sum, usd) => (sum === null || usd === null ? null : add(sum, usd)), zero),
  }
}
