// Calls through the gateway of a server of which any process is killed at any moment: each is in the ledger once, as its
// provider and its client saw it. `npm run torture` kills ten times as often, and keeps its figures.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stream } from '../../src/core/statistics/random.ts'
import { titleOf, treeOf } from '../process-tree.ts'
import { startClient } from '../traffic/client.ts'
import { keepTorture } from '../traffic/kept.ts'
import type { Kind } from '../traffic/kinds.ts'
import { expectAgreement, reportQuestion, rowsOf } from '../traffic/ledger.ts'
import { type Provider, startProvider } from '../traffic/provider.ts'
import { killed, prepareFolder, runIn, type Served, serveIn } from '../traffic/server.ts'

const kills = process.env.CROSSLINE_TORTURE ? 200 : 20
const clients = 6
const kinds: readonly Kind[] = ['whole', 'stream', 'messages', 'gzip']

let folder: string
let provider: Provider
let server: Served | null = null
const orphans: number[] = []
const { sent, finished, ask } = startClient()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-metering-'))
  provider = await startProvider()
  prepareFolder(folder, provider.url)
})

afterAll(async () => {
  await server?.kill()
  await killed(orphans)
  provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

const report = () => rowsOf(runIn(folder, ...reportQuestion).stdout)

/** What a process is for, by the title that it gives itself once it runs. */
function roleOf(pid: number): string {
  if (pid === server!.pid) return 'supervisor'
  const title = titleOf(pid)
  return title.startsWith('crossline ') ? title.slice('crossline '.length) : 'just started'
}

test(
  `a server of which a process is killed ${kills} times under load loses no call and doubles none`,
  async () => {
    const dice = stream(5, 'kills')
    const deaths = new Map<string, number>()
    let n = 0
    let isOver = false
    const load = Array.from({ length: clients }, async () => {
      while (!isOver) {
        if (server === null) {
          await sleep(5)
          continue
        }
        const kind = kinds[n % kinds.length]!
        const name = `c${n++}`
        const heard = await ask(server.port, name, kind)
        if (!finished.has(name)) await sleep(5)
        else if (kind === 'stream') {
          // The usage that the gateway asked for is not the client's to see.
          expect(heard).not.toContain('prompt_tokens')
          expect(heard).toContain('[DONE]')
        }
      }
    })
    try {
      for (let kill = 0; kill < kills; kill++) {
        server ??= await serveIn(folder)
        // A stream that is in mid-answer, whoever dies.
        void ask(server.port, `k${kill}-hanging`, 'hanging')
        // From before the ledger is open to well after, however slow the machine is.
        const most = finished.size + dice.integer(100)
        for (let i = 0; i < 20_000 && finished.size < most; i++) await sleep(1)
        expect(finished.size).toBeGreaterThanOrEqual(most)
        await sleep(dice.integer(12))
        const tree = treeOf(server.pid)
        const victim = tree[dice.integer(tree.length)] ?? server.pid
        const role = roleOf(victim)
        deaths.set(role, (deaths.get(role) ?? 0) + 1)
        if (victim !== server.pid) {
          process.kill(victim, 'SIGKILL')
          continue
        }
        const dying = server
        server = null
        // Its gateways let their calls finish while the next server starts beside them.
        orphans.push(...(await dying.orphan()))
        // Half a minute each, as long as a stream hangs: more than a few at a time fill a small machine's memory.
        if (orphans.length > 8) await killed(orphans.splice(0))
      }
      const last = server
      server = null
      await last?.kill()
      await killed(orphans)
    } finally {
      isOver = true
    }
    await Promise.all(load)
    const rows = report()
    const figures = expectAgreement(rows, provider, { sent, finished, ask })
    const hanging = rows.filter(({ key }) => sent.get(key.task!) === 'hanging')
    expect(hanging.length).toBeGreaterThan(0)
    // A gateway that lost its supervisor cuts what does not end and says so; one that was killed says nothing.
    expect(hanging.filter(({ key }) => !['unsettled', 'unknown'].includes(key.outcome))).toEqual([])
    const messages = rows.filter(({ key }) => finished.get(key.task!) === 'messages')
    expect(new Set(messages.map(({ key }) => key.feature))).toEqual(new Set(['agent']))
    keepTorture('Killed at random moments', [
      `${kills} kills under load: ${[...deaths].map(([role, times]) => `${role} ${times}`).join(', ')}.`,
      `${figures.sent} calls sent, ${figures.seen} seen by the provider, ${figures.finished} answered to their end.`,
      `In the ledger: ${figures.settled} settled, ${figures.unsettled} unsettled; 0 lost, 0 doubled, each price exact.`,
    ])

    // The next server has the same calls, and goes on.
    server = await serveIn(folder)
    const { port } = server
    await ask(port, 'last', 'stream')
    for (let i = 0; i < 200 && (await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 200; i++) await sleep(50)
    const through = async () => {
      const answered = await fetch(`http://127.0.0.1:${port}/api/report?by=task,outcome,feature`)
      return rowsOf(await answered.text())
    }
    const has = async () => (await through()).some(({ key }) => key.task === 'last' && key.outcome === 'ok')
    for (let i = 0; i < 100 && !(await has()); i++) await sleep(50)
    const after = await through()
    expectAgreement(after, provider, { sent, finished, ask })
    expect(after.filter(({ key }) => key.task !== 'last')).toEqual(rows)
    expect(await server.end()).toBe(0)
    server = null
    expect(report()).toEqual(after)
  },
  process.env.CROSSLINE_TORTURE ? 1_800_000 : 240_000,
)
