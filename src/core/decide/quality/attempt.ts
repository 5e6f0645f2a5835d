// One try of a task on an option: how it ended, what it took and what it cost. Runs make these, other tools' results are read as these, all statistics start here.
import type { Money } from '../../meter/money.ts'
import type { Usage } from '../../meter/usage.ts'

/**
 * How a try came to its end.
 * `answered`: the option did all it was asked, right or wrong. `refused`: the model declined, or a filter stopped it.
 * `limited`: cut off by a limit on time, calls, tokens or money, as a task that loops is. `unavailable`: the option gave no
 * answer after all retries. `broken`: what went wrong was ours or the task's own (its command could not start).
 */
export const attemptEnds = ['answered', 'refused', 'limited', 'unavailable', 'broken'] as const
export type AttemptEnd = (typeof attemptEnds)[number]

export interface Attempt {
  readonly option: string
  readonly task: string
  /** 1, 2, …: tries of one task on one option. */
  readonly attempt: number
  /** Null = nobody can tell (the grader threw, the judge declined, the option was down): neither passed nor failed. */
  readonly passed: boolean | null
  /** What graders made of it, 0 to 1; null = they only passed or failed it. */
  readonly score: number | null
  /**
   * All that the option's own work cost: retries, tries that failed, verifier and guardrail calls. What judging cost is apart.
   * Null = unknown, never free.
   */
  readonly usd: Money | null
  /** What the provider, or the tool that ran it, says it cost: kept beside our own price. Null = it says nothing. */
  readonly reportedUsd: Money | null
  readonly judgeUsd: Money | null
  /** Sums over the option's calls; null = not told. */
  readonly usage: Usage | null
  readonly calls: number | null
  /** From the first request to the last byte of the answer. */
  readonly seconds: number | null
  readonly ended: AttemptEnd
  /** What went wrong, in one line. */
  readonly problem: string | null
  /** How much of the real work a task stands for; 1 unless stated. */
  readonly weight: number
  /** Tasks of one customer, document or session hang together; null = it stands by itself. */
  readonly cluster: string | null
  readonly workload: string | null
  readonly tags: readonly string[]
  /** Of a cascade or best-of-n: each option asked, in order. Empty where one option did it all. */
  readonly stages: readonly AttemptStage[]
}

/** One step of a composition. */
export interface AttemptStage {
  readonly option: string
  /** The verifier's word; null = there is none behind this stage, or it could not tell. */
  readonly accepted: boolean | null
  /** Whether this stage's own answer was right; null = not graded. */
  readonly passed: boolean | null
  readonly usd: Money | null
  readonly verifierUsd: Money | null
}

/** What the statistics need at least: the rest as nobody told it. */
export function attemptOf(
  told: Pick<Attempt, 'option' | 'task' | 'attempt' | 'passed' | 'usd'> & Partial<Attempt>,
): Attempt {
  return {
    score: null,
    reportedUsd: null,
    judgeUsd: null,
    usage: null,
    calls: null,
    seconds: null,
    ended: 'answered',
    problem: null,
    weight: 1,
    cluster: null,
    workload: null,
    tags: [],
    stages: [],
    ...told,
  }
}
