// The constants of the step time as a vector: where each stands, how far measurements may move it, and which rows feel it.
import { weightPrecision } from '../../src/core/serving/hardware/dtype.ts'
import { archOf, type Efficiency, effectKeys, engineKey } from '../../src/core/serving/step/efficiency.ts'
import type { MeasuredRow } from './rows.ts'

/** One constant: its value is prior × e^x, with x fitted and held to 0 by a normal prior of `spread`. */
export interface Parameter {
  readonly path: string
  readonly spread: number
  readonly felt: (row: MeasuredRow) => boolean
}

const always = () => true
const shape = (row: MeasuredRow) => row.condition.shape
const moe = (row: MeasuredRow) => shape(row).model.moe !== undefined

const formats = ['bf16', 'fp8', 'fp8Block', 'mxfp4', 'nvfp4', 'int4'] as const
const archs = ['blackwell', 'blackwellPcie', 'ampere', 'cdna', 'ada'] as const
const engines = ['vllm', 'vllmV0', 'tensorrtLlm', 'tensorrtLlmCpp', 'sglang'] as const

const stores = (row: MeasuredRow, format: string): boolean => {
  const { dense, experts } = weightPrecision(shape(row).model, shape(row).weightDtype)
  return dense.format === format || (moe(row) && experts.format === format)
}

/** Every constant that is fitted. Shares of well-known kernels move little, host times more. */
export const parameters: readonly Parameter[] = [
  ...formats.flatMap(format => [
    {
      path: `gemm.${format}.memory`,
      spread: 0.2,
      felt: (row: MeasuredRow) => format === 'bf16' || stores(row, format),
    },
    {
      path: `gemm.${format}.compute`,
      spread: 0.3,
      felt: (row: MeasuredRow) => format === 'bf16' || stores(row, format),
    },
  ]),
  ...['memory', 'compute', 'halfWidthMemory', 'halfWidthCompute', 'tileRows'].map(what => ({
    path: `experts.${what}`,
    spread: 0.8,
    felt: moe,
  })),
  { path: 'unpacking', spread: 0.5, felt: always },
  { path: 'experts.spread', spread: 0.3, felt: moe },
  { path: 'experts.imbalance', spread: 0.3, felt: row => moe(row) && (shape(row).ep ?? 1) > 1 },
  { path: 'arch.hopper.kv', spread: 0.2, felt: row => archOf(shape(row).gpu) === 'hopper' },
  ...archs.flatMap(arch =>
    ['memory', 'compute', 'kv', 'host'].map(what => ({
      path: `arch.${arch}.${what}`,
      spread: what === 'host' ? 0.4 : 0.25,
      felt: (row: MeasuredRow) => archOf(shape(row).gpu) === arch,
    })),
  ),
  ...engines.flatMap(engine =>
    [
      ['layerSeconds', 0.5],
      ['moeLayerSeconds', 0.7],
      ['stepSeconds', 0.7],
      ['requestSeconds', 0.7],
      ['prefillLayerFloorSeconds', 0.7],
      ['entrySeconds', 1],
      ['entryRequestSeconds', 1],
      ['entryTokenSeconds', 1],
      ...(engine === 'vllm' ? [] : [['kernels', 0.15] as const]),
    ].map(([what, spread]) => ({
      path: `engines.${engine}.${what}`,
      spread: spread as number,
      felt: (row: MeasuredRow) => engineKey(shape(row)) === engine,
    })),
  ),
  { path: 'prefillAttention', spread: 0.3, felt: always },
  { path: 'latent.layerSeconds', spread: 0.7, felt: row => shape(row).model.attention.mla !== undefined },
  { path: 'latent.prefill', spread: 0.7, felt: row => shape(row).model.attention.mla !== undefined },
  { path: 'linear.layerSeconds', spread: 0.7, felt: row => shape(row).model.attention.linear !== undefined },
  { path: 'linear.tokenLayerSeconds', spread: 1, felt: row => shape(row).model.attention.linear !== undefined },
  { path: 'sparse.layerSeconds', spread: 0.7, felt: row => shape(row).model.attention.sparse !== undefined },
  { path: 'sparse.prefill', spread: 0.7, felt: row => shape(row).model.attention.sparse !== undefined },
  { path: 'allReduce', spread: 0.3, felt: row => shape(row).tp > 1 },
  { path: 'allReducePcie', spread: 0.6, felt: row => shape(row).tp > 1 },
  {
    path: 'expertExchange',
    spread: 0.5,
    felt: row => moe(row) && ((shape(row).ep ?? 1) > 1 || (shape(row).dp ?? 1) > 1),
  },
]

/** How far the effects of a group may move, by its level: the wider the group, the less is known of its own. */
const effectSpreads: Readonly<Record<string, number>> = {
  gpu: 0.06,
  'gpu×engine': 0.08,
  'arch×dtype': 0.08,
  family: 0.06,
  model: 0.1,
  'model×engine': 0.16,
  'model×gpu': 0.12,
  configuration: 0.18,
  version: 0.14,
}

const levelOf = (key: string): string => key.slice(0, key.indexOf('='))

/** Groups that at least `fewest` of the rows belong to. */
function effectGroups(rows: readonly MeasuredRow[], fewest = 3): readonly string[] {
  const count = new Map<string, number>()
  for (const row of rows) for (const key of effectKeys(shape(row))) count.set(key, (count.get(key) ?? 0) + 1)
  return [...count].filter(([, n]) => n >= fewest).map(([key]) => key)
}

/** Groups of the rows, and how far each entry of the vector may move: constants first, then each group's three effects. */
export function layoutOf(rows: readonly MeasuredRow[]) {
  const groups = effectGroups(rows)
  const spreads = Float64Array.from([
    ...parameters.map(({ spread }) => spread),
    ...groups.flatMap(group => {
      const spread = effectSpreads[levelOf(group)]!
      // Entry is a client's and a server's habit: it differs most.
      return [spread, spread, 2.5 * spread]
    }),
  ])
  return { groups, spreads }
}

/** Names of the vector's entries. */
export const names = (groups: readonly string[]): readonly string[] => [
  ...parameters.map(({ path }) => path),
  ...groups.flatMap(group => ['decode', 'mixed', 'entry'].map(what => `${group} ${what}`)),
]

/** The constants at the vector `x`. */
export function efficiencyOf(prior: Efficiency, x: Float64Array, groups: readonly string[]): Efficiency {
  const copy = structuredClone(prior) as unknown as Record<string, unknown>
  parameters.forEach(({ path }, i) => {
    const steps = path.split('.')
    const last = steps.pop()!
    const at = steps.reduce((node, name) => node[name] as Record<string, unknown>, copy)
    at[last] = (at[last] as number) * Math.exp(x[i]!)
  })
  const effects: Record<string, readonly [number, number, number]> = {}
  groups.forEach((group, g) => {
    const [decode, mixed, entry] = [0, 1, 2].map(k => Math.exp(x[parameters.length + 3 * g + k]!))
    effects[group] = [decode!, mixed!, entry!]
  })
  return { ...(copy as unknown as Efficiency), effects }
}
