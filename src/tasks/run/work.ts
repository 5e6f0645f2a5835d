// A try in; what its option made of the task, each stage of a composition told, out.
import type { AttemptEnd, AttemptStage } from '../../core/decide/quality/attempt.ts'
import { add, type Money, zero } from '../../core/meter/money.ts'
import { gradeAnswer, gradeOnce } from '../graders/grade-answer.ts'
import type { Answer, Grade } from '../graders/grader.ts'
import type { Asker } from './asker.ts'
import type { Metering } from './metering.ts'
import type { BestOfOption, CascadeOption, SimpleOption } from './option-plan.ts'
import type { Pace } from './pace.ts'
import { askProgram } from './program.ts'
import type { Purse } from './purse.ts'
import { onBehalfOf, type Purpose, type TryContext } from './try-context.ts'

export interface WorkTools {
  readonly asker: Asker
  readonly metering: Metering
  readonly purse: Purse
  readonly folder: string
  readonly paceOf: (option: SimpleOption) => Pace
  /** Whether an option was down so often that it is not asked any more. */
  readonly isGivenUp: (option: SimpleOption) => boolean
  readonly wentWell: (option: SimpleOption, isAvailable: boolean) => void
}

/** What came of a try before it is graded; an answer only where it `ended` answered. */
export interface Done {
  readonly answer: Answer | null
  readonly ended: AttemptEnd
  readonly problem: string | null
  readonly usd: Money | null
  readonly seconds: number
  readonly stages: readonly AttemptStage[]
  /** Of the answer, where a stage's own grading has it already. */
  readonly grade: Grade | null
  /** What grading stages cost. */
  readonly judgeUsd: Money | null
}

/** Null = the try is left unfinished. */
export function work(context: TryContext, tools: WorkTools): Promise<Done | null> {
  const { option } = context
  if (option.kind === 'cascade') return cascade(context, option, tools)
  if (option.kind === 'best-of-n')
    return option.verifier === null ? vote(context, option, tools) : firstTaken(context, option, option.verifier, tools)
  return simple(context, option, tools)
}

async function simple(context: TryContext, option: SimpleOption, tools: WorkTools): Promise<Done | null> {
  if (tools.isGivenUp(option)) {
    const problem = `${option.name} was unavailable too often: it is not asked any more`
    return { ...bare, ended: 'unavailable', problem, usd: null }
  }
  const { task } = context
  const asked =
    task.work.kind === 'prompt'
      ? await tools.asker.ask(context, 'answer', option.target, task.work.prompt, tools.paceOf(option))
      : await askProgram(context, option, tools)
  if (asked === null) return null
  const { told, words, usd, seconds } = asked
  const ended = told.unanswered ?? 'answered'
  tools.wentWell(option, ended !== 'unavailable')
  const answer = words === null ? null : { task, ...words, exitStatus: told.exitStatus }
  // Nobody can say what the task costs on an option that did not answer; not that it is free.
  const isUntold = ended === 'unavailable' && usd === zero
  return { ...bare, answer, ended, problem: told.problem, usd: isUntold ? null : usd, seconds }
}

const bare = { answer: null, seconds: 0, stages: [], grade: null, judgeUsd: zero }

async function cascade(context: TryContext, option: CascadeOption, tools: WorkTools): Promise<Done | null> {
  const stages: Staged[] = []
  for (const [i, part] of option.stages.entries()) {
    const done = await simple(context, part, tools)
    if (done === null) return null
    const isLast = i === option.stages.length - 1
    const grade = isLast || done.answer === null ? null : await verify(context, option.verifier, done.answer, tools)
    if (context.halted !== null) return null
    stages.push({
      option: part.name,
      done,
      accepted: grade?.pass ?? null,
      verifierUsd: grade?.usd ?? null,
      isChecked: grade !== null,
    })
    if (grade?.pass === true) break
  }
  return composed(context, stages, stages.length - 1, option.gradeStages, sumSeconds, tools)
}

async function firstTaken(
  context: TryContext,
  option: BestOfOption,
  verifier: NonNullable<BestOfOption['verifier']>,
  tools: WorkTools,
): Promise<Done | null> {
  const stages: Staged[] = []
  const scores: number[] = []
  for (let i = 0; i < option.count; i++) {
    const done = await simple(context, option.of, tools)
    if (done === null) return null
    const grade = done.answer === null ? null : await verify(context, verifier, done.answer, tools)
    if (context.halted !== null) return null
    stages.push({
      option: option.of.name,
      done,
      accepted: grade?.pass ?? null,
      verifierUsd: grade?.usd ?? null,
      isChecked: grade !== null,
    })
    scores.push(grade?.pass === true ? 2 : done.answer === null ? -1 : (grade?.score ?? 0))
    if (grade?.pass === true) break
  }
  // The best of what the verifier would not take, where it takes none.
  return composed(context, stages, scores.indexOf(Math.max(...scores)), option.gradeStages, sumSeconds, tools)
}

async function vote(context: TryContext, option: BestOfOption, tools: WorkTools): Promise<Done | null> {
  const all = await Promise.all(Array.from({ length: option.count }, () => simple(context, option.of, tools)))
  const done = all.flatMap(one => one ?? [])
  if (done.length < all.length) return null
  const ballots = done.map(({ answer }) => (answer === null ? null : ballotOf(answer)))
  const votes = new Map<string, number>()
  for (const ballot of ballots) if (ballot !== null) votes.set(ballot, (votes.get(ballot) ?? 0) + 1)
  const most = Math.max(0, ...votes.values())
  const chosen = Math.max(
    0,
    ballots.findIndex(ballot => ballot !== null && votes.get(ballot) === most),
  )
  const stages = done.map(
    (one, i): Staged => ({
      option: option.of.name,
      done: one,
      accepted: ballots[i] === null ? null : ballots[i] === ballots[chosen],
      verifierUsd: null,
      isChecked: false,
    }),
  )
  return composed(context, stages, chosen, option.gradeStages, seconds => Math.max(...seconds), tools)
}

/** Answers that differ in case, blanks and a closing dot alone are one. */
const ballotOf = ({ text, toolCalls }: Answer): string =>
  JSON.stringify([
    text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/[.!]+$/, ''),
    toolCalls.map(({ name, arguments: written }) => [name, written]),
  ])

/** The verifier's word on an answer. It sees nothing of what is expected: in production it would not either. */
function verify(context: TryContext, verifier: CascadeOption['verifier'], answer: Answer, tools: WorkTools) {
  const blind = { ...answer, task: { ...answer.task, expected: null, graders: [] } }
  return gradeOnce(verifier, blind, graderTools(context, 'verifier', tools))
}

const graderTools = (context: TryContext, purpose: Purpose, { asker, folder }: WorkTools) => ({
  client: asker.clientFor(context, purpose),
  onBehalfOf: onBehalfOf(context, purpose),
  folder,
  signal: context.signal,
})

interface Staged {
  readonly option: string
  readonly done: Done
  readonly accepted: boolean | null
  readonly verifierUsd: Money | null
  readonly isChecked: boolean
}

const sumSeconds = (seconds: readonly number[]): number => seconds.reduce((sum, one) => sum + one, 0)

const sumUsd = (parts: readonly (Money | null)[]): Money | null =>
  parts.reduce<Money | null>((sum, usd) => (sum === null || usd === null ? null : add(sum, usd)), zero)

/** All stages as one: paid for each, answered by the chosen one. */
async function composed(
  context: TryContext,
  staged: readonly Staged[],
  chosen: number,
  isGraded: boolean,
  secondsOf: (seconds: readonly number[]) => number,
  tools: WorkTools,
): Promise<Done | null> {
  const grades: (Grade | null)[] = []
  for (const { done } of staged) {
    const isToBe = isGraded && done.answer !== null
    grades.push(isToBe ? await judged(context, done.answer!, tools) : null)
    if (context.halted !== null) return null
  }
  const { answer, ended, problem } = staged[chosen]!.done
  return {
    answer,
    ended,
    problem,
    usd: sumUsd(
      staged.flatMap(({ done, isChecked, verifierUsd }) => (isChecked ? [done.usd, verifierUsd] : [done.usd])),
    ),
    seconds: secondsOf(staged.map(({ done }) => done.seconds)),
    stages: staged.map(({ option, done, accepted, verifierUsd }, i) => ({
      option,
      accepted,
      passed: grades[i]?.pass ?? null,
      usd: done.usd,
      verifierUsd,
    })),
    grade: grades[chosen] ?? null,
    judgeUsd: sumUsd(grades.map(grade => (grade === null ? zero : grade.usd))),
  }
}

/** What the task's own graders make of an answer. */
export async function judged(context: TryContext, answer: Answer, tools: WorkTools): Promise<Grade> {
  const { graders } = context.task
  // A program without graders is its own: it ends with 0 where it did what it should.
  if (graders.length === 0) return { pass: answer.exitStatus === 0, score: null, usd: zero, reason: null }
  return gradeAnswer(graders, answer, graderTools(context, 'judge', tools))
}
