// An answer in; the crossover chart as braille dots within a number of columns and rows out.
import { type ChartFrame, chartFrame } from '../charts/frame.ts'
import { tokensLabel } from '../charts/labels.ts'
import type { Answer } from '../core/decide/answer.ts'
import { decidedTerms } from '../core/decide/api-bill.ts'
import { costAt } from '../core/decide/staircase.ts'
import { type Ink, padded } from './ansi.ts'

export interface TerminalChartOptions {
  readonly columns: number
  readonly rows: number
  readonly ink: Ink
}

const axisWidth = 8
/** Room at the right for three letters of lines that end in one row, or two of two letters, set apart. */
const gutter = 7

/** Lines of the chart: cost upwards, volume to the right, `│` at "you are here", `◆` at crossings, letters at the ends. */
export function terminalChart(answer: Answer, options: TerminalChartOptions): string[] {
  const { ink } = options
  const wide = Math.max(16, options.columns - axisWidth - gutter)
  const high = Math.max(6, options.rows - 3)
  const frame = chartFrame({ answer, width: 1000, height: 600 })
  if (frame.series.length === 0) return []
  const toColumn = (x: number) => scaled(x, frame.plot.left, frame.plot.right, wide * 2 - 1)
  const toRow = (y: number) => scaled(y, frame.plot.top, frame.plot.bottom, high * 4 - 1)
  const cells = Array.from({ length: high }, () => new Array<{ bits: number; series: number } | null>(wide).fill(null))
  const dot = (column: number, row: number, series: number) => {
    if (column < 0 || row < 0 || column >= wide * 2 || row >= high * 4) return
    const cell = cells[row >> 2]![column >> 1]
    const bit = brailleBit(column & 1, row & 3)
    cells[row >> 2]![column >> 1] = { bits: (cell?.bits ?? 0) | bit, series }
  }
  const back = frame.series.map((series, index) => ({ ...series, index })).reverse()
  for (const { option, style, index } of back) {
    const terms = decidedTerms(option)
    if (!terms) continue
    let before: number | null = null
    for (let column = 0; column < wide * 2; column++) {
      const x = frame.plot.left + (column / (wide * 2 - 1)) * (frame.plot.right - frame.plot.left)
      const usd = costAt(terms, frame.volumeAt(x))
      if (!Number.isFinite(usd)) break
      const row = toRow(frame.y(usd))
      // A riser is drawn whole; a line of other weights is dotted, so that no colour is needed to tell it apart.
      const from = before === null || style.quiet ? row : before
      for (let r = Math.min(from, row); r <= Math.max(from, row); r++) {
        if (!style.quiet || column % 3 === 0) dot(column, r, index)
      }
      before = row
    }
  }
  const rows = cells.map(row => row.map(cell => (cell ? ink.series(cell.series, braille(cell.bits)) : ' ')))
  markHere(rows, answer, frame, toColumn)
  for (const { at, to, from } of answer.crossings) {
    const crossed = [to, from].flatMap(wanted => answer.options.find(({ name }) => name === wanted) ?? [])
    const terms = crossed.map(decidedTerms).find(one => one !== null)
    if (!terms || at < frame.domain[0] || at > frame.domain[1]) continue
    const row = rows[toRow(frame.y(costAt(terms, at))) >> 2]
    if (row) row[toColumn(frame.x(at)) >> 1] = ink.bold('◆')
  }
  const ends = endLetters(frame, high, toRow)
  const labels = new Map(
    frame.yTicks.map(({ at, label }) => [
      toRow(frame.y(at)) >> 2,
      label.length > axisWidth - 2 ? `$${at.toExponential(0)}` : label,
    ]),
  )
  return [
    ...rows.map((row, i) => {
      const label = labels.get(i)
      const axis = label ? `${padded(label, axisWidth - 2, 'right')} ┤` : `${' '.repeat(axisWidth - 1)}│`
      return `${ink.dim(axis)}${row.join('')} ${ends[i] ?? ''}`.trimEnd()
    }),
    ...volumeAxis(answer, frame, wide, toColumn, ink),
  ]
}

/** A full-height rule through the cells that no curve needs. */
function markHere(rows: string[][], answer: Answer, frame: ChartFrame, toColumn: (x: number) => number): void {
  const here = answer.youAreHere.tokensPerMonth
  if (here < frame.domain[0] || here > frame.domain[1]) return
  const column = toColumn(frame.x(here)) >> 1
  for (const row of rows) if (row[column] === ' ') row[column] = '│'
}

/** Letters at the right-hand ends; options that end in one row stand side by side, the rest move a row on. */
function endLetters(frame: ChartFrame, high: number, toRow: (y: number) => number): string[] {
  const ends = new Array<string>(high).fill('')
  for (const { style, vertices } of frame.series) {
    const wished = Math.min(high - 1, toRow(frame.y(vertices[vertices.length - 1]!.usd)) >> 2)
    const row = nearestRoom(ends, wished, style.letter.length)
    ends[row] += ends[row] === '' ? style.letter : ` ${style.letter}`
  }
  return ends
}

function nearestRoom(ends: readonly string[], wished: number, size: number): number {
  for (let away = 0; away < ends.length; away++) {
    for (const row of [wished - away, wished + away]) {
      if (row >= 0 && row < ends.length && ends[row]!.length + size + 1 <= gutter - 1) return row
    }
  }
  return wished
}

function volumeAxis(
  answer: Answer,
  frame: ChartFrame,
  wide: number,
  toColumn: (x: number) => number,
  ink: Ink,
): string[] {
  const rule = new Array<string>(wide).fill('─')
  const names = new Array<string>(wide + gutter).fill(' ')
  const marks = new Array<string>(wide + gutter).fill(' ')
  for (const { at, label, major } of frame.xTicks) {
    if (!major || !label) continue
    const column = toColumn(frame.x(at)) >> 1
    rule[column] = '┬'
    write(names, label, column)
  }
  const here = answer.youAreHere.tokensPerMonth
  if (here >= frame.domain[0] && here <= frame.domain[1]) {
    const column = toColumn(frame.x(here)) >> 1
    rule[column] = '┴'
    const text = `▲ you are here, ${tokensLabel(here)}/month`
    const mirrored = `you are here, ${tokensLabel(here)}/month ▲`
    if (column + text.length <= marks.length) write(marks, text, column + Math.floor(text.length / 2))
    else write(marks, mirrored, column - mirrored.length + 1 + Math.floor(mirrored.length / 2))
  }
  const start = ' '.repeat(axisWidth - 1)
  return [
    ink.dim(`${start}└${rule.join('')}`),
    ink.dim(`${start} ${names.join('')}`.trimEnd()),
    `${start} ${marks.join('')}`.trimEnd(),
  ]
}

/** Centres `text` on `column` where it meets no other text; left out where it would. */
function write(line: string[], text: string, column: number): void {
  const from = Math.max(0, Math.min(line.length - text.length, column - Math.floor(text.length / 2)))
  const room = line.slice(Math.max(0, from - 1), from + text.length + 1)
  if (text.length <= line.length && room.every(c => c === ' ')) {
    for (let i = 0; i < text.length; i++) line[from + i] = text[i]!
  }
}

function scaled(pixel: number, low: number, high: number, steps: number): number {
  return Math.round(((Math.min(high, Math.max(low, pixel)) - low) / (high - low)) * steps)
}

/** Bit of a dot in a braille cell of two by four (Unicode 2800 block). */
function brailleBit(column: number, row: number): number {
  return row === 3 ? (column === 0 ? 0x40 : 0x80) : 1 << (row + column * 3)
}

function braille(bits: number): string {
  return String.fromCodePoint(0x2800 + bits)
}

/** Names of the axes and of the marks that are there, for a line under the chart. */
export function chartKey(answer: Answer): string {
  const { domain, series } = chartFrame({ answer, width: 1000, height: 600 })
  const isCrossed = answer.crossings.some(({ at }) => at >= domain[0] && at <= domain[1])
  return [
    'USD a month over tokens a month, both logarithmic',
    ...(isCrossed ? ['◆ crossing'] : []),
    ...(series.some(({ style }) => style.quiet) ? ['dotted: other weights'] : []),
  ].join('; ')
}
