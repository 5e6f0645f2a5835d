// All calls of a workplace's ledger and a fleet in question → its simulation. Only traces are simulated so: HTTP does not list it.
import { z } from 'zod'
import type { SimulationQuestion } from '../ask/simulation.ts'
import type { Simulation } from '../core/decide/fleet-figures.ts'
import type { Operation } from './operation.ts'

export const simulateCalls: Operation<SimulationQuestion, Simulation> = {
  name: 'simulate',
  method: 'GET',
  summary: 'Replay traffic on a fleet.',
  takesFile: false,
  params: z.custom<SimulationQuestion>(),
  async run(workplace, question, io) {
    const [{ simulation }, { withPrefixes }] = await Promise.all([
      import('../ask/simulation.ts'),
      import('../ask/prefixes.ts'),
    ])
    const ledger = await workplace.ledger()
    const calls = await withPrefixes(ledger, {}, await ledger.columns({}))
    const labels = question.by === null ? null : await ledger.labels({}, question.by)
    const tools = { clock: () => performance.now() / 1000, progress: (text: string) => io.progress(text) }
    return simulation(calls, question, tools, labels)
  },
}
