// Flags of `crossover`, a plan file and the settings → one set of parameters; what is nearer to the hand wins.
import type { Command } from 'commander'
import { mostTokensPerMonth } from '../core/decide/choices.ts'
import { type Assumable, assumables } from '../core/decide/eligibility.ts'
import { type Region, regions } from '../core/decide/region.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import type { ChoicesParams, QuestionParams } from '../server/parameters.ts'
import type { CommandFrame } from './command.ts'
import { given, listFlag, type NumberRange, numberFlag, pairsFlag } from './flags.ts'

export interface CrossoverFlags {
  readonly inputs?: string
  readonly trace?: string
  readonly by?: string
  readonly plan?: string
  readonly asModel?: string
  readonly model?: string
  readonly otherModels?: readonly string[]
  readonly gpu?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly where?: Readonly<Record<string, string>>
  readonly at?: string
  readonly ttft?: number
  readonly tpot?: number
  readonly adapters?: number
  readonly adapterRank?: number
  readonly term?: string
  readonly providers?: readonly string[]
  readonly usdPerGpuHour?: number
  readonly gpusPerInstance?: number
  readonly own?: string
  readonly throughputFactor?: number
  readonly peakToMean?: number
  readonly outputShare?: number
  readonly apiUsdPerMtok?: number
  readonly replicas?: number
  readonly minReplicas?: number
  readonly spareReplicas?: number
  readonly operationsUsdPerMonth?: number
  readonly volume?: number
  readonly hoursPerMonth?: number
  readonly api?: string
  readonly fallback?: string
  readonly region?: string
  readonly bar?: number
  readonly margin?: number
  readonly taskRun?: string
  readonly assume?: readonly string[]
  readonly explain?: boolean
  readonly svg?: string
  readonly png?: string
  readonly html?: string
}

export type CrossoverParams = QuestionParams & ChoicesParams

const amount = { min: 0 }
const positive = { above: 0 }
const count = { min: 0, whole: true }

/** Declares the flags, in the order in which `--help` explains them. */
export function declareCrossoverFlags(command: Command): Command {
  const number = (flag: string, range: NumberRange) => numberFlag(flag, range)
  return command
    .optionsGroup('Traffic:')
    .option('--trace <file>', 'this file instead of the ledger, which is left alone')
    .option('--model <name>', 'metered model whose calls are asked about (default: the costliest)')
    .option('--as-model <id>', 'catalog model whose weights the traffic is taken to run on')
    .option('--from <time>', 'first day or instant')
    .option('--to <time>', 'up to, not including')
    .option('--where <dim=value>', 'only these calls: feature=search; repeatable', pairsFlag('--where'))
    .option('--by <dim>', 'also slice by slice: feature, workload, team, model, environment, tag:NAME')
    .option('--adapters <n>', 'adapters (LoRA) that the calls need', number('--adapters', count))
    .option('--adapter-rank <r>', 'their rank (default: 16)', number('--adapter-rank', { min: 1, whole: true }))
    .option(
      '--volume <tokens>',
      'tokens a month, as 3e9 (default: what was metered)',
      number('--volume', { above: 0, max: mostTokensPerMonth }),
    )
    .optionsGroup('Options compared:')
    .option('--plan <file>', 'YAML with any of the parameters of /api/crossover; flags win')
    .option('--gpu <a,b>', 'GPU shapes to try, by id', listFlag('--gpu'))
    .option('--other-models <a,b>', 'other open models to show; none leaves them out', listFlag('--other-models'))
    .option('--api <name>', 'API option that self-hosting is compared with')
    .option('--fallback <host:model>', 'API that takes the calls which an option refuses')
    .option('--assume <a,b>', 'take for granted what is not known: latency, dtype, quality', listFlag('--assume'))
    .option('--bar <share>', "of tasks that must pass (default: the suite's)", number('--bar', { above: 0, max: 1 }))
    .option(
      '--margin <share>',
      'of tasks that may fail beyond those of today',
      number('--margin', { above: 0, below: 1 }),
    )
    .option('--task-run <name>', 'only this run of tasks counts (default: the newest)')
    .option('--region <eu>', 'only where calls are served there: eu, us, jp or au')
    .option('--term <term>', 'lease term: on_demand, spot, reserved_1y, …')
    .option('--providers <a,b>', 'only leases of these providers', listFlag('--providers'))
    .option('--usd-per-gpu-hour <usd>', 'instead of the lease table', number('--usd-per-gpu-hour', amount))
    .option(
      '--gpus-per-instance <n>',
      'whole instances are leased',
      number('--gpus-per-instance', { min: 1, whole: true }),
    )
    .option(
      '--own <file>',
      'servers bought, from a YAML or JSON file: gpu, and the terms of own in --inputs but utilization, rentUsdPerGpuHour and horizonMonths',
    )
    .option('--replicas <n>', 'a fixed number', number('--replicas', { min: 1, whole: true }))
    .option('--min-replicas <n>', 'never fewer', number('--min-replicas', count))
    .option('--spare-replicas <n>', 'beyond what the load needs', number('--spare-replicas', count))
    .option('--operations-usd-per-month <usd>', 'people who run it', number('--operations-usd-per-month', amount))
    .option('--hours-per-month <h>', 'default 730', number('--hours-per-month', positive))
    .option('--ttft <ms>', 'time to first token that a fleet is sized for, p95', number('--ttft', positive))
    .option('--tpot <ms>', 'time per output token that a fleet is sized for, p95', number('--tpot', positive))
    .option('--at <date>', 'prices in force at this date (default: the newest in the catalog)')
    .optionsGroup('What if (each never says which of these would make it cross):')
    .option('--throughput-factor <x>', 'so many times the tokens a second', number('--throughput-factor', positive))
    .option('--peak-to-mean <x>', 'busiest hour ÷ mean', number('--peak-to-mean', { min: 1 }))
    .option('--output-share <share>', 'of all tokens, 0..1', number('--output-share', { above: 0, below: 1 }))
    .option('--api-usd-per-mtok <usd>', 'what --api bills a million tokens', number('--api-usd-per-mtok', amount))
    .optionsGroup('What is printed:')
    .option('--explain', 'every option, every assumption with its source, all that is not modelled')
    .optionsGroup('Pictures:')
    .option('--svg <file>', 'write the chart as SVG')
    .option('--png <file>', 'write the chart as PNG')
    .option('--html <file>', 'write one self-contained interactive page')
    .optionsGroup('Without traffic:')
    .option('--inputs <file>', 'closed form from the terms in a YAML or JSON file: no traffic, no simulation')
    .optionsGroup('Options:')
}

/**
 * Parameters of the operation. @throws Fault of the plan file (file:line), BAD_DATE
 */
export async function crossoverParams(frame: CommandFrame, flags: CrossoverFlags): Promise<CrossoverParams> {
  const { gpu, at, otherModels } = flags
  if (at !== undefined && !/^\d{4}-\d\d-\d\d$/.test(at)) {
    throw new Fault('BAD_DATE', `"${at}" is not a date`, { where: '--at', fix: 'write 2026-11-01' })
  }
  const plan = flags.plan === undefined ? {} : await readPlan(flags.plan)
  const settings = frame.settings().crossover as ChoicesParams | undefined
  if (flags.apiUsdPerMtok !== undefined && (flags.api ?? plan.api ?? settings?.api) === undefined) {
    throw new Fault('API_MISSING', 'this is the price of an API, and none is named', {
      where: '--api-usd-per-mtok',
      fix: 'name it with --api',
    })
  }
  return {
    ...settings,
    ...plan,
    ...given({
      model: flags.model,
      asModel: flags.asModel,
      from: flags.from,
      to: flags.to,
      zone: frame.settings().zone,
      where: flags.where,
      gpus: gpu === undefined ? undefined : [...gpu],
      // With one shape to try, it is also the one to show.
      gpu: gpu?.length === 1 ? gpu[0] : undefined,
      otherModels: otherModels?.length === 1 && otherModels[0] === 'none' ? [] : otherModels && [...otherModels],
      at,
      ttftP95Ms: flags.ttft,
      tpotP95Ms: flags.tpot,
      adapters: flags.adapters,
      adapterRank: flags.adapterRank,
      term: flags.term,
      providers: flags.providers && [...flags.providers],
      usdPerGpuHour: flags.usdPerGpuHour,
      gpusPerInstance: flags.gpusPerInstance,
      throughputFactor: flags.throughputFactor,
      peakToMean: flags.peakToMean,
      outputShare: flags.outputShare,
      apiUsdPerMtok: flags.apiUsdPerMtok,
      own: flags.own === undefined ? undefined : await readOwn(flags.own),
      replicas: flags.replicas,
      minReplicas: flags.minReplicas,
      spareReplicas: flags.spareReplicas,
      operationsUsdPerMonth: flags.operationsUsdPerMonth,
      tokensPerMonth: flags.volume,
      hoursPerMonth: flags.hoursPerMonth,
      api: flags.api,
      fallback: flags.fallback,
      bar: flags.bar,
      margin: flags.margin,
      taskRun: flags.taskRun,
      assume: assumeFlag(flags.assume),
      region: regionFlag(flags.region),
    }),
    seed: frame.globals().seed,
  }
}

function assumeFlag(names: readonly string[] | undefined): Assumable[] | undefined {
  return names?.map(name => {
    const found = assumables.find(one => one === name.toLowerCase())
    if (found !== undefined) return found
    const near = nearestName(name, assumables)
    throw new Fault('BAD_ASSUMPTION', `"${name}" is nothing that can be taken for granted`, {
      where: '--assume',
      fix: near === null ? `use some of ${assumables.join(', ')}` : `did you mean ${near}?`,
    })
  })
}

function regionFlag(text: string | undefined): Region | undefined {
  if (text === undefined) return undefined
  const region = regions.find(one => one === text.toLowerCase())
  if (region !== undefined) return region
  throw new Fault('BAD_REGION', `"${text}" is not a region`, {
    where: '--region',
    fix: `use one of ${regions.join(', ')}`,
  })
}

async function readOwn(path: string): Promise<NonNullable<CrossoverParams['own']>> {
  const [{ ownServers }, { readChecked, readYaml }, { gpuById }] = await Promise.all([
    import('../server/parameters.ts'),
    import('./yaml-file.ts'),
    import('../catalog/facts.ts'),
  ])
  const own = readChecked(path, ownServers)
  // The catalog is no part of the schema; a name that it does not have is still a fault of this file's line.
  gpuById(own.gpu, readYaml(path).placeOf(['gpu']))
  return own
}

async function readPlan(path: string): Promise<CrossoverParams> {
  const [{ z }, { choicesShape, questionShape }, { readChecked }] = await Promise.all([
    import('zod'),
    import('../server/parameters.ts'),
    import('./yaml-file.ts'),
  ])
  // The seed belongs to the run, not to the plan.
  const { seed: _, ...question } = questionShape
  return readChecked(path, z.strictObject({ ...question, ...choicesShape }))
}
