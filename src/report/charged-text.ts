// A fleet's time and cost by call's name in; a table for a terminal, with idle time as its last line, out.
import { countLabel, shareLabel, usdLabel } from '../charts/labels.ts'
import type { Charged } from '../core/decide/charged.ts'
import { type Ink, padded } from './ansi.ts'

/** More names than this are summed in one line. */
const most = 20
const widths = [9, 10, 10, 7, 9, 9]

/** The table, no line wider than `columns` (80 at least). */
export function chargedLines({ by, rows, idle }: Charged, columns: number, pen: Ink): string[] {
  const nameWidth = Math.min(32, columns - widths.reduce((sum, width) => sum + width + 1, 0))
  const line = (name: string, cells: readonly string[]): string =>
    `${padded(shortened(name, nameWidth), nameWidth)} ${cells.map((cell, i) => padded(cell, widths[i]!, 'right')).join(' ')}`.trimEnd()
  const shown = rows.length > most ? rows.slice(0, most - 1) : rows
  const rest = rows.slice(shown.length)
  const sum = (of: (row: (typeof rows)[number]) => number | null): number | null =>
    rest.reduce<number | null>((total, row) => {
      const value = of(row)
      return total === null || value === null ? null : total + value
    }, 0)
  const others =
    rest.length === 0
      ? []
      : [
          line(`${rest.length} others`, [
            countLabel(sum(row => row.calls)),
            hours(sum(row => row.prefillGpuHours)),
            hours(sum(row => row.decodeGpuHours)),
            shareLabel(sum(row => row.busyShare)),
            usdLabel(sum(row => row.marginalUsd)),
            usdLabel(sum(row => row.loadedUsd)),
          ]),
        ]
  return [
    pen.dim(line(by, ['calls', 'prefill h', 'decode h', 'busy', 'USD', 'with idle'])),
    ...shown.map(row =>
      line(row.name ?? '(none)', [
        countLabel(row.calls),
        hours(row.prefillGpuHours),
        hours(row.decodeGpuHours),
        shareLabel(row.busyShare),
        usdLabel(row.marginalUsd),
        usdLabel(row.loadedUsd),
      ]),
    ),
    ...others,
    line('idle, cold', ['', '', hours(idle.gpuHours), '', usdLabel(idle.usd), '']),
  ]
}

const hours = (value: number | null): string => (value === null ? '?' : value.toFixed(value < 10 ? 2 : 1))

const shortened = (name: string, width: number): string => (name.length > width ? `${name.slice(0, width - 1)}…` : name)
