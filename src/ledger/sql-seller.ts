// Columns of sellers' names in; the catalog's id of one, and whether two may name one seller, in SQL, out.
import { billedAs, sellers } from '../core/meter/seller.ts'

/** `plain` of core/meter/seller.ts: the id of a seller where it names one, and else what `otherwise` makes of it. */
const known = (column: string, keyOf: (id: string) => string, otherwise: (plain: string) => string): string => {
  const plain = `regexp_replace(lower(${column}), '[^a-z0-9]', '', 'g')`
  const cases = sellers.flatMap(([id, ...names]) =>
    [id.replace(/[^a-z0-9]/g, ''), ...names].map(name => `WHEN '${name}' THEN '${keyOf(id)}'`),
  )
  return `CASE ${plain} ${cases.join(' ')} ELSE ${otherwise(plain)} END`
}

/** As `providerId` of core/meter/seller.ts has it. */
const providerId = (column: string): string =>
  known(
    column,
    id => id,
    () => column,
  )

/** Gives the sellers of a table's rows the catalog's ids. There are few names, so that rows are many and looked at once. */
export const nameSellers = (table: string): string => `UPDATE ${table} SET "provider" = n.id
  FROM (SELECT "provider" AS name, ${providerId('"provider"')} AS id FROM (SELECT DISTINCT "provider" FROM ${table})) n
  WHERE ${table}."provider" = n.name AND n.id <> n.name`

/** As `sellerKey` has it. */
const sellerKey = (column: string): string =>
  known(
    column,
    id => billedAs[id] ?? id,
    plain => plain,
  )

/** Whether two columns may name one seller. */
export const mayBeOneSeller = (a: string, b: string): string =>
  `(${a} IS NULL OR ${b} IS NULL OR ${a} = ${b} OR ${sellerKey(a)} = ${sellerKey(b)})`
