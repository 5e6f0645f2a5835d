// A command, its input and a time limit in; what it wrote and how it ended out. It and all that it started are gone by then.
import { spawn } from 'node:child_process'
import { letGoOnceEnded, signalGroup } from '../ended-child.ts'

export interface Ended {
  /** Null = it was killed by a signal, its own or ours. */
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  /** Why we ended it; null = it ended by itself. */
  readonly stopped: 'late' | 'too much output' | 'called off' | null
}

const MOST_BYTES = 1 << 20

export interface ProgramTerms {
  readonly folder: string
  readonly stdin: string
  readonly seconds: number
  readonly signal: AbortSignal
}

/** Runs it in a process group of its own, which is killed at the end: what it left running as well. @throws Error where it cannot start */
export function runProgram(command: readonly string[], terms: ProgramTerms): Promise<Ended> {
  const [program, ...args] = command
  return new Promise((done, fail) => {
    const child = spawn(program!, args, { cwd: terms.folder, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    let stopped: Ended['stopped'] = null
    const kill = () => signalGroup(child, 'SIGKILL')
    const stop = (why: NonNullable<Ended['stopped']>) => {
      stopped ??= why
      kill()
    }
    const timer = setTimeout(() => stop('late'), terms.seconds * 1000)
    const callOff = () => stop('called off')
    terms.signal.addEventListener('abort', callOff, { once: true })
    if (terms.signal.aborted) callOff()
    const texts = [child.stdout, child.stderr].map(stream => {
      const pieces: Buffer[] = []
      let bytes = 0
      stream.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > MOST_BYTES) stop('too much output')
        else pieces.push(piece)
      })
      return pieces
    })
    // A program that does not read what it is told is no fault of its own.
    child.stdin.on('error', () => {})
    child.stdin.end(terms.stdin)
    child.once('error', thrown => {
      clearTimeout(timer)
      terms.signal.removeEventListener('abort', callOff)
      fail(thrown)
    })
    letGoOnceEnded(child, kill)
    child.once('close', (status, signal) => {
      clearTimeout(timer)
      terms.signal.removeEventListener('abort', callOff)
      const [stdout = '', stderr = ''] = texts.map(pieces => Buffer.concat(pieces).toString())
      done({ status, signal, stdout, stderr, stopped })
    })
  })
}
