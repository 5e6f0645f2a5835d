// What one check of `doctor` is: a place that is looked at, and what is found there. One file per place, one line in checks.ts.
import type { CommandFrame } from '../command.ts'

export interface Finding {
  /** `fail`: something does not work; `warn`: it works, and somebody should know. */
  readonly state: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do about it; null = nothing. */
  readonly fix: string | null
}

export interface Check {
  readonly name: string
  /** Whether it leaves this machine: only when that is asked for. */
  readonly isOnline?: boolean
  look(frame: CommandFrame): Promise<readonly Finding[]> | readonly Finding[]
}

export const ok = (text: string): Finding => ({ state: 'ok', text, fix: null })
export const warn = (text: string, fix: string): Finding => ({ state: 'warn', text, fix })
export const fail = (text: string, fix: string): Finding => ({ state: 'fail', text, fix })

const gib = 1024 ** 3

/** `12.3 GiB`, `640 MiB`, `12 KiB`. */
export function bytesText(bytes: number): string {
  if (bytes >= gib) return `${(bytes / gib).toFixed(1)} GiB`
  return bytes >= 1024 ** 2 ? `${Math.round(bytes / 1024 ** 2)} MiB` : `${Math.ceil(bytes / 1024)} KiB`
}
