// What a process knows of itself, as plain values that cross to another and go into a page of metrics.
import { formatUsd, type Money } from '../core/meter/money.ts'
import type { Counters } from '../gateway/counters.ts'
import type { GatewayHost } from '../server/gateway-host.ts'
import type { SpoolWriter } from '../server/spool-writer.ts'
import type { Workplace } from '../server/workplace.ts'
import type { SpoolStats } from '../spool/spool.ts'

export interface GatewayFigures {
  readonly of: 'gateway'
  /** Name of its spool. */
  readonly worker: string
  readonly residentBytes: number
  readonly requests: Readonly<Record<string, number>>
  readonly answers: Readonly<Record<string, number>>
  readonly unmetered: Readonly<Record<string, number>>
  readonly records: Pick<Counters, 'opened' | 'settled' | 'lost'>
  /** Requests refused, by why: keys and budgets. */
  readonly refused: Readonly<Record<string, number>>
  /** Calls whose budgets could not be asked. */
  readonly unasked: number
  /** Calls that are being relayed. */
  readonly running: number
  readonly added: { readonly counts: readonly number[]; readonly sumMs: number }
  readonly spool: SpoolStats
  /** Calls whose content was to be kept, by what came of it; null = nobody asked for it. */
  readonly captures: Readonly<Record<string, number>> | null
}

export interface WriterFigures {
  readonly of: 'writer'
  readonly residentBytes: number
  /** What the ledger does not have yet: bytes, and for how many seconds it has not had all. */
  readonly lag: { readonly bytes: number; readonly seconds: number }
  /** Lines of the spool that were not whole. */
  readonly corrupt: number
  readonly budgets: readonly { readonly name: string; readonly usd: Readonly<Record<string, number>> }[]
  /** Why the spool is not taken in; null = it is. */
  readonly error: string | null
  /** The ledger's own calls, the sample left out; null = it cannot be asked. */
  readonly ledger: LedgerFigures | null
}

export interface LedgerFigures {
  readonly calls: number
  readonly unpriced: number
  readonly estimated: number
  readonly unknownUsage: number
  readonly unsettled: number
  /** Of the priced calls. */
  readonly usd: number
}

export type Figures = GatewayFigures | WriterFigures

export function gatewayFigures(worker: string, { gateway, spool, captures }: GatewayHost): GatewayFigures {
  const { requests, answers, unmetered, refused, unasked, opened, settled, lost, added, addedSumMs } = gateway.counters
  return {
    of: 'gateway',
    worker,
    residentBytes: process.memoryUsage.rss(),
    requests: Object.fromEntries(requests),
    answers: Object.fromEntries(answers),
    unmetered: Object.fromEntries(unmetered),
    records: { opened, settled, lost },
    refused: Object.fromEntries(refused),
    unasked,
    running: gateway.running(),
    added: { counts: added, sumMs: addedSumMs },
    spool: spool.stats(),
    captures: captures === null ? null : { ...captures.counts },
  }
}

/** Sums over a large ledger take a while: they are of the last so many milliseconds. */
const ledgerAgeMs = 10_000

export function writerFigures(workplace: Workplace, spool: () => SpoolWriter | null): () => Promise<WriterFigures> {
  let last: { readonly at: number; readonly ledger: LedgerFigures } | null = null
  const ledgerNow = async (): Promise<LedgerFigures | null> => {
    if (last !== null && performance.now() - last.at < ledgerAgeMs) return last.ledger
    try {
      const { total } = await (await workplace.ledger()).report({ sample: false }, [], 'UTC')
      const { calls, unpricedCalls, estimatedCalls, unknownUsageCalls, unsettledCalls, usd } = total
      const ledger = {
        calls,
        unpriced: unpricedCalls,
        estimated: estimatedCalls,
        unknownUsage: unknownUsageCalls,
        unsettled: unsettledCalls,
        usd: Number(usd),
      }
      last = { at: performance.now(), ledger }
      return ledger
    } catch {
      // Why it cannot be asked is said where it is opened and written to.
      return null
    }
  }
  return async () => {
    const writer = spool()
    const { lag, corrupt, error } = writer?.state() ?? { lag: { bytes: 0, seconds: 0 }, corrupt: 0, error: null }
    const ledger = writer === null ? null : await ledgerNow()
    const budgets = writer === null ? [] : await budgetsNow(workplace)
    return { of: 'writer', residentBytes: process.memoryUsage.rss(), lag, corrupt, error, ledger, budgets }
  }
}

async function budgetsNow({ budgets }: Workplace): Promise<WriterFigures['budgets']> {
  // Why a ledger cannot be asked is said where it is opened.
  const states = (await budgets?.states().catch(() => null)) ?? []
  const dollars = (usd: Money) => Number(formatUsd(usd))
  return states.map(({ budget: { name, limit }, usd: spent, reserved }) => ({
    name,
    usd: { limit: dollars(limit), spent: dollars(spent), held: dollars(reserved) },
  }))
}

/** Figures by the kind of process that they are of. */
export const byProcess = (figures: readonly Figures[]) => ({
  gateways: figures.filter((one): one is GatewayFigures => one.of === 'gateway'),
  writers: figures.filter((one): one is WriterFigures => one.of === 'writer'),
})

/** How the gateway fares, for the page: what was lost, what passed without a reading, what the ledger does not have yet. */
export interface GatewayStatus {
  readonly metered: number
  readonly running: number
  /** Upstream, method and path → requests. */
  readonly unmetered: Readonly<Record<string, number>>
  readonly lostRecords: number
  readonly lag: WriterFigures['lag'] | null
  /** What does not work now, as it was said. */
  readonly errors: readonly string[]
  readonly gateways: number
}

export function statusOf(figures: readonly Figures[]): GatewayStatus {
  const { gateways, writers } = byProcess(figures)
  const writer = writers[0] ?? null
  const unmetered: Record<string, number> = {}
  for (const one of gateways) {
    for (const [name, n] of Object.entries(one.unmetered)) unmetered[name] = (unmetered[name] ?? 0) + n
  }
  const sum = (figure: (one: GatewayFigures) => number) => gateways.reduce((total, one) => total + figure(one), 0)
  const errors = [...gateways.map(({ spool }) => spool.error), writer?.error ?? null]
  return {
    metered: sum(({ requests }) => Object.values(requests).reduce((a, b) => a + b, 0)),
    running: sum(({ running }) => running),
    unmetered,
    lostRecords: sum(({ records }) => records.lost),
    lag: writer?.lag ?? null,
    errors: [...new Set(errors.filter(text => text !== null))],
    gateways: gateways.length,
  }
}
