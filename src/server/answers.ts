// A question and choices → evidence and answer, remembered by everything that they depend on.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gather } from '../ask/gather.ts'
import { defaultGpus, defaultQuestion, type Question } from '../ask/question.ts'
import { dataRoot } from '../catalog/data-root.ts'
import { gpuById, useOwnFacts, weightsOf } from '../catalog/facts.ts'
import type { Answer } from '../core/decide/answer.ts'
import { type Choices, defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Evidence } from '../core/decide/evidence.ts'
import type { RunEvidence } from '../core/decide/quality/run-evidence.ts'
import { Fault } from '../core/fault/fault.ts'
import { type KeptRuns, keptRuns } from '../tasks/kept-runs.ts'
import { gatherApart } from './gather-apart.ts'
import { rangeMicros } from './instants.ts'
import type { OperationIo } from './operation.ts'
import { type ChoicesParams, choicesShape, type QuestionParams, questionShape } from './parameters.ts'
import type { Workplace } from './workplace.ts'

/** Parameters as the question they ask; what is not stated takes its default. */
export function questionOf(params: QuestionParams & Pick<ChoicesParams, 'own'>): Question {
  const { from, to, zone, own, ...rest } = params
  const stated = Object.entries(rest).filter(([name, value]) => name in defaultQuestion && value !== undefined)
  const question = { ...defaultQuestion, ...Object.fromEntries(stated), ...rangeMicros(from, to, zone) }
  if (own === undefined) return question
  // Servers of a GPU that is not among those tried are tried too.
  const tried = (question.gpus ?? defaultGpus).map(gpu => gpuById(gpu).id)
  return { ...question, gpus: [...new Set([...tried, gpuById(own.gpu, 'own.gpu').id])] }
}

/** The part of the parameters that a question is made of. */
export function questionParamsOf(params: QuestionParams & ChoicesParams): QuestionParams {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name in questionShape))
}

/** The rest: what is turned without new evidence, over the defaults. */
export function choicesOf(params: QuestionParams & ChoicesParams): Choices {
  const stated = Object.entries(params).filter(([name, value]) => name in choicesShape && value !== undefined)
  const choices: Choices = { ...defaultChoices, ...Object.fromEntries(stated) }
  const { gpu, own } = choices
  return {
    ...choices,
    gpu: gpu === null ? null : gpuById(gpu).id,
    own: own === null ? null : { ...own, gpu: gpuById(own.gpu, 'own.gpu').id },
  }
}

/**
 * The sample goes with the first call of one's own, also while it is being read: then the question is put once more, to what
 * has come.
 * @throws Fault of the question: LEDGER_EMPTY, MODEL_UNKNOWN, …
 */
export async function evidenceOf(workplace: Workplace, question: Question, io: OperationIo): Promise<Evidence> {
  const { configFile, tasksOf } = workplace
  if (configFile !== null) useOwnFacts(configFile)
  const kept = keptRuns(tasksOf, question.where.workload ?? null)
  // Whoever names other models has said which are shown.
  const asked = question.otherModels === null ? { ...question, tried: triedWeights(kept.runs) } : question
  return withTasks(kept, await evidenceTwice(workplace, asked, io))
}

/** Each is simulated and priced like the others that are shown: no more than can be waited for. */
const mostTried = 6

/** What runs of tasks tried and the catalog knows, the newest first. */
function triedWeights(runs: readonly RunEvidence[]): readonly string[] {
  const newest = [...runs].sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? 1 : -1))
  const names = newest.flatMap(run =>
    run.options.flatMap(({ option: { group, model } }) => {
      const found = weightsOf(group ?? model ?? '')
      return found === null ? [] : [found.weights]
    }),
  )
  return [...new Set(names)].slice(0, mostTried).sort()
}

async function evidenceTwice(workplace: Workplace, question: Question, io: OperationIo): Promise<Evidence> {
  try {
    return await evidenceNow(workplace, question, io)
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'LEDGER_CHANGED') throw thrown
    return evidenceNow(workplace, question, io)
  }
}

const joined = new WeakMap<Evidence, { readonly stamp: string; readonly evidence: Evidence }>()

/** With what runs of tasks say: they come and go without anything of the traffic being simulated again. */
function withTasks({ stamp, runs, problems }: KeptRuns, evidence: Evidence): Evidence {
  if (stamp === null) return evidence
  const known = joined.get(evidence)
  if (known?.stamp === stamp) return known.evidence
  const told = problems.map(problem => ({ name: 'runs of tasks', value: problem, source: 'DATA/tasks' }))
  const whole = { ...evidence, tasks: runs, assumptions: [...evidence.assumptions, ...told] }
  joined.set(evidence, { stamp, evidence: whole })
  return whole
}

async function evidenceNow(workplace: Workplace, question: Question, io: OperationIo): Promise<Evidence> {
  const ledger = await workplace.ledger()
  const book = await workplace.priceBook()
  const { configFile } = workplace
  const ownFacts = configFile === null ? null : useOwnFacts(configFile)
  const inputs = ['evidence', await ledger.version(), book.version, factsStamp(), ownFacts, question]
  return workplace.cache.remember(inputs, () => {
    const progress = (text: string) => io.progress(text)
    // Calls may come in all the while: every sum is of the state in which the first was read.
    return ledger.still(reads => {
      const tools = { ledger: reads, newestPrices: book.newestDate, configFile, progress }
      return workplace.isServed ? gatherApart(question, tools) : gather(question, tools)
    })
  })
}

/** @throws Fault of the question and of the choices */
export async function answerOf(
  workplace: Workplace,
  params: QuestionParams & ChoicesParams,
  io: OperationIo,
): Promise<Answer> {
  const evidence = await evidenceOf(workplace, questionOf(params), io)
  return decide(evidence, choicesOf(params))
}

let stamp: string | null = null

/** What the shipped tables of GPUs, models, leases and offers say, as a hash. */
function factsStamp(): string {
  if (stamp !== null) return stamp
  const digest = createHash('sha256')
  for (const name of readdirSync(dataRoot()).sort()) {
    if (/\.(csv|json|jsonl|yaml)$/.test(name)) digest.update(name).update(readFileSync(join(dataRoot(), name)))
  }
  stamp = digest.digest('hex').slice(0, 16)
  return stamp
}
