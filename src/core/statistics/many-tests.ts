// Many tests at once in; what each is worth given that there were many, out.
import { quantile, sorted } from './sample.ts'

/** Holm's step-down p-values (Scandinavian Journal of Statistics 6, 1979), in the order given: valid however tests depend. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]! || i - j)
  const adjusted = new Array<number>(pValues.length).fill(1)
  let most = 0
  order.forEach((i, rank) => {
    most = Math.max(most, Math.min(1, (pValues.length - rank) * pValues[i]!))
    adjusted[i] = most
  })
  return adjusted
}

/**
 * The critical value for which all intervals estimate ± it × standard error hold at once with `level` confidence: the
 * quantile of max |t| over the family in each joint bootstrap draw (Romano & Wolf, Econometrica 73, 2005). `deviations` has
 * for each estimate its replicates less the estimate; one that does not vary, or is without end, takes no part.
 */
export function maxT(
  deviations: readonly ArrayLike<number>[],
  level = 0.95,
): { readonly critical: number; readonly standardErrors: readonly (number | null)[] } | null {
  const standardErrors = deviations.map(spreadOf)
  const used = deviations.flatMap((values, k) => {
    const error = standardErrors[k]!
    return error === null || error === 0 ? [] : [{ values, error }]
  })
  const draws = used[0]?.values.length ?? 0
  if (draws === 0) return null
  const largest = new Float64Array(draws)
  for (const { values, error } of used) {
    for (let i = 0; i < draws; i++) largest[i] = Math.max(largest[i]!, Math.abs(values[i]!) / error)
  }
  return { critical: quantile(sorted(largest), level)!, standardErrors }
}

function spreadOf(values: ArrayLike<number>): number | null {
  const n = values.length
  let sum = 0
  let squares = 0
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i]!)) return null
    sum += values[i]!
    squares += values[i]! * values[i]!
  }
  if (n < 2) return null
  return Math.sqrt(Math.max(0, squares - (sum * sum) / n) / (n - 1))
}
