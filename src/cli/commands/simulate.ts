// `simulate`: a trace and a fleet → what would have happened, or what each way to size the fleet costs. Never opens the ledger.
import { Fault } from '../../core/fault/fault.ts'
import type { Pictured } from '../../report/timeline-picture.tsx'
import type { CommandFrame, CommandModule } from '../command.ts'
import { terminalColumns } from '../output.ts'
import { placedInPlan } from '../plan-file.ts'
import { withTrace } from '../run-operation.ts'
import { declareSimulateFlags, type SimulateFlags, simulateParams, statedPlan } from '../simulate-flags.ts'

export const simulate: CommandModule = {
  name: 'simulate',
  register(program, frame) {
    const command = program
      .command('simulate')
      .summary('replay a trace on a fleet; size for peak, size for average')
      .description(
        'Replays every call of a trace on simulated replicas: GPU time busy, idle and cold, latency, cost.\n' +
          'A plan may have groups of several shapes, autoscaled, spot or failing, with overflow and cascade.\n' +
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
  replicas: 4

simulate.example.yaml has every field of a plan with groups, simulate.schema.json is its schema.`,
      )
      .action((flags: SimulateFlags) => {
        const isSeeded = frame.words.some(word => word === '--seed' || word.startsWith('--seed='))
        return run(isSeeded ? { ...flags, seed: frame.globals().seed } : flags, frame)
      })
  },
}

async function run(flags: SimulateFlags, frame: CommandFrame): Promise<void> {
  const { stateCalibration } = await import('../../catalog/facts.ts')
  stateCalibration(flags.calibration ?? null)
  if (flags.batch !== undefined) return runBatch(flags.batch, flags, frame)
  const { seed, color } = frame.globals()
  const { trace, question, plan } = await simulateParams(flags, seed)
  const { simulateCalls, simulatePlan } = await import('../../server/simulating.ts')
  const options = { columns: terminalColumns(), color }
  const watched = isPictured(flags)
  if (plan !== null) {
    if (watched && plan.groups.some(({ role }) => role !== null)) {
      throw new Fault('FLAGS_CONFLICT', 'prompts and answers are computed apart, and a picture shows one queue', {
        where: 'groups',
        fix: 'leave out --svg, --png and --html, or the roles',
      })
    }
    const result = await withTrace(frame, trace, run => run(simulatePlan, { ...plan, watched })).catch(
      async (thrown: unknown) => {
        throw thrown instanceof Fault ? await placedInPlan(flags.plan!, thrown) : thrown
      },
    )
    await writePictures(flags, result)
    const { planText } = await import('../../report/plan-text.ts')
    return frame.output.result(result, () => planText(result, options))
  }
  if (watched && question.sizings.length > 0 && question.replicas === null) {
    throw new Fault('FLAGS_CONFLICT', 'a picture shows one fleet, and several sizings are asked for', {
      where: '--sizing',
      fix: 'state --replicas too, or leave out --sizing',
    })
  }
  const result = await withTrace(frame, trace, run => run(simulateCalls, { ...question, watched }))
  await writePictures(flags, result)
  const { simulationText } = await import('../../report/simulation-text.ts')
  frame.output.result(result, () => simulationText(result, options))
}

async function runBatch(batch: string, flags: SimulateFlags, frame: CommandFrame): Promise<void> {
  const { seed } = frame.globals()
  const stated = await statedPlan(flags)
  const { trace } = stated
  if (trace === undefined) {
    throw new Fault('FLAG_MISSING', '--trace is needed', {
      where: 'crossline simulate --batch',
      fix: 'name the file of calls that every line is tried on',
    })
  }
  const [{ simulateBatch }, { readText, writeOut }, { replayedCalls }] = await Promise.all([
    import('../simulate-batch.ts'),
    import('../text-stream.ts'),
    import('../../server/simulating.ts'),
  ])
  const calls = await withTrace(frame, trace, run => run(replayedCalls, { sessions: stated.sessions }))
  const name = batch === '-' ? 'standard input' : batch
  const tools = {
    clock: () => performance.now() / 1000,
    progress: (text: string) => frame.output.progress(text),
  }
  const tally = await simulateBatch(await readText(batch), writeOut, { file: name, stated, calls, seed, tools })
  frame.output.progress(null)
  if (tally.bad === 0) return
  frame.output.note(`${tally.bad} of ${tally.lines} lines have no answer; each says why`)
  frame.output.status(2)
}

const isPictured = ({ svg, png, html }: SimulateFlags): boolean => (svg ?? png ?? html) !== undefined

async function writePictures(flags: SimulateFlags, result: Pictured): Promise<void> {
  if (!isPictured(flags)) return
  const [{ timelineHtml, timelinePng, timelineSvg }, { writeFileOf }] = await Promise.all([
    import('../../report/timeline-picture.tsx'),
    import('../written.ts'),
  ])
  if (flags.svg !== undefined) await writeFileOf(flags.svg, '--svg', timelineSvg(result))
  if (flags.png !== undefined) await writeFileOf(flags.png, '--png', await timelinePng(result))
  if (flags.html !== undefined) await writeFileOf(flags.html, '--html', timelineHtml(result))
}
