// Calls that are there already, told again by other records: what joins them, what each telling adds, and who told what.
import { attributionKinds } from '../core/meter/call.ts'
import { gatewaySource } from '../core/meter/call-record.ts'
import { usageKinds } from '../core/meter/usage.ts'
import { answer, callNames, isMetered, keyFields, list, literal, name, prompt, textFields } from './sql.ts'
import { mayBeOneSeller } from './sql-seller.ts'

const counted = (table: string) => `(${table}."input" IS NOT NULL AND ${table}."output" IS NOT NULL)`
const columnsOf = (table: string) => list(callNames.split(', ').map(column => `${table}.${column}`))
const gatewayKey = `(SELECT source_key FROM sources WHERE source = ${literal(gatewaySource)})`

// ---------------------------------------------------------------- what is told again

/**
 * Of `incoming`, the rows whose call is known to its namespace, or to the rows or responses of that space; whether they tell
 * the usage that was unknown, and whether they tell another than is known.
 */
export const findTold = `CREATE OR REPLACE TEMP TABLE told AS
  SELECT i.rowid AS row, c.source_key, c.id, c."provider" AS provider, NOT ${counted('c')} AND ${counted('i')} AS completes,
    ${counted('c')} AND ${counted('i')} AND (${prompt('c')}, ${answer('c')}) IS DISTINCT FROM (${prompt('i')}, ${answer('i')}) AS contradicts,
    i.source_key <> c.source_key OR c.id IN (SELECT told_id FROM tellings) AS is_shared
  FROM incoming i JOIN sources s ON s.source_key = i.source_key JOIN calls c ON c.id = i.id JOIN sources o ON o.source_key = c.source_key
  WHERE o.namespace IN (s.namespace, replace(s.namespace, 'responses:', 'ids:'), replace(s.namespace, 'ids:', 'responses:'))
    AND ${mayBeOneSeller('c."provider"', 'i."provider"')}`
export const countTold = `SELECT count(*), count(DISTINCT row) FILTER (completes), count(DISTINCT row) FILTER (contradicts),
  count(*) FILTER (is_shared) FROM told`
/** Of `incoming`, the rows whose call a gateway metered. */
export const findMetered = `CREATE OR REPLACE TEMP TABLE told_metered AS
  SELECT i.rowid AS row, m.id, m.response_id FROM incoming i JOIN metered m ON ${isMetered('i')}`
export const countMetered = 'SELECT count(*) FROM told_metered'

// ---------------------------------------------------------------- what each telling adds

const attributions = attributionKinds.map(name)
const isTold = (calls: string) =>
  `${calls}.source_key = t.source_key AND ${calls}.id = t.id AND ${calls}."provider" IS NOT DISTINCT FROM t.provider`
const lent = (to: string, from: string) =>
  list(attributions.map(kind => `${kind} = coalesce(${to}.${kind}, ${from}.${kind})`))
const lends = (to: string, from: string) =>
  `(${attributions.map(kind => `(${to}.${kind} IS NULL AND ${from}.${kind} IS NOT NULL)`).join(' OR ')})`

/** What completes a call takes its place, and what that was attributed to. */
export const lendToIncoming = `UPDATE incoming SET ${lent('incoming', 'c')}
  FROM calls c JOIN told t ON ${isTold('c')} WHERE t.completes AND incoming.rowid = t.row AND ${lends('incoming', 'c')}`
export const deleteCompleted = `DELETE FROM calls USING told t WHERE t.completes AND ${isTold('calls')}`
/** What else is told again attributes what is there, where that is not attributed. */
export const attributeTold = `UPDATE calls SET ${lent('calls', 'i')}
  FROM incoming i JOIN told t ON t.row = i.rowid WHERE NOT t.completes AND ${isTold('calls')} AND ${lends('calls', 'i')}`
/** Adds those of `incoming` (each once) that are not known, nor metered. */
export const appendIncoming = `INSERT INTO calls (${callNames}) SELECT ${columnsOf('i')} FROM incoming i
  WHERE i.rowid NOT IN (SELECT row FROM told WHERE NOT completes) AND i.rowid NOT IN (SELECT row FROM told_metered)`

const firstTold = (column: string) =>
  `first(i.${column} ORDER BY i.rowid) FILTER (i.${column} IS NOT NULL) AS ${column}`
/** Attributes metered calls by what other sources say of them, where their own records do not. */
export const attributeMetered = `UPDATE calls SET ${lent('calls', 'o')}
  FROM (SELECT t.id, ${list(attributions.map(firstTold))} FROM incoming i JOIN told_metered t ON t.row = i.rowid GROUP BY t.id) o
  WHERE calls.source_key = ${gatewayKey} AND calls.id = o.id AND ${lends('calls', 'o')}`
const used = [...usageKinds.map(name), 'units', 'estimated', 'usd', 'price_label']
const ifTold = [...keyFields.slice(1).map(name), 'reported_usd']
/** Metered calls whose usage no record of theirs tells are of the usage that others tell, at its price. */
export const completeMetered = `UPDATE calls SET ${list(used.map(column => `${column} = o.${column}`))},
    ${list(ifTold.map(column => `${column} = coalesce(o.${column}, calls.${column})`))}, estimate_usd = NULL
  FROM (SELECT DISTINCT ON (t.id) t.id AS metered_id, i.* FROM incoming i JOIN told_metered t ON t.row = i.rowid
    WHERE ${counted('i')} ORDER BY t.id, i.rowid) o
  WHERE calls.source_key = ${gatewayKey} AND calls.id = o.metered_id AND NOT ${counted('calls')}`

// ---------------------------------------------------------------- who told what

const keep = (told: string) => `INSERT INTO tellings (seq, told_id, ${callNames})
  SELECT (SELECT coalesce(max(seq), 0) FROM tellings) + row_number() OVER (ORDER BY k.nth), k.* EXCLUDE (nth) FROM (${told}) k`
const isKept = (
  table: string,
) => `EXISTS (SELECT 1 FROM tellings k WHERE k.source_key = ${table}.source_key AND k.id = ${table}.id
  AND k."provider" IS NOT DISTINCT FROM ${table}."provider")`
/** Calls as they were before another source told of them. */
export const keepTold = keep(`SELECT c.rowid AS nth, c.id, ${columnsOf('c')} FROM calls c
  WHERE EXISTS (SELECT 1 FROM told t WHERE t.is_shared AND ${isTold('c')}) AND NOT ${isKept('c')}`)
export const keepMetered = keep(`SELECT c.rowid AS nth, t.response_id, ${columnsOf('c')} FROM calls c
  JOIN (SELECT DISTINCT id, response_id FROM told_metered) t ON t.id = c.id
  WHERE c.source_key = ${gatewayKey} AND NOT ${isKept('c')}`)
const telling = ['started_at', ...textFields.map(name), 'outcome', ...usageKinds.map(name)]
const tellingOf = (table: string) => `(${list(telling.map(column => `${table}.${column}`))})`
/** What other sources tell of them, each telling once. */
export const keepIncoming = keep(`SELECT i.rowid AS nth, i.id, ${columnsOf('i')} FROM incoming i
  WHERE (i.rowid IN (SELECT row FROM told WHERE is_shared) OR i.rowid IN (SELECT row FROM told_metered))
    AND NOT EXISTS (SELECT 1 FROM tellings k WHERE k.source_key = i.source_key AND k.id = i.id
      AND ${tellingOf('k')} IS NOT DISTINCT FROM ${tellingOf('i')})`)

/** $1: ids of responses, $2: the gateway's own key, so that no batch of records looks at every call that was ever metered. */
const others = `id IN (SELECT unnest($1::VARCHAR[])) AND source_key <> $2`
export const countOthers = `SELECT (SELECT count(*) FROM calls WHERE ${others})
  + (SELECT count(*) FROM tellings WHERE told_id IN (SELECT unnest($1::VARCHAR[])))`
/** Calls of other sources that turn out to be metered are tellings from now on. */
export const keepOthers = keep(`SELECT c.rowid AS nth, c.id, ${columnsOf('c')} FROM calls c
  WHERE ${others} AND NOT ${isKept('c')} AND EXISTS (SELECT 1 FROM metered m WHERE ${isMetered('c')})`)
/** The gateway's records tell more than they did. */
export const forgetMeteredTellings =
  'DELETE FROM tellings WHERE told_id IN (SELECT unnest($1::VARCHAR[])) AND source_key = $2'
export const retellResponses = `CREATE OR REPLACE TEMP TABLE retold AS
  SELECT DISTINCT told_id FROM tellings WHERE told_id IN (SELECT unnest($1::VARCHAR[]))`
/** $1: a source. */
export const retellOf = `CREATE OR REPLACE TEMP TABLE retold AS
  SELECT DISTINCT told_id FROM tellings WHERE source_key = $1`

// ---------------------------------------------------------------- told once more

export const countRetold = 'SELECT count(*) FROM retold'
const ofRetold = 'told_id IN (SELECT told_id FROM retold)'
/** All that is told of the calls of `retold`, in its order. */
export const takeRetold = [
  `CREATE OR REPLACE TEMP TABLE again AS SELECT *, row_number() OVER (PARTITION BY told_id ORDER BY seq) AS nth
    FROM tellings WHERE ${ofRetold} AND source_key IS DISTINCT FROM ${gatewayKey}`,
  `CREATE OR REPLACE TEMP TABLE metered_again AS SELECT * FROM tellings WHERE ${ofRetold} AND source_key = ${gatewayKey}`,
  `DELETE FROM calls USING again t WHERE ${isTold('calls')}`,
  `DELETE FROM calls USING metered_again t WHERE calls.source_key = t.source_key AND calls.id = t.id`,
  `DELETE FROM tellings WHERE ${ofRetold}`,
  `INSERT INTO calls (${callNames}) SELECT ${callNames} FROM metered_again`,
]
export const countRounds = 'SELECT coalesce(max(nth), 0) FROM again'
/** $1: which of the tellings of each call. */
export const incomingAgain = `INSERT INTO incoming (${callNames}) SELECT ${callNames} FROM again WHERE nth = $1 ORDER BY seq`
