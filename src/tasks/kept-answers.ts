// Answers of a run that somebody asked to keep, and what people say of them, as lines in the run's folder: only ever added to, the later counts.
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Attempt } from '../core/decide/quality/attempt.ts'
import { keyOfTry, type Label } from '../core/decide/quality/labels.ts'
import type { Answer } from './graders/grader.ts'
import { runFolder, runsFolder } from './kept-run.ts'
import type { Json, Task } from './task.ts'

/** What a person needs to judge an answer. */
export interface KeptAnswer {
  readonly option: string
  readonly task: string
  readonly attempt: number
  /** What was asked, as text. */
  readonly asked: string
  readonly expected: Json | null
  readonly text: string
  /** `name(arguments)` of each call of a tool. */
  readonly calls: readonly string[]
}

/** A label as its line has it. */
export interface KeptLabel extends Label {
  /** ISO 8601, UTC. */
  readonly at: string
}

const answersFile = 'answers.jsonl'
const labelsFile = 'labels.jsonl'
/** Words of prompts and answers: nobody else on this machine is to read them. */
const secret = { mode: 0o600 }

export function answerKeeper(folder: string): (attempt: Attempt, answer: Answer) => void {
  return ({ option, task, attempt }, answer) => {
    const kept: KeptAnswer = {
      option,
      task,
      attempt,
      asked: askedText(answer.task),
      expected: answer.task.expected,
      text: answer.text,
      calls: answer.toolCalls.map(call => `${call.name}(${call.arguments})`),
    }
    appendFileSync(join(folder, answersFile), `${JSON.stringify(kept)}\n`, secret)
  }
}

/** A task as a person reads it: its messages with their roles, or the command and what it read. */
export function askedText({ work }: Task): string {
  if (work.kind === 'command') return [work.command.join(' '), work.stdin ?? ''].join('\n').trim()
  const { messages } = work.prompt
  return messages
    .map(({ role, content }) => {
      const text =
        typeof content === 'string' || content === null
          ? (content ?? '')
          : content.map(part => (part.kind === 'text' ? part.text : `(a picture, ${part.mediaType})`)).join('\n')
      return messages.length === 1 ? text : `[${role}] ${text}`
    })
    .join('\n\n')
}

/** Runs of which answers are kept, the newest last. */
export function runsWithAnswers(dataDir: string): readonly string[] {
  if (!existsSync(runsFolder(dataDir))) return []
  return readdirSync(runsFolder(dataDir))
    .filter(run => existsSync(join(runFolder(dataDir, run), answersFile)))
    .sort()
}

/** Of each try the last that was kept. */
export function keptAnswers(dataDir: string, run: string): readonly KeptAnswer[] {
  const lines = linesOf<KeptAnswer>(join(runFolder(dataDir, run), answersFile))
  return [...new Map(lines.map(answer => [keyOfTry(answer), answer])).values()]
}

export const keptLabels = (dataDir: string, run: string): readonly KeptLabel[] =>
  linesOf<KeptLabel>(join(runFolder(dataDir, run), labelsFile))

export function keepLabel(dataDir: string, run: string, label: KeptLabel): void {
  appendFileSync(join(runFolder(dataDir, run), labelsFile), `${JSON.stringify(label)}\n`, secret)
}

/** The line that a killed process left torn is no line. */
function linesOf<T>(path: string): readonly T[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        return [JSON.parse(line) as T]
      } catch {
        return []
      }
    })
}
