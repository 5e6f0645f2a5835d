// Parameters as they come in (JSON, a query string) → checked values; an unknown name names the nearest one.
import { z } from 'zod'
import { mostTokensPerMonth } from '../core/decide/choices.ts'
import { assumables } from '../core/decide/eligibility.ts'
import { regions } from '../core/decide/region.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'

const date = z.iso.date().meta({ description: 'YYYY-MM-DD' })
const name = z.string().min(1)
const positive = z.number().positive()
const notNegative = z.number().nonnegative()
const count = z.int().nonnegative()

/** Which calls, as which weights, on which machines, at which date's prices. */
export const questionShape = {
  model: name.optional().meta({ description: 'metered model whose calls are asked about; default: the costliest' }),
  asModel: name.optional().meta({ description: 'catalog model whose weights the traffic is taken to run on' }),
  from: name.optional().meta({ description: 'first day or instant' }),
  to: name.optional().meta({ description: 'up to, not including' }),
  zone: name.optional().meta({ description: 'IANA zone of from and to; default UTC' }),
  where: z.record(z.string(), z.string()).optional().meta({ description: 'further dimensions, {"feature":"search"}' }),
  gpus: z.array(name).optional().meta({ description: 'GPU shapes to try, by id' }),
  otherModels: z.array(name).optional().meta({ description: 'other open models to show; [] = none' }),
  at: date.optional().meta({ description: 'prices in force at this date; default: the newest in the catalog' }),
  ttftP95Ms: positive.optional().meta({ description: 'time to first token that a fleet is sized for, ms' }),
  tpotP95Ms: positive.optional().meta({ description: 'time per output token that a fleet is sized for, ms' }),
  adapters: count.optional().meta({ description: 'adapters (LoRA) that the calls need beside the weights; default 0' }),
  adapterRank: count.min(1).optional().meta({ description: 'rank of the adapters; default 16' }),
  seed: count.optional().meta({ description: 'seed of every draw; default 1' }),
}

/** The terms of `own` in `crossover --inputs`, and which GPU; rent, utilization and horizon are not stated here. */
export const ownServers = z.strictObject({
  gpu: name.meta({ description: 'GPU of the servers, by id' }),
  gpus: count.min(1).nullable().default(null).meta({ description: 'bought; default: as many as the traffic asks for' }),
  gpusPerServer: count.min(1).default(8),
  capexUsdPerServer: notNegative,
  lifeYears: positive,
  costOfCapital: notNegative.meta({ description: 'share of the mean balance a year' }),
  kilowattsPerServer: notNegative,
  pue: z.number().min(1),
  usdPerKwh: notNegative,
  coloUsdPerKwMonth: notNegative,
  operationsShare: notNegative.meta({ description: 'support, spares and hands, share of capex a year' }),
  fixedUsdPerMonth: notNegative.default(0),
  idleShare: z.number().min(0).max(1).meta({ description: 'power drawn when idle, share of full' }),
})

/** What the reader may turn without new evidence. */
export const choicesShape = {
  hoursPerMonth: positive.optional().meta({ description: 'default 730' }),
  term: name.optional().meta({ description: 'lease term: on_demand, spot, reserved_1y, …' }),
  providers: z.array(name).min(1).optional().meta({ description: 'only leases of these providers' }),
  usdPerGpuHour: positive.optional().meta({ description: 'overrides every lease row' }),
  gpusPerInstance: count.min(1).optional().meta({ description: 'GPUs of a leased instance; whole ones are billed' }),
  throughputFactor: positive.optional().meta({ description: 'tokens per second of every replica ÷ what was found' }),
  peakToMean: z.number().min(1).optional().meta({ description: 'busiest hour ÷ mean that fleets are counted on for' }),
  outputShare: z.number().gt(0).lt(1).optional().meta({ description: 'share of all tokens that are answers' }),
  apiUsdPerMtok: notNegative.optional().meta({ description: 'what the API named in api bills for a million tokens' }),
  own: ownServers.optional().meta({ description: 'servers bought, as one more way to run the same replicas' }),
  gpu: name.optional().meta({ description: 'GPU shape shown first; default: the cheapest that fits' }),
  api: name.optional().meta({ description: 'API option that self-hosting is compared with' }),
  replicas: count.min(1).optional().meta({ description: 'fixed number of replicas; default: sized for the peak' }),
  minReplicas: count.optional(),
  spareReplicas: count.optional(),
  operationsUsdPerMonth: notNegative.optional(),
  overheadShare: notNegative
    .optional()
    .meta({ description: 'storage, egress, monitoring, as a share of the GPU bill' }),
  fallback: name.optional().meta({ description: 'HOST:MODEL that takes the calls which an option refuses' }),
  assume: z
    .array(z.enum(assumables))
    .optional()
    .meta({ description: 'what is not known of an option and taken for granted: latency, dtype, quality' }),
  bar: z.number().gt(0).max(1).optional().meta({ description: "share of tasks to pass; default: the suite's" }),
  margin: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .meta({ description: 'share of tasks by which an option may be worse than today' }),
  taskRun: name.optional().meta({ description: 'only this run of tasks counts; default: the newest' }),
  region: z.enum(regions).optional().meta({ description: 'only where calls are served in this region' }),
  tokensPerMonth: positive
    .max(mostTokensPerMonth)
    .optional()
    .meta({ description: 'where "you are here" stands; default: the ledger' }),
}

export const rangeShape = {
  from: questionShape.from,
  to: questionShape.to,
  zone: questionShape.zone,
}

/**
 * Checks parameters against a schema.
 * @param where what the parameters came with: `POST /api/import`, a file's name
 * @throws Fault PARAMETER_UNKNOWN or PARAMETER_WRONG
 */
export function checkParams<T>(schema: z.ZodType<T>, raw: unknown, where: string): T {
  const checked = schema.safeParse(raw)
  if (checked.success) return checked.data
  throw paramFault(schema, checked.error, where)
}

/** The issue worth telling: a misspelt name explains the missing one, not the other way round. */
export function telling(error: z.ZodError): z.core.$ZodIssue {
  return inUnion(error.issues.find(issue => issue.code === 'unrecognized_keys') ?? error.issues[0]!)
}

/** Of several ways to state a value, what is wrong with the one that was meant: that which goes right the furthest. */
function inUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue
  const issues = issue.errors.flatMap(errors => {
    const slip = errors.find(({ code }) => code === 'unrecognized_keys') ?? errors[0]
    return slip === undefined ? [] : [inUnion(slip)]
  })
  const depth = ({ path, code }: z.core.$ZodIssue) => path.length + (code === 'unrecognized_keys' ? 1 : 0)
  const deepest = issues.sort((a, b) => depth(b) - depth(a))[0]
  if (deepest === undefined || depth(deepest) === 0) return issue
  return { ...deepest, path: [...issue.path, ...deepest.path] }
}

/** What is wrong with parameters, as one line. */
export function paramFault(schema: z.ZodType, error: z.ZodError, where: string): Fault {
  const issue = telling(error)
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const asked = issue.keys[0]!
    const known = namesAt(schema, issue.path)
    const near = nearestName(asked, known)
    return new Fault('PARAMETER_UNKNOWN', `unknown name "${[...issue.path, asked].join('.')}"`, {
      where,
      fix: near === null ? `use one of ${known.join(', ')}` : `did you mean "${near}"?`,
    })
  }
  const message = (issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined) ?? issue.message
  const says = message.charAt(0).toLowerCase() + message.slice(1)
  return new Fault('PARAMETER_WRONG', path === '' ? says : `"${path}": ${says}`, { where, fix: 'correct the value' })
}

/** Names that a schema knows at a path, through arrays, records and optional parts. */
function namesAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes = waysOf(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }))
  for (const step of path) {
    nodes = nodes.flatMap(({ properties, items, additionalProperties }) =>
      waysOf(typeof step === 'number' ? items : (properties?.[String(step)] ?? additionalProperties)),
    )
  }
  return [...new Set(nodes.flatMap(({ properties = {} }) => Object.keys(properties)))]
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly items?: unknown
  readonly additionalProperties?: unknown
  readonly anyOf?: readonly unknown[]
}

/** A place in a JSON Schema, or each of the ways in which it may be stated. */
function waysOf(node: unknown): readonly SchemaNode[] {
  if (typeof node !== 'object' || node === null) return []
  const { anyOf } = node as SchemaNode
  return anyOf === undefined ? [node as SchemaNode] : anyOf.flatMap(waysOf)
}

/** A query string as the JSON that it means: numbers, lists (`a,b`) and objects by what the schema wants of each name. */
export function paramsOfQuery(schema: z.ZodType, query: URLSearchParams): Record<string, unknown> {
  const { properties = {} } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as {
    properties?: Record<string, { type?: string }>
  }
  const params: Record<string, unknown> = {}
  for (const [key, text] of query) params[key] = parsedValue(text, properties[key]?.type)
  return params
}

function parsedValue(text: string, type: string | undefined): unknown {
  if (type === 'number' || type === 'integer') return text.trim() === '' ? text : Number(text)
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type === 'array' && !text.startsWith('[')) return text === '' ? [] : text.split(',')
  if (type === 'array' || type === 'object') {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return text
}

/** The inverse: parameters as a query string. */
export function queryOf(params: Readonly<Record<string, unknown>>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined) continue
    query.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  return query
}

const questionParams = z.strictObject(questionShape)
export type QuestionParams = z.infer<typeof questionParams>
const choicesParams = z.strictObject(choicesShape)
export type ChoicesParams = z.infer<typeof choicesParams>
