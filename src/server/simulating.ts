// All calls of a workplace's ledger and a fleet in question → its simulation. Only traces are simulated so: HTTP does not list it.
import { z } from 'zod'
import type { CallTimes } from '../ask/busiest.ts'
import type { PlanQuestion } from '../ask/plan-question.ts'
import type { SimulationQuestion, SimulationTools } from '../ask/simulation.ts'
import { useOwnFacts } from '../catalog/facts.ts'
import type { Simulation } from '../core/decide/fleet-figures.ts'
import type { FleetPlan } from '../core/decide/plan-figures.ts'
import type { Operation, OperationIo } from './operation.ts'
import type { Workplace } from './workplace.ts'

export const simulateCalls: Operation<SimulationQuestion, Simulation> = {
  name: 'simulate',
  method: 'GET',
  summary: 'Replay traffic on a fleet.',
  takesFile: false,
  params: z.custom<SimulationQuestion>(),
  async run(workplace, question, io) {
    const { simulation } = await import('../ask/simulation.ts')
    const labels = question.by === null ? null : await (await workplace.ledger()).labels({}, question.by)
    return simulation(await callsOf(workplace, question), question, toolsOf(io), labels)
  },
}

export const simulatePlan: Operation<PlanQuestion, FleetPlan> = {
  name: 'simulate',
  method: 'GET',
  summary: 'Replay traffic on a fleet of several groups.',
  takesFile: false,
  params: z.custom<PlanQuestion>(),
  async run(workplace, question, io) {
    const { fleetPlan } = await import('../ask/fleet-plan.ts')
    return fleetPlan(await callsOf(workplace, question), question, toolsOf(io))
  },
}

/** Calls of a trace, with their sessions: the command line tries many fleets on them. */
export const replayedCalls: Operation<{ readonly sessions?: string | undefined }, CallTimes> = {
  name: 'simulate',
  method: 'GET',
  summary: 'Calls as columns.',
  takesFile: false,
  params: z.custom<{ readonly sessions?: string | undefined }>(),
  run: (workplace, { sessions }) => callsOf(workplace, { router: 'session-sticky', sessions }),
}

async function callsOf(
  workplace: Workplace,
  asked: Pick<SimulationQuestion, 'router' | 'sessions'> & { readonly closedLoop?: string | null },
): Promise<CallTimes> {
  if (workplace.configFile !== null) useOwnFacts(workplace.configFile)
  const { withPrefixes } = await import('../ask/prefixes.ts')
  const ledger = await workplace.ledger()
  const calls = await withPrefixes(ledger, {}, await ledger.columns({}))
  const dimension = asked.closedLoop ?? (asked.router === 'session-sticky' ? (asked.sessions ?? 'task') : null)
  if (dimension === null) return calls
  const { labels, names } = await ledger.labels({}, dimension)
  // Calls that name no session are none's.
  if (names.every(name => name === null)) return calls
  return { ...calls, sessions: labels.map(label => (names[label] === null ? -1 : label)) }
}

function toolsOf(io: OperationIo): SimulationTools {
  return { clock: () => performance.now() / 1000, progress: text => io.progress(text) }
}
