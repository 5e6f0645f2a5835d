// Tries in; JUnit XML out, as build servers show it: a suite for each option, a case for each try.
import { h, type JSX } from 'preact'
import { render } from 'preact-render-to-string'
import type { Attempt } from '../core/decide/quality/attempt.ts'
import { formatUsd } from '../core/meter/money.ts'
import { groupedBy } from '../core/statistics/grouped.ts'

/**
 * Failed tries are failures. Those that nobody could grade are errors where the option or the task broke down, and skipped
 * where only the grading did: never passes. Attributes and elements are those of the Ant task's schema, which Jenkins, GitLab
 * and GitHub's reporters read.
 */
export function junitXml(suite: string, attempts: readonly Attempt[]): string {
  const byOption = [...groupedBy(attempts, ({ option }) => option)]
  const document = h(
    'testsuites',
    { name: printable(suite), ...totals(attempts) },
    byOption.map(([option, tries]) =>
      h(
        'testsuite',
        { name: printable(option), ...totals(tries) },
        tries.map(attempt => caseOf(attempt)),
      ),
    ),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(document)}\n`
}

type State = 'passed' | 'failure' | 'error' | 'skipped'

function stateOf({ passed, ended }: Attempt): State {
  if (passed !== null) return passed ? 'passed' : 'failure'
  return ended === 'answered' || ended === 'refused' ? 'skipped' : 'error'
}

function totals(attempts: readonly Attempt[]) {
  const count = (state: State) => attempts.filter(attempt => stateOf(attempt) === state).length
  return {
    tests: attempts.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: seconds(attempts.reduce((total, attempt) => total + (attempt.seconds ?? 0), 0)),
  }
}

function caseOf(attempt: Attempt): JSX.Element {
  const state = stateOf(attempt)
  const { option, task, attempt: ordinal, score, usd } = attempt
  const message = printable(attempt.problem ?? fallback(attempt))
  const properties: readonly (readonly [string, string | null])[] = [
    ['usd', usd === null ? null : formatUsd(usd)],
    ['score', score === null ? null : String(score)],
    ['ended', attempt.ended],
  ]
  return h(
    'testcase',
    {
      name: printable(ordinal === 1 ? task : `${task} (try ${ordinal})`),
      classname: printable(option),
      time: seconds(attempt.seconds ?? 0),
    },
    h(
      'properties',
      null,
      properties.flatMap(([name, value]) => (value === null ? [] : [h('property', { name, value })])),
    ),
    state === 'passed' ? null : h(state, { message }),
  )
}

function fallback({ passed, ended, score }: Attempt): string {
  if (passed === false) return score === null ? 'wrong' : `scored ${score}`
  return ended === 'answered' ? 'not graded' : ended
}

const seconds = (value: number): string => value.toFixed(3)

/**
 * XML 1.0 knows no way to write any other character (production 2, Char); and an empty attribute would be written without
 * its value, as HTML allows and XML does not.
 */
const printable = (text: string): string =>
  text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd') || '(empty)'
