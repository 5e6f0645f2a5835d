// A program in; once it has ended, what it started is killed and its pipes are let go, whoever still holds them.
import type { ChildProcess } from 'node:child_process'

/** For what is still in the pipes. */
const drainedWithinMs = 1000

/**
 * `close` comes when nobody holds the program's pipes any more. What it left in its own group is killed; what left that too
 * (a daemon) may hold them for ever, so that after a moment they are let go.
 */
export function letGoOnceEnded(child: ChildProcess, killGroup: () => void): void {
  child.once('exit', () => {
    killGroup()
    const timer = setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, drainedWithinMs)
    child.once('close', () => clearTimeout(timer))
  })
}

/** To the program, which leads a group of its own, and to all that it started. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The whole group is gone already.
  }
}
