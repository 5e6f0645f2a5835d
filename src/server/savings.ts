// A list of leases and a question about it → what self-hosting saved or lost, from the ledger of the workplace.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { gatherSavings } from '../ask/savings.ts'
import { gpuById } from '../catalog/facts.ts'
import { decideSavings } from '../core/decide/savings.ts'
import type { SavingsAnswer } from '../core/decide/savings-answer.ts'
import { Fault } from '../core/fault/fault.ts'
import { readLeases } from '../intake/leases.ts'
import { checkZone, microsOf } from './instants.ts'
import type { OperationIo } from './operation.ts'
import { choicesShape, questionShape, rangeShape } from './parameters.ts'
import type { Workplace } from './workplace.ts'

const name = z.string().min(1).optional()

export const savingsShape = {
  ...rangeShape,
  model: name.meta({ description: 'only the calls of this model' }),
  provider: z.array(z.string().min(1)).min(1).optional().meta({ description: 'providers that are own GPUs' }),
  as: name.meta({ description: 'host, or host/model as listed, that the calls are compared with' }),
  frontier: name.meta({ description: 'frontier model, or provider/model, that the calls are compared with' }),
  operationsUsdPerMonth: choicesShape.operationsUsdPerMonth,
  by: z.enum(['team']).optional(),
  seed: questionShape.seed,
}

const savingsParams = z.strictObject(savingsShape)
export type SavingsParams = z.infer<typeof savingsParams>

/** @throws Fault of the list (file, line, field) and of the question */
export async function runSavings(workplace: Workplace, params: SavingsParams, io: OperationIo): Promise<SavingsAnswer> {
  const { file } = io
  if (file === null)
    throw new Fault('FILE_MISSING', 'no list of leases came along', { fix: 'send its bytes as the body' })
  const zone = checkZone(params.zone ?? 'UTC')
  const leases = readLeases(file.name, readFileSync(file.path, 'utf8'), {
    gpuId: gpu => gpuById(gpu).id,
    micros: text => microsOf(text, zone, file.name),
  })
  const book = await workplace.priceBook()
  const asked = {
    leases,
    fromMicros: params.from === undefined ? null : microsOf(params.from, zone, '--from'),
    toMicros: params.to === undefined ? null : microsOf(params.to, zone, '--to'),
    zone,
    providers: params.provider ?? null,
    model: params.model ?? null,
    as: params.as ?? null,
    frontier: params.frontier ?? null,
    by: params.by ?? null,
    seed: params.seed ?? 1,
  }
  const ledger = await workplace.ledger()
  const evidence = await ledger.still(reads =>
    gatherSavings(asked, { ledger: reads, book, progress: text => io.progress(text) }),
  )
  return decideSavings(evidence, { operationsUsdPerMonth: params.operationsUsdPerMonth ?? null })
}
