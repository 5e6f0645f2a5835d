// Two columns of sellers' names in; whether they may name one seller, in SQL, out.
import { sellers } from '../core/meter/seller.ts'

/** As `sellerKey` of core/meter/seller.ts has it. */
const sellerKey = (column: string): string => {
  const plain = `regexp_replace(lower(${column}), '[^a-z0-9]', '', 'g')`
  const known = sellers.flatMap(([key, ...others]) => others.map(other => [other, key!] as const))
  return `CASE ${plain} ${known.map(([other, key]) => `WHEN '${other}' THEN '${key}'`).join(' ')} ELSE ${plain} END`
}

/** Whether two columns may name one seller. */
export const mayBeOneSeller = (a: string, b: string): string =>
  `(${a} IS NULL OR ${b} IS NULL OR ${a} = ${b} OR ${sellerKey(a)} = ${sellerKey(b)})`
