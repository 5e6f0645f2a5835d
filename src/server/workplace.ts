// A data folder → its ledger, its prices and its cache, each opened when first asked for and closed together.
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../core/fault/fault.ts'
import type { PriceCalls } from '../core/meter/load.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import type { Ledger, LedgerLoader } from '../ledger/ledger.ts'
import { type BudgetAuthority, type BudgetSettings, type BudgetTools, openBudgets } from './budget-authority.ts'
import { type Cache, openCache } from './cache.ts'
import { lockWaitMs } from './lock.ts'
import type { Say } from './log.ts'
import { priceCallsOf } from './prices.ts'

export interface Workplace {
  readonly dataDir: string
  /** The data folder whose runs of tasks say what options are good for. */
  readonly tasksOf: string
  /** The crossline.yaml beside which a team's own prices and models are; null = none are looked for. */
  readonly configFile: string | null
  /** Token prices as the files say now: the shipped ones, and the user's on top. */
  priceBook(): Promise<PriceBook>
  readonly cache: Cache
  /** A server must stay answerable while it simulates; a command has nothing else to do. */
  readonly isServed: boolean
  ledger(): Promise<Ledger & LedgerLoader>
  /** Who says whether a call may pass; null = there are no budgets. */
  readonly budgets: BudgetAuthority | null
  /** Runs work that changes the ledger, one at a time, in the order of asking. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface WorkplaceOptions {
  readonly dataDir: string
  /** Where runs of tasks are kept; default: in the same data folder. */
  readonly tasksOf?: string
  /** A prices.yaml beside this file is laid over the shipped prices. */
  readonly configFile?: string
  /** Further overlay files, each laid over the ones before. */
  readonly priceFiles?: readonly string[]
  /** Keep the ledger in memory: it is gone when closed. */
  readonly inMemory?: boolean
  readonly isServed?: boolean
  readonly budgets?: BudgetSettings | undefined
  /** What a person at the terminal should hear. */
  readonly say?: Say | undefined
}

/** Opens a data folder. The caller holds its lock. */
export function openWorkplace(options: WorkplaceOptions): Workplace {
  const { dataDir, configFile, priceFiles = [], inMemory = false, isServed = false } = options
  // What a process that was killed left behind: whoever opens holds the lock, so nobody needs it. Not once the ledger is
  // opened: files may have come in by then.
  if (!inMemory) for (const left of ['uploads', 'spill']) rmSync(join(dataDir, left), { recursive: true, force: true })
  let opened: Promise<Ledger & LedgerLoader> | null = null
  let last: Promise<unknown> = Promise.resolve()
  let book: { readonly stamp: string; readonly book: PriceBook } | null = null
  const workplace: Workplace = {
    dataDir,
    tasksOf: options.tasksOf ?? dataDir,
    budgets:
      options.budgets === undefined
        ? null
        : openBudgets(
            options.budgets,
            budgetTools(() => workplace, options),
          ),
    configFile: configFile ?? null,
    isServed,
    async priceBook() {
      const { loadPriceBook, priceBookFiles } = await import('../catalog/price-book.ts')
      // Reading it takes a good part of a second, in which a server does nothing else.
      const stamp = stampOf(priceBookFiles({ configFile, overlays: priceFiles }))
      if (book?.stamp !== stamp) book = { stamp, book: loadPriceBook({ configFile, overlays: priceFiles }) }
      return book.book
    },
    cache: openCache(join(dataDir, 'cache'), build()),
    ledger() {
      // What is broken or in use now may be mended or free when it is asked for again.
      opened ??= open(dataDir, inMemory).catch(thrown => {
        opened = null
        throw thrown
      })
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
  return workplace
}

/** Prices are looked at again after so long: each call asks for them. */
const pricesKeptMs = 1000

function budgetTools(workplace: () => Workplace, { say = () => {} }: WorkplaceOptions): BudgetTools {
  let kept: { readonly untilMs: number; readonly prices: Promise<PriceCalls> } | null = null
  return {
    say,
    nowMicros: () => Date.now() * 1000,
    ledger: () => workplace().ledger(),
    async price() {
      const nowMs = performance.now()
      if (kept === null || nowMs > kept.untilMs) {
        kept = { untilMs: nowMs + pricesKeptMs, prices: priceCallsOf(workplace()) }
      }
      return (await kept.prices).price
    },
  }
}

async function open(dataDir: string, inMemory: boolean): Promise<Ledger & LedgerLoader> {
  const { openDuckdb } = await import('../ledger/duckdb.ts')
  if (inMemory) return openDuckdb(':memory:', join(dataDir, 'spill'))
  mkdirSync(dataDir, { recursive: true })
  const until = performance.now() + lockWaitMs
  for (;;) {
    try {
      return await openDuckdb(join(dataDir, 'ledger.duckdb'))
    } catch (thrown) {
      // The writer of a server that was killed still finishes what it was at.
      const isHeld = thrown instanceof Fault && thrown.code === 'LEDGER_LOCKED' && performance.now() < until
      if (!isHeld) throw thrown
      await sleep(100)
    }
  }
}

/** Changes when a file is written, replaced, made or removed. */
function stampOf(paths: readonly string[]): string {
  return paths
    .map(path => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
      return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
    })
    .join('\n')
}

/** Stamp of the running code; unbuilt code (tests) shares none of its answers with other versions of itself. */
function build(): string {
  return process.env.CROSSLINE_BUILD ?? `unbuilt-${process.pid}`
}
