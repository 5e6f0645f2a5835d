// `simulate`: a trace and a fleet → what would have happened, or what each way to size the fleet costs. Never opens the ledger.
import type { CommandModule } from '../command.ts'
import { terminalColumns } from '../output.ts'
import { withTrace } from '../run-operation.ts'
import { declareSimulateFlags, type SimulateFlags, simulateParams } from '../simulate-flags.ts'

export const simulate: CommandModule = {
  name: 'simulate',
  register(program, frame) {
    const command = program
      .command('simulate')
      .summary('replay a trace on a fleet; size for peak, size for average')
      .description(
        'Replays every call of a trace on simulated replicas: GPU time busy, idle and cold, latency, cost.\n' +
          'With --sizing, a table of what it costs to size the fleet one way or another, and how late it then is.',
      )
    declareSimulateFlags(command)
      .addHelpText(
        'after',
        `
Examples:
  crossline simulate --trace calls.csv --model llama-3.1-70b --gpu h100 --json
  crossline simulate --plan fleet.yaml --sizing peak,mean,blend

A plan:
  trace: calls.csv.gz
  model: llama-3.1-70b
  gpu: h100-sxm-80gb
  replicas: 4`,
      )
      .action(async (flags: SimulateFlags) => {
        const { seed, color } = frame.globals()
        const { trace, question } = await simulateParams(flags, seed)
        const result = await withTrace(frame, trace, async run => {
          const { simulateCalls } = await import('../../server/simulating.ts')
          return run(simulateCalls, question)
        })
        const { simulationText } = await import('../../report/simulation-text.ts')
        frame.output.result(result, () => simulationText(result, { columns: terminalColumns(), color }))
      })
  },
}
