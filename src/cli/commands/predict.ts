// `predict`: a model on GPUs, lengths and a load → steady throughput and latency. Never opens the ledger.
import type { PredictParams } from '../../server/predicting.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { given, numberFlag } from '../flags.ts'
import { terminalColumns } from '../output.ts'

interface PredictFlags {
  readonly batch?: string
  readonly model?: string
  readonly gpu?: string
  readonly gpus?: number
  readonly tp?: number
  readonly pp?: number
  readonly dp?: number
  readonly ep?: number
  readonly speculation?: string
  readonly replicas?: number
  readonly weights?: string
  readonly kv?: string
  readonly engine?: string
  readonly engineVersion?: string
  readonly input?: number
  readonly output?: number
  readonly lengthRangeRatio?: number
  readonly concurrency?: number
  readonly rate?: number
  readonly burstiness?: number
  readonly offline?: boolean
  readonly requests?: number
  readonly calibration?: string
}

const count = { min: 1, whole: true }
const positive = { above: 0 }

export const predict: CommandModule = {
  name: 'predict',
  register(program, frame) {
    const number = (flag: string, range: Parameters<typeof numberFlag>[1]) => numberFlag(flag, range)
    program
      .command('predict')
      .summary('throughput and latency of a model on GPUs at a steady load')
      .description(
        'Serves a few thousand requests of the stated lengths on simulated replicas and reads off the steady state,\n' +
          'with the band that nine of ten published measurements like it fell into. Nothing of the ledger is read.',
      )
      .optionsGroup('Replicas:')
      .option('--model <id>', 'open model, by its id in the catalog')
      .option('--gpu <id>', 'GPU, by its id in the catalog')
      .option('--gpus <n>', 'GPUs of all replicas', number('--gpus', count))
      .option('--tp <n>', 'tensor parallelism (default: the fewest that hold the model)', number('--tp', count))
      .option('--pp <n>', 'stages of a pipeline (default: 1)', number('--pp', count))
      .option('--dp <n>', 'copies of the attention that share the experts (default: 1)', number('--dp', count))
      .option('--ep <n>', 'GPUs that whole experts are spread over (default: 1)', number('--ep', count))
      .option('--replicas <n>', 'default: 1', number('--replicas', count))
      .option('--weights <dtype>', "dtype of the weights (default: the model's own)")
      .option('--kv <dtype>', "dtype of the KV cache (default: the engine's)")
      .option('--engine <name>', 'vllm, tensorrt-llm or sglang (default: vllm)')
      .option('--engine-version <v>', 'its version (default: its newest)')
      .option('--speculation <n:a[:draft]>', 'tokens guessed ahead, how often one holds, and the draft (default: none)')
      .optionsGroup('Load:')
      .option('--input <n>', 'tokens of a prompt', number('--input', count))
      .option('--output <n>', 'tokens of an answer', number('--output', count))
      .option(
        '--length-range-ratio <r>',
        'lengths uniform in [r, 1] × these (default: 1)',
        number('--length-range-ratio', { above: 0, max: 1 }),
      )
      .option('--concurrency <n>', 'requests in flight over all replicas', number('--concurrency', count))
      .option('--rate <n>', 'or requests a second', number('--rate', positive))
      .option(
        '--burstiness <shape>',
        'Gamma shape of their gaps (default: 1, Poisson)',
        number('--burstiness', positive),
      )
      .option('--offline', 'or all at once')
      .option('--requests <n>', 'how many are sent (default: enough)', number('--requests', count))
      .option('--batch <file.jsonl>', 'a condition a line, from a file or - (standard input); prints JSON Lines')
      .optionsGroup('Options:')
      .option(
        '--calibration <file>',
        'what calibrate wrote, for replicas like those measured (default: those beside crossline.yaml)',
      )
      .addHelpText(
        'after',
        `
A line of --batch is a row of data/serving/measurements.jsonl; what it measured is ignored.

Examples:
  crossline predict --model llama-3.1-70b --gpu h100 --tp 4 --weights fp8 --input 1000 --output 1000 --concurrency 64
  crossline predict --model gpt-oss-120b --gpu h200 --input 2000 --output 500 --rate 4 --json
  crossline predict --batch conditions.jsonl`,
      )
      .action((flags: PredictFlags) => run(flags, frame))
  },
}

async function run(flags: PredictFlags, frame: CommandFrame): Promise<void> {
  const { seed, color, config } = frame.globals()
  const { batch, calibration, ...named } = flags
  const [{ stateCalibration, useOwnFacts }, { Fault }] = await Promise.all([
    import('../../catalog/facts.ts'),
    import('../../core/fault/fault.ts'),
  ])
  if (calibration !== undefined && batch === undefined && named.gpu === undefined) {
    const { measuredText, predictMeasured } = await import('../predict-measured.ts')
    const measured = predictMeasured(calibration, named)
    if (measured !== null) return frame.output.result(measured, () => measuredText(measured))
  }
  stateCalibration(calibration ?? null)
  useOwnFacts(config)
  if (batch !== undefined) return runBatch(batch, seed, frame)
  for (const [name, example] of [
    ['model', 'llama-3.1-70b'],
    ['gpu', 'h100-sxm-80gb'],
    ['input', '1000'],
    ['output', '200'],
  ] as const) {
    if (named[name] !== undefined) continue
    throw new Fault('FLAG_MISSING', `--${name} is needed`, {
      where: 'crossline predict',
      fix: `give --${name}, such as ${example}`,
    })
  }
  const [{ checkedPrediction, runPrediction }, { predictionText }] = await Promise.all([
    import('../../server/predicting.ts'),
    import('../../report/prediction-text.ts'),
  ])
  const answer = runPrediction(checkedPrediction(given({ ...named, seed }) as Partial<PredictParams>))
  frame.output.result(answer, () => predictionText(answer, { columns: terminalColumns(), color }))
  if (!answer.fits) frame.output.status(1)
}

async function runBatch(batch: string, seed: number, frame: CommandFrame): Promise<void> {
  const [{ predictBatch }, { readText, writeOut }] = await Promise.all([
    import('../predict-batch.ts'),
    import('../text-stream.ts'),
  ])
  const name = batch === '-' ? 'standard input' : batch
  const tally = await predictBatch(await readText(batch), writeOut, name, seed)
  if (tally.bad === 0) return
  frame.output.note(`${tally.bad} of ${tally.lines} lines have no answer; each says why`)
  frame.output.status(2)
}
