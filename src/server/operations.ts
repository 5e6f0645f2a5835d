// The table of all that can be done with a ledger: the command line runs it here or on a server, HTTP and OpenAPI list it.

import { z } from 'zod'
import { countedTwice } from '../ask/counted-twice.ts'
import { callsAmong } from '../ask/slices.ts'
import { unattributed } from '../ask/unattributed.ts'
import type { Answer } from '../core/decide/answer.ts'
import type { Unattributed } from '../core/decide/by-dimension.ts'
import type { CountedTwice } from '../core/decide/counted-twice.ts'
import { formatUsd } from '../core/meter/money.ts'
import type { Repeats, ReportRow, Slice } from '../ledger/ledger.ts'
import { answerOf, evidenceOf, questionOf } from './answers.ts'
import { backtestShape, runBacktest } from './backtesting.ts'
import { budgetsAnswer } from './budgets-answer.ts'
import { type AnswerBy, answerBy } from './by-dimension.ts'
import { capacityShape, runCapacity } from './capacity.ts'
import { importShape, runImport } from './importing.ts'
import { checkZone, rangeMicros } from './instants.ts'
import { labelShape, runLabel, runWaiting, waitingShape } from './labelling.ts'
import type { Operation } from './operation.ts'
import { choicesShape, questionShape, rangeShape } from './parameters.ts'
import { predictShape, runPrediction } from './predicting.ts'
import { priceCallsOf } from './prices.ts'
import { reconcileShape, runReconcile } from './reconciling.ts'
import { dropSample } from './sample.ts'
import { runSavings, savingsShape } from './savings.ts'
import { runUtilization, utilizationShape } from './utilization.ts'

/** Keeps each operation's parameter and result types while it is listed with others. */
function operation<Shape extends z.ZodRawShape, Result>(
  declared: Omit<Operation<z.infer<z.ZodObject<Shape>>, Result>, 'params'> & { readonly shape: Shape },
): Operation<z.infer<z.ZodObject<Shape>>, Result> {
  const { shape, ...rest } = declared
  return { ...rest, params: z.strictObject(shape) as never }
}

export const importFile = operation({
  name: 'import',
  method: 'POST',
  summary: 'Calls of one file into the ledger; the same file again adds nothing. The bundled sample goes.',
  takesFile: true,
  shape: importShape,
  run: runImport,
})

export const undoImport = operation({
  name: 'import-undo',
  path: '/api/import/undo',
  method: 'POST',
  summary: 'Removes what one source brought in.',
  takesFile: false,
  shape: { source: z.string().min(1).meta({ description: 'id, its beginning, or the name of the file' }) },
  async run(workplace, { source }) {
    const ledger = await workplace.ledger()
    const before = await ledger.sources()
    const removed = await ledger.undo(source)
    const left = new Set((await ledger.sources()).map(row => row.source))
    const gone = before.find(row => !left.has(row.source))
    const removedWhat = (gone?.billedLines ?? 0) > 0 ? 'billed lines' : (gone?.scrapes ?? 0) > 0 ? 'scrapes' : 'calls'
    return { source, removed, removedWhat }
  },
})

export const sources = operation({
  name: 'sources',
  method: 'GET',
  summary: 'What has been imported.',
  takesFile: false,
  shape: {},
  async run(workplace) {
    return { sources: await (await workplace.ledger()).sources() }
  },
})

export const charges = operation({
  name: 'charges',
  method: 'GET',
  summary: 'Billed lines of imported invoices and cost reports, of a period.',
  takesFile: false,
  shape: rangeShape,
  async run(workplace, params) {
    const { fromMicros, toMicros } = rangeOf(params)
    const period = {
      ...(fromMicros === undefined ? {} : { fromMicros }),
      ...(toMicros === undefined ? {} : { toMicros }),
    }
    const lines = await (await workplace.ledger()).charges(period)
    const at = (micros: number) => new Date(micros / 1000).toISOString()
    return {
      lines: lines.map(({ fromMicros: from, toMicros: to, usd, importedAtMicros: _, ...line }) => ({
        ...line,
        from: at(from),
        to: at(to),
        usd: formatUsd(usd),
      })),
    }
  },
})

export const report = operation({
  name: 'report',
  method: 'GET',
  summary: 'Cost and tokens by any dimension.',
  takesFile: false,
  shape: {
    ...rangeShape,
    by: z.array(z.string().min(1)).optional().meta({ description: 'dimensions, tag:NAME, hour, day, week, month' }),
    where: questionShape.where,
  },
  async run(workplace, params) {
    const ledger = await workplace.ledger()
    const zone = checkZone(params.zone ?? 'UTC')
    const slice = { ...rangeOf(params), ...(params.where === undefined ? {} : { where: params.where }) }
    const by = params.by ?? ['model']
    return ledger.still(async (reads): Promise<Report> => {
      const { rows, total } = await reads.report(slice, by, zone)
      const { sample } = callsAmong(await reads.sources())
      const nameless: Unattributed[] = []
      for (const dimension of sample ? [] : by) {
        const found = await unattributed(reads, slice, dimension)
        if (found !== null) nameless.push(found)
      }
      const repeats = await reads.repeats(slice)
      const range = { from: params.from ?? null, to: params.to ?? null, zone }
      const counted = await countedTwice(reads, slice)
      return {
        ...range,
        sample,
        rows,
        total,
        unattributed: nameless,
        repeats: repeats.known === 0 ? null : repeats,
        countedTwice: counted,
      }
    })
  },
})

/** Calls that are held at once to draw a sample from. */
const mostFramed = 500_000

export const sampleFrame = operation({
  name: 'sample-frame',
  path: '/api/tasks/frame',
  method: 'GET',
  summary: 'What each call of a period is like, for a sample to be drawn; nothing that it said.',
  takesFile: false,
  shape: { ...rangeShape, where: questionShape.where },
  async run(workplace, params) {
    const ledger = await workplace.ledger()
    checkZone(params.zone ?? 'UTC')
    const slice = { ...rangeOf(params), ...(params.where === undefined ? {} : { where: params.where }) }
    const { sample } = callsAmong(await ledger.sources())
    return { sample, calls: await ledger.frame(slice, mostFramed) }
  },
})

export const reprice = operation({
  name: 'reprice',
  method: 'POST',
  summary: 'Price history again after a change of the catalog; says what changed.',
  takesFile: false,
  shape: { ...rangeShape, dryRun: z.boolean().optional() },
  async run(workplace, params) {
    const ledger = await workplace.ledger()
    return ledger.reprice(rangeOf(params), await priceCallsOf(workplace), params.dryRun ?? false)
  },
})

export const evidence = operation({
  name: 'evidence',
  method: 'GET',
  summary: 'What is known before anything is chosen: traffic, API bills, what a replica carries.',
  takesFile: false,
  shape: questionShape,
  run: (workplace, params, io) => evidenceOf(workplace, questionOf(params), io),
})

export const crossover = operation({
  name: 'crossover',
  method: 'GET',
  summary: 'The answer: options ranked, crossing points, doubts, assumptions.',
  takesFile: false,
  shape: {
    ...questionShape,
    ...choicesShape,
    by: z.string().min(1).optional().meta({ description: 'also slice by slice: feature, team, …, or tag:NAME' }),
  },
  async run(workplace, { by, ...params }, io): Promise<Answer & Partial<AnswerBy>> {
    return by === undefined ? answerOf(workplace, params, io) : answerBy(workplace, by, params, io)
  },
})

export const savings = operation({
  name: 'savings',
  method: 'POST',
  summary: 'What own GPUs cost by their leases, and what the same calls would have cost at other sellers, day by day.',
  takesFile: true,
  shape: savingsShape,
  run: runSavings,
})

export const reconcile = operation({
  name: 'reconcile',
  method: 'POST',
  summary: "The metered calls against a provider's own bill, by day and model: why they differ, part by part.",
  takesFile: true,
  shape: reconcileShape,
  run: runReconcile,
})

export const utilization = operation({
  name: 'utilization',
  method: 'GET',
  summary:
    'What own model servers really served, by their own metrics: tokens per GPU-hour, how busy, dollars per Mtok.',
  takesFile: false,
  shape: utilizationShape,
  run: runUtilization,
})

export const predict = operation({
  name: 'predict',
  method: 'GET',
  summary: 'Throughput and latency of a model on GPUs at a steady load. Nothing of the ledger is read.',
  takesFile: false,
  shape: predictShape,
  run: async (_, params) => runPrediction(params),
})

export const capacity = operation({
  name: 'capacity',
  method: 'GET',
  summary:
    'The load that one replica sustains within a latency objective, from stated lengths or the calls of the ledger.',
  takesFile: false,
  shape: capacityShape,
  run: runCapacity,
})

export const backtest = operation({
  name: 'backtest',
  method: 'GET',
  summary: 'Hours of the own fleet as they were, and as the simulated fleet would have had them.',
  takesFile: false,
  shape: backtestShape,
  run: runBacktest,
})

export const budgets = operation({
  name: 'budgets',
  method: 'GET',
  summary: 'What the gateway’s budgets allow in the current period: spent, held for calls under way, left.',
  takesFile: false,
  shape: {},
  run: workplace => budgetsAnswer(workplace),
})

export const dropSampleCalls = operation({
  name: 'sample-drop',
  path: '/api/sample/drop',
  method: 'POST',
  summary: 'Removes the bundled sample.',
  takesFile: false,
  shape: {},
  async run(workplace) {
    return { removed: await dropSample(workplace) }
  },
})

/** Everything that is served. */
const labels = operation({
  name: 'labels',
  method: 'GET',
  summary: 'Kept answers of a run of tasks that wait for a person’s word, without the name of who answered.',
  takesFile: false,
  shape: waitingShape,
  run: runWaiting,
})

const label = operation({
  name: 'label',
  method: 'POST',
  summary: 'A person’s word on a kept answer: right, wrong, or taken back.',
  takesFile: false,
  shape: labelShape,
  run: runLabel,
})

export const operations: readonly Operation<never, unknown>[] = [
  importFile,
  undoImport,
  sources,
  charges,
  report,
  sampleFrame,
  reprice,
  evidence,
  crossover,
  savings,
  reconcile,
  utilization,
  predict,
  capacity,
  backtest,
  budgets,
  labels,
  label,
  dropSampleCalls,
] as unknown as readonly Operation<never, unknown>[]

export interface Report {
  readonly from: string | null
  readonly to: string | null
  readonly zone: string
  /** All calls are the bundled sample's. */
  readonly sample: boolean
  readonly rows: readonly ReportRow[]
  readonly total: ReportRow
  /** For each dimension that attributes what nobody attributed, and what to do about it. */
  readonly unattributed: readonly Unattributed[]
  /** Calls that repeat an earlier one exactly; null where no call's request or prompt is known. */
  readonly repeats: Repeats | null
  /** Sums of calls beside the calls themselves: both are in the rows. */
  readonly countedTwice: readonly CountedTwice[]
}

interface Range {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly zone?: string | undefined
}

/** Half-open, in the range's own zone. */
function rangeOf({ from, to, zone }: Range): Slice {
  const { fromMicros, toMicros } = rangeMicros(from, to, zone)
  return { ...(fromMicros === null ? {} : { fromMicros }), ...(toMicros === null ? {} : { toMicros }) }
}
