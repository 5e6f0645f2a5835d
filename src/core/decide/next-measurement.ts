// An answer and its contest in; the one thing to measure next, what hangs on it, and the command, out.
import type { Answer, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import type { Contest } from './decision.ts'
import { unknownWords } from './eligibility.ts'
import type { Evidence } from './evidence.ts'
import { latencyWords, spanWords, usdWords } from './phrase.ts'

export interface NextMeasurement {
  readonly unknown: 'bill' | 'price' | 'hours' | 'hosted service' | 'throughput' | 'quality'
  /** What to find out, and why it matters. */
  readonly why: string
  /** What to type; null where it takes work outside. */
  readonly command: string | null
}

/**
 * First what keeps the answer from being one (bill, prices, hours of the week), then the unknown on which most money hangs
 * that could change the decision, last what other weights would save. Null when nothing is open.
 */
export function nextMeasurementOf(
  answer: Omit<Answer, 'next'>,
  contest: Contest,
  evidence: Evidence,
): NextMeasurement | null {
  const { coverage, decision, unpriced } = answer
  const { bill } = evidence.coverage
  if (decision.partial) {
    const missing = bill?.billedOnly ?? []
    const who = missing.length > 0 ? `: nothing was metered of ${missing.slice(0, 3).join(', ')}` : ''
    return {
      unknown: 'bill',
      why: `the calls behind the rest of the bill${who}; ${usdWords(Number(coverage.billedUsd) - Number(coverage.meteredUsd))} of it are not explained`,
      command: 'crossline import FILE',
    }
  }
  if (answer.best === null && unpriced.length > 0) {
    const [first] = unpriced
    return {
      unknown: 'price',
      why: `a price for ${first!.model}: ${first!.calls} calls have none`,
      command: 'crossline reprice (after adding it to prices.yaml)',
    }
  }
  if (coverage.days < 7) {
    return {
      unknown: 'hours',
      why: `a full week of calls: only ${spanWords(coverage.days)} are known, ${168 - coverage.hoursOfWeek} hours of the week never seen`,
      command: 'crossline import FILE',
    }
  }
  return [...openOf(answer, contest, evidence)].sort((a, b) => b.stakeUsd - a.stakeUsd)[0]?.next ?? qualityOf(answer)
}

interface Open {
  /** USD a month that could change hands. */
  readonly stakeUsd: number
  readonly next: NextMeasurement
}

function* openOf(answer: Omit<Answer, 'next'>, contest: Contest, evidence: Evidence): Iterable<Open> {
  const find = (name: string | null): OptionAnswer | undefined => answer.options.find(option => option.name === name)
  const best = find(answer.best)
  const { bestIf } = answer
  const unproven = find(bestIf?.option ?? null)
  if (bestIf !== null && unproven !== undefined) {
    const { ttftP95Ms, tpotP95Ms } = evidence.objective
    const saved = best === undefined ? bestIf.usd : decidedUsd(best)! - bestIf.usd
    const objective = `the objective is ${latencyWords(ttftP95Ms)} to the first token and ${latencyWords(tpotP95Ms)} a token (p95)`
    yield {
      stakeUsd: saved,
      next: {
        unknown: 'hosted service',
        why: `${unknownWords(bestIf.assumes)} of ${bestIf.option} on these prompts: ${objective}; ${usdWords(saved)} a month hang on it`,
        command: `crossline import LOG --provider ${evidence.api.find(({ name }) => name === bestIf.option)?.provider ?? 'HOST'} (after sending it an hour of these calls)`,
      },
    }
  }
  const { fleet, proven } = contest
  const open = contest.beatsAll !== null && contest.beatsAll > 0.02 && contest.beatsAll < 0.98
  if (fleet !== null && proven !== null && open) {
    yield {
      stakeUsd: Math.abs(decidedUsd(fleet)! - decidedUsd(proven)!),
      next: {
        unknown: 'throughput',
        why: `tokens per second of ${fleet.name} under these prompts: its cost rests on a simulated figure, and it wins in ${Math.round(contest.beatsAll! * 100)} % of resampled months`,
        command: null,
      },
    }
  }
}

function qualityOf(answer: Omit<Answer, 'next'>): NextMeasurement | null {
  const [saving] = answer.possibleSavings
  if (saving === undefined) return null
  return {
    unknown: 'quality',
    why: `whether ${saving.group} does the job: run the same tasks on both; up to ${usdWords(saving.usdPerMonth.high)} a month hang on it`,
    command: null,
  }
}

/** One line for a reader. */
export function nextWords(next: NextMeasurement | null): string | null {
  if (next === null) return null
  return next.command === null ? next.why : `${next.why}: ${next.command}`
}
