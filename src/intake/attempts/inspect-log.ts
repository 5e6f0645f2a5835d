// Logs of Inspect (`.json`, or `.eval`: a zip of JSON) in; a try for each sample and epoch, out.
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { countOf, type Fields, fieldsOf, isFields, listOf, numberOf, settingsOf, textOf } from './fields.ts'
import { type Score, scoreOf } from './inspect-score.ts'
import { servedBy } from './served-by.ts'
import { usageOfTokens } from './tokens.ts'
import {
  costTold,
  microsOf,
  problemLine,
  type ReadOptions,
  type ResultsFile,
  type ResultsFormat,
  type ToldAttempt,
  type ToldCall,
  type ToldReject,
  type ToldResults,
  toldAttempt,
  toldResults,
} from './told.ts'
import { isZip, zipEntries } from './zip.ts'

const isLog = (value: unknown): value is Fields =>
  isFields(value) && isFields(value.eval) && 'model' in value.eval && 'task' in value.eval && 'status' in value

const isEvalFile = ({ bytes }: ResultsFile): boolean =>
  isZip(bytes) && /(header|_journal\/start)\.json/.test(bytes.subarray(-65_536).toString('latin1'))

export const inspectLog: ResultsFormat = {
  name: 'inspect',
  title: 'Inspect log',
  matches: file => isLog(file.json) || isEvalFile(file),
  read: (file, options) => (isZip(file.bytes) ? readEval(file, options) : readJson(file, options)),
}

function readJson({ json }: ResultsFile, options: ReadOptions): ToldResults {
  const log = fieldsOf(json)
  return resultsOf(
    log,
    listOf(log.samples).map(sample => ({ sample })),
    options,
  )
}

/** Samples lie one by one in `samples/`; what a run that was killed left has a journal and no header. */
function readEval({ name, bytes }: ResultsFile, options: ReadOptions): ToldResults {
  const entries = zipEntries(bytes, name)
  const jsonOf = (entry: string): unknown => {
    const found = entries.find(one => one.name === entry)
    return found === undefined ? null : parsed(found.read().toString('utf8'), `${name}, ${entry}`)
  }
  const header = jsonOf('header.json') ?? jsonOf('_journal/start.json')
  if (!isFields(header)) {
    throw new Fault('FILE_UNREADABLE', 'a log without a header', { where: name, fix: 'fetch the file again' })
  }
  const samples = entries
    .filter(entry => entry.name.startsWith('samples/') && entry.name.endsWith('.json'))
    .map(entry => {
      try {
        return { sample: parsed(entry.read().toString('utf8'), `${name}, ${entry.name}`) }
      } catch (thrown) {
        if (!(thrown instanceof Fault)) return { sample: null, reason: `${entry.name}: broken`, fault: null }
        return { sample: null, reason: `${entry.name}: ${thrown.message}`, fault: thrown }
      }
    })
  const [first] = samples
  if (first !== undefined && samples.every(one => one.sample === null) && 'fault' in first && first.fault) {
    throw first.fault
  }
  return resultsOf(header, samples, options)
}

/** Inspect writes NaN and Infinity as they are: no JSON, and no score either. */
function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    try {
      return JSON.parse(text.replace(/([:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,}\]])/g, '$1null'))
    } catch {
      throw new Fault('FILE_UNREADABLE', 'not JSON', { where, fix: 'repair it' })
    }
  }
}

interface SampleRead {
  readonly sample: unknown
  readonly reason?: string
}

function resultsOf(log: Fields, samples: readonly SampleRead[], options: ReadOptions): ToldResults {
  const spec = fieldsOf(log.eval)
  const model = textOf(spec.model) ?? 'unknown'
  const judges = judgesOf(log, model)
  const tally = { mixed: 0, others: new Set<string>(), scorers: new Set<string>() }
  const attempts: ToldAttempt[] = []
  const rejects: ToldReject[] = []
  for (const { sample, reason } of samples) {
    if (!isFields(sample) || sample.id === undefined || sample.id === null) {
      rejects.push({ line: null, reason: reason ?? 'a sample without an id', raw: '' })
      continue
    }
    attempts.push(attemptOfSample(sample, { model, judges, options, tally }))
  }
  const { scorer } = options
  if (scorer !== null && tally.scorers.size > 0 && !tally.scorers.has(scorer)) {
    const near = nearestName(scorer, tally.scorers)
    const fix = near === null ? `there are ${[...tally.scorers].join(', ')}` : `did you mean ${near}?`
    throw new Fault('UNKNOWN_SCORER', `no score is called "${scorer}"`, { where: '--scorer', fix })
  }
  const notes: string[] = []
  const status = textOf(log.status)
  if (status !== null && status !== 'success') notes.push(`the run ended as "${status}": samples may be missing`)
  if (tally.scorers.size > 1 && options.scorer === null) {
    const [used] = tally.scorers
    notes.push(
      `several scores for each sample (${[...tally.scorers].join(', ')}): ${used} decides; --scorer takes another`,
    )
  }
  if (tally.others.size > 0) {
    notes.push(
      `models beside ${model} count as its own work, since nothing says they judged: ${[...tally.others].join(', ')}`,
    )
  }
  if (tally.mixed > 0) {
    notes.push(`${many(tally.mixed, 'sample')} judged by the model that was tried: that part is in the option's cost`)
  }
  return toldResults({
    suite: textOf(spec.task),
    atMicros: microsOf(spec.created) ?? microsOf(fieldsOf(log.stats).started_at),
    options: [{ name: model, ...servedBy(model), settings: settingsOf(fieldsOf(log.plan).config) }],
    attempts,
    rejects,
    notes,
  })
}

/** Models that judge: a role's (`grader`), and what scorers name as their own model. */
function judgesOf(log: Fields, tried: string): ReadonlySet<string> {
  const spec = fieldsOf(log.eval)
  const judging = /grad|judg|scor|critic/i
  const roles = Object.entries(fieldsOf(spec.model_roles)).flatMap(([role, config]) =>
    judging.test(role) ? [textOf(fieldsOf(config).model) ?? ''] : [],
  )
  const scorers = [
    ...listOf(fieldsOf(log.results).scores).map(score => fieldsOf(fieldsOf(score).params)),
    ...listOf(spec.scorers).map(scorer => fieldsOf(fieldsOf(scorer).options)),
  ].flatMap(params => [params.model].flat().map(model => textOf(model) ?? ''))
  return new Set([...roles, ...scorers].filter(name => name !== '' && name !== tried))
}

interface Context {
  readonly model: string
  readonly judges: ReadonlySet<string>
  readonly options: ReadOptions
  readonly tally: { mixed: number; readonly others: Set<string>; readonly scorers: Set<string> }
}

function attemptOfSample(sample: Fields, { model, judges, options, tally }: Context): ToldAttempt {
  const scores = fieldsOf(sample.scores)
  const names = Object.keys(scores)
  for (const name of names) tally.scorers.add(name)
  const chosen = options.scorer === null ? names[0] : names.find(name => name === options.scorer)
  const score: Score =
    chosen === undefined ? { score: null, passed: null } : scoreOf(fieldsOf(scores[chosen]).value, options.passAt)
  const work: ToldCall[] = []
  const judging: ToldCall[] = []
  let reported = 0
  let isReported = true
  const atMicros = microsOf(sample.started_at)
  for (const [name, told] of Object.entries(fieldsOf(sample.model_usage))) {
    const usage = usageOfInspect(fieldsOf(told))
    if (usage === null) continue
    const call = { ...servedBy(name), usage, atMicros }
    if (judges.has(name)) {
      judging.push(call)
      continue
    }
    if (name !== model) tally.others.add(name)
    work.push(call)
    const cost = numberOf(fieldsOf(told).total_cost)
    if (cost === null) isReported = false
    else reported += cost
  }
  // The same model in a judging role: its tokens cannot be told from the rest by model.
  if (Object.keys(fieldsOf(sample.role_usage)).some(role => /grad|judg|scor/i.test(role)) && judging.length === 0) {
    tally.mixed++
  }
  const limit = fieldsOf(sample.limit)
  const error = fieldsOf(sample.error)
  const stop = textOf(fieldsOf(listOf(fieldsOf(sample.output).choices)[0]).stop_reason)
  const hitLimit = textOf(limit.type)
  const message = problemLine(error.message)
  return toldAttempt({
    option: model,
    task: String(sample.id),
    attempt: countOf(sample.epoch),
    ...score,
    work,
    judging,
    reportedUsd: isReported && work.length > 0 ? costTold(reported) : null,
    calls: countOf(sample.turn_count),
    seconds: numberOf(sample.working_time) ?? numberOf(sample.total_time),
    atMicros,
    ended:
      message !== null ? 'broken' : hitLimit !== null ? 'limited' : stop === 'content_filter' ? 'refused' : 'answered',
    problem:
      message ??
      (hitLimit === null ? null : `${hitLimit} limit${limit.limit === undefined ? '' : ` of ${limit.limit}`}`),
    tags: Object.entries(settingsOf(sample.metadata))
      .filter(([name, value]) => /difficulty|level|category|subject/i.test(name) && `${value}`.length <= 40)
      .map(([name, value]) => `${name}=${value}`),
  })
}

/** `input_tokens` leaves cached tokens out, which older logs did not: their total decides. */
function usageOfInspect(told: Fields) {
  return usageOfTokens({
    input: countOf(told.input_tokens),
    output: countOf(told.output_tokens),
    total: countOf(told.total_tokens),
    cacheRead: countOf(told.input_tokens_cache_read),
    cacheWrite: countOf(told.input_tokens_cache_write),
    reasoning: countOf(told.reasoning_tokens),
    cachedBeside: !isInside(told),
  })
}

function isInside(told: Fields): boolean {
  const cached = (countOf(told.input_tokens_cache_read) ?? 0) + (countOf(told.input_tokens_cache_write) ?? 0)
  const input = countOf(told.input_tokens) ?? 0
  return cached > 0 && cached <= input && countOf(told.total_tokens) === input + (countOf(told.output_tokens) ?? 0)
}
