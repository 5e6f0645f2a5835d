// The words of `tasks run` in; which tasks on which options, as which run (a new one, or one that is not over), out.
import { existsSync } from 'node:fs'
import { Fault } from '../../core/fault/fault.ts'
import type { HostSettings } from '../../server/gateway-host.ts'
import { type KeptRun, readKeptRun, runFolder } from '../../tasks/kept-run.ts'
import type { OptionPlan } from '../../tasks/run/option-plan.ts'
import type { StatedOption } from '../../tasks/suite/option-shape.ts'
import type { Suite } from '../../tasks/suite/suite.ts'
import type { Task } from '../../tasks/task.ts'
import type { CommandFrame } from '../command.ts'
import { version } from '../version.ts'
import { detailOf, fingerprintOf, newRunName, type RunDetail, unfinishedRuns } from './kept-runs.ts'
import { planOptions } from './planned-options.ts'
import type { RunFlags } from './run.ts'
import { readOptions, readSuite } from './suite-file.ts'

export interface PreparedRun {
  readonly run: string
  /** The run that is gone on with; null = a new one. */
  readonly resumed: KeptRun | null
  readonly suite: Suite
  readonly tasks: readonly Task[]
  readonly options: readonly OptionPlan[]
  readonly settings: HostSettings
  readonly bars: readonly number[]
  readonly repeat: number
  readonly seed: number
  readonly detail: RunDetail
  readonly notes: readonly string[]
  /** The command that goes on with it. */
  readonly again: string
}

/** @throws Fault of the suite and its options; RUN_UNKNOWN, RUN_OVER, RUN_CHANGED, NO_TASKS */
export async function prepareRun(
  suiteFile: string | undefined,
  flags: RunFlags,
  frame: CommandFrame,
): Promise<PreparedRun> {
  const { data, seed: statedSeed } = frame.globals()
  const before = flags.resume === undefined ? null : runToResume(data, flags.resume)
  const told = before === null ? null : detailOf(before)!
  const file = suiteFile ?? told?.suiteFile
  if (file === undefined) {
    throw new Fault('FLAG_MISSING', 'a suite is needed', {
      where: 'crossline tasks run',
      fix: 'name its file: crossline tasks run tasks.yaml',
    })
  }
  const suite = readSuite(file)
  const seed = told?.seed ?? statedSeed
  const repeat = told?.repeat ?? flags.repeat
  const choice = { options: flags.options, only: flags.only, tag: flags.tag, first: flags.first, ...told?.choice }
  const chosen = chosenTasks(suite, choice, file)
  const stated: Record<string, StatedOption> = { ...suite.options }
  if (choice.options !== undefined) Object.assign(stated, readOptions(choice.options))
  const planned = await planOptions({
    stated,
    only: choice.only ?? [],
    graders: chosen.flatMap(({ graders }) => graders),
    gateway: frame.settings().gateway ?? {},
    placeOf: name => (name in suite.options ? suite.placeOf(['options', name]) : (choice.options ?? file)),
    environment: process.env,
  })
  const { options } = planned
  const tasks = chosen.map(task => ({ ...task, graders: task.graders.map(planned.judgeOf) }))
  const fingerprint = fingerprintOf(tasks, options, repeat, seed)
  if (told !== null && told.fingerprint !== fingerprint) {
    throw new Fault('RUN_CHANGED', 'the suite or its options are not those that the run began with', {
      where: file,
      fix: 'put them back, or begin another run with --new',
    })
  }
  const same = unfinishedRuns(data).find(run => detailOf(run)!.fingerprint === fingerprint) ?? null
  const resumed = before ?? (flags.new === true || (flags.name ?? same?.run) !== same?.run ? null : same)
  const run =
    resumed?.run ?? (flags.name === undefined ? newRunName(suite.name, new Date()) : freeName(data, flags.name))
  const detail = {
    fingerprint,
    suiteFile: file,
    seed,
    repeat,
    choice,
    concurrency: flags.concurrency,
    // A run that began with its answers kept goes on so.
    keepAnswers: flags.keepAnswers === true || (resumed !== null && detailOf(resumed)?.keepAnswers === true),
    crossline: version,
  }
  return {
    run,
    resumed,
    suite,
    tasks,
    options,
    settings: { ...planned.settings, budgets: [] },
    bars: flags.bar ?? suite.bars,
    repeat,
    seed,
    detail,
    notes: planned.notes,
    again: `crossline tasks run --resume ${run}`,
  }
}

/** @throws Fault RUN_NAME */
function freeName(dataDir: string, name: string): string {
  const fix = 'give letters, digits, dots and dashes that no other run has'
  if (!/^\w[\w.-]{0,79}$/.test(name))
    throw new Fault('RUN_NAME', `"${name}" is no name of a run`, { where: '--name', fix })
  if (!existsSync(runFolder(dataDir, name))) return name
  throw new Fault('RUN_NAME', `there is a run "${name}" already`, { where: '--name', fix })
}

function runToResume(dataDir: string, asked: string | true): KeptRun {
  if (asked !== true) {
    const run = readKeptRun(dataDir, asked)
    if (detailOf(run) === null) {
      throw new Fault('RUN_UNKNOWN', `${asked} is an import: there is nothing to go on with`, { where: '--resume' })
    }
    return run
  }
  const [last] = unfinishedRuns(dataDir)
  if (last !== undefined) return last
  throw new Fault('RUN_OVER', 'no run is unfinished', { where: '--resume', fix: 'name a suite to begin one' })
}

function chosenTasks(
  { tasks }: Suite,
  { tag = [], first }: { readonly tag?: readonly string[] | undefined; readonly first?: number | undefined },
  file: string,
): readonly Task[] {
  const chosen = tag.length === 0 ? tasks : tasks.filter(task => task.tags.some(one => tag.includes(one)))
  if (chosen.length > 0) return chosen.slice(0, first)
  const known = [...new Set(tasks.flatMap(task => task.tags))].join(', ')
  const fix = known === '' ? 'its tasks have no tags' : `its tasks have ${known}`
  throw new Fault('NO_TASKS', `no task has the tag ${tag.join(' or ')}`, { where: file, fix })
}
