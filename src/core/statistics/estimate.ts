// A computed number in; the same number to the 12 significant digits that an answer prints.

/**
 * `x` rounded to 12 significant digits, the precision at which estimates are compared and printed. Number.toPrecision is
 * exact by specification, so the result is the same in every engine. Not finite stays as it is; −0 becomes 0.
 */
export function estimate(x: number): number {
  if (!Number.isFinite(x)) return x
  const rounded = Number(x.toPrecision(12))
  return rounded === 0 ? 0 : rounded
}

/** Every number inside at that precision; counts stay what they are. */
export function printed<T>(value: T): T {
  if (typeof value === 'number') return estimate(value) as T
  if (Array.isArray(value)) return value.map(printed) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, printed(inner)])) as T
}
