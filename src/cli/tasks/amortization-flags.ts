// What `tasks run` and `tasks rank` are told of own servers' cost, as flags.
import type { Command } from 'commander'
import { pairFlag } from '../flags.ts'

export interface AmortizationFlags {
  /** What `crossover --json` printed. */
  readonly answer?: string
  /** Option of the tries → option of that answer. */
  readonly fleet?: Readonly<Record<string, string>>
  readonly atRate?: string
  /** Option of the tries → USD an hour of its server, `/n` for n tries at once. */
  readonly usdPerHour?: Readonly<Record<string, string>>
}

/** Declares them under a heading of their own. */
export function declareAmortization(command: Command): Command {
  return command
    .optionsGroup('Own servers, whose tries tell no price (else their cost is unknown):')
    .option('--answer <file>', 'what crossline crossover --json printed')
    .option('--fleet <option=fleet>', 'at what a token costs on this fleet of it (repeatable)', pairFlag('--fleet'))
    .option('--at-rate <rate>', 'loaded (idle hours, spares, people; the default) or marginal (busy GPUs)')
    .option(
      '--usd-per-hour <option=usd>',
      'or by the seconds a try took: 2.5, or 2.5/8 for eight at once (repeatable)',
      pairFlag('--usd-per-hour'),
    )
}
