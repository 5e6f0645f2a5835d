// What model servers said of themselves, read in; kept in the ledger beside the calls, and an account of it, out.
import { Fault } from '../core/fault/fault.ts'
import type { CallLoader } from '../core/meter/load.ts'
import { type About, type ImportResult, iso } from './account.ts'
import type { Scraped } from './importer.ts'
import { openRejects } from './rejects.ts'

/** Keeps the moments that are not known yet. Faults: NO_SCRAPES. */
export async function keepScrapes(
  ledger: CallLoader,
  { where, sample: _, ...source }: About,
  { scrapes, rejects: bad, notes }: Scraped,
  dataDir: string,
): Promise<ImportResult> {
  const rejects = openRejects(dataDir, source.name)
  try {
    bad.forEach(rejects.add)
    if (scrapes.length === 0) {
      throw new Fault('NO_SCRAPES', 'no metric of vLLM is in the file', {
        where,
        fix: 'save what its /metrics answers, or a range query of {__name__=~"vllm:.*"}',
      })
    }
    const added = await ledger.addScrapes({ ...source, scrapes })
    const times = scrapes.map(scrape => scrape.atMicros)
    return {
      source: source.source,
      name: source.name,
      format: source.format,
      rows: scrapes.length + bad.length,
      added,
      duplicates: scrapes.length - added,
      rejected: bad.length,
      rejectFile: rejects.path(),
      firstAt: iso(times.reduce((a, b) => Math.min(a, b), Infinity)),
      lastAt: iso(times.reduce((a, b) => Math.max(a, b), -Infinity)),
      tokens: { input: 0, output: 0 },
      unpricedCalls: 0,
      leftOut: [],
      billed: null,
      notes: added === 0 ? [...notes, 'nothing added: these moments are in the ledger already'] : notes,
    }
  } finally {
    rejects.close()
  }
}
