// Kept answers of a run of tasks → those that wait for a person's word, blind and in an order that is drawn; and the word, kept beside the run.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { keyOfTry, type SettledLabels, settledLabels } from '../core/decide/quality/labels.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import { type KeptAnswer, keepLabel, keptAnswers, keptLabels, runsWithAnswers } from '../tasks/kept-answers.ts'
import type { Json } from '../tasks/task.ts'
import type { Workplace } from './workplace.ts'

const name = z.string().trim().min(1).max(100)

export const waitingShape = {
  run: name.optional().meta({ description: 'a run whose answers were kept; default: the newest' }),
  rater: name.optional().meta({ description: 'whose labels count as given; default: anybody’s' }),
  seed: z.int().nonnegative().optional().meta({ description: 'of the order; default 1' }),
  limit: z.int().min(1).max(500).optional().meta({ description: 'so many answers at most; default 50' }),
}

export const labelShape = {
  run: name.meta({ description: 'the run that the answer is of' }),
  id: z.string().min(1).meta({ description: 'the answer, as /api/labels names it' }),
  passed: z.boolean().nullable().meta({ description: 'right or wrong; null takes the last word back' }),
  rater: name.meta({ description: 'who says so' }),
}

/** An answer as a rater sees it: which option gave it is not told. */
export interface Waiting {
  readonly id: string
  readonly asked: string
  readonly expected: Json | null
  readonly text: string
  readonly calls: readonly string[]
}

export interface LabelsAnswer {
  readonly runs: readonly string[]
  /** Null = no run has kept answers. */
  readonly run: string | null
  readonly answers: number
  /** Of them, those that the rater has labelled. */
  readonly labelled: number
  readonly waiting: readonly Waiting[]
  readonly raters: readonly string[]
  readonly agreements: SettledLabels['agreements']
}

type Asked = { readonly [field in keyof typeof waitingShape]?: z.output<(typeof waitingShape)[field]> }

/** @throws Fault RUN_UNKNOWN */
export async function runWaiting({ dataDir }: Workplace, asked: Asked): Promise<LabelsAnswer> {
  const runs = runsWithAnswers(dataDir)
  const run = asked.run ?? runs.at(-1) ?? null
  if (run === null) return { runs, run, answers: 0, labelled: 0, waiting: [], raters: [], agreements: [] }
  checkRun(run, runs)
  const labels = keptLabels(dataDir, run)
  const { rater } = asked
  const given = settledLabels(rater === undefined ? labels : labels.filter(label => label.rater === rater)).words
  const { raters, agreements } = settledLabels(labels)
  const answers = keptAnswers(dataDir, run)
  const drawn = answers
    .map(answer => ({ answer, rank: hashed([asked.seed ?? 1, run, keyOfTry(answer)]) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .filter(({ answer }) => !given.has(keyOfTry(answer)))
  return {
    runs,
    run,
    answers: answers.length,
    labelled: answers.length - drawn.length,
    waiting: drawn.slice(0, asked.limit ?? 50).map(({ answer }) => ({
      id: idOf(run, answer),
      asked: answer.asked,
      expected: answer.expected,
      text: answer.text,
      calls: answer.calls,
    })),
    raters,
    agreements,
  }
}

interface Said {
  readonly run: string
  readonly id: string
  readonly passed: boolean | null
  readonly rater: string
}

/** @throws Fault RUN_UNKNOWN, ANSWER_UNKNOWN */
export async function runLabel({ dataDir }: Workplace, { run, id, passed, rater }: Said): Promise<{ labels: number }> {
  checkRun(run, runsWithAnswers(dataDir))
  const answer = keptAnswers(dataDir, run).find(one => idOf(run, one) === id)
  if (answer === undefined) {
    throw new Fault('ANSWER_UNKNOWN', 'no kept answer of that run has this id', {
      where: 'id',
      fix: 'ask /api/labels which wait',
    })
  }
  const { option, task, attempt } = answer
  keepLabel(dataDir, run, { option, task, attempt, passed, rater, at: new Date().toISOString() })
  return { labels: settledLabels(keptLabels(dataDir, run)).words.size }
}

/** A run's name is a folder's: only those that are there are looked into. */
function checkRun(run: string, runs: readonly string[]): void {
  if (runs.includes(run)) return
  const near = nearestName(run, runs)
  throw new Fault('RUN_UNKNOWN', `no run "${run}" has kept answers`, {
    where: 'run',
    fix: near === null ? 'run tasks with --keep-answers' : `did you mean ${near}?`,
  })
}

/** Says nothing of the option. */
const idOf = (run: string, answer: KeptAnswer): string => hashed(['id', run, keyOfTry(answer)]).slice(0, 20)

const hashed = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')
