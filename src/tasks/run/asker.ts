// A request of a try in; its answer, from the journal where it is known and from the model where it is not, out: paced, retried, paid from the purse.
import { createHash } from 'node:crypto'
import { many } from '../../core/fault/many.ts'
import { add, formatUsd, type Money, parseUsd, zero } from '../../core/meter/money.ts'
import type { Completed, ModelClient, Target, Unanswered } from '../client.ts'
import type { Prompt } from '../task.ts'
import type { Journal, ToldEntry, Words } from './journal.ts'
import type { MeteredRequest, Metering } from './metering.ts'
import { type Clock, isWorthRetrying, type Pace, retrySeconds } from './pace.ts'
import type { Purse } from './purse.ts'
import { count, onBehalfOf, type Purpose, stepOf, type TryContext } from './try-context.ts'

export interface AskerTools {
  readonly metering: Metering
  readonly journal: Journal
  readonly purse: Purse
  readonly clock: Clock
  /** Requests of one step that may fail before its option counts as unavailable. */
  readonly retries: number
  /** Uniform in [0, 1). */
  readonly draw: () => number
  readonly nextId: () => string
  /** Aborted when nothing new is to be begun. */
  readonly stopping: AbortSignal
}

/** What a step came to over all of its requests; null = the try is left unfinished. */
export interface Asked {
  readonly told: ToldEntry
  readonly words: Words | null
  /** Of all its requests. */
  readonly usd: Money | null
  readonly seconds: number
}

/** What is told of work that is not retried. */
export type ToldOnce = Omit<ToldEntry, 'kind' | 'step' | 'id' | 'isRetried'>

export interface Asker {
  ask(context: TryContext, purpose: Purpose, target: Target, prompt: Prompt, pace?: Pace): Promise<Asked | null>
  /** Anything else that is paid for and told once: a program's work. */
  once(
    context: TryContext,
    purpose: Purpose,
    asks: string,
    work: (id: string) => Promise<{ told: ToldOnce; words: Words | null }>,
  ): Promise<Asked | null>
  /** The same as a client for graders. */
  clientFor(context: TryContext, purpose: Purpose): ModelClient
}

interface Known {
  readonly failed: ToldEntry[]
  final: ToldEntry | null
}

export function startAsker(tools: AskerTools): Asker {
  const { journal, purse, clock } = tools
  const known = new Map<string, Known>()
  const learn = (told: ToldEntry) => {
    const steps = known.get(told.step) ?? { failed: [], final: null }
    if (told.isRetried) steps.failed.push(told)
    else steps.final = told
    known.set(told.step, steps)
  }
  for (const entry of journal.found) if (entry.kind === 'told') learn(entry)

  /** What the journal has of a step that was told to its end. */
  function recalled(context: TryContext, purpose: Purpose, step: string): Asked | null {
    const { failed = [], final = null } = known.get(step) ?? {}
    if (final === null) return null
    const words = journal.wordsOf(step)
    if (final.unanswered === null && words === null) return null
    return summed(context, purpose, [...failed, final], words)
  }

  function write(told: ToldEntry, words: Words | null): void {
    if (words !== null) journal.keepWords(told.step, words)
    journal.append(told)
    learn(told)
  }

  async function ask(
    context: TryContext,
    purpose: Purpose,
    target: Target,
    prompt: Prompt,
    pace?: Pace,
  ): Promise<Asked | null> {
    const step = stepOf(context, purpose, hashOf([target, prompt]))
    const before = recalled(context, purpose, step)
    if (before !== null) return before
    const awake = AbortSignal.any([context.signal, tools.stopping])
    const told: ToldEntry[] = [...(known.get(step)?.failed ?? [])]
    for (;;) {
      const leave = await pace?.turn(tools.metering.tokens(target, prompt), awake)
      const request = { target, prompt, onBehalfOf: onBehalfOf(context, purpose), step }
      const startedMs = clock.nowMs()
      const answer = await requested(context, request).finally(leave)
      if (answer === null) return null
      if (answer === 'late') return summed(context, purpose, [...told, lateOf(step, context)], null)
      const wait = waitSeconds(answer, told.length + 1)
      const isRetried = wait !== null && !context.signal.aborted
      const seconds = (clock.nowMs() - startedMs) / 1000 + (isRetried ? wait : 0)
      const entry = toldOf({ step, id: answer.id, isRetried, seconds }, answer)
      write(entry, 'unanswered' in answer ? null : { text: answer.text, toolCalls: answer.toolCalls })
      told.push(entry)
      if (!isRetried) return summed(context, purpose, told, journal.wordsOf(step))
      await clock.sleep(wait * 1000, awake)
    }
  }

  /** One request, if it may be made: paid from the purse, written down before it goes. */
  async function requested(
    context: TryContext,
    { step, ...request }: Omit<MeteredRequest, 'id' | 'idempotencyKey'> & { readonly step: string },
  ): Promise<((Completed | Unanswered) & { readonly id: string }) | 'late' | null> {
    const { target, prompt, onBehalfOf } = request
    const { purpose } = onBehalfOf
    if (context.halted !== null || tools.stopping.aborted) return halt(context, 'stopped')
    if (context.signal.aborted) return 'late'
    if (purpose !== 'judge' && limitMet(context) !== null) return 'late'
    const id = tools.nextId()
    const most = tools.metering.most(target, prompt)
    if (!(await purse.reserve(id, most, context.signal))) {
      return context.signal.aborted ? 'late' : halt(context, 'capped')
    }
    journal.append({ kind: 'asking', step, id, mostUsd: textOf(most) })
    const idempotencyKey = keyOf(context, step)
    const answer = await tools.metering.complete({ ...request, id, idempotencyKey }, context.signal)
    // Of a call that was cut nobody may know the price: then the most that it can have cost stays held.
    if (answer.usd === null && most !== null) purse.lose(id, most)
    else purse.settle(id, answer.usd)
    return { ...answer, id }
  }

  function waitSeconds(answer: Completed | Unanswered, failures: number): number | null {
    if (!('unanswered' in answer) || answer.unanswered !== 'unavailable') return null
    if (failures > tools.retries || !isWorthRetrying(answer.status)) return null
    return retrySeconds(failures, answer.retryAfterSeconds, tools.draw())
  }

  return {
    ask,
    async once(context, purpose, asks, work) {
      const step = stepOf(context, purpose, asks)
      const before = recalled(context, purpose, step)
      if (before !== null) return before
      if (context.halted !== null || tools.stopping.aborted) return halt(context, 'stopped')
      const id = tools.nextId()
      journal.append({ kind: 'asking', step, id, mostUsd: null })
      const { told, words } = await work(id)
      if (context.halted !== null) return null
      const entry: ToldEntry = { kind: 'told', step, id, isRetried: false, ...told }
      write(entry, words)
      return summed(context, purpose, [entry], words)
    },
    clientFor: (context, purpose) => ({
      async complete(target, prompt) {
        const asked = await ask(context, purpose, target, prompt)
        if (asked === null) return { ...nothing, unanswered: 'unavailable', problem: 'the run was stopped', usd: zero }
        const { told, words, usd, seconds } = asked
        if (told.unanswered !== null) {
          const unanswered = told.unanswered === 'broken' ? 'unavailable' : told.unanswered
          return {
            ...nothing,
            unanswered,
            problem: told.problem ?? unanswered,
            status: told.status,
            usage: told.usage,
            usd,
          }
        }
        const { model, stopReason, unpriced } = told
        return { ...words!, stopReason, model, usage: told.usage!, usd, unpriced, seconds }
      },
    }),
  }
}

const nothing = { status: null, retryAfterSeconds: null, usage: null }

function halt(context: TryContext, why: 'stopped' | 'capped'): null {
  context.halted ??= why
  return null
}

function summed(context: TryContext, purpose: Purpose, entries: readonly ToldEntry[], words: Words | null): Asked {
  for (const entry of entries) count(context, purpose, entry)
  return {
    told: entries.at(-1)!,
    words,
    usd: entries.reduce<Money | null>(
      (sum, { usd }) => (sum === null || usd === null ? null : add(sum, parseUsd(usd))),
      zero,
    ),
    seconds: entries.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}

const textOf = (usd: Money | null): string | null => (usd === null ? null : formatUsd(usd))

function toldOf(
  request: Pick<ToldEntry, 'step' | 'id' | 'isRetried' | 'seconds'>,
  answer: Completed | Unanswered,
): ToldEntry {
  const shared = {
    kind: 'told' as const,
    ...request,
    calls: 1,
    exitStatus: null,
    usage: answer.usage,
    usd: textOf(answer.usd),
  }
  if ('unanswered' in answer) {
    const { unanswered, problem, status } = answer
    return { ...shared, unanswered, problem, status, unpriced: null, model: null, stopReason: null }
  }
  const { model, stopReason, unpriced } = answer
  return { ...shared, unanswered: null, problem: null, status: 200, unpriced, model, stopReason }
}

/** Which of its task's limits a try has met, in words; null = none. */
function limitMet({ task: { limits }, calls, usd }: TryContext): string | null {
  if (limits.calls !== null && calls >= limits.calls) return `it made ${many(limits.calls, 'call')}`
  if (limits.usd !== null && Number(usd) >= limits.usd * 1e12) return `it cost $${limits.usd}`
  return null
}

/** A limit was met before a request was made. */
const lateOf = (step: string, context: TryContext): ToldEntry => ({
  kind: 'told',
  step,
  id: '',
  isRetried: false,
  usage: null,
  usd: formatUsd(zero),
  unpriced: null,
  seconds: 0,
  calls: 0,
  model: null,
  stopReason: null,
  exitStatus: null,
  status: null,
  unanswered: 'limited',
  problem: context.signal.aborted ? String(context.signal.reason) : limitMet(context),
})

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)

const keyOf = ({ run }: TryContext, step: string): string =>
  `crossline-${createHash('sha256').update(`${run}\n${step}`).digest('hex').slice(0, 40)}`
