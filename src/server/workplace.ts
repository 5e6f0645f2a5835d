// A data folder → its ledger, its prices and its cache, each opened when first asked for and closed together.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ledger, LedgerLoader } from '../ledger/ledger.ts'
import { type Cache, openCache } from './cache.ts'

export interface Workplace {
  readonly dataDir: string
  /** Price overlay files, each laid over the ones before. */
  readonly priceFiles: readonly string[]
  readonly cache: Cache
  ledger(): Promise<Ledger & LedgerLoader>
  /** Runs work that changes the ledger, one at a time, in the order of asking. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface WorkplaceOptions {
  readonly dataDir: string
  readonly priceFiles?: readonly string[]
}

/** Opens a data folder. The caller holds its lock. */
export function openWorkplace(options: WorkplaceOptions): Workplace {
  const { dataDir, priceFiles = [] } = options
  let opened: Promise<Ledger & LedgerLoader> | null = null
  let last: Promise<unknown> = Promise.resolve()
  return {
    dataDir,
    priceFiles,
    cache: openCache(join(dataDir, 'cache'), build()),
    ledger() {
      opened ??= open(dataDir)
      return opened
    },
    exclusively(work) {
      const done = last.then(work)
      last = done.catch(() => {})
      return done
    },
    async close() {
      await last
      const ledger = await opened?.catch(() => null)
      await ledger?.close()
    },
  }
}

async function open(dataDir: string): Promise<Ledger & LedgerLoader> {
  mkdirSync(dataDir, { recursive: true })
  const { openDuckdb } = await import('../ledger/duckdb.ts')
  return openDuckdb(join(dataDir, 'ledger.duckdb'))
}

/** Stamp of the running code; unbuilt code (tests) shares none of its answers with other versions of itself. */
function build(): string {
  return process.env.CROSSLINE_BUILD ?? `unbuilt-${process.pid}`
}
