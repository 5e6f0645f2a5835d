// What a fleet is made of → groups of replicas, each of one shape and sized in one way, checked before they run.
import { Fault } from '../../fault/fault.ts'
import { blocksAtMost, type Engine } from '../engine/engine.ts'
import { checkScaling, type Scaling } from './autoscaler.ts'
import { checkFailures, type Failures, type Spot } from './failures.ts'
import type { Admission, Overflow } from './overflow.ts'
import type { RouterName } from './routers.ts'

/** Replicas of one engine, a fixed number of them or as many as an autoscaler asks for. */
export interface Group {
  /** Default: its number among the groups, from 1. */
  readonly name?: string | undefined
  readonly engine: Engine
  /** So many throughout; with `scaling` the autoscaler's numbers hold instead. */
  readonly replicas: number
  readonly scaling?: Scaling | undefined
  /** Kept beside those that the sizing asks for, warm and serving: N+1. Default 0. */
  readonly spares?: number | undefined
  /** Of the requests that a router could give to it, against other groups' (default 1): twice the weight is meant to hold twice the load. */
  readonly weight?: number | undefined
  readonly failures?: Failures | undefined
  readonly spot?: Spot | undefined
  /** Until the replacement of a failed or interrupted replica serves; default: what `scaling` states. */
  readonly coldStartSeconds?: number | undefined
}

/** Replicas of one engine behind one router. */
export interface Fleet extends Group {
  readonly router?: RouterName | undefined
  /** Where requests go that the fleet has no room for; absent: they wait. */
  readonly overflow?: Overflow | undefined
  /** When the fleet refuses a request; absent: only where no replica could ever serve it. */
  readonly admission?: Admission | undefined
  /** Of what routers, failures and interruptions draw; default 1. */
  readonly seed?: number | undefined
  /** Tells what share of the busy time each request took. */
  readonly charges?: boolean | undefined
}

/** Groups of several shapes, sizings or leases behind one router. */
export interface MixedFleet extends Omit<Fleet, keyof Group> {
  readonly groups: readonly Group[]
}

export const groupsOf = (fleet: Fleet | MixedFleet): readonly Group[] => ('groups' in fleet ? fleet.groups : [fleet])

export const nameOf = ({ name }: Group, index: number): string => name ?? String(index + 1)

export const coldStartOf = ({ coldStartSeconds, scaling }: Group): number =>
  coldStartSeconds ?? scaling?.coldStartSeconds ?? 0

/** Throws a Fault for a fleet that could not run: FLEET_EMPTY, MODEL_DOES_NOT_FIT, SCALING_…, FAILURES_RANGE, GROUP_NAME, GROUP_WEIGHT. */
export function checkGroups(groups: readonly Group[]): void {
  if (groups.length === 0) throw empty(0)
  const names = groups.map(nameOf)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) {
    throw new Fault('GROUP_NAME', `two groups are called "${twice}"`, { fix: 'name them apart, or leave names out' })
  }
  for (const { engine, replicas, scaling, failures, spot, spares = 0, weight = 1 } of groups) {
    const { memory } = engine
    if (scaling) checkScaling(scaling)
    else if (!Number.isInteger(replicas) || replicas < 1) throw empty(replicas)
    if (!memory.fits) throw new Fault('MODEL_DOES_NOT_FIT', memory.problem ?? 'the model does not fit')
    if (!Number.isInteger(spares) || spares < 0) throw empty(spares, 'spare ')
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new Fault('GROUP_WEIGHT', `a group's weight is a number above 0, got ${weight}`, {
        fix: 'leave it out for 1',
      })
    }
    checkFailures(failures, spot)
  }
}

function empty(count: number, of = ''): Fault {
  const least = of === '' ? 1 : 0
  return new Fault('FLEET_EMPTY', `a fleet needs a whole number of ${of}replicas ≥ ${least}, got ${count}`, {
    fix: `use ${least} or more`,
  })
}

/** Tokens, prompt and output, of the longest request that a replica of this engine can ever serve. */
export function longestServed({ memory, maxContext }: Engine): number {
  let served = 0
  let over = maxContext + 1
  while (over - served > 1) {
    const middle = Math.floor((served + over) / 2)
    if (blocksAtMost(memory, middle) <= memory.kvBlocks) served = middle
    else over = middle
  }
  return served
}
