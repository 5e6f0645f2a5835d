// Flags of `simulate` and a plan file → the trace and the fleet in question; flags win.
import type { Command } from 'commander'
import type { PlanQuestion } from '../ask/plan-question.ts'
import type { SimulationQuestion } from '../ask/simulation.ts'
import { type SizingName, sizingNames } from '../core/decide/sizing.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import { type RouterName, routers } from '../core/serving/fleet/routers.ts'
import { given, listFlag, numberFlag } from './flags.ts'
import { readPlan } from './plan-file.ts'
import type { Plan } from './plan-shape.ts'
import { plannedFleet } from './planned-fleet.ts'

export interface SimulateFlags {
  readonly calibration?: string
  readonly plan?: string
  readonly batch?: string
  /** Where the command line states it: then it wins over the plan's. */
  readonly seed?: number
  readonly trace?: string
  readonly model?: string
  readonly gpu?: string
  readonly gpus?: number
  readonly tp?: number
  readonly pp?: number
  readonly dp?: number
  readonly ep?: number
  readonly weights?: string
  readonly kv?: string
  readonly engine?: string
  readonly speculation?: string
  readonly prefixCache?: boolean
  readonly replicas?: number
  readonly router?: string
  readonly ttft?: number
  readonly tpot?: number
  readonly usdPerGpuHour?: number
  readonly term?: string
  readonly gpusPerInstance?: number
  readonly spillApi?: string
  readonly spillAbove?: number
  readonly sizing?: readonly string[]
  readonly by?: string
  readonly closedLoop?: string
  readonly minReplicas?: number
  readonly maxReplicas?: number
  readonly targetPerReplica?: number
  readonly targetUtilization?: number
  readonly scaleUpCooldown?: number
  readonly scaleDownCooldown?: number
  readonly coldStart?: number
  readonly svg?: string
  readonly png?: string
  readonly html?: string
}

const count = { min: 1, whole: true }
const positive = { above: 0 }
const notNegative = { min: 0 }

/** Declares the flags, in the order in which `--help` explains them. */
export function declareSimulateFlags(command: Command): Command {
  const number = (flag: string, range: Parameters<typeof numberFlag>[1]) => numberFlag(flag, range)
  return command
    .optionsGroup('Traffic:')
    .option('--trace <file>', 'calls to replay, in any format that import reads; the ledger is left alone')
    .option('--plan <file>', 'YAML or JSON with any of these, or with groups of replicas; flags win')
    .option('--batch <file.jsonl>', 'a plan a line, from a file or - (standard input); prints JSON Lines')
    .option('--closed-loop <dimension>', 'a call waits for the answer to the last of its task, user, tag:NAME, …')
    .optionsGroup('Fleet:')
    .option('--model <id>', 'open model, by its id in the catalog')
    .option('--gpu <id>', 'GPU, by its id in the catalog')
    .option('--tp <n>', 'tensor parallelism (default: the fewest GPUs that hold it)', number('--tp', count))
    .option('--pp <n>', 'stages of a pipeline (default: 1)', number('--pp', count))
    .option('--dp <n>', 'copies of the attention that share the experts (default: 1)', number('--dp', count))
    .option('--ep <n>', 'GPUs that share the experts (default: 1)', number('--ep', count))
    .option('--gpus <n>', 'GPUs of one replica; beside --tp, of all replicas', number('--gpus', count))
    .option('--weights <dtype>', "dtype of the weights (default: the model's own)")
    .option('--kv <dtype>', 'dtype of the KV cache (default: bf16)')
    .option('--no-prefix-cache', 'compute every prompt in full, also where the trace tells what prompts share')
    .option('--engine <name>', 'vllm, tensorrt-llm or sglang (default: vllm)')
    .option('--speculation <n:a[:draft]>', 'tokens guessed ahead, how often one holds, and the draft (default: none)')
    .option('--replicas <n>', 'a fixed number (default: 1)', number('--replicas', count))
    .option('--router <name>', `${Object.keys(routers).join(' or ')} (default: least-loaded)`)
    .option('--ttft <ms>', 'time to first token that counts as late above, p95', number('--ttft', positive))
    .option('--tpot <ms>', 'time per output token that counts as late above, p95', number('--tpot', positive))
    .optionsGroup('Money:')
    .option('--usd-per-gpu-hour <usd>', 'instead of the lease table', number('--usd-per-gpu-hour', notNegative))
    .option('--term <term>', 'lease term (default: on_demand)')
    .option('--gpus-per-instance <n>', 'whole instances are leased', number('--gpus-per-instance', count))
    .option('--spill-api <host:model>', 'where calls go that the fleet has no room for (default: a middle offer)')
    .optionsGroup('Sizing:')
    .option('--sizing <a,b>', `any of ${sizingNames.join(', ')}: a table of what each costs`, listFlag('--sizing'))
    .option('--spill-above <n>', 'calls on a replica beyond which the next is spilled', number('--spill-above', count))
    .option('--max-replicas <n>', 'scale with the load, up to so many', number('--max-replicas', count))
    .option('--min-replicas <n>', 'and never fewer (default: 1)', number('--min-replicas', count))
    .option('--target-per-replica <n>', 'calls in flight aimed at', number('--target-per-replica', positive))
    .option('--target-utilization <share>', 'or share of time busy, 0..1', number('--target-utilization', positive))
    .option('--scale-up-cooldown <s>', 'default 0', number('--scale-up-cooldown', notNegative))
    .option('--scale-down-cooldown <s>', 'default 300', number('--scale-down-cooldown', notNegative))
    .option('--cold-start <s>', 'default: node + image + weights + engine', number('--cold-start', notNegative))
    .optionsGroup('Pictures:')
    .option('--svg <file>', 'the stated fleet over time: queue, batch, KV cache, replicas, first tokens')
    .option('--png <file>', 'the same as PNG')
    .option('--html <file>', 'the same as a page, light or dark as its reader has it')
    .optionsGroup('Attribution:')
    .option('--by <dimension>', 'time and cost of the stated fleet by feature, task, team, user, tag:NAME, …')
    .option('--calibration <file>', 'what calibrate wrote (default: those beside crossline.yaml)')
    .optionsGroup('Options:')
}

/** What is asked of a fleet: one group by the fields of flags, or a plan with groups. */
export type Asked =
  | { readonly question: SimulationQuestion; readonly plan: null }
  | { readonly question: null; readonly plan: PlanQuestion }

/**
 * The trace and what is asked. @throws Fault FLAG_MISSING, FLAGS_CONFLICT, ROUTER_UNKNOWN, SIZING_UNKNOWN, those of the plan
 */
export async function simulateParams(flags: SimulateFlags, seed: number): Promise<Asked & { readonly trace: string }> {
  const all = await statedPlan(flags)
  const asked = askedBy(all, seed)
  return { trace: needed(all.trace, '--trace', 'a file of calls, in any format that import reads'), ...asked }
}

/** The plan file, and flags over it. */
export async function statedPlan(flags: SimulateFlags): Promise<Plan> {
  const plan = flags.plan === undefined ? {} : await readPlan(flags.plan)
  const {
    ttft,
    tpot,
    scaleUpCooldown,
    scaleDownCooldown,
    coldStart,
    plan: _,
    batch: _b,
    svg: _s,
    png: _p,
    html: _h,
    calibration: _c,
    prefixCache,
    ...named
  } = flags
  return {
    ...plan,
    ...given({
      ...named,
      // Without the flag it is true, which is no word against a plan.
      prefixCache: prefixCache === false ? false : undefined,
      ttftP95Ms: ttft,
      tpotP95Ms: tpot,
      scaleUpCooldownSeconds: scaleUpCooldown,
      scaleDownCooldownSeconds: scaleDownCooldown,
      coldStartSeconds: coldStart,
    }),
  } as Plan
}

/** A plan as the question that it is. @throws Fault as simulateParams, PLAN_CONFLICT, CASCADE_… */
export function askedBy(all: Plan, seed: number): Asked {
  const model = needed(all.model, '--model', 'an open model of data/models.json, such as llama-3.1-70b')
  const router = oneOf(all.router ?? 'least-loaded', Object.keys(routers) as RouterName[], 'router')
  if (all.groups !== undefined) {
    return { question: null, plan: plannedFleet({ ...all, model, router }, seed) }
  }
  return { question: oneGroup({ ...all, model, router }, seed), plan: null }
}

function oneGroup(
  all: Plan & { readonly model: string; readonly router: RouterName },
  seed: number,
): SimulationQuestion {
  const misplaced = (['overflow', 'admission', 'cascade'] as const).find(name => all[name] !== undefined)
  if (misplaced !== undefined) {
    throw new Fault('PLAN_CONFLICT', `"${misplaced}" needs groups`, {
      where: misplaced,
      fix: 'state the fleet as groups: [{ gpu, replicas, … }]',
    })
  }
  const { tp, replicas } = cutOf(all)
  const { targetPerReplica, targetUtilization } = all
  if (targetUtilization !== undefined && (targetPerReplica !== undefined || targetUtilization > 1)) {
    const isBoth = targetPerReplica !== undefined
    throw new Fault('FLAGS_CONFLICT', isBoth ? 'two targets to scale on' : `nothing is ${targetUtilization} busy`, {
      where: '--target-utilization',
      fix: isBoth ? 'give --target-per-replica or --target-utilization' : 'give a share of time, such as 0.7',
    })
  }
  if (all.by !== undefined && all.sizing !== undefined && replicas === null) {
    throw new Fault('FLAGS_CONFLICT', 'time is told by call of one fleet, and several were asked for', {
      where: '--by',
      fix: 'state --replicas, or leave out --sizing',
    })
  }
  const scales = all.maxReplicas !== undefined
  if (all.closedLoop !== undefined && (scales || all.sizing !== undefined)) {
    throw new Fault('FLAGS_CONFLICT', 'a closed loop runs on a fixed number of replicas', {
      where: '--closed-loop',
      fix: `state --replicas, and leave out ${scales ? '--max-replicas' : '--sizing'}`,
    })
  }
  return {
    model: all.model,
    gpu: needed(all.gpu, '--gpu', 'a GPU of data/gpus.json, such as h100-sxm-80gb'),
    tp,
    pp: all.pp,
    dp: all.dp,
    ep: all.ep,
    weights: all.weights ?? null,
    kv: all.kv ?? null,
    engine: all.engine ?? null,
    speculation: all.speculation ?? null,
    prefixCache: all.prefixCache ?? true,
    replicas,
    router: all.router,
    sessions: all.sessions,
    ttftP95Ms: all.ttftP95Ms ?? null,
    tpotP95Ms: all.tpotP95Ms ?? null,
    usdPerGpuHour: all.usdPerGpuHour ?? null,
    term: all.term ?? 'on_demand',
    gpusPerInstance: all.gpusPerInstance ?? null,
    spillApi: all.spillApi ?? null,
    spillAbove: all.spillAbove ?? null,
    scaling: given({
      minReplicas: all.minReplicas,
      maxReplicas: all.maxReplicas,
      signal: all.targetUtilization === undefined ? undefined : ('utilization' as const),
      target: all.targetUtilization ?? all.targetPerReplica,
      upCooldownSeconds: all.scaleUpCooldownSeconds,
      downCooldownSeconds: all.scaleDownCooldownSeconds,
      coldStartSeconds: all.coldStartSeconds,
    }) as SimulationQuestion['scaling'],
    sizings: [...new Set((all.sizing ?? []).map(name => oneOf(name, sizingNames, 'sizing')))] as SizingName[],
    by: all.by ?? null,
    closedLoop: all.closedLoop ?? null,
    seed: all.seed ?? seed,
  }
}

/** Tensor parallelism and replicas: GPUs are of one replica, or of all beside the parallelism. @throws Fault FLAGS_CONFLICT */
function cutOf({ gpus, tp, pp = 1, dp = 1, ...stated }: Plan): {
  readonly tp: number | null
  readonly replicas: number | null
} {
  const { replicas = null } = stated
  if (gpus === undefined) return { tp: tp ?? null, replicas }
  const width = tp ?? gpus / (pp * dp)
  const each = width * pp * dp
  const count = replicas ?? (each === gpus ? null : gpus / each)
  if (Number.isInteger(width) && (each === gpus || (Number.isInteger(count) && count! * each === gpus))) {
    return { tp: width, replicas: count }
  }
  const of = pp * dp === 1 ? `${width}` : `tp ${tp ?? '…'} × pp ${pp} × dp ${dp}`
  throw new Fault('FLAGS_CONFLICT', `${gpus} GPUs in all are not whole replicas of ${of} as asked for`, {
    where: '--gpus',
    fix: 'give one of --gpus and --tp; --replicas says how many replicas there are',
  })
}

function needed(value: string | undefined, where: string, what: string): string {
  if (value !== undefined) return value
  throw new Fault('FLAG_MISSING', `${where} is needed`, { where: 'crossline simulate', fix: `name ${what}` })
}

function oneOf<Name extends string>(asked: string, names: readonly Name[], what: string): Name {
  const found = names.find(name => name === asked)
  if (found !== undefined) return found
  const near = nearestName(asked, names)
  throw new Fault(`${what.toUpperCase()}_UNKNOWN`, `no ${what} is called "${asked}"`, {
    where: `--${what}`,
    fix: near === null ? `use one of ${names.join(', ')}` : `did you mean ${near}?`,
  })
}
