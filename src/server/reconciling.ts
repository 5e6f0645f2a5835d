// A bill, in the ledger or as a file that came along, → how the metered calls of the workplace differ from it, and why.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { gatherReconcile, type NotBilled, type Reconcilable } from '../ask/reconcile.ts'
import { arrivalProfile } from '../catalog/arrival-profiles.ts'
import { type ProviderReconciliation, reconcileProvider } from '../core/decide/reconcile.ts'
import { Fault } from '../core/fault/fault.ts'
import { importFile } from '../intake/import.ts'
import { providerReports } from '../intake/importers.ts'
import type { LedgerReads } from '../ledger/ledger.ts'
import { checkZone, rangeMicros } from './instants.ts'
import type { OperationIo } from './operation.ts'
import { rangeShape } from './parameters.ts'
import type { Workplace } from './workplace.ts'

const name = z.string().min(1).optional()

export const reconcileShape = {
  from: rangeShape.from,
  to: rangeShape.to,
  zone: name.meta({ description: "IANA zone in which the bill's dates are days; default: UTC, a shift is looked for" }),
  provider: name.meta({ description: "only this provider's bill; of a file that names none: whose it is" }),
  format: name.meta({ description: 'format of the file; default: detected' }),
  tolerance: z.number().min(0).max(1).optional().meta({ description: 'share of the bill, 0..1; default 0.01' }),
}

const reconcileParams = z.strictObject(reconcileShape)
export type ReconcileParams = z.infer<typeof reconcileParams>

export interface Reconciliation {
  readonly from: string | null
  readonly to: string | null
  readonly tolerance: number
  /** Every provider's mismatch is within the tolerance. */
  readonly isWithin: boolean
  readonly providers: readonly ProviderReconciliation[]
  readonly notBilled: readonly NotBilled[]
}

export const defaultTolerance = 0.01

/** @throws Fault of the file (nothing of it is kept), NO_BILL, NOT_A_BILL, PROVIDER_NOT_BILLED */
export async function runReconcile(
  workplace: Workplace,
  params: ReconcileParams,
  io: OperationIo,
): Promise<Reconciliation> {
  const { from, to, provider, tolerance = defaultTolerance } = params
  const zone = params.zone === undefined ? null : checkZone(params.zone)
  const book = await workplace.priceBook()
  const question = { ...rangeMicros(from, to, zone ?? 'UTC'), provider: provider ?? null, zone }
  const ledger = await workplace.ledger()
  const gather = (file: LedgerReads | null) =>
    ledger.still(reads => gatherReconcile(question, { ledger: reads, file, book, reportFormats: providerReports }))
  const found = await withBill(workplace, params, io, gather)
  const providers = found.providers.map(one => reconcileProvider(one, tolerance))
  return {
    from: from ?? null,
    to: to ?? null,
    tolerance,
    isWithin: providers.every(one => one.isWithin),
    providers,
    notBilled: found.notBilled,
  }
}

/** The bill of a file lies in a ledger of its own, which is gone afterwards. */
async function withBill(
  workplace: Workplace,
  { provider, format }: ReconcileParams,
  { file, note }: OperationIo,
  gather: (file: LedgerReads | null) => Promise<Reconcilable>,
): Promise<Reconcilable> {
  // Over HTTP a body always comes along, empty where there is no file.
  if (file === null || statSync(file.path).size === 0) return gather(null)
  const { openDuckdb } = await import('../ledger/duckdb.ts')
  const spill = mkdtempSync(join(tmpdir(), 'crossline-bill-'))
  const bill = await openDuckdb(':memory:', spill)
  try {
    const options = { name: file.name, provider, format }
    const context = { book: await workplace.priceBook(), profile: arrivalProfile, dataDir: workplace.dataDir }
    const { billed, format: read, rejected, rejectFile } = await importFile(bill, file.path, options, context)
    if (billed === null && !providerReports.includes(read)) {
      throw new Fault('NOT_A_BILL', `${read} is a log of calls, not a provider's word`, {
        where: file.name,
        fix: 'give a cost or usage report, a FOCUS bill or an invoice; import logs: crossline import FILE',
      })
    }
    if (rejected > 0) note(`${file.name}: ${rejected} lines rejected and left out (see ${rejectFile})`)
    return await gather(bill)
  } finally {
    await bill.close()
    rmSync(spill, { recursive: true, force: true })
  }
}
