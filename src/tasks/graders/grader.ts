// What a grader is given of a try, and what it says. One file per kind; nobody else knows kinds by name.
import type { z } from 'zod'
import type { Money } from '../../core/meter/money.ts'
import type { ModelClient, OnBehalfOf } from '../client.ts'
import type { GraderSpec, Json, Task, ToolCall } from '../task.ts'

/** A try that came to an answer. */
export interface Answer {
  readonly task: Task
  /** The last message's text, or what a command wrote to its standard output. */
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
  /** Of a command. */
  readonly exitStatus: number | null
}

/** `pass: null` = this grader cannot tell, and `reason` says why: never a pass. */
export interface Grade {
  readonly pass: boolean | null
  /** 0 to 1, where it is more than yes or no. */
  readonly score: number | null
  readonly reason: string | null
  /** What the grading itself cost: 0 for a mechanical one; null = unknown. */
  readonly usd: Money | null
}

/** What a grader may use of the world. */
export interface GraderTools {
  readonly client: ModelClient
  readonly onBehalfOf: OnBehalfOf
  /** Where the suite lies: relative paths start here. */
  readonly folder: string
  readonly signal: AbortSignal
}

/** What it is given by whoever grades: one that is made of others asks them through this. */
export interface GradingTools extends GraderTools {
  grade(spec: GraderSpec, answer: Answer): Promise<Grade>
}

export interface GraderKind<Spec> {
  readonly kind: string
  /** Its own fields in a suite, `kind` among them; the published schema is made of these. */
  readonly shape: z.ZodObject & z.ZodType<Spec>
  /** One line for the schema and the documentation. */
  readonly about: string
  /** Whether the spec fits the task (an `expected` of the right type, …): the problem in one line, or null. */
  misfit(spec: Spec, expected: Json | null): string | null
  /** It may throw, hang or say rubbish: `grade-answer.ts` makes "cannot tell" of that. */
  grade(spec: Spec, answer: Answer, tools: GradingTools): Promise<Grade> | Grade
  /** How long it may take, where that is not the minute that all have. */
  limitSeconds?(spec: Spec): number
}
