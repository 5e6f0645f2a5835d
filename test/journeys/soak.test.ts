// Good and bad clients and providers through one server for a while: nothing of them is left in memory or open, and the ledger
// has each call as both sides saw it. Half a minute in `npm test`, ten in `npm run torture`, which keeps its figures.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isCounted } from '../process-tree.ts'
import { startClient } from '../traffic/client.ts'
import { keepTorture } from '../traffic/kept.ts'
import type { Kind } from '../traffic/kinds.ts'
import { expectAgreement, type Row, reportQuestion, rowsOf } from '../traffic/ledger.ts'
import { askable, type Held, startMeter } from '../traffic/memory.ts'
import { type Provider, startProvider } from '../traffic/provider.ts'
import { prepareFolder, runIn, type Served, serveIn } from '../traffic/server.ts'

const isWhole = process.env.CROSSLINE_TORTURE !== undefined
const warmUpMs = isWhole ? 60_000 : 10_000
const soakMs = isWhole ? 540_000 : 20_000
const clients = 8
/** Between two calls of one client: a ledger of ten minutes is still compared call for call. */
const pauseMs = 25
const kinds: readonly Kind[] = [
  'whole',
  'stream',
  'left',
  'gzip',
  'whole',
  'cut',
  'messages',
  'slow',
  'stream',
  'refused',
  'whole',
  'short',
]

let folder: string
let provider: Provider
let server: Served
const client = startClient()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-soak-'))
  provider = await startProvider()
  prepareFolder(folder, provider.url)
  server = await serveIn(folder, askable)
})

afterAll(async () => {
  if (!server.isOver()) await server.kill()
  provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

let n = 0
/** Mixed traffic for so long, and then so long a silence that idle connections to the provider are given up (undici: 4 s). */
async function traffic(ms: number): Promise<void> {
  const until = performance.now() + ms
  const work = Array.from({ length: clients }, async () => {
    while (performance.now() < until) {
      const kind = kinds[n % kinds.length]!
      await client.ask(server.port, `s${n++}`, kind)
      await sleep(pauseMs)
    }
  })
  await Promise.all(work)
  await sleep(6000)
}

/** Outcomes by kind: a call that was cut short or left may be known or not, but it is settled and says which. */
const outcomes: Readonly<Record<Kind, readonly string[]>> = {
  whole: ['ok'],
  stream: ['ok'],
  messages: ['ok'],
  gzip: ['ok'],
  slow: ['ok'],
  left: ['ok'],
  cut: ['unknown'],
  short: ['unknown'],
  refused: ['failed'],
  hanging: [],
}

const sum = (held: readonly Held[], of: (one: Held) => number) => held.reduce((all, one) => all + of(one), 0)
const said = (held: readonly Held[]) =>
  `${sum(held, one => one.residentMiB).toFixed(0)} MiB resident, ${sum(held, one => one.heapMiB).toFixed(1)} MiB of heap, ${sum(held, one => one.descriptors)} descriptors`

test.skipIf(!isCounted)(
  `${(warmUpMs + soakMs) / 1000} s of good and bad traffic leave no memory, no descriptor and no call behind`,
  async () => {
    const measure = startMeter(server)
    await traffic(warmUpMs)
    const before = await measure()
    await traffic(soakMs)
    const after = await measure()
    process.stdout.write(`\nsoak: after warm-up ${said(before)}; at the end ${said(after)}\n`)

    // No process died: a leak that ends in a restart is none the less one.
    expect(after.map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid))
    for (const [i, one] of after.entries()) {
      const first = before[i]!
      expect(one.descriptors).toBeLessThanOrEqual(first.descriptors + 4)
      // What lives on for a while goes up and down by some MiB; a kilobyte for each of ten minutes' calls would be a hundred.
      expect(one.heapMiB).toBeLessThanOrEqual(first.heapMiB + 16)
      // The kernel's count moves with the allocator's moods, and the ledger's own cache grows up to its limit.
      expect(one.residentMiB).toBeLessThanOrEqual(first.residentMiB * 1.25 + 64)
    }

    expect(await server.end()).toBe(0)
    const rows = rowsOf(runIn(folder, ...reportQuestion).stdout)
    const figures = expectAgreement(rows, provider, client)
    expect(rows.length).toBe(provider.seen.length)
    expect(rows.filter(row => !isExpected(row))).toEqual([])
    keepTorture(`A soak of ${(warmUpMs + soakMs) / 60_000} minutes`, [
      `${figures.sent} calls, ${figures.seen} seen by the provider, ${figures.settled} settled, ${figures.unsettled} unsettled: call for call as clients and provider saw them.`,
      `After warm-up ${said(before)}; at the end ${said(after)}.`,
    ])
  },
  warmUpMs + soakMs + 240_000,
)

const isExpected = ({ key }: Row): boolean => outcomes[client.sent.get(key.task!)!].includes(key.outcome)
