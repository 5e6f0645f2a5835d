// `tasks`: the commands about tasks, each a file of `cli/tasks/`.
import type { CommandModule } from '../command.ts'
import { subcommands } from '../tasks/subcommands.ts'

export const tasks: CommandModule = {
  name: 'tasks',
  register(program, frame) {
    const command = program
      .command('tasks')
      .summary('cost per successful task, on each option')
      .description('What a task that succeeds costs on each option, at your quality bar.')
    for (const subcommand of subcommands) subcommand.register(command, frame)
  },
}
