// `budgets`: what the gateway's budgets allow now → a table of spent, held and left; exit 1 where one is exceeded.
import type { BudgetRow } from '../../server/budgets-answer.ts'
import type { CommandModule } from '../command.ts'
import { runOperation } from '../run-operation.ts'

export const budgets: CommandModule = {
  name: 'budgets',
  register(program, frame) {
    program
      .command('budgets')
      .summary('what the gateway may still spend in this period')
      .description(
        'Each budget of crossline.yaml in its current period: spent by the ledger, held for calls under way and for calls that ' +
          'were never settled, and what is left. Exit status 1 where one is exceeded or has refused calls.',
      )
      .addHelpText('after', '\nExamples:\n  crossline budgets\n  crossline budgets --json')
      .action(async () => {
        const { budgets: operation } = await import('../../server/operations.ts')
        const result = await runOperation(frame, operation, {})
        const { budgetsText } = await import('../../report/budgets-text.ts')
        frame.output.result(result, () => budgetsText(result.budgets, { color: frame.globals().color }))
        if (result.budgets.some(({ state }: BudgetRow) => state === 'exceeded')) frame.output.status(1)
      })
  },
}
