// A plan with groups, checked → the fleet that is asked about, defaults filled in; what stands beside groups and is theirs is refused.
import { readFileSync } from 'node:fs'
import type { GroupQuestion, PlanQuestion } from '../ask/plan-question.ts'
import { Fault } from '../core/fault/fault.ts'
import type { ScalingSignal } from '../core/serving/fleet/autoscaler.ts'
import type { Plan, PlannedGroup } from './plan-shape.ts'
import { unreadable } from './unreadable.ts'

/** Notice of the largest provider's spot interruptions (AWS documentation, "Spot Instance interruption notices"). */
const noticeSeconds = 120

/** Fields that a plan may state beside `groups`. */
const beside = [
  'trace',
  'model',
  'router',
  'sessions',
  'ttftP95Ms',
  'tpotP95Ms',
  'seed',
  'groups',
  'transfer',
  'overflow',
  'admission',
  'cascade',
]

/** @throws Fault PLAN_CONFLICT, CASCADE_…, FILE_UNREADABLE */
export function plannedFleet(plan: Plan & { readonly model: string }, seed: number): PlanQuestion {
  const { model, router, overflow, admission, cascade, ttftP95Ms, tpotP95Ms } = plan
  const odd = Object.entries(plan).find(([name, value]) => value !== undefined && !beside.includes(name))
  if (odd !== undefined) {
    throw new Fault('PLAN_CONFLICT', `"${odd[0]}" of a fleet of one group stands beside groups`, {
      where: odd[0],
      fix: 'state it in each group, or leave groups out',
    })
  }
  const roles = new Set(plan.groups!.map(group => group.role ?? null))
  if (roles.size > 1 ? roles.has(null) : !roles.has(null)) {
    throw new Fault('PLAN_ROLES', 'prompts and answers are computed apart by groups of both roles and no other', {
      where: 'groups',
      fix: 'give every group a role, prefill or decode, at least one of each; or none a role',
    })
  }
  return {
    model,
    groups: plan.groups!.map(groupAsked),
    router: router ?? 'least-loaded',
    sessions: plan.sessions ?? 'task',
    overflow:
      overflow === undefined
        ? null
        : { above: overflow.above ?? null, policy: overflow.policy, api: overflow.api ?? null },
    admission: admission ?? null,
    transfer: { gbPerSecond: plan.transfer?.gbPerSecond ?? null, milliseconds: plan.transfer?.milliseconds ?? null },
    cascade: cascade === undefined ? null : cascadeAsked(cascade),
    objective: { ttftP95Ms: ttftP95Ms ?? null, tpotP95Ms: tpotP95Ms ?? null },
    seed: plan.seed ?? seed,
  }
}

function groupAsked(group: PlannedGroup, index: number): GroupQuestion {
  const { autoscale, spot, failures, coldStart, usdPerGpuHour, term, gpusPerInstance } = group
  if (autoscale?.signal === 'schedule' && autoscale.schedule === undefined) {
    throw new Fault('SCALING_SCHEDULE', 'a group that scales by schedule states none', {
      where: `groups.${index}.autoscale`,
      fix: 'give schedule: { zone, hours, otherwise }',
    })
  }
  return {
    ...group,
    name: group.name ?? null,
    role: group.role ?? null,
    tp: group.tp ?? null,
    engine: group.engine ?? null,
    weights: group.weights ?? null,
    kv: group.kv ?? null,
    prefixCache: group.prefixCache ?? true,
    adapters: group.adapters ?? null,
    replicas: group.replicas ?? null,
    autoscale: autoscale === undefined ? null : { ...autoscale, signal: autoscale.signal as ScalingSignal },
    coldStart: coldStart ?? {},
    failures: failures ?? null,
    spot: spot === undefined ? null : { perHour: spot.perHour, noticeSeconds: spot.noticeSeconds ?? noticeSeconds },
    lease: {
      usdPerGpuHour: usdPerGpuHour ?? null,
      term: term ?? 'on_demand',
      gpusPerInstance: gpusPerInstance ?? null,
    },
  }
}

function cascadeAsked({ share, flags, api, usdPerMtok }: NonNullable<Plan['cascade']>): PlanQuestion['cascade'] {
  if ((share === undefined) === (flags === undefined) || (api !== undefined && usdPerMtok !== undefined)) {
    throw new Fault('CASCADE_TERMS', 'a cascade is of a share or of flags, at an API or at stated rates', {
      where: 'cascade',
      fix: 'give one of share and flags, and at most one of api and usdPerMtok',
    })
  }
  return {
    share: share ?? null,
    flags: flags === undefined ? null : flagsOf(flags),
    api: api ?? null,
    usdPerMtok: usdPerMtok ?? null,
  }
}

/** A line of 0 or 1 for each call. */
function flagsOf(path: string): readonly number[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    throw unreadable(path, thrown)
  }
  return text
    .trimEnd()
    .split('\n')
    .map((line, i) => {
      const flag = line.trim()
      if (flag === '0' || flag === '1') return Number(flag)
      throw new Fault('CASCADE_FLAGS', `"${flag.slice(0, 40)}" is neither 0 nor 1`, {
        where: `${path}:${i + 1}`,
        fix: 'write 1 for a call that the larger model answers again, else 0',
      })
    })
}
