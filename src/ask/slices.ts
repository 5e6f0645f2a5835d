// A ledger's calls by metered model in; which of them the question is about, and what else could be asked, out.
import { weightsOf } from '../catalog/facts.ts'
import type { AskedPart } from '../core/decide/evidence.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import type { LedgerReads, ReportRow, Slice, SourceRow } from '../ledger/ledger.ts'
import type { Question } from './question.ts'

/** The calls asked about and what they run on today. */
export interface Asked {
  readonly slice: Slice
  /** Named dimensions of the slice, for the reader. */
  readonly described: Readonly<Record<string, string>>
  /** Catalog name of the weights in use today (or taken to be), else the metered model's own name; null = unknown. */
  readonly group: string | null
  /** The slice's calls by provider and model, costliest first. */
  readonly metered: readonly ReportRow[]
  readonly slices: readonly { readonly model: string; readonly calls: number; readonly share: number }[]
  /** What part of all calls these are; null = all of them. */
  readonly part: AskedPart | null
  readonly sample: boolean
}

/**
 * Which calls answers are about: of all sources those with calls (bills and demand shapes are no traffic), whether they
 * are the bundled sample's, and the slice that hides the sample as soon as there are real ones, and always the calls of
 * tasks that were tried: they cost money, and nobody will make them again next month.
 */
export function callsAmong(all: readonly SourceRow[]) {
  const sources = all.filter(source => source.calls > 0)
  const areReal = sources.some(source => !source.sample)
  const shown: Slice = { trials: false, ...(areReal ? { sample: false } : {}) }
  return { sources, sample: sources.length > 0 && !areReal, shown }
}

/** All calls in the time and of the dimensions asked about, whatever model served them. */
export async function allCalls(question: Question, ledger: LedgerReads) {
  const { sources, sample, shown } = callsAmong(await ledger.sources())
  const base: Slice = {
    ...(question.fromMicros === null ? {} : { fromMicros: question.fromMicros }),
    ...(question.toMicros === null ? {} : { toMicros: question.toMicros }),
    where: question.where,
    ...shown,
  }
  return { base, sources, sample }
}

/**
 * Which calls are meant: those of `question.model`; with `asModel` alone, all; else those of the weights that cost most
 * today. Real calls hide the bundled sample. Faults: LEDGER_EMPTY, MODEL_NOT_METERED.
 */
export async function askedCalls(question: Question, ledger: LedgerReads): Promise<Asked> {
  const { base, sources, sample } = await allCalls(question, ledger)
  const { rows } = await ledger.report(base, ['provider', 'model'], 'UTC')
  if (rows.length === 0) throw nothingToAnswerFrom(sources.length, await triedIn(ledger, base))
  const byWeight = groupRows(rows)
  const slices = byWeight.map(({ model, calls, share }) => ({ model, calls, share }))
  const described = { ...question.where, ...(question.model === null ? {} : { model: question.model }) }
  if (question.model === null && (question.asModel !== null || byWeight.length === 1)) {
    const group = question.asModel === null ? byWeight[0]!.group : groupOf(question.asModel)
    return { slice: base, described, group, metered: rows, slices, part: null, sample }
  }
  const chosen = question.model === null ? byWeight.find(one => one.group !== null) : named(byWeight, question.model)
  if (!chosen) {
    const nearest = nearestName(
      question.model ?? '',
      byWeight.map(one => one.model),
    )
    throw new Fault('MODEL_NOT_METERED', `no call of "${question.model}" is in the ledger`, {
      where: '--model',
      fix: nearest ? `did you mean ${nearest}?` : `use one of ${slices.map(one => one.model).join(', ')}`,
    })
  }
  const names = namesOf(chosen.rows)
  const slice: Slice = { ...base, where: { ...base.where, model: names.length === 0 ? null : names } }
  return {
    slice,
    described: { ...described, model: chosen.model },
    group: question.asModel === null ? chosen.group : groupOf(question.asModel),
    metered: chosen.rows,
    slices,
    part: partOf(chosen, rows),
    sample,
  }
}

/** How much of all rows the chosen ones are; null where there are no others. */
function partOf(chosen: ModelRows, rows: readonly ReportRow[]): AskedPart | null {
  const sum = (of: readonly ReportRow[], value: (row: ReportRow) => number) =>
    of.reduce((all, row) => all + value(row), 0)
  const ofCalls = sum(rows, row => row.calls)
  if (chosen.calls >= ofCalls) return null
  const spent = sum(rows, row => Number(row.usd))
  return {
    model: chosen.model,
    calls: chosen.calls,
    ofCalls,
    spendShare: spent > 0 ? sum(chosen.rows, row => Number(row.usd)) / spent : null,
    isAllPriced: sum(rows, row => row.unpricedCalls) === 0,
  }
}

/** Calls of tasks that were tried, in a slice that leaves them out. */
const triedIn = async (ledger: LedgerReads, base: Slice): Promise<number> =>
  (await ledger.report({ ...base, trials: true }, [], 'UTC')).total.calls

function nothingToAnswerFrom(sources: number, tried: number): Fault {
  const traffic = 'run crossline import FILE, or put the gateway in front of your calls'
  if (tried > 0) {
    const message = `there are no calls to answer from: all ${tried} are of tasks that were tried, which is no traffic`
    return new Fault('LEDGER_EMPTY', message, { where: 'the slice asked for', fix: traffic })
  }
  return new Fault('LEDGER_EMPTY', 'there are no calls to answer from', {
    where: sources === 0 ? 'the ledger' : 'the slice asked for',
    fix: sources === 0 ? `${traffic} (npm start begins with a bundled sample)` : 'widen --from, --to or the filters',
  })
}

/** Catalog name of the weights behind a model's name, else the name itself. */
export const groupOf = (model: string): string => weightsOf(model)?.weights ?? model

interface ModelRows {
  /** The metered name; where several names mean the same weights, that of the weights. */
  readonly model: string
  readonly group: string | null
  readonly rows: readonly ReportRow[]
  readonly calls: number
  /** Of what was spent where anything is priced, else of tokens. */
  readonly share: number
}

/** One entry per weights, whatever their hosts call them, the costliest first (by tokens where nothing is priced). */
function groupRows(rows: readonly ReportRow[]): ModelRows[] {
  const spent = rows.reduce((sum, row) => sum + Number(row.usd), 0)
  const weigh = (row: ReportRow) => (spent > 0 ? Number(row.usd) : (row.usage.input ?? 0) + (row.usage.output ?? 0))
  const all = rows.reduce((sum, row) => sum + weigh(row), 0)
  const byGroup = groupedBy(rows, ({ key: { model } }) => (model == null ? null : groupOf(model)))
  return [...byGroup]
    .map(([group, list]) => ({
      model: nameOf(group, list),
      group,
      rows: list,
      calls: list.reduce((sum, row) => sum + row.calls, 0),
      share: all > 0 ? list.reduce((sum, row) => sum + weigh(row), 0) / all : 0,
    }))
    .sort((a, b) => b.share - a.share || (a.model < b.model ? -1 : 1))
}

const namesOf = (rows: readonly ReportRow[]): string[] => [...new Set(rows.flatMap(row => row.key.model ?? []))].sort()

function nameOf(group: string | null, rows: readonly ReportRow[]): string {
  const names = namesOf(rows)
  return group === null ? '(no model named)' : names.length === 1 ? names[0]! : group
}

/** Those of one metered name, or of all names of the weights asked for. */
function named(models: readonly ModelRows[], asked: string): ModelRows | undefined {
  const exact = models.find(one => one.rows.some(row => row.key.model === asked))
  if (exact && exact.group !== asked) {
    const rows = exact.rows.filter(row => row.key.model === asked)
    return { ...exact, model: asked, rows, calls: rows.reduce((sum, row) => sum + row.calls, 0) }
  }
  return exact ?? models.find(one => one.group !== null && one.group === groupOf(asked))
}
