// Servers bought, as the reader states them, in; what an hour of their GPUs costs, used or not, and what using it adds, out.
import type { Assumption } from './evidence.ts'
import type { Lease } from './lease.ts'
import { ownHardware } from './own-hardware.ts'
import { usdWords } from './phrase.ts'

/** The terms of `own` in `crossover --inputs`, but for the rent and the utilization: those are found, not stated. */
export interface OwnServers {
  readonly gpu: string
  /** GPUs bought; null = as many servers as the traffic asks for. */
  readonly gpus: number | null
  readonly gpusPerServer: number
  readonly capexUsdPerServer: number
  readonly lifeYears: number
  /** Share of the mean balance a year. */
  readonly costOfCapital: number
  readonly kilowattsPerServer: number
  readonly pue: number
  readonly usdPerKwh: number
  readonly coloUsdPerKwMonth: number
  /** Support, spares and hands, share of capex a year. */
  readonly operationsShare: number
  readonly fixedUsdPerMonth: number
  /** Power drawn when idle, share of full. */
  readonly idleShare: number
}

/** What own servers cost beside the hours that they stand there. */
export interface OwnLease {
  /** Null = as many as the traffic asks for. */
  readonly servers: number | null
  readonly fixedUsdPerMonth: number
  /** Power that a GPU at work draws beyond its idle draw. */
  readonly busyUsdPerGpuHour: number
}

/**
 * Own servers as a lease that never ends: depreciation, capital, colocation, upkeep and idle draw over the hours of a
 * month, whole servers at a time. The power of work comes on top, by the hour of work. Formulas: `ownHardware`.
 */
export function ownLeaseOf(own: OwnServers, hoursPerMonth: number): Lease {
  const server = serverOf(own, hoursPerMonth)
  const { depreciation, capital, colocation, operations, idleEnergy, fullEnergy } = server
  const gpuHours = own.gpusPerServer * hoursPerMonth
  return {
    usdPerGpuHour: (depreciation + capital + colocation + operations + idleEnergy) / gpuHours,
    gpusPerInstance: own.gpusPerServer,
    row: null,
    source: 'own servers, stated by you',
    spread: [],
    own: {
      servers: own.gpus === null ? null : Math.ceil(own.gpus / own.gpusPerServer),
      fixedUsdPerMonth: own.fixedUsdPerMonth,
      busyUsdPerGpuHour: (fullEnergy - idleEnergy) / gpuHours,
    },
  }
}

/** Each part of what a server costs a month, for a reader. */
export function ownAssumptions(own: OwnServers | null, hoursPerMonth: number): Assumption[] {
  if (own === null) return []
  const { depreciation, capital, colocation, operations, idleEnergy, fullEnergy } = serverOf(own, hoursPerMonth)
  const parts = [
    ['depreciation', depreciation, `${usdWords(own.capexUsdPerServer)} over ${own.lifeYears} years`],
    ['capital', capital, `${own.costOfCapital * 100} % a year on the mean balance, half of the price`],
    ['colocation', colocation, `${usdWords(own.coloUsdPerKwMonth)} a kW and month`],
    ['upkeep', operations, `${own.operationsShare * 100} % of the price a year`],
    ['power, idle', idleEnergy, `${own.kilowattsPerServer} kW × PUE ${own.pue} × ${own.idleShare} of full draw`],
    [
      'power, at work',
      fullEnergy,
      `the same at full draw, ${usdWords(own.usdPerKwh)} a kWh; drawn as the GPUs are used`,
    ],
  ] as const
  return parts.map(([name, value, source]) => ({
    name: `own server: ${name}`,
    value,
    source: `stated by you: ${source}`,
    label: `own ${own.gpusPerServer}× ${own.gpu}`,
    brief: `${name} ${usdWords(value)} a month`,
  }))
}

function serverOf(own: OwnServers, hoursPerMonth: number) {
  const { gpu: _, gpusPerServer, ...terms } = own
  const at = (utilization: number) =>
    ownHardware(
      { ...terms, gpus: gpusPerServer, gpusPerServer, utilization, rentUsdPerGpuHour: null, horizonMonths: null },
      hoursPerMonth,
    )
  const idle = at(0)
  return {
    depreciation: idle.depreciationUsdPerMonth!,
    capital: idle.capitalUsdPerMonth!,
    colocation: idle.colocationUsdPerMonth!,
    operations: idle.operationsUsdPerMonth!,
    idleEnergy: idle.energyUsdPerMonth!,
    fullEnergy: at(1).energyUsdPerMonth!,
  }
}
