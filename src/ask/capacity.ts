// A shape, traffic and an objective in question → what one replica carries within it, with its probes, in round figures.

import { doubtsAbout } from '../catalog/facts.ts'
import { type HorizonAnswer, horizonFigures } from '../core/decide/horizon-figures.ts'
import { Fault } from '../core/fault/fault.ts'
import { capacity, type Statistic } from '../core/serving/capacity/capacity.ts'
import { type CapacityAnswer, capacityAnswer } from '../core/serving/capacity/capacity-answer.ts'
import { fleetCurve } from '../core/serving/capacity/fleet-curve.ts'
import { horizonOf, type Rates } from '../core/serving/capacity/horizon.ts'
import { meanOf } from '../core/serving/capacity/saturation.ts'
import { coldStartSeconds as coldStartOf } from '../core/serving/fleet/cold-start.ts'
import { estimate } from '../core/statistics/estimate.ts'
import { busiestRequests, type CallTimes } from './busiest.ts'
import { objectiveOf } from './objective.ts'
import { defaultQuestion } from './question.ts'
import { type NamedShape, shapeOf } from './replica-shape.ts'
import { leaseOf } from './simulation.ts'

/** What `crossline capacity` is asked. Null = the default that the answer tells. */
export interface CapacityQuestion extends NamedShape {
  readonly engine: string | null
  /** Tokens of prompt and answer of Poisson arrivals; null = the traffic is that of the calls. */
  readonly input: number | null
  readonly output: number | null
  /** Lengths are uniform in [this, 1] × `input` and `output`. */
  readonly lengthRangeRatio: number
  /** Coefficient of variation of the gaps between these; 1 = Poisson. */
  readonly cv: number
  /** Milliseconds; both null = what the mix asks for; one null = no limit on that one. */
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  readonly stat: Statistic
  /** In a fleet of so many. */
  readonly replicas: number
  readonly seed: number
}

/** Requests over days, and the fleet that is to serve them. Null = the default that the answer tells. */
export interface HorizonQuestion {
  readonly rates: Rates
  /** Every rate times this. */
  readonly scale: number
  readonly minReplicas: number
  readonly coldStartSeconds: number | null
  readonly usdPerGpuHour: number | null
  readonly term: string
}

/**
 * The load of one replica within the objective. `calls` are asked for where no lengths are stated.
 * @throws Fault MODEL_UNKNOWN, GPU_UNKNOWN, ENGINE_UNKNOWN, TP_DOES_NOT_DIVIDE, FIELD_MISSING, NO_CALLS
 */
export function capacityOf(question: CapacityQuestion, calls: CallTimes | null): CapacityAnswer {
  const { request, asked } = requestOf(question, calls)
  return {
    ...capacityAnswer(capacity({ ...request, replicas: question.replicas }), asked),
    assumptions: doubtsAbout(asked.shape),
  }
}

/** The same, and what a fleet of such replicas would cost and do over days of these rates. Faults as before, and TERM_UNKNOWN. */
export function horizonAnswer(
  question: CapacityQuestion,
  horizon: HorizonQuestion,
  calls: CallTimes | null,
): HorizonAnswer {
  const { request, asked } = requestOf({ ...question, replicas: 1 }, calls)
  const { minReplicas, scale, term, usdPerGpuHour } = horizon
  const { windowSeconds } = horizon.rates
  const requestsPerSecond = Float64Array.from(horizon.rates.requestsPerSecond, rate => rate * scale)
  const most = requestsPerSecond.reduce((max, rate) => Math.max(max, rate), 0)
  const { alone, curve } = fleetCurve(request, most)
  const answer = { ...capacityAnswer(alone, asked), assumptions: doubtsAbout(asked.shape) }
  if (curve === null) return { ...answer, horizon: null }
  const coldStartSeconds = horizon.coldStartSeconds ?? coldStartOf(request.shape)
  const { usdPerGpuHour: price, source } = leaseOf({ gpu: question.gpu, term, usdPerGpuHour, gpusPerInstance: null })
  const found = horizonOf({ windowSeconds, requestsPerSecond }, curve, { minReplicas, coldStartSeconds })
  return {
    ...answer,
    horizon: horizonFigures(found, curve, {
      windowSeconds,
      minReplicas,
      coldStartSeconds,
      lease: { usdPerGpuHour: price, source },
      inputTokens: answer.traffic.inputTokens,
      outputTokens: answer.traffic.outputTokens,
    }),
  }
}

function requestOf(question: CapacityQuestion, calls: CallTimes | null) {
  const { input, output, seed, replicas, lengthRangeRatio, cv } = question
  const shape = shapeOf(question)
  const times = trafficOf(question, calls)
  const sample = calls !== null && input === null ? busiestRequests(calls) : null
  if (sample !== null && sample.n === 0) {
    throw new Fault('NO_CALLS', 'no call of the trace says how long its prompt and answer are', {
      fix: 'a load needs input and output tokens',
    })
  }
  const objective = limitsOf(question, times)
  const lengths = { inputTokens: input!, outputTokens: output!, lengthRangeRatio, cv }
  const middle = (1 + lengthRangeRatio) / 2
  const traffic: CapacityAnswer['traffic'] =
    sample === null
      ? {
          source: 'lengths',
          requests: null,
          inputTokens: estimate(input! * middle),
          outputTokens: estimate(output! * middle),
          arrivals: cv === 1 ? 'Poisson' : `gaps of variation ${cv} (Gamma)`,
        }
      : {
          source: 'trace',
          requests: sample.n,
          inputTokens: estimate(meanOf(sample.inputTokens)),
          outputTokens: estimate(meanOf(sample.outputTokens)),
          arrivals: "the busiest hour's own, thinned or copied to each rate",
        }
  return {
    request: { shape, traffic: sample ?? lengths, limits: objective, seed },
    asked: { shape, replicas, objective, traffic },
  }
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
