// Evidence in; how good it is, from measured on both sides to daily sums, and why, out.
import type { Evidence } from './evidence.ts'

/**
 * A: metered calls with the bill for them, and own GPUs measured under them. B: own GPUs calibrated against a real server. C: own GPUs simulated
 * from published measurements. D: calls drawn from sums of days or from rates, so that their arrivals are a named guess.
 */
export type Grade = 'A' | 'B' | 'C' | 'D'

/** More drawn calls than this make the arrivals a guess. */
export const mostDrawnShare = 0.1

/** The grade of an answer is that of its weakest side. */
export function gradeOf(evidence: Evidence): { readonly grade: Grade; readonly gradeReason: string } {
  const drawn = evidence.coverage.estimatedShare ?? 0
  if (drawn > mostDrawnShare) {
    const share = Math.round(drawn * 100)
    return {
      grade: 'D',
      gradeReason: `${share} % of the calls are drawn from sums: when they came is a named profile's guess`,
    }
  }
  const bases = new Set(
    evidence.replicas.filter(({ group }) => group === evidence.todayGroup).map(({ basis = 'simulated' }) => basis),
  )
  const metered =
    drawn > 0
      ? `calls metered one by one but for ${Math.ceil(drawn * 100)} % drawn from sums`
      : 'calls metered one by one'
  if (bases.size === 0 || bases.has('simulated'))
    return { grade: 'C', gradeReason: `${metered}, own GPUs simulated from published measurements` }
  if (bases.has('calibrated'))
    return { grade: 'B', gradeReason: `${metered}, own GPUs calibrated against a real server` }
  if (!evidence.coverage.bill)
    return { grade: 'B', gradeReason: `${metered}, own GPUs measured; no invoice holds the prices` }
  return { grade: 'A', gradeReason: `${metered} and held against the bill, own GPUs measured under them` }
}
