// `capacity`: a model on a GPU and traffic → the load that one replica sustains within a latency objective. Never opens the ledger.
import type { CallTimes } from '../../ask/busiest.ts'
import type { CapacityParams } from '../../server/capacity.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { given, numberFlag } from '../flags.ts'
import { terminalColumns } from '../output.ts'

interface CapacityFlags {
  readonly trace?: string
  readonly batch?: string
  readonly model?: string
  readonly gpu?: string
  readonly tp?: number
  readonly pp?: number
  readonly dp?: number
  readonly ep?: number
  readonly speculation?: string
  readonly weights?: string
  readonly kv?: string
  readonly engine?: string
  readonly input?: number
  readonly output?: number
  readonly lengthRangeRatio?: number
  readonly cv?: number
  readonly replicas?: number
  readonly ttft?: number
  readonly tpot?: number
  readonly stat?: string
  readonly horizon?: string
  readonly scaleRates?: number
  readonly minReplicas?: number
  readonly coldStart?: number
  readonly usdPerGpuHour?: number
  readonly term?: string
}

const count = { min: 1, whole: true }
const positive = { above: 0 }

export const capacity: CommandModule = {
  name: 'capacity',
  register(program, frame) {
    const number = (flag: string, range: Parameters<typeof numberFlag>[1]) => numberFlag(flag, range)
    program
      .command('capacity')
      .summary('the load that one replica sustains within a latency objective')
      .description(
        'Finds, by bisection on the simulation, the highest rate of requests whose latencies keep the objective,\n' +
          'and says what gives way above it. Loads are drawn from seeds; nothing of the ledger is read.',
      )
      .optionsGroup('Traffic:')
      .option('--trace <file>', "calls of whose busiest hour lengths and bunching are taken; any format of import's")
      .option('--input <n>', 'or tokens of a prompt, with Poisson arrivals', number('--input', count))
      .option('--output <n>', 'and of an answer', number('--output', count))
      .option(
        '--length-range-ratio <r>',
        'lengths uniform in [r, 1] × these (default: 1)',
        number('--length-range-ratio', { above: 0, max: 1 }),
      )
      .option('--cv <x>', 'variation of the gaps between these (default: 1)', number('--cv', { above: 0, max: 20 }))
      .option('--batch <file.jsonl>', 'a question a line, from a file or - (standard input); prints JSON Lines')
      .optionsGroup('Replica:')
      .option('--model <id>', 'open model, by its id in the catalog')
      .option('--gpu <id>', 'GPU, by its id in the catalog')
      .option('--tp <n>', 'tensor parallelism (default: the fewest GPUs that hold it)', number('--tp', count))
      .option('--pp <n>', 'stages of a pipeline (default: 1)', number('--pp', count))
      .option('--dp <n>', 'copies of the attention that share the experts (default: 1)', number('--dp', count))
      .option('--ep <n>', 'GPUs that share the experts (default: 1)', number('--ep', count))
      .option('--weights <dtype>', "dtype of the weights (default: the model's own)")
      .option('--kv <dtype>', 'dtype of the KV cache (default: bf16)')
      .option('--engine <name>', 'vllm, tensorrt-llm or sglang (default: vllm)')
      .option('--speculation <n:a[:draft]>', 'tokens guessed ahead, how often one holds, and the draft (default: none)')
      .option('--replicas <n>', 'that share the traffic (default: 1)', number('--replicas', { ...count, max: 64 }))
      .optionsGroup('Objective:')
      .option('--ttft <ms>', 'limit on the time to first token', number('--ttft', positive))
      .option('--tpot <ms>', 'limit on the time per output token', number('--tpot', positive))
      .option('--stat <name>', 'of which the limits hold: mean, p50, p90, p95 or p99 (default: p95)')
      .optionsGroup('Over days:')
      .option('--horizon <rates.csv>', 'requests per second by window: the fleet of each, its GPU-hours and cost')
      .option('--scale-rates <x>', 'every rate times this (default: 1)', number('--scale-rates', positive))
      .option('--min-replicas <n>', 'never fewer (default: 1)', number('--min-replicas', { min: 0, whole: true }))
      .option('--cold-start <s>', 'default: node + image + weights + engine', number('--cold-start', { min: 0 }))
      .option('--usd-per-gpu-hour <usd>', 'instead of the lease table', number('--usd-per-gpu-hour', { min: 0 }))
      .option('--term <term>', 'lease term (default: on_demand)')
      .optionsGroup('Options:')
      .addHelpText(
        'after',
        `
One limit alone leaves the other open; without any, those of the traffic are taken and shown.

Examples:
  crossline capacity --model llama-3.1-8b --gpu h100 --input 1000 --output 200 --ttft 500 --tpot 30
  crossline capacity --model llama-3.1-70b --gpu h100 --trace calls.csv --json
  crossline capacity --batch questions.jsonl --ttft 2000
  crossline capacity --model llama-3.1-70b --gpu h100 --trace calls.csv --horizon rates.csv`,
      )
      .action((flags: CapacityFlags) => run(flags, frame))
  },
}

async function run(flags: CapacityFlags, frame: CommandFrame): Promise<void> {
  const { seed, color, config } = frame.globals()
  const { trace, batch, ttft, tpot, horizon, scaleRates, minReplicas, coldStart, usdPerGpuHour, term, ...named } = flags
  const stated = given({ ...named, ttftMs: ttft, tpotMs: tpot, seed }) as Partial<CapacityParams>
  const [{ useOwnFacts }, { Fault }] = await Promise.all([
    import('../../catalog/facts.ts'),
    import('../../core/fault/fault.ts'),
  ])
  useOwnFacts(config)
  if (trace !== undefined && (stated.input !== undefined || stated.output !== undefined)) {
    throw new Fault('FLAGS_CONFLICT', 'lengths are stated beside a trace that has its own', {
      where: '--trace',
      fix: 'give --trace, or --input and --output',
    })
  }
  if (horizon !== undefined && (batch !== undefined || stated.replicas !== undefined)) {
    throw new Fault('FLAGS_CONFLICT', 'a horizon finds its own fleets, of one question', {
      where: '--horizon',
      fix: `leave out ${batch === undefined ? '--replicas' : '--batch'}`,
    })
  }
  const calls = trace === undefined ? null : await callsOf(trace, frame)
  if (batch !== undefined) return runBatch(batch, stated, calls, frame)

  for (const [name, example] of [
    ['model', 'llama-3.1-70b'],
    ['gpu', 'h100-sxm-80gb'],
    ...(trace === undefined
      ? ([
          ['input', '1000'],
          ['output', '200'],
        ] as const)
      : []),
  ] as const) {
    if (stated[name] !== undefined) continue
    const orTrace = name === 'input' || name === 'output' ? ', or a trace with --trace FILE' : ''
    throw new Fault('FLAG_MISSING', `--${name} is needed`, {
      where: 'crossline capacity',
      fix: `give --${name}, such as ${example}${orTrace}`,
    })
  }
  const [{ capacityQuestion, checkedCapacity }, { capacityOf, horizonAnswer }, { capacityText }] = await Promise.all([
    import('../../server/capacity.ts'),
    import('../../ask/capacity.ts'),
    import('../../report/capacity-text.ts'),
  ])
  const question = capacityQuestion(checkedCapacity(stated))
  const over =
    horizon === undefined
      ? null
      : {
          rates: (await import('../rates-file.ts')).readRates(horizon),
          scale: scaleRates ?? 1,
          minReplicas: minReplicas ?? 1,
          coldStartSeconds: coldStart ?? null,
          usdPerGpuHour: usdPerGpuHour ?? null,
          term: term ?? 'on_demand',
        }
  frame.output.progress('trying loads')
  const answer = over === null ? capacityOf(question, calls) : horizonAnswer(question, over, calls)
  frame.output.progress(null)
  frame.output.result(answer, () => capacityText(answer, { columns: terminalColumns(), color }))
  if (answer.problem !== null) frame.output.status(1)
}

async function callsOf(trace: string, frame: CommandFrame): Promise<CallTimes> {
  const { withTrace } = await import('../run-operation.ts')
  return withTrace(frame, trace, async run => {
    const { tracedCalls } = await import('../../server/capacity.ts')
    return run(tracedCalls, {})
  })
}

async function runBatch(
  batch: string,
  stated: Partial<CapacityParams>,
  calls: CallTimes | null,
  frame: CommandFrame,
): Promise<void> {
  const [{ capacityBatch }, { readText, writeOut }] = await Promise.all([
    import('../capacity-batch.ts'),
    import('../text-stream.ts'),
  ])
  const name = batch === '-' ? 'standard input' : batch
  const tally = await capacityBatch(await readText(batch), writeOut, name, stated, calls)
  if (tally.bad === 0) return
  frame.output.note(`${tally.bad} of ${tally.lines} lines have no answer; each says why`)
  frame.output.status(2)
}
