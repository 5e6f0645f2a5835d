// One record of a plain table (a row of a CSV, an object of JSON Lines) in; the try that it tells of, or what is wrong with it, out.
import { type Attempt, type AttemptEnd, attemptEnds, attemptOf } from '../../core/decide/quality/attempt.ts'
import { parseUsd } from '../../core/meter/money.ts'
import { cellOf, isAmount, type PlainRecord, quoted } from './cells.ts'
import { plainStages } from './plain-stages.ts'
import { countOf, plainUsage } from './plain-usage.ts'

/** The columns without which a row tells nothing. */
export const neededFields = ['option', 'task', 'passed'] as const
/**
 * `attempt` null = the row does not number its try: whoever collects them does, in their order. `dollars` is `usd` with all
 * digits that the row has: other tools write costs in binary fractions, finer than a pico-dollar.
 */
export type PlainAttempt = Omit<Attempt, 'attempt'> & {
  readonly attempt: number | null
  readonly dollars: number | null
}

/** What a field of a row holds instead of what was expected: the row's one problem. */
interface Wrong {
  readonly field: string
  readonly expected: string
}

/**
 * The record's try, or the reason why it has none, such as `usd: expected dollars from 0, got "abc"`. A cell that is empty
 * and a field that is null or left out are unknown; a value that cannot be read is a problem of the row, never unknown.
 */
export function plainAttempt(record: PlainRecord): PlainAttempt | string {
  const wrong: Wrong[] = []
  const cell = (field: string) => cellOf(record, field)
  const read = <T>(field: string, expected: string, parse: (text: string) => T | undefined): T | null => {
    const text = cell(field)
    if (text === null) return null
    const value = parse(text)
    if (value === undefined) wrong.push({ field, expected })
    return value ?? null
  }
  const name = (field: string): string => {
    const text = cell(field)
    if (text === null || (typeof record[field] === 'object' && record[field] !== null)) {
      wrong.push({ field, expected: 'a name' })
    }
    return text ?? ''
  }
  const usd = (field: string) =>
    read(field, 'dollars from 0', text =>
      isAmount(text) ? parseUsd(text.replace(/^\+?\./, '0.').replace(/\.(?!\d)/, '')) : undefined,
    )

  const told = {
    option: name('option'),
    task: name('task'),
    attempt: read('attempt', 'a whole number from 0', text =>
      /^\d{1,15}(?:\.0+)?$/.test(text) ? Number(text) : undefined,
    ),
    passed: read('passed', 'true, false, 1, 0 or nothing', text => verdicts.get(text.toLowerCase())),
    usd: usd('usd'),
    judgeUsd: usd('judgeUsd'),
    // Nothing is ranked by these three, and tables have columns of their own by such names: what cannot be read is unknown.
    score: within(cell('score') ?? '', 0, 1) ?? null,
    seconds: within(cell('seconds') ?? '', 0, Number.MAX_VALUE) ?? null,
    ended: attemptEnds.find(end => end === cell('ended')) ?? ('answered' as AttemptEnd),
    problem: cell('problem'),
    weight: read('weight', 'a number above 0', text => within(text, Number.MIN_VALUE, 1e12)) ?? 1,
    cluster: cell('cluster'),
    workload: cell('workload'),
    tags: tagsOf(record.tags),
    usage: plainUsage(record),
    calls: countOf(record.calls),
    stages: plainStages(record.stages),
  }
  const [first] = wrong
  if (first !== undefined) return `${first.field}: expected ${first.expected}, got ${quoted(record[first.field])}`
  const dollars = told.usd === null ? null : Number(cell('usd'))
  return { ...attemptOf({ ...told, attempt: told.attempt ?? 0 }), attempt: told.attempt, dollars }
}

/** As tables write them: `1.0` and `True` come of data frames. */
const verdicts: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
  ['1.0', true],
  ['0.0', false],
])

function within(text: string, least: number, most: number): number | undefined {
  const value = text === '' ? Number.NaN : Number(text)
  return value >= least && value <= most ? value : undefined
}

function tagsOf(value: unknown): string[] {
  const all = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(';') : []
  return [...new Set(all.map(tag => tag.trim()).filter(tag => tag !== ''))]
}
