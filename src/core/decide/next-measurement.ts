// An answer and what is not known of it in; the one thing to measure next, what hangs on it, and the command, out.
import { estimate } from '../statistics/estimate.ts'
import { tasksForNonInferiority } from '../statistics/paired.ts'
import type { Answer, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import type { Contest } from './decision.ts'
import { todaysWeights, unknownWords } from './eligibility.ts'
import type { Evidence } from './evidence.ts'
import { latencyWords, spanWords, usdWords } from './phrase.ts'
import { moreTasks } from './quality/verdict.ts'
import { chanceOfOffer, type Drawn } from './what-would-change.ts'

export interface NextMeasurement {
  readonly unknown: 'weights' | 'bill' | 'price' | 'hosted service' | 'quality' | Drawn
  /**
   * How likely the decision or the best option is to change once it is known, above 0 and at most 1; null where no odds can
   * be put on it (what a bill or a price says, which weights run, how well other weights do), or where it narrows the bands
   * and no more.
   */
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
 * First what keeps the answer from being one (which weights run, the rest of the bill, prices). Then of all unknowns that
 * may change it the one with the largest chance × the money that hangs on it; last what other weights would save,
 * then what narrows the bands. Null when nothing is open.
 */
export function nextMeasurementOf(
  answer: Unworded,
  contest: Contest,
  evidence: Evidence,
  chancesOf: () => Readonly<Record<Drawn, number>>,
): NextMeasurement | null {
  const { coverage, decision, unpriced } = answer
  if (todaysWeights(evidence) === null) {
    return {
      unknown: 'weights',
      chanceOfChange: null,
      why: `which weights these ${answer.requests} calls run on, or would: nothing is compared before that is said`,
      command: 'crossline crossover --as-model MODEL (crossline models list names them)',
    }
  }
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
  // What runs as another model has no price of its own to add: nobody was paid for it so.
  const isPaid = evidence.api.some(({ kind }) => kind === 'as-metered')
  if (isPaid && answer.best === null && first !== undefined && first.share > fewCalls) {
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
    ...hours(answer, contest, chances.hours),
    ...ofFleet(contest, chances),
  ].filter(({ next }) => next.chanceOfChange! > 0)
  const weight = ({ next, stakeUsd }: Open) => next.chanceOfChange! * stakeUsd
  const [worthiest] = open.sort((a, b) => weight(b) - weight(a) || b.next.chanceOfChange! - a.next.chanceOfChange!)
  return worthiest?.next ?? qualityOf(answer) ?? forBands(answer)
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
function hours({ coverage, profiles }: Unworded, contest: Contest, chance: number): Open[] {
  if (coverage.days >= 7) return []
  const answers = new Set(profiles.map(({ answer }) => answer))
  return [
    {
      stakeUsd: betweenUsd(contest) ?? 0,
      next: {
        unknown: 'hours',
        chanceOfChange: answers.size > 1 ? 1 : chance,
        why: weekWords(coverage),
        command: 'crossline import FILE',
      },
    },
  ]
}

function forBands({ coverage }: Unworded): NextMeasurement | null {
  if (coverage.days >= 7) return null
  const why = `${weekWords(coverage)}; it would narrow the bands, and hardly change the answer`
  return { unknown: 'hours', chanceOfChange: null, why, command: 'crossline import FILE' }
}

const weekWords = ({ days, hoursOfWeek }: Answer['coverage']): string =>
  `a full week of calls: only ${spanWords(days)} are known, ${168 - hoursOfWeek} hours of the week never seen`

/** What own GPUs would do, and at which price: worth finding out where it may change the decision. */
function ofFleet(contest: Contest, chances: Readonly<Record<Drawn, number>>): Open[] {
  const { fleet, beatsAll } = contest
  const stakeUsd = betweenUsd(contest)
  if (fleet === null || stakeUsd === null) return []
  const wins = `it wins in ${Math.round((beatsAll ?? 0) * 100)} % of resampled months`
  return [
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
}

/**
 * What lies between own GPUs and what they are held against: USD a month that would be saved or lost by the wrong answer.
 * However much dearer own GPUs seem, nobody saves more by them than the other costs.
 */
function betweenUsd({ fleet, proven, unproven }: Contest): number | null {
  const rival = proven ?? unproven
  if (fleet === null || rival === null) return null
  return Math.min(Math.abs(decidedUsd(fleet)! - decidedUsd(rival)!), decidedUsd(rival)!)
}

/** Of the largest saving on other weights, how many tasks would tell; nothing where they have told. */
function qualityOf(answer: Unworded): NextMeasurement | null {
  const options = new Map(answer.options.map(option => [option.name, option]))
  for (const { group, option: name, usdPerMonth } of answer.possibleSavings) {
    const option = options.get(name)
    if (option === undefined || option.meetsQuality !== 'unknown') continue
    return {
      unknown: 'quality',
      chanceOfChange: null,
      why: `whether ${group} does the job: ${tasksWords(option)}; up to ${usdWords(usdPerMonth.high)} a month hang on it`,
      command: 'crossline tasks run SUITE',
    }
  }
  return null
}

/** Published margins of quality are three to five points; just one of two like models passes 12 % of tasks. */
const usualMargin = 0.05
const usualDiscordance = 0.12

function tasksWords({ tried }: OptionAnswer): string {
  if (tried === null) {
    const pairs = tasksForNonInferiority(usualDiscordance, usualMargin)
    return `run the same tasks on both, about ${pairs} to tell a difference of ${usualMargin * 100} points`
  }
  const { n, effectiveTasks, bar, passRate, difference } = tried
  const done = `${percentWords(passRate.value)} of ${n} tasks passed`
  const margin = difference?.margin ?? null
  if (bar !== null) {
    const more = moreTasks(n, { ...passRate, effectiveTasks }, bar)
    if (more === null) return `${done}: too near the bar of ${percentWords(bar)} for any number of tasks to tell`
    return `${done}; about ${more.mostly} more would mostly tell on which side of ${percentWords(bar)} it is`
  }
  if (margin === null) return `${done}, and nobody said how many must (--bar)`
  return `${done}; about ${Math.max(1, tasksForNonInferiority(usualDiscordance, margin) - n)} more would mostly tell`
}

const percentWords = (share: number): string => `${estimate(Math.round(share * 1000) / 10)} %`

/** One line for a reader. */
export function nextWords(next: NextMeasurement | null): string | null {
  if (next === null) return null
  return next.command === null ? next.why : `${next.why}: ${next.command}`
}
