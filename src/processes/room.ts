// How many files a process may have open in; how many connections of clients it has room for, out.
import { readFileSync } from 'node:fs'

/** For all that is no call: spool, pipes, libraries. */
const ownFiles = 64

/**
 * A call needs two: its client's and its upstream's. A socket that another process hands over where no file can be opened is
 * lost without a word, and Node waits for ever for it to be taken, so that none may be handed over beyond this.
 */
export const roomFor = (openFiles: number): number => Math.max(1, Math.floor((openFiles - ownFiles) / 2))

/** By `/proc/PID/limits` (proc(5)); infinite where nothing is said. */
export function openFilesOf(limits: string): number {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1] ?? 'unlimited'
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

/** Of this process; infinite off Linux, where nobody says it. */
export function openFilesHere(): number {
  try {
    return openFilesOf(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
