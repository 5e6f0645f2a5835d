// A reconciliation in; what a terminal shows out: by provider the verdict, the difference part by part, then days and models.

import { countLabel, shareLabel, tokensLabel, usdPerMtokLabel } from '../charts/labels.ts'
import type { ProviderReconciliation, ReconcileRow } from '../core/decide/reconcile.ts'
import { type DifferencePart, differenceParts } from '../core/decide/reconcile-parts.ts'
import { many } from '../core/fault/many.ts'
import { type Ink, ink, padded, paragraph, shortened } from './ansi.ts'
import { decimalsFor, roundedUsd } from './rows.ts'

export interface ReconciliationToShow {
  readonly tolerance: number
  readonly isWithin: boolean
  readonly providers: readonly ProviderReconciliation[]
  readonly notBilled: readonly { readonly provider: string | null; readonly calls: number; readonly usd: string }[]
}

interface Sheet {
  readonly pen: Ink
  readonly columns: number
  readonly tolerance: number
}

const widest = 100

/** For a person at a terminal; no line is wider than `columns` (80 at least, 100 at most). */
export function reconcileText(
  found: ReconciliationToShow,
  options: { readonly columns: number; readonly color: boolean },
): string {
  const columns = Math.min(widest, Math.max(80, options.columns))
  const sheet = { pen: ink(options.color), columns, tolerance: found.tolerance }
  const blocks = found.providers.map(one => providerLines(one, sheet))
  const others = found.notBilled.map(
    ({ provider, calls, usd }) =>
      `${provider ?? 'no provider named'}: ${many(calls, 'call')}, $${roundedUsd(usd, decimalsFor(usd))}`,
  )
  const rest = others.length === 0 ? [] : [paragraph(`Metered, and no bill to compare: ${others.join('; ')}.`, columns)]
  return [...blocks, ...rest].map(lines => lines.map(line => line.trimEnd()).join('\n')).join('\n\n')
}

function providerLines(one: ProviderReconciliation, sheet: Sheet): string[] {
  const { pen, columns } = sheet
  const notes = [...zoneNotes(one), ...hints(one), ...one.notes, knownNote(one)].map(sentence)
  return [
    ...paragraph(verdict(one, sheet), columns).map(pen.bold),
    ...paragraph(
      `bill: ${one.bills.map(bill => `${bill.name} (${bill.what})`).join(', ')}; days of ${one.zone.read}`,
      columns,
    ).map(pen.dim),
    ...(one.total.parts === null ? [] : ['', ...waterfall(one.total, pen)]),
    ...(one.byDay.length > 1 ? ['', ...table('day', one.byDay, one, sheet)] : []),
    ...(isTold(one) ? ['', ...table('model', one.byModel, one, sheet)] : []),
    ...notes
      .filter(note => note !== '')
      .flatMap((note, i) => [...(i === 0 ? [''] : []), ...paragraph(note, columns, '', '  ')]),
  ]
}

/** One model of one day without tokens says no more than the total. */
const isTold = ({ byModel, total }: ProviderReconciliation): boolean => byModel.length > 1 || total.tokens.bill !== null

function verdict({ provider, total, isWithin, mismatch }: ProviderReconciliation, { tolerance }: Sheet): string {
  const bound = `${isWithin ? 'within' : 'beyond'} the tolerance of ${shareLabel(tolerance)}`
  if (total.billUsd === null || total.differenceUsd === null) {
    return `${provider}: tokens alone are told; models differ by ${shareLabel(mismatch)} of them, ${bound}.`
  }
  const decimals = decimalsFor(total.billUsd)
  const money = (usd: string) => `$${roundedUsd(usd.replace('-', ''), decimals)}`
  const less = total.differenceUsd.startsWith('-')
  const apart = `${money(total.differenceUsd)} ${less ? 'less' : 'more'} than the ledger's ${money(total.ledgerUsd)}`
  return `${provider}: billed ${money(total.billUsd)}, ${apart}; models differ by ${shareLabel(mismatch)}, ${bound}.`
}

const partWords: Readonly<Record<DifferencePart, readonly [name: string, meaning: string]>> = {
  zone: ['zone', 'days begin at another hour: first and last day'],
  notCalls: ['not calls', 'tax, credits, purchases, tools and storage'],
  unmetered: ['unmetered', 'billed usage that nobody metered'],
  unknown: ['unknown', 'calls metered, their usage not told'],
  unpriced: ['unpriced', 'calls metered, their model without a price'],
  price: ['price', 'the same tokens at other rates'],
  rounding: ['rounding', "the provider's rounding of its lines"],
  overMetered: ['over-metered', 'not billed: failed, free, another account or key'],
  untold: ['untold', 'more usage or another price: no tokens billed'],
}

function waterfall({ ledgerUsd, billUsd, parts }: ReconcileRow, pen: Ink): string[] {
  const decimals = decimalsFor(billUsd!)
  const line = (name: string, amount: string, note = '') =>
    `${padded(name, 14)}${padded(amount, 16, 'right')}${note === '' ? '' : `  ${pen.dim(note)}`}`
  return [
    line('ledger', roundedUsd(ledgerUsd, decimals)),
    ...differenceParts.flatMap(part =>
      signed(parts![part], decimals) === ''
        ? []
        : [line(`+ ${partWords[part][0]}`, roundedUsd(parts![part], decimals), partWords[part][1])],
    ),
    pen.bold(line('= bill', roundedUsd(billUsd!, decimals))),
  ]
}

/** Name, ledger, bill, difference, and what it is made of. */
function table(
  by: 'day' | 'model',
  rows: readonly ReconcileRow[],
  one: ProviderReconciliation,
  sheet: Sheet,
): string[] {
  const { pen, columns } = sheet
  const nameOf = (row: ReconcileRow) =>
    (by === 'day' ? row.day : row.isNoCall ? '(not calls)' : row.model) ?? (by === 'day' ? '' : '(all models)')
  const names = rows.map(nameOf)
  const nameWidth = Math.min(26, Math.max(10, ...names.map(name => name.length)))
  const figures = one.compared === 'money' ? moneyFigures(one.total) : tokenFigures
  const cells = rows.map(figures)
  const widths = figures.names.map((name, i) => Math.max(name.length, ...cells.map(row => row[i]!.length)))
  const line = (name: string, row: readonly string[]) =>
    `${padded(shortened(name, nameWidth), nameWidth)}${row.map((text, i) => `  ${padded(text, widths[i]!, 'right')}`).join('')}`
  const indent = nameWidth + widths.reduce((sum, width) => sum + width + 2, 0) + 2
  return [
    pen.dim(line(by, figures.names)),
    ...rows.flatMap((row, i) => {
      const [first = '', ...more] = paragraph(partsText(row, one.total), Math.max(12, columns - indent))
      const head = line(names[i]!, cells[i]!)
      return [
        first === '' ? head : `${head}  ${first}`,
        ...more.map(text => ' '.repeat(indent) + text),
        ...(by === 'model' && one.compared === 'money' && !row.isNoCall ? tokenLines(row, sheet) : []),
      ]
    }),
  ]
}

type Figures = ((row: ReconcileRow) => string[]) & { readonly names: readonly string[] }

function moneyFigures({ billUsd }: ReconcileRow): Figures {
  const decimals = decimalsFor(billUsd!)
  const of = (row: ReconcileRow) => [
    roundedUsd(row.ledgerUsd, decimals),
    roundedUsd(row.billUsd!, decimals),
    signed(row.differenceUsd!, decimals) || '0',
  ]
  return Object.assign(of, { names: ['ledger $', 'bill $', 'difference'] })
}

const tokenFigures: Figures = Object.assign(
  ({ tokens: { ledger, bill } }: ReconcileRow) => {
    const whole = (n: number) => n.toLocaleString('en-US')
    const pair = [ledger.input, bill?.input ?? null, ledger.output, bill?.output ?? null]
    return pair.map(n => (n === null ? '–' : whole(n)))
  },
  { names: ['ledger in', 'bill in', 'ledger out', 'bill out'] },
)

/** `+1.20`, `-0.30`; empty where nothing shows at this many digits. */
function signed(usd: string, decimals: number): string {
  const text = roundedUsd(usd, decimals)
  if (!/[1-9]/.test(text)) return ''
  return text.startsWith('-') ? text : `+${text}`
}

/** The parts that show at this many digits, the largest first. */
function partsText({ parts }: ReconcileRow, { billUsd }: ReconcileRow): string {
  if (parts === null) return ''
  const decimals = decimalsFor(billUsd!)
  return differenceParts
    .map(part => ({ part, text: signed(parts[part], decimals), size: Math.abs(Number(parts[part])) }))
    .filter(({ text }) => text !== '')
    .sort((a, b) => b.size - a.size)
    .map(({ part, text }) => `${partWords[part][0]}\u00a0${text}`)
    .join(', ')
}

function tokenLines({ tokens: { ledger, bill }, usdPerMtok }: ReconcileRow, { pen, columns }: Sheet): string[] {
  if (bill === null) return []
  const pair = ({ input, output }: typeof ledger) => `${tokensLabel(input)} in, ${tokensLabel(output)} out`
  const rates =
    usdPerMtok.bill === null || usdPerMtok.ledger === null
      ? ''
      : `; ${usdPerMtokLabel(usdPerMtok.ledger)} against ${usdPerMtokLabel(usdPerMtok.bill)} per Mtok`
  return paragraph(`metered ${pair(ledger)}, billed ${pair(bill)}${rates}`, columns, '  ').map(pen.dim)
}

const sentence = (note: string): string =>
  note === '' || note.endsWith('.') ? note : `${note.charAt(0).toUpperCase()}${note.slice(1)}.`

function zoneNotes({ zone: { found, mismatch, read } }: ProviderReconciliation): string[] {
  if (found === null || mismatch === null) return []
  return [
    `Days of the bill match those metered in ${found}, not in ${read}: ${shareLabel(mismatch.asRead)} of it lies on other days as read, ${shareLabel(mismatch.asFound)} so (--zone states a zone).`,
  ]
}

function hints({ total, compared }: ProviderReconciliation): string[] {
  const isSome = (part: DifferencePart) => compared === 'money' && Number(total.parts![part]) !== 0
  return isSome('untold')
    ? ["The bill has no tokens: with the provider's usage report (import it, or --bill) untold becomes usage or price."]
    : []
}

function knownNote({ total }: ProviderReconciliation): string {
  const share = (n: number, what: string) => (n === 0 ? [] : [`${countLabel(n)} ${what}`])
  const doubts = [
    ...share(total.estimatedCalls, 'estimated'),
    ...share(total.unknownUsageCalls, 'of unknown usage'),
    ...share(total.unpricedCalls - total.unknownUsageCalls, 'without a price'),
  ]
  return doubts.length === 0 ? '' : `Of ${countLabel(total.calls)} metered calls ${doubts.join(', ')}.`
}
