// The subcommands of `tasks`, in the order in which its help shows them: one line each.
import { importTasks } from './import.ts'
import { rank } from './rank.ts'
import { replay } from './replay.ts'
import { run } from './run.ts'
import type { TasksSubcommand } from './subcommand.ts'

export const subcommands: readonly TasksSubcommand[] = [run, rank, replay, importTasks]
