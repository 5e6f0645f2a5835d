// `reprice`: the catalog as it is now → history priced again, and what that changed.
import type { CommandModule } from '../command.ts'
import { given } from '../flags.ts'
import { runOperation } from '../run-operation.ts'

interface Flags {
  readonly from?: string
  readonly to?: string
  readonly dryRun?: boolean
}

export const reprice: CommandModule = {
  name: 'reprice',
  register(program, frame) {
    program
      .command('reprice')
      .summary('price history again after a change of the catalog')
      .description('History keeps the price of its time; only this changes it, and says what changed.')
      .option('--from <time>', 'first day or instant (2026-11-01)')
      .option('--to <time>', 'up to, not including')
      .option('--dry-run', 'say what would change, change nothing')
      .addHelpText(
        'after',
        `
Examples:
  crossline reprice --dry-run
  crossline reprice --from 2026-11-01`,
      )
      .action(async ({ from, to, dryRun }: Flags) => {
        const { reprice: operation } = await import('../../server/operations.ts')
        const zone = frame.settings().zone
        const result = await runOperation(frame, operation, given({ from, to, zone, dryRun }))
        frame.output.result(result, () => {
          const lines = result.byModel
            .filter(row => row.changed > 0)
            .map(
              row =>
                `${row.model ?? '(no model)'}: ${row.changed} of ${row.calls} calls, ` +
                `${usd(row.usdBefore)} → ${usd(row.usdAfter)}, unpriced ${row.unpricedBefore} → ${row.unpricedAfter}`,
            )
          const verb = result.dryRun ? 'would change' : 'changed'
          const sum = `${result.changed} of ${result.calls} calls ${verb}: ${usd(result.usdBefore)} → ${usd(result.usdAfter)}`
          return [...lines, sum].join('\n')
        })
      })
  },
}

function usd(exact: string | null): string {
  return exact === null ? 'unpriced' : `$${exact}`
}
