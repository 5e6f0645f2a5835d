// `reconcile`: the ledger and a provider's own bill → where they differ, by day and model, and why; exit 1 beyond the tolerance.
import { Fault } from '../../core/fault/fault.ts'
import type { CommandModule } from '../command.ts'
import { given } from '../flags.ts'
import { terminalColumns } from '../output.ts'
import { runOperation } from '../run-operation.ts'
import { checkFile } from '../unreadable.ts'

interface Flags {
  readonly bill?: string
  readonly format?: string
  readonly provider?: string
  readonly from?: string
  readonly to?: string
  readonly zone?: string
  readonly tolerance?: number
}

export const reconcile: CommandModule = {
  name: 'reconcile',
  register(program, frame) {
    program
      .command('reconcile')
      .summary("the ledger against a provider's own bill")
      .description(
        'Compares metered calls with what the provider billed, by day and model, and names the difference part by part: ' +
          'zone, not calls, unmetered, unknown, unpriced, price, rounding, over-metered, untold. The parts add up to it exactly.',
      )
      .option('--bill <file>', 'cost or usage report, FOCUS bill or invoice (default: the bills imported before)')
      .option('--format <name>', 'openai-costs, anthropic-costs, openai-usage, focus, invoice, … (default: detected)')
      .option('--provider <name>', 'only this provider; of a bill that names none: whose it is')
      .option('--from <time>', 'first day of the bill')
      .option('--to <time>', 'up to, not including')
      .option('--zone <zone>', "IANA zone in which the bill's dates are days (default: UTC, and a shift is found)")
      .option('--tolerance <share>', 'mismatch that is not worth a look, 1% or 0.01 (default: 1%)', tolerance)
      .addHelpText(
        'after',
        `
Of the same calls an imported usage report (OpenAI, Anthropic) is the provider's
word on tokens, not a second metering: with it, and a cost report, more usage is
told apart from another price. The mismatch is the sum of the models'
differences without their signs; tax, credits and day boundaries are left aside.
Exit status 1: the mismatch is beyond the tolerance.

Examples:
  crossline reconcile --bill openai-costs.json
  crossline import openai-usage.json && crossline reconcile --bill costs.json
  crossline reconcile --provider anthropic --from 2026-11-01 --to 2026-12-01
  crossline reconcile --bill invoice.csv --zone Europe/Berlin --tolerance 2%`,
      )
      .action(async ({ bill, ...flags }: Flags) => {
        if (bill !== undefined) checkFile(bill)
        const { reconcile: operation } = await import('../../server/operations.ts')
        const file = bill === undefined ? null : { path: bill, name: bill }
        const result = await runOperation(frame, operation, given(flags), file)
        const { reconcileText } = await import('../../report/reconcile-text.ts')
        frame.output.result(result, () =>
          reconcileText(result, { columns: terminalColumns(), color: frame.globals().color }),
        )
        if (!result.isWithin) frame.output.status(1)
      })
  },
}

function tolerance(text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? []
  const share = digits === undefined ? Number.NaN : Number(digits) / (percent === '%' ? 100 : 1)
  if (share >= 0 && share <= 1) return share
  throw new Fault('BAD_NUMBER', `"${text}" is not a share of the bill`, {
    where: '--tolerance',
    fix: 'write 1% or 0.01',
  })
}
