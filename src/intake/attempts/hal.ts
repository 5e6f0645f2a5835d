// A result of HAL (`<run>_UPLOAD.json` of princeton-pli/hal-harness) in; a try for each task, with the tokens that Weave saw of it, out.
import { Fault } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { countOf, type Fields, fieldsOf, isFields, listOf, numberOf, settingsOf, textOf } from './fields.ts'
import { servedBy } from './served-by.ts'
import { usageOfApi } from './tokens.ts'
import {
  costTold,
  microsOf,
  problemLine,
  type ResultsFormat,
  type ToldAttempt,
  type ToldCall,
  toldAttempt,
  toldResults,
} from './told.ts'

const isEncrypted = (value: unknown): boolean =>
  isFields(value) && 'encrypted_data' in value && ('salt' in value || 'iv' in value)

export const hal: ResultsFormat = {
  name: 'hal',
  title: 'HAL result',
  matches: ({ json }) =>
    isEncrypted(json) || (isFields(json) && 'raw_eval_results' in json && ('results' in json || 'config' in json)),
  read({ name, json }, { passAt }) {
    if (isEncrypted(json)) {
      const fix = 'decrypt it first: hal-decrypt -F FILE.zip'
      throw new Fault('FILE_UNREADABLE', 'the result is encrypted, as HAL publishes them', { where: name, fix })
    }
    const document = fieldsOf(json)
    const config = fieldsOf(document.config)
    const args = fieldsOf(isFields(config.agent_args) ? config.agent_args : fieldsOf(document.metadata).agent_args)
    const option =
      textOf(config.agent_name) ??
      textOf(args.model_name) ??
      textOf(config.run_id) ??
      textOf(fieldsOf(document.metadata).run_id)
    const told = usageByTask(document)
    const verdicts = verdictsOf(document, passAt)
    const atMicros = microsOf(config.date)
    const attempts = [...verdicts].map(([task, verdict]): ToldAttempt => {
      const seen = told.get(task)
      const ended = verdict.ended
      return toldAttempt({
        option,
        task,
        passed: verdict.passed,
        score: verdict.score,
        work: seen?.calls ?? [],
        calls: seen?.count ?? null,
        reportedUsd: costOfTask(document, task, verdict.told),
        seconds: secondsOf(document, task),
        atMicros: seen?.atMicros ?? null,
        ended,
        problem: verdict.problem,
      })
    })
    const notes = notesOf(document, attempts)
    return toldResults({
      suite: textOf(config.benchmark_name),
      atMicros,
      options:
        option === null ? [] : [{ name: option, ...servedBy(textOf(args.model_name)), settings: settingsOf(args) }],
      attempts,
      notes,
    })
  },
}

interface Verdict {
  readonly passed: boolean | null
  readonly score: number | null
  readonly ended: ToldAttempt['ended']
  readonly problem: string | null
  readonly told: Fields
}

/** The lists of the benchmark's own count decide; where they are missing, each task's reward or score. */
function verdictsOf(document: Fields, passAt: number): Map<string, Verdict> {
  const results = fieldsOf(document.results)
  const raw = fieldsOf(document.raw_eval_results)
  const verdicts = new Map<string, Verdict>()
  const lists = [
    [listOf(results.successful_tasks), true],
    [listOf(results.failed_tasks), false],
  ] as const
  for (const [tasks, passed] of lists) {
    for (const task of tasks) verdicts.set(String(task), { ...verdictOf(raw[String(task)], passAt), passed })
  }
  if (verdicts.size > 0) return verdicts
  for (const [task, value] of Object.entries(raw)) {
    if (isFields(value) || typeof value === 'string') verdicts.set(task, verdictOf(value, passAt))
  }
  return verdicts
}

/** A text in the place of a result is the error that ended the task. */
function verdictOf(value: unknown, passAt: number): Verdict {
  if (typeof value === 'string') {
    return { passed: null, score: null, ended: 'broken', problem: problemLine(value), told: {} }
  }
  const told = fieldsOf(value)
  const score = numberOf(told.reward) ?? numberOf(told.score)
  const share = score !== null && score >= 0 && score <= 1 ? score : null
  return { passed: score === null ? null : score >= passAt, score: share, ended: 'answered', problem: null, told }
}

interface TaskUsage {
  readonly calls: ToldCall[]
  readonly count: number | null
  readonly atMicros: number | null
}

/** Older results list Weave's calls, newer ones keep a record for each task. */
function usageByTask(document: Fields): Map<string, TaskUsage> {
  const raw = document.raw_logging_results
  const byTask = new Map<string, TaskUsage>()
  if (isFields(raw)) {
    for (const [task, value] of Object.entries(raw)) {
      const told = fieldsOf(value)
      const model = servedBy(textOf(told.model))
      const calls = listOf(told.call_metadata).flatMap((call): ToldCall[] => {
        const usage = usageOfApi(fieldsOf(call).usage)
        return usage === null ? [] : [{ ...model, usage, atMicros: microsOf(fieldsOf(call).started_at) }]
      })
      byTask.set(task, { calls, count: countOf(told.call_count), atMicros: calls[0]?.atMicros ?? null })
    }
    return byTask
  }
  for (const entry of leaves(listOf(raw).map(fieldsOf))) {
    const id = entry.weave_task_id ?? fieldsOf(entry.attributes).weave_task_id
    if (typeof id !== 'string' && typeof id !== 'number') continue
    const atMicros = microsOf(entry.started_at)
    const known = byTask.get(String(id)) ?? { calls: [], count: null, atMicros }
    for (const [model, value] of Object.entries(usageOfEntry(entry))) {
      const usage = usageOfApi(value)
      if (usage !== null) known.calls.push({ ...servedBy(model), usage, atMicros })
    }
    byTask.set(String(id), known)
  }
  return byTask
}

const usageOfEntry = (entry: Fields): Fields => fieldsOf(fieldsOf(entry.summary).usage)

/** Weave sums the calls within a call into it: only those that hold none count, else tokens would count twice. */
function leaves(entries: readonly Fields[]): Fields[] {
  const parents = new Set(
    entries.flatMap(entry =>
      Object.keys(usageOfEntry(entry)).length > 0 ? [textOf(entry.parent_id)].filter(id => id !== null) : [],
    ),
  )
  return entries.filter(entry => !parents.has(textOf(entry.id) ?? textOf(entry.weave_call_id) ?? ''))
}

/** A cost by the task's own result, or by the list beside it: 0 is what HAL writes for a model that it has no price of. */
function costOfTask(document: Fields, task: string, told: Fields) {
  const cost =
    numberOf(fieldsOf(fieldsOf(document.results).costs)[task]) ??
    numberOf(told.cost) ??
    numberOf(fieldsOf(told.metrics).estimated_cost)
  return costTold(cost)
}

function secondsOf(document: Fields, task: string): number | null {
  const wall = numberOf(fieldsOf(document.wall_clock_times)[task])
  const latency = fieldsOf(fieldsOf(document.results).latencies)[task]
  return wall ?? numberOf(latency) ?? numberOf(fieldsOf(latency).total_time)
}

function notesOf(document: Fields, attempts: readonly ToldAttempt[]): string[] {
  const notes: string[] = []
  const total = numberOf(document.total_cost) ?? numberOf(fieldsOf(document.results).total_cost)
  const models = Object.keys(fieldsOf(document.total_usage))
  if (total === 0 && models.length > 0) {
    notes.push(`HAL says $0 for ${models.join(', ')}: it has no price of it, and neither is it free`)
  }
  const untold = attempts.filter(({ work }) => work.length === 0).length
  if (untold > 0) notes.push(`${many(untold, 'task')} without tokens of its own`)
  if (total !== null && total > 0 && untold === attempts.length) {
    notes.push(`the run cost $${total} by HAL, which it does not part by task: each task's cost is unknown`)
  }
  return notes
}
