// Results of SWE-bench (its harness's report, per-instance tables, results of the experiments repository, predictions, trajectories of mini-SWE-agent) in; a try for each instance, or what a file knows of it, out.
import { many } from '../../core/fault/many.ts'
import { countOf, type Fields, fieldsOf, isFields, listOf, numberOf, settingsOf, textOf } from './fields.ts'
import { servedBy } from './served-by.ts'
import { usageOfApi, usageOfTokens } from './tokens.ts'
import {
  costTold,
  problemLine,
  type ReadOptions,
  type ResultsFile,
  type ResultsFormat,
  type ToldAttempt,
  type ToldCall,
  type ToldOption,
  type ToldResults,
  toldAttempt,
  toldResults,
} from './told.ts'

/** One way to read each kind of file that SWE-bench runs leave; the first that fits reads it. */
const kinds: readonly {
  readonly fits: (json: unknown) => boolean
  readonly read: (json: unknown, option: string | null, name: string) => Partial<ToldResults>
}[] = [
  { fits: isTrajectory, read: readTrajectory },
  { fits: isReport, read: readReport },
  { fits: isLeaderboards, read: readLeaderboards },
  { fits: isTable, read: readTable },
  { fits: isExperiment, read: readExperiment },
  { fits: isPredictions, read: readPredictions },
]

export const sweBench: ResultsFormat = {
  name: 'swe-bench',
  title: 'SWE-bench results',
  matches: file => kinds.some(({ fits }) => fits(contentOf(file))),
  read(file: ResultsFile, { option }: ReadOptions) {
    const value = contentOf(file)
    const kind = kinds.find(({ fits }) => fits(value))
    return toldResults({ suite: 'swe-bench', ...kind?.read(value, option, file.name) })
  },
}

/** Predictions may come as lines, each with its instance. */
const contentOf = ({ json, lines }: ResultsFile): unknown => json ?? lines?.map(({ value }) => value)

/** The repository of an instance: instances of one repository hang together. */
const clusterOf = (instance: string): string | null => /^(.+__.+)-\d+$/.exec(instance)?.[1] ?? null

const attempt = (told: Pick<ToldAttempt, 'task' | 'passed'> & Partial<ToldAttempt>): ToldAttempt =>
  toldAttempt({ cluster: clusterOf(told.task), ...told })

function isReport(json: unknown): boolean {
  return isFields(json) && Array.isArray(json.resolved_ids) && ('total_instances' in json || 'submitted_ids' in json)
}

/** `<model>.<run>.json` of the harness names its option by its file alone. */
function readReport(json: unknown, option: string | null, name: string): Partial<ToldResults> {
  const report = fieldsOf(json)
  const ids = (field: string) => listOf(report[field]).map(String)
  const resolved = new Set(ids('resolved_ids'))
  const empty = new Set(ids('empty_patch_ids'))
  const errors = new Set(ids('error_ids'))
  const told = new Set([...ids('submitted_ids'), ...resolved, ...ids('unresolved_ids'), ...empty, ...errors])
  const missing = ids('incomplete_ids').filter(id => !told.has(id))
  const attempts = [...told].map(task =>
    errors.has(task) && !resolved.has(task)
      ? // The harness could not run the tests: scored as unresolved there, known to nobody.
        attempt({ option, task, passed: null, ended: 'broken', problem: 'the evaluation failed' })
      : attempt({ option, task, passed: resolved.has(task), problem: empty.has(task) ? 'empty patch' : null }),
  )
  const notes: string[] = []
  if (missing.length > 0) notes.push(`${many(missing.length, 'instance')} without a prediction: no tries of them`)
  if (errors.size > 0) notes.push(`${many(errors.size, 'instance')} whose evaluation failed: neither passed nor failed`)
  const [model] = name.replace(/\.json$/, '').split('.')
  return { attempts, notes, options: option === null && model ? [optionNamed(model.replaceAll('__', '/'))] : [] }
}

function isTable(json: unknown): boolean {
  if (!isFields(json)) return false
  const values = Object.values(json)
  return values.length > 0 && values.every(value => isFields(value) && typeof value.resolved === 'boolean')
}

/** `per_instance_details.json` of mini-SWE-agent runs: cost, calls and verdict of each instance. */
function readTable(json: unknown, option: string | null): Partial<ToldResults> {
  return { attempts: tableRows(fieldsOf(json), option) }
}

const tableRows = (table: Fields, option: string | null): ToldAttempt[] =>
  Object.entries(table).map(([task, value]) => {
    const row = fieldsOf(value)
    return attempt({
      option,
      task,
      passed: typeof row.resolved === 'boolean' ? row.resolved : null,
      reportedUsd: costTold(row.cost ?? row.instance_cost),
      calls: countOf(row.api_calls),
    })
  })

function isLeaderboards(json: unknown): boolean {
  return isFields(json) && Array.isArray(json.leaderboards)
}

/** The site's data: a table of instances under each entry that has one. */
function readLeaderboards(json: unknown): Partial<ToldResults> {
  const entries = listOf(fieldsOf(json).leaderboards).flatMap(board => listOf(fieldsOf(board).results).map(fieldsOf))
  const withRows = entries.filter(entry => isFields(entry.per_instance_details))
  const notes =
    withRows.length < entries.length
      ? [`${many(entries.length - withRows.length, 'entry', 'entries')} without a table of instances: left out`]
      : []
  return {
    attempts: withRows.flatMap(entry => tableRows(fieldsOf(entry.per_instance_details), textOf(entry.name))),
    options: withRows.map(entry => ({ ...optionNamed(textOf(entry.name) ?? 'unknown'), provider: null, model: null })),
    notes,
  }
}

function isExperiment(json: unknown): boolean {
  return (
    isFields(json) &&
    Array.isArray(json.resolved) &&
    ('generated' in json || 'no_generation' in json || 'applied' in json)
  )
}

/** `results/results.json` of the experiments repository: lists of instances by how they came out, without costs. */
function readExperiment(json: unknown, option: string | null): Partial<ToldResults> {
  const told = fieldsOf(json)
  const resolved = new Set(listOf(told.resolved).map(String))
  const none = new Set(listOf(told.no_generation).map(String))
  const tried = new Set(Object.values(told).flatMap(list => listOf(list).map(String)))
  return {
    attempts: [...tried].map(task =>
      attempt({ option, task, passed: resolved.has(task), problem: none.has(task) ? 'no patch' : null }),
    ),
  }
}

function isPredictions(json: unknown): boolean {
  const rows = Array.isArray(json) ? json : isFields(json) ? Object.values(json) : []
  return rows.length > 0 && rows.every(row => isFields(row) && 'instance_id' in row && 'model_patch' in row)
}

/** Predictions tell who tried what, and no verdict: a report beside them does. */
function readPredictions(json: unknown): Partial<ToldResults> {
  const rows = (Array.isArray(json) ? json : Object.values(fieldsOf(json))).map(fieldsOf)
  const names = [...new Set(rows.map(row => textOf(row.model_name_or_path)).filter(name => name !== null))]
  return {
    attempts: rows.map(row =>
      attempt({ option: textOf(row.model_name_or_path), task: String(row.instance_id), passed: null }),
    ),
    options: names.map(optionNamed),
  }
}

const optionNamed = (name: string): ToldOption => ({ name, ...servedBy(name), settings: {} })

function isTrajectory(json: unknown): boolean {
  return (
    isFields(json) &&
    isFields(json.info) &&
    isFields(json.info.model_stats) &&
    ('messages' in json || 'trajectory' in json)
  )
}

/** Exit statuses of mini-SWE-agent and SWE-agent that are a limit's; the latter submits what there is then, and says so. */
const limits =
  /^submitted \(exit_|^(LimitsExceeded|TimeExceeded|exit_cost|exit_context|ContextWindowExceeded|RepeatedFormatError|.*[Tt]imeout.*)/

/** One instance: its cost by the agent, and the usage that each answer of the model told. */
function readTrajectory(json: unknown, option: string | null, name: string): Partial<ToldResults> {
  const document = fieldsOf(json)
  const info = fieldsOf(document.info)
  const stats = fieldsOf(info.model_stats)
  const config = fieldsOf(info.config)
  const model = textOf(fieldsOf(config.model).model_name) ?? modelOfReplay(document.replay_config)
  const task = textOf(document.instance_id) ?? name.replace(/\.traj(\.json)?$/, '')
  const status = textOf(info.exit_status)
  const answers = listOf(document.messages)
    .map(fieldsOf)
    .filter(message => message.role === 'assistant')
  const calls = answers.flatMap(message => callOf(message, model))
  // A call of which nothing is told would make the sum too small: then the agent's own cost stands alone.
  const isWhole = calls.length > 0 && calls.length === (countOf(stats.api_calls) ?? answers.length)
  const work = isWhole ? calls : sumsOf(stats, model)
  const isLimit = status !== null && limits.test(status)
  const isDone = status === null || status === '' || (/^submitted/i.test(status) && !isLimit)
  const named = option ?? model
  return {
    attempts: [
      attempt({
        option: named,
        task,
        passed: null,
        work,
        reportedUsd: costTold(stats.instance_cost),
        calls: countOf(stats.api_calls),
        atMicros: calls[0]?.atMicros ?? null,
        ended: isDone ? 'answered' : isLimit ? 'limited' : 'broken',
        problem: isDone ? null : problemLine(status),
      }),
    ],
    options:
      named === null
        ? []
        : [{ name: named, ...servedBy(model), settings: settingsOf(fieldsOf(config.model).model_kwargs) }],
    notes:
      work.length > 0 || calls.length === 0
        ? []
        : [`${task}: some calls tell no tokens, so the agent's own cost stands`],
  }
}

/** SWE-agent tells the tokens of an instance as sums, cached ones not apart. */
function sumsOf(stats: Fields, model: string | null): ToldCall[] {
  const usage = usageOfTokens({ input: countOf(stats.tokens_sent), output: countOf(stats.tokens_received) })
  return usage === null || usage.input === 0 ? [] : [{ ...servedBy(model), usage, atMicros: null }]
}

/** SWE-agent keeps the configuration of its run as JSON in a text. */
function modelOfReplay(config: unknown): string | null {
  try {
    const parsed = typeof config === 'string' ? (JSON.parse(config) as unknown) : config
    return textOf(fieldsOf(fieldsOf(fieldsOf(parsed).agent).model).name)
  } catch {
    return null
  }
}

function callOf(message: Fields, model: string | null): ToldCall[] {
  const extra = fieldsOf(message.extra)
  const response = fieldsOf(extra.response)
  const usage = usageOfApi(response.usage)
  if (usage === null) return []
  const seconds = numberOf(extra.timestamp) ?? numberOf(response.created)
  return [
    {
      ...servedBy(model ?? textOf(response.model)),
      usage,
      atMicros: seconds === null ? null : Math.round(seconds * 1e6),
    },
  ]
}
