// One try of a task on an option while it runs: whose it is, what it used so far, and why it was left off.
import { add, type Money, parseUsd, zero } from '../../core/meter/money.ts'
import { addUsage, type Usage } from '../../core/meter/usage.ts'
import type { OnBehalfOf } from '../client.ts'
import type { Task } from '../task.ts'
import type { ToldEntry } from './journal.ts'
import type { OptionPlan } from './option-plan.ts'

export type Purpose = OnBehalfOf['purpose']

export interface TryContext {
  readonly run: string
  readonly option: OptionPlan
  readonly task: Task
  readonly attempt: number
  /** Aborted when the time of the try is up. */
  readonly signal: AbortSignal
  /** Why the try is left unfinished, to be taken up by a resumed run; null = it goes on. */
  halted: 'stopped' | 'capped' | null
  /** Of the option's own work. */
  usage: Usage | null
  calls: number
  /** Of what is known: limits are held against it. */
  usd: Money
  /** Steps by what they ask, so that equal ones are told apart. */
  readonly asked: Map<string, number>
  /** All steps, whose words are dropped once the try is graded. */
  readonly steps: string[]
}

export const startTry = (told: Pick<TryContext, 'run' | 'option' | 'task' | 'attempt' | 'signal'>): TryContext => ({
  ...told,
  halted: null,
  usage: null,
  calls: 0,
  usd: zero,
  asked: new Map(),
  steps: [],
})

/** The name of a step: the same in a resumed run, since it rests on what is asked alone. */
export function stepOf(context: TryContext, purpose: Purpose, asks: string): string {
  const { option, task, attempt } = context
  const name = `${purpose}.${asks}`
  const ordinal = (context.asked.get(name) ?? 0) + 1
  context.asked.set(name, ordinal)
  const step = JSON.stringify([option.name, task.id, attempt, `${name}.${ordinal}`])
  context.steps.push(step)
  return step
}

/** The try that a step is of, as `[option, task, attempt]` in JSON. */
export const tryOfStep = (step: string): string => JSON.stringify((JSON.parse(step) as unknown[]).slice(0, 3))

/** What a request used belongs to the try, unless it was made to judge it. A request that failed and told nothing used nothing. */
export function count(
  context: TryContext,
  purpose: Purpose,
  { usage, calls, usd }: Pick<ToldEntry, 'usage' | 'calls' | 'usd'>,
): void {
  if (purpose === 'judge') return
  context.calls += calls
  if (usd !== null) context.usd = add(context.usd, parseUsd(usd))
  if (usage !== null) context.usage = context.usage === null ? usage : addUsage(context.usage, usage)
}

export const onBehalfOf = ({ run, option, task, attempt }: TryContext, purpose: Purpose): OnBehalfOf => ({
  run,
  option: option.name,
  task: task.id,
  attempt,
  workload: task.workload,
  purpose,
})
