// Calls that are read record by record in; those that the ledger lacks, priced and added in one transaction, and an account, out.

import { Fault } from '../core/fault/fault.ts'
import { many } from '../core/fault/many.ts'
import type { Call } from '../core/meter/call.ts'
import type { CallLoader, CallsPlan, KeptCalls, LoadResult, PriceCalls, StopSignal } from '../core/meter/load.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { toldAnswerTokens, toldPromptTokens } from '../core/meter/usage.ts'
import { acceptable, accountOf, type ImportResult } from './account.ts'
import type { CallsOfRecord, CallsReading, ImportOptions, ReadCall } from './importer.ts'
import { pricesOf } from './prices.ts'
import { type FileOfRecords, recordsOf } from './records.ts'
import { openRejects, type RejectFile } from './rejects.ts'
import { storable, unstorable } from './storable.ts'

/** Calls per batch: what is in memory of a file of any length. */
const batch = 2000

interface Context {
  readonly book: PriceBook | null
  readonly dataDir: string
  readonly signal?: StopSignal
}

/** See `Content` of kind `calls`. Throws a Fault and leaves the ledger as it was when the file has no good call. */
export async function keepCalls(
  ledger: Pick<CallLoader, 'loadCalls'>,
  plan: CallsPlan,
  reading: CallsReading,
  file: FileOfRecords,
  options: ImportOptions,
  context: Context,
): Promise<ImportResult> {
  const rejects = openRejects(context.dataDir, plan.name)
  const tally = newTally()
  const prices = pricesOf(context.book)
  const batches = async function* (): AsyncGenerator<readonly Call[]> {
    let calls: Call[] = []
    for await (const call of callsOf(file, reading, plan.where, tally, rejects)) {
      calls.push(pricedCall(plan.source, given(call, options), prices))
      if (calls.length < batch) continue
      if (context.signal?.aborted) {
        const message = 'the import was stopped; nothing of this file was added'
        throw new Fault('IMPORT_STOPPED', message, { where: plan.where, kind: 'no' })
      }
      calls.forEach(tally.count)
      yield calls
      calls = []
    }
    calls.forEach(tally.count)
    yield calls
    // Nothing is kept of a file without a good call: the transaction ends with this.
    const { rows, rejected, leftOut } = tally.found({ added: 0, completed: 0, contradicted: 0 })
    const others = leftOut.reduce((sum, { rows: some }) => sum + some, 0)
    acceptable({ good: rows - rejected, rejected, leftOut: others }, plan, rejects)
  }
  try {
    const kept = await ledger.loadCalls(plan, batches())
    return accountOf(
      plan,
      tally.found(kept),
      [...reading.notes, ...tally.assumed(), ...toldAgain(kept)],
      rejects.path(),
    )
  } finally {
    rejects.close()
  }
}

/**
 * Where their ids are unique: in the space of rows with ids, but told by others who saw the same call. Of two records of one
 * id the first counts, whatever their clocks say; of two rows that differ one is wrong.
 */
export const responsesNamespace = (idSpace = 'records'): string => `responses:${idSpace}`

/** A call of a source, with its price at its own time. */
export function pricedCall(source: string, call: ReadCall, prices: Pick<PriceCalls, 'price'>): Call {
  return { ...call, source, price: prices.price(call) }
}

async function* callsOf(
  file: FileOfRecords,
  reading: CallsReading,
  where: string,
  tally: Tally,
  rejects: RejectFile,
): AsyncGenerator<ReadCall> {
  for await (const record of recordsOf(file, reading, where)) {
    const { line } = record
    const refuse = (reason: string, raw = '') => {
      tally.refuse()
      rejects.add({ line, reason, raw })
    }
    if ('reason' in record) {
      refuse(record.reason)
      continue
    }
    let read: CallsOfRecord
    try {
      read = reading.read(record.value)
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      refuse(thrown.message)
      continue
    }
    for (const { reason, raw } of read.rejects) refuse(reason, raw)
    read.leftOut.forEach(tally.leaveOut)
    read.assumed.forEach(tally.assume)
    for (const call of read.calls) {
      const problem = unstorable(call)
      if (problem === null) yield storable(call)
      else refuse(problem, call.id)
    }
  }
}

/** What the options supply where a call lacks it. */
function given(call: ReadCall, options: ImportOptions): ReadCall {
  const { provider, model, workload, feature, team, environment } = options
  const { attribution } = call
  return {
    ...call,
    provider: call.provider ?? provider ?? null,
    model: call.model ?? model ?? null,
    attribution: {
      ...attribution,
      workload: attribution.workload ?? workload ?? null,
      feature: attribution.feature ?? feature ?? null,
      team: attribution.team ?? team ?? null,
      environment: attribution.environment ?? environment ?? null,
    },
  }
}

function toldAgain({ completed, contradicted }: KeptCalls): string[] {
  return [
    ...(completed === 0 ? [] : [`${many(completed, 'call')} of unknown usage in the ledger: now as told here`]),
    ...(contradicted === 0
      ? []
      : [
          `${many(contradicted, 'call')} told before with other counts, which stand: import undo SOURCE first if those here are right`,
        ]),
  ]
}

interface Tally {
  readonly count: (call: Call) => void
  readonly refuse: () => void
  readonly leaveOut: (why: string) => void
  readonly assume: (what: string) => void
  readonly found: (kept: KeptCalls) => LoadResult
  /** `3 calls: cached tokens were taken as …`, one line for each thing assumed. */
  readonly assumed: () => readonly string[]
}

function newTally(): Tally {
  const leftOut = new Map<string, number>()
  const assumed = new Map<string, number>()
  const unpriced = new Map<string, { model: string | null; calls: number; reason: string }>()
  const add = (to: Map<string, number>) => (text: string) => void to.set(text, (to.get(text) ?? 0) + 1)
  let good = 0
  let rejected = 0
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  let before = Number.NEGATIVE_INFINITY
  let outOfOrder = 0
  const tokens = { input: 0, output: 0 }
  return {
    count: ({ atMicros, usage, price, model }) => {
      good++
      first = Math.min(first, atMicros)
      last = Math.max(last, atMicros)
      if (atMicros < before) outOfOrder++
      before = atMicros
      tokens.input += toldPromptTokens(usage)
      tokens.output += toldAnswerTokens(usage)
      if (price.usd !== null) return
      const key = JSON.stringify([model, price.reason])
      const known = unpriced.get(key) ?? { model, calls: 0, reason: price.reason }
      unpriced.set(key, { ...known, calls: known.calls + 1 })
    },
    refuse: () => {
      rejected++
    },
    leaveOut: add(leftOut),
    assume: add(assumed),
    found: ({ added, completed }) => ({
      rows: good + rejected,
      added,
      completed,
      duplicates: good - added - completed,
      rejected,
      firstAtMicros: good === 0 ? null : first,
      lastAtMicros: good === 0 ? null : last,
      tokens,
      outOfOrder,
      leftOut: [...leftOut].sort(([a], [b]) => (a < b ? -1 : 1)).map(([why, rows]) => ({ why, rows })),
      unpricedCalls: [...unpriced.values()].reduce((n, { calls }) => n + calls, 0),
      unpricedModels: [...unpriced.values()].sort((a, b) => b.calls - a.calls),
    }),
    assumed: () => [...assumed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, n]) => `${many(n, 'call')}: ${what}`),
  }
}
