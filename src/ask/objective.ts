// A mix of prompts and answers in; the latency that a fleet is sized for, and why, out.
import type { Evidence } from '../core/decide/evidence.ts'
import { estimate } from '../core/statistics/estimate.ts'
import { quantile, sorted } from '../core/statistics/sample.ts'
import type { CallTimes } from './busiest.ts'
import { measuredLatency } from './measured-latency.ts'
import type { Question } from './question.ts'

/** MLPerf Inference v5.1 asks 2 s (p99) to the first token of Llama-2-70B Server, 450 ms of its Interactive scenario. */
const firstTokenMs = 2000
/** 20 tokens a second, four times reading speed; MLPerf asks 200 ms (Server) and 40 ms (Interactive) per output token. */
const perTokenMs = 50
/**
 * Nobody reads a prompt of 50,000 tokens in 2 s: beyond 4,000 tokens the wait may grow by 1 ms for every two. MLPerf v5.1
 * asks 6 s (p99) of Llama-3.1-405B Server at 9,400 tokens of prompt on average, 1.6 tokens a millisecond.
 */
const promptTokensPerMs = 2
/**
 * Where the median answer is shorter than 100 tokens a pace means little (one prompt read beside an answer of five
 * tokens triples its time per token): then a whole answer may take this long, down to the shortest twentieth.
 */
const wholeAnswerMs = 5000
const shortAnswerTokens = 100

/**
 * Stated objectives, else what today's option delivers by the ledger, else those of the mix: 95th percentiles, the same
 * for every option, each by itself.
 */
export function objectiveOf(question: Question, calls: CallTimes): Evidence['objective'] {
  const prompt = quantile(sorted(known(calls.inputTokens)), 0.95) ?? 0
  const answers = sorted(known(calls.outputTokens))
  // Answers that nobody counted are not short ones.
  const median = quantile(answers, 0.5) ?? shortAnswerTokens
  const shortest = Math.max(2, quantile(answers, 0.05) ?? 0)
  const ttft = estimate(Math.max(firstTokenMs, prompt / promptTokensPerMs))
  const tpot = estimate(median < shortAnswerTokens ? Math.max(perTokenMs, wholeAnswerMs / shortest) : perTokenMs)
  const measured = measuredLatency(calls)
  const today = ({ calls: count }: { readonly calls: number }) =>
    `what today's option delivers, p95 of the ${count} calls whose record says so`
  const reasons = [
    question.ttftP95Ms !== null
      ? 'first token: stated by you'
      : measured.ttft !== null
        ? `first token: ${today(measured.ttft)}`
        : ttft > firstTokenMs
          ? `first token: the p95 prompt of ${Math.round(prompt)} tokens read at ${promptTokensPerMs * 1000} a second`
          : 'first token: 2 s (MLPerf Inference v5.1 Server, Llama-2-70B)',
    question.tpotP95Ms !== null
      ? 'per token: stated by you'
      : measured.tpot !== null
        ? `per token: ${today(measured.tpot)}`
        : tpot > perTokenMs
          ? `per token: answers are short (median ${Math.round(median)} tokens), so ${wholeAnswerMs / 1000} s for a whole one of ${Math.round(shortest)}`
          : 'per token: 20 tokens a second (between MLPerf Server and Interactive)',
  ]
  return {
    ttftP95Ms: question.ttftP95Ms ?? measured.ttft?.p95Ms ?? ttft,
    tpotP95Ms: question.tpotP95Ms ?? measured.tpot?.p95Ms ?? tpot,
    source: reasons.join('; '),
    stated: { ttft: question.ttftP95Ms !== null, tpot: question.tpotP95Ms !== null },
    measured,
  }
}

const known = (counts: Int32Array): Float64Array => Float64Array.from(counts.filter(count => count >= 0))
