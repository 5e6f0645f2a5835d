// A bill read in; its lines in the ledger as charges, and an account of them, out.
import type { CallLoader } from '../core/meter/load.ts'
import { formatUsd, type Money, zero } from '../core/meter/money.ts'
import { type About, acceptable, type ImportResult, iso } from './account.ts'
import type { Bill } from './importer.ts'
import { openRejects } from './rejects.ts'

/** Keeps a bill's lines as charges: money beside the calls, never of a call. */
export async function keepBill(ledger: CallLoader, about: About, bill: Bill, dataDir: string): Promise<ImportResult> {
  const rejects = openRejects(dataDir, about.name)
  try {
    bill.rejects.forEach(rejects.add)
    acceptable({ good: bill.charges.length, rejected: bill.rejects.length, leftOut: 0 }, about, rejects)
    const { where: _, ...source } = about
    const isNew = await ledger.addCharges({ ...source, charges: bill.charges })
    const times = (of: 'fromMicros' | 'toMicros') => bill.charges.map(charge => charge[of])
    const lines = bill.charges.length
    const usd = bill.charges.reduce((sum, charge) => (sum + charge.usd) as Money, zero)
    return {
      source: about.source,
      name: about.name,
      format: about.format,
      rows: lines + bill.rejects.length,
      added: isNew ? lines : 0,
      duplicates: isNew ? 0 : lines,
      rejected: bill.rejects.length,
      rejectFile: rejects.path(),
      firstAt: iso(times('fromMicros').reduce((a, b) => Math.min(a, b), Infinity)),
      lastAt: iso(times('toMicros').reduce((a, b) => Math.max(a, b), -Infinity)),
      tokens: { input: 0, output: 0 },
      unpricedCalls: 0,
      leftOut: [],
      billed: { usd: formatUsd(usd), providers: [...new Set(bill.charges.map(charge => charge.provider))].sort() },
      notes: isNew ? bill.notes : [...bill.notes, 'nothing added: this bill is in the ledger already'],
    }
  } finally {
    rejects.close()
  }
}
