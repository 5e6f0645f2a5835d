// The DuckDB store's schema, and every statement that appends to it or asks about it. Loading and pricing: sql-load.ts, sql-price.ts.
import type { TextField } from '../core/meter/load.ts'
import { callNeeds, yesTexts } from '../core/meter/needs.ts'
import { answerKinds, promptKinds, type UsageKind, usageKinds } from '../core/meter/usage.ts'
import { isCalendarUnit } from './calendar.ts'
import type { Slice } from './ledger.ts'
import { mayBeOneSeller, nameSellers } from './sql-seller.ts'

export const textFields = [
  'provider',
  'model',
  'tier',
  'region',
  'speed',
  'workload',
  'feature',
  'task',
  'user',
  'team',
  'environment',
] as const satisfies readonly TextField[]

export const keyFields = textFields.slice(0, 5)

export const name = (text: string): string => `"${text.replaceAll('"', '""')}"`
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
/** A file's path for a reader that would take `*`, `?` and `[` in it as a pattern, and read other files. */
export const pathLiteral = (path: string): string => literal(path.replace(/[*?[]/g, '[$&]'))
export const list = (parts: readonly string[]): string => parts.join(', ')

// ---------------------------------------------------------------- schema

export const callColumns = [
  'source_key INTEGER NOT NULL',
  'id VARCHAR',
  'ordinal BIGINT',
  'started_at TIMESTAMP NOT NULL',
  ...textFields.map(field => `${name(field)} VARCHAR`),
  'outcome VARCHAR NOT NULL',
  'ttft_ms DOUBLE',
  'latency_ms DOUBLE',
  'tags MAP(VARCHAR, VARCHAR)',
  'prefix_blocks BIGINT[]',
  'reported_usd DECIMAL(38,12)',
  'estimated BOOLEAN NOT NULL',
  'system_prompt VARCHAR',
  'request_hash BIGINT',
  'units MAP(VARCHAR, BIGINT)',
  'estimate_usd DECIMAL(38,12)',
  ...usageKinds.map(kind => `${name(kind)} INTEGER`),
  'usd DECIMAL(38,12)',
  'price_label INTEGER NOT NULL',
]

/** Migrations in order: entry n brings a database of schema version n to n + 1. Times are UTC. */
export const migrations: readonly (readonly string[])[] = [
  [
    'CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL)',
    `INSERT INTO meta VALUES ('ledger', gen_random_uuid()::VARCHAR), ('revision', '0'), ('schema', '0')`,
    `CREATE TABLE sources (source_key INTEGER NOT NULL, source VARCHAR NOT NULL, namespace VARCHAR NOT NULL,
       name VARCHAR NOT NULL, format VARCHAR NOT NULL, imported_at TIMESTAMP NOT NULL, sample BOOLEAN NOT NULL)`,
    `CREATE TABLE price_labels (label INTEGER NOT NULL, priced_as VARCHAR, catalog_version VARCHAR, reason VARCHAR)`,
    `CREATE TABLE calls (${list(callColumns)})`,
    `CREATE TABLE shapes (source_key INTEGER NOT NULL, start_at TIMESTAMP NOT NULL, seconds DOUBLE[] NOT NULL,
       requests_per_second DOUBLE[] NOT NULL)`,
  ],
  [
    `CREATE TABLE charges (source_key INTEGER NOT NULL, ordinal INTEGER NOT NULL, provider VARCHAR NOT NULL,
       from_at TIMESTAMP NOT NULL, to_at TIMESTAMP NOT NULL, usd DECIMAL(38,12) NOT NULL, category VARCHAR NOT NULL,
       description VARCHAR, model VARCHAR)`,
  ],
  [
    // Both records of a call that a gateway metered, as they came: its row in `calls` follows from them.
    `CREATE TABLE metered (id VARCHAR NOT NULL, opened VARCHAR, settled VARCHAR, provider VARCHAR, response_id VARCHAR)`,
    'CREATE TABLE spool_positions (worker VARCHAR NOT NULL, sequence BIGINT NOT NULL, byte BIGINT NOT NULL)',
  ],
  [
    // A gateway's hashes have 64 bits. A new ledger is made with these columns already.
    'ALTER TABLE calls ALTER prefix_blocks TYPE BIGINT[]',
    'ALTER TABLE calls ADD COLUMN IF NOT EXISTS system_prompt VARCHAR',
    'ALTER TABLE calls ADD COLUMN IF NOT EXISTS request_hash BIGINT',
    'ALTER TABLE calls ADD COLUMN IF NOT EXISTS units MAP(VARCHAR, BIGINT)',
  ],
  [
    // What model servers said of themselves: counts and histograms as JSON, since they are read whole or not at all.
    // Some ledgers of version 4 have it already.
    `CREATE TABLE IF NOT EXISTS scrapes (source_key INTEGER NOT NULL, server VARCHAR NOT NULL, engine VARCHAR NOT NULL, model VARCHAR,
       scraped_at TIMESTAMP NOT NULL, said VARCHAR NOT NULL)`,
  ],
  ['ALTER TABLE calls ADD COLUMN IF NOT EXISTS estimate_usd DECIMAL(38,12)'],
  [
    // Calls come nearly in the order of their time: who looks for some looks at that time alone, however long the ledger is.
    'ALTER TABLE metered ADD COLUMN began_at TIMESTAMP',
    `UPDATE metered SET began_at = make_timestamp((opened::JSON->>'atMicros')::DOUBLE::BIGINT) WHERE opened IS NOT NULL`,
  ],
  // One name for each seller, whoever told of its calls.
  [nameSellers('calls')],
  [
    // Of a call that several sources tell of, what each told, in that order, under the id that joins them (sql-told.ts).
    `CREATE TABLE tellings (seq BIGINT NOT NULL, told_id VARCHAR NOT NULL, ${list(callColumns)})`,
  ],
]
/** What the last of them makes of a database. */
export const schemaVersion: number = migrations.length

/** Its columns, in the order in which the table has them. */
export const emptyTable = (table: string) => `SELECT * FROM ${table} LIMIT 0`
export const setThreads = (count: number) => `SET threads = ${count}`
export const setMemoryLimit = (limit: string) => `SET memory_limit = ${literal(limit)}`
export const hasMeta = `SELECT count(*)::INTEGER FROM duckdb_tables() WHERE table_name = 'meta'`
export const readMeta = (key: string) => `SELECT value FROM meta WHERE key = ${literal(key)}`
export const setSchema = (version: number) => `UPDATE meta SET value = '${version}' WHERE key = 'schema'`
export const bumpRevision = `UPDATE meta SET value = (value::BIGINT + 1)::VARCHAR WHERE key = 'revision'`
export const sourceKeyOf = 'SELECT source_key FROM sources WHERE source = $1'
export const readSourceKeys = 'SELECT source, source_key FROM sources'
export const nextSourceKey = 'SELECT coalesce(max(source_key), 0) + 1 FROM sources'
export const addSource = 'INSERT INTO sources VALUES ($1, $2, $3, $4, $5, make_timestamp($6::BIGINT), $7)'
export const readLabels = 'SELECT label, priced_as, catalog_version, reason FROM price_labels'
export const addLabel = 'INSERT INTO price_labels VALUES ($1, $2, $3, $4)'
export const addShape =
  'INSERT INTO shapes VALUES ($1, make_timestamp($2::BIGINT), from_json($3, \'["DOUBLE"]\'), from_json($4, \'["DOUBLE"]\'))'
export const readShapes = `SELECT source, name, format, sample, epoch_us(imported_at), epoch_us(start_at),
  to_json(seconds)::VARCHAR, to_json(requests_per_second)::VARCHAR FROM shapes JOIN sources USING (source_key) ORDER BY source`
export const readSources = `SELECT source, name, format, (SELECT count(*) FROM calls c WHERE c.source_key = s.source_key),
  epoch_us(imported_at), sample, (SELECT count(*) FROM charges b WHERE b.source_key = s.source_key),
  (SELECT sum(usd) FROM charges b WHERE b.source_key = s.source_key),
  (SELECT count(*) FROM scrapes x WHERE x.source_key = s.source_key) FROM sources s ORDER BY imported_at, source`
export const removals = ['calls', 'tellings', 'shapes', 'charges', 'scrapes', 'sources'].map(
  table => `DELETE FROM ${table} WHERE source_key = $1`,
)

const chargeColumns = [
  'source_key INTEGER',
  'ordinal INTEGER',
  'provider VARCHAR',
  'from_at TIMESTAMP',
  'to_at TIMESTAMP',
  'usd DECIMAL(38,12)',
  'category VARCHAR',
  'description VARCHAR',
  'model VARCHAR',
]
/** Lines that touch the time from $1 to $2; null is open. */
export const readCharges = `SELECT s.source, b.ordinal, s.name, epoch_us(s.imported_at), b.provider, epoch_us(b.from_at), epoch_us(b.to_at),
  b.usd, b.category, b.description, b.model FROM charges b JOIN sources s USING (source_key)
  WHERE ($1::BIGINT IS NULL OR epoch_us(b.to_at) > $1::BIGINT) AND ($2::BIGINT IS NULL OR epoch_us(b.from_at) < $2::BIGINT)
  ORDER BY b.from_at, s.source, b.ordinal`

const scrapeColumns = [
  'source_key INTEGER',
  'server VARCHAR',
  'engine VARCHAR',
  'model VARCHAR',
  'scraped_at TIMESTAMP',
  'said VARCHAR',
]
/** Of a moment that is known the first word stands. */
export const readScrapes = `SELECT server, engine, model, epoch_us(scraped_at), said FROM scrapes
  WHERE ($1::BIGINT IS NULL OR epoch_us(scraped_at) >= $1::BIGINT) AND ($2::BIGINT IS NULL OR epoch_us(scraped_at) < $2::BIGINT)
  ORDER BY server, engine, model, scraped_at`
export const countScrapes = 'SELECT count(*) FROM scrapes'

/** Rows written in a transaction of its own have row ids that begin far from 0: ordinals count from the first. */
export const firstRow = (table: string) => `SELECT coalesce(min(rowid), 0) FROM ${table}`
const told = (table: string, kinds: readonly UsageKind[]) =>
  kinds.map(kind => `coalesce(${table}.${name(kind)}, 0)`).join(' + ')
export const prompt = (table: string) => told(table, promptKinds)
export const answer = (table: string) => told(table, answerKinds)

export const columnName = (definition: string) => definition.split(' ')[0]!
/** What `from_json` needs to know of these columns; times travel as microseconds. */
const structure = (columns: readonly string[]) => {
  const types = columns.map(text => [
    columnName(text).replaceAll('"', ''),
    text
      .slice(columnName(text).length + 1)
      .replace(/ NOT NULL$/, '')
      .replace(/^TIMESTAMP$/, 'BIGINT')
      .replace('HUGEINT', 'DECIMAL(38,0)'),
  ])
  return literal(JSON.stringify([Object.fromEntries(types)]))
}
/** $1: a JSON array of rows. */
export const jsonRows = (columns: readonly string[]) => {
  const values = columns.map(text => {
    const column = columnName(text)
    return / TIMESTAMP( NOT NULL)?$/.test(text) ? `make_timestamp(${column}) AS ${column}` : column
  })
  return `SELECT ${list(values)} FROM (SELECT unnest(from_json($1::JSON, ${structure(columns)}), recursive := true))`
}

export const addCharges = `INSERT INTO charges ${jsonRows(chargeColumns)}`

export const addScrapes = `INSERT INTO scrapes SELECT n.* FROM (${jsonRows(scrapeColumns)}) n WHERE NOT EXISTS (SELECT 1 FROM scrapes k
  WHERE k.server = n.server AND k.engine = n.engine AND k.model IS NOT DISTINCT FROM n.model AND k.scraped_at = n.scraped_at)`

export const callNames = list(callColumns.map(text => text.split(' ')[0]!))

// ---------------------------------------------------------------- a gateway's records

/** A list of texts as one value. */
const among = (placeholder: string) => `(SELECT unnest(${placeholder}::VARCHAR[]))`
/** Between two times, UTC microseconds: row groups of other times are not read. */
const between = (column: string, from: string, to: string) =>
  `${column} BETWEEN make_timestamp(${from}::BIGINT) AND make_timestamp(${to}::BIGINT)`
const recordsOfIds = `SELECT id, opened, settled FROM metered WHERE id IN ${among('$1')}`
/** $2, $3: when calls began whose beginning is known; the others are few. */
export const readMetered = `${recordsOfIds} AND ${between('began_at', '$2', '$3')}
  UNION ALL ${recordsOfIds} AND began_at IS NULL`
export const readMeteredEver = recordsOfIds
export const deleteMetered = `DELETE FROM metered WHERE id IN ${among('$1')} AND ${between('began_at', '$2', '$3')}`
export const deleteMeteredNoBeginning = `DELETE FROM metered WHERE id IN ${among('$1')} AND began_at IS NULL`
export const forgetMetered = 'DELETE FROM metered'
const meteredCalls = `FROM calls WHERE source_key = $4 AND id IN ${among('$1')} AND ${between('started_at', '$2', '$3')}`
export const deleteMeteredCalls = `DELETE ${meteredCalls}`
/** Where a row of another source is a call that was metered: one provider, one id of the response. */
export const isMetered = (row: string) =>
  `m.response_id = ${row}.id AND ${mayBeOneSeller(`${row}."provider"`, 'm.provider')}`
/** $1: UTC microseconds. */
export const readUnsettled = `SELECT opened FROM metered WHERE settled IS NULL AND began_at >= make_timestamp($1::BIGINT)`
export const readPositions = 'SELECT worker, sequence, byte FROM spool_positions'
export const forgetPosition = 'DELETE FROM spool_positions WHERE worker = $1'
export const addPosition = 'INSERT INTO spool_positions VALUES ($1, $2, $3)'

// ---------------------------------------------------------------- append

export const createIncoming = 'CREATE OR REPLACE TEMP TABLE incoming AS FROM calls LIMIT 0'
/** Where records that were read one by one have their ids: by the same space as rows, but each by a clock of its own. */
export const responsesOf = (namespace: string): string => namespace.replace(/^ids:/, 'responses:')
// ---------------------------------------------------------------- asking

/** The run of tasks that a call was made for: its three tags stand together on no other. */
const trialRun = `CASE WHEN c.tags['option'] IS NOT NULL AND c.tags['purpose'] IS NOT NULL THEN c.tags['run'] END`

/** A slice as a WHERE clause over `calls c`; `bind` keeps a value and returns its placeholder. */
export function within(slice: Slice, bind: (value: string | bigint) => string): string {
  const parts: string[] = []
  if (slice.fromMicros !== undefined)
    parts.push(`c.started_at >= make_timestamp(${bind(BigInt(Math.ceil(slice.fromMicros)))}::BIGINT)`)
  if (slice.toMicros !== undefined)
    parts.push(`c.started_at < make_timestamp(${bind(BigInt(Math.ceil(slice.toMicros)))}::BIGINT)`)
  for (const [dimension, value] of Object.entries(slice.where ?? {})) {
    const field = dimensionValue(dimension, bind)
    const equal = (text: string) => `${field} = ${bind(text)}::VARCHAR`
    if (value === null) parts.push(`${field} IS NULL`)
    else if (typeof value === 'string') parts.push(equal(value))
    else parts.push(value.length > 0 ? `(${value.map(equal).join(' OR ')})` : 'false')
  }
  if (slice.sample !== undefined) {
    parts.push(`c.source_key IN (SELECT source_key FROM sources WHERE sample = ${slice.sample})`)
  }
  if (slice.trials !== undefined) parts.push(`(${trialRun}) IS ${slice.trials ? 'NOT NULL' : 'NULL'}`)
  return parts.length ? `WHERE ${parts.join(' AND ')}` : ''
}

function dimensionValue(dimension: string, bind: (value: string | bigint) => string): string {
  if (dimension.startsWith('tag:')) return `c.tags[${bind(dimension.slice(4))}::VARCHAR]`
  if (dimension === 'systemPrompt') return 'c.system_prompt'
  if (dimension === 'source') return `(SELECT s.source FROM sources s WHERE s.source_key = c.source_key)`
  if (isCalendarUnit(dimension)) return periodText[dimension]
  return `c.${name(dimension)}`
}
const periodText = {
  hour: `strftime(c.started_at, '%Y-%m-%dT%H:00+00:00')`,
  day: `strftime(c.started_at, '%Y-%m-%d')`,
  week: `strftime(c.started_at, '%G-W%V')`,
  month: `strftime(c.started_at, '%Y-%m')`,
}

const sums = (table: string) => list(usageKinds.map(kind => `sum(${table}.${name(kind)})`))

/** Keys first (a period as local microseconds and offset minutes), then calls, sums by kind, usd, and the counts of doubt. */
export function report(
  slice: Slice,
  by: readonly string[],
  zone: string,
  bind: (value: string | bigint) => string,
): string {
  const local = zone === 'UTC' ? 'c.started_at' : `timezone(${literal(zone)}, timezone('UTC', c.started_at))`
  const keys = by.flatMap(dimension => {
    if (!isCalendarUnit(dimension)) return [dimensionValue(dimension, bind)]
    const begins = `epoch_us(date_trunc('${dimension}', ${local}))`
    return dimension === 'hour'
      ? [begins, zone === 'UTC' ? '0::BIGINT' : `date_diff('minute', c.started_at, ${local})`]
      : [begins]
  })
  const aliased = keys.map((key, i) => `${key} AS k${i}`)
  const group = keys.length ? `GROUP BY ${list(keys.map((_, i) => `k${i}`))}` : ''
  const where = within(slice, bind)
  return `SELECT ${aliased.map(text => `${text}, `).join('')}count(*), ${sums('c')}, sum(c.usd), count(*) - count(c.usd),
    count(*) FILTER (c.estimated), count(*) FILTER (c."input" IS NULL OR c."output" IS NULL),
    count(*) FILTER (c.outcome = 'unsettled'), sum(c.estimate_usd),
    count(*) FILTER (${isReported}), sum(c.reported_usd) FILTER (${isReported}), sum(c.usd) FILTER (${isReported})
    FROM calls c ${where} ${group}`
}

/** Both the provider and we say what it cost. */
const isReported = 'c.reported_usd IS NOT NULL AND c.usd IS NOT NULL'

/** Half a count is not a call's usage: a prompt whose answer nobody counted would be billed as one without an answer. */
const known = 'FILTER (c."input" IS NOT NULL AND c."output" IS NOT NULL)'
const knownSums = list(usageKinds.map(kind => `sum(c.${name(kind)}) ${known}`))

export const demandTotals = (
  where: string,
) => `SELECT count(*), epoch_us(min(c.started_at)), epoch_us(max(c.started_at)), sum(${prompt('c')}) ${known}, sum(${answer('c')}) ${known},
  ${knownSums}, count(*) FILTER (c."input" IS NULL OR c."output" IS NULL), count(*) FILTER (c.outcome = 'failed'),
  count(DISTINCT (epoch_us(c.started_at) // 3600000000 + 72) % 168) FROM calls c ${where}`
export const demandWindows = (where: string, firstMicros: bigint, windowMicros: bigint) =>
  `SELECT (epoch_us(c.started_at) - ${firstMicros}) // ${windowMicros} AS k, count(*)::BIGINT, (sum(${prompt('c')}) ${known})::BIGINT, (sum(${answer('c')}) ${known})::BIGINT
   FROM calls c ${where} GROUP BY k`

export const countCalls = (where: string) =>
  `SELECT count(*)::BIGINT, epoch_us(min(c.started_at)) FROM calls c ${where}`
export const columns = (
  where: string,
) => `SELECT epoch_us(c.started_at), (CASE WHEN c."input" IS NULL THEN -1 ELSE ${prompt('c')} END)::INTEGER,
  (CASE WHEN c."output" IS NULL THEN -1 ELSE ${answer('c')} END)::INTEGER, (${needs})::INTEGER,
  coalesce(try_cast(c.ttft_ms AS FLOAT), 'nan'::FLOAT), coalesce(try_cast(c.latency_ms AS FLOAT), 'nan'::FLOAT) FROM calls c ${where}
  ORDER BY c.started_at, c.ordinal, c.id, 2, 3`

/** In the order of `columns`, which the last two expressions belong to. */
export const labels = (
  where: string,
  dimension: string,
  bind: (value: string | bigint) => string,
) => `SELECT ${dimensionValue(dimension, bind)},
  (CASE WHEN c."input" IS NULL THEN -1 ELSE ${prompt('c')} END)::INTEGER,
  (CASE WHEN c."output" IS NULL THEN -1 ELSE ${answer('c')} END)::INTEGER FROM calls c ${where}
  ORDER BY c.started_at, c.ordinal, c.id, 2, 3`

/** What `FramedCall` tells of each call. */
export const frame = (
  where: string,
  most: number,
) => `SELECT s.source, coalesce(c.id, c.ordinal::VARCHAR), epoch_us(c.started_at),
  c."provider", c."model", c."workload", c."feature", c."task", CASE WHEN c."input" IS NULL THEN NULL ELSE (${prompt('c')})::INTEGER END,
  (${needs})::INTEGER, c.outcome, c.usd::VARCHAR, CASE WHEN c.request_hash IS NOT NULL THEN 'r' || c.request_hash::VARCHAR
    WHEN len(c.prefix_blocks) > 0 AND c."input" IS NOT NULL
    THEN 'p' || c.prefix_blocks[-1]::VARCHAR || '/' || coalesce(c."model", '') || '/' || (${prompt('c')})::VARCHAR END,
  ${trialRun}
  FROM calls c JOIN sources s USING (source_key) ${where} ORDER BY c.started_at, s.source, 2 LIMIT ${most + 1}`

/** What each call asks beside text, as bits. */
const needs = callNeeds
  .map(({ bit, kinds, tags }) => {
    const shown = kinds.map(kind => `coalesce(c.${name(kind)}, 0) > 0`)
    const said = tags.map(tag => `coalesce(c.tags[${literal(tag)}] IN (${list(yesTexts.map(literal))}), false)`)
    return `CASE WHEN ${[...shown, ...said].join(' OR ')} THEN ${bit} ELSE 0 END`
  })
  .join(' + ')

export const countPrefixes = (where: string) =>
  `SELECT count(*) FILTER (len(c.prefix_blocks) > 0)::BIGINT FROM calls c ${where}`
/** In the order of `columns`, which the last two expressions belong to. */
export const prefixBlocks = (where: string) => `SELECT coalesce(c.prefix_blocks, []::BIGINT[]),
  (CASE WHEN c."input" IS NULL THEN -1 ELSE ${prompt('c')} END)::INTEGER,
  (CASE WHEN c."output" IS NULL THEN -1 ELSE ${answer('c')} END)::INTEGER FROM calls c ${where}
  ORDER BY c.started_at, c.ordinal, c.id, 2, 3`

/**
 * Calls whose whole request, or whole prompt, is known; how many of them are not the first of their like; and what those cost.
 * One that failed answers nobody, so what follows it repeats nothing.
 */
export const repeats = (
  where: string,
) => `SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n - 1), 0)::BIGINT, sum(usd - first_usd)
  FROM (SELECT count(*) AS n, sum(coalesce(usd, 0)) AS usd, arg_min(coalesce(usd, 0), (started_at, id, ordinal)) AS first_usd
    FROM (SELECT c.usd, c.started_at, c.id, c.ordinal, c.request_hash, CASE WHEN c.request_hash IS NULL THEN c."model" END AS model,
        CASE WHEN c.request_hash IS NULL THEN c.prefix_blocks END AS blocks
      FROM calls c ${where === '' ? 'WHERE' : `${where} AND`} c.outcome IN ('ok', 'unknown') AND (c.request_hash IS NOT NULL OR len(c.prefix_blocks) > 0))
    GROUP BY request_hash, model, hash(blocks))`

export function usageGroups(
  where: string,
  window: { first: bigint; micros: bigint } | null,
  promptFrom: readonly number[],
  bucket: string | null,
): string {
  const windowKey = window ? `(epoch_us(c.started_at) - ${window.first}) // ${window.micros}` : 'NULL::BIGINT'
  const promptClass = promptFrom.length
    ? promptFrom.map(size => `((${prompt('c')}) >= ${Math.ceil(size)})::INTEGER`).join(' + ')
    : '0'
  const bucketKey = bucket ? `epoch_us(date_trunc('${bucket}', c.started_at))` : 'NULL::BIGINT'
  return `SELECT ${windowKey} AS w, ${promptClass} AS p, ${bucketKey} AS b, ${list(keyFields.map(f => `c.${name(f)}`))}, c.outcome, count(*),
    count(*) FILTER (c."input" IS NULL OR c."output" IS NULL), max(${prompt('c')}), max(${answer('c')}), ${knownSums}, sum(c.usd)
    FROM calls c ${where} GROUP BY ALL ORDER BY ALL`
}
