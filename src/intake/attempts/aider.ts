// A leaderboard of Aider (YAML, a run in each entry) in; its runs as sums, since no row tells of one exercise, out.
import { parse } from 'yaml'
import { many } from '../../core/fault/many.ts'
import { countOf, fieldsOf, isFields, listOf, numberOf, textOf } from './fields.ts'
import { servedBy } from './served-by.ts'
import {
  costTold,
  type ResultsFile,
  type ResultsFormat,
  type ToldAggregate,
  type ToldReject,
  toldResults,
} from './told.ts'

const begins = /^\s*- dirname:\s*\S/m

const isRun = (value: unknown): boolean => isFields(value) && 'test_cases' in value && 'model' in value

export const aider: ResultsFormat = {
  name: 'aider',
  title: "Aider's leaderboard",
  matches: (file: ResultsFile) =>
    file.json === undefined && begins.test(file.text) && file.text.includes('test_cases:'),
  read({ text }) {
    const runs: unknown[] = [...listOf(parse(text))]
    const aggregates: ToldAggregate[] = []
    const rejects: ToldReject[] = []
    for (const run of runs) {
      const read = isRun(run) ? aggregateOf(run) : 'not a run: it has no model and test_cases'
      if (typeof read === 'string') rejects.push({ line: null, reason: read, raw: JSON.stringify(run) ?? '' })
      else aggregates.push(read)
    }
    const unpriced = aggregates.filter(({ reportedUsd }) => reportedUsd === null).length
    return toldResults({
      suite: 'aider-polyglot',
      options: aggregates.map(({ option }) => ({ name: option, ...servedBy(option), settings: {} })),
      aggregates,
      rejects,
      notes: [
        'sums of whole runs: no exercise is told by itself, so they are no tries, and costs have no interval',
        ...(unpriced === 0
          ? []
          : [`${many(unpriced, 'run')} with total_cost 0, which says that no price was known: cost unknown`]),
      ],
    })
  },
}

/** The last try's count of a run that tries each exercise several times, feedback of the first included. */
function aggregateOf(value: unknown): ToldAggregate | string {
  const run = fieldsOf(value)
  const option = textOf(run.model)
  const tasks = countOf(run.test_cases)
  if (option === null || tasks === null || tasks === 0) return 'model or test_cases is missing'
  const counts = [3, 2, 1].map(n => countOf(run[`pass_num_${n}`]))
  const rates = [3, 2, 1].map(n => numberOf(run[`pass_rate_${n}`]))
  const rate = rates.find(one => one !== null)
  const passed = counts.find(one => one !== null) ?? (rate == null ? null : Math.round((rate / 100) * tasks))
  if (passed === null || passed > tasks) return 'how many exercises passed is missing, or is more than there are'
  const date = run.date instanceof Date ? run.date.toISOString().slice(0, 10) : textOf(run.date)
  return {
    option,
    date,
    tasks,
    passed,
    reportedUsd: costTold(run.total_cost),
    secondsPerTask: numberOf(run.seconds_per_case),
  }
}
