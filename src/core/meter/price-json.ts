// A priced call in; the JSON that `price` prints out, as a value and, for bulk, as text made without an intermediate object.
import { formatUsd } from './money.ts'
import type { Priced, PricedCall } from './price.ts'

/** The JSON value of a price: exact money as decimal strings, counts as numbers. */
export function pricedJson(priced: Priced): Record<string, unknown> {
  if (priced.usd === null) return { usd: null, reason: priced.reason }
  const { source, version, effectiveFrom, reference, observedAt, confidence } = priced.catalog
  return {
    usd: formatUsd(priced.usd),
    currency: 'USD',
    lines: priced.lines.map(({ usd, ...line }) => ({ ...line, usd: formatUsd(usd) })),
    provider: priced.provider,
    pricedAs: priced.pricedAs,
    match: priced.match,
    catalog: { source, version, effectiveFrom, reference, observedAt, confidence },
  }
}

const tails = new WeakMap<PricedCall['catalog'], Map<string, string>>()

/**
 * The members of the same JSON object as text, without the braces, for a line that has an id before them. The row's
 * reference is left out: a million lines would repeat it.
 */
export function pricedMembers(priced: Priced): string {
  if (priced.usd === null) return `"usd":null,"reason":${JSON.stringify(priced.reason)}`
  let lines = ''
  for (const { kind, quantity, rate, per, usd, model } of priced.lines) {
    const comma = lines === '' ? '' : ','
    lines += `${comma}{"kind":"${kind}","quantity":${quantity},"rate":"${rate}","per":${per},"usd":"${formatUsd(usd)}"${model === undefined ? '' : `,"model":${JSON.stringify(model)}`}}`
  }
  return `"usd":"${formatUsd(priced.usd)}","currency":"USD","lines":[${lines}],${tailOf(priced)}`
}

/** What follows the lines is the same for all calls of one card. */
function tailOf({ provider, pricedAs, match, catalog }: PricedCall): string {
  let known = tails.get(catalog)
  if (!known) {
    known = new Map()
    tails.set(catalog, known)
  }
  const key = `${match}\n${provider}\n${pricedAs}`
  let tail = known.get(key)
  if (tail === undefined) {
    const { source, version, effectiveFrom, confidence } = catalog
    tail = JSON.stringify({ provider, pricedAs, match, catalog: { source, version, effectiveFrom, confidence } }).slice(
      1,
      -1,
    )
    known.set(key, tail)
  }
  return tail
}
