// What a server has to say, in; a line for a person at a terminal, or one for a program that reads logs, out.

export type Level = 'info' | 'warn' | 'error'

/** `error` where something is lost or not done until somebody acts; content and secrets are never said. */
export type Say = (text: string, level: Level) => void

export const logFormats = ['text', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

/** `by`: the process that says it. */
export function logLine(format: LogFormat, said: { text: string; level: Level; by: string }, timeMs: number): string {
  const { text, level, by } = said
  if (format === 'text') return `crossline: ${text}`
  return JSON.stringify({ time: new Date(timeMs).toISOString(), level, process: by, message: text })
}
