// A plan of tries and a journal in; all tries made that are not made yet, as many at once as may be, out. Nothing is paid twice.

import type { Attempt } from '../../core/decide/quality/attempt.ts'
import { type AttemptRow, rowOf } from '../../core/decide/quality/attempt-row.ts'
import { parseUsd } from '../../core/meter/money.ts'
import type { Answer } from '../graders/grader.ts'
import type { Task } from '../task.ts'
import { type AskerTools, startAsker } from './asker.ts'
import { earlyStop } from './early-stop.ts'
import type { OptionPlan, SimpleOption } from './option-plan.ts'
import { orderOf, type Planned } from './order.ts'
import { type Pace, startPace } from './pace.ts'
import { tryTask } from './try.ts'
import { tryOfStep } from './try-context.ts'
import type { WorkTools } from './work.ts'

export interface RunPlan {
  readonly run: string
  readonly tasks: readonly Task[]
  readonly options: readonly OptionPlan[]
  readonly repeat: number
  readonly seed: number
  readonly concurrency: number
  /** Where the suite lies. */
  readonly folder: string
  /** Of a try whose task states no limit. */
  readonly mostSeconds: number
  /** At which bars a run may stop once it is decided; absent = it goes on to its end. */
  readonly stopEarlyAt?: readonly number[] | undefined
}

export interface RunTools extends AskerTools {
  /** Told after each try. */
  readonly onTry: (progress: RunProgress) => void
  /** Where answers are kept for people to label: told before a try counts as graded. */
  readonly keepAnswer?: (attempt: Attempt, answer: Answer) => void
}

export interface RunProgress {
  readonly done: number
  readonly all: number
  readonly running: number
  /** The last try; null = it was left unfinished. */
  readonly last: Attempt | null
}

/** Requests that were under way when an earlier process of the run died: they may have been paid, and are asked again. */
export interface LostRequest {
  readonly id: string
  /** The most that it can have cost, decimal string; null = unknown. */
  readonly mostUsd: string | null
}

export interface RunOutcome {
  /** In the order of options, tasks and tries. */
  readonly rows: readonly AttemptRow[]
  /** `decided`: more tries would change no verdict; `capped`: what may be spent is; `stopped`: it was asked to. */
  readonly ended: 'done' | 'decided' | 'capped' | 'stopped'
  /** Tries that were not made, or not finished. */
  readonly left: number
  readonly lost: readonly LostRequest[]
  /** Options that were given up, and when they were left alone. */
  readonly givenUp: readonly string[]
  /** Options whose further tries were not needed. */
  readonly settledEarly: readonly string[]
}

/** So many tries in a row that an option did not answer: it is not asked any more, so that the run ends. */
const givenUpAfter = 5

export async function runTasks(plan: RunPlan, tools: RunTools): Promise<RunOutcome> {
  const { journal, purse } = tools
  const rows = new Map<string, AttemptRow>()
  for (const entry of journal.found) if (entry.kind === 'graded') rows.set(keyOf(entry.row), entry.row)
  // Whoever was killed between a grade and the end of its words left them.
  journal.dropWords(
    journal.found.flatMap(entry => (entry.kind === 'told' && rows.has(tryOfStep(entry.step)) ? [entry.step] : [])),
  )
  const lost = lostIn(journal.found)
  for (const { id, mostUsd } of lost) purse.lose(id, mostUsd === null ? null : parseUsd(mostUsd))
  const work = workTools(plan, tools)
  const { stopEarlyAt } = plan
  const order = orderOf(plan.tasks, plan.options, plan.repeat, plan.seed, stopEarlyAt !== undefined)
  const early = stopEarlyAt === undefined ? null : earlyStop({ order, repeat: plan.repeat, bars: stopEarlyAt })
  const queue = queueOf(order.filter(one => !rows.has(keyOfPlanned(one))))
  const settledEarly = new Set<string>()
  let ended: RunOutcome['ended'] = 'done'
  let unfinished = 0

  async function one(planned: Planned): Promise<void> {
    const tried = await tryTask(plan, planned, work.tools)
    if (typeof tried === 'string') {
      unfinished++
      if (ended === 'done') ended = tried
      tools.onTry({ ...state(), last: null })
      return
    }
    const row = rowOf(tried.attempt)
    if (tried.answer !== null) tools.keepAnswer?.(tried.attempt, tried.answer)
    journal.append({ kind: 'graded', row })
    journal.dropWords(tried.steps)
    rows.set(keyOf(row), row)
    tools.onTry({ ...state(), last: tried.attempt })
    look(row)
  }

  /** Leaves off what the tries by now have settled. */
  function look(row: AttemptRow): void {
    const settled = early?.add(row)
    for (const option of settled?.options ?? []) {
      if (settledEarly.has(option)) continue
      settledEarly.add(option)
      queue.drop(option)
    }
    if (settled?.isOver && queue.size() > 0 && ended === 'done') ended = 'decided'
  }
  for (const row of rows.values()) look(row)

  const running = new Set<Promise<void>>()
  const state = () => ({ done: rows.size, all: order.length, running: running.size })
  let failure: { readonly thrown: unknown } | null = null
  for (;;) {
    if (tools.stopping.aborted && ended === 'done' && queue.size() > 0) ended = 'stopped'
    const isOver = ended !== 'done' || failure !== null
    const next = isOver || running.size >= plan.concurrency ? null : queue.take()
    if (next === null) {
      if (running.size === 0) break
      await Promise.race(running)
      continue
    }
    const work = one(next)
      .catch((thrown: unknown) => {
        // The disk is full, or something here is broken: what runs is let finish, and no more is begun.
        failure ??= { thrown }
      })
      .finally(() => {
        running.delete(work)
        queue.free(next)
      })
    running.add(work)
  }
  if (failure !== null) throw (failure as { thrown: unknown }).thrown
  return {
    rows: order.length === 0 ? [] : sorted(plan, rows),
    ended,
    left: queue.size() + unfinished,
    lost,
    givenUp: work.givenUp(),
    settledEarly: [...settledEarly],
  }
}

const keyOf = ({ option, task, attempt }: AttemptRow): string => JSON.stringify([option, task, attempt])
const keyOfPlanned = ({ option, task, attempt }: Planned): string => JSON.stringify([option.name, task.id, attempt])

function sorted({ options, tasks, repeat }: RunPlan, rows: ReadonlyMap<string, AttemptRow>): AttemptRow[] {
  return options.flatMap(option =>
    tasks.flatMap(task =>
      Array.from({ length: repeat }, (_, i) => rows.get(JSON.stringify([option.name, task.id, i + 1]))).flatMap(
        row => row ?? [],
      ),
    ),
  )
}

function lostIn(found: RunTools['journal']['found']): LostRequest[] {
  const open = new Map<string, LostRequest>()
  for (const entry of found) {
    if (entry.kind === 'asking') open.set(entry.id, { id: entry.id, mostUsd: entry.mostUsd })
    if (entry.kind === 'told') open.delete(entry.id)
  }
  return [...open.values()]
}

/** Tries that wait, in their order; those of an option that has as many under way as it may have let others go before. */
function queueOf(order: readonly Planned[]) {
  const waiting = new Map<string, { at: number; planned: Planned }[]>()
  const underWay = new Map<string, number>()
  order.forEach((planned, at) => {
    const { name } = planned.option
    const own = waiting.get(name)
    if (own === undefined) waiting.set(name, [{ at, planned }])
    else own.push({ at, planned })
  })
  const heads = new Map([...waiting.keys()].map(name => [name, 0]))
  return {
    size: () => [...waiting].reduce((sum, [name, own]) => sum + own.length - heads.get(name)!, 0),
    take(): Planned | null {
      let first: { at: number; planned: Planned } | null = null
      for (const [name, own] of waiting) {
        const head = own[heads.get(name)!]
        if (head === undefined || (first !== null && first.at < head.at)) continue
        const most = head.planned.option.pace.concurrency
        if (most === null || (underWay.get(name) ?? 0) < most) first = head
      }
      if (first === null) return null
      const { name } = first.planned.option
      heads.set(name, heads.get(name)! + 1)
      underWay.set(name, (underWay.get(name) ?? 0) + 1)
      return first.planned
    },
    free({ option: { name } }: Planned) {
      underWay.set(name, underWay.get(name)! - 1)
    },
    drop(name: string) {
      heads.set(name, waiting.get(name)?.length ?? 0)
    },
  }
}

function workTools(plan: RunPlan, tools: RunTools): { tools: WorkTools; givenUp: () => string[] } {
  const paces = new Map<string, Pace>()
  const inARow = new Map<string, number>()
  const isGivenUp = (name: string) => (inARow.get(name) ?? 0) >= givenUpAfter
  const asker = startAsker(tools)
  return {
    givenUp: () => [...inARow.keys()].filter(isGivenUp),
    tools: {
      asker,
      metering: tools.metering,
      purse: tools.purse,
      folder: plan.folder,
      isGivenUp: ({ name }: SimpleOption) => isGivenUp(name),
      wentWell({ name }, isAvailable) {
        // What was under way when it was given up does not bring it back.
        if (!isGivenUp(name)) inARow.set(name, isAvailable ? 0 : (inARow.get(name) ?? 0) + 1)
      },
      paceOf(option) {
        let pace = paces.get(option.name)
        if (pace === undefined) {
          pace = startPace(option.pace, tools.clock)
          paces.set(option.name, pace)
        }
        return pace
      },
    },
  }
}
