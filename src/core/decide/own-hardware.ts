// The price of servers bought, and of the same GPUs rented, in; what each costs a month and when buying pays back, out.
import { estimate } from '../statistics/estimate.ts'
import { ceiling } from './staircase.ts'

/** Own hardware as `crossover --inputs` states it. Null = not stated: what depends on it is null too. */
export interface OwnInputs {
  readonly gpus: number
  readonly gpusPerServer: number
  readonly capexUsdPerServer: number | null
  readonly lifeYears: number | null
  /** Share of the mean balance a year. */
  readonly costOfCapital: number | null
  readonly kilowattsPerServer: number | null
  readonly pue: number | null
  readonly usdPerKwh: number | null
  readonly coloUsdPerKwMonth: number | null
  /** Support, spares and hands, share of capex a year. */
  readonly operationsShare: number | null
  readonly fixedUsdPerMonth: number
  /** Power drawn when idle, share of full. */
  readonly idleShare: number | null
  readonly utilization: number | null
  readonly rentUsdPerGpuHour: number | null
  /** Null = 12 × lifeYears. */
  readonly horizonMonths: number | null
}

export interface OwnResult {
  readonly servers: number
  readonly depreciationUsdPerMonth: number | null
  readonly capitalUsdPerMonth: number | null
  readonly colocationUsdPerMonth: number | null
  readonly operationsUsdPerMonth: number | null
  readonly energyUsdPerMonth: number | null
  readonly fixedUsdPerMonth: number
  readonly usdPerMonth: number | null
  /** Per used hour. */
  readonly usdPerGpuHour: number | null
  readonly rentUsdPerMonth: number | null
  /** Utilization at which owning and renting cost the same; null above 1. */
  readonly breakEvenUtilization: number | null
  /** First month by which the rent saved has paid for the purchase; null when that is beyond the horizon. */
  readonly paybackMonth: number | null
  readonly horizonSavingsUsd: number | null
}

/** An operation on numbers of which any may be unknown; then so is the result. */
function known(inputs: readonly (number | null)[], compute: (...values: number[]) => number | null): number | null {
  if (inputs.some(value => value === null)) return null
  const value = compute(...(inputs as number[]))
  return value === null || !Number.isFinite(value) ? null : estimate(value)
}

/**
 * Owning against renting (cost-per-task notes, "own vs rent"; model of ewyluda/gpu-price-index tco.py). Capital is
 * charged on the mean balance, capex ÷ 2. Energy falls with utilization only down to the idle share. Rent counts used
 * hours. Cash = all monthly costs but depreciation: the purchase is paid at once.
 */
export function ownHardware(own: OwnInputs, hoursPerMonth: number): OwnResult {
  const servers = ceiling(own.gpus / own.gpusPerServer)
  const capex = known([own.capexUsdPerServer], perServer => servers * perServer!)
  const kilowatts = known([own.kilowattsPerServer], perServer => servers * perServer!)
  const depreciation = known([capex, own.lifeYears], (c, years) => c! / (12 * years!))
  const capital = known([capex, own.costOfCapital], (c, rate) => (c! * rate!) / 24)
  const colocation = known([kilowatts, own.coloUsdPerKwMonth], (kw, usd) => kw! * usd!)
  const operations = known([capex, own.operationsShare], (c, share) => (c! * share!) / 12)
  /** Energy of all servers at full draw, USD a month. */
  const fullEnergy = known([kilowatts, own.pue, own.usdPerKwh], (kw, pue, usd) => kw! * pue! * hoursPerMonth * usd!)
  const energy = known([fullEnergy, own.idleShare, own.utilization], (e, idle, u) => e! * (idle! + (1 - idle!) * u!))
  const standing = known(
    [depreciation, capital, colocation, operations],
    (d, c, colo, ops) => d! + c! + colo! + ops! + own.fixedUsdPerMonth,
  )
  const total = known([standing, energy], (fixed, e) => fixed! + e!)
  const usedHours = known([own.utilization], u => own.gpus * hoursPerMonth * u!)
  const rent = known([usedHours, own.rentUsdPerGpuHour], (hours, usd) => hours! * usd!)
  const horizon = own.horizonMonths ?? (own.lifeYears === null ? null : 12 * own.lifeYears)
  /** What each month of owning saves against renting, once the purchase is paid. */
  const savedPerMonth = known([rent, total, depreciation], (r, t, d) => r! - (t! - d!))
  return {
    servers,
    depreciationUsdPerMonth: depreciation,
    capitalUsdPerMonth: capital,
    colocationUsdPerMonth: colocation,
    operationsUsdPerMonth: operations,
    energyUsdPerMonth: energy,
    fixedUsdPerMonth: own.fixedUsdPerMonth,
    usdPerMonth: total,
    usdPerGpuHour: known([total, usedHours], (t, hours) => (hours === 0 ? null : t! / hours!)),
    rentUsdPerMonth: rent,
    breakEvenUtilization: known(
      [standing, fullEnergy, own.idleShare, own.rentUsdPerGpuHour],
      (fixed, e, idle, usdPerGpuHour) => {
        const perUse = usdPerGpuHour! * own.gpus * hoursPerMonth - e! * (1 - idle!)
        const share = (fixed! + e! * idle!) / perUse
        return perUse > 0 && estimate(share) <= 1 ? share : null
      },
    ),
    paybackMonth: known([capex, savedPerMonth, horizon], paybackMonth),
    horizonSavingsUsd: known([savedPerMonth, horizon, capex], (saved, months, c) => saved! * months! - c!),
  }
}

/** First whole month m ≥ 1 with capex ≤ saved × m, within the horizon. */
function paybackMonth(capex?: number, saved?: number, horizon?: number): number | null {
  const months = capex === 0 && saved! >= 0 ? 1 : saved! > 0 ? Math.max(1, ceiling(capex! / saved!)) : null
  return months !== null && months <= horizon! * (1 + 1e-12) ? months : null
}
