// A task that is a program in; what it and its calls came to, within the limits of task and run, out.
import { many } from '../../core/fault/many.ts'
import { formatUsd, type Money } from '../../core/meter/money.ts'
import type { Asked, Asker, ToldOnce } from './asker.ts'
import { type CommandRun, runCommand } from './command.ts'
import type { Words } from './journal.ts'
import type { Metering, SessionTally } from './metering.ts'
import type { SimpleOption } from './option-plan.ts'
import type { Purse } from './purse.ts'
import { onBehalfOf, type TryContext } from './try-context.ts'

interface ProgramTools {
  readonly asker: Asker
  readonly metering: Metering
  readonly purse: Purse
}

/** A program's work on a task: one step, however many calls it makes; a resumed run begins it anew unless it was over. */
export function askProgram(context: TryContext, option: SimpleOption, tools: ProgramTools): Promise<Asked | null> {
  const { task } = context
  const work = task.work as Extract<typeof task.work, { kind: 'command' }>
  return tools.asker.once(context, 'answer', `command ${option.name}`, async id => {
    const limit = new AbortController()
    const session = tools.metering.session(option.target, onBehalfOf(context, 'answer'), id, {
      permit: permitted(context, limit, tools.purse),
      settled(callId, usd) {
        tools.purse.settle(callId, usd)
        const spent = session.tally().usd
        const most = task.limits.usd
        if (most !== null && spent !== null && Number(spent) > most * 1e12) limit.abort(`it cost more than $${most}`)
      },
    })
    const run = await runCommand(work, session.environment, AbortSignal.any([context.signal, limit.signal]))
    return programTold(run, await session.close(), option.target.model)
  })
}

/** Whether a program's next call may go: by the task's own limit of calls, and by what the run may spend. */
function permitted(context: TryContext, limit: AbortController, purse: Purse) {
  let calls = 0
  return async (callId: string, most: Money | null): Promise<boolean> => {
    const mostCalls = context.task.limits.calls
    if (mostCalls !== null && calls >= mostCalls) {
      limit.abort(`it made more than ${many(mostCalls, 'call')}`)
      return false
    }
    calls++
    if (await purse.reserve(callId, most, AbortSignal.any([context.signal, limit.signal]))) return true
    if (!context.signal.aborted && !limit.signal.aborted) {
      context.halted ??= 'capped'
      limit.abort('the run may spend no more')
    }
    return false
  }
}

function programTold(
  run: CommandRun,
  { calls, failed, brokenOff, usage, usd }: SessionTally,
  model: string,
): { told: ToldOnce; words: Words | null } {
  // Whoever found the option down with every call did not fail at the task, whatever it made of that.
  const isRefused = calls > 0 && failed === calls
  // Calls that broke off may have been left by the program itself: not where it then gave up by itself.
  const isLeft = calls > 0 && failed + brokenOff === calls && run.ended === 'answered' && run.exitStatus !== 0
  const isDown = run.ended !== 'broken' && (isRefused || isLeft)
  const ended = isDown ? 'unavailable' : run.ended
  const down = isDown ? `none of its ${many(calls, 'call')} was answered` : null
  const silent = calls === 0 ? 'it made no call through the gateway: what it cost is not known' : null
  return {
    told: {
      usage,
      usd: calls === 0 || usd === null ? null : formatUsd(usd),
      unpriced: null,
      seconds: run.seconds,
      calls,
      model,
      stopReason: null,
      exitStatus: run.exitStatus,
      status: null,
      unanswered: ended === 'answered' ? null : ended,
      problem: run.problem ?? down ?? silent,
    },
    words: ended === 'answered' ? { text: run.stdout, toolCalls: [] } : null,
  }
}
