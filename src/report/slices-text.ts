// Slices of the calls, each with its cost and what it hangs on, in; a table for a terminal of 80 columns out.
import { countLabel, savingRangeLabel, usdLabel } from '../charts/labels.ts'
import type { ByDimension, SliceRow, Unattributed } from '../core/decide/by-dimension.ts'
import { ink, padded, paragraph, shortened } from './ansi.ts'
import { namelessLines } from './rows.ts'

const widths = { name: 17, calls: 8, usd: 10, best: 10, saving: 16, answer: 11, grade: 2 }

/** One line a slice, and under it what stands in the way. No line is wider than 80 columns, or than `columns` above that. */
export function slicesText(
  { by, rows, total, unattributed = null }: ByDimension & { readonly unattributed?: Unattributed | null },
  options: { readonly columns: number; readonly color: boolean },
): string {
  const pen = ink(options.color)
  const columns = Math.max(80, Math.min(100, options.columns))
  const line = (name: string, cells: readonly (readonly [string, number])[]) =>
    `${padded(shortened(name, widths.name), widths.name)}${cells.map(([text, width]) => ` ${padded(shortened(text, width), width, 'right')}`).join('')}`.trimEnd()
  const money = (usd: string | number | null) => (usd === null ? '–' : usdLabel(Number(usd)))
  const head = line(by, [
    ['calls', widths.calls],
    ['$/month', widths.usd],
    ['at best', widths.best],
    ['others save', widths.saving],
    ['own GPUs', widths.answer],
    ['', widths.grade],
  ])
  const cellsOf = (
    row: Pick<SliceRow, 'calls' | 'unpricedCalls' | 'usdPerMonth' | 'usdPerMonthAtBest' | 'possibleSaving'>,
  ) =>
    [
      [countLabel(row.calls), widths.calls],
      [row.unpricedCalls === row.calls && row.calls > 0 ? '–' : money(row.usdPerMonth), widths.usd],
      [money(row.usdPerMonthAtBest), widths.best],
      [savingRangeLabel(row.possibleSaving), widths.saving],
    ] as const
  const shown = rows.flatMap((row, i) => {
    const apart =
      row.environment !== null && row.environment !== 'production' && row.environment !== rows[i - 1]?.environment
    return [
      ...(apart ? [pen.dim(`environment: ${row.environment}`)] : []),
      line(row.key ?? '(not attributed)', [
        ...cellsOf(row),
        [row.decision, widths.answer],
        [row.grade ?? '–', widths.grade],
      ]),
      ...(row.blocker === null ? [] : paragraph(row.blocker, columns, '  ', '  ').map(pen.dim)),
    ]
  })
  return [
    pen.dim(head),
    ...shown,
    pen.bold(line('total', cellsOf(total))),
    ...paragraph(
      'at best: the same calls at the best option of their own weights; others save: least and most that cheaper other weights would save, if they do the job (below 0: they would cost more); own GPUs: whether they pay off for the weights that the slice spends most on; last: grade of evidence. Fleets are shared: a slice bears its part of the replica-seconds.',
      columns,
    ).map(pen.dim),
    ...(unattributed === null ? [] : ['', ...namelessLines(unattributed, columns)]),
  ].join('\n')
}
