// One provider's billed lines, reported tokens and metered hours in; the cells of day and model that a reconciliation compares, out.
import { type DayShift, dayShift, offsetText } from '../core/decide/billed-days.ts'
import type { ReconcileCell, ReconcileEvidence } from '../core/decide/reconcile.ts'
import { roundingStep } from '../core/decide/reconcile-parts.ts'
import { tokenGapUsd } from '../core/decide/token-gap.ts'
import { microsPerDay } from '../core/meter/calendar.ts'
import type { BilledLine } from '../core/meter/charge.ts'
import { add, type Money, zero } from '../core/meter/money.ts'
import { type PriceBook, tierName } from '../core/meter/rates.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import { type BillDays, billDays, daysOf, isUsage, startOfDate } from './bill-days.ts'
import { modelOfLine } from './billed-model.ts'
import { type MeteredRow, meteredSum, tokenPair, tokensByTier } from './metered-hours.ts'

export interface ProviderSides {
  readonly provider: string
  /** None: the bill tells only tokens. */
  readonly lines: readonly BilledLine[]
  /** Of usage reports, by day (UTC). */
  readonly reported: readonly MeteredRow[]
  /** Of everything else, by hour of the zone. */
  readonly metered: readonly MeteredRow[]
  /** As stated; null: UTC, and shifts of the days are looked for. */
  readonly zone: string | null
}

interface Stretch extends BillDays<BilledLine> {
  readonly fromMicros: number
  readonly toMicros: number
}

export function cellsOf(
  sides: ProviderSides,
  book: PriceBook,
): Pick<ReconcileEvidence, 'cells' | 'hasMoney' | 'stepUsd' | 'zone' | 'notes'> {
  const { lines, zone } = sides
  const read = zone ?? 'UTC'
  const hasMoney = lines.length > 0
  const usage = lines.filter(isUsage).map(line => ({ ...line, model: modelOfLine(book, line) }))
  const namesModels = usage.some(line => line.model !== null)
  const saysModels = sides.reported.every(row => row.model !== null)
  const isWhole = hasMoney ? !namesModels : !saysModels
  const keyOf = (model: string | null) => (isWhole ? null : model)
  // Tokens of no model cannot be held against amounts by model.
  const reported = !hasMoney || isWhole || saysModels ? sides.reported : []
  const stretches: Stretch[] = hasMoney
    ? stretchesOf(usage, read)
    : stretchesOf(reported.map(dayOfRow), read).map(one => ({ ...one, items: [] }))
  const shift = zone === null ? shiftOf(sides.metered, reported, stretches, usage) : null

  const cells = stretches.flatMap(stretch => {
    const within = (hours: number) => rowsIn(sides.metered, stretch, hours)
    const [dated, billed] = [within(0), within(shift?.hours ?? 0)]
    const told = reported.filter(row => isInDays(row, stretch))
    const due = stretch.items.filter(line => keyOf(line.model) !== null || isWhole)
    const models = new Set([...dated, ...billed, ...told, ...due].map(({ model }) => keyOf(model)))
    return [...models].map((model): ReconcileCell => {
      const own = <Row extends { readonly model: string | null }>(rows: readonly Row[]) =>
        rows.filter(row => keyOf(row.model) === model)
      const [ours, theirs, items] = [own(billed), own(told), own(due)]
      return {
        day: stretch.label,
        model,
        isNoCall: false,
        asDated: meteredSum(own(dated)),
        asBilled: meteredSum(ours),
        billed: items.length === 0 ? null : { usd: sumOf(items), lines: items.length },
        tokens: { metered: tokenPair(ours), reported: told.length === 0 ? null : tokenPair(theirs) },
        tokenGapUsd: told.length === 0 ? null : gapOf(book, stretch, ours, theirs),
      }
    })
  })
  const beside = [
    ...lines.filter(line => !isUsage(line)),
    ...(isWhole ? [] : usage.filter(line => line.model === null)),
  ]
  return {
    cells: [...cells, ...besideCells(beside, stretches, read)],
    hasMoney,
    stepUsd: roundingStep(lines.map(line => line.usd).filter(usd => usd !== 0n)),
    zone: {
      read,
      found: shift === null ? null : offsetText(shift.hours),
      mismatch: shift === null ? null : { asRead: shift.unshifted, asFound: shift.mismatch },
    },
    notes: [
      ...(hasMoney && isWhole ? ['the bill names no models: it is compared as a whole'] : []),
      ...(reported.length < sides.reported.length
        ? ['the usage report names no models and is left out: ask for it with group_by[]=model']
        : []),
    ],
  }
}

const dayOfRow = ({ atMicros }: MeteredRow) => ({ fromMicros: atMicros, toMicros: atMicros + microsPerDay })

function stretchesOf<Item extends { fromMicros: number; toMicros: number }>(spans: readonly Item[], zone: string) {
  return billDays(spans, zone).map(one => ({
    ...one,
    fromMicros: startOfDate(one.fromDay, zone),
    toMicros: startOfDate(one.toDay, zone),
  }))
}

const hourMicros = 3_600_000_000

const rowsIn = (rows: readonly MeteredRow[], { fromMicros, toMicros }: Stretch, shiftHours: number): MeteredRow[] =>
  rows.filter(({ atMicros }) => {
    const at = atMicros - shiftHours * hourMicros
    return at >= fromMicros && at < toMicros
  })

const isInDays = ({ atMicros }: MeteredRow, { fromDay, toDay }: Stretch): boolean =>
  atMicros >= fromDay * microsPerDay && atMicros < toDay * microsPerDay

const sumOf = (lines: readonly BilledLine[]): Money => lines.reduce((sum, line) => add(sum, line.usd), zero)

/** Over all models of the cell; null as soon as one of them is not known. */
function gapOf(
  book: PriceBook,
  { fromMicros }: Stretch,
  ours: readonly MeteredRow[],
  theirs: readonly MeteredRow[],
): Money | null {
  let sum: Money = zero
  const tier = (name: string | null) => tierName(name ?? '')
  for (const rows of groupedBy([...ours, ...theirs], row => row.model).values()) {
    const { provider, model } = rows[0]!.named
    if (model === null) return null
    const sides = new Set(rows)
    const gap = tokenGapUsd(book, { provider, model }, fromMicros, {
      reported: tokensByTier(
        theirs.filter(row => sides.has(row)),
        tier,
      ),
      metered: tokensByTier(
        ours.filter(row => sides.has(row)),
        tier,
      ),
    })
    if (gap === null) return null
    sum = add(sum, gap)
  }
  return sum
}

/** What is billed beside calls, by the first day of each line. */
function besideCells(lines: readonly BilledLine[], stretches: readonly Stretch[], zone: string): ReconcileCell[] {
  const nothing = meteredSum([])
  const none = { input: 0, output: 0 }
  const dayOf = (line: BilledLine) => {
    const { fromDay } = daysOf(line, zone)
    const stretch = stretches.find(one => fromDay >= one.fromDay && fromDay < one.toDay)
    return (
      stretch?.label ??
      billDays([{ fromMicros: fromDay * microsPerDay, toMicros: (fromDay + 1) * microsPerDay }], zone)[0]!.label
    )
  }
  return [...groupedBy(lines, dayOf)].map(([day, items]) => ({
    day,
    model: null,
    isNoCall: true,
    asDated: nothing,
    asBilled: nothing,
    billed: { usd: sumOf(items), lines: items.length },
    tokens: { metered: none, reported: null },
    tokenGapUsd: null,
  }))
}

/** Hours that were drawn from sums by day say nothing of where days begin. */
const mostDrawn = 0.5

function shiftOf(
  metered: readonly MeteredRow[],
  reported: readonly MeteredRow[],
  stretches: readonly Stretch[],
  usage: readonly BilledLine[],
): DayShift | null {
  const { calls, estimatedCalls } = meteredSum(metered)
  if (
    stretches.length === 0 ||
    stretches.some(one => one.toDay - one.fromDay > 1) ||
    estimatedCalls > mostDrawn * calls
  )
    return null
  const tokens = (rows: readonly MeteredRow[]) => tokenPair(rows).input + tokenPair(rows).output
  const byModel = <Row extends { readonly model: string | null }>(
    rows: readonly Row[],
    amount: (own: Row[]) => number,
  ) => new Map([...groupedBy(rows, row => row.model)].map(([model, own]) => [model, amount(own)]))
  const amounts = stretches.map(stretch =>
    usage.length > 0
      ? byModel(stretch.items, own => Number(sumOf(own)))
      : byModel(
          reported.filter(row => isInDays(row, stretch)),
          tokens,
        ),
  )
  // A bill of no models is of all of them.
  const isWhole = amounts.every(day => [...day.keys()].every(model => model === null))
  return dayShift(
    { fromMicros: stretches[0]!.fromMicros, amounts },
    metered.map(row => ({
      atMicros: row.atMicros,
      model: isWhole ? null : row.model,
      amount: usage.length > 0 ? Number(row.usd) : tokens([row]),
    })),
  )
}
