// `tasks import`: files of other tools' results → tries under DATA/tasks/<run>/, priced anew, as a run of ours keeps them.
import type { CommandFrame } from '../command.ts'
import { numberFlag, pairFlag, pairsFlag } from '../flags.ts'
import { terminalColumns } from '../output.ts'
import { checkFile } from '../unreadable.ts'
import type { TasksSubcommand } from './subcommand.ts'

interface Flags {
  readonly format?: string
  readonly suite?: string
  readonly option?: string
  readonly scorer?: string
  readonly passAt: number
  readonly map?: Readonly<Record<string, string>>
  readonly at?: string
  readonly weights?: Readonly<Record<string, string>>
  readonly dtype?: Readonly<Record<string, string>>
  readonly prices?: readonly string[]
  readonly out?: string
}

export const importTasks: TasksSubcommand = {
  register(tasks, frame) {
    tasks
      .command('import')
      .summary("other tools' results, priced anew")
      .description(
        "Reads results of promptfoo, Inspect, HAL, SWE-bench, Aider, or any table, and keeps their tries as a run's. " +
          "Where tokens are told they are priced by Crossline's catalog at the time of the run; what the tool says " +
          'stands beside. A missing cost stays missing.',
      )
      .argument('<file...>', 'results: JSON, JSON Lines, .eval, YAML or CSV, gzipped or not')
      .option('--format <name>', 'promptfoo, inspect, hal, swe-bench, aider, table (default: detected)')
      .option('--suite <name>', 'what its set of tasks is called (default: as the file says)')
      .option('--option <name>', 'whose tries they are, where the file does not say')
      .option('--scorer <name>', 'Inspect: the score that decides (default: the first)')
      .option('--pass-at <score>', 'a score from here on passes', numberFlag('--pass-at', { min: 0, max: 1 }), 1)
      .option('--map <field=column>', 'a field stands in a column of another name (repeatable)', pairsFlag('--map'))
      .option(
        '--weights <option=id>',
        "whose weights an option ran, by the catalog's id (repeatable)",
        pairFlag('--weights'),
      )
      .option(
        '--dtype <option=dtype>',
        'and in which number format: without it a result clears no other host (repeatable)',
        pairFlag('--dtype'),
      )
      .option('--at <date>', 'when the run was made, where no file says it')
      .option('--prices <file>', 'a prices.yaml on top (repeatable)', (file, before: string[] = []) => [
        ...before,
        file,
      ])
      .option('--out <file>', 'write the tries there too: .csv, else JSON Lines')
      .addHelpText(
        'after',
        `
Examples:
  crossline tasks import results.json --suite support
  crossline tasks import logs/*.eval --scorer match
  crossline tasks import preds.json model.run1.json runs/*/*.traj.json
  crossline tasks import table.csv --map task=case --map passed=ok`,
      )
      .action((files: readonly string[], flags: Flags) => run(files, flags, frame))
  },
}

async function run(files: readonly string[], flags: Flags, frame: CommandFrame): Promise<void> {
  for (const file of files) checkFile(file)
  const [{ imported }, { importedTasksText }] = await Promise.all([
    import('./imported.ts'),
    import('../../report/imported-tasks-text.ts'),
  ])
  const { configFile, overlays } = {
    configFile: frame.globals().config,
    overlays: [...(frame.settings().prices ?? []), ...(flags.prices ?? [])],
  }
  const result = await imported(files, {
    format: flags.format ?? null,
    suite: flags.suite ?? null,
    option: flags.option ?? null,
    scorer: flags.scorer ?? null,
    passAt: flags.passAt,
    map: flags.map ?? {},
    at: flags.at ?? null,
    weights: flags.weights ?? {},
    dtypes: flags.dtype ?? {},
    out: flags.out ?? null,
    dataDir: frame.globals().data,
    prices: { configFile, overlays },
  })
  frame.output.result(result, () => importedTasksText(result, terminalColumns()))
  if (result.rejected > 0) frame.output.status(2)
}
