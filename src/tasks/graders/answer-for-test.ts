// A text and what is expected in; the answer and the tools that a grader is given in tests, out.
import type { Completed, ModelClient, OnBehalfOf, Target, Unanswered } from '../client.ts'
import type { GraderSpec, Json, Prompt, Task } from '../task.ts'
import { gradeOnce } from './grade-answer.ts'
import type { Answer, Grade, GraderTools } from './grader.ts'

export function answerOf(text: string, expected: Json | null = null, told: Partial<Answer> = {}): Answer {
  const messages = [{ role: 'user' as const, content: 'What is asked?' }]
  const prompt: Prompt = { messages, tools: [], responseSchema: null, maxOutputTokens: null }
  const task: Task = {
    id: 't1',
    work: { kind: 'prompt', prompt },
    expected,
    graders: [],
    weight: 1,
    cluster: null,
    workload: null,
    tags: [],
    limits: { seconds: null, calls: null, usd: null },
  }
  return { task, text, toolCalls: [], exitStatus: null, ...told }
}

export interface Asked {
  readonly target: Target
  readonly prompt: Prompt
  readonly onBehalfOf: OnBehalfOf
}

/** Tools whose client gives these answers in turn, the last one over and over, and keeps what it was asked. */
export function toolsFor(
  says: readonly (Completed | Unanswered)[] = [],
  attempt = 1,
): GraderTools & { asked: Asked[] } {
  const asked: Asked[] = []
  const client: ModelClient = {
    complete(target, prompt, onBehalfOf) {
      asked.push({ target, prompt, onBehalfOf })
      const said = says[Math.min(asked.length, says.length) - 1]
      return said === undefined ? Promise.reject(new Error('no model in this test')) : Promise.resolve(said)
    },
  }
  const onBehalfOf = {
    run: 'r',
    option: 'secret-option',
    task: 't1',
    attempt,
    workload: null,
    purpose: 'answer',
  } as const
  return { client, onBehalfOf, folder: import.meta.dirname, signal: new AbortController().signal, asked }
}

export const gradeText = (spec: GraderSpec, text: string, expected: Json | null = null): Promise<Grade> =>
  gradeOnce(spec, answerOf(text, expected), toolsFor())
