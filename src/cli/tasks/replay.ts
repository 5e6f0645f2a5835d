// `tasks replay`: a sample of metered calls, drawn by a seed, as a suite; then that suite on other options.
import type { CommandFrame } from '../command.ts'
import { listFlag, numberFlag, pairsFlag } from '../flags.ts'
import type { TasksSubcommand } from './subcommand.ts'

export interface ReplayFlags {
  readonly from?: string
  readonly to?: string
  readonly where?: Readonly<Record<string, string>>
  readonly size: number
  readonly dataset?: string
  readonly judge?: string
  readonly rubric?: string
  readonly grader?: string
  readonly suiteOut?: string
  readonly options?: string
  readonly only?: readonly string[]
  readonly bar?: readonly number[]
  readonly repeat: number
  readonly concurrency: number
  readonly retries: number
  readonly maxUsd?: number
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly out?: string
}

const count = { min: 1, whole: true }

export const replay: TasksSubcommand = {
  register(tasks, frame) {
    const share = numberFlag('--bar', { min: 0, max: 1 })
    tasks
      .command('replay')
      .summary('your own calls, sampled, tried on other options')
      .description(
        'Draws metered calls by feature, prompt length, tools and outcome, and the dearest 1 % for certain; takes what they ' +
          'said from the captures of the gateway or from a file; and tries them, tool results frozen, on other options.',
      )
      .optionsGroup('What is drawn:')
      .option('--from <time>', 'calls from here on (default: all)')
      .option('--to <time>', 'up to here')
      .option('--where <dimension=value>', 'calls of one feature, workload, … (repeatable)', pairsFlag('--where'))
      .option('--size <n>', 'how many are drawn: calls, or sessions as a whole', numberFlag('--size', count), 200)
      .option('--dataset <file>', 'JSON Lines of {id, request, answer} in place of captures')
      .optionsGroup('How answers are judged:')
      .option('--judge <upstream:model>', 'a model judges words against the recorded answer')
      .option('--rubric <text>', 'what it judges by')
      .option('--grader <kind>', 'in its place: exact, normalised, json, f1:0.7')
      .optionsGroup('What is made of it:')
      .option('--suite-out <file>', 'only write the suite there, in plain text')
      .option('--options <file>', 'what the suite is tried on')
      .option('--only <a,b>', 'these options alone', listFlag('--only'))
      .option('--bar <share>', 'share of tasks that must pass (repeatable)', (text, before: number[] = []) => [
        ...before,
        share(text),
      ])
      .option('--repeat <k>', 'tries of each task on each option', numberFlag('--repeat', count), 1)
      .option('--max-usd <usd>', 'spend no more', numberFlag('--max-usd', { min: 0 }))
      .option('--concurrency <n>', 'tries at once', numberFlag('--concurrency', count), 8)
      .option(
        '--retries <n>',
        'requests again after a busy or broken one',
        numberFlag('--retries', { min: 0, whole: true }),
        4,
      )
      .option('--yes', 'spend without a limit, however much it is')
      .option('--dry-run', 'say what it would cost, and ask nothing')
      .option('--out <file>', 'write the tries there too, as JSON Lines for tasks rank')
      .addHelpText(
        'after',
        `
Examples:
  crossline tasks replay --where feature=search --size 300 --grader f1:0.7 --suite-out s.json
  crossline tasks replay --judge openai:gpt-5-mini --options options.yaml --max-usd 10`,
      )
      .action(async (flags: ReplayFlags) => {
        const { replayCalls } = await import('./replay-calls.ts')
        await replayCalls(flags, frame as CommandFrame)
      })
  },
}
