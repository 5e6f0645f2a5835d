// Ctrl-C → a wish that what runs looks at; a second one ends the program at once.

/** The first signal is a wish to stop, told by `say`; the next one ends the process: what is written down is whole. */
export function untilInterrupted(say: () => void): { isAsked(): boolean; forget(): void } {
  let isAsked = false
  const heard = (signal: NodeJS.Signals) => {
    if (isAsked) process.exit(signal === 'SIGINT' ? 130 : 143)
    isAsked = true
    say()
  }
  process.on('SIGINT', heard)
  process.on('SIGTERM', heard)
  return {
    isAsked: () => isAsked,
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
