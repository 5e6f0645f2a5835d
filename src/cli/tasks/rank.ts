// `tasks rank`: files of tries → options by cost per success at each quality bar, with intervals and verdicts. Never opens the ledger.
import type { CommandFrame } from '../command.ts'
import { numberFlag, pairsFlag } from '../flags.ts'
import { terminalColumns } from '../output.ts'
import type { TasksSubcommand } from './subcommand.ts'

interface RankFlags {
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
      .action((files: readonly string[], flags: RankFlags) => run(files, flags, frame))
  },
}

async function run(files: readonly string[], flags: RankFlags, frame: CommandFrame): Promise<void> {
  const [{ readTrials }, { rank: ranked }, { rankingText }] = await Promise.all([
    import('./read-trials.ts'),
    import('../../core/decide/quality/ranking.ts'),
    import('../../report/ranking-text.ts'),
  ])
  const { table, rows } = await readTrials(files, { map: flags.map ?? {}, data: frame.globals().data, frame })
  const bars = [...new Set(flags.bar ?? [])]
  const answer = { ...ranked(table, bars), rows }
  frame.output.result(answer, () => rankingText(answer, { columns: terminalColumns(), color: frame.globals().color }))
}
