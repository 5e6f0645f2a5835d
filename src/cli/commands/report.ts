// `report`: a time range and dimensions → a table of calls, tokens and exact cost.
import type { CommandModule } from '../command.ts'
import { given, listFlag } from '../flags.ts'
import { terminalColumns } from '../output.ts'
import { runOperation } from '../run-operation.ts'

interface Flags {
  readonly from?: string
  readonly to?: string
  readonly by?: readonly string[]
  readonly zone?: string
}

export const report: CommandModule = {
  name: 'report',
  register(program, frame) {
    program
      .command('report')
      .summary('cost and tokens by any dimension')
      .description('Calls, tokens and exact cost, grouped. Unpriced and unknown are counted apart, never as 0.')
      .option('--from <time>', 'first day or instant (2026-11-01, 2026-11-01T08:30Z)')
      .option('--to <time>', 'up to, not including')
      .option('--by <a,b>', 'model (default), provider, feature, team, day, month, tag:NAME, …', listFlag('--by'))
      .option('--zone <zone>', 'IANA zone of days and months (default: UTC)')
      .addHelpText(
        'after',
        `
Examples:
  crossline report
  crossline report --by feature,model --from 2026-11-01 --to 2026-12-01
  crossline report --by day --zone Europe/Oslo --json`,
      )
      .action(async ({ from, to, by, zone = frame.settings().zone }: Flags) => {
        const { report: operation } = await import('../../server/operations.ts')
        const params = given({ from, to, by: by === undefined ? undefined : [...by], zone })
        const result = await runOperation(frame, operation, params)
        const { reportText } = await import('../../report/rows.ts')
        frame.output.result(result, () => {
          if (result.total.calls === 0 && (from ?? to) !== undefined) return 'No calls in that period.'
          if (result.total.calls === 0) return 'No calls. Bring some in: crossline import FILE'
          return reportText(result, { columns: terminalColumns(), color: frame.globals().color })
        })
      })
  },
}
