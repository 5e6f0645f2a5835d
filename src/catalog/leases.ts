// data/gpu-prices.csv in; what an hour of each GPU costs by provider and term, and which row stands for it, out.

import { z } from 'zod'
import type { LeaseRow } from '../core/decide/evidence.ts'
import type { BillingStep } from '../core/decide/instance-hours.ts'
import { leastHours } from '../core/decide/lease.ts'
import { lowerMiddle } from '../core/statistics/sample.ts'
import { decimal, isoDate, orNull, readTable } from './table.ts'

const row = z.strictObject({
  provider: z.string().min(1),
  gpu: z.string().min(1),
  gpu_id: z.string(),
  gpus_per_instance: z.coerce.number().int().positive(),
  usd_per_hour_instance: decimal,
  usd_per_gpu_hour: decimal,
  term: z.enum(['on_demand', 'spot', 'reserved_1y', 'capacity_block', 'serverless_flex', 'serverless_active']),
  region: z.string(),
  as_of: orNull(isoDate),
  source: z.string().min(1),
})

/**
 * Every lease of the price table. `gpu` is the catalog id, or the table's own name where the catalog lacks the part;
 * `id` is provider/gpu×count/term/region@date, the name by which an answer cites the row.
 */
export function loadLeases(): readonly LeaseRow[] {
  const seen = new Map<string, number>()
  return readTable('gpu-prices.csv', row).map(record => {
    const gpu = record.gpu_id === '' ? record.gpu : record.gpu_id
    const name = `${record.provider}/${gpu}x${record.gpus_per_instance}/${record.term}/${record.region}@${record.as_of ?? 'undated'}`
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return {
      id: times === 1 ? name : `${name}#${times}`,
      provider: record.provider,
      gpu,
      gpusPerInstance: record.gpus_per_instance,
      usdPerGpuHour: record.usd_per_gpu_hour,
      term: record.term,
      region: record.region,
      asOf: record.as_of,
      source: record.source,
    }
  })
}

/** GPU clouds that sell by the hour from a public list; marketplaces and community hosts are not among them. */
export const neoclouds: readonly string[] = [
  'coreweave',
  'crusoe',
  'hyperstack',
  'lambda',
  'nebius',
  'runpod',
  'runpod-secure',
  'verda',
]

export const hyperscalers: readonly string[] = ['aws', 'azure', 'gcp']

/** Rows that are known to mislead: one odd offer of half a dollar. */
export function isOdd(lease: LeaseRow): boolean {
  return lease.provider === 'runpod-community' && lease.gpu === 'mi300x-192gb'
}

/** How the default row is chosen, in the words that an answer repeats. */
export const defaultLeaseRule =
  'of the dated on-demand rows for up to 8 GPUs, each GPU cloud by its cheapest row, the one of middle price (the lower of two); ' +
  'without any, the hyperscalers likewise; without those, undated rows likewise'

/**
 * The one named row that stands for a GPU until the team names its own: never the minimum of the market. Null when no
 * provider lists the GPU on these terms: an unpriced lease, not a free one.
 */
export function defaultLease(leases: readonly LeaseRow[], gpuId: string, term = 'on_demand'): LeaseRow | null {
  const candidates = leases.filter(
    lease => lease.gpu === gpuId && lease.term === term && lease.gpusPerInstance <= 8 && !isOdd(lease),
  )
  const dated = candidates.filter(lease => lease.asOf !== null)
  const undated = candidates.filter(lease => lease.asOf === null)
  const of = (rows: readonly LeaseRow[], providers: readonly string[]) =>
    rows.filter(lease => providers.includes(lease.provider))
  return (
    middleOf(of(dated, neoclouds)) ??
    middleOf(of(dated, hyperscalers)) ??
    middleOf(of(undated, neoclouds)) ??
    middleOf(of(undated, hyperscalers)) ??
    middleOf(candidates)
  )
}

/** Each provider by its cheapest row (the newest of equals); of these the lower median by price, then by name. */
function middleOf(leases: readonly LeaseRow[]): LeaseRow | null {
  const best = new Map<string, LeaseRow>()
  for (const lease of [...leases].sort((a, b) => price(a) - price(b) || (b.asOf ?? '').localeCompare(a.asOf ?? ''))) {
    if (!best.has(lease.provider)) best.set(lease.provider, lease)
  }
  const ordered = [...best.values()].sort((a, b) => price(a) - price(b) || a.provider.localeCompare(b.provider))
  return lowerMiddle(ordered) ?? null
}

/** How a provider bills time on an instance, with where that is written. */
export interface Billing extends BillingStep {
  readonly source: string
}

const bySecond = (source: string, leastSeconds = 1): Billing => ({ stepSeconds: 1, leastSeconds, source })

/** One line per provider that says how it bills. */
const billings: Readonly<Record<string, Billing>> = {
  aws: bySecond('AWS EC2 on-demand pricing page: by the second, at least a minute', 60),
  azure: bySecond('Azure virtual machines pricing page: by the second, at least a minute', 60),
  gcp: bySecond('Google Compute Engine pricing page: by the second, at least a minute', 60),
  hyperstack: { stepSeconds: 60, leastSeconds: 60, source: 'hyperstack.cloud/gpu-pricing: by the minute' },
  'runpod-secure': bySecond('runpod.io/pricing: by the second'),
  'runpod-community': bySecond('runpod.io/pricing: by the second'),
  verda: bySecond('datacrunch.io/pricing: by the second'),
}

const untold: Billing = {
  stepSeconds: 60,
  leastSeconds: 60,
  source: 'its step is not told: by the minute, the longest of those that tell',
}

/** How a row's time is billed: by its provider's step, and for no less than its term. */
export function billingOf({ provider, term }: LeaseRow): Billing {
  const billing = billings[provider] ?? untold
  return { ...billing, leastSeconds: Math.max(billing.leastSeconds, leastHours(term) * 3600) }
}

/** For ordering only: money itself stays the decimal string. */
function price(lease: LeaseRow): number {
  return Number(lease.usdPerGpuHour)
}
