// A data folder's spool in; its records in the ledger, soon after they were written and each once, out.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { many } from '../core/fault/many.ts'
import type { SpoolPositions } from '../core/meter/call-record.ts'
import type { PriceCalls } from '../core/meter/load.ts'
import { readSpool, removeTaken, waitingBytes } from '../spool/read.ts'
import { type Say, troubleText } from './log.ts'
import { priceCallsOf } from './prices.ts'
import { dropSample } from './sample.ts'
import type { Workplace } from './workplace.ts'

export const spoolFolder = (dataDir: string): string => join(dataDir, 'spool')

export interface Taken {
  readonly records: number
  readonly opened: number
  readonly settled: number
  /** Lines that were not whole: skipped. */
  readonly corrupt: number
  readonly reached: SpoolPositions
}

/**
 * Takes what lies in the spool into the ledger. Records and how far they reach are one transaction: whoever is killed in
 * between takes them again, and they change nothing.
 */
export async function takeSpool(workplace: Workplace): Promise<Taken> {
  const folder = spoolFolder(workplace.dataDir)
  const ledger = await workplace.ledger()
  let records = 0
  let opened = 0
  let settled = 0
  let corrupt = 0
  let reached = await ledger.reached()
  let prices: PriceCalls | null = null
  for (const batch of readSpool(folder, reached)) {
    prices ??= await priceCallsOf(workplace)
    const { price } = prices
    const position = { [batch.worker]: batch.position }
    const taken = await workplace.exclusively(() => ledger.take(batch.records, position, price))
    workplace.budgets?.taken(batch.records)
    reached = { ...reached, ...position }
    records += batch.records.length
    opened += taken.opened
    settled += taken.settled
    corrupt += batch.corrupt.length
  }
  // Real calls make the sample go, as an import does.
  if (opened > 0 && (await ledger.sources()).some(source => source.sample)) {
    await workplace.exclusively(() => dropSample(workplace))
  }
  removeTaken(folder, reached)
  await workplace.budgets?.drained()
  return { records, opened, settled, corrupt, reached }
}

/**
 * Takes what a server that is gone left in the spool, before the ledger is asked. What cannot be taken now waits on, and is
 * said: a command that asks the ledger is not to fail for it.
 */
export async function takeWaiting(workplace: Workplace, say: Say): Promise<void> {
  if (!existsSync(spoolFolder(workplace.dataDir))) return
  try {
    sayCorrupt(await takeSpool(workplace), say)
  } catch (thrown) {
    say(waits(thrown), 'error')
  }
}

const waits = (thrown: unknown): string => `calls wait in the spool: ${troubleText(thrown)}`

function sayCorrupt({ corrupt }: Taken, say: Say): void {
  if (corrupt > 0) say(`${many(corrupt, 'line')} of the spool: not whole, and left out`, 'warn')
}

/** How a server's spool is taken in. */
export interface SpoolState {
  /** What the ledger does not have yet: bytes, and for how many seconds it has not had all. */
  readonly lag: { readonly bytes: number; readonly seconds: number }
  /** Lines that were not whole. */
  readonly corrupt: number
  /** Why it is not taken in; null = it is. */
  readonly error: string | null
}

export interface SpoolWriter {
  state(): SpoolState
  /** Takes at once what has come until now; resolves when that is done, or cannot be done soon. */
  caughtUp(): Promise<void>
  /** Takes what is left, then rests. */
  stop(): Promise<void>
}

/** Whoever asks the ledger waits so long for what it does not have yet: an import may be under way. */
const longestWaitMs = 1000

/** Takes the spool in every `pollMs`, and before it is asked. What goes wrong is said once, and tried again until it goes right: nothing is lost meanwhile. */
export function startSpoolWriter(
  workplace: Workplace,
  say: Say,
  pollMs: number,
  mostWaitMs: number = longestWaitMs,
): SpoolWriter {
  let isStopping = false
  let said: string | null = null
  let corrupt = 0
  let reached: SpoolPositions = {}
  let caughtUpAt = performance.now()
  let wake: () => void = () => {}
  /** Who waits for what is taken next. */
  let waiting: (() => void)[] = []
  const run = async (): Promise<void> => {
    for (;;) {
      const isLast = isStopping
      const heard = waiting
      waiting = []
      try {
        const beganAt = performance.now()
        const taken = await takeSpool(workplace)
        sayCorrupt(taken, say)
        corrupt += taken.corrupt
        reached = taken.reached
        caughtUpAt = beganAt
        if (said !== null) say('the ledger takes calls again', 'info')
        said = null
      } catch (thrown) {
        const text = waits(thrown)
        if (text !== said) say(text, 'error')
        said = text
      }
      for (const done of heard) done()
      if (isLast) return
      if (waiting.length > 0) continue
      await new Promise<void>(done => {
        const timer = setTimeout(done, said === null ? pollMs : 10 * pollMs)
        wake = () => {
          clearTimeout(timer)
          done()
        }
      })
    }
  }
  const running = run()
  return {
    state() {
      const bytes = waitingBytes(spoolFolder(workplace.dataDir), reached)
      const seconds = bytes === 0 ? 0 : (performance.now() - caughtUpAt) / 1000
      return { lag: { bytes, seconds }, corrupt, error: said }
    },
    async caughtUp() {
      if (waitingBytes(spoolFolder(workplace.dataDir), reached) === 0) return
      const taken = new Promise<void>(done => waiting.push(done))
      wake()
      await Promise.race([taken, sleep(mostWaitMs)])
    },
    async stop() {
      isStopping = true
      wake()
      await running
    },
  }
}
