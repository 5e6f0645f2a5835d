// `savings`: a list of leases and the ledger → what own GPUs cost, and what the same calls would have cost elsewhere.
import { Fault } from '../../core/fault/fault.ts'
import type { CommandModule } from '../command.ts'
import { given, listFlag, numberFlag } from '../flags.ts'
import { terminalColumns } from '../output.ts'
import { runOperation } from '../run-operation.ts'
import { checkFile } from '../unreadable.ts'

interface Flags {
  readonly leases?: string
  readonly from?: string
  readonly to?: string
  readonly zone?: string
  readonly provider?: readonly string[]
  readonly model?: string
  readonly as?: string
  readonly frontier?: string
  readonly operationsUsdPerMonth?: number
  readonly by?: string
}

export const savings: CommandModule = {
  name: 'savings',
  register(program, frame) {
    program
      .command('savings')
      .summary('what own GPUs saved or lost so far')
      .description(
        `Sets what leased GPUs cost against what the calls that they served would have
cost at hosts of the same weights and at a frontier model, day by day, each at
the prices of its day.`,
      )
      .option('--leases <file>', 'CSV with a line for each lease; its columns are below')
      .option('--from <time>', 'first day or instant (default: the first lease)')
      .option('--to <time>', 'up to, not including (default: the last day with a call)')
      .option('--zone <zone>', 'IANA zone of days and of dates in the list (default: UTC)')
      .option(
        '--provider <a,b>',
        'providers that are own GPUs (default: vllm, sglang, ollama, self-host, own, …)',
        listFlag('--provider'),
      )
      .option('--model <name>', 'only the calls of this model')
      .option('--as <host>', 'HOST or HOST/MODEL that the calls are compared with (default: one row of middle price)')
      .option(
        '--frontier <model>',
        'frontier model compared with (default: the costliest of closed weights in the ledger)',
      )
      .option(
        '--operations-usd-per-month <usd>',
        'people who run the GPUs',
        numberFlag('--operations-usd-per-month', { min: 0 }),
      )
      .option('--by <dimension>', 'team: a row for each, of its leases and its calls')
      .addHelpText(
        'after',
        `
Columns of the list: gpu,count,from,to,usdPerHour,committedUntil,team
  usdPerHour is for one GPU. A date is the first moment of its day in the zone;
  \`to\` is not included, and empty while the lease runs. Money up to
  \`committedUntil\` is spent whatever is stopped.

Examples:
  crossline savings --leases leases.csv
  crossline savings --leases leases.csv --operations-usd-per-month 2000
  crossline savings --leases leases.csv --as together --by team
  crossline savings --leases leases.csv --provider my-gateway --zone Europe/Oslo`,
      )
      .action(
        async ({ leases, from, to, zone = frame.settings().zone, provider, model, as, frontier, ...rest }: Flags) => {
          const path = leasesFile(leases)
          const { operationsUsdPerMonth, by } = rest
          if (by !== undefined && by !== 'team') {
            throw new Fault('UNKNOWN_DIMENSION', `savings are not told by "${by}"`, { where: '--by', fix: 'use team' })
          }
          const { savings: operation } = await import('../../server/operations.ts')
          const params = given({
            from,
            to,
            zone,
            provider: provider && [...provider],
            model,
            as,
            frontier,
            operationsUsdPerMonth,
            by: by as 'team' | undefined,
            seed: frame.globals().seed,
          })
          const result = await runOperation(frame, operation, params, { path, name: path })
          const { savingsText } = await import('../../report/savings-text.ts')
          frame.output.result(result, () =>
            savingsText(result, { columns: terminalColumns(), color: frame.globals().color }),
          )
        },
      )
  },
}

function leasesFile(path: string | undefined): string {
  if (path === undefined) {
    throw new Fault('LEASES_MISSING', 'no list of leases was given', {
      where: '--leases',
      fix: 'give a CSV with gpu,count,from,to,usdPerHour,committedUntil,team',
    })
  }
  checkFile(path)
  return path
}
