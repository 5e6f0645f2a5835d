// A task, an option and the number of a try in; the try as it is ranked, out: worked, graded, and what went wrong told as what it is.
import { type Attempt, attemptOf } from '../../core/decide/quality/attempt.ts'
import { add, type Money } from '../../core/meter/money.ts'
import type { Answer, Grade } from '../graders/grader.ts'
import type { Planned } from './order.ts'
import { startTry, type TryContext } from './try-context.ts'
import { type Done, judged, type WorkTools, work } from './work.ts'

export interface Tried {
  readonly attempt: Attempt
  /** Null = none came. */
  readonly answer: Answer | null
  /** Whose words nobody needs any more. */
  readonly steps: readonly string[]
}

/** Why a try was left unfinished. */
export type Halted = NonNullable<TryContext['halted']>

export async function tryTask(
  { run, mostSeconds }: { readonly run: string; readonly mostSeconds: number },
  { option, task, attempt }: Planned,
  tools: WorkTools,
): Promise<Tried | Halted> {
  const time = new AbortController()
  const seconds = task.limits.seconds ?? mostSeconds
  const timer = setTimeout(() => time.abort(`it took longer than ${seconds} s`), seconds * 1000)
  const context = startTry({ run, option, task, attempt, signal: time.signal })
  let done: Done | null
  try {
    done = await work(context, tools)
  } finally {
    clearTimeout(timer)
  }
  if (done === null) return context.halted ?? 'stopped'
  const grade = await gradeOf(context, done, tools)
  if (context.halted !== null) return context.halted
  return { attempt: attemptFrom(context, done, grade), answer: done.answer, steps: context.steps }
}

/** Graders see answers alone. What was refused, or cut off by a limit, did not do the task; of the rest nobody can tell. */
async function gradeOf(context: TryContext, { answer, ended, grade }: Done, tools: WorkTools): Promise<Grade | null> {
  if (answer === null || ended !== 'answered') return null
  return grade ?? judged(context, answer, tools)
}

function attemptFrom({ option, task, attempt, usage, calls }: TryContext, done: Done, grade: Grade | null): Attempt {
  const { ended } = done
  const isFailed = ended === 'refused' || ended === 'limited'
  // A stage's own grading is the final one where that stage answers: it is paid once.
  const judgeUsd = done.grade !== null || grade === null ? done.judgeUsd : sum(done.judgeUsd, grade.usd)
  return attemptOf({
    option: option.name,
    task: task.id,
    attempt,
    passed: isFailed ? false : (grade?.pass ?? null),
    score: grade?.score ?? null,
    usd: done.usd,
    judgeUsd,
    usage,
    calls,
    seconds: done.seconds,
    ended,
    // Why an answer is wrong would repeat it; why nobody can tell is another matter.
    problem: grade?.pass === null ? grade.reason : done.problem,
    weight: task.weight,
    cluster: task.cluster,
    workload: task.workload,
    tags: task.tags,
    stages: done.stages,
  })
}

const sum = (a: Money | null, b: Money | null): Money | null => (a === null || b === null ? null : add(a, b))
