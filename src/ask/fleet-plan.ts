// Calls and a plan of several groups of replicas in; what that fleet would have done with them and cost, out.

import { gpuById, loadFacts } from '../catalog/facts.ts'
import { known } from '../core/decide/fleet-figures.ts'
import { type FleetPlan, type GroupTerms, planMoney, type TokenRates } from '../core/decide/plan-figures.ts'
import { Fault } from '../core/fault/fault.ts'
import { saturatedTokensPerGpuSecond } from '../core/serving/capacity/saturation.ts'
import { buildEngine } from '../core/serving/engine/engine.ts'
import type { Scaling } from '../core/serving/fleet/autoscaler.ts'
import { drawEscalations } from '../core/serving/fleet/cascade.ts'
import { type ColdStartPart, coldStartParts } from '../core/serving/fleet/cold-start.ts'
import {
  cacheBytes,
  simulateDisaggregated,
  type Transfer,
  transferDefaults,
} from '../core/serving/fleet/disaggregated.ts'
import type { Group } from '../core/serving/fleet/group.ts'
import { leftOutOfPlans } from '../core/serving/fleet/not-modelled.ts'
import { simulate } from '../core/serving/fleet/simulate.ts'
import { gpusOf, type ReplicaShape } from '../core/serving/hardware/memory.ts'
import { checkShape } from '../core/serving/hardware/shape-check.ts'
import type { Arrivals } from '../core/serving/traffic/arrivals.ts'
import { spreadTies } from '../core/serving/traffic/spread.ts'
import { estimate } from '../core/statistics/estimate.ts'
import { allArrivals, type CallTimes } from './busiest.ts'
import { objectiveOf } from './objective.ts'
import type { GroupQuestion, PlanQuestion } from './plan-question.ts'
import { defaultQuestion } from './question.ts'
import { shapeOf } from './replica-shape.ts'
import { scheduleSteps } from './schedule.ts'
import { elsewhereOf, leaseOf, offerOf, type SimulationTools, shownOffer } from './simulation.ts'
import { namedOffer } from './spill-api.ts'
import { tooLong } from './too-long.ts'

/** A group, ready to run, and what is told of it. */
interface Built {
  readonly group: Group
  readonly shape: ReplicaShape
  readonly terms: GroupTerms
}

/**
 * Replays calls on the fleet of a plan. What is wrong with a group names it as `groups.2.tp` does.
 * @throws Fault MODEL_UNKNOWN, GPU_UNKNOWN, those of checkShape and checkGroups, ROUTER_NEEDS, SPILL_API_…, NO_CALLS
 */
export function fleetPlan(calls: CallTimes, question: PlanQuestion, tools: SimulationTools): FleetPlan {
  const { arrivals: asCame, leftOut } = allArrivals(calls)
  if (asCame.n === 0) {
    throw new Fault('NO_CALLS', 'no call of the trace says how long its prompt and answer are', {
      fix: 'a replay needs input and output tokens',
    })
  }
  const arrivals = spreadTies(asCame)
  const { router, seed, overflow, admission, cascade, model } = question
  const built = question.groups.map((group, i) =>
    placed(`groups.${i}`, () => buildGroup(group, question, calls, arrivals)),
  )
  const objective = objectiveOf({ ...defaultQuestion, ...question.objective }, calls)
  const spill = overflow === null ? null : offerOf({ spillApi: overflow.api, model }, arrivals)
  const elsewhere = spill === null ? null : elsewhereOf(spill)
  const escalation = cascade === null ? null : escalationOf(cascade)

  tools.progress(`replaying ${arrivals.n.toLocaleString('en-US')} calls`)
  const before = tools.clock()
  const doors = {
    router,
    seed,
    overflow:
      overflow === null
        ? undefined
        : {
            bound: overflow.above ?? Number.POSITIVE_INFINITY,
            policy: overflow.policy,
            contextTokens: elsewhere?.contextTokens ?? null,
            maxOutputTokens: elsewhere?.maxOutputTokens ?? null,
          },
    admission: admission === null ? undefined : { bound: admission.above, policy: admission.policy },
  }
  const options = {
    objective,
    watched: question.watched,
    escalates: cascade === null ? undefined : escalating(cascade, arrivals.n, seed),
  }
  const of = (role: GroupQuestion['role']) => built.filter((_, i) => question.groups[i]!.role === role)
  const [prefill, decode] = [of('prefill'), of('decode')]
  const isApart = prefill.length > 0
  const transfer = isApart ? transferOf(question, prefill[0]!.shape) : null
  const outcome =
    transfer === null
      ? simulate(arrivals, { groups: built.map(({ group }) => group), ...doors }, options)
      : simulateDisaggregated(
          arrivals,
          { prefill: prefill.map(({ group }) => group), decode: decode.map(({ group }) => group), transfer, ...doors },
          options,
        )
  const inOrder = isApart ? [...prefill, ...decode] : built
  const seconds = tools.clock() - before
  const money = planMoney(
    outcome,
    inOrder.map(({ terms }) => terms),
    { spill: elsewhere?.usdPerMtok ?? null, escalation: escalation?.rates ?? null },
    isApart ? null : inOrder.map(({ group }) => saturatedTokensPerGpuSecond(group.engine, arrivals)),
  )
  return {
    ...money.figures,
    simulatedRequestsPerSecond: seconds <= 0 ? null : Math.round(outcome.requests / seconds),
    fleet: { model: built[0]!.shape.model.id, router },
    groups: money.groups,
    interrupted: outcome.interrupted,
    escalated: outcome.escalated,
    escalatedTokens: outcome.escalatedTokens,
    escalationUsd: money.escalationUsd,
    objective,
    spillApi: spill === null ? null : shownOffer(spill, overflow?.api != null),
    escalationApi: escalation?.shown ?? null,
    tooLong: tooLong(
      arrivals,
      (isApart ? decode : built).map(({ shape }) => shape),
      loadFacts().gpus,
    ),
    leftOut,
    transfer:
      transfer === null
        ? null
        : {
            gbPerSecond: transfer.bytesPerSecond / 1e9,
            milliseconds: transfer.seconds * 1000,
            bytesPerToken: estimate(transfer.bytes(1) - transfer.bytes(0)),
          },
    notModelled: leftOutOfPlans,
  }
}

/** Caches go from the first group that computes prompts in its own dtype. */
function transferOf({ transfer: { gbPerSecond, milliseconds } }: PlanQuestion, shape: ReplicaShape): Transfer {
  return {
    bytesPerSecond: gbPerSecond === null ? transferDefaults.bytesPerSecond : gbPerSecond * 1e9,
    seconds: milliseconds === null ? transferDefaults.seconds : milliseconds / 1000,
    bytes: cacheBytes(shape),
  }
}

/** What a group's Fault is about, by its place in the plan, where it does not say itself. */
function placed<T>(where: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    const { code, message, fix, kind } = thrown
    throw new Fault(code, message, { where, fix: fix ?? undefined, kind }, { cause: thrown })
  }
}

function buildGroup(asked: GroupQuestion, question: PlanQuestion, calls: CallTimes, arrivals: Arrivals): Built {
  const { term, usdPerGpuHour, gpusPerInstance } = asked.lease
  const shape = groupShape(asked, question.model)
  const notes = checkShape(shape)
  const engine = buildEngine(shape)
  if (!engine.memory.fits) throw new Fault('MODEL_DOES_NOT_FIT', engine.memory.problem!)
  const coldStart = coldStartParts(shape).map((part): ColdStartPart => {
    const seconds = asked.coldStart[part.name]
    return seconds === undefined ? part : { ...part, seconds, source: 'stated by you' }
  })
  const coldStartSeconds = coldStart.reduce((sum, part) => sum + part.seconds, 0)
  const scaling = scalingOf(asked, coldStartSeconds, calls, arrivals)
  return {
    shape,
    group: {
      name: asked.name ?? undefined,
      engine,
      replicas: asked.replicas ?? 1,
      scaling: scaling ?? undefined,
      spares: asked.spares,
      weight: asked.weight,
      failures:
        asked.failures === null
          ? undefined
          : {
              meanSecondsBetween: asked.failures.meanHoursBetween && asked.failures.meanHoursBetween * 3600,
              atSeconds: asked.failures.atSeconds,
            },
      spot: asked.spot ?? undefined,
      coldStartSeconds,
    },
    terms: {
      gpu: shape.gpu.id,
      dtype: shape.weightDtype ?? shape.model.nativeDtype,
      engine: shape.engine ?? 'vllm',
      gpusPerReplica: gpusOf(shape),
      lease: leaseOf({ gpu: asked.gpu, term, usdPerGpuHour, gpusPerInstance }),
      coldStart,
      scaling,
      notes,
    },
  }
}

/** @throws Fault GPU_UNKNOWN, ENGINE_UNKNOWN */
function groupShape(asked: GroupQuestion, model: string): ReplicaShape {
  const { gpu, tp, weights, kv, engine, prefixCache, pp, dp, ep, speculation, adapters } = asked
  const { maxBatchedTokens, maxSequences, memoryUtilization } = asked
  gpuById(gpu)
  return {
    ...shapeOf({ model, gpu, tp, weights, kv, engine, prefixCache, pp, dp, ep, speculation }),
    adapters: adapters ?? undefined,
    maxBatchedTokens,
    maxSequences,
    memoryUtilization,
  }
}

function scalingOf(
  { autoscale, replicas }: GroupQuestion,
  coldStartSeconds: number,
  calls: CallTimes,
  arrivals: Arrivals,
): Scaling | null {
  if (autoscale === null) return null
  const { schedule, min, max, start, ...rest } = autoscale
  const first = calls.atMicros[0]!
  const last = first + arrivals.atSeconds[arrivals.n - 1]! * 1e6
  const most = schedule === undefined ? 1 : Math.max(schedule.otherwise, ...schedule.hours.map(one => one.replicas))
  return {
    ...rest,
    target: autoscale.target ?? defaultTarget,
    minReplicas: min ?? (schedule === undefined ? 1 : 0),
    maxReplicas: max ?? Math.max(1, most),
    startReplicas: start ?? replicas ?? undefined,
    schedule: schedule === undefined ? undefined : scheduleSteps(schedule, first, last),
    coldStartSeconds,
  }
}

/** Requests in flight per replica that an autoscaler aims at where no target is stated. */
const defaultTarget = 16

function escalating({ share, flags }: NonNullable<PlanQuestion['cascade']>, n: number, seed: number): Uint8Array {
  if (flags === null) return drawEscalations(n, share ?? 0, seed)
  if (flags.length === n) return Uint8Array.from(flags)
  throw new Fault('CASCADE_FLAGS', `${flags.length} flags for ${n} calls`, {
    where: 'cascade.flags',
    fix: 'write a line of 0 or 1 for each call of known usage, in order of time',
  })
}

function escalationOf({ api, usdPerMtok, share }: NonNullable<PlanQuestion['cascade']>): {
  readonly rates: TokenRates | null
  readonly shown: FleetPlan['escalationApi']
} {
  if (usdPerMtok !== null) {
    const { input, output } = usdPerMtok
    const shown = {
      name: 'a larger model',
      usdPerMtokInput: input,
      usdPerMtokOutput: output,
      source: 'stated by you',
      share,
    }
    return { rates: usdPerMtok, shown }
  }
  if (api === null) return { rates: null, shown: null }
  const offer = namedOffer(api)
  return { rates: elsewhereOf(offer).usdPerMtok, shown: { ...shownOffer(offer, true), share: known(share) } }
}
