// Options ranked at quality bars in; what a terminal shows out: a table for each bar, unknown as a dash and never as 0.

import { shareLabel, usdLabel } from '../charts/labels.ts'
import type { RankedAt, Ranking, Spread } from '../core/decide/quality/ranking.ts'
import { ink, padded, paragraph } from './ansi.ts'

const verdictWords = { yes: 'yes', no: 'no', unclear: 'not enough data' } as const

/** No line is wider than `columns` (80 at least). */
export function rankingText(
  ranking: Ranking & { readonly amortized?: readonly { readonly option: string; readonly basis: string }[] },
  options: { readonly columns: number; readonly color: boolean },
): string {
  const pen = ink(options.color)
  const tables = ranking.bars.map(at => [pen.bold(titleOf(at)), ...tableOf(at)].join('\n'))
  const notes = (ranking.amortized ?? []).flatMap(({ option, basis }) =>
    paragraph(`${option} is paid ${basis}`, Math.max(80, options.columns), '', '  '),
  )
  return [...tables, ...(notes.length === 0 ? [] : [notes.map(pen.dim).join('\n')])].join('\n\n')
}

const titleOf = ({ bar }: RankedAt): string =>
  bar === null ? 'By cost per success; no bar is stated (--bar)' : `At ${shareLabel(bar)} of tasks passed`

function tableOf({ bar, ranking }: RankedAt): string[] {
  const rows = ranking.map(({ option, n, passRate, usdPerSuccess, meetsBar }) => [
    option,
    String(n),
    `${shareLabel(passRate.value)} ${range(passRate, shareLabel)}`,
    `${usdLabel(usdPerSuccess.value)} ${range(usdPerSuccess, usdLabel)}`,
    bar === null ? '' : verdictWords[meetsBar],
  ])
  const all = [['option', 'tasks', 'passed', 'USD per success', bar === null ? '' : 'clears it'], ...rows]
  const widths = all[0]!.map((_, i) => Math.max(...all.map(row => row[i]!.length)))
  return all.map(row =>
    row
      .map((cell, i) => padded(cell, widths[i]!))
      .join('  ')
      .trimEnd(),
  )
}

const range = ({ low, high }: Spread, label: (x: number | null) => string): string =>
  low === null || high === null ? '' : `(${label(low)}–${label(high)})`
