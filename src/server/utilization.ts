// Metrics of model servers in the workplace's ledger, and what their GPUs cost, → what each really served, and what that cost.
import { z } from 'zod'
import { type ServerUtilization, utilizationOf } from '../core/decide/utilization.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import { instantText } from '../core/meter/calendar.ts'
import { checkZone, rangeMicros } from './instants.ts'
import { choicesShape, rangeShape } from './parameters.ts'
import type { Workplace } from './workplace.ts'

const name = z.string().min(1).optional()

export const utilizationShape = {
  ...rangeShape,
  server: name.meta({ description: 'only this server' }),
  gpus: z.int().min(1).optional().meta({ description: 'GPUs of each server' }),
  usdPerGpuHour: choicesShape.usdPerGpuHour.meta({ description: 'what an hour of one GPU costs' }),
  servers: z
    .record(
      z.string(),
      z.strictObject({ gpus: z.int().min(1).optional(), usdPerGpuHour: z.number().positive().optional() }),
    )
    .optional()
    .meta({ description: 'the same of servers by name, where the two before leave it open' }),
}

const utilizationParams = z.strictObject(utilizationShape)
export type UtilizationParams = z.infer<typeof utilizationParams>

export type ServerRow = Omit<ServerUtilization, 'fromMicros' | 'toMicros'> & {
  readonly from: string
  readonly to: string
}

export interface Utilization {
  readonly servers: readonly ServerRow[]
}

const toSecond = (micros: number): number => Math.floor(micros / 1e6) * 1e6

/** @throws Fault NO_SCRAPES, SERVER_UNKNOWN */
export async function runUtilization(workplace: Workplace, params: UtilizationParams): Promise<Utilization> {
  const { from, to, zone = 'UTC', server, servers = {} } = params
  const { fromMicros, toMicros } = rangeMicros(from, to, checkZone(zone))
  const scrapes = await (await workplace.ledger()).scrapes({
    ...(fromMicros === null ? {} : { fromMicros }),
    ...(toMicros === null ? {} : { toMicros }),
  })
  const names = [...new Set(scrapes.map(scrape => scrape.server))]
  if (names.length === 0) {
    throw new Fault('NO_SCRAPES', 'no metrics of model servers are in the ledger, or none of that time', {
      fix: 'import what /metrics of vLLM or SGLang answers: crossline import scrapes.prom',
    })
  }
  if (server !== undefined && !names.includes(server)) {
    throw new Fault('SERVER_UNKNOWN', `no metrics of a server "${server}" are in the ledger`, {
      where: '--server',
      fix: `use ${nearestName(server, names) ?? names.join(', ')}`,
    })
  }
  const asked = server === undefined ? scrapes : scrapes.filter(scrape => scrape.server === server)
  const rows = utilizationOf(asked, name => ({
    gpus: params.gpus ?? servers[name]?.gpus ?? null,
    usdPerGpuHour: params.usdPerGpuHour ?? servers[name]?.usdPerGpuHour ?? null,
  }))
  return {
    servers: rows.map(({ fromMicros: first, toMicros: last, ...row }) => ({
      ...row,
      from: instantText(toSecond(first)),
      to: instantText(toSecond(last)),
    })),
  }
}
