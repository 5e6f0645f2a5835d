// A load plan in; the statements that read, check and add a file's calls, out.
import type { CountReading, LoadFile, LoadPlan, TimeReading } from '../core/meter/load.ts'
import { providerId } from '../core/meter/seller.ts'
import { cacheWriteParts, usageKinds } from '../core/meter/usage.ts'
import { answer, callNames, isMetered, list, literal, name, pathLiteral, prompt, textFields } from './sql.ts'
import { derive, firstOfEach, jsonPath } from './sql-derive.ts'
import { priced, type RateUse } from './sql-price.ts'
import { mayBeOneSeller } from './sql-seller.ts'

const column = (index: number): string => `c${index}`

/** The file's rows as text columns c0…cn, in file order. */
function fileRows(file: LoadFile): string {
  const path = pathLiteral(file.path)
  const longest = Math.max(2_097_152, file.longestLineBytes + 2)
  const csv = `auto_detect = false, strict_mode = ${file.container === 'csv'}, store_rejects = true, max_line_size = ${longest}${
    longest > 2_097_152 ? `, buffer_size = ${longest * 4}` : ''
  }, compression = '${file.gzip ? 'gzip' : 'none'}'`
  if (file.container === 'parquet') {
    const columns = file.columns.map((text, i) => `${name(text)}::VARCHAR AS ${column(i)}`)
    return `SELECT ${list(columns)} FROM read_parquet(${path}, hive_partitioning = false)`
  }
  if (file.container === 'csv') {
    const columns = file.columns.map((_, i) => `${literal(column(i))}: 'VARCHAR'`)
    return `SELECT * FROM read_csv(${path}, columns = {${list(columns)}}, header = true, skip = ${file.headerLines - 1},
      delim = ${literal(file.delimiter)}, quote = '"', escape = '"', ${csv})`
  }
  const paths = file.paths.map(jsonPath)
  const columns = file.columns.map((_, i) => `v[${i + 1}] AS ${column(i)}`)
  return `SELECT ${list(columns)}, line FROM (
    SELECT line, CASE WHEN json_valid(line) THEN json_extract_string(line, [${list(paths)}]) END AS v
    FROM read_csv(${path}, columns = {'line': 'VARCHAR'}, header = false, delim = '\u0001', quote = '', escape = '', ${csv}))`
}

const wholeMax = 2_147_483_647
const quoted = (cell: string) => `'"' || left(${cell}, 60) || '"'`

/**
 * Statements that make `staged`: calls read from the file, and of those that cannot be read why not (`reason`, '' for a
 * blank line). What is the same in every row stands in the view only, not a million times in the table.
 */
export function stage(plan: LoadPlan): readonly string[] {
  const { file } = plan
  const own = (text: string) => column(file.columns.indexOf(text))
  const derived = derive(plan, fileRows(file), own)
  const cell = (text: string) => derived.cell(text) ?? own(text)
  const numbers = new Map<string, string>()
  const number = (text: string): string => {
    if (!numbers.has(text)) numbers.set(text, `try_cast(${cell(text)} AS DOUBLE) AS n_${cell(text)}`)
    return `n_${cell(text)}`
  }
  const inRows: string[] = []
  const inView: string[] = []
  const put = (value: string, as: string, isSame: boolean) => {
    const into = isSame ? inView : inRows
    into.push(`${value} AS ${as}`)
  }
  const checks: string[] = []
  const refuse = (when: string, reason: string) => checks.push(`WHEN ${when} THEN ${reason}`)
  const wholes = new Set<string>()
  const whole = (text: string): string => {
    const n = number(text)
    if (!wholes.has(text)) {
      wholes.add(text)
      refuse(
        `${cell(text)} IS NOT NULL AND (${n} IS NULL OR isnan(${n}) OR NOT (${n} >= 0 AND ${n} = floor(${n})))`,
        `${literal(`${text}: expected a whole number >= 0, got `)} || ${quoted(cell(text))}`,
      )
      refuse(
        `${n} > ${wholeMax}`,
        `${literal(`${text}: expected a whole number <= ${wholeMax}, got `)} || ${quoted(cell(text))}`,
      )
    }
    return n
  }
  if (file.container === 'jsonl') {
    refuse('line IS NULL', `''`)
    refuse('NOT json_valid(line)', `'not valid JSON'`)
  }
  const leftOut = (plan.leaveOut ?? []).map(
    ({ column: text, values, why }) =>
      `WHEN lower(${cell(text)}) IN (${list(values.map(literal))}) THEN ${literal(why)}`,
  )
  if (leftOut.length) refuse(`CASE ${leftOut.join(' ')} END IS NOT NULL`, `''`)
  const at = timeValue(plan.time, cell(plan.time.column), number, refuse)
  const outcome = outcomeValue(plan, cell, number)
  put(at, 'started_at', false)
  put(outcome, 'outcome', plan.outcome === null)
  for (const kind of usageKinds) {
    const reading = plan.counts[kind]
    if (!reading) {
      put(`${plan.none.includes(kind) ? '0' : 'NULL'}::INTEGER`, name(kind), true)
      continue
    }
    const n = whole(reading.column)
    if (reading.required) refuse(`${cell(reading.column)} IS NULL`, literal(`${reading.column}: missing`))
    const plus = (reading.plus ?? []).map(text => ` + coalesce(${whole(text)}, 0)`).join('')
    const parts = reading.minus.map(text => ` - coalesce(${whole(text)}, 0)`).join('')
    const beside = reading.inOrBeside ? ` + (${besideOf(reading, n, whole)})` : ''
    if (parts || reading.inOrBeside?.kind === 'apart') {
      const inside = [...reading.minus, ...(reading.inOrBeside?.parts ?? [])]
      const text = `${inside.join(' + ')}: more than ${reading.column}, of which it is a part`
      refuse(`${n}${plus}${parts}${beside} < 0`, literal(text))
    }
    const known = plus || reading.emptyIsZero ? `coalesce(${n}, 0)` : n
    const value = `try_cast(${known}${plus}${parts}${beside} AS INTEGER)`
    const uncounted = reading.unknownIfZero
      ? `CASE WHEN ${whole(reading.unknownIfZero)} = 0 AND ${outcome} <> 'failed' THEN NULL ELSE ${value} END`
      : value
    put(uncounted, name(kind), false)
  }
  overWhole(plan, number, refuse)
  for (const field of textFields) {
    const reading = plan.text[field] ?? { column: null, fallback: null }
    const given = field === 'provider' && reading.fallback !== null ? providerId(reading.fallback) : reading.fallback
    const fallback = given === null ? 'NULL::VARCHAR' : literal(given)
    const value =
      reading.column === null ? fallback : `coalesce(${readText(reading, cell(reading.column))}, ${fallback})`
    put(value, name(field), reading.column === null)
  }
  const scaled = (reading: LoadPlan['ttftMs'], as: string) => {
    if (!reading) return put('NULL::DOUBLE', as, true)
    if ('from' in reading) {
      const [from, to] = [reading.from, reading.to].map(text => `try_cast(${cell(text)} AS TIMESTAMPTZ)`)
      const unless = reading.unless === null ? '' : ` AND ${cell(reading.to)} <> ${cell(reading.unless)}`
      const took = `(epoch_us(${to}) - epoch_us(${from})) / 1000.0`
      return put(`CASE WHEN ${to} >= ${from}${unless} THEN ${took} END::DOUBLE`, as, false)
    }
    const n = number(reading.column)
    refuse(
      `${cell(reading.column)} IS NOT NULL AND (${n} IS NULL OR NOT (${n} >= 0 AND isfinite(${n})))`,
      `${literal(`${reading.column}: expected a number >= 0, got `)} || ${quoted(cell(reading.column))}`,
    )
    put(`${n} * ${reading.scale}`, as, false)
  }
  scaled(plan.ttftMs, 'ttft_ms')
  scaled(plan.latencyMs, 'latency_ms')
  const usd = plan.reportedUsd === null ? 'NULL' : cell(plan.reportedUsd)
  if (plan.reportedUsd !== null) {
    refuse(
      `${usd} IS NOT NULL AND try_cast(${usd} AS DECIMAL(38,12)) IS NULL`,
      `${literal(`${plan.reportedUsd}: expected an amount of US dollars, got `)} || ${quoted(usd)}`,
    )
  }
  put(`try_cast(${usd} AS DECIMAL(38,12))`, 'reported_usd', plan.reportedUsd === null)
  const tags = Object.entries(plan.tags).map(([tag, text]) => `{'k': ${literal(tag)}, 'v': ${cell(text)}}`)
  const named = `[${list(tags)}]`
  const entries = plan.tagList
    ? firstOfEach(`list_concat(${tags.length ? named : 'NULL'}, ${derived.tagEntries(plan.tagList)})`)
    : `list_filter(${named}, lambda e: e.v IS NOT NULL)`
  const tagMap = tags.length || plan.tagList ? `nullif(map_from_entries(${entries}), MAP {})` : 'NULL'
  const blocks = plan.prefixBlocks === null ? 'NULL' : `try_cast(${cell(plan.prefixBlocks)} AS BIGINT[])`
  if (plan.prefixBlocks !== null) {
    refuse(
      `${cell(plan.prefixBlocks)} IS NOT NULL AND coalesce(list_count(${blocks}) <> len(${blocks}), true)`,
      `${literal(`${plan.prefixBlocks}: expected a list of whole numbers, got `)} || ${quoted(cell(plan.prefixBlocks))}`,
    )
  }
  put(`${tagMap}::MAP(VARCHAR, VARCHAR)`, 'tags', tags.length === 0 && !plan.tagList)
  put(`${blocks}::BIGINT[]`, 'prefix_blocks', plan.prefixBlocks === null)
  put(plan.id === null ? 'NULL::VARCHAR' : `nullif(${cell(plan.id)}, '')`, 'id', plan.id === null)
  put(`CASE ${leftOut.join(' ') || 'WHEN false THEN NULL'} END::VARCHAR`, 'left_out', leftOut.length === 0)
  const shown = plan.shown?.map(own) ?? (file.container === 'jsonl' ? null : file.columns.map((_, i) => column(i)))
  const raw = shown === null ? 'line' : `concat_ws(',', ${list(shown.map(text => `coalesce(${text}, '')`))})`
  return [
    // The text of a row is put together where it is rejected, and nowhere else: rows may carry whole prompts.
    `CREATE TEMP TABLE staged_rows AS
    SELECT ${list(inRows)}, reason, CASE WHEN reason IS NOT NULL THEN left(${raw}, 1000) END AS raw
    FROM (SELECT *, CASE ${checks.join(' ')} END AS reason
    FROM (SELECT *${[...numbers.values()].map(text => `, ${text}`).join('')} FROM (${derived.rows})))`,
    `CREATE TEMP VIEW staged AS SELECT rowid, ${list(['*', ...inView])} FROM staged_rows`,
  ]
}

/** Text as it is kept: without a beginning that is not its own, by the name that a spelling stands for. */
function readText({ strip = [], names = {} }: NonNullable<LoadPlan['text']['model']>, cell: string): string {
  const text = `nullif(${cell}, '')`
  const bare = strip.length
    ? `CASE ${strip.map(start => `WHEN starts_with(${text}, ${literal(start)}) THEN substr(${text}, ${start.length + 1})`).join(' ')} ELSE ${text} END`
    : text
  const spellings = Object.entries(names)
  if (spellings.length === 0) return bare
  return `CASE lower(${bare}) ${spellings.map(([from, to]) => `WHEN ${literal(from)} THEN ${literal(to)}`).join(' ')} ELSE ${bare} END`
}

/** What must be added to the column's number so that parts beside it count in full and parts in it only once. */
function besideOf({ inOrBeside }: CountReading, n: string, whole: (text: string) => string): string {
  const { parts, totals, kind } = inOrBeside!
  const known = parts.map(text => `coalesce(${whole(text)}, 0)`)
  const sumFrom = (i: number) => known.slice(i).join(' + ')
  const told = totals.flatMap(({ total, of }) => {
    const left = `${whole(total)} - ${[n, ...of.map(text => `coalesce(${whole(text)}, 0)`)].join(' - ')}`
    return known.map((_, i) => `WHEN ${sumFrom(i)} > 0 AND ${left} = ${sumFrom(i)} THEN ${sumFrom(i)}`)
  })
  const misfits = known.map((_, i) => `WHEN ${known.slice(0, i + 1).join(' + ')} > ${n} THEN ${sumFrom(i)}`)
  const beside = `CASE ${[...told, ...misfits].join(' ')} ELSE 0 END`
  return kind === 'whole' ? beside : `${beside} - (${sumFrom(0)})`
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
  if (reasoning && output && !output.inOrBeside?.parts.includes(reasoning.column)) {
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
  const credible = (value: string) => `${value} >= TIMESTAMP '2000-01-01' AND ${value} < TIMESTAMP '2200-01-01'`
  if (time.kind === 'iso') {
    // ISO 8601 lets seconds be left out before a zone, and the store does not.
    const whole = `regexp_replace(${cell}, '^(.*[T ]\\d\\d:\\d\\d)([Zz+-].*)$', '\\1:00\\2')`
    const value = `timezone('UTC', coalesce(try_cast(${cell} AS TIMESTAMPTZ), try_cast(${whole} AS TIMESTAMPTZ)))`
    refuse(
      `NOT coalesce(${credible(value)}, false)`,
      `${literal(`${time.column}: expected a date and time, got `)} || ${quoted(cell)}`,
    )
    return value
  }
  const n = number(time.column)
  const micros = `${n} * ${time.unitMicros} + ${time.originMicros}`
  if (time.notBeforeMicros !== undefined) {
    refuse(
      `${n} >= 0 AND ${micros} < ${time.notBeforeMicros}`,
      `${literal(`${time.column}: a time before 2000, so in another unit than the other rows: got `)} || ${quoted(cell)}`,
    )
  }
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
export const applySpread = 'UPDATE staged_rows SET started_at = moved_at FROM moved WHERE staged_rows.rowid = moved.row'

/** Line and text of rows that the CSV reader itself could not split. */
export const brokenRows = `SELECT DISTINCT ON (line) line::BIGINT, error_type::VARCHAR, column_name, left(trim(csv_line, chr(10) || chr(13)), 1000),
  error_type = 'UNQUOTED VALUE' AND regexp_matches(trim(csv_line, chr(10) || chr(13)), '[\\r\\n]')
  FROM reject_errors ORDER BY line`
export const badRows = (base: bigint) =>
  `SELECT rowid - ${base}, reason, raw FROM staged WHERE reason IS NOT NULL AND reason <> '' ORDER BY rowid`

/** Where a call that was read one by one is the one of a row: of these sources, one id, one seller. */
const isToldBy = (sourceKeys: readonly number[], calls: string): string =>
  `${calls}.id = s.id AND ${calls}.source_key IN (${list(['-1', ...sourceKeys.map(String)])})
      AND ${mayBeOneSeller(`${calls}."provider"`, 's."provider"')}`

/**
 * Rows of the file that are in the ledger already (or earlier in the file), and whether they say something else. The time
 * of an estimated call is drawn and says nothing.
 */
export const duplicates = (
  base: bigint,
  sourceKey: number,
  namespaceKeys: readonly number[],
  tellingKeys: readonly number[],
  { estimated = false }: Pick<LoadPlan, 'estimated'>,
) => {
  const telling = [...(estimated ? [] : ['started_at']), '"model"', '"input"', '"output"']
  const other = (a: string, b: string) =>
    `(${list(telling.map(c => `${a}.${c}`))}) IS DISTINCT FROM (${list(telling.map(c => `${b}.${c}`))})`
  return `CREATE TEMP TABLE repeated AS
    SELECT s.rowid AS row, false AS differs, false AS tells FROM staged s JOIN calls c
      ON c.source_key = ${sourceKey} AND c.ordinal = s.rowid - ${base} + 1 WHERE s.reason IS NULL AND s.id IS NULL
    UNION ALL
    SELECT s.rowid, bool_and(${other('s', 'c')}), false FROM staged s JOIN calls c
      ON c.id = s.id AND c.source_key IN (${list(['-1', ...namespaceKeys.map(String)])}) WHERE s.reason IS NULL GROUP BY s.rowid
    UNION ALL
    SELECT s.rowid, false, true FROM staged s JOIN calls c
      ON ${isToldBy(tellingKeys, 'c')} WHERE s.reason IS NULL
    UNION ALL
    SELECT s.rowid, false, true FROM staged s JOIN metered m ON ${isMetered('s')} WHERE s.reason IS NULL
    UNION ALL
    SELECT s.rowid, ${other('s', 'f')}, false FROM (
      SELECT id, min(rowid) AS first FROM staged WHERE reason IS NULL AND id IS NOT NULL GROUP BY id HAVING count(*) > 1) m
      JOIN staged s ON s.id = m.id AND s.rowid > m.first JOIN staged f ON f.rowid = m.first WHERE s.reason IS NULL`
}
export const refuseConflicts = `UPDATE staged_rows SET reason = 'id: already in the ledger, or earlier in the file, with another time, model or token count',
  raw = id FROM (SELECT row FROM repeated GROUP BY row HAVING bool_or(differs)) r WHERE staged_rows.rowid = r.row`
export const countRepeated = `SELECT count(DISTINCT row), count(DISTINCT row) FILTER (tells) FROM repeated JOIN staged s ON s.rowid = row WHERE s.reason IS NULL`
export const namespaceKeys = `SELECT source_key FROM sources WHERE namespace = $1`
export const stagedSummary = `SELECT count(*) FILTER (reason IS NULL), count(*) FILTER (reason <> ''), count(*) FILTER (reason = ''),
  epoch_us(min(started_at) FILTER (reason IS NULL)), epoch_us(max(started_at) FILTER (reason IS NULL)),
  sum(${prompt('staged')}) FILTER (reason IS NULL), sum(${answer('staged')}) FILTER (reason IS NULL) FROM staged`
export const leftOutRows = `SELECT left_out, count(*) FROM staged WHERE left_out IS NOT NULL GROUP BY left_out ORDER BY left_out`
export const outOfOrder = `SELECT count(*) FROM (SELECT started_at < lag(started_at) OVER (ORDER BY rowid) AS back FROM staged WHERE reason IS NULL) WHERE back`

const staged = (field: string) => `r.${field}`
/** The file's rows, as rows of `calls` with their prices. */
function pricedRows({ base, sourceKey, use, estimated }: StagedRows): string {
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
    `${estimated} AS estimated`,
    'NULL AS system_prompt',
    'NULL AS request_hash',
    'NULL AS units',
    'NULL AS estimate_usd',
    ...usageKinds.map(kind => staged(name(kind))),
  ]
  const also = `${sourceKey} AS source_key, r.id, CASE WHEN r.id IS NULL THEN r.rowid - ${base} + 1 END AS ordinal, ${list(columns)}`
  return `(${callNames}) ${priced('staged', use, also)} WHERE r.reason IS NULL`
}
export interface StagedRows {
  readonly base: bigint
  readonly sourceKey: number
  readonly use: RateUse
  readonly estimated: boolean
}
/** Moves the file's new rows into the ledger. */
export const insertStaged = (rows: StagedRows, skipRepeated: boolean): string =>
  `INSERT INTO calls ${pricedRows(rows)}${skipRepeated ? ' AND r.rowid NOT IN (SELECT row FROM repeated)' : ''}`
/** Those that tell of calls which others told of, as `incoming`. */
export const insertTelling = (rows: StagedRows): string =>
  `INSERT INTO incoming ${pricedRows(rows)} AND r.rowid IN (SELECT row FROM repeated GROUP BY row HAVING bool_and(tells))`
export const unpricedOf = `SELECT "model", count(*), any_value(l.reason) FROM calls c JOIN price_labels l ON l.label = c.price_label
  WHERE c.source_key = $1 AND c.usd IS NULL GROUP BY "model" ORDER BY count(*) DESC, "model"`
