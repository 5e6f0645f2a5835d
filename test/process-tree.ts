// The id of a process in; the processes below it, and what they hold and have used by the kernel's own count, out.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks of /proc per second: USER_HZ is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** Whether the kernel tells what a process holds and has used; elsewhere only its tree is known. */
export const isCounted = process.platform === 'linux'

/** A process and all below it that live, parents first. */
export function treeOf(root: number): number[] {
  const parents = isCounted ? parentsOfProc() : parentsOfPs()
  const children = new Map<number, number[]>()
  for (const [pid, parent] of parents) children.set(parent, [...(children.get(parent) ?? []), pid])
  const tree = parents.has(root) ? [root] : []
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

function parentsOfProc(): Map<number, number> {
  const pids = readdirSync('/proc').filter(entry => /^\d+$/.test(entry))
  return new Map(
    pids.flatMap(pid => {
      const fields = fieldsOf(Number(pid))
      return fields === null ? [] : [[Number(pid), fields.parent] as const]
    }),
  )
}

function parentsOfPs(): Map<number, number> {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  const lines = stdout.split('\n').map(line => line.trim().split(/\s+/))
  return new Map(lines.flatMap(([pid, parent, state]) => (state?.[0] === 'Z' ? [] : [[Number(pid), Number(parent)]])))
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
