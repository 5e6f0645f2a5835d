// A program and its environment in; its output and how it ended, out: nothing that it started outlives it.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { letGoOnceEnded, signalGroup } from '../ended-child.ts'
import type { Work } from '../task.ts'

export interface CommandRun {
  readonly stdout: string
  readonly exitStatus: number | null
  readonly ended: 'answered' | 'limited' | 'broken'
  readonly problem: string | null
  readonly seconds: number
}

const mostOutputBytes = 8 * 1024 * 1024
/** After its end is asked for, a program has so long to go by itself. */
const killAfterMs = 2000

/** Runs a program in a process group of its own; whatever stops it (a limit, or `signal` with its reason) stops all that it started. */
export function runCommand(
  work: Extract<Work, { kind: 'command' }>,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<CommandRun> {
  const startedMs = performance.now()
  const [program, ...words] = work.command
  return new Promise((finish: (run: CommandRun) => void) => {
    let limited: string | null = null
    let isOver = false
    const output: Buffer[] = []
    let outputBytes = 0
    let said = ''
    mkdirSync(work.folder, { recursive: true })
    const child = spawn(program!, words, {
      cwd: work.folder,
      env: { ...process.env, ...work.environment, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const kill = (name: NodeJS.Signals) => signalGroup(child, name)
    const stop = (why: string) => {
      if (limited !== null || isOver) return
      limited = why
      kill('SIGTERM')
      setTimeout(() => kill('SIGKILL'), killAfterMs).unref()
    }
    const stopped = () => stop(String(signal.reason))
    const goodbye = () => kill('SIGKILL')
    signal.addEventListener('abort', stopped, { once: true })
    process.once('exit', goodbye)
    child.stdout.on('data', (piece: Buffer) => {
      outputBytes += piece.length
      if (outputBytes > mostOutputBytes) stop(`it wrote more than ${mostOutputBytes / 1024 / 1024} MiB`)
      else output.push(piece)
    })
    child.stderr.on('data', (piece: Buffer) => {
      said = (said + piece.toString('utf8')).slice(-2000)
    })
    // A program that does not read is no failure.
    child.stdin.on('error', () => {})
    child.stdin.end(work.stdin ?? '')
    const end = (run: Omit<CommandRun, 'seconds' | 'stdout'>): void => {
      if (isOver) return
      isOver = true
      signal.removeEventListener('abort', stopped)
      process.off('exit', goodbye)
      const seconds = (performance.now() - startedMs) / 1000
      finish({ ...run, stdout: Buffer.concat(output).toString('utf8'), seconds })
    }
    child.on('error', thrown => {
      const problem = oneLine(`${program} could not be started: ${thrown.message}`)
      end({ exitStatus: null, ended: 'broken', problem })
    })
    // What it started in the background is not to go on calling.
    letGoOnceEnded(child, () => kill('SIGKILL'))
    child.on('close', (status, killedBy) => {
      if (limited !== null) return end({ exitStatus: status, ended: 'limited', problem: limited })
      if (status === 0) return end({ exitStatus: 0, ended: 'answered', problem: null })
      const how = status === null ? `killed by ${killedBy}` : `exit status ${status}`
      const last = said.trim().split('\n').at(-1)
      const problem = oneLine(last ? `${how}: ${last}` : how)
      end({ exitStatus: status, ended: 'answered', problem })
    })
  })
}

/** As a report and a table have room for. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`
}
