// A shape, traffic and an objective in question → what one replica carries within it, with its probes, in round figures.

import { Fault } from '../core/fault/fault.ts'
import { capacity, type Statistic } from '../core/serving/capacity.ts'
import { type CapacityAnswer, capacityAnswer } from '../core/serving/capacity-answer.ts'
import { meanOf } from '../core/serving/saturation.ts'
import { estimate } from '../core/statistics/estimate.ts'
import { busiestRequests, type CallTimes } from './busiest.ts'
import { objectiveOf } from './objective.ts'
import { defaultQuestion } from './question.ts'
import { type NamedShape, shapeOf } from './replica-shape.ts'

/** What `crossline capacity` is asked. Null = the default that the answer tells. */
export interface CapacityQuestion extends NamedShape {
  readonly engine: string | null
  /** Tokens of prompt and answer of Poisson arrivals; null = the traffic is that of the calls. */
  readonly input: number | null
  readonly output: number | null
  /** Lengths are uniform in [this, 1] × `input` and `output`. */
  readonly lengthRangeRatio: number
  /** Milliseconds; both null = what the mix asks for; one null = no limit on that one. */
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  readonly stat: Statistic
  /** In a fleet of so many. */
  readonly replicas: number
  readonly seed: number
}

/**
 * The load of one replica within the objective. `calls` are asked for where no lengths are stated.
 * @throws Fault MODEL_UNKNOWN, GPU_UNKNOWN, ENGINE_UNKNOWN, TP_DOES_NOT_DIVIDE, FIELD_MISSING, NO_CALLS
 */
export function capacityOf(question: CapacityQuestion, calls: CallTimes | null): CapacityAnswer {
  const { input, output, seed, replicas } = question
  const shape = shapeOf(question)
  const times = trafficOf(question, calls)
  const traced = calls !== null && input === null
  const sample = traced ? busiestRequests(calls) : null
  if (sample !== null && sample.n === 0) {
    throw new Fault('NO_CALLS', 'no call of the trace says how long its prompt and answer are', {
      fix: 'a load needs input and output tokens',
    })
  }
  const objective = limitsOf(question, times)
  const found = capacity({
    shape,
    traffic: sample ?? {
      inputTokens: input!,
      outputTokens: output!,
      lengthRangeRatio: question.lengthRangeRatio,
    },
    limits: objective,
    replicas,
    seed,
  })
  const middle = (1 + question.lengthRangeRatio) / 2
  return capacityAnswer(found, {
    shape,
    replicas,
    objective,
    traffic: {
      source: traced ? 'trace' : 'lengths',
      requests: sample?.n ?? null,
      inputTokens: estimate(sample === null ? input! * middle : meanOf(sample.inputTokens)),
      outputTokens: estimate(sample === null ? output! * middle : meanOf(sample.outputTokens)),
      arrivals: traced ? "the busiest hour's own, thinned or copied to each rate" : 'Poisson',
    },
  })
}

/** The calls, or two made up of the stated lengths: what default objectives look at. */
function trafficOf({ input, output, lengthRangeRatio }: CapacityQuestion, calls: CallTimes | null): CallTimes {
  if (input !== null && output !== null) {
    const pair = (tokens: number) => Int32Array.of(Math.max(1, Math.round(tokens * lengthRangeRatio)), tokens)
    return { n: 2, atMicros: Float64Array.of(0, 0), inputTokens: pair(input), outputTokens: pair(output) }
  }
  if (calls !== null && input === null && output === null) return calls
  throw new Fault('FIELD_MISSING', 'the traffic is not known: a trace, or tokens of prompt and of answer', {
    where: input === null ? 'input' : 'output',
    fix: 'give both input and output, or a trace',
  })
}

function limitsOf({ ttftMs, tpotMs, stat }: CapacityQuestion, times: CallTimes): CapacityAnswer['objective'] {
  if (ttftMs === null && tpotMs === null) {
    const { ttftP95Ms, tpotP95Ms, source } = objectiveOf(defaultQuestion, times)
    return { ttftMs: ttftP95Ms, tpotMs: tpotP95Ms, statistic: stat, source }
  }
  const said = (ms: number | null) => (ms === null ? 'no limit, since only the other is stated' : 'stated by you')
  return { ttftMs, tpotMs, statistic: stat, source: `first token: ${said(ttftMs)}; per token: ${said(tpotMs)}` }
}
