// `tasks rank`: files of tries → options by cost per success at each quality bar, with intervals and verdicts. Never opens the ledger.
import { basename } from 'node:path'
import type { Verifier } from '../../core/decide/quality/cascade.ts'
import { Fault } from '../../core/fault/fault.ts'
import type { CommandFrame } from '../command.ts'
import { numberFlag, pairsFlag } from '../flags.ts'
import { type AmortizationFlags, declareAmortization } from './amortization-flags.ts'
import { declareGate, type GateFlags } from './gate.ts'
import { declareReportFiles, type ReportFlags } from './report-files.ts'
import type { TasksSubcommand } from './subcommand.ts'

interface RankFlags extends AmortizationFlags, GateFlags, ReportFlags {
  readonly bar?: readonly number[]
  readonly by?: string
  readonly priceOfFailure?: number
  readonly baseline?: string
  readonly margin?: number
  readonly cascade?: readonly string[]
  readonly verifier?: Verifier
  readonly silentCap?: number
  readonly map?: Readonly<Record<string, string>>
  readonly labels?: string
}

export const rank: TasksSubcommand = {
  register(tasks, frame) {
    const fraction = numberFlag('--bar', { min: 0, max: 1 })
    const command = tasks
      .command('rank')
      .summary('options by cost per success at a quality bar')
      .description(
        'Ranks options by cost per success = all that their tries cost ÷ the tasks that they solved, with 95 % intervals, and ' +
          'says at each quality bar who clears it: yes, no, or not enough data. Never opens the ledger.',
      )
      .argument('<file...>', 'CSV or JSON Lines of tries: option,task,attempt,passed,usd; several are read as one')
      .option(
        '--bar <share>',
        'share of tasks that must pass, such as 0.7 (repeatable)',
        (text, before: number[] = []) => [...before, fraction(text)],
      )
      .option('--by <what>', 'a ranking for each tag, workload or cluster beside the one of all tasks')
      .option(
        '--price-of-failure <usd>',
        'what an unsolved task costs: cost per completed task',
        numberFlag('--price-of-failure', { min: 0 }),
      )
      .option('--baseline <option>', 'which options may take its place, with --margin')
      .option(
        '--margin <share>',
        'by how much less they may pass, such as 0.03: choose it before',
        numberFlag('--margin', { min: 0, below: 1 }),
      )
      .option(
        '--cascade <a > b>',
        "what a cascade of tried options would make of their shared tasks, such as 'small > large' (repeatable)",
        (text, before: string[] = []) => [...before, text],
      )
      .option(
        '--verifier <q1/q0/usd>',
        'its verifier: P(accept | right), P(reject | wrong) and what a check costs (default: 1/1/0, never wrong)',
        verifierFlag,
      )
      .option(
        '--silent-cap <share>',
        'a cascade is best only where surely no more tasks end silently wrong',
        numberFlag('--silent-cap', { min: 0, max: 1 }),
      )
      .option('--map <field=column>', 'a field stands in a column of another name (repeatable)', pairsFlag('--map'))
      .option(
        '--labels <file>',
        'what people said of some tries (option,task,attempt,passed,rater), or a run that was labelled on the page: pass\n' +
          'rates corrected for what graders get wrong',
      )
    declareGate(declareReportFiles(declareAmortization(command)))
      .optionsGroup('Options:')
      .addHelpText('after', details)
      .action((files: readonly string[], flags: RankFlags) => run(files, flags, frame))
  },
}

const details = `
Fields of a row: option, task, passed (true, false, 1, 0; empty = unknown) and
usd (dollars; empty = unknown), and where they are there attempt, judgeUsd,
weight, cluster, workload, tags (a;b). Rows of the same option, task and attempt
count once. Rows that cannot be read go to DATA/rejects with the reason, and the
rest is ranked.
A row may also tell of many tasks at once: option, tasks, passes, usd (their
total). Then costs have no interval.

What counts:
  several tries of a task are averaged first; n counts tasks. The pass rate's
  interval is Wilson's at that n, which is never too narrow for repeats.
  Clusters and weights leave fewer tasks than n (effectiveTasks).
  a try of unknown outcome is in no pass rate and no cost per success, neither
  as passed nor as failed; its cost stays in the cost per task, and ifUngraded
  says what the figures would be either way. A try of unknown cost is in no
  cost.
  usdPerSuccess has Fieller's interval (low, high), the bootstrap's (bca) and
  a third (recommended), which holds at few tasks too and is the one shown.
  "unbounded" = too few successes to give an end.
  --labels: "judged" holds each option's rate as graded (raw), as people would
  say (corrected: PPI++, right on average whatever the graders are worth if
  labels were drawn at random) and by the graders' own errors (roganGladen;
  refused where sensitivity + specificity are 1.1 at most), and how many more
  labels would tell it to 5 points.

Examples:
  crossline tasks rank results.csv --bar 0.6 --bar 0.7
  crossline tasks rank run.jsonl --bar 0.7 --by tag --price-of-failure 4
  crossline tasks rank run.jsonl --bar 0.7 --baseline gpt-5.1 --margin 0.03
  crossline tasks rank run.jsonl --html ranking.html \\
    --against last.jsonl --fail-on 'usdPerSuccess>+10%'
  crossline tasks rank run.jsonl --bar 0.7 --labels labels.csv
  crossline tasks rank sums.csv --bar 0.5 \\
    --map option=model,tasks=cases,passes=solved,usd=total_cost`

async function run(files: readonly string[], flags: RankFlags, frame: CommandFrame): Promise<void> {
  checkFlags(flags)
  const [{ rankedFiles }, { amortizerOf }] = await Promise.all([
    import('./ranked-files.ts'),
    import('./amortization.ts'),
  ])
  const amortizer = amortizerOf(flags)
  const { answer, text, fails } = await rankedFiles(
    files,
    {
      flags,
      name: files.map(path => basename(path)).join(', '),
      map: flags.map ?? {},
      priceOf: amortizer.priceOf,
      amortized: amortizer.told,
      bars: [...new Set(flags.bar ?? [])],
      by: (flags.by ?? null) as 'tag' | 'workload' | 'cluster' | null,
      priceOfFailureUsd: flags.priceOfFailure ?? null,
      baseline: flags.baseline ?? null,
      margin: flags.margin ?? null,
      cascades: (flags.cascade ?? []).map(text => ({
        stages: text.split('>').map(name => name.trim()),
        verifier: flags.verifier ?? { sensitivity: 1, specificity: 1, usd: 0 },
      })),
      silentErrorCap: flags.silentCap ?? null,
      ...(flags.labels === undefined ? {} : { labels: flags.labels }),
    },
    frame,
  )
  frame.output.result(answer, text)
  if (fails) frame.output.status(1)
}

function verifierFlag(text: string): Verifier {
  const [sensitivity, specificity, usd = 0, ...rest] = text
    .split('/')
    .map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  const isShare = (x: number | undefined): x is number => x !== undefined && x >= 0 && x <= 1
  if (isShare(sensitivity) && isShare(specificity) && usd >= 0 && rest.length === 0)
    return { sensitivity, specificity, usd }
  throw new Fault('BAD_VERIFIER', `"${text}" is no verifier`, {
    where: '--verifier',
    fix: 'write two shares and the price of a check in dollars: 0.9/0.8/0.001',
  })
}

function checkFlags({ by, baseline, margin, cascade = [] }: RankFlags): void {
  const short = cascade.find(text => text.split('>').filter(name => name.trim() !== '').length < 2)
  if (short !== undefined) {
    throw new Fault('BAD_CASCADE', `"${short}" is no cascade`, { where: '--cascade', fix: "write 'small > large'" })
  }
  if (by !== undefined && !['tag', 'workload', 'cluster'].includes(by)) {
    throw new Fault('BAD_BY', `"${by}" is nothing to rank by`, { where: '--by', fix: 'give tag, workload or cluster' })
  }
  if ((baseline === undefined) !== (margin === undefined)) {
    const missing = baseline === undefined ? '--baseline' : '--margin'
    throw new Fault(
      'FLAG_MISSING',
      `${missing} is needed beside ${baseline === undefined ? '--margin' : '--baseline'}`,
      {
        where: 'crossline tasks rank',
        fix: `give ${missing} too`,
      },
    )
  }
}
