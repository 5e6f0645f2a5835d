// The shape of a plan file for simulate, and the JSON Schema of it that ships for editors. Loads zod: import lazily.
import { z } from 'zod'
import { weekdays } from '../ask/schedule.ts'
import { scalingSignals } from '../core/serving/fleet/autoscaler.ts'
import { type RouterName, routers } from '../core/serving/fleet/routers.ts'

const name = z.string().min(1)
const whole = z.int().min(1)
const above = z.number().positive()
const from = z.number().nonnegative()
const hour = z.number().min(0).max(24)
const held = z.enum(['outstanding', 'waiting'])
/** What a field means, for editors. */
const of = <T extends z.ZodType>(shape: T, description: string) => shape.optional().meta({ description })

const schedule = z.strictObject({
  zone: name.meta({ description: 'IANA zone of the hours' }),
  hours: z.array(
    z.strictObject({
      days: of(z.array(z.enum(weekdays)).min(1), 'default: every day'),
      from: hour,
      to: hour.meta({ description: 'before from: on the next day' }),
      replicas: z.int().min(0),
    }),
  ),
  otherwise: z.int().min(0).meta({ description: 'replicas at all other times' }),
})

const autoscale = z.strictObject({
  signal: z.enum(scalingSignals as [string, ...string[]]).meta({
    description:
      'in flight a replica (concurrency), share of time busy (utilization), waiting a replica (queue), seconds that the first waits (wait), or a schedule alone',
  }),
  target: of(above, 'what it steers to; default 16 calls in flight'),
  min: of(z.int().min(0), '0: scales to none, and the call that finds none waits for a cold start; default 1'),
  max: of(whole, "default: the schedule's most, or 1"),
  start: of(z.int().min(0), 'warm at the start; default: min, or by the schedule'),
  intervalSeconds: of(above, 'between decisions; default 15'),
  tolerance: of(from, 'no change within this share; default 0.1'),
  upCooldownSeconds: of(from, 'default 0'),
  downCooldownSeconds: of(from, 'default 300'),
  schedule: of(schedule, 'replicas by hour of the week; beside another signal, the fewest'),
})

const group = z.strictObject({
  name: of(name, 'what the answer calls it; default: its number'),
  role: of(z.enum(['prefill', 'decode']), 'computes prompts alone, or answers alone; absent: both'),
  gpu: name.meta({ description: 'GPU, by its id in the catalog' }),
  tp: of(whole, 'tensor parallelism; default: the fewest GPUs that hold the model'),
  pp: of(whole, 'stages of a pipeline; default 1'),
  dp: of(whole, 'copies of the attention weights that share the experts; default 1'),
  ep: of(whole, 'GPUs over which whole experts are spread; default 1'),
  engine: of(name, 'vllm (default), tensorrt-llm or sglang'),
  weights: of(name, "dtype of the weights; default: the model's own"),
  kv: of(name, 'dtype of the KV cache; default: bf16'),
  speculation: of(
    name,
    'TOKENS:ACCEPTANCE[:DRAFT]: tokens guessed ahead, how often each holds, and what guesses them; default: none',
  ),
  prefixCache: of(z.boolean(), 'beginnings of prompts are kept; default true'),
  adapters: of(z.strictObject({ count: whole, rank: whole }), 'LoRA adapters kept beside the weights'),
  maxBatchedTokens: of(whole, "token budget of a step; default: the engine's"),
  maxSequences: of(whole, "most calls at once; default: the engine's"),
  memoryUtilization: of(above.max(1), 'share of GPU memory; default 0.92'),
  replicas: of(whole, 'a fixed number; default 1'),
  autoscale: of(autoscale, 'or as many as its traffic asks for'),
  spares: of(z.int().min(0), 'warm replicas beside those: N+1 is 1'),
  weight: of(above, "share of the router's calls against other groups; default 1"),
  coldStart: of(
    z.strictObject({
      node: from.optional(),
      image: from.optional(),
      weights: from.optional(),
      engine: from.optional(),
    }),
    'seconds by part, in place of the published ones',
  ),
  failures: of(
    z.strictObject({
      meanHoursBetween: of(above, 'of one replica, exponential'),
      atSeconds: of(z.array(from), 'or at these seconds of the trace, the longest-serving replica'),
    }),
    'calls in flight go back to the queue; a repair takes a cold start on the same lease',
  ),
  spot: of(
    z.strictObject({
      perHour: from.meta({ description: 'interruptions of one replica an hour' }),
      noticeSeconds: from.optional().meta({ description: 'default 120' }),
    }),
    'the provider ends leases; a replacement is leased at the notice',
  ),
  usdPerGpuHour: of(from, 'instead of the lease table'),
  term: of(name, 'lease term; default on_demand'),
  gpusPerInstance: of(whole, 'whole instances are leased'),
})

const rates = z.strictObject({ input: from, output: from })

/** Of a fleet of one group, the fields that flags have too; of several, `groups` and what stands before them. */
export const planShape = z.strictObject({
  trace: of(name, 'calls to replay, as seen from this file'),
  model: of(name, 'open model, by its id in the catalog'),
  router: of(z.enum(Object.keys(routers) as [RouterName, ...RouterName[]]), 'default: least-loaded'),
  sessions: of(name, 'of session-sticky: the dimension that names the session; default task'),
  ttftP95Ms: of(above, 'time to first token that counts as late above'),
  tpotP95Ms: of(above, 'time per output token that counts as late above'),
  seed: of(z.int().nonnegative(), 'of every draw; default 1'),
  groups: of(z.array(group).min(1), 'replicas of one shape, sizing and lease each'),
  transfer: of(
    z.strictObject({
      gbPerSecond: of(above, 'default 23, of one 400 Gb/s card'),
      milliseconds: of(from, 'beside the bytes; default 5'),
    }),
    'how caches get from prefill to decode groups',
  ),
  overflow: of(
    z.strictObject({
      above: of(whole, 'calls on a replica beyond which the next goes to the API; absent: only what none can hold'),
      policy: of(held, 'what counts: outstanding (default) or waiting'),
      api: of(name, 'HOST:MODEL of an offer; default: a middle one of the same weights'),
    }),
    'where calls go that the fleet has no room for',
  ),
  admission: of(
    z.strictObject({ above: whole, policy: of(held, 'what counts: outstanding (default) or waiting') }),
    'calls on a replica beyond which the next is refused',
  ),
  cascade: of(
    z.strictObject({
      share: of(z.number().min(0).max(1), 'of calls, drawn one by one, that a larger model answers again'),
      flags: of(name, 'or a file of lines 0 and 1, by call in order of time'),
      api: of(name, 'HOST:MODEL of the larger model'),
      usdPerMtok: of(rates, 'or what a million tokens of it cost'),
    }),
    'calls that go on to a larger model after the fleet has answered',
  ),
  gpu: of(name, 'GPU, by its id in the catalog'),
  gpus: whole.optional(),
  tp: whole.optional(),
  pp: whole.optional(),
  dp: whole.optional(),
  ep: whole.optional(),
  weights: name.optional(),
  kv: name.optional(),
  engine: name.optional(),
  speculation: name.optional(),
  prefixCache: z.boolean().optional(),
  replicas: whole.optional(),
  usdPerGpuHour: from.optional(),
  term: name.optional(),
  gpusPerInstance: whole.optional(),
  spillApi: name.optional(),
  spillAbove: whole.optional(),
  sizing: z.array(z.string()).min(1).optional(),
  by: name.optional(),
  closedLoop: name.optional(),
  minReplicas: whole.optional(),
  maxReplicas: whole.optional(),
  targetPerReplica: above.optional(),
  targetUtilization: above.optional(),
  scaleUpCooldownSeconds: from.optional(),
  scaleDownCooldownSeconds: from.optional(),
  coldStartSeconds: from.optional(),
})

export type Plan = z.infer<typeof planShape>
export type PlannedGroup = z.infer<typeof group>

/** The JSON Schema of a plan. */
export const planSchema = (): unknown => z.toJSONSchema(planShape, { io: 'input', unrepresentable: 'any' })
