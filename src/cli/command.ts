// What a command file must offer, and what the frame gives it: parsed global options, one way to print, one way to fail.
import type { Command } from 'commander'
import type { Settings } from './settings.ts'

/** Options that every command has. */
export interface GlobalOptions {
  readonly json: boolean
  readonly data: string
  readonly config: string
  readonly seed: number
  readonly color: boolean
  readonly debug: boolean
}

export interface Output {
  /** Prints the result: the one JSON document under `--json`, else the human text. */
  result(json: unknown, text: () => string): void
  /** One JSON Lines row of a batch, with or without `--json`. */
  line(json: unknown): void
  /** A note for the person at the terminal, on stderr. */
  note(text: string): void
  /** A progress line on stderr, redrawn in place on a terminal and silent otherwise; null clears it. */
  progress(text: string | null): void
  /** Says what went wrong without stopping: what is left of a command may still be worth having. */
  fail(thrown: unknown): void
  /** Sets the exit status without stopping (0 done, 1 no, 2 bad input, 3 outside failure); the highest wins. */
  status(code: 0 | 1 | 2 | 3): void
}

export interface CommandFrame {
  readonly globals: () => GlobalOptions
  /** crossline.yaml; empty until a command's action runs. */
  readonly settings: () => Settings
  readonly output: Output
  /** The words of the command line, to print the command that shows the same again. */
  readonly words: readonly string[]
}

/** One file in `cli/commands/` exports one of these; `cli/main.ts` lists them. */
export interface CommandModule {
  readonly name: string
  register(program: Command, frame: CommandFrame): void
}
