// A folder with its settings in; `./crossline serve` there as a user runs it, the processes below it, and its ledger's rows, out.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { treeOf } from '../process-tree.ts'

const launcher = resolve(import.meta.dirname, '../../crossline')

/** Settings whose upstreams are one provider, and a ledger that has a call: it gets no sample. */
export function prepareFolder(folder: string, url: string): void {
  writeFileSync(
    join(folder, 'crossline.yaml'),
    `gateway:
  workers: 2
  upstreams:
    openai: { url: '${url}' }
    anthropic: { url: '${url}' }
  rules:
    - { when: { path: '*/messages' }, set: { feature: agent } }
`,
  )
  const one = 'timestamp,model,input_tokens,output_tokens\n2026-01-01T00:00:00Z,gpt-5-mini,1,1\n'
  writeFileSync(join(folder, 'one.csv'), one)
  expect(runIn(folder, 'import', 'one.csv').status).toBe(0)
}

export function runIn(folder: string, ...args: string[]) {
  const most = 1024 * 1024 * 1024
  return spawnSync(launcher, args, { cwd: folder, encoding: 'utf8', timeout: 300_000, maxBuffer: most })
}

export interface Served {
  readonly port: number
  readonly pid: number
  readonly isOver: () => boolean
  /** What it wrote on stderr so far. */
  readonly said: () => string
  /** Kills the supervisor alone; the processes below it, which let their calls finish by themselves. */
  orphan(): Promise<number[]>
  /** Kills all of its processes. */
  kill(): Promise<void>
  /** Asks it to end; its exit status. */
  end(): Promise<number | null>
}

/** Starts a server; resolves once it listens. */
export async function serveIn(folder: string, env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe']
  const child = spawn(launcher, ['serve', '--port', '0'], { cwd: folder, stdio, env: { ...process.env, ...env } })
  let text = ''
  child.stderr.on('data', (piece: Buffer) => {
    text += piece.toString()
  })
  const exited = once(child, 'exit')
  let port = 0
  for (let i = 0; i < 3000 && port === 0; i++) {
    port = Number(/crossline: http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1] ?? 0)
    if (isOver(child)) throw new Error(`serve ended with ${child.exitCode}: ${text}`)
    await sleep(10)
  }
  if (port === 0) throw new Error(`serve did not listen: ${text}`)
  return {
    port,
    pid: child.pid!,
    isOver: () => isOver(child),
    said: () => text,
    async orphan() {
      const below = treeOf(child.pid!).slice(1)
      child.kill('SIGKILL')
      await exited
      return below
    },
    async kill() {
      await killed(treeOf(child.pid!))
      await exited
    },
    async end() {
      child.kill('SIGTERM')
      const [status] = (await exited) as [number | null]
      return status
    },
  }
}

const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Kills processes, those that are gone already aside, and waits until none is left. */
export async function killed(pids: readonly number[]): Promise<void> {
  const alive = () => pids.filter(pid => treeOf(pid).length > 0)
  for (const pid of alive()) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (thrown) {
      // It ended by itself just now.
      if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
    }
  }
  for (let i = 0; i < 500 && alive().length > 0; i++) await sleep(20)
  expect(alive()).toEqual([])
}
