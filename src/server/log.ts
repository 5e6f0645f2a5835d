// What a server has to say, in; a line for a person at a terminal, or one for a program that reads logs, out.

import { Fault } from '../core/fault/fault.ts'

export type Level = 'info' | 'warn' | 'error'

/** `error` where something is lost or not done until somebody acts; content and secrets are never said. */
export type Say = (text: string, level: Level) => void

/** What went wrong, where, and what to do about it: all that a fault knows, for whoever reads the log alone. */
export function troubleText(thrown: unknown): string {
  if (!(thrown instanceof Fault)) return thrown instanceof Error ? thrown.message : String(thrown)
  const { message, where, fix } = thrown
  return `${message}${where === null ? '' : ` (${where})`}${fix === null ? '' : `; ${fix}`}`
}

export const logFormats = ['text', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

/** `by`: the process that says it. */
export function logLine(format: LogFormat, said: { text: string; level: Level; by: string }, timeMs: number): string {
  const { text, level, by } = said
  if (format === 'text') return `crossline: ${text}`
  return JSON.stringify({ time: new Date(timeMs).toISOString(), level, process: by, message: text })
}
