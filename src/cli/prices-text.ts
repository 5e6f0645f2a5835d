// Lists and histories of prices → text for a terminal of 80 columns.

import type { OfferRecord } from '../catalog/offers.ts'
import type {
  HistoryRow,
  HistoryRule,
  ListedPrice,
  PriceHistory,
  RateTexts,
  RowSource,
} from '../catalog/price-history.ts'
import { many } from '../core/fault/many.ts'
import { matchText, wrapped } from './price-text.ts'

const columns = 80

/** One line a model: seller, name, input and output per million tokens, when it was seen. */
export function listText(models: readonly ListedPrice[], version: string, at: string): string {
  if (models.length === 0) return 'no model of the catalog fits\n'
  const rows = models.map(m => [
    m.provider.slice(0, 14),
    m.model.length > 38 ? `${m.model.slice(0, 37)}…` : m.model,
    m.rates === null ? 'unpriced' : (m.rates.input ?? '-'),
    m.rates === null ? '' : (m.rates.output ?? '-'),
    m.stale ? `${m.observedAt}!` : m.observedAt,
  ])
  const table = aligned([['provider', 'model', 'in /M', 'out /M', 'seen'], ...rows])
  const unpriced = models.filter(m => m.rates === null).length
  const stale = models.filter(m => m.stale).length
  const notes = [
    `${models.length} models at standard rates on ${at}, catalog ${version}`,
    ...(unpriced > 0 ? [`${unpriced} are listed without a price: calls to them are unpriced, never free`] : []),
    ...(stale > 0 ? [`${stale} prices (!) were last seen more than 90 days before ${at}`] : []),
  ]
  return `${[...table, '', ...notes.flatMap(note => wrapped(note, columns))].join('\n')}\n`
}

/** What an import of offers brought, a line an offer, and what it refused. */
export function importedText(
  rows: readonly OfferRecord[],
  refused: readonly { readonly endpoint: string; readonly reason: string }[],
  replaced: number,
  file: string,
): string {
  const table = aligned([
    ['weights', 'host', 'in /M', 'out /M', 'cached /M', 'dtype', 'context'],
    ...rows.map(row => [
      row.model_id.length > 26 ? `${row.model_id.slice(0, 25)}…` : row.model_id,
      row.host.slice(0, 14),
      row.usd_per_mtok_input ?? '-',
      row.usd_per_mtok_output ?? '-',
      row.usd_per_mtok_cache_read ?? '-',
      row.weight_dtype ?? '?',
      row.context_tokens === null ? '?' : String(row.context_tokens),
    ]),
  ])
  const notes = [
    `${many(rows.length, 'offer')} added${replaced > 0 ? `, ${replaced} of before replaced` : ''}: ${file}`,
    ...refused.map(({ endpoint, reason }) => `left out: ${endpoint}: ${reason}`),
  ]
  return `${[...(rows.length > 0 ? [...table, ''] : []), ...notes.flatMap(note => wrapped(note, columns))].join('\n')}\n`
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)))
  return rows.map(row =>
    row
      .map((cell, i) => (i === 2 || i === 3 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}

/** Every row of a model with its dates, source and age, then the rules that bear on it. */
export function historyText(history: PriceHistory, version: string, at: string): string {
  const { provider, model, asked, match, pricesOf, rows, rules } = history
  const lines = [`${model} at ${provider}${matchText(match, asked)}`]
  if (pricesOf !== null) lines.push(`sold at the list price of ${pricesOf}`)
  for (const row of rows) lines.push('', ...rowText(row))
  if (rows.length === 0) lines.push('', 'listed without a price: calls to it are unpriced')
  if (rules.length > 0) lines.push('', 'where no row above says otherwise:')
  for (const rule of rules) lines.push(...ruleText(rule))
  const stale = rows.filter(r => r.stale).length
  if (stale > 0) lines.push('', `${stale} of ${rows.length} rows were last seen more than 90 days before ${at}`)
  lines.push('', `on ${at}, catalog ${version}; USD per million tokens, per thousand searches or requests`)
  return `${lines.flatMap(line => wrapped(line, columns)).join('\n')}\n`
}

function rowText(row: HistoryRow): string[] {
  const dates = `${row.from ?? 'ever'} .. ${row.to ?? 'open'}`
  const facets = [row.tier === 'standard' ? '' : row.tier, row.region ?? '', row.speed ?? ''].filter(Boolean)
  return [
    `${[dates, ...facets].join(' · ')} (${row.state})`,
    ...(row.window === null ? [] : [`  in ${row.window}`]),
    `  ${ratesText(row.rates)}`,
    ...row.bands.map(band => `  prompt ${band.prompt}: ${ratesText(band.rates)}`),
    `  ${sourceText(row)}`,
  ]
}

function ruleText(rule: HistoryRule): string[] {
  const scope = [rule.tier, rule.region, rule.from && `from ${rule.from}`, rule.to && `until ${rule.to}`].filter(
    Boolean,
  )
  const what = rule.times === null ? ratesText(rule.rates ?? {}) : `x ${rule.times} on tokens`
  return [`  ${[rule.rule, ...scope].join(' · ')}: ${what}`, `    ${sourceText(rule)}`]
}

const ratesText = (rates: RateTexts): string =>
  Object.entries(rates)
    .map(([kind, usd]) => `${kind} ${usd}`)
    .join(', ')

const sourceText = (row: RowSource): string =>
  `${row.reference ?? row.source}, seen ${row.observedAt} (${row.ageDays} days)${row.stale ? ', OLD' : ''}${row.confidence === 'unverified' ? ', unverified' : ''}`
