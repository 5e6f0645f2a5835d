// An answer and what is not known of it in; the one thing to measure next, what hangs on it, and the command, out.
import type { Answer, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import type { Contest } from './decision.ts'
import { unknownWords } from './eligibility.ts'
import type { Evidence } from './evidence.ts'
import { latencyWords, spanWords, usdWords } from './phrase.ts'
import { chanceOfOffer, type Drawn } from './what-would-change.ts'

export interface NextMeasurement {
  readonly unknown: 'bill' | 'price' | 'hosted service' | 'quality' | Drawn
  /** How likely the answer is to change once it is known, 0..1; null where it is no matter of chance. */
  readonly chanceOfChange: number | null
  /** What to find out, and why it matters. */
  readonly why: string
  /** What to type; null where it takes work outside. */
  readonly command: string | null
}

type Unworded = Omit<Answer, 'next'>

/** Share of calls up to which a missing price leaves a bill its meaning. */
const fewCalls = 0.01

/**
 * First what keeps the answer from being one (the rest of the bill, prices). Then of all unknowns the one whose knowledge
 * would most likely change the decision, of equals the one on which most money hangs; last what other weights would save.
 * Null when nothing is open.
 */
export function nextMeasurementOf(
  answer: Unworded,
  contest: Contest,
  evidence: Evidence,
  chancesOf: () => Readonly<Record<Drawn, number>>,
): NextMeasurement | null {
  const { coverage, decision, unpriced } = answer
  if (decision.partial) {
    const missing = evidence.coverage.bill?.billedOnly ?? []
    const who = missing.length > 0 ? `: nothing was metered of ${missing.slice(0, 3).join(', ')}` : ''
    return {
      unknown: 'bill',
      chanceOfChange: null,
      why: `the calls behind the rest of the bill${who}; ${usdWords(Number(coverage.billedUsd) - Number(coverage.meteredUsd))} of it are not explained`,
      command: 'crossline import FILE',
    }
  }
  // A few calls without a price are no reason that nothing is the best: own servers bill by the hour.
  const [first] = unpriced
  if (answer.best === null && first !== undefined && first.share > fewCalls) {
    return {
      unknown: 'price',
      chanceOfChange: null,
      why: `a price for ${first.model}: ${first.calls} calls have none`,
      command: 'crossline reprice (after adding it to prices.yaml)',
    }
  }
  const chances = chancesOf()
  const open = [
    ...hostedService(answer, contest, evidence),
    ...hours(answer, chances.hours),
    ...(contest.fleet === null ? [] : ofFleet(contest, chances)),
  ]
  const [likeliest] = open.sort(
    (a, b) => (b.next.chanceOfChange ?? 0) - (a.next.chanceOfChange ?? 0) || b.stakeUsd - a.stakeUsd,
  )
  return likeliest?.next ?? qualityOf(answer)
}

interface Open {
  /** USD a month that could change hands. */
  readonly stakeUsd: number
  readonly next: NextMeasurement
}

/** A cheaper offer of the same weights that nobody has tried: worth knowing even where it leaves the decision as it is. */
function hostedService(answer: Unworded, contest: Contest, evidence: Evidence): Open[] {
  const { bestIf } = answer
  if (bestIf === null) return []
  const best = answer.options.find(({ name }) => name === answer.best)
  const saved = best === undefined ? bestIf.usd : decidedUsd(best)! - bestIf.usd
  const { ttftP95Ms, tpotP95Ms } = evidence.objective
  const objective = `the objective is ${latencyWords(ttftP95Ms)} to the first token and ${latencyWords(tpotP95Ms)} a token (p95)`
  return [
    {
      stakeUsd: saved,
      next: {
        unknown: 'hosted service',
        chanceOfChange: chanceOfOffer(contest, answer.decision.answer),
        why: `${unknownWords(bestIf.assumes)} of ${bestIf.option} on these prompts: ${objective}; ${usdWords(saved)} a month hang on it`,
        command: `crossline import LOG --provider ${evidence.api.find(({ name }) => name === bestIf.option)?.provider ?? 'HOST'} (after sending it an hour of these calls)`,
      },
    },
  ]
}

/** Under a week of traffic. Where the shapes that the rest may have say different things, knowing it decides. */
function hours({ coverage, profiles }: Unworded, chance: number): Open[] {
  if (coverage.days >= 7) return []
  const answers = new Set(profiles.map(({ answer }) => answer))
  return [
    {
      stakeUsd: 0,
      next: {
        unknown: 'hours',
        chanceOfChange: answers.size > 1 ? 1 : chance,
        why: `a full week of calls: only ${spanWords(coverage.days)} are known, ${168 - coverage.hoursOfWeek} hours of the week never seen`,
        command: 'crossline import FILE',
      },
    },
  ]
}

/** What own GPUs would do, and at which price: worth finding out where it may change the decision. */
function ofFleet(
  { fleet, proven, unproven, beatsAll }: Contest & { fleet: OptionAnswer | null },
  chances: Readonly<Record<Drawn, number>>,
): Open[] {
  const rival = proven ?? unproven
  if (fleet === null || rival === null) return []
  const stakeUsd = Math.abs(decidedUsd(fleet)! - decidedUsd(rival)!)
  const wins = `it wins in ${Math.round((beatsAll ?? 0) * 100)} % of resampled months`
  const found: Open[] = [
    {
      stakeUsd,
      next: {
        unknown: 'throughput',
        chanceOfChange: chances.throughput,
        why: `tokens per second of ${fleet.name} under these prompts: its cost rests on a simulated figure, and ${wins}`,
        command: 'crossline crossover --throughput-factor X (X: measured on one replica ÷ simulated)',
      },
    },
    {
      stakeUsd,
      next: {
        unknown: 'lease price',
        chanceOfChange: chances['lease price'],
        why: `a quote for ${fleet.replica?.gpu}: sellers differ, and at what they ask ${wins}`,
        command: 'crossline crossover --usd-per-gpu-hour QUOTE',
      },
    },
  ]
  return found.filter(({ next }) => next.chanceOfChange! > 0)
}

function qualityOf(answer: Unworded): NextMeasurement | null {
  const [saving] = answer.possibleSavings
  if (saving === undefined) return null
  return {
    unknown: 'quality',
    chanceOfChange: null,
    why: `whether ${saving.group} does the job: run the same tasks on both; up to ${usdWords(saving.usdPerMonth.high)} a month hang on it`,
    command: null,
  }
}

/** One line for a reader. */
export function nextWords(next: NextMeasurement | null): string | null {
  if (next === null) return null
  return next.command === null ? next.why : `${next.why}: ${next.command}`
}
