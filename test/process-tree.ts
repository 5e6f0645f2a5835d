// The id of a process in; the processes below it, and what they hold and have used by the kernel's own count, out (Linux).
import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks of /proc per second: USER_HZ is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** Whether there is a kernel that tells: without /proc nothing here knows anything. */
export const isCounted = process.platform === 'linux'

/** A process and all below it that live, parents first. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const parent = fieldsOf(Number(entry))?.parent
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
  }
  const tree = fieldsOf(root) === null ? [] : [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** Resident memory of processes together, bytes; pages that they share count once for each. */
export const residentBytes = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + 1024 * Number(/VmRSS:\s+(\d+)/.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0), 0)

/** Time on a processor of processes together, seconds. */
export const cpuSeconds = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + (fieldsOf(pid)?.ticks ?? 0), 0) / ticksPerSecond

/** The title that a process gave itself, or else the program that it runs. */
export const titleOf = (pid: number): string => textOf(`/proc/${pid}/cmdline`).split('\0')[0]!

/** Files and sockets that a process holds open; 0 for one that is gone. */
export function descriptors(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** Null for a process that is gone, or that is dead and not yet fetched by its parent. */
function fieldsOf(pid: number): { readonly parent: number; readonly ticks: number } | null {
  const text = textOf(`/proc/${pid}/stat`)
  // The name stands in brackets and may hold anything, brackets and blanks too.
  const [state, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (parent === undefined || state === 'Z') return null
  return { parent: Number(parent), ticks: Number(rest[9]) + Number(rest[10]) }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
