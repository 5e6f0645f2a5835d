// The contest as it is drawn in; for each thing that is drawn, how likely the answer is to change once it is known, out.
import { estimate } from '../statistics/estimate.ts'
import { groupedBy } from '../statistics/grouped.ts'
import { quantile, sorted } from '../statistics/sample.ts'
import type { OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import { drawnCurve } from './band.ts'
import type { Candidate } from './candidates.ts'
import { answerOf, type Contest, contestOf, type DecisionAnswer } from './decision.ts'
import { type Assumable, isSameWeights, mayBeBest, type Weights } from './eligibility.ts'
import type { Evidence } from './evidence.ts'
import type { Resampled } from './resample.ts'
import type { Volume } from './traffic.ts'

/** What the draws do not know, each by itself. */
export type Drawn = 'hours' | 'throughput' | 'lease price'

/** At which values of what becomes known the answer is asked again: the middles of five equally likely parts. */
const levels = [0.1, 0.3, 0.5, 0.7, 0.9] as const
const mostDraws = 80
/** Of fleets and of APIs, of those that meet the bars and of the others, so many, the cheapest: dearer ones hardly ever decide. */
const mostOfAKind = 4

interface Placed {
  readonly option: OptionAnswer
  readonly candidate: Candidate
}

export interface ContestQuestion {
  readonly evidence: Evidence
  readonly entries: readonly Placed[]
  readonly today: Weights | null
  readonly assumed: readonly Assumable[]
  readonly months: Resampled
  readonly here: Volume
}

/**
 * Value of partial information, as a chance: each unknown is fixed at five equally likely values in turn, everything else
 * drawn as before; how often the decision then differs from today's. (Expected value of partial perfect information, in
 * answers instead of dollars: what is known for certain either way is not worth measuring.)
 */
export function chancesOfChange(question: ContestQuestion, now: DecisionAnswer): Readonly<Record<Drawn, number>> {
  const { months, entries } = question
  const same = entries.filter(({ option }) => isSameWeights(option, question.today))
  const kindOf = ({ option }: Placed) =>
    `${option.kind === 'self-host'} ${mayBeBest(option, question.today, question.assumed)}`
  // An untried offer decides nothing in the place of what is proven: without the latter a "no" would seem to hang on anything.
  const cheapest = [
    ...groupedBy(
      same.filter(({ option }) => option.usd !== null),
      kindOf,
    ).values(),
  ].flatMap(kind => kind.sort((a, b) => decidedUsd(a.option)! - decidedUsd(b.option)!).slice(0, mostOfAKind))
  const asked = { ...question, entries: [...cheapest, ...same.filter(({ option }) => option.usd === null)] }
  const few: Resampled = { ...months, draws: Math.min(months.draws, mostDraws) }
  const chance = (at: (level: number) => Resampled) =>
    estimate(levels.filter(level => answerIn(asked, at(level)) !== now).length / levels.length)
  return {
    hours:
      months.unseenShare > 0 && !question.here.stated
        ? chance(level => ({ ...few, volume: fixed(few.volume, level) }))
        : 0,
    throughput: chance(level => ({ ...few, throughput: few.throughput.map(speeds => fixed(speeds, level)) })),
    'lease price': chance(level => ({
      ...few,
      leaseUniform: new Map([...few.leaseUniform].map(([gpu, uniform]) => [gpu, fixed(uniform, level)])),
    })),
  }
}

function answerIn({ evidence, entries, today, assumed, here }: ContestQuestion, months: Resampled): DecisionAnswer {
  const drawn = entries.map(({ option, candidate }) => ({ option, drawn: drawnCurve(evidence, candidate, months) }))
  return answerOf(contestOf(drawn, today, assumed, months, here, evidence)).answer
}

function fixed(values: Float64Array, level: number): Float64Array {
  return new Float64Array(values.length).fill(quantile(sorted(values), level) ?? 1)
}

/**
 * How likely trying the cheapest offer of today's weights is to change what is said, with even odds that it meets the bars:
 * nobody knows better. Where it does, another option is the best, whatever that means for own GPUs; where it does not,
 * the answer may change all the same.
 */
export function chanceOfOffer(contest: Contest, now: DecisionAnswer): number {
  const failed = answerOf({ ...contest, unproven: null, beatsAll: contest.beatsProven })
  return failed.answer === now ? 0.5 : 1
}
