// Stated terms of APIs, fleets and own hardware in; monthly bills, exact crossings and payback out. No traffic, no simulation.
import { estimate } from '../statistics/estimate.ts'
import type { ApiInputs, ClosedFormInputs, DemandInputs, SelfHostInputs } from './closed-form-inputs.ts'
import { crossings, type PairCrossings } from './crossings.ts'
import { type OwnResult, ownHardware } from './own-hardware.ts'
import { type Curve, curveAt, servingAt } from './staircase.ts'

interface ApiResult {
  readonly usdPerMonth: number | null
  /** At the demand's own mix, without the fixed cost. */
  readonly blendedUsdPerMtok: number | null
}

interface SelfHostResult {
  readonly replicaUsdPerMonth: number
  readonly replicaMtokPerMonth: number | null
  readonly usdPerMtokFull: number | null
  readonly replicas: number
  readonly usdPerMonth: number
  readonly usdPerMtok: number | null
  readonly utilization: number | null
  readonly idleUsdPerMonth: number | null
}

interface ClosedFormCrossing {
  readonly api: string
  readonly selfHost: string
  readonly mtokPerMonth: number
  /** When the demand says what a request holds. */
  readonly requestsPerMonth?: number
  /** Leased there, spares included. */
  readonly replicas: number
  /** Without a throughput nobody knows whether so few replicas can serve this volume. */
  readonly capacityUnknown?: true
}

export interface ClosedFormResult {
  readonly api: Readonly<Record<string, ApiResult>>
  readonly selfHost: Readonly<Record<string, SelfHostResult>>
  readonly crossings: readonly ClosedFormCrossing[]
  /** `unknown`: the API's price per token is not stated for this demand, so nobody can tell. */
  readonly never: readonly {
    readonly api: string
    readonly selfHost: string
    readonly reason: string
    readonly unknown?: true
  }[]
  readonly forGoodFrom: readonly {
    readonly api: string
    readonly selfHost: string
    readonly mtokPerMonth: number
    readonly requestsPerMonth?: number
  }[]
  /** Pairs with more crossings than are listed; `total` null = endless. Absent when all are listed. */
  readonly truncated?: readonly {
    readonly api: string
    readonly selfHost: string
    readonly listed: number
    readonly total: number | null
  }[]
  readonly own?: OwnResult
}

/** Crossings listed per pair; `forGoodFrom` is exact whatever their number. */
const mostListed = 1000

/** The closed form of `crossover --inputs`; every formula is the interface's own. Exact but for
 * rounding: figures are given to 12 significant digits. */
export function closedForm(inputs: ClosedFormInputs): ClosedFormResult {
  const { demand, hoursPerMonth } = inputs
  const fleets = inputs.selfHost.map(terms => fleetOf(terms, hoursPerMonth))
  const found: ClosedFormCrossing[] = []
  const never: { api: string; selfHost: string; reason: string; unknown?: true }[] = []
  const forGoodFrom: { api: string; selfHost: string; mtokPerMonth: number; requestsPerMonth?: number }[] = []
  const truncated: { api: string; selfHost: string; listed: number; total: number | null }[] = []
  const volume = (mtok: number) => ({
    mtokPerMonth: estimate(mtok),
    ...(demand.mtokPerRequest === null ? {} : { requestsPerMonth: estimate(mtok / demand.mtokPerRequest) }),
  })
  for (const api of inputs.api) {
    const usdPerMtok = blended(api, demand)
    for (const fleet of fleets) {
      const pair = { api: api.name, selfHost: fleet.terms.name }
      if (usdPerMtok === null) {
        never.push({ ...pair, reason: `cannot tell: ${whyUnknown(api)}`, unknown: true })
        continue
      }
      const line = lineOf(usdPerMtok, api.fixedUsdPerMonth)
      const result = crossings(line, fleet.curve, mostListed)
      const unknown = fleet.replicaMtok === null
      for (const crossing of result.list) {
        const replicas = crossing.lots + fleet.terms.spareReplicas
        found.push({ ...pair, ...volume(crossing.at), replicas, ...(unknown ? { capacityUnknown: true } : {}) })
      }
      if (result.total === 0) never.push({ ...pair, reason: whyNever(line, fleet) })
      if (result.forGood !== null && !unknown) forGoodFrom.push({ ...pair, ...volume(result.forGood.at) })
      if (result.total > result.list.length) truncated.push({ ...pair, ...listed(result) })
    }
  }
  return {
    api: Object.fromEntries(inputs.api.map(api => [api.name, apiResult(api, demand)])),
    selfHost: Object.fromEntries(fleets.map(fleet => [fleet.terms.name, fleetResult(fleet, demand, hoursPerMonth)])),
    crossings: found,
    never,
    forGoodFrom,
    ...(truncated.length > 0 ? { truncated } : {}),
    ...(inputs.own === null ? {} : { own: ownHardware(inputs.own, hoursPerMonth) }),
  }
}

interface Fleet {
  readonly terms: SelfHostInputs
  readonly replicaUsd: number
  readonly throughputMtok: number | null
  readonly replicaMtok: number | null
  readonly curve: Curve
}

function fleetOf(terms: SelfHostInputs, hoursPerMonth: number): Fleet {
  const replicaUsd = terms.gpusPerReplica * terms.usdPerGpuHour * hoursPerMonth * (1 + terms.overheadShare)
  const { tokensPerSecond, mtokPerReplicaMonth } = terms
  const throughputMtok =
    mtokPerReplicaMonth ?? (tokensPerSecond === null ? null : (tokensPerSecond * 3600 * hoursPerMonth) / 1e6)
  const replicaMtok = throughputMtok === null ? null : (throughputMtok * terms.maxUtilization) / terms.peakToMean
  const curve: Curve = {
    fixed: terms.fixedUsdPerMonth + terms.spareReplicas * replicaUsd,
    slope: 0,
    step: replicaUsd,
    capacity: replicaMtok ?? Number.POSITIVE_INFINITY,
    minimum: terms.minReplicas,
    limit: Number.POSITIVE_INFINITY,
  }
  return { terms, replicaUsd, throughputMtok, replicaMtok, curve }
}

function lineOf(slope: number, fixed: number): Curve {
  const any = Number.POSITIVE_INFINITY
  return { fixed, slope, step: 0, capacity: any, minimum: 0, limit: any }
}

/** USD per million tokens at the demand's mix; null when the demand does not say what the price needs. */
function blended(api: ApiInputs, demand: DemandInputs): number | null {
  if (api.usdPerMtok !== null) return api.usdPerMtok
  if (api.usdPerRequest !== null)
    return demand.mtokPerRequest === null ? null : api.usdPerRequest / demand.mtokPerRequest
  const { inputMtokPerMonth: input, outputMtokPerMonth: output } = demand
  if (input === null || output === null || input + output === 0) return null
  return (input * api.inputUsdPerMtok! + output * api.outputUsdPerMtok!) / (input + output)
}

function whyUnknown(api: ApiInputs): string {
  return api.usdPerRequest === null
    ? 'its price needs demand.inputMtokPerMonth and demand.outputMtokPerMonth'
    : 'its price by request needs demand.mtokPerRequest'
}

function apiResult(api: ApiInputs, demand: DemandInputs): ApiResult {
  const usdPerMtok = blended(api, demand)
  const volume = demand.mtokPerMonth
  const variable = usdPerMtok !== null && volume !== null ? usdPerMtok * volume : volume === 0 ? 0 : null
  return {
    usdPerMonth: variable === null ? null : estimate(variable + api.fixedUsdPerMonth),
    blendedUsdPerMtok: usdPerMtok === null ? null : estimate(usdPerMtok),
  }
}

function fleetResult(fleet: Fleet, demand: DemandInputs, hoursPerMonth: number): SelfHostResult {
  const { terms, replicaUsd, throughputMtok, replicaMtok, curve } = fleet
  const volume = replicaMtok === null ? null : demand.mtokPerMonth
  const replicas = (volume === null ? terms.minReplicas : servingAt(curve, volume)) + terms.spareReplicas
  const usd = volume === null ? replicas * replicaUsd + terms.fixedUsdPerMonth : curveAt(curve, volume)
  const gpuUsd = replicas * terms.gpusPerReplica * terms.usdPerGpuHour * hoursPerMonth
  const utilization = volume === null || replicas === 0 ? null : volume / (replicas * throughputMtok!)
  const idle = utilization !== null ? (1 - utilization) * gpuUsd : volume !== null ? 0 : null
  return {
    replicaUsdPerMonth: estimate(replicaUsd),
    replicaMtokPerMonth: replicaMtok === null ? null : estimate(replicaMtok),
    usdPerMtokFull: replicaMtok === null ? null : estimate(replicaUsd / replicaMtok),
    replicas,
    usdPerMonth: estimate(usd),
    usdPerMtok: demand.mtokPerMonth === null || demand.mtokPerMonth === 0 ? null : estimate(usd / demand.mtokPerMonth),
    utilization: utilization === null ? null : estimate(utilization),
    idleUsdPerMonth: idle === null ? null : estimate(idle),
  }
}

/** The reason in the terms of law 8, with both figures. */
function whyNever(api: Curve, fleet: Fleet): string {
  if (fleet.replicaMtok === null) return 'the API does not grow dearer with volume, and costs no more than the fleet'
  const full = fleet.replicaUsd / fleet.replicaMtok
  return `a full replica costs ${short(full)} USD/Mtok for what it serves, the API ${short(api.slope)}`
}

function short(usd: number): string {
  return String(Number(usd.toPrecision(6)))
}

function listed({ list, total }: PairCrossings): { listed: number; total: number | null } {
  return { listed: list.length, total: Number.isFinite(total) ? total : null }
}
