// A fleet and all that the market asks for an hour of its GPU in; what it would cost at the lowest and the highest price, out.
import { estimate } from '../statistics/estimate.ts'
import type { OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import { candidatesOf } from './candidates.ts'
import type { Choices } from './choices.ts'
import { optionAt } from './costing.ts'
import type { Contest } from './decision.ts'
import type { Weights } from './eligibility.ts'
import type { Evidence, LeaseRow } from './evidence.ts'
import { regionRefusal } from './region.ts'
import type { Volume } from './traffic.ts'

/** What one price of the market makes of a fleet. USD a month; null = it cannot be costed. */
interface AtPrice {
  readonly usdPerGpuHour: number
  /** The row, by the name that the price table gives it. */
  readonly source: string
  readonly usd: number | null
}

export interface Sensitivity {
  readonly variable: 'usdPerGpuHour'
  readonly gpu: string
  readonly option: string
  readonly low: AtPrice
  readonly high: AtPrice
  /** The API that it is held against, and what that costs; null without one. */
  readonly against: string | null
  readonly againstUsd: number | null
  /** Whether the price alone decides which of the two is cheaper. */
  readonly decides: boolean
}

/**
 * The spread of the whole market (dated rows of the same GPU, term and region, whoever sells) on the cheapest fleet of
 * today's weights. No band is drawn from it: a team buys from somebody. Null where fewer than two prices are known.
 */
export function marketSensitivity(
  evidence: Evidence,
  choices: Choices,
  {
    options,
    contest,
    today,
    here,
  }: {
    readonly options: readonly OptionAnswer[]
    readonly contest: Contest
    readonly today: Weights | null
    readonly here: Volume
  },
): Sensitivity | null {
  const fleet = contest.fleet ?? options.find(option => isFleetOf(today, option)) ?? null
  if (fleet === null || fleet.replica === null) return null
  const { gpu } = fleet.replica
  const rows = evidence.leases
    .filter(row => row.gpu === gpu && row.term === choices.term && row.asOf !== null && row.isOdd !== true)
    .filter(row => regionRefusal(choices.region, row.region) === null)
    .sort((a, b) => Number(a.usdPerGpuHour) - Number(b.usdPerGpuHour) || (a.id < b.id ? -1 : 1))
  const [lowest, highest] = [rows[0], rows.at(-1)]
  if (lowest === undefined || highest === undefined || lowest.usdPerGpuHour === highest.usdPerGpuHour) return null
  const costAt = ({ id, usdPerGpuHour, gpusPerInstance }: LeaseRow): AtPrice => {
    const priced = { ...choices, gpu, own: null, usdPerGpuHour: Number(usdPerGpuHour), gpusPerInstance }
    const candidate = candidatesOf(evidence, priced).find(({ name }) => name === fleet.name)
    const certain = { band: null, probabilityCheapest: null }
    const usd = candidate === undefined ? null : optionAt(evidence, priced, today, candidate, here, certain).usd
    return { usdPerGpuHour: Number(usdPerGpuHour), source: id, usd }
  }
  const [low, high] = [costAt(lowest), costAt(highest)]
  const against = contest.proven ?? contest.unproven
  const againstUsd = against === null ? null : estimate(decidedUsd(against)!)
  const wins = ({ usd }: AtPrice) => usd !== null && againstUsd !== null && usd < againstUsd
  return {
    variable: 'usdPerGpuHour',
    gpu,
    option: fleet.name,
    low,
    high,
    against: against?.name ?? null,
    againstUsd,
    decides: wins(low) !== wins(high),
  }
}

const isFleetOf = (today: Weights | null, { kind, group, usd, gpus }: OptionAnswer): boolean =>
  kind === 'self-host' && group === today?.group && usd !== null && gpus !== null
