// What a judge said of many answers and people of some in; the rate that people would find, with its interval, out.
import { studentQuantile } from './beta.ts'
import { type Interval, Z95 } from './interval.ts'

export interface JudgedCounts {
  /** Answers of one option that only the judge saw, and how many it passed. */
  readonly judged: number
  readonly judgedPassed: number
  /** Of answers that people passed: how many there are, and how many of them the judge passed too. */
  readonly truePassed: number
  readonly agreedPassed: number
  /** Of answers that people failed: how many there are, and how many of them the judge failed too. */
  readonly trueFailed: number
  readonly agreedFailed: number
}

export interface CorrectedRate extends Interval {
  readonly value: number
  /** As judged. */
  readonly raw: number
  readonly sensitivity: number
  readonly specificity: number
}

export interface NotCorrected {
  /** Why nothing can be said. */
  readonly refused: string
  readonly raw: number | null
}

/** A judge that is right little oftener than a coin tells next to nothing: dividing by less than this makes it up. */
const leastInformed = 0.1

/**
 * The rate behind a judge's (Rogan & Gladen, American Journal of Epidemiology 107, 1978): θ = (r + q₀ − 1) ÷ (q₀ + q₁ − 1),
 * q₁ the judge's sensitivity and q₀ its specificity, with the interval of Lee et al. (arXiv 2511.21140): counts smoothed as
 * Agresti and Coull do, the variance of all three rates, and its shift. q₁ and q₀ must be of the same option: a judge that
 * favours its own kind breaks a ranking. Refused when q₀ + q₁ ≤ 1.1, or when nobody labelled a pass, or a failure.
 */
export function correctedRate(counts: JudgedCounts, z: number = Z95): CorrectedRate | NotCorrected {
  const { judged, judgedPassed, truePassed, agreedPassed, trueFailed, agreedFailed } = counts
  const raw = judged === 0 ? null : judgedPassed / judged
  if (raw === null) return { refused: 'the judge saw no answer', raw }
  if (truePassed === 0 || trueFailed === 0) {
    const missing = truePassed === 0 ? 'passed' : 'failed'
    return { refused: `no answer that people ${missing} was labelled`, raw }
  }
  const [sensitivity, specificity] = [agreedPassed / truePassed, agreedFailed / trueFailed]
  if (sensitivity + specificity - 1 <= leastInformed + 1e-12) {
    return { refused: 'the judge is right hardly oftener than a coin (sensitivity + specificity ≤ 1.1)', raw }
  }
  const clipped = (x: number) => Math.min(1, Math.max(0, x))
  const value = clipped((raw + specificity - 1) / (sensitivity + specificity - 1))
  const n = judged + z * z
  const r = (judgedPassed + (z * z) / 2) / n
  const [m1, m0] = [truePassed + 2, trueFailed + 2]
  const [q1, q0] = [(agreedPassed + 1) / m1, (agreedFailed + 1) / m0]
  const informed = q0 + q1 - 1
  if (informed <= 0) return { refused: 'too few labels to say that the judge knows anything', raw }
  const theta = clipped((r + q0 - 1) / informed)
  const shift = 2 * z * z * ((theta * q1 * (1 - q1)) / m1 - ((1 - theta) * q0 * (1 - q0)) / m0)
  const variance =
    ((r * (1 - r)) / n + ((1 - theta) * (1 - theta) * q0 * (1 - q0)) / m0 + (theta * theta * q1 * (1 - q1)) / m1) /
    (informed * informed)
  const half = z * Math.sqrt(variance)
  return {
    value,
    low: Math.min(value, clipped(theta + shift - half)),
    high: Math.max(value, clipped(theta + shift + half)),
    raw,
    sensitivity,
    specificity,
  }
}

export interface LabelledAnswers {
  /** Of the same answers: what people found, and what the judge did, 0 to 1. */
  readonly people: ArrayLike<number>
  readonly judge: ArrayLike<number>
}

export interface PoweredRate extends Interval {
  readonly value: number
  /** How much the judge is leant on: 0 = the labels alone count. */
  readonly lambda: number
  /** Variance of what is left between people and λ × judge, of one label, and of the judge's part of the mean. */
  readonly residual: number
  readonly ofJudge: number
}

/**
 * The mean that people would find, where some answers of the option have both words and the rest the judge's alone:
 * PPI++ (Angelopoulos, Duchi & Zrnic, arXiv 2311.01453), θ = λ f̄ + mean(Y − λ f), with the λ that makes its variance least,
 * in [0, 1]. Never worse than the labels alone, however bad the judge. Null for fewer than two labels.
 *
 * The interval is Student's at labels − 1, and the residual variance is counted as if one more answer had been wrongly
 * passed and one wrongly failed: where the few that were labelled agree, more would not always.
 */
export function predictionPowered(labelled: LabelledAnswers, unlabelled: ArrayLike<number>): PoweredRate | null {
  const n = labelled.people.length
  const rest = unlabelled.length
  if (n < 2) return null
  const [people, judge] = [spread(labelled.people), spread(labelled.judge)]
  const other = spread(unlabelled)
  let both = 0
  for (let i = 0; i < n; i++) both += (labelled.people[i]! - people.mean) * (labelled.judge[i]! - judge.mean)
  const covariance = both / (n - 1)
  const pooled = (judge.variance * n + other.variance * rest) / (n + rest)
  const best = rest < 2 || !(pooled > 0) ? 0 : covariance / ((1 + n / rest) * pooled)
  const lambda = Math.min(1, Math.max(0, best))
  const value = people.mean + lambda * (rest === 0 ? 0 : other.mean - judge.mean)
  const rectified = Math.max(0, people.variance - 2 * lambda * covariance + lambda * lambda * judge.variance)
  const residual = ((n - 1) * rectified + 1 + lambda * lambda) / (n + 1)
  const ofJudge = rest === 0 ? 0 : (lambda * lambda * other.variance) / rest
  const half = studentQuantile(0.975, n - 1) * Math.sqrt(residual / n + ofJudge)
  const clipped = (x: number) => Math.min(1, Math.max(0, x))
  return { value: clipped(value), low: clipped(value - half), high: clipped(value + half), lambda, residual, ofJudge }
}

function spread(values: ArrayLike<number>): { readonly mean: number; readonly variance: number } {
  let mean = 0
  for (let i = 0; i < values.length; i++) mean += values[i]! / values.length
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) * (values[i]! - mean)
  return { mean, variance: values.length > 1 ? squares / (values.length - 1) : 0 }
}
