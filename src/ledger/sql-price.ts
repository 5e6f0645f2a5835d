// Statements that price a table of calls by a table of rates, exactly, and price history again.
import { type UsageKind, usageKinds } from '../core/meter/usage.ts'
import { jsonRows, keyFields, list, name, prompt } from './sql.ts'

/** The keys of a relation's calls, with the range of times that rates are needed for. */
export const priceKeys = (relation: string, where: string) =>
  `SELECT ${list(keyFields.map(name))}, epoch_us(min(started_at)), epoch_us(max(started_at)) FROM ${relation} ${where} GROUP BY ${list(keyFields.map(name))}
   ORDER BY ${list(keyFields.map(name))}`
/** Per kind: the largest count, and how many calls do not know it. */
export const kindsInUse = (relation: string, where: string) =>
  `SELECT ${list(usageKinds.flatMap(kind => [`max(${name(kind)})`, `count(*) - count(${name(kind)})`]))} FROM ${relation} ${where}`

const rateColumns = [
  ...keyFields.map(field => `${name(field)} VARCHAR`),
  'from_at TIMESTAMP',
  'to_at TIMESTAMP',
  'prompt_from BIGINT',
  'prompt_to BIGINT',
  'mode VARCHAR',
  'label INTEGER',
  'per_call HUGEINT',
  ...usageKinds.map(kind => `r_${kind} HUGEINT`),
  ...usageKinds.map(kind => `needs_${kind} BOOLEAN`),
  ...usageKinds.map(kind => `unrated_${kind} BOOLEAN`),
]
export const createRates = `CREATE TEMP TABLE rates (${list(rateColumns)})`
export const addRates = `INSERT INTO rates ${jsonRows(rateColumns)}`
const eachColumns = ['call_row BIGINT', 'each_usd DECIMAL(38,12)', 'each_label INTEGER']
export const createEach = `CREATE TEMP TABLE each_priced (${list(eachColumns)})`
export const addEach = `INSERT INTO each_priced ${jsonRows(eachColumns)}`

/** What the loaded calls and their rates have in them, so that a statement works on nothing else. */
export interface RateUse {
  readonly rated: readonly UsageKind[]
  readonly unknown: readonly UsageKind[]
  readonly unrated: readonly UsageKind[]
  readonly each: boolean
  /** Some calls have units that are no tokens: no rate by the token tells their price. */
  readonly units: boolean
  readonly noRate: number
}

const matchRates = `LEFT JOIN rates t ON ${keyFields.map(field => `r.${name(field)} IS NOT DISTINCT FROM t.${name(field)}`).join(' AND ')}
  AND r.started_at >= t.from_at AND r.started_at < t.to_at AND ${prompt('r')} >= t.prompt_from AND ${prompt('r')} < t.prompt_to`
type Slow = Pick<RateUse, 'unknown' | 'unrated' | 'units'>
const slow = (use: Slow) =>
  [
    `t.mode = 'each'`,
    ...(use.units ? ['r.units IS NOT NULL'] : []),
    ...use.unknown.map(kind => `(t.needs_${kind} AND r.${name(kind)} IS NULL)`),
    ...use.unrated.map(kind => `(t.unrated_${kind} AND r.${name(kind)} > 0)`),
  ].join(' OR ')

/** The relation's columns `also`, then usd and price_label by the temporary tables `rates` and `each_priced`. */
export function priced(relation: string, use: RateUse, also: string): string {
  const terms = use.rated.map(kind => ` + coalesce(r.${name(kind)}, 0) * t.r_${kind}`).join('')
  const exact = `CASE WHEN t.mode = 'exact' THEN (t.per_call${terms})::DECIMAL(25,0) * 0.000000000001::DECIMAL(13,12) END`
  const label = `coalesce(t.label, ${use.noRate})`
  if (!use.each) return `SELECT ${also}, ${exact} AS usd, ${label} AS price_label FROM ${relation} r ${matchRates}`
  return `SELECT ${also}, CASE WHEN e.call_row IS NOT NULL THEN e.each_usd ELSE ${exact} END AS usd,
    coalesce(e.each_label, ${label}) AS price_label FROM ${relation} r ${matchRates} LEFT JOIN each_priced e ON e.call_row = r.rowid`
}
/** Calls that must be priced one by one: row, key, time, usage, units as JSON. */
export const eachCalls = (relation: string, where: string, use: Slow) =>
  `SELECT r.rowid AS call_row, ${list(keyFields.map(field => `r.${name(field)}`))}, epoch_us(r.started_at), ${list(usageKinds.map(kind => `r.${name(kind)}`))},
   ${use.units ? 'to_json(r.units)::VARCHAR' : 'NULL'} AS units FROM ${relation} r ${matchRates} ${where} ${where ? 'AND' : 'WHERE'} t.mode <> 'none' AND (${slow(use)})`

export const countUnits = (relation: string) => `SELECT count(units) FROM ${relation}`
export const createToPrice = (calls: string) => `CREATE TEMP TABLE to_price AS ${calls}`
export const toPrice = (from: bigint, to: bigint) => `SELECT * FROM to_price WHERE rowid >= ${from} AND rowid < ${to}`
export const dropToPrice = 'DROP TABLE to_price'

export const selectRepricing = (where: string) =>
  `CREATE TEMP TABLE repricing AS SELECT c.rowid AS call, c.started_at, ${list(
    [...keyFields, ...usageKinds].map(field => `c.${name(field)}`),
  )}, c.units, c.usd AS old_usd, c.price_label AS old_label FROM calls c ${where}`
export const repriced = (use: RateUse) =>
  `CREATE TEMP TABLE repriced AS SELECT *, (usd IS DISTINCT FROM old_usd) AS changed FROM (${priced(
    'repricing',
    use,
    'r.call, r."provider", r."model", r.old_usd, r.old_label',
  )})`
export const repriceSummary = `SELECT "provider", "model", count(*), count(*) FILTER (changed), sum(old_usd), sum(usd),
  count(*) - count(old_usd), count(*) - count(usd) FROM repriced GROUP BY ALL ORDER BY ALL`
/** What the calls were told as before others told of them, too. */
export const applyRepricedTellings = `UPDATE tellings SET usd = n.usd, price_label = n.price_label FROM repriced n JOIN calls c ON c.rowid = n.call
  WHERE tellings.id = c.id AND tellings.source_key = c.source_key AND tellings."provider" IS NOT DISTINCT FROM c."provider"
    AND (tellings."input", tellings."output") IS NOT DISTINCT FROM (c."input", c."output")`
export const applyRepriced = `UPDATE calls SET usd = n.usd, price_label = n.price_label FROM repriced n
  WHERE calls.rowid = n.call AND (n.changed OR n.price_label <> n.old_label)`
