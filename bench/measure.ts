// A command in; its wall time and peak memory out, measured from outside, interleaved with what it is compared with.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Run {
  readonly seconds: number
  readonly peakMiB: number
}

/** One row of the table. A ratio or a figure stands against its target: at most so much, or at least where that is said. */
export interface Figure {
  readonly name: string
  readonly measured: string
  readonly against: string
  readonly value: number
  readonly unit: string
  /** Null: told, and promised to nobody. */
  readonly target: number | null
  readonly isAtLeast?: true
}

/** Runs a command to its end, sampling its peak resident memory; throws with its stderr when it fails. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint()
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    let peakKiB = 0
    const sampler = setInterval(() => {
      peakKiB = Math.max(peakKiB, peakOf(child.pid))
    }, 50)
    child.stderr.on('data', chunk => {
      stderr = (stderr + chunk).slice(-2000)
    })
    child.on('error', reject)
    child.on('close', code => {
      clearInterval(sampler)
      const seconds = Number(process.hrtime.bigint() - started) / 1e9
      if (code !== 0) reject(new Error(`${command} ${args.join(' ')} exited ${code}: ${stderr}`))
      else resolve({ seconds, peakMiB: peakKiB / 1024 })
    })
  })
}

/** The kernel's own high-water mark of a live process, KiB; 0 where /proc does not tell. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Runs the cases in turn, `rounds` times, and gives each one's median run. */
export async function sideBySide(cases: readonly (() => Promise<Run>)[], rounds = 3): Promise<Run[]> {
  const runs: Run[][] = cases.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, one] of cases.entries()) runs[i]!.push(await one())
  }
  return runs.map(list => ({
    seconds: median(list.map(one => one.seconds)),
    peakMiB: Math.max(...list.map(one => one.peakMiB)),
  }))
}

/** The upper one of the two in the middle. */
export function median(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b)
  return ordered[Math.floor(ordered.length / 2)]!
}
