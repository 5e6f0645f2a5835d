// data/dedicated-endpoints.csv and data/host-adapters.csv in; who rents endpoints by the hour, and whose tier by the token serves adapters, out.
import { z } from 'zod'
import type { DedicatedRow } from '../core/decide/evidence.ts'
import { decimal, isoDate, orNull, readTable } from './table.ts'

const endpoint = z.strictObject({
  host: z.string().min(1),
  gpu_id: z.string().min(1),
  gpus_per_instance: z.coerce.number().int().positive(),
  usd_per_gpu_hour: decimal,
  as_of: orNull(isoDate),
  source: z.string().min(1),
})

/** Every published price of an endpoint that a host keeps for one customer, by the GPU-hour while it is up. */
export function loadDedicated(): readonly DedicatedRow[] {
  return readTable('dedicated-endpoints.csv', endpoint).map(row => ({
    host: row.host,
    gpu: row.gpu_id,
    gpusPerInstance: row.gpus_per_instance,
    usdPerGpuHour: row.usd_per_gpu_hour,
    asOf: row.as_of,
    source: row.source,
  }))
}

const hostRow = z.strictObject({
  host: z.string().min(1),
  serverless_adapters: z.enum(['y', 'n', 'unknown']),
  as_of: orNull(isoDate),
  source: z.string(),
  notes: z.string(),
})

/** By host, whether its tier by the token serves a customer's own adapters; null, and a host not in it: not known. */
export function loadHostAdapters(): ReadonlyMap<string, boolean | null> {
  return new Map(
    readTable('host-adapters.csv', hostRow).map(({ host, serverless_adapters: takes }) => [
      host,
      takes === 'unknown' ? null : takes === 'y',
    ]),
  )
}
