// Calls that are there already, told again by other records: what joins them, and what each telling adds to the other.
import { attributionKinds } from '../core/meter/call.ts'
import { answer, list, name, prompt } from './sql.ts'
import { mayBeOneSeller } from './sql-seller.ts'

const counted = (table: string) => `(${table}."input" IS NOT NULL AND ${table}."output" IS NOT NULL)`

/**
 * Of `incoming`, the rows whose call is known to its namespace, or to the rows of that space; whether they tell the usage
 * that was unknown, and whether they tell another than is known.
 */
export const findTold = `CREATE OR REPLACE TEMP TABLE told AS
  SELECT i.rowid AS row, c.source_key, c.id, c."provider" AS provider, NOT ${counted('c')} AND ${counted('i')} AS completes,
    ${counted('c')} AND ${counted('i')} AND (${prompt('c')}, ${answer('c')}) IS DISTINCT FROM (${prompt('i')}, ${answer('i')}) AS contradicts
  FROM incoming i JOIN sources s ON s.source_key = i.source_key JOIN calls c ON c.id = i.id JOIN sources o ON o.source_key = c.source_key
  WHERE o.namespace IN (s.namespace, replace(s.namespace, 'responses:', 'ids:')) AND ${mayBeOneSeller('c."provider"', 'i."provider"')}`
export const countTold =
  'SELECT count(*), count(DISTINCT row) FILTER (completes), count(DISTINCT row) FILTER (contradicts) FROM told'

const attributions = attributionKinds.map(name)
const isTold = (calls: string) =>
  `${calls}.source_key = t.source_key AND ${calls}.id = t.id AND ${calls}."provider" IS NOT DISTINCT FROM t.provider`
export const lent = (to: string, from: string) =>
  list(attributions.map(kind => `${kind} = coalesce(${to}.${kind}, ${from}.${kind})`))
export const lends = (to: string, from: string) =>
  `(${attributions.map(kind => `(${to}.${kind} IS NULL AND ${from}.${kind} IS NOT NULL)`).join(' OR ')})`

/** What completes a call takes its place, and what that was attributed to. */
export const lendToIncoming = `UPDATE incoming SET ${lent('incoming', 'c')}
  FROM calls c JOIN told t ON ${isTold('c')} WHERE t.completes AND incoming.rowid = t.row AND ${lends('incoming', 'c')}`
export const deleteCompleted = `DELETE FROM calls USING told t WHERE t.completes AND ${isTold('calls')}`
/** What else is told again attributes what is there, where that is not attributed. */
export const attributeTold = `UPDATE calls SET ${lent('calls', 'i')}
  FROM incoming i JOIN told t ON t.row = i.rowid WHERE NOT t.completes AND ${isTold('calls')} AND ${lends('calls', 'i')}`
