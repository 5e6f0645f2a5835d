// Calls and a fleet in question in; what that fleet, or each way to size it, would have done with them and cost, out.

import { doubtsAbout, gpuById, loadFacts, weightsOf } from '../catalog/facts.ts'
import { billingOf, defaultLease } from '../catalog/leases.ts'
import type { HostedOffer } from '../catalog/offers.ts'
import { chargedBy } from '../core/decide/charged.ts'
import { figures, known, type Simulation } from '../core/decide/fleet-figures.ts'
import { goesOnWords } from '../core/decide/instance-hours.ts'
import { unknown } from '../core/decide/lease.ts'
import {
  allApi,
  billOf,
  type Elsewhere,
  type SizingName,
  type SizingQuestion,
  sizeFleets,
} from '../core/decide/sizing.ts'
import { Fault } from '../core/fault/fault.ts'
import { many } from '../core/fault/many.ts'
import { loadOf } from '../core/serving/capacity/fleet-size.ts'
import { saturatedTokensPerGpuSecond } from '../core/serving/capacity/saturation.ts'
import { sustain } from '../core/serving/capacity/sustain.ts'
import { buildEngine } from '../core/serving/engine/engine.ts'
import type { Scaling } from '../core/serving/fleet/autoscaler.ts'
import { coldStartParts } from '../core/serving/fleet/cold-start.ts'
import type { Fleet } from '../core/serving/fleet/fleet.ts'
import { notModelled } from '../core/serving/fleet/not-modelled.ts'
import type { RouterName } from '../core/serving/fleet/routers.ts'
import { simulateSessions } from '../core/serving/fleet/sessions.ts'
import { type Outcome, simulate } from '../core/serving/fleet/simulate.ts'
import { gpusOf } from '../core/serving/hardware/memory.ts'
import { checkShape } from '../core/serving/hardware/shape-check.ts'
import { type Arrivals, picked } from '../core/serving/traffic/arrivals.ts'
import { spreadTies } from '../core/serving/traffic/spread.ts'
import { estimate } from '../core/statistics/estimate.ts'
import type { CallLabels } from '../ledger/ledger.ts'
import { allArrivals, busiestRequests, type CallTimes } from './busiest.ts'
import { objectiveOf } from './objective.ts'
import { defaultQuestion } from './question.ts'
import { shapeOf } from './replica-shape.ts'
import { defaultOffer, namedOffer, spillApiRule } from './spill-api.ts'
import { tooLong } from './too-long.ts'
import { turnsOf } from './turns.ts'

/** What `crossline simulate` is asked. Null = the default that the answer tells. */
export interface SimulationQuestion {
  readonly model: string
  readonly gpu: string
  /** Tensor parallelism; null = the fewest GPUs that hold the model. */
  readonly tp: number | null
  /** Stages, copies of the attention weights, GPUs that share the experts; absent = 1. */
  readonly pp?: number | undefined
  readonly dp?: number | undefined
  readonly ep?: number | undefined
  readonly weights: string | null
  readonly kv: string | null
  /** Null = vLLM. */
  readonly engine: string | null
  /** `TOKENS:ACCEPTANCE[:DRAFT]`. */
  readonly speculation?: string | null
  readonly prefixCache: boolean
  /** Null = 1, or what the first of `sizings` needs. */
  readonly replicas: number | null
  readonly router: RouterName
  /** The dimension of calls that says which session they belong to; absent: their task. */
  readonly sessions?: string | undefined
  readonly ttftP95Ms: number | null
  readonly tpotP95Ms: number | null
  readonly usdPerGpuHour: number | null
  readonly term: string
  /** GPUs of a leased instance; null = as the row is sold. */
  readonly gpusPerInstance: number | null
  readonly spillApi: string | null
  /** Requests on one replica beyond which the next call goes to the API; null = it waits. */
  readonly spillAbove: number | null
  /** Stated parts of an autoscaler. With `maxReplicas`, the fleet asked about is one that scales. */
  readonly scaling: Partial<Scaling>
  readonly sizings: readonly SizingName[]
  /** A dimension by whose values the fleet's time and cost are told; null = none. Only of the fleet that is stated. */
  readonly by: string | null
  /** The dimension that names sessions whose next call waits for the last answer; null = calls keep their recorded times. */
  readonly closedLoop: string | null
  readonly seed: number
  /** Look at the stated fleet over time. */
  readonly watched?: boolean
}

export interface SimulationTools {
  /** Seconds of a clock that only goes forward, for the speed of the simulation itself. */
  readonly clock: () => number
  readonly progress: (text: string) => void
}

/**
 * Replays calls on the fleet asked about; with `sizings`, on a fleet of each. The figures at the top are then those of
 * the first of them, unless replicas were stated. `labels` tell whose each call is, by the dimension asked for. Faults: MODEL_UNKNOWN, GPU_UNKNOWN, MODEL_DOES_NOT_FIT, SPILL_API_UNKNOWN, NO_CALLS.
 */
export function simulation(
  calls: CallTimes,
  question: SimulationQuestion,
  tools: SimulationTools,
  labels: CallLabels | null = null,
): Simulation {
  const { arrivals: asCame, leftOut, callOf } = allArrivals(calls)
  if (asCame.n === 0) {
    throw new Fault('NO_CALLS', 'no call of the trace says how long its prompt and answer are', {
      fix: 'a replay needs input and output tokens',
    })
  }
  const arrivals = spreadTies(asCame)
  const shape = shapeOf(question)
  const engine = buildEngine(shape)
  if (!engine.memory.fits) throw new Fault('MODEL_DOES_NOT_FIT', engine.memory.problem!, { where: '--tp' })
  const { ttftP95Ms, tpotP95Ms, seed, router } = question
  const objective = objectiveOf({ ...defaultQuestion, ttftP95Ms, tpotP95Ms }, calls)
  const lease = leaseOf(question)
  const offer = offerOf(question, arrivals)
  const parts = coldStartParts(shape)
  const coldStartSeconds = question.scaling.coldStartSeconds ?? parts.reduce((sum, part) => sum + part.seconds, 0)
  const wantsLoad = question.sizings.length > 0
  if (wantsLoad) tools.progress('trying a replica')
  const carried = wantsLoad ? sustain({ shape, sample: busiestRequests(calls), objective, seed }) : null
  const carries = carried === null || carried.requestsPerSecond === 0 ? null : carried
  const load = carries === null ? null : loadOf(arrivals, carries)
  const asked: SizingQuestion = {
    arrivals,
    engine,
    router,
    objective,
    load,
    usdPerGpuHour: lease.usdPerGpuHour,
    instances: lease,
    elsewhere: offer === null ? null : elsewhereOf(offer),
    scaling: { ...question.scaling, coldStartSeconds },
  }

  const sizings = sizeFleets(asked, question.sizings, name => tools.progress(`sizing for ${name}`))
  const isOwnAsked = sizings.length === 0 || question.replicas !== null
  if (isOwnAsked) tools.progress('replaying the traffic')
  const before = tools.clock()
  const stated = { ...fleetOf(asked, question), charges: labels !== null }
  const loop = question.closedLoop === null ? null : turnsOf(arrivals, calls, callOf, question.closedLoop)
  const { watched } = question
  const replay = (): Outcome => {
    if (loop === null) return simulate(arrivals, stated, { objective, watched })
    const outcome = simulateSessions(loop.turns, stated, { objective })
    // Calls that come when they came in the loop make the fleet do the same once more.
    const again = watched ? simulate(inOrder(arrivals, outcome.startedAtSeconds), stated, { watched }) : null
    return again?.timeline === undefined ? outcome : { ...outcome, timeline: again.timeline }
  }
  const own = isOwnAsked ? replay() : null
  const seconds = tools.clock() - before
  const first = sizings[0] ?? null
  const full = saturatedTokensPerGpuSecond(engine, arrivals)
  const whole = allApi(asked)
  const lasted = (own ?? first?.outcome)?.durationSeconds ?? null
  return {
    ...(own === null
      ? figures(first!.outcome, first!.bill, carries, full)
      : figures(own, billOf(own, asked), carries, full)),
    simulatedRequestsPerSecond: own === null || seconds <= 0 ? null : Math.round(own.requests / seconds),
    fleet: {
      model: shape.model.id,
      gpu: shape.gpu.id,
      gpusPerReplica: gpusOf(shape),
      dtype: shape.weightDtype ?? shape.model.nativeDtype,
      router,
    },
    objective,
    lease: { ...lease, note: lasted === null ? null : goesOnWords(lasted, lease.billing) },
    spillApi: offer === null ? null : shownOffer(offer, question.spillApi !== null),
    allApiUsd: whole === null ? null : known(billOf(whole, asked).usd),
    coldStart: parts,
    load: load === null ? null : { mean: estimate(load.mean), p95: estimate(load.p95) },
    shapeNotes: [...checkShape(shape), ...doubtsAbout(shape).map(doubtText)],
    tooLong: tooLong(arrivals, [shape], loadFacts().gpus),
    leftOut,
    ...(loop === null ? {} : { closedLoop: loop.facts }),
    ...(own?.charges === undefined || labels === null
      ? {}
      : {
          charged: chargedBy({
            by: question.by!,
            ...own.charges,
            ...billOf(own, asked),
            inputTokens: arrivals.inputTokens,
            outputTokens: arrivals.outputTokens,
            labels: Int32Array.from(callOf, call => labels.labels[call]!),
            names: labels.names,
          }),
        }),
    ...(sizings.length === 0
      ? {}
      : {
          sizings: sizings.map(({ sizing, outcome, bill, spillAbove, scaling, problem }) => ({
            sizing,
            ...figures(outcome, bill, carries, full),
            spillAbove,
            scaling,
            problem,
          })),
        }),
    notModelled,
  }
}

/** The same requests, at other times. */
function inOrder(arrivals: Arrivals, times: Float64Array): Arrivals {
  const order = Int32Array.from({ length: arrivals.n }, (_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b)
  const first = times[order[0]!]!
  return picked(
    arrivals,
    order,
    Float64Array.from(order, i => times[i]! - first),
  )
}

function fleetOf({ engine, elsewhere, router, scaling }: SizingQuestion, question: SimulationQuestion): Fleet {
  const spills = question.spillAbove !== null || question.spillApi !== null
  const { maxReplicas } = scaling
  const fewest = scaling.minReplicas ?? 1
  return {
    engine,
    router,
    replicas: question.replicas ?? 1,
    overflow: spills
      ? {
          bound: question.spillAbove ?? Number.POSITIVE_INFINITY,
          contextTokens: elsewhere?.contextTokens ?? null,
          maxOutputTokens: elsewhere?.maxOutputTokens ?? null,
        }
      : undefined,
    scaling:
      maxReplicas === undefined
        ? undefined
        : {
            signal: 'concurrency',
            target: defaultTarget,
            startReplicas: question.replicas ?? fewest,
            ...scaling,
            minReplicas: fewest,
            maxReplicas,
          },
  }
}

/** Requests in flight per replica that a stated autoscaler aims at where nothing is sized that would say how many one carries. */
const defaultTarget = 16

/** The lease of a GPU: as stated, else the table's default of that term. @throws Fault TERM_UNKNOWN */
export function leaseOf({
  gpu,
  term,
  usdPerGpuHour,
  gpusPerInstance,
}: Pick<SimulationQuestion, 'gpu' | 'term' | 'usdPerGpuHour' | 'gpusPerInstance'>): Omit<Simulation['lease'], 'note'> {
  if (usdPerGpuHour !== null) return { usdPerGpuHour, source: 'stated by you', gpusPerInstance, billing: null }
  const leases = loadFacts().leases.filter(row => gpusPerInstance === null || row.gpusPerInstance === gpusPerInstance)
  const terms = new Set(loadFacts().leases.map(lease => lease.term))
  if (!terms.has(term)) throw unknown('TERM_UNKNOWN', 'lease term', term, terms)
  const { id } = gpuById(gpu)
  const row = defaultLease(leases, id, term)
  if (row === null) {
    const size = gpusPerInstance === null ? '' : ` by instances of ${many(gpusPerInstance, 'GPU')}`
    const source = `no ${term} price is known for ${id}${size}`
    return { usdPerGpuHour: null, source, gpusPerInstance, billing: null }
  }
  const { provider, region, asOf, source } = row
  const where = `${provider} ${term}, ${region}, ${asOf ?? 'undated'}`
  return {
    usdPerGpuHour: Number(row.usdPerGpuHour),
    source: `${where} (${source})`,
    gpusPerInstance: row.gpusPerInstance,
    billing: billingOf(row),
  }
}

/** The API that takes what the fleet does not: as named, else a middle one. @throws Fault SPILL_API_… */
export function offerOf(
  { spillApi, model }: Pick<SimulationQuestion, 'spillApi' | 'model'>,
  arrivals: Arrivals,
): HostedOffer | null {
  return spillApi === null ? defaultOffer(weightsOf(model)?.weights ?? model, arrivals) : namedOffer(spillApi)
}

export function elsewhereOf(offer: HostedOffer): Elsewhere {
  const { contextTokens, maxOutputTokens, usdPerMtokInput: input, usdPerMtokOutput: output } = offer
  const usdPerMtok = input === null || output === null ? null : { input: Number(input), output: Number(output) }
  return { contextTokens, maxOutputTokens, usdPerMtok }
}

export function shownOffer(offer: HostedOffer, isNamed: boolean): NonNullable<Simulation['spillApi']> {
  const { usdPerMtok } = elsewhereOf(offer)
  return {
    name: `${offer.host}:${offer.modelAsListed}`,
    usdPerMtokInput: usdPerMtok?.input ?? null,
    usdPerMtokOutput: usdPerMtok?.output ?? null,
    source: `${isNamed ? 'named by you' : spillApiRule}; ${offer.observedAt ?? 'undated'} (${offer.source})`,
  }
}

const doubtText = ({ name, value, source }: ReturnType<typeof doubtsAbout>[number]): string =>
  `${name}: ${value} (${source})`
