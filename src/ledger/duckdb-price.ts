// Calls in a table and the price function in; rates per group in a temporary table, so that SQL prices them all exactly, out.
import type { DuckDBConnection } from '@duckdb/node-api'
import type { BulkRate, PriceCalls, PriceKey, RepriceResult } from '../core/meter/load.ts'
import { type BilledUnits, noUnits, type Usage, type UsageKind, usageKinds } from '../core/meter/usage.ts'
import { type LabelBook, labelBook } from './duckdb-label.ts'
import { type Row, rowsOf, type Session } from './duckdb-session.ts'
import type { Slice } from './ledger.ts'
import { usdText } from './question.ts'
import * as sql from './sql.ts'
import * as pricing from './sql-price.ts'

const farFuture = Date.UTC(9999, 0, 1) * 1000
const openPrompt = Number.MAX_SAFE_INTEGER

/** `hasUnits`: the relation has a column of them. Fills the temporary tables `rates` and `each_priced` for the relation's calls; what `pricing.priced` then needs to know. */
export async function layOutRates(
  connection: DuckDBConnection,
  relation: string,
  where: string,
  prices: PriceCalls,
  hasUnits = false,
): Promise<pricing.RateUse> {
  const labels = await labelBook(connection)
  await connection.run(pricing.createRates)
  await connection.run(pricing.createEach)
  const rates: BulkRate[] = []
  const rows: Record<string, unknown>[] = []
  for (const row of await rowsOf(connection, pricing.priceKeys(relation, where))) {
    const key = keyOf(row, 0)
    for (const rate of prices.rates(key, Number(row[5]), Number(row[6]))) {
      rates.push(rate)
      rows.push(await rateRow(key, rate, labels))
    }
  }
  const batch = 500
  for (let from = 0; from < rows.length; from += batch) {
    await connection.run(pricing.addRates, [JSON.stringify(rows.slice(from, from + batch))])
  }
  const [inUse] = await rowsOf(connection, pricing.kindsInUse(relation, where))
  const most = (kind: UsageKind) => Number(inUse?.[2 * usageKinds.indexOf(kind)] ?? 0)
  const unknowns = (kind: UsageKind) => Number(inUse?.[2 * usageKinds.indexOf(kind) + 1] ?? 0)
  const exact = rates.filter(rate => rate.kind === 'exact')
  const use = {
    rated: usageKinds.filter(kind => most(kind) > 0 && exact.some(rate => rate.picoPerToken[kind])),
    unknown: usageKinds.filter(kind => unknowns(kind) > 0 && exact.some(rate => rate.needs.includes(kind))),
    unrated: usageKinds.filter(kind => most(kind) > 0 && exact.some(rate => rate.unrated.includes(kind))),
    units: hasUnits && Number((await rowsOf(connection, pricing.countUnits(relation)))[0]?.[0]) > 0,
  }
  const each = rates.some(rate => rate.kind === 'each') || use.unknown.length > 0 || use.unrated.length > 0 || use.units
  if (each) await priceEach(connection, pricing.eachCalls(relation, where, use), prices, labels)
  return { ...use, each, noRate: await labels(null, null, 'no rate covers the time of this call') }
}

const keyOf = (row: Row, from: number): PriceKey => {
  const text = (i: number) => (row[from + i] ?? null) as string | null
  return { provider: text(0), model: text(1), tier: text(2), region: text(3), speed: text(4) }
}

async function rateRow(key: PriceKey, rate: BulkRate, labels: LabelBook): Promise<Record<string, unknown>> {
  const span = {
    ...key,
    from_at: Math.max(0, rate.fromMicros),
    to_at: Math.min(farFuture, rate.toMicros),
    prompt_from: Math.max(0, rate.promptFrom),
    prompt_to: Math.min(openPrompt, rate.promptTo),
    mode: rate.kind,
  }
  if (rate.kind === 'none') return { ...span, label: await labels(null, null, rate.reason), per_call: 0 }
  if (rate.kind === 'each') return { ...span, label: null, per_call: 0 }
  return {
    ...span,
    label: await labels(rate.pricedAs, rate.catalogVersion, null),
    per_call: rate.picoPerCall.toString(),
    ...Object.fromEntries(usageKinds.map(kind => [`r_${kind}`, (rate.picoPerToken[kind] ?? 0n).toString()])),
    ...Object.fromEntries(usageKinds.map(kind => [`needs_${kind}`, rate.needs.includes(kind)])),
    ...Object.fromEntries(usageKinds.map(kind => [`unrated_${kind}`, rate.unrated.includes(kind)])),
  }
}

/** Calls priced between two writes: bounds memory. */
const eachBatch = 20_000n

async function priceEach(
  connection: DuckDBConnection,
  calls: string,
  prices: PriceCalls,
  labels: LabelBook,
): Promise<void> {
  await connection.run(pricing.createToPrice(calls))
  const first = (await rowsOf(connection, sql.firstRow('to_price')))[0]?.[0] as bigint
  for (let from = first; ; from += eachBatch) {
    const rows = await rowsOf(connection, pricing.toPrice(from, from + eachBatch))
    if (rows.length === 0) break
    const found = []
    for (const row of rows) {
      const usage = Object.fromEntries(usageKinds.map((kind, i) => [kind, row[7 + i] ?? null])) as Usage
      const told = row[7 + usageKinds.length]
      const units = told == null ? noUnits : (JSON.parse(told as string) as BilledUnits)
      const price = prices.price({ ...keyOf(row, 1), atMicros: Number(row[6]), usage, units })
      found.push({
        call_row: String(row[0]),
        each_usd: price.usd === null ? null : usdText(price.usd),
        each_label:
          price.usd === null
            ? await labels(null, null, price.reason)
            : await labels(price.pricedAs, price.catalogVersion, null),
      })
    }
    await connection.run(pricing.addEach, [JSON.stringify(found)])
  }
  await connection.run(pricing.dropToPrice)
}

/** Prices the slice again; writes only what changed, and nothing on a dry run. */
export function repriceSlice(
  session: Session,
  slice: Slice,
  prices: PriceCalls,
  dryRun: boolean,
): Promise<RepriceResult> {
  return session
    .write(async connection => {
      const values: (string | bigint)[] = []
      const where = sql.within(slice, value => `$${values.push(value)}`)
      await connection.run(pricing.selectRepricing(where), values)
      const use = await layOutRates(connection, 'repricing', '', prices, true)
      await connection.run(pricing.repriced(use))
      const byModel = (await rowsOf(connection, pricing.repriceSummary)).map(row => ({
        provider: row[0] as string | null,
        model: row[1] as string | null,
        calls: Number(row[2]),
        changed: Number(row[3]),
        usdBefore: row[4] === null ? null : usdText(mantissa(row[4])),
        usdAfter: row[5] === null ? null : usdText(mantissa(row[5])),
        unpricedBefore: Number(row[6]),
        unpricedAfter: Number(row[7]),
        pico: [mantissa(row[4]), mantissa(row[5])] as const,
      }))
      const total = (side: 0 | 1, unpriced: 'unpricedBefore' | 'unpricedAfter') =>
        byModel.every(row => row[unpriced] === row.calls)
          ? null
          : usdText(byModel.reduce((sum, row) => sum + row.pico[side], 0n))
      if (!dryRun) {
        await connection.run(pricing.applyRepricedTellings)
        await connection.run(pricing.applyRepriced)
        await connection.run(sql.bumpRevision)
      }
      const result = {
        dryRun,
        calls: byModel.reduce((n, row) => n + row.calls, 0),
        changed: byModel.reduce((n, row) => n + row.changed, 0),
        usdBefore: total(0, 'unpricedBefore'),
        usdAfter: total(1, 'unpricedAfter'),
        byModel: byModel.map(({ pico: _, ...row }) => row),
      }
      if (dryRun) throw new DryRun(result)
      return result
    })
    .catch(thrown => {
      if (thrown instanceof DryRun) return thrown.result
      throw thrown
    })
}

/** Rolls a dry run's transaction back (new labels included) and carries its result out. */
class DryRun extends Error {
  readonly result: RepriceResult
  constructor(result: RepriceResult) {
    super('dry run')
    this.result = result
  }
}

const mantissa = (value: unknown): bigint => (value == null ? 0n : (value as { value: bigint }).value)
