// `tasks run`: a suite on its options → every task tried and graded, metered as production is, kept so that nothing is paid twice; then ranked.
import type { StratifiedSample } from '../../core/decide/quality/sample/stratified-sample.ts'
import type { CommandFrame } from '../command.ts'
import { listFlag, numberFlag } from '../flags.ts'
import { type AmortizationFlags, declareAmortization } from './amortization-flags.ts'
import { declareGate, type GateFlags } from './gate.ts'
import { declareReportFiles, type ReportFlags } from './report-files.ts'
import type { TasksSubcommand } from './subcommand.ts'

export interface RunFlags extends GateFlags, ReportFlags, AmortizationFlags {
  readonly options?: string
  readonly only?: readonly string[]
  readonly tag?: readonly string[]
  readonly first?: number
  readonly repeat: number
  readonly concurrency: number
  readonly retries: number
  readonly maxUsd?: number
  readonly bar?: readonly number[]
  readonly resume?: string | true
  readonly new?: boolean
  readonly name?: string
  readonly keepAnswers?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly stopEarly?: boolean
  readonly seconds?: number
  readonly out?: string
  /** What made the suite; `run` unless stated. */
  readonly origin?: 'run' | 'replay'
  /** How the suite's tasks were drawn, where they were. */
  readonly sample?: StratifiedSample
}

const count = { min: 1, whole: true }

export const run: TasksSubcommand = {
  register(tasks, frame) {
    const share = numberFlag('--bar', { min: 0, max: 1 })
    const command = tasks
      .command('run')
      .summary('try a suite of tasks on each option, metered, and rank them')
      .description(
        'Tries each task of a suite on each of its options, grades the answers, and ranks\n' +
          'the options by cost per success. Every call goes through the gateway and is in\n' +
          'the ledger. A run that was stopped or killed is taken up by the same command:\n' +
          'what is known already is not asked again.',
      )
      .argument('[suite]', 'tasks.yaml, JSON, or JSON Lines of tasks')
      .optionsGroup('What is tried:')
      .option('--options <file>', 'options in a file of their own, beside those of the suite')
      .option('--only <a,b>', 'these options alone', listFlag('--only'))
      .option('--tag <a,b>', 'tasks that have one of these tags', listFlag('--tag'))
      .option('--first <n>', 'the first tasks alone', numberFlag('--first', count))
      .option('--repeat <k>', 'tries of each task on each option', numberFlag('--repeat', count), 1)
      .option(
        '--bar <share>',
        'share of tasks that must pass, in place of the suite’s (repeatable)',
        (text, before: number[] = []) => [...before, share(text)],
      )
      .optionsGroup('What it may take:')
      .option(
        '--max-usd <usd>',
        'spend no more; calls under way are counted at the most they can cost',
        numberFlag('--max-usd', { min: 0 }),
      )
      .option('--concurrency <n>', 'tries at once', numberFlag('--concurrency', count), 8)
      .option(
        '--seconds <s>',
        'longest try of a task that states no limit (default: 600)',
        numberFlag('--seconds', { above: 0 }),
      )
      .option(
        '--retries <n>',
        'requests again after a busy or broken one',
        numberFlag('--retries', { min: 0, whole: true }),
        4,
      )
      .option('--stop-early', 'stop once more tries would change no verdict: valid however often it is looked at')
      .option('--yes', 'spend without a limit, however much it is')
      .option('--dry-run', 'say what it would cost, and ask nothing')
      .optionsGroup('The run:')
      .option('--resume [run]', 'go on with this run, or the last one that is not over')
      .option('--name <run>', 'what the run is called (default: its suite, the time, and four digits)')
      .option('--new', 'begin anew, though such a run is not over')
      .option('--keep-answers', 'keep the words of answers (default: gone once graded)')
      .option('--out <file>', 'write the tries there too, as JSON Lines for tasks rank')
    declareGate(declareReportFiles(declareAmortization(command)))
      .optionsGroup('Options:')
      .addHelpText(
        'after',
        `
Examples:
  crossline tasks run tasks.yaml --dry-run
  crossline tasks run tasks.yaml --repeat 3 --max-usd 5
  crossline tasks run --resume
  crossline report --by task,tag:option`,
      )
      .action(async (suite: string | undefined, flags: RunFlags) => {
        const { runSuite } = await import('./run-suite.ts')
        await runSuite(suite, flags, frame as CommandFrame)
      })
  },
}
