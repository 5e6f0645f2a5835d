// Tries that are to be made in; what they will cost about and at most, option by option, out: before the first is paid.
import { add, fromPico, type Money, parseUsd, zero } from '../../core/meter/money.ts'
import type { Task } from '../task.ts'
import type { Metering } from './metering.ts'
import type { OptionPlan, SimpleOption } from './option-plan.ts'
import type { Planned } from './order.ts'

export interface OptionEstimate {
  readonly option: string
  readonly tries: number
  /** Answers of `answerTokens`, no retries, no escalation. Of the tries whose price is known. */
  readonly about: Money
  /** The longest answers, every stage. */
  readonly most: Money
  /** Tries of which nobody can say what they cost: no price, or a program that calls what it likes. */
  readonly unknown: number
}

/** Length of an answer whose limit is longer, or that has none. */
export const answerTokens = 300

export function estimateOf(planned: readonly Planned[], metering: Metering): OptionEstimate[] {
  const sums = new Map<string, { tries: number; about: Money; most: Money; unknown: number }>()
  const prices = priceOnce(metering)
  for (const { option, task } of planned) {
    const sum = sums.get(option.name) ?? { tries: 0, about: zero, most: zero, unknown: 0 }
    sums.set(option.name, sum)
    const { about, most } = tryOf(option, task, prices)
    sum.tries++
    if (most === null) sum.unknown++
    else sum.most = add(sum.most, most)
    if (about !== null && most !== null) sum.about = add(sum.about, about)
  }
  return [...sums].map(([option, sum]) => ({ option, ...sum }))
}

interface Bounds {
  readonly about: Money | null
  readonly most: Money | null
}

type PriceTry = (option: SimpleOption, task: Task) => Bounds

/** Each task once on each target, however often it is repeated. */
function priceOnce(metering: Metering): PriceTry {
  const known = new Map<SimpleOption, Map<Task, Bounds>>()
  return (option, task) => {
    const own = known.get(option) ?? new Map<Task, Bounds>()
    known.set(option, own)
    let bounds = own.get(task)
    if (bounds === undefined) {
      bounds = boundsOf(option, task, metering)
      own.set(task, bounds)
    }
    return bounds
  }
}

function boundsOf({ target }: SimpleOption, { work, limits }: Task, metering: Metering): Bounds {
  if (work.kind === 'command') return { about: null, most: limits.usd === null ? null : parseUsd(String(limits.usd)) }
  const { prompt } = work
  return { about: metering.about(target, prompt, answerTokens), most: metering.most(target, prompt) }
}

function tryOf(option: OptionPlan, task: Task, priceTry: PriceTry): Bounds {
  if (option.kind === 'simple') return priceTry(option, task)
  if (option.kind === 'best-of-n') {
    const { about, most } = priceTry(option.of, task)
    return { about: times(about, option.verifier === null ? option.count : 1), most: times(most, option.count) }
  }
  const stages = option.stages.map(stage => priceTry(stage, task))
  return {
    about: stages[0]!.about,
    most: stages.reduce<Money | null>((sum, { most }) => (sum === null || most === null ? null : add(sum, most)), zero),
  }
}

const times = (usd: Money | null, count: number): Money | null => (usd === null ? null : fromPico(usd * BigInt(count)))
