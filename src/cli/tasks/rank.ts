// `tasks rank`: files of tries → options by cost per success at each quality bar, with intervals and verdicts. Never opens the ledger.
import type { CommandFrame } from '../command.ts'
import { numberFlag, pairFlag, pairsFlag } from '../flags.ts'
import { terminalColumns } from '../output.ts'
import type { AmortizationFlags } from './amortization.ts'
import type { TasksSubcommand } from './subcommand.ts'

interface RankFlags extends AmortizationFlags {
  readonly bar?: readonly number[]
  readonly map?: Readonly<Record<string, string>>
}

export const rank: TasksSubcommand = {
  register(tasks, frame) {
    const fraction = numberFlag('--bar', { min: 0, max: 1 })
    tasks
      .command('rank')
      .summary('options by cost per success at a quality bar')
      .description(
        'Ranks options by cost per success = all that their tries cost ÷ the tasks that they solved, with 95 % intervals, and\n' +
          'says at each quality bar who clears it: yes, no, or not enough data. Never opens the ledger.',
      )
      .argument('<file...>', 'a CSV or JSON Lines of tries: option,task,attempt,passed,usd')
      .option(
        '--bar <share>',
        'share of tasks that must pass, such as 0.7 (repeatable)',
        (text, before: number[] = []) => [...before, fraction(text)],
      )
      .option('--map <field=column>', 'a field stands in a column of another name (repeatable)', pairsFlag('--map'))
      .optionsGroup('Own servers, whose tries tell no price (else their cost is unknown):')
      .option('--answer <file>', 'what crossline crossover --json printed')
      .option('--fleet <option=fleet>', 'at what a token costs on this fleet of it (repeatable)', pairFlag('--fleet'))
      .option('--at-rate <rate>', 'loaded (idle hours, spares, people; the default) or marginal (busy GPUs)')
      .option(
        '--usd-per-hour <option=usd>',
        'or by the seconds a try took: 2.5, or 2.5/8 for eight at once (repeatable)',
        pairFlag('--usd-per-hour'),
      )
      .action((files: readonly string[], flags: RankFlags) => run(files, flags, frame))
  },
}

async function run(files: readonly string[], flags: RankFlags, frame: CommandFrame): Promise<void> {
  const [{ readTrials }, { rank: ranked }, { rankingText }] = await Promise.all([
    import('./read-trials.ts'),
    import('../../core/decide/quality/ranking.ts'),
    import('../../report/ranking-text.ts'),
  ])
  const { amortizerOf } = await import('./amortization.ts')
  const amortizer = amortizerOf(flags)
  const { priceOf } = amortizer
  const { table, rows } = await readTrials(files, { map: flags.map ?? {}, data: frame.globals().data, frame, priceOf })
  const bars = [...new Set(flags.bar ?? [])]
  const amortized = amortizer.told()
  const answer = { ...ranked(table, bars), rows, amortized }
  frame.output.result(answer, () => rankingText(answer, { columns: terminalColumns(), color: frame.globals().color }))
}
