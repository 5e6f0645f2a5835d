// The gateway under test, run as a user runs it: `./crossline serve` over a folder of its own, metering, prices and spool on;
// and what its ledger says of a run, held to what the load saw.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { root } from '../crossline.ts'
import { completionTokens, promptTokens } from './canned.ts'
import { type Contender, chatPath, type Place } from './contender.ts'
import type { Target } from './load.ts'
import { freePort, lastLine, startProgram } from './process.ts'

export interface Crossline extends Contender {
  /** The target, with its calls attributed to a run of that name. */
  run(name: string): Target
  /** Waits until the ledger has a run whole; @throws Error when it is not as the load saw it, to the call and the cent. */
  check(name: string, answers: number): Promise<void>
}

/** gpt-5-mini by OpenAI's published prices: 0.25 and 2 USD per million tokens, in pico-dollars per call. */
const picoUsdOfCall = BigInt(promptTokens) * 250_000n + BigInt(completionTokens) * 2_000_000n
const patienceMs = 120_000

/** @throws Error with the reason when it does not start */
export async function startCrossline({ upstream, folder }: Place, workers: number): Promise<Crossline> {
  const own = mkdtempSync(join(folder, 'crossline-'))
  const config = join(own, 'crossline.yaml')
  writeFileSync(
    config,
    `gateway:\n  workers: ${workers}\n  connections: 12000\n  upstreams:\n    openai: { url: '${upstream}' }\n`,
  )
  // A ledger that has calls gets no sample, and no answer of the sample's is worked out beside the load.
  const first = join(own, 'one.csv')
  writeFileSync(first, 'timestamp,model,input_tokens,output_tokens\n2026-01-01T00:00:00Z,gpt-5-mini,1,1\n')
  const command = join(root, 'crossline')
  const at = ['--data', join(own, 'data'), '--config', config]
  const imported = spawnSync(command, ['import', first, ...at], { encoding: 'utf8' })
  if (imported.status !== 0) throw new Error(lastLine(imported.stderr))
  const port = await freePort()
  const args = ['serve', '--port', `${port}`, ...at]
  const running = await startProgram({ command, args, port, probe: '/healthz', patienceMs: 30_000 })
  const name = workers === 1 ? 'Crossline' : `Crossline, ${workers} workers`
  const target = (run: string) => ({
    origin: running.origin,
    path: chatPath,
    headers: { 'x-crossline-workload': run },
  })
  return {
    name,
    target: target('warm-up'),
    pid: running.pid,
    stop: running.stop,
    run: target,
    check: (run, answers) => check(running.origin, run, answers),
  }
}

interface Row {
  readonly key: { readonly workload: string | null; readonly outcome: string }
  readonly calls: number
  readonly usd: string
}

async function check(origin: string, run: string, answers: number): Promise<void> {
  const expected = [{ outcome: 'ok', calls: answers, usd: formatted(picoUsdOfCall * BigInt(answers)) }]
  const until = performance.now() + patienceMs
  let found: object[] = []
  while (performance.now() < until) {
    const { body } = await request(`${origin}/api/report?by=workload,outcome`)
    const { rows } = (await body.json()) as { rows: Row[] }
    found = rows
      .filter(({ key }) => key.workload === run)
      .map(({ key, calls, usd }) => ({ outcome: key.outcome, calls, usd }))
    if (JSON.stringify(found) === JSON.stringify(expected)) return
    await sleep(300)
  }
  throw new Error(`run ${run}: the ledger has ${JSON.stringify(found)}, the load saw ${JSON.stringify(expected)}`)
}

/** Decimal dollars of pico-dollars, written here anew: the program's own way is what is checked. */
const formatted = (pico: bigint): string => {
  const digits = pico.toString().padStart(13, '0')
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`
}
