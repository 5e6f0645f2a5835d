// A drawn sample in; what was drawn, what it stands for and what nothing speaks for, as text for a terminal, out.
import { shareLabel, usdLabel } from '../charts/labels.ts'
import type { StratifiedFigures } from '../core/decide/quality/sample/stratified-figures.ts'
import type { StratifiedSample } from '../core/decide/quality/sample/stratified-sample.ts'
import { many } from '../core/fault/many.ts'
import { padded, paragraph, shortened } from './ansi.ts'

export interface ReplayTold {
  readonly from: string | null
  readonly to: string | null
  readonly seed: number
  readonly sample: StratifiedSample
  readonly tasks: number
  readonly leftOut: Readonly<Record<string, number>>
  readonly lost: Readonly<Record<string, number>>
  readonly suite: string
  readonly problems: readonly string[]
}

const widths = [8, 8, 8, 9] as const

export function replayText(told: ReplayTold, columns: number): string {
  const { population, represented, withoutContent, strata, calls } = told.sample
  const nameWidth = Math.max(16, columns - widths.reduce((sum, width) => sum + width + 1, 0))
  const cells = (name: string, rest: readonly string[]) =>
    `${padded(shortened(name, nameWidth), nameWidth)} ${rest.map((text, i) => padded(shortened(text, widths[i]!), widths[i]!, 'right')).join(' ')}`.trimEnd()
  const ofSpend = population.usd > 0 ? ` and ${shareLabel(represented.usd / population.usd)} of the spend` : ''
  const time = told.from === null ? '' : ` from ${told.from} to ${told.to}`
  const lines = [
    ...paragraph(
      `${many(calls.length, 'call')} drawn of ${many(population.calls, 'call')}${time} (seed ${told.seed}): they stand for ${shareLabel(represented.calls / population.calls)} of the calls${ofSpend}`,
      columns,
      '',
      '  ',
    ),
    '',
    cells('stratum', ['calls', 'at hand', 'drawn', 'spend']),
    ...strata.map(({ name, calls: size, available, drawnCalls, usd }) =>
      cells(name, [String(size), String(available), String(drawnCalls), usd === null ? 'unknown' : usdLabel(usd)]),
    ),
  ]
  const head = lines.length
  if (withoutContent.calls > 0) {
    const spend = population.usd > 0 ? `, ${shareLabel(withoutContent.usd / population.usd)} of the spend` : ''
    lines.push(
      ...paragraph(
        `${many(withoutContent.calls, 'call')} without content${spend}: taken to be like those of their stratum that have it, and where none has, nothing speaks for them`,
        columns,
        '- ',
        '  ',
      ),
    )
  }
  for (const [reason, times] of Object.entries(told.leftOut)) {
    lines.push(...paragraph(`${many(times, 'drawn call')} left out: ${reason}`, columns, '- ', '  '))
  }
  for (const [kind, times] of Object.entries(told.lost)) {
    lines.push(...paragraph(`${many(times, 'task')} without what they had of: ${kind}`, columns, '- ', '  '))
  }
  for (const problem of told.problems) lines.push(...paragraph(problem, columns, '- ', '  '))
  if (lines.length > head) lines.splice(head, 0, '')
  lines.push(
    '',
    ...paragraph(
      `${many(told.tasks, 'task')} in ${told.suite}, which holds what calls said in plain text`,
      columns,
      '',
      '  ',
    ),
  )
  return lines.join('\n')
}

/** The same of all calls that the sample stands for: strata count as many as they have, not as many as were drawn. */
export function stratifiedText(figures: readonly StratifiedFigures[], columns: number): string {
  const nameWidth = Math.max(12, columns - 52)
  const band = (told: StratifiedFigures['passRate'], label: (value: number) => string) =>
    told === null
      ? 'unknown'
      : told.low === undefined || told.high === undefined
        ? `${label(told.value)} (no interval)`
        : `${label(told.value)} (${label(told.low)}–${label(told.high)})`
  const line = (name: string, rate: string, cost: string) =>
    `${padded(shortened(name, nameWidth), nameWidth)} ${padded(rate, 22)} ${cost}`.trimEnd()
  return [
    'Of all calls that the sample stands for',
    line('option', 'passed', '$ a success'),
    ...figures.map(one => line(one.option, band(one.passRate, shareLabel), band(one.usdPerSuccess, usdLabel))),
  ].join('\n')
}
