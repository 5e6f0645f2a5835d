// Every statement that the DuckDB store runs: the schema, what loads and prices calls, and what asks about them.
import type { LoadFile, LoadPlan, TextField, TimeReading } from '../core/meter/load.ts'
import { cacheWriteParts, promptKinds, type UsageKind, usageKinds } from '../core/meter/usage.ts'
import { isCalendarUnit } from './calendar.ts'
import type { Slice } from './ledger.ts'

export const schemaVersion = 1

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

const keyFields = textFields.slice(0, 5)

export const name = (text: string): string => `"${text.replaceAll('"', '""')}"`
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
const list = (parts: readonly string[]): string => parts.join(', ')

// ---------------------------------------------------------------- schema

const callColumns = [
  'source_key INTEGER NOT NULL',
  'id VARCHAR',
  'ordinal BIGINT',
  'started_at TIMESTAMP NOT NULL',
  ...textFields.map(field => `${name(field)} VARCHAR`),
  'outcome VARCHAR NOT NULL',
  'ttft_ms DOUBLE',
  'latency_ms DOUBLE',
  'tags MAP(VARCHAR, VARCHAR)',
  'prefix_blocks INTEGER[]',
  'reported_usd DECIMAL(38,12)',
  'estimated BOOLEAN NOT NULL',
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
]

export const hasMeta = `SELECT count(*)::INTEGER FROM duckdb_tables() WHERE table_name = 'meta'`
export const readMeta = (key: string) => `SELECT value FROM meta WHERE key = ${literal(key)}`
export const setSchema = (version: number) => `UPDATE meta SET value = '${version}' WHERE key = 'schema'`
export const bumpRevision = `UPDATE meta SET value = (value::BIGINT + 1)::VARCHAR WHERE key = 'revision'`
export const sourceKeyOf = 'SELECT source_key FROM sources WHERE source = $1'
export const nextSourceKey = 'SELECT coalesce(max(source_key), 0) + 1 FROM sources'
export const addSource = 'INSERT INTO sources VALUES ($1, $2, $3, $4, $5, make_timestamp($6::BIGINT), $7)'
export const readLabels = 'SELECT label, priced_as, catalog_version, reason FROM price_labels'
export const addLabel = 'INSERT INTO price_labels VALUES ($1, $2, $3, $4)'
export const addShape =
  'INSERT INTO shapes VALUES ($1, make_timestamp($2::BIGINT), from_json($3, \'["DOUBLE"]\'), from_json($4, \'["DOUBLE"]\'))'
export const readShapes = `SELECT source, name, format, sample, epoch_us(imported_at), epoch_us(start_at),
  to_json(seconds)::VARCHAR, to_json(requests_per_second)::VARCHAR FROM shapes JOIN sources USING (source_key) ORDER BY source`
export const readSources = `SELECT source, name, format, (SELECT count(*) FROM calls c WHERE c.source_key = s.source_key),
  epoch_us(imported_at), sample FROM sources s ORDER BY imported_at, source`
export const removals = ['calls', 'shapes', 'sources'].map(table => `DELETE FROM ${table} WHERE source_key = $1`)

// ---------------------------------------------------------------- reading a file

const column = (index: number): string => `c${index}`

/** The file's rows as text columns c0…cn, in file order. */
function fileRows(file: LoadFile): string {
  const path = literal(file.path)
  const longest = Math.max(2_097_152, file.longestLineBytes + 2)
  const csv = `auto_detect = false, strict_mode = true, store_rejects = true, max_line_size = ${longest}${
    longest > 2_097_152 ? `, buffer_size = ${longest * 4}` : ''
  }, compression = '${file.gzip ? 'gzip' : 'none'}'`
  if (file.container === 'parquet') {
    const columns = file.columns.map((text, i) => `${name(text)}::VARCHAR AS ${column(i)}`)
    return `SELECT ${list(columns)} FROM read_parquet(${path})`
  }
  if (file.container === 'csv') {
    const columns = file.columns.map((_, i) => `${literal(column(i))}: 'VARCHAR'`)
    return `SELECT * FROM read_csv(${path}, columns = {${list(columns)}}, header = true,
      delim = ${literal(file.delimiter)}, quote = '"', escape = '"', ${csv})`
  }
  const paths = file.paths.map(keys => literal(`$${keys.map(key => `."${key.replaceAll('"', '\\"')}"`).join('')}`))
  const columns = file.columns.map((_, i) => `v[${i + 1}] AS ${column(i)}`)
  return `SELECT ${list(columns)}, line FROM (
    SELECT line, CASE WHEN json_valid(line) THEN json_extract_string(line, [${list(paths)}]) END AS v
    FROM read_csv(${path}, columns = {'line': 'VARCHAR'}, header = false, delim = '\u0001', quote = '', escape = '', ${csv}))`
}

const wholeMax = 2_147_483_647
const quoted = (cell: string) => `'"' || left(${cell}, 60) || '"'`

/** A SELECT of `staged`: calls read from the file, and of those that cannot be read why not (`reason`, '' for a blank line). */
export function stage(plan: LoadPlan): string {
  const { file } = plan
  const cell = (text: string) => column(file.columns.indexOf(text))
  const numbers = new Map<string, string>()
  const number = (text: string): string => {
    if (!numbers.has(text)) numbers.set(text, `try_cast(${cell(text)} AS DOUBLE) AS n${cell(text).slice(1)}`)
    return `n${cell(text).slice(1)}`
  }
  const checks: string[] = []
  const refuse = (when: string, reason: string) => checks.push(`WHEN ${when} THEN ${reason}`)
  const wholes = new Set<string>()
  const whole = (text: string): string => {
    const n = number(text)
    if (!wholes.has(text)) {
      wholes.add(text)
      refuse(
        `${cell(text)} IS NOT NULL AND (${n} IS NULL OR NOT (${n} >= 0 AND ${n} = floor(${n}) AND ${n} <= ${wholeMax}))`,
        `${literal(`${text}: expected a whole number >= 0, got `)} || ${quoted(cell(text))}`,
      )
    }
    return n
  }
  if (file.container === 'jsonl') {
    refuse('line IS NULL', `''`)
    refuse('NOT json_valid(line)', `'not valid JSON'`)
  }
  const at = timeValue(plan.time, cell(plan.time.column), number, refuse)
  const counts = usageKinds.map(kind => {
    const reading = plan.counts[kind]
    if (!reading) return `${plan.none.includes(kind) ? '0' : 'NULL'}::INTEGER AS ${name(kind)}`
    const n = whole(reading.column)
    if (reading.required) refuse(`${cell(reading.column)} IS NULL`, literal(`${reading.column}: missing`))
    const plus = (reading.plus ?? []).map(text => ` + coalesce(${whole(text)}, 0)`).join('')
    const parts = reading.minus.map(text => ` - coalesce(${whole(text)}, 0)`).join('')
    if (parts) {
      const text = `${reading.minus.join(' + ')}: more than ${reading.column}, of which it is a part`
      refuse(`${n}${plus}${parts} < 0`, literal(text))
    }
    const known = plus ? `coalesce(${n}, 0)` : n
    return `try_cast(${known}${plus}${parts} AS INTEGER) AS ${name(kind)}`
  })
  overWhole(plan, number, refuse)
  const texts = textFields.map(field => {
    const reading = plan.text[field] ?? { column: null, fallback: null }
    const fallback = reading.fallback === null ? 'NULL::VARCHAR' : literal(reading.fallback)
    const value = reading.column === null ? fallback : `coalesce(nullif(${cell(reading.column)}, ''), ${fallback})`
    return `${value} AS ${name(field)}`
  })
  const scaled = (reading: LoadPlan['ttftMs'], as: string) => {
    if (!reading) return `NULL::DOUBLE AS ${as}`
    const n = number(reading.column)
    refuse(
      `${cell(reading.column)} IS NOT NULL AND (${n} IS NULL OR NOT (${n} >= 0 AND isfinite(${n})))`,
      `${literal(`${reading.column}: expected a number >= 0, got `)} || ${quoted(cell(reading.column))}`,
    )
    return `${n} * ${reading.scale} AS ${as}`
  }
  const times = [scaled(plan.ttftMs, 'ttft_ms'), scaled(plan.latencyMs, 'latency_ms')]
  const usd = plan.reportedUsd === null ? 'NULL' : cell(plan.reportedUsd)
  if (plan.reportedUsd !== null) {
    refuse(
      `${usd} IS NOT NULL AND try_cast(${usd} AS DECIMAL(38,12)) IS NULL`,
      `${literal(`${plan.reportedUsd}: expected an amount of US dollars, got `)} || ${quoted(usd)}`,
    )
  }
  const outcome = outcomeValue(plan, cell, number)
  const tags = Object.entries(plan.tags).map(([tag, text]) => `{'k': ${literal(tag)}, 'v': ${cell(text)}}`)
  const tagMap = tags.length
    ? `nullif(map_from_entries(list_filter([${list(tags)}], lambda e: e.v IS NOT NULL)), MAP {})`
    : 'NULL'
  const blocks = plan.prefixBlocks === null ? 'NULL' : `try_cast(${cell(plan.prefixBlocks)} AS INTEGER[])`
  const raw = file.container === 'jsonl' ? 'line' : `concat_ws(',', ${list(file.columns.map((_, i) => column(i)))})`
  const id = plan.id === null ? 'NULL::VARCHAR' : `nullif(${cell(plan.id)}, '')`
  return `CREATE TEMP TABLE staged AS
    SELECT * EXCLUDE (text), CASE WHEN reason IS NOT NULL THEN left(text, 1000) END AS raw FROM (
    SELECT ${id} AS id, ${at} AS started_at, ${list(texts)}, ${outcome} AS outcome, ${list(times)},
      ${tagMap}::MAP(VARCHAR, VARCHAR) AS tags, ${blocks}::INTEGER[] AS prefix_blocks,
      try_cast(${usd} AS DECIMAL(38,12)) AS reported_usd, ${list(counts)},
      CASE ${checks.join(' ')} END AS reason, ${raw} AS text
    FROM (SELECT *${[...numbers.values()].map(text => `, ${text}`).join('')} FROM (${fileRows(file)})))`
}

/** A part that exceeds its whole is a misread record: its call would be billed wrongly. */
function overWhole(
  plan: LoadPlan,
  number: (text: string) => string,
  refuse: (when: string, reason: string) => void,
): void {
  const { cacheWrite, output, reasoning } = plan.counts
  const parts = cacheWriteParts.flatMap(kind => plan.counts[kind]?.column ?? [])
  if (cacheWrite && !cacheWrite.plus && parts.length) {
    const sum = parts.map(column => `coalesce(${number(column)}, 0)`).join(' + ')
    refuse(
      `${sum} > ${number(cacheWrite.column)}`,
      literal(`${parts.join(' + ')}: more than ${cacheWrite.column}, of which it is a part`),
    )
  }
  if (reasoning && output) {
    const text = `${reasoning.column}: more than ${output.column}, of which it is a part`
    refuse(`${number(reasoning.column)} > ${number(output.column)}`, literal(text))
  }
}

function timeValue(
  time: TimeReading,
  cell: string,
  number: (text: string) => string,
  refuse: (when: string, reason: string) => void,
): string {
  refuse(`${cell} IS NULL`, literal(`${time.column}: missing`))
  const credible = (value: string) => `${value} >= TIMESTAMP '1970-01-01' AND ${value} < TIMESTAMP '2200-01-01'`
  if (time.kind === 'iso') {
    const value = `timezone('UTC', try_cast(${cell} AS TIMESTAMPTZ))`
    refuse(
      `NOT coalesce(${credible(value)}, false)`,
      `${literal(`${time.column}: expected a date and time, got `)} || ${quoted(cell)}`,
    )
    return value
  }
  const n = number(time.column)
  const micros = `${n} * ${time.unitMicros} + ${time.originMicros}`
  refuse(
    `NOT coalesce(${n} >= 0 AND ${micros} < 7258118400000000, false)`,
    `${literal(`${time.column}: expected a time as a number >= 0, got `)} || ${quoted(cell)}`,
  )
  return `make_timestamp(try_cast(round(${micros}) AS BIGINT))`
}

function outcomeValue(plan: LoadPlan, cell: (text: string) => string, number: (text: string) => string): string {
  if (plan.outcome === null) return `'unknown'`
  if (plan.outcome.kind === 'zeroFails')
    return `CASE WHEN ${number(plan.outcome.column)} = 0 THEN 'failed' ELSE 'ok' END`
  const text = `lower(${cell(plan.outcome.column)})`
  return `CASE WHEN ${text} IN ('ok', 'success', 'succeeded', 'successful', 'complete', 'completed', 'true') THEN 'ok'
    WHEN ${text} IN ('fail', 'failed', 'failure', 'error', 'errored', 'false', 'timeout', 'cancelled', 'canceled') THEN 'failed'
    WHEN try_cast(${text} AS INTEGER) BETWEEN 200 AND 299 THEN 'ok'
    WHEN try_cast(${text} AS INTEGER) BETWEEN 400 AND 599 THEN 'failed' ELSE 'unknown' END`
}

/** Moves equal instants apart inside their window, in file order. */
export const spread = (micros: number) => `CREATE TEMP TABLE moved AS SELECT rowid AS row,
  started_at + to_microseconds(((row_number() OVER w - 1) * ${micros} // count(*) OVER (PARTITION BY started_at))::BIGINT) AS moved_at
  FROM staged WHERE reason IS NULL WINDOW w AS (PARTITION BY started_at ORDER BY rowid)`
export const applySpread = 'UPDATE staged SET started_at = moved_at FROM moved WHERE staged.rowid = moved.row'

/** Line and text of rows that the CSV reader itself could not split. */
export const brokenRows = `SELECT DISTINCT ON (line) line::BIGINT, error_type::VARCHAR, column_name, left(trim(csv_line, chr(10) || chr(13)), 1000)
  FROM reject_errors ORDER BY line`
/** Rows written in a transaction of its own have row ids that begin far from 0: ordinals count from the first. */
export const firstRow = (table: string) => `SELECT coalesce(min(rowid), 0) FROM ${table}`
export const badRows = (base: bigint) =>
  `SELECT rowid - ${base}, reason, raw FROM staged WHERE reason IS NOT NULL AND reason <> '' ORDER BY rowid`

const prompt = (table: string) => promptKinds.map(kind => `coalesce(${table}.${name(kind)}, 0)`).join(' + ')
const answer = (table: string) =>
  `coalesce(${table}."output", 0) + coalesce(${table}."outputAudio", 0) + coalesce(${table}."outputImage", 0)`

/** Rows of the file that are in the ledger already (or earlier in the file), and whether they say something else. */
export const duplicates = (base: bigint, sourceKey: number, namespaceKeys: readonly number[]) => {
  const other = (a: string, b: string) =>
    `(${list(['started_at', '"model"', '"input"', '"output"'].map(c => `${a}.${c}`))}) IS DISTINCT FROM (${list(['started_at', '"model"', '"input"', '"output"'].map(c => `${b}.${c}`))})`
  return `CREATE TEMP TABLE repeated AS
    SELECT s.rowid AS row, false AS differs FROM staged s JOIN calls c
      ON c.source_key = ${sourceKey} AND c.ordinal = s.rowid - ${base} + 1 WHERE s.reason IS NULL AND s.id IS NULL
    UNION ALL
    SELECT s.rowid, bool_and(${other('s', 'c')}) FROM staged s JOIN calls c
      ON c.id = s.id AND c.source_key IN (${list(['-1', ...namespaceKeys.map(String)])}) WHERE s.reason IS NULL GROUP BY s.rowid
    UNION ALL
    SELECT s.rowid, ${other('s', 'f')} FROM (
      SELECT id, min(rowid) AS first FROM staged WHERE reason IS NULL AND id IS NOT NULL GROUP BY id HAVING count(*) > 1) m
      JOIN staged s ON s.id = m.id AND s.rowid > m.first JOIN staged f ON f.rowid = m.first WHERE s.reason IS NULL`
}
export const refuseConflicts = `UPDATE staged SET reason = 'id: already in the ledger with another time, model or token count',
  raw = id FROM (SELECT row FROM repeated GROUP BY row HAVING bool_or(differs)) r WHERE staged.rowid = r.row`
export const countRepeated = `SELECT count(DISTINCT row) FROM repeated JOIN staged s ON s.rowid = row WHERE s.reason IS NULL`
export const namespaceKeys = `SELECT source_key FROM sources WHERE namespace = $1`
export const stagedSummary = `SELECT count(*) FILTER (reason IS NULL), count(*) FILTER (reason <> ''), count(*) FILTER (reason = ''),
  epoch_us(min(started_at) FILTER (reason IS NULL)), epoch_us(max(started_at) FILTER (reason IS NULL)),
  sum(${prompt('staged')}) FILTER (reason IS NULL), sum(${answer('staged')}) FILTER (reason IS NULL) FROM staged`
export const outOfOrder = `SELECT count(*) FROM (SELECT started_at < lag(started_at) OVER (ORDER BY rowid) AS back FROM staged WHERE reason IS NULL) WHERE back`

// ---------------------------------------------------------------- prices

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
const columnName = (definition: string) => definition.split(' ')[0]!
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
const jsonRows = (columns: readonly string[]) => {
  const values = columns.map(text => {
    const column = columnName(text)
    return / TIMESTAMP( NOT NULL)?$/.test(text) ? `make_timestamp(${column}) AS ${column}` : column
  })
  return `SELECT ${list(values)} FROM (SELECT unnest(from_json($1::JSON, ${structure(columns)}), recursive := true))`
}

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
  readonly noRate: number
}

const matchRates = `LEFT JOIN rates t ON ${keyFields.map(field => `r.${name(field)} IS NOT DISTINCT FROM t.${name(field)}`).join(' AND ')}
  AND r.started_at >= t.from_at AND r.started_at < t.to_at AND ${prompt('r')} >= t.prompt_from AND ${prompt('r')} < t.prompt_to`
const slow = (use: Pick<RateUse, 'unknown' | 'unrated'>) =>
  [
    `t.mode = 'each'`,
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
/** Calls that must be priced one by one: row, key, time, usage. */
export const eachCalls = (relation: string, where: string, use: Pick<RateUse, 'unknown' | 'unrated'>) =>
  `SELECT r.rowid AS call_row, ${list(keyFields.map(field => `r.${name(field)}`))}, epoch_us(r.started_at), ${list(usageKinds.map(kind => `r.${name(kind)}`))}
   FROM ${relation} r ${matchRates} ${where} ${where ? 'AND' : 'WHERE'} t.mode <> 'none' AND (${slow(use)})`

export const createToPrice = (calls: string) => `CREATE TEMP TABLE to_price AS ${calls}`
export const toPrice = (from: bigint, to: bigint) => `SELECT * FROM to_price WHERE rowid >= ${from} AND rowid < ${to}`
export const dropToPrice = 'DROP TABLE to_price'

const callNames = list(callColumns.map(text => text.split(' ')[0]!))
const staged = (field: string) => `r.${field}`
/** Moves the file's new rows into the ledger, with their prices. */
export function insertStaged(base: bigint, sourceKey: number, use: RateUse, skipRepeated: boolean): string {
  const columns = [
    ...[
      'started_at',
      ...textFields.map(name),
      'outcome',
      'ttft_ms',
      'latency_ms',
      'tags',
      'prefix_blocks',
      'reported_usd',
    ].map(staged),
    'false AS estimated',
    ...usageKinds.map(kind => staged(name(kind))),
  ]
  const also = `${sourceKey} AS source_key, r.id, CASE WHEN r.id IS NULL THEN r.rowid - ${base} + 1 END AS ordinal, ${list(columns)}`
  const skip = skipRepeated ? ' AND r.rowid NOT IN (SELECT row FROM repeated)' : ''
  return `INSERT INTO calls (${callNames}) ${priced('staged', use, also)} WHERE r.reason IS NULL${skip}`
}
export const unpricedOf = `SELECT "model", count(*), any_value(l.reason) FROM calls c JOIN price_labels l ON l.label = c.price_label
  WHERE c.source_key = $1 AND c.usd IS NULL GROUP BY "model" ORDER BY count(*) DESC, "model"`

// ---------------------------------------------------------------- append

const incoming = ['source VARCHAR', ...callColumns.slice(1).map(text => text.replace(' NOT NULL', ''))]
export const createIncoming = `CREATE OR REPLACE TEMP TABLE incoming AS ${jsonRows(incoming)}`
/** Keeps the first of each (source, id). */
export const appendIncoming = `INSERT INTO calls (${callNames})
  SELECT s.source_key, ${callNames
    .replace('source_key, ', '')
    .split(', ')
    .map(text => `i.${text}`)
    .join(', ')}
  FROM (SELECT DISTINCT ON (source, id) * FROM incoming ORDER BY rowid) i JOIN sources s USING (source)
  WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.source_key = s.source_key AND c.id = i.id)`

// ---------------------------------------------------------------- asking

/** A slice as a WHERE clause over `calls c`; `bind` keeps a value and returns its placeholder. */
export function within(slice: Slice, bind: (value: string | bigint) => string): string {
  const parts: string[] = []
  if (slice.fromMicros !== undefined)
    parts.push(`c.started_at >= make_timestamp(${bind(BigInt(Math.ceil(slice.fromMicros)))}::BIGINT)`)
  if (slice.toMicros !== undefined)
    parts.push(`c.started_at < make_timestamp(${bind(BigInt(Math.ceil(slice.toMicros)))}::BIGINT)`)
  for (const [dimension, value] of Object.entries(slice.where ?? {})) {
    const field = dimensionValue(dimension, bind)
    parts.push(value === null ? `${field} IS NULL` : `${field} = ${bind(value)}::VARCHAR`)
  }
  if (slice.sample !== undefined) {
    parts.push(`c.source_key IN (SELECT source_key FROM sources WHERE sample = ${slice.sample})`)
  }
  return parts.length ? `WHERE ${parts.join(' AND ')}` : ''
}

function dimensionValue(dimension: string, bind: (value: string | bigint) => string): string {
  if (dimension.startsWith('tag:')) return `c.tags[${bind(dimension.slice(4))}::VARCHAR]`
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
    count(*) FILTER (c.estimated), count(*) FILTER (c."input" IS NULL OR c."output" IS NULL) FROM calls c ${where} ${group}`
}

export const demandTotals = (
  where: string,
) => `SELECT count(*), epoch_us(min(c.started_at)), epoch_us(max(c.started_at)), sum(${prompt('c')}), sum(${answer('c')}),
  ${sums('c')}, count(*) FILTER (c."input" IS NULL OR c."output" IS NULL), count(*) FILTER (c.outcome = 'failed'),
  count(DISTINCT (epoch_us(c.started_at) // 3600000000 + 72) % 168) FROM calls c ${where}`
export const demandWindows = (where: string, firstMicros: bigint, windowMicros: bigint) =>
  `SELECT (epoch_us(c.started_at) - ${firstMicros}) // ${windowMicros} AS k, count(*)::BIGINT, sum(${prompt('c')})::BIGINT, sum(${answer('c')})::BIGINT
   FROM calls c ${where} GROUP BY k`

export const countCalls = (where: string) =>
  `SELECT count(*)::BIGINT, epoch_us(min(c.started_at)) FROM calls c ${where}`
export const columns = (
  where: string,
) => `SELECT epoch_us(c.started_at), (CASE WHEN c."input" IS NULL THEN -1 ELSE ${prompt('c')} END)::INTEGER,
  (CASE WHEN c."output" IS NULL THEN -1 ELSE ${answer('c')} END)::INTEGER FROM calls c ${where}
  ORDER BY c.started_at, c.ordinal, c.id, 2, 3`

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
    count(*) FILTER (c."input" IS NULL OR c."output" IS NULL), max(${prompt('c')}), max(${answer('c')}), ${sums('c')}, sum(c.usd)
    FROM calls c ${where} GROUP BY ALL ORDER BY ALL`
}

// ---------------------------------------------------------------- repricing

export const selectRepricing = (where: string) =>
  `CREATE TEMP TABLE repricing AS SELECT c.rowid AS call, c.started_at, ${list(
    [...keyFields, ...usageKinds].map(field => `c.${name(field)}`),
  )}, c.usd AS old_usd, c.price_label AS old_label FROM calls c ${where}`
export const repriced = (use: RateUse) =>
  `CREATE TEMP TABLE repriced AS SELECT *, (usd IS DISTINCT FROM old_usd) AS changed FROM (${priced(
    'repricing',
    use,
    'r.call, r."provider", r."model", r.old_usd, r.old_label',
  )})`
export const repriceSummary = `SELECT "provider", "model", count(*), count(*) FILTER (changed), sum(old_usd), sum(usd),
  count(*) - count(old_usd), count(*) - count(usd) FROM repriced GROUP BY ALL ORDER BY ALL`
export const applyRepriced = `UPDATE calls SET usd = n.usd, price_label = n.price_label FROM repriced n
  WHERE calls.rowid = n.call AND (n.changed OR n.price_label <> n.old_label)`
