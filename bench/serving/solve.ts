// Residuals and how they move with each constant → the constants, by robust least squares with a prior (a ridge).
import { CholeskyDecomposition, Matrix } from 'ml-matrix'

export const kinds = ['throughput', 'tpot', 'ttft'] as const

/** Where a residual stops counting by its square and counts by its size: about the noise of such figures. */
const knee = { throughput: 0.08, tpot: 0.08, ttft: 0.25 }

/** One measured figure: residual = ln(predicted ÷ measured), and its derivative by column, only where not 0. */
export interface Figure {
  readonly row: number
  readonly kind: (typeof kinds)[number]
  readonly residual: number
  readonly weight: number
  readonly columns: Int32Array
  readonly slopes: Float64Array
}

/**
 * Minimises Σ weight·ρ(residual + slope·d) + Σ ((x + d) ÷ spread)² over d, with ρ between square and absolute, by iteratively reweighted least squares. Figures whose row is in `without` are left out.
 */
export function solve(
  figures: readonly Figure[],
  x: Float64Array,
  spreads: Float64Array,
  without: (row: number) => boolean,
  rounds = 6,
): Float64Array {
  const n = x.length
  let d = new Float64Array(n)
  for (let round = 0; round < rounds; round++) {
    const normal = Matrix.zeros(n, n)
    const right = new Float64Array(n)
    for (const { row, kind, residual, weight, columns, slopes } of figures) {
      if (without(row)) continue
      let now = residual
      for (let a = 0; a < columns.length; a++) now += slopes[a]! * d[columns[a]!]!
      const w = weight / Math.sqrt(now * now + knee[kind] * knee[kind])
      for (let a = 0; a < columns.length; a++) {
        const i = columns[a]!
        const ws = w * slopes[a]!
        right[i] = right[i]! - ws * residual
        for (let b = 0; b <= a; b++) normal.set(i, columns[b]!, normal.get(i, columns[b]!) + ws * slopes[b]!)
      }
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const sum = normal.get(i, j) + normal.get(j, i)
        normal.set(i, j, sum)
        normal.set(j, i, sum)
      }
      const pull = 1 / (spreads[i]! * spreads[i]!)
      normal.set(i, i, normal.get(i, i) + pull)
      right[i] = right[i]! - pull * x[i]!
    }
    d = Float64Array.from(new CholeskyDecomposition(normal).solve(Matrix.columnVector(right)).to1DArray())
  }
  return d
}
