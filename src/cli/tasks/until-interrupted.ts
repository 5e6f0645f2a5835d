// Ctrl-C → a wish that what runs looks at; a second one ends the program at once.

/** The first signal is a wish to stop, told by `say`; the next one ends the process: what is written down is whole. */
export function untilInterrupted(say: () => void): { readonly signal: AbortSignal; forget(): void } {
  const asked = new AbortController()
  const heard = (signal: NodeJS.Signals) => {
    if (asked.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
    asked.abort('the run was stopped')
    say()
  }
  process.on('SIGINT', heard)
  process.on('SIGTERM', heard)
  return {
    signal: asked.signal,
    forget() {
      process.off('SIGINT', heard)
      process.off('SIGTERM', heard)
    },
  }
}

/** The program ends by itself, with the status of one that Ctrl-C ended. */
export function endAsInterrupted(): void {
  process.once('exit', () => {
    process.exitCode = 130
  })
}
