// A period and the fleet that served it → each hour as it was, and as the simulated fleet would have had it, from the ledger of the workplace.
import { z } from 'zod'
import { backtest } from '../ask/backtest.ts'
import { gpuById, useOwnFacts } from '../catalog/facts.ts'
import type { Backtest } from '../core/decide/backtest.ts'
import { checkZone, microsOf, rangeMicros } from './instants.ts'
import type { OperationIo } from './operation.ts'
import { rangeShape } from './parameters.ts'
import type { Workplace } from './workplace.ts'

const name = z.string().min(1)
const count = z.int().min(1)

export const backtestShape = {
  ...rangeShape,
  model: name.optional().meta({ description: 'catalog model; default: the one that the calls name' }),
  gpu: name.meta({ description: 'GPU of the fleet, by id' }),
  tp: count.optional().meta({ description: 'GPUs of one replica; default: the fewest that hold the model' }),
  weights: name.optional().meta({ description: "dtype of the weights; default: the model's own" }),
  kv: name.optional().meta({ description: 'dtype of the KV cache; default: bf16' }),
  replicas: count
    .optional()
    .meta({ description: 'replicas all the time; default: what leases or scraped servers say' }),
  leases: z
    .array(z.strictObject({ gpu: name, count, from: name, to: name.nullable() }))
    .optional()
    .meta({ description: 'GPUs that were leased, from and to as days or instants' }),
  provider: z.array(name).min(1).optional().meta({ description: 'providers that are own GPUs' }),
}

const backtestParams = z.strictObject(backtestShape)
export type BacktestParams = z.infer<typeof backtestParams>

/** @throws Fault of the period and of `backtest` */
export async function runBacktest(workplace: Workplace, params: BacktestParams, io: OperationIo): Promise<Backtest> {
  const zone = checkZone(params.zone ?? 'UTC')
  const { fromMicros, toMicros } = rangeMicros(params.from, params.to, zone)
  const { configFile } = workplace
  if (configFile !== null) useOwnFacts(configFile)
  const ledger = await workplace.ledger()
  return ledger.still(reads =>
    backtest(
      {
        fromMicros,
        toMicros,
        model: params.model ?? null,
        gpu: params.gpu,
        tp: params.tp ?? null,
        weights: params.weights ?? null,
        kv: params.kv ?? null,
        replicas: params.replicas ?? null,
        leases:
          params.leases?.map(lease => ({
            gpu: gpuById(lease.gpu).id,
            count: lease.count,
            fromMicros: microsOf(lease.from, zone, '--leases'),
            toMicros: lease.to === null ? null : microsOf(lease.to, zone, '--leases'),
          })) ?? null,
        providers: params.provider ?? null,
      },
      reads,
      text => io.progress(text),
    ),
  )
}
