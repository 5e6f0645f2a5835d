// A command's results, notes and errors → stdout and stderr: one JSON document or human text, never both.
import { styleText } from 'node:util'
import { Fault, faultJson } from '../core/fault/fault.ts'
import type { GlobalOptions, Output } from './command.ts'

export type ExitStatus = 0 | 1 | 2 | 3

export interface Terminal extends Output {
  /** The highest status that was set. */
  readonly exitStatus: () => ExitStatus
}

/** Output for the options that are in force when it is written (they are known only after parsing). */
export function terminal(options: () => Pick<GlobalOptions, 'json' | 'debug' | 'color'>): Terminal {
  let status: ExitStatus = 0
  let isProgressShown = false
  const canRedraw = process.stderr.isTTY === true && process.env.TERM !== 'dumb'

  function raise(code: ExitStatus): void {
    if (code > status) status = code
  }

  function clear(): void {
    if (isProgressShown) process.stderr.write('\r\u001b[K')
    isProgressShown = false
  }

  return {
    result(json, text) {
      clear()
      process.stdout.write(options().json ? `${toJson(json, 2)}\n` : withNewline(text()))
    },
    line(json) {
      process.stdout.write(`${toJson(json)}\n`)
    },
    note(text) {
      clear()
      process.stderr.write(withNewline(text))
    },
    progress(text) {
      if (!canRedraw) return
      clear()
      if (text === null) return
      process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
      isProgressShown = true
    },
    status: raise,
    exitStatus: () => status,
    fail(thrown) {
      clear()
      const { json, debug, color } = options()
      if (json) process.stdout.write(`${toJson(faultJson(thrown), 2)}\n`)
      else process.stderr.write(`${errorLine(thrown, color && process.stderr.isTTY === true)}\n`)
      if (debug && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`)
      raise(exitStatusOf(thrown))
    },
  }
}

/** Columns to write for: the terminal's, else what COLUMNS says, else 80. */
export function terminalColumns(): number {
  const said = Number(process.env.COLUMNS)
  return process.stdout.columns ?? (Number.isSafeInteger(said) && said > 0 ? said : 80)
}

/** `error: what (where). fix.` on one line. What a file says may stand in it: it must not steer the terminal. */
export function errorLine(thrown: unknown, color: boolean): string {
  const shown = (text: string) => text.replace(/\p{Cc}/gu, c => (/\s/.test(c) ? c : '\uFFFD'))
  const { message: said, where: at, fix: mending } = faultJson(thrown).error
  const [message, where, fix] = [shown(said), at && shown(at), mending && shown(mending)]
  const what = `${message.replace(/\s*\n\s*/g, ' ').replace(/\.$/, '')}${where === null ? '' : ` (${where})`}.`
  const mend = fix === null ? '' : ` ${fix.charAt(0).toUpperCase()}${fix.slice(1).replace(/\s*\n\s*/g, ' ')}`
  return `${color ? styleText('red', 'error:') : 'error:'} ${what}${mend}${/[.?!]$/.test(mend) || mend === '' ? '' : '.'}`
}

/** 1 the answer is no, 2 bad input, 3 outside failure; what nobody foresaw is a failure too, not the user's input. */
export function exitStatusOf(thrown: unknown): ExitStatus {
  if (!(thrown instanceof Fault)) return 3
  return thrown.kind === 'no' ? 1 : thrown.kind === 'input' ? 2 : 3
}

/** JSON with exact money as strings. */
function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner), indent)
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
