// The ledger's report, the clients' log and the provider's in; whether they agree, call for call, out.
import { expect } from 'vitest'
import type { Client } from './client.ts'
import { type Kind, usdOf } from './kinds.ts'
import type { Provider } from './provider.ts'

export interface Row {
  readonly key: { readonly task: string | null; readonly outcome: string; readonly feature: string | null }
  readonly calls: number
  readonly usd: string
  readonly unsettledCalls: number
  readonly unpricedCalls: number
  readonly unknownUsageCalls: number
}

export const reportQuestion = ['report', '--by', 'task,outcome,feature', '--json']

/** The metered calls of a report by task, outcome and feature, by name. */
export const rowsOf = (text: string): Row[] =>
  (JSON.parse(text).rows as Row[])
    .filter(({ key }) => key.task !== null)
    .sort((a, b) => (a.key.task! < b.key.task! ? -1 : 1))

export interface Agreed {
  readonly sent: number
  readonly seen: number
  readonly finished: number
  readonly settled: number
  readonly unsettled: number
}

/**
 * What interfaces promise, whoever was killed: each call that the provider saw was opened once, each whose client got its
 * end is settled once at its exact price, and the rest, unless settled all the same, are unsettled and never free.
 */
export function expectAgreement(rows: readonly Row[], { seen }: Provider, { sent, finished }: Client): Agreed {
  const byName = new Map(rows.map(row => [row.key.task!, row]))
  expect(byName.size).toBe(rows.length)
  expect(rows.filter(({ calls }) => calls !== 1)).toEqual([])
  // A request that was on its way when a process died may have been opened and never seen, but none was seen and not opened.
  expect(seen.filter(name => !byName.has(name))).toEqual([])
  expect(new Set(seen).size).toBe(seen.length)
  expect(rows.filter(({ key }) => !sent.has(key.task!))).toEqual([])
  const unfinished = [...finished].filter(([name]) => byName.get(name)?.key.outcome !== 'ok')
  expect(unfinished).toEqual([])
  expect(rows.filter(row => isWrong(row, sent.get(row.key.task!)!))).toEqual([])
  const unsettled = rows.filter(row => row.key.outcome === 'unsettled').length
  return { sent: sent.size, seen: seen.length, finished: finished.size, settled: rows.length - unsettled, unsettled }
}

/** A call is priced exactly, or said to be unpriced; settled, or said to be unsettled. */
function isWrong({ key, usd, unsettledCalls, unpricedCalls }: Row, kind: Kind): boolean {
  if (unsettledCalls !== (key.outcome === 'unsettled' ? 1 : 0)) return true
  if (key.outcome === 'ok') return usd !== usdOf(kind) || unpricedCalls !== 0
  return usd !== '0.000000000000' || unpricedCalls !== 1
}
