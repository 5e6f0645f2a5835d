// The flags of `tasks run` → the run prepared, made or taken up, kept and told.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { useOwnFacts } from '../../catalog/facts.ts'
import { loadPriceBook } from '../../catalog/price-book.ts'
import { type StratifiedFigures, stratifiedFigures } from '../../core/decide/quality/sample/stratified-figures.ts'
import type { StratifiedSample } from '../../core/decide/quality/sample/stratified-sample.ts'
import { many } from '../../core/fault/many.ts'
import { add, formatUsd, type Money, parseUsd, zero } from '../../core/meter/money.ts'
import { stream } from '../../core/statistics/random.ts'
import { pricesOf } from '../../intake/prices.ts'
import { stratifiedText } from '../../report/replay-text.ts'
import { runText } from '../../report/run-text.ts'
import { answerKeeper } from '../../tasks/kept-answers.ts'
import { type KeptRun, keepRun, runFolder } from '../../tasks/kept-run.ts'
import { answerTokens, estimateOf } from '../../tasks/run/estimate.ts'
import { openJournal } from '../../tasks/run/journal.ts'
import { orderOf } from '../../tasks/run/order.ts'
import { openPurse, type Purse } from '../../tasks/run/purse.ts'
import { type RunOutcome, type RunPlan, runTasks } from '../../tasks/run/runner.ts'
import { systemClock } from '../../tasks/run/system-clock.ts'
import type { CommandFrame } from '../command.ts'
import { terminalColumns } from '../output.ts'
import { version } from '../version.ts'
import { type Amortizer, amortizerOf } from './amortization.ts'
import { type BudgetRoom, budgetRoom, limitOf, paidBefore, payForWhatWasTold } from './budget-room.ts'
import { lockRun } from './kept-runs.ts'
import { takeIntoLedger } from './ledger-takes.ts'
import { type OpenMetering, requestIds, startMetering } from './metering.ts'
import { type PreparedRun, prepareRun } from './prepare-run.ts'
import { rankedFiles } from './ranked-files.ts'
import type { RunFlags } from './run.ts'
import { checkConsent, dollars, estimateJson, estimateText } from './run-estimate.ts'
import { progressText } from './run-progress.ts'
import { endAsInterrupted, untilInterrupted } from './until-interrupted.ts'

export async function runSuite(suiteFile: string | undefined, flags: RunFlags, frame: CommandFrame): Promise<void> {
  const { output } = frame
  const { config, data } = frame.globals()
  useOwnFacts(config)
  // A slip in these is told before anything is paid.
  const amortizer = amortizerOf(flags)
  const prepared = await prepareRun(suiteFile, flags, frame)
  for (const note of prepared.notes) output.note(note)
  const book = loadPriceBook({ configFile: config, overlays: frame.settings().prices ?? [] })
  const { price } = pricesOf(book)
  const say = (text: string) => output.note(text)
  if (flags.dryRun === true) {
    const metering = await startMetering({ dataDir: data, settings: prepared.settings, price, say })
    const estimate = estimateOf(orderOf(prepared.tasks, prepared.options, prepared.repeat, prepared.seed), metering)
    await metering.close()
    output.result({ estimate: estimateJson(estimate), answerTokens }, () => estimateText(estimate))
    return
  }
  const room = await budgetRoom(frame, prepared)
  const lock = await lockRun(data, prepared.run)
  const metering = await startMetering({ dataDir: data, settings: prepared.settings, price, say })
  let markTold = () => {}
  try {
    markTold = await carryOut(prepared, { flags, frame, metering, catalogVersion: book.version, amortizer, room })
  } finally {
    output.progress(null)
    await metering.close()
    await takeIntoLedger(frame)
    markTold()
    lock.release()
  }
}

interface Means {
  readonly flags: RunFlags
  readonly frame: CommandFrame
  readonly metering: OpenMetering
  readonly catalogVersion: string
  /** What the budgets of crossline.yaml leave to it; null = they say nothing. */
  readonly room: BudgetRoom | null
  readonly amortizer: Amortizer
}

/** Makes the run and tells its result; gives what writes down that it was told. */
async function carryOut(prepared: PreparedRun, means: Means): Promise<() => void> {
  const { flags, frame, metering, catalogVersion, room, amortizer } = means
  const { output } = frame
  const { data } = frame.globals()
  const { run, tasks, options, repeat, seed, suite, bars } = prepared
  const folder = runFolder(data, run)
  const journal = openJournal(folder)
  if (journal.corrupt > 0) output.note(`${many(journal.corrupt, 'line')} of the run’s journal: not whole, and left out`)
  const stopEarlyAt = flags.stopEarly === true ? bars : undefined
  const { concurrency } = flags
  const plan: RunPlan = {
    run,
    tasks,
    options,
    repeat,
    seed,
    concurrency,
    folder: suite.folder,
    stopEarlyAt,
    mostSeconds: flags.seconds ?? defaultSeconds,
  }
  const startedAt = prepared.resumed?.startedAt ?? new Date().toISOString()
  const kept = (outcome: RunOutcome | null, told = false): KeptRun => ({
    run,
    origin: flags.origin ?? 'run',
    suite: suite.name,
    startedAt,
    endedAt: outcome !== null && isOver(outcome) ? new Date().toISOString() : null,
    bars,
    options: options.map(({ tried }) => tried),
    catalogVersion,
    notes: outcome === null ? [] : notesOf(outcome),
    detail: {
      ...prepared.detail,
      crossline: version,
      lost: outcome?.lost ?? [],
      ended: outcome?.ended ?? 'running',
      told,
    },
  })
  const purse = openPurse(limitOf(flags.maxUsd, room, paidBefore(journal.found)))
  if (room !== null) output.note(`the budget ${room.name} has ${dollars(room.left)} left: the run spends no more`)
  const graded = new Map(
    journal.found.flatMap(entry => (entry.kind === 'graded' ? [[keyOf(entry.row), entry.row]] : [])),
  )
  const left = orderOf(tasks, options, repeat, seed).filter(
    ({ option, task, attempt }) => !graded.has(keyOf({ option: option.name, task: task.id, attempt })),
  )
  const estimate = estimateOf(left, metering)
  output.note(estimateText(estimate))
  checkConsent(estimate, flags)
  keepRun(data, kept(null), [...graded.values()])
  output.note(
    prepared.resumed === null
      ? `run ${run}`
      : `going on with ${run}: ${graded.size} of ${graded.size + left.length} tries are made`,
  )
  payForWhatWasTold(journal.found, purse)
  const draws = stream(seed, 'back-off')
  const interrupted = untilInterrupted(() => output.note('finishing what is under way; once more to leave it'))
  const progress = progressText(left.length, purse)
  let outcome: RunOutcome
  try {
    outcome = await runTasks(plan, {
      metering,
      journal,
      purse,
      clock: systemClock,
      retries: flags.retries,
      draw: () => draws.uniform(),
      nextId: requestIds(run),
      stopping: interrupted.signal,
      onTry: state => output.progress(progress(state)),
      ...(prepared.detail.keepAnswers === true ? { keepAnswer: answerKeeper(folder) } : {}),
    })
  } finally {
    interrupted.forget()
    journal.close()
  }
  output.progress(null)
  keepRun(data, kept(outcome), outcome.rows)
  const attempts = join(folder, 'attempts.jsonl')
  if (flags.out !== undefined) copyFileSync(attempts, flags.out)
  await tell(prepared, outcome, { purse, attempts, flags, frame, amortizer })
  if (outcome.ended === 'stopped') endAsInterrupted()
  if (outcome.ended === 'capped') output.status(1)
  if (outcome.givenUp.length > 0) output.status(3)
  return () => {
    keepRun(data, kept(outcome, true), outcome.rows)
  }
}

const keyOf = ({ option, task, attempt }: { option: string; task: string; attempt: number }): string =>
  JSON.stringify([option, task, attempt])

/** Longest try of a task that states no limit: a model that never ends is no reason for a run that never ends. */
const defaultSeconds = 600

const isOver = ({ ended }: RunOutcome): boolean => ended === 'done' || ended === 'decided'

function notesOf({ lost, givenUp, settledEarly, left, ended }: RunOutcome): string[] {
  const most = lost.reduce<Money | null>(
    (sum, { mostUsd }) => (sum === null || mostUsd === null ? null : add(sum, parseUsd(mostUsd))),
    zero,
  )
  const upTo = most === null ? '' : `, up to ${dollars(most)} in all`
  return [
    ...(lost.length === 0
      ? []
      : [`${many(lost.length, 'request')} under way when the run was killed may have been billed besides${upTo}`]),
    ...givenUp.map(option => `${option} did not answer several times in a row: it was not asked any more`),
    ...settledEarly.map(option => `${option} was stopped early: more tries would not change its verdict`),
    ...(ended === 'decided' ? [`${many(left, 'further try', 'further tries')} would not change what is decided`] : []),
    ...(ended === 'done' || ended === 'decided'
      ? []
      : [
          `${many(left, 'try', 'tries')} left: ${ended === 'capped' ? 'the next call could cost more than is left to spend' : 'the run was stopped'}`,
        ]),
  ]
}

async function tell(
  prepared: PreparedRun,
  outcome: RunOutcome,
  {
    purse,
    attempts,
    flags,
    frame,
    amortizer,
  }: Pick<Means, 'flags' | 'frame' | 'amortizer'> & {
    readonly purse: Purse
    readonly attempts: string
  },
): Promise<void> {
  const { run, bars, suite, again } = prepared
  const { spent, held, unpriced } = purse.state()
  const { priceOf, told: amortized } = amortizer
  const asked = { flags, name: suite.name, bars, by: null, priceOf, amortized }
  const ranking = outcome.rows.length === 0 ? null : await rankedFiles([attempts], asked, frame)
  const byStrata = flags.sample === undefined ? null : figuresOf(flags.sample, outcome)
  const answer = {
    run,
    suite: suite.name,
    ended: outcome.ended,
    tries: outcome.rows.length,
    left: outcome.left,
    spentUsd: formatUsd(spent),
    heldUsd: formatUsd(held),
    unpricedCalls: unpriced,
    notes: notesOf(outcome),
    attempts,
    ...(isOver(outcome) ? {} : { resume: again }),
    ...(byStrata === null ? {} : { byStrata }),
    ...ranking?.answer,
  }
  const { color } = frame.globals()
  frame.output.result(answer, () => {
    const told = runText(outcome.rows, { ...answer, columns: terminalColumns(), color })
    const drawn = byStrata === null ? '' : `\n\n${stratifiedText(byStrata, terminalColumns())}`
    return ranking === null ? told : `${told}\n\n${ranking.text()}${drawn}`
  })
  if (ranking?.fails) frame.output.status(1)
}

const figuresOf = (sample: StratifiedSample, { rows }: RunOutcome): StratifiedFigures[] =>
  stratifiedFigures(
    sample,
    rows.map(({ option, task, passed, usd }) => ({ option, task, passed, usd: usd === null ? null : Number(usd) })),
  )
