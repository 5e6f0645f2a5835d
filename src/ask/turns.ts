// Arrivals of a trace whose sessions are known in; the same as turns that wait for each other, with the think time between them, out.
import type { Simulation } from '../core/decide/fleet-figures.ts'
import { Fault } from '../core/fault/fault.ts'
import type { Turns } from '../core/serving/fleet/sessions.ts'
import type { Arrivals } from '../core/serving/traffic/arrivals.ts'
import type { CallTimes } from './busiest.ts'

/** How a replay in a closed loop came about. */
type ClosedLoopFacts = NonNullable<Simulation['closedLoop']>

/**
 * A turn's think time is what lay between the end of its session's last answer, as the record has it, and the turn. Where no
 * latency is recorded, or the turn came before that answer ended, it keeps its distance to the start of the last turn
 * instead, and waits longer only where the answer does. `callOf` tells which call each arrival is.
 * @throws Fault SESSIONS_UNKNOWN
 */
export function turnsOf(
  arrivals: Arrivals,
  { latencyMs }: Pick<CallTimes, 'latencyMs'>,
  callOf: Int32Array,
  by: string,
): { turns: Turns; facts: ClosedLoopFacts } {
  const { sessions, n, atSeconds } = arrivals
  if (!sessions) {
    throw new Fault('SESSIONS_UNKNOWN', `no call of the trace says which ${by} it belongs to`, {
      where: '--closed-loop',
      fix: 'name a dimension that the trace has: task, user, tag:NAME',
    })
  }
  const thinkSeconds = new Float64Array(n)
  const gapSeconds = new Float64Array(n)
  const last = new Map<number, number>()
  let laterTurns = 0
  let thinkTimeKnown = 0
  for (let i = 0; i < n; i++) {
    const session = sessions[i]!
    if (session < 0) continue
    const before = last.get(session)
    last.set(session, i)
    if (before === undefined) continue
    laterTurns++
    const gap = atSeconds[i]! - atSeconds[before]!
    const think = gap - (latencyMs?.[callOf[before]!] ?? Number.NaN) / 1000
    if (think >= 0) {
      thinkSeconds[i] = think
      thinkTimeKnown++
    } else gapSeconds[i] = gap
  }
  return {
    turns: { ...arrivals, sessions, thinkSeconds, gapSeconds },
    facts: { by, sessions: last.size, laterTurns, thinkTimeKnown },
  }
}
