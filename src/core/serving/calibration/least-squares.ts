// Residuals as a function of a few parameters in; the parameters that make them small, outliers counting less, out. Levenberg and Marquardt.

export interface Fitted {
  readonly parameters: readonly number[]
  /** Mean weighted square of the residuals there. */
  readonly loss: number
  readonly evaluations: number
}

export interface LeastSquaresOptions {
  /** Beyond this absolute residual its weight falls as its reciprocal (Huber 1964). */
  readonly huber: number
  /** Step of the numeric derivative, in the parameters' unit. */
  readonly difference: number
  readonly iterations: number
}

/**
 * Minimises Σ ρ(r), ρ Huber's, by iterated weights: each round solves (JᵀWJ + λ·diag(JᵀWJ))·δ = −JᵀWr (Marquardt 1963), λ
 * tenfold up when δ does not help and a third down when it does. `residuals` may have small steps: derivatives are taken
 * over `difference`. Deterministic.
 */
export function leastSquares(
  residuals: (parameters: readonly number[]) => readonly number[],
  start: readonly number[],
  { huber, difference, iterations }: LeastSquaresOptions,
): Fitted {
  let evaluations = 0
  const at = (parameters: readonly number[]) => {
    evaluations++
    const values = residuals(parameters)
    return { parameters, values, loss: lossOf(values, huber) }
  }
  let best = at(start)
  let damping = 1e-2
  for (let round = 0; round < iterations && damping < 1e8; round++) {
    const weights = best.values.map(r => Math.min(1, huber / Math.max(1e-12, Math.abs(r))))
    const columns = best.parameters.map((value, j) => {
      const shifted = at(best.parameters.map((other, i) => (i === j ? value + difference : other)))
      return shifted.values.map((r, i) => (r - best.values[i]!) / difference)
    })
    const gradient = columns.map(column => dot(column, best.values, weights))
    const normal = columns.map(a => columns.map(b => dot(a, b, weights)))
    const before = best.loss
    let isBetter = false
    while (!isBetter && damping < 1e8) {
      const damped = normal.map((row, i) => row.map((value, j) => (i === j ? value * (1 + damping) + 1e-12 : value)))
      const step = solved(
        damped,
        gradient.map(value => -value),
      )
      const next = step === null ? null : at(best.parameters.map((value, i) => value + step[i]!))
      if (next !== null && next.loss < best.loss) {
        best = next
        isBetter = true
        damping /= 3
      } else damping *= 10
    }
    if (!isBetter || before - best.loss < 1e-9 * before) break
  }
  return { parameters: best.parameters, loss: best.loss, evaluations }
}

/** Mean of Huber's ρ, scaled so that small residuals count their square. */
function lossOf(values: readonly number[], huber: number): number {
  let sum = 0
  for (const value of values) {
    const size = Math.abs(value)
    sum += size <= huber ? size * size : 2 * huber * size - huber * huber
  }
  return sum / values.length
}

function dot(a: readonly number[], b: readonly number[], weights: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]! * weights[i]!
  return sum
}

/** Gauss with the largest pivot of each column; null when the system has no one answer. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | null {
  const n = right.length
  const rows = matrix.map((row, i) => [...row, right[i]!])
  for (let column = 0; column < n; column++) {
    let pivot = column
    for (let i = column + 1; i < n; i++) {
      if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i
    }
    const lead = rows[pivot]![column]!
    if (!(Math.abs(lead) > 1e-300)) return null
    ;[rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!]
    for (let i = column + 1; i < n; i++) {
      const factor = rows[i]![column]! / lead
      for (let j = column; j <= n; j++) rows[i]![j]! -= factor * rows[column]![j]!
    }
  }
  const answer = new Array<number>(n).fill(0)
  for (let i = n - 1; i >= 0; i--) {
    let sum = rows[i]![n]!
    for (let j = i + 1; j < n; j++) sum -= rows[i]![j]! * answer[j]!
    answer[i] = sum / rows[i]![i]!
  }
  return answer
}
