// `calibrate`: load points of a real server, loaded now or told by a load generator's records → the serving model fitted to it.
import { dirname, join, resolve } from 'node:path'
import type { StatedServer } from '../../calibrate/fit-server.ts'
import { Fault } from '../../core/fault/fault.ts'
import { type LoadPoint, nothingSaid } from '../../core/serving/calibration/load-point.ts'
import type { MeasuredPoint } from '../../intake/benchmarks/reader.ts'
import { lengthsFlag, type SweepFlags, sweepServer } from '../calibrate-server.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { given, listFlag, numberFlag } from '../flags.ts'

interface Flags extends SweepFlags {
  readonly from?: readonly string[]
  readonly format?: string
  readonly as?: string
  readonly gpu?: string
  readonly tp?: number
  readonly weights?: string
  readonly kv?: string
  readonly engine?: string
  readonly slots?: number
  readonly context?: number
  readonly out?: string
  readonly against?: string
}

const count = { min: 1, whole: true }

export const calibrate: CommandModule = {
  name: 'calibrate',
  register(program, frame) {
    const number = (flag: string, range: Parameters<typeof numberFlag>[1]) => numberFlag(flag, range)
    program
      .command('calibrate')
      .summary('fit the serving model to a real server')
      .description(
        'Loads a real OpenAI-compatible server, a few requests at once and then more, measures time to first token, time per\n' +
          'output token and throughput at each load, and fits the serving model to them. What it would send is said first.\n' +
          'Records of vllm bench serve, GuideLLM, AIPerf and InferenceMAX are read as well, and scraped vLLM metrics.',
      )
      .optionsGroup('A server to load:')
      .option('--url <url>', 'where its API is: http://127.0.0.1:8000/v1')
      .option('--model <name>', 'as the server calls it')
      .option('--concurrency <a,b>', 'requests at once, in turn (default: 1,2,4,8,16)', listFlag('--concurrency'))
      .option(
        '--lengths <in/out,…>',
        'tokens of prompt and answer (default: 512/128,2048/16); all loads of the first',
        lengthsFlag,
      )
      .option('--max-requests <n>', 'of the whole sweep (default: 300)', number('--max-requests', count))
      .option('--max-seconds <s>', 'of the whole sweep (default: 300)', number('--max-seconds', { above: 0 }))
      .option(
        '--usd-per-hour <usd>',
        'what the server costs, to say what the sweep does',
        number('--usd-per-hour', { above: 0 }),
      )
      .option('--api-key-env <name>', 'variable that holds its key')
      .option('--allow-remote', 'load a server that is not on this machine')
      .option('--dry-run', 'say what would be sent, and send no load')
      .optionsGroup('Records instead:')
      .option('--from <file...>', 'results of a load generator, or scraped vLLM metrics')
      .option('--format <name>', 'what the files are (default: detected)')
      .optionsGroup('The server:')
      .option('--gpu <id>', 'its GPU, by its id in the catalog (default: unknown hardware, described as measured)')
      .option('--as <id>', 'model of the catalog that it serves, where its own name for it is another')
      .option('--tp <n>', 'GPUs of one replica (default: the fewest that hold the model)', number('--tp', count))
      .option('--weights <dtype>', "dtype of the weights (default: the model's own)")
      .option('--kv <dtype>', "dtype of the KV cache (default: the engine's)")
      .option('--engine <name>', 'vllm, tensorrt-llm, sglang, llama.cpp, …')
      .option('--slots <n>', 'requests that it serves at once (default: found out)', number('--slots', count))
      .option('--context <n>', 'tokens that a request may have (default: 8192)', number('--context', count))
      .option('--out <file>', 'where the calibration goes (default: beside crossline.yaml)')
      .option(
        '--against <file>',
        'a calibration made before: say how well it foretold what is measured now, fit nothing',
      )
      .addHelpText(
        'after',
        `
Examples:
  crossline calibrate --url http://127.0.0.1:8080/v1 --model smollm2 --dry-run
  crossline calibrate --url http://127.0.0.1:8080/v1 --model smollm2 --concurrency 1,2,4,8
  crossline calibrate --from bench-*.json --gpu h100 --as llama-3.1-8b
  crossline calibrate --url http://127.0.0.1:8080/v1 --model smollm2 --lengths 256/64 \\
    --against crossline.calibration.smollm2.yaml`,
      )
      .action((flags: Flags) => run(flags, frame))
  },
}

async function run(flags: Flags, frame: CommandFrame): Promise<void> {
  const { from = [], url } = flags
  if ((from.length === 0) === (url === undefined)) {
    throw new Fault(from.length === 0 ? 'FLAG_MISSING' : 'FLAGS_CONFLICT', 'one source of load points is needed', {
      where: 'crossline calibrate',
      fix: 'give --url to load a server, or --from with results of a load generator',
    })
  }
  const { output } = frame
  const { points, measured, server, estimate } =
    url === undefined ? await recorded(flags, frame) : await swept({ ...flags, url }, frame)
  if (points.length === 0) {
    if (flags.dryRun === true) output.result({ estimate }, () => '')
    else throw new Fault('NO_POINTS', 'no load point was measured', { where: measured[0], fix: 'see the notes above' })
    return
  }
  if (flags.against !== undefined) {
    await compare(flags.against, points, frame)
    return
  }
  const [{ fitServer }, { writeCalibration }, { useOwnFacts }] = await Promise.all([
    import('../../calibrate/fit-server.ts'),
    import('../../catalog/calibration-file.ts'),
    import('../../catalog/facts.ts'),
  ])
  const { config } = frame.globals()
  useOwnFacts(config)
  output.progress('fitting')
  const fitted = fitServer(points, server, {
    maxSequences: flags.slots ?? null,
    maxContext: flags.context ?? 8192,
    maxBatchedTokens: 2048,
  })
  const made = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const calibration = { version: 1 as const, made, measured, ...fitted, points }
  const { model, gpu, tp } = fitted
  const name = [model, ...(gpu === null ? [] : [gpu, `tp${tp}`])].join('.').replace(/[^\w.-]+/g, '_')
  const path = flags.out ?? join(dirname(resolve(config)), `crossline.calibration.${name}.yaml`)
  writeCalibration(path, calibration)
  const { calibrationText } = await import('../../report/calibration-text.ts')
  output.result({ ...calibration, estimate, file: path }, () => calibrationText(calibration, path))
}

/** What an earlier calibration says of the loads that were measured now. */
async function compare(path: string, points: readonly LoadPoint[], frame: CommandFrame): Promise<void> {
  const [{ readCalibration }, { foretold }, { comparisonText }] = await Promise.all([
    import('../../catalog/calibration-file.ts'),
    import('../../core/serving/calibration/calibration.ts'),
    import('../../report/calibration-text.ts'),
  ])
  const { server, made } = readCalibration(path)
  if (server === null) {
    throw new Fault(
      'CALIBRATION_INVALID',
      'this calibration is of a GPU of the catalog, and foretells through predict',
      {
        where: path,
        fix: 'use crossline predict --calibration with the loads in question',
      },
    )
  }
  const comparison = foretold(server, points)
  frame.output.result({ calibration: path, made, ...comparison }, () => comparisonText(comparison, path, made))
}

interface Measured {
  readonly points: readonly LoadPoint[]
  readonly measured: readonly string[]
  readonly server: StatedServer
  readonly estimate: unknown
}

/** What the flags say wins over what the records say. */
function stated(model: string, flags: Flags, said: Partial<MeasuredPoint['server']> = {}): StatedServer {
  const { gpu, tp, weights, kv, engine } = flags
  return {
    ...nothingSaid,
    ...said,
    ...given({ gpu, tp, weights, kv, engine }),
    model,
  }
}

async function swept(flags: Flags & { readonly url: string }, frame: CommandFrame): Promise<Measured> {
  const { points, measured, model, estimate } = await sweepServer(flags, frame)
  return { points, measured, estimate, server: stated(flags.as ?? model, flags) }
}

async function recorded(flags: Flags, frame: CommandFrame): Promise<Measured> {
  const { readRecords } = await import('../calibrate-records.ts')
  const { points, reads } = readRecords(flags.from!, flags.format, frame.globals().data)
  for (const { file, notes, rejected } of reads) {
    for (const note of notes) frame.output.note(`${file}: ${note}`)
    if (rejected === null) continue
    frame.output.note(`${file}: ${rejected.count} rejected (${rejected.first}): ${rejected.path}`)
    frame.output.status(2)
  }
  const servers = new Map(points.map(({ server }) => [JSON.stringify(server), server]))
  const [server] = servers.values()
  if (servers.size > 1) {
    const differ = (Object.keys(server!) as (keyof typeof server)[]).filter(
      key => new Set([...servers.values()].map(one => one[key])).size > 1,
    )
    const isStated = (key: string): boolean => (flags as Readonly<Record<string, unknown>>)[key] !== undefined
    const open = differ.filter(key => !isStated(key))
    if (open.length > 0) {
      throw new Fault(
        'SERVERS_DIFFER',
        `the records are of ${servers.size} servers, which differ in ${open.join(', ')}`,
        {
          where: flags.from!.join(', '),
          fix: 'calibrate one at a time',
        },
      )
    }
  }
  const model = flags.as ?? flags.model ?? server?.model ?? null
  if (points.length > 0 && model === null) {
    throw new Fault('FLAG_MISSING', 'the records name no model', { where: '--model', fix: 'name it' })
  }
  return {
    points: points.map(({ server: _, ...point }) => point),
    measured: flags.from!,
    server: stated(model ?? '', flags, server),
    estimate: null,
  }
}
