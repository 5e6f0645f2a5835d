// The page's address ↔ its state: everything that makes the picture, so that a copied link gives the same picture.
import type { YScale } from '../charts/frame.ts'
import type { SliceRow } from '../core/decide/by-dimension.ts'
import { type Choices, defaultChoices, mostTokensPerMonth } from '../core/decide/choices.ts'

/** What is asked of the ledger; a change fetches new evidence. Names are those of the HTTP API. */
export const questionNames = [
  'model',
  'asModel',
  'from',
  'to',
  'zone',
  'where',
  'at',
  'gpus',
  'otherModels',
  'ttftP95Ms',
  'tpotP95Ms',
  'adapters',
  'adapterRank',
  'seed',
] as const

export type QuestionName = (typeof questionNames)[number]
export type PageQuestion = Readonly<Partial<Record<QuestionName, string>>>

/** The page's state: the question, what was chosen other than the defaults, and how it is looked at. */
export interface PageState {
  readonly question: PageQuestion
  readonly choices: Readonly<Partial<Choices>>
  readonly yScale: YScale
  /** Names of the options drawn; null = the chart's own selection. */
  readonly shown: readonly string[] | null
}

export const firstState: PageState = { question: {}, choices: {}, yScale: 'log', shown: null }

interface Codec {
  read(text: string): unknown
}

const text: Codec = { read: value => (value === '' ? undefined : value) }
const list: Codec = { read: value => (value === '' ? undefined : value.split(',')) }
const json: Codec = { read: parsed }
const amount = (least: number, most: number, whole = false): Codec => ({
  read: value => {
    const number = Number(value)
    const valid = value.trim() !== '' && number >= least && number <= most && (!whole || Number.isInteger(number))
    return valid ? number : undefined
  },
})

/** One row per choice: a choice without a row is a type error, so none can be left out of the address. */
const choiceCodecs: Readonly<Record<keyof Choices, Codec>> = {
  hoursPerMonth: amount(1, 744),
  term: text,
  providers: list,
  usdPerGpuHour: amount(1e-6, 1e6),
  gpusPerInstance: amount(1, 1e3, true),
  throughputFactor: amount(1e-6, 1e6),
  peakToMean: amount(1, 1e6),
  outputShare: amount(1e-9, 1 - 1e-9),
  apiUsdPerMtok: amount(0, 1e9),
  own: json,
  gpu: text,
  api: text,
  replicas: amount(1, 1e6, true),
  minReplicas: amount(0, 1e6, true),
  spareReplicas: amount(0, 1e6, true),
  operationsUsdPerMonth: amount(0, 1e12),
  overheadShare: amount(0, 100),
  tokensPerMonth: amount(1, mostTokensPerMonth),
  fallback: text,
  region: text,
  bar: amount(1e-9, 1),
  margin: amount(1e-9, 1 - 1e-9),
  taskRun: text,
  assume: list,
}

/** Choices that may be left open: an empty value in the address says so where a file's own choice says otherwise. */
const open: ReadonlySet<string> = new Set(
  (Object.keys(choiceCodecs) as (keyof Choices)[]).filter(name => defaultChoices[name] === null),
)

/** The state that a fragment (`#gpu=…&tokensPerMonth=…`) means; what it does not understand is left at its default. */
export function stateOf(fragment: string): PageState {
  const params = new URLSearchParams(fragment.replace(/^#/, ''))
  const question: Partial<Record<QuestionName, string>> = {}
  for (const name of questionNames) {
    const value = params.get(name)
    if (value) question[name] = value
  }
  if (question.where && !isWhere(parsed(question.where))) delete question.where
  const choices: Record<string, unknown> = {}
  for (const [name, codec] of Object.entries(choiceCodecs)) {
    const value = params.get(name)
    const read = value === null ? undefined : value === '' && open.has(name) ? null : codec.read(value)
    if (read !== undefined) choices[name] = read
  }
  const shown = params.getAll('show')
  return {
    question,
    choices: choices as Partial<Choices>,
    yScale: params.get('y') === 'linear' ? 'linear' : 'log',
    shown: shown.length > 0 ? shown : null,
  }
}

/** The fragment of a state, without `#`; empty for the state that a bare address means. */
export function fragmentOf(state: PageState): string {
  const params = new URLSearchParams()
  for (const name of questionNames) {
    const value = state.question[name]
    if (value) params.set(name, value)
  }
  for (const name of Object.keys(choiceCodecs) as (keyof Choices)[]) {
    const value = state.choices[name]
    if (value !== undefined) params.set(name, shown(value))
  }
  if (state.yScale === 'linear') params.set('y', 'linear')
  for (const name of state.shown ?? []) params.append('show', name)
  return params.toString()
}

/** Dimensions of the calls and the value that each must have: `{ feature: 'search' }`. */
export type Where = Readonly<Record<string, string>>

/** What the calls asked about are filtered by; empty for all calls. */
export function whereOf({ where }: PageQuestion): Where {
  const read = where === undefined ? undefined : parsed(where)
  return isWhere(read) ? read : {}
}

/**
 * What filters to exactly the calls of one row of the slices by a dimension, on a page filtered by `now`; null = nothing
 * does, or the page shows them already.
 */
export function whereOfRow(by: string, { key, environment }: Row, rows: readonly Row[], now: Where): Where | null {
  if (key === null) return null
  // Calls without an environment cannot be asked for: beside others of that name they are no slice of their own.
  if (environment === null && rows.some(row => row.key === key && row.environment !== null)) return null
  const where = { ...now, [by]: key, ...(environment === null ? {} : { environment }) }
  return Object.keys(where).every(name => name in now) ? null : where
}

type Row = Pick<SliceRow, 'key' | 'environment'>

/**
 * The same page over the calls of one slice, or with an empty one over all. What was chosen among the models, GPUs and APIs
 * of the calls shown until now, and their volume, say nothing of other calls.
 */
export function ofSlice(state: PageState, where: Where): PageState {
  const { model: _model, where: _where, ...question } = state.question
  const { gpu: _gpu, api: _api, tokensPerMonth: _volume, ...choices } = state.choices
  const filter = Object.keys(where).length === 0 ? {} : { where: JSON.stringify(where) }
  return { ...state, question: { ...question, ...filter }, choices, shown: null }
}

/** The command that prints what a state shows; `base` is the one that wrote the file, whose flags later ones override. */
export function commandOf(state: PageState, base = 'crossline crossover'): string {
  const flags: Record<string, string> = {
    model: '--model',
    asModel: '--as-model',
    from: '--from',
    to: '--to',
    at: '--at',
    ttftP95Ms: '--ttft',
    tpotP95Ms: '--tpot',
    adapters: '--adapters',
    adapterRank: '--adapter-rank',
    otherModels: '--other-models',
    seed: '--seed',
    hoursPerMonth: '--hours-per-month',
    term: '--term',
    providers: '--providers',
    usdPerGpuHour: '--usd-per-gpu-hour',
    gpusPerInstance: '--gpus-per-instance',
    throughputFactor: '--throughput-factor',
    peakToMean: '--peak-to-mean',
    outputShare: '--output-share',
    apiUsdPerMtok: '--api-usd-per-mtok',
    gpu: '--gpu',
    api: '--api',
    replicas: '--replicas',
    minReplicas: '--min-replicas',
    spareReplicas: '--spare-replicas',
    operationsUsdPerMonth: '--operations-usd-per-month',
    tokensPerMonth: '--volume',
    fallback: '--fallback',
    region: '--region',
  }
  const given: Record<string, unknown> = { ...state.question, ...state.choices }
  const words = Object.entries(flags).flatMap(([name, flag]) => {
    const value = given[name]
    return value === undefined || value === null ? [] : [flag, quoted(String(value))]
  })
  const filters = Object.entries(whereOf(state.question)).flatMap(([name, value]) => [
    '--where',
    quoted(`${name}=${value}`),
  ])
  // Choices without a flag: a plan file carries them.
  const plan = (['overheadShare', 'own'] as const).flatMap(name => {
    const value = state.choices[name]
    return value === undefined || value === null ? [] : [`# with ${name}: ${shown(value)} in a --plan file`]
  })
  return [base, ...filters, ...words, ...plan].join(' ')
}

/** As the codecs read it; what is left open is empty. */
function shown(value: unknown): string {
  if (value === null) return ''
  return typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : String(value)
}

function quoted(word: string): string {
  return /^[\w.,:/+-][\w.,:/+=-]*$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isWhere(value: unknown): value is Where {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const values = Object.values(value)
  return values.length > 0 && values.every(one => typeof one === 'string')
}
