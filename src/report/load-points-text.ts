// Load points in; a table of them out, one line each, what was not recorded as a dash.
import { type LoadPoint, typical } from '../core/serving/calibration/load-point.ts'

const widths = [10, 10, 10, 12, 12, 12]
const heads = ['load', 'prompt', 'answer', 'tokens/s', 'TTFT ms', 'TPOT ms']

export function loadPointsText(points: readonly LoadPoint[]): string {
  if (points.length === 0) return 'no load point\n'
  const rows = points.map(point => [
    point.concurrency === null ? `${short(point.offeredPerSecond)}/s` : `${short(point.concurrency)} at once`,
    short(point.inputTokens),
    short(point.outputTokens),
    short(point.outputTokensPerSecond),
    short(typical(point.ttftMs)),
    short(typical(point.tpotMs)),
  ])
  return `${[heads, ...rows].map(cells => cells.map((cell, i) => cell.padStart(widths[i]!)).join('  ')).join('\n')}\n`
}

const short = (value: number | null): string => (value === null ? '—' : Number(value.toPrecision(4)).toString())
