// What a file of a subcommand of `tasks` offers.
import type { Command } from 'commander'
import type { CommandFrame } from '../command.ts'

/** One file in `cli/tasks/` exports one of these; `subcommands.ts` beside it lists them. */
export interface TasksSubcommand {
  /** Adds itself to `crossline tasks`. */
  register(tasks: Command, frame: CommandFrame): void
}
