// Rows of a table of any tool (CSV, JSON Lines, a JSON list), their columns by name or as mapped, in; a try for each row out.
import { parse } from 'csv-parse/sync'
import { type AttemptEnd, attemptEnds } from '../../core/decide/quality/attempt.ts'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { parseUsd } from '../../core/meter/money.ts'
import { type Fields, isFields } from './fields.ts'
import { servedBy } from './served-by.ts'
import { usageOfTokens } from './tokens.ts'
import {
  microsOf,
  type ReadOptions,
  type ResultsFile,
  type ResultsFormat,
  type ToldAttempt,
  type ToldOption,
  type ToldReject,
  toldAttempt,
  toldResults,
} from './told.ts'

/** Other names under which tools write a field; the field's own name comes first. */
const columnNames = {
  option: ['system', 'agent', 'config', 'model_name_or_path', 'model', 'model_name'],
  task: ['task_id', 'instance_id', 'question_id', 'problem_id', 'sample_id', 'test', 'id'],
  attempt: ['epoch', 'trial', 'repeat', 'try', 'run', 'seed'],
  passed: ['pass', 'success', 'resolved', 'correct', 'is_correct', 'solved'],
  score: ['reward', 'accuracy'],
  usd: ['cost', 'cost_usd', 'usd_cost', 'total_cost', 'instance_cost', 'price'],
  provider: ['seller'],
  model: ['model_name'],
  input: ['input_tokens', 'prompt_tokens', 'tokens_in'],
  cacheRead: ['cache_read_tokens', 'cached_tokens', 'cache_read_input_tokens'],
  cacheWrite: ['cache_write_tokens', 'cache_creation_input_tokens'],
  output: ['output_tokens', 'completion_tokens', 'tokens_out'],
  reasoning: ['reasoning_tokens'],
  total: ['total_tokens'],
  calls: ['api_calls', 'n_calls', 'num_requests', 'steps'],
  seconds: ['duration', 'duration_seconds', 'latency_s', 'time_s'],
  at: ['timestamp', 'started_at', 'date', 'time'],
  ended: ['exit_status', 'status'],
  problem: ['error', 'error_message'],
  weight: [],
  cluster: ['session', 'group', 'repo'],
  workload: [],
  tags: [],
} as const satisfies Readonly<Record<string, readonly string[]>>

type Field = keyof typeof columnNames
const fields = Object.keys(columnNames) as Field[]

export const table: ResultsFormat = {
  name: 'table',
  title: 'table of tries',
  matches: file => {
    const columns = columnsOf(rowsOf(file).slice(0, 50))
    return (
      finding(columns, {}).task !== undefined && ['passed', 'score'].some(one => finding(columns, {})[one as Field])
    )
  },
  read(file, options) {
    const rows = rowsOf(file)
    const columns = columnsOf(rows)
    const at = finding(columns, options.map, file.name)
    const { task, passed, score } = at
    if (task === undefined || (passed === undefined && score === undefined)) {
      const missing = task === undefined ? 'the task' : 'what passed'
      throw new Fault('COLUMN_MISSING', `no column tells ${missing}: there are ${[...columns].join(', ')}`, {
        where: file.name,
        fix: `name it: --map ${task === undefined ? 'task' : 'passed'}=COLUMN`,
      })
    }
    const attempts: ToldAttempt[] = []
    const rejects: ToldReject[] = []
    const named = new Map<string, ToldOption>()
    for (const { line, value } of rows) {
      const read = isFields(value) ? attemptOfRow(value, at, options) : 'not an object'
      if (typeof read === 'string') {
        rejects.push({ line, reason: read, raw: JSON.stringify(value) ?? '' })
        continue
      }
      attempts.push(read.attempt)
      if (read.option !== null && !named.has(read.option.name)) named.set(read.option.name, read.option)
    }
    return toldResults({ options: [...named.values()], attempts, rejects })
  },
}

interface Row {
  readonly line: number | null
  readonly value: unknown
}

function rowsOf({ json, lines, text }: ResultsFile): readonly Row[] {
  if (lines !== null) return lines
  if (Array.isArray(json)) return json.map(value => ({ line: null, value }))
  if (json !== undefined) return []
  try {
    const records = parse(text, {
      columns: true,
      info: true,
      bom: true,
      skip_empty_lines: true,
      relax_column_count: true,
    })
    return (records as unknown as { record: unknown; info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines,
      value: record,
    }))
  } catch {
    return []
  }
}

const columnsOf = (rows: readonly Row[]): ReadonlySet<string> =>
  new Set(rows.flatMap(({ value }) => (isFields(value) ? Object.keys(value) : [])))

/** Which column holds each field. @throws Fault for a mapping of what is no field, or to what is no column */
function finding(
  columns: ReadonlySet<string>,
  map: Readonly<Record<string, string>>,
  where?: string,
): Partial<Record<Field, string>> {
  const plain = new Map(
    [...columns].map(column => [
      column
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_'),
      column,
    ]),
  )
  const at: Partial<Record<Field, string>> = {}
  for (const field of fields) {
    const snake = field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    const name = [field.toLowerCase(), snake, ...columnNames[field]].find(one => plain.has(one))
    if (name !== undefined) at[field] = plain.get(name)!
  }
  for (const [field, column] of Object.entries(map)) {
    if (!Object.hasOwn(columnNames, field)) {
      const near = nearestName(field, fields)
      const fix = near === null ? `fields: ${fields.join(', ')}` : `did you mean ${near}?`
      throw new Fault('BAD_MAP', `"${field}" is no field of a try`, { where: '--map', fix })
    }
    if (!columns.has(column)) {
      const near = nearestName(column, columns)
      const fix = near === null ? `columns: ${[...columns].join(', ')}` : `did you mean ${near}?`
      throw new Fault('BAD_MAP', `no column "${column}"`, { where: where ?? '--map', fix })
    }
    at[field as Field] = column
  }
  return at
}

const verdicts: ReadonlyMap<string, boolean> = new Map(
  Object.entries({
    ...{ true: true, false: false, '1': true, '0': false, '1.0': true, '0.0': false },
    ...{
      yes: true,
      no: false,
      pass: true,
      fail: false,
      passed: true,
      failed: false,
      resolved: true,
      c: true,
      i: false,
    },
  }),
)

interface RowRead {
  readonly attempt: ToldAttempt
  readonly option: ToldOption | null
}

/** The row's try, or the reason why it has none. A cell that is empty is unknown; one that cannot be read is a problem of the row. */
function attemptOfRow(
  row: Fields,
  at: Partial<Record<Field, string>>,
  { option, passAt }: ReadOptions,
): RowRead | string {
  const wrong: string[] = []
  const cell = (field: Field): string | null => {
    const column = at[field]
    const value = column === undefined ? null : row[column]
    const text =
      value === null || value === undefined
        ? ''
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value).trim()
    return text === '' ? null : text
  }
  const read = <T>(field: Field, expected: string, parse: (text: string) => T | null): T | null => {
    const text = cell(field)
    if (text === null) return null
    const value = parse(text)
    if (value === null) wrong.push(`${at[field]}: expected ${expected}`)
    return value
  }
  const amount = (field: Field) =>
    read(field, 'a number from 0', text =>
      /^\+?\d*\.?\d+(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : null,
    )
  const count = (field: Field) =>
    read(field, 'a whole number', text => (/^\d{1,15}(\.0+)?$/.test(text) ? Number(text) : null))
  const task = cell('task')
  if (task === null) return `${at.task}: expected the name of a task`
  const score = amount('score')
  const verdict = read('passed', 'true or false', text => verdicts.get(text.toLowerCase()) ?? null)
  const usd = read('usd', 'dollars from 0', text =>
    /^\+?\d*\.?\d+(e[+-]?\d{1,2})?$/i.test(text) ? parseUsd(text.replace(/^\./, '0.')) : null,
  )
  const usage = usageOfTokens({
    input: count('input'),
    output: count('output'),
    total: count('total'),
    cacheRead: count('cacheRead'),
    cacheWrite: count('cacheWrite'),
    reasoning: count('reasoning'),
  })
  const model = cell('model')
  const name = option ?? cell('option') ?? model
  const served = servedBy(model)
  const provider = cell('provider') ?? served.provider
  const ended = cell('ended')
  const weight = amount('weight')
  const attempt = count('attempt')
  const told = toldAttempt({
    option: name,
    task,
    attempt,
    passed: at.passed === undefined ? (score === null ? null : score >= passAt) : verdict,
    score: score !== null && score <= 1 ? score : null,
    work: usage === null ? [] : [{ provider, model: served.model, usage, atMicros: null }],
    // A 0 beside tokens is what tools write that know no price.
    reportedUsd: usd === 0n && usage !== null ? null : usd,
    calls: count('calls'),
    seconds: amount('seconds'),
    atMicros: read('at', 'a time such as 2026-11-20T10:00:00Z', microsOf),
    ended: attemptEnds.find(end => end === ended) ?? endNamed(ended),
    problem: cell('problem'),
    weight: weight === null || weight === 0 ? 1 : weight,
    cluster: cell('cluster'),
    workload: cell('workload'),
    tags: (cell('tags') ?? '')
      .split(/[;,]/)
      .map(tag => tag.trim())
      .filter(tag => tag !== ''),
  })
  if (wrong.length > 0) return wrong[0]!
  return { attempt: told, option: name === null ? null : { name, provider, model: served.model, settings: {} } }
}

/** Words of tools for how a try ended. */
const endNamed = (text: string | null): AttemptEnd =>
  text === null
    ? 'answered'
    : /limit|timeout|timed|exceeded/i.test(text)
      ? 'limited'
      : /refus/i.test(text)
        ? 'refused'
        : /error|exception|crash/i.test(text)
          ? 'broken'
          : 'answered'
