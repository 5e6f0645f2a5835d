// A question and a dimension → the answer of the costliest weights, and what each slice costs, could cost and hangs on.
import { cellsBy } from '../ask/by-dimension.ts'
import { allCalls } from '../ask/slices.ts'
import { unattributed } from '../ask/unattributed.ts'
import type { Answer } from '../core/decide/answer.ts'
import { type ByDimension, byDimension, type Unattributed, type WeightsAnswer } from '../core/decide/by-dimension.ts'
import type { Choices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Evidence } from '../core/decide/evidence.ts'
import { totalTokens } from '../core/decide/traffic.ts'
import { Fault } from '../core/fault/fault.ts'
import { choicesOf, evidenceOf, questionOf } from './answers.ts'
import type { OperationIo } from './operation.ts'
import type { ChoicesParams, QuestionParams } from './parameters.ts'
import type { Workplace } from './workplace.ts'

/** Slices, and what of the calls is in none. */
export interface AnswerBy extends ByDimension {
  readonly unattributed: Unattributed | null
}

/** Weights that are asked about one by one: each is a simulation of its own. The rest are told as too small to ask. */
const mostWeights = 6

/** @throws Fault of the question and of the choices, and of a dimension that no call has */
export async function answerBy(
  workplace: Workplace,
  by: string,
  params: QuestionParams & ChoicesParams,
  io: OperationIo,
): Promise<Answer & AnswerBy> {
  const question = questionOf(params)
  const choices = choicesOf(params)
  const ledger = await workplace.ledger()
  const { cells, spanMicros, weights } = await cellsBy(by, question, ledger)
  const answers = new Map<string | null, WeightsAnswer>()
  const named = weights.flatMap(name => name ?? []).slice(0, mostWeights)
  const month = { hours: choices.hoursPerMonth, spanMicros: Math.max(1, spanMicros) }
  const toMonth = (month.hours * 3600e6) / month.spanMicros
  for (const [i, name] of named.entries()) {
    io.progress(`${name}: ${i + 1} of ${named.length}`)
    const asked = question.asModel === null ? { ...question, model: name } : question
    try {
      const evidence = await evidenceOf(workplace, asked, io)
      answers.set(name, { evidence, answer: decide(evidence, onOneScale(evidence, choices, toMonth)) })
    } catch (thrown) {
      // Weights that say nothing (one call, no usage) are told as not asked; a wrong choice is a fault of all.
      if (!(thrown instanceof Fault) || !thrown.code.startsWith('DEMAND_')) throw thrown
    }
  }
  const answer = decide(await evidenceOf(workplace, question, io), choices)
  const { base, sample } = await allCalls(question, ledger)
  const nameless = sample ? null : await unattributed(ledger, base, by)
  return { ...answer, ...byDimension(by, cells, answers, month), unattributed: nameless }
}

/** Spans nearer to each other than this are the same month's worth of traffic. */
const sameSpan = 0.02

/**
 * Choices under which weights are taken to a month by the span of all calls: those used on two days of fourteen are not
 * a month of those two. A volume that the reader states is that of one model, not of every slice.
 */
function onOneScale(evidence: Evidence, choices: Choices, toMonth: number): Choices {
  const alone = { ...choices, tokensPerMonth: null }
  const { demand } = evidence
  const tokens = totalTokens(demand)
  const ownMicros = demand.lastAtMicros - demand.firstAtMicros
  if (!(tokens > 0)) return alone
  const ratio = ownMicros > 0 ? (toMonth * ownMicros) / (choices.hoursPerMonth * 3600e6) : 0
  return Math.abs(ratio - 1) <= sameSpan ? alone : { ...choices, tokensPerMonth: tokens * toMonth }
}
