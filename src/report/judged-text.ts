// Options' pass rates as people would find them in; what a terminal shows beside the ranking, out.
import { shareLabel } from '../charts/labels.ts'
import type { JudgedOption } from '../core/decide/quality/judged.ts'
import type { SettledLabels } from '../core/decide/quality/labels.ts'
import { many } from '../core/fault/many.ts'
import { padded, paragraph, shortened, shownWidth } from './ansi.ts'

export interface JudgedToShow {
  readonly options: readonly (JudgedOption & {
    readonly bars: readonly { readonly bar: number; readonly meetsBar: 'yes' | 'no' | 'unclear' }[]
  })[]
  readonly agreements: SettledLabels['agreements']
  readonly unmatched: number
}

type Rate = { readonly value: number; readonly low: number; readonly high: number } | null

const rate = (of: Rate): string =>
  of === null ? '–' : `${shareLabel(of.value)} (${shareLabel(of.low).replace(/ %$/, '')}–${shareLabel(of.high)})`

/** No line is wider than `columns` (80 at least). */
export function judgedText({ options, agreements, unmatched }: JudgedToShow, columns: number): string {
  const width = Math.max(80, columns)
  const head = ['option', 'labels', 'as graded', 'as people say', 'sensitivity', 'specificity']
  const rows = options.map(one => [
    one.option,
    `${one.labelled} of ${one.tries}`,
    rate(one.raw),
    rate(one.corrected),
    one.sensitivity === null ? '–' : shareLabel(one.sensitivity.value),
    one.specificity === null ? '–' : shareLabel(one.specificity.value),
  ])
  const widths = head.map((name, i) => Math.max(shownWidth(name), ...rows.map(row => shownWidth(row[i]!))))
  const taken = widths.slice(1).reduce((sum, one) => sum + one + 2, 0)
  widths[0] = Math.max(8, Math.min(widths[0]!, width - taken))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => padded(i === 0 ? shortened(cell, widths[0]!) : cell, widths[i]!, 'left'))
      .join('  ')
      .trimEnd()
  const notes = [
    ...options.flatMap(({ option, raw, bars }) =>
      bars.flatMap(({ bar, meetsBar }) => {
        const clears = raw !== null && raw.low >= bar
        if (!clears || meetsBar === 'yes') return []
        const says = meetsBar === 'no' ? 'does not' : 'may not'
        return [`${option} clears ${shareLabel(bar)} as graded; as people say it ${says}`]
      }),
    ),
    ...options.flatMap(({ option, refused }) =>
      refused === null ? [] : [`${option}, by its graders’ own errors: ${refused}`],
    ),
    ...options.flatMap(({ option, corrected, moreLabels, labelled, tries }) => {
      if (corrected === null) return [`${option}: two labels at least are needed`]
      if (moreLabels === 0 || labelled === tries) return []
      const needed = moreLabels === null ? 'not even a label on each of its tries' : `${many(moreLabels, 'more label')}`
      return [`To know ${option} to 5 points: ${needed}`]
    }),
    ...agreements.map(
      ({ raters, n, agreed, kappa }) =>
        `${raters[0] || 'nobody'} and ${raters[1]} agree on ${agreed} of ${n} (kappa ${kappa === null ? '–' : kappa.toFixed(2)})`,
    ),
    ...(unmatched === 0 ? [] : [`${many(unmatched, 'label')} of tries that are not ranked`]),
  ]
  const title = 'Passed as people would say, from those that they labelled (as if drawn at random; 95 %)'
  return [
    ...paragraph(title, width, '', '  '),
    line(head),
    ...rows.map(line),
    ...notes.flatMap(note => paragraph(note, width, '', '  ')),
  ].join('\n')
}
