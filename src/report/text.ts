// An answer in; what a terminal shows out: verdict, ranked table, chart, crossings, assumptions, how to see it again.
import { optionStyles, primaryGroup, shortName } from '../charts/frame.ts'
import { basisLine } from '../charts/furniture.tsx'
import {
  fitted,
  headline,
  multipleLabel,
  shareLabel,
  usdLabel,
  usdPerMtokLabel,
  volumeLabel,
} from '../charts/labels.ts'
import type { Answer, OptionAnswer, YesNoUnknown } from '../core/decide/answer.ts'
import { type Ink, ink, padded, paragraph } from './ansi.ts'
import { chartKey, terminalChart } from './terminal-chart.ts'

export interface TextOptions {
  /** Width of the terminal; 80 when it has none. No line is wider. */
  readonly columns: number
  readonly color: boolean
  /** The command that prints this answer again; the default names date and seed. */
  readonly command?: string | undefined
  /** Options of other weights listed before the rest is only counted; the default is 8. */
  readonly others?: number
}

/** The answer for a person at a terminal, without a trailing newline. */
export function answerText(answer: Answer, options: TextOptions): string {
  const pen = ink(options.color)
  const columns = Math.max(60, options.columns)
  const section = (title: string) => ['', pen.bold(title)]
  const lines: string[] = []
  if (answer.sample) lines.push(pen.notice('SAMPLE DATA: this is the bundled sample, not your traffic.'), '')
  const { first, rest } = headline(answer.verdict)
  lines.push(...paragraph(first, columns).map(pen.bold), ...paragraph(rest, columns), '')
  lines.push(...paragraph(basisLine(answer), columns).map(pen.dim), '')
  lines.push(...table(answer, columns, pen, options.others ?? 8))
  const chart = terminalChart(answer, { columns: Math.min(columns, 80), rows: 19, ink: pen })
  if (chart.length > 0) lines.push('', ...chart, ...paragraph(chartKey(answer), columns).map(pen.dim))
  lines.push(...section('Crossings'), ...crossingLines(answer, columns))
  if (answer.nextMeasurement) {
    lines.push(...section('What would sharpen this most'), ...paragraph(answer.nextMeasurement, columns, '  '))
  }
  if (answer.unpriced.length > 0) {
    lines.push(...section('Unpriced'))
    for (const { model, share } of answer.unpriced.slice(0, 5)) {
      lines.push(
        ...paragraph(
          `${model}: ${shareLabel(share)} of calls have no price; they are not counted as free`,
          columns,
          '  ',
          '    ',
        ),
      )
    }
  }
  lines.push(...section('Assumed'))
  for (const { name, value, source } of answer.assumptions) {
    lines.push(...paragraph(`${name}: ${value ?? 'unknown'} (${source})`, columns, '  ', '    '))
  }
  if (answer.notModelled.length > 0) {
    lines.push(...section('Not modelled'))
    for (const text of answer.notModelled) lines.push(...paragraph(text, columns, '  ', '    '))
  }
  const command = options.command ?? `crossline crossover --at ${answer.at} --seed ${answer.seed}`
  lines.push('', pen.dim('Again:'), ...paragraph(command, columns, '  ', '    '))
  return lines.map(line => line.trimEnd()).join('\n')
}

const head = ['$/month', 'band', '$/Mtok', 'used', 'repl', 'q l'] as const
const widths = [9, 16, 8, 5, 4, 3] as const

function table(answer: Answer, columns: number, pen: Ink, mostOthers: number): string[] {
  const fixed = widths.reduce((total, width) => total + width + 1, 0) + 4
  const nameWidth = Math.max(10, Math.min(44, columns - fixed))
  const styles = optionStyles(answer)
  const group = primaryGroup(answer)
  const cells = (name: string, letter: string, rest: readonly string[]) =>
    `${padded(letter, 3)} ${padded(fitted(name, nameWidth), nameWidth)} ${rest.map((text, i) => padded(text, widths[i]!, 'right')).join(' ')}`
  const row = (option: OptionAnswer) => {
    const letter = styles.get(option.name)?.letter ?? ' '
    const band =
      option.band && option.band.high > option.band.low * 1.001
        ? `${usdLabel(option.band.low)}–${usdLabel(option.band.high)}`
        : ''
    const line = cells(shortName(option, group), letter, [
      usdLabel(option.usd),
      fitted(band, widths[1]),
      usdPerMtokLabel(option.usdPerMtok),
      option.kind === 'api' ? '' : shareLabel(option.utilization),
      option.replicas === null ? '' : String(option.replicas),
      `${mark(option.meetsQuality)} ${mark(option.meetsLatency)}`,
    ])
    return option.name === answer.best ? pen.bold(line) : line
  }
  const today = answer.options.filter(option => option.group === group)
  const others = answer.options.filter(option => option.group !== group)
  const lines = [pen.dim(cells('option', '', head))]
  lines.push(...paragraph(`same weights: ${group ?? 'unknown'}`, columns).map(pen.dim), ...today.map(row))
  if (others.length > 0) {
    lines.push(pen.dim('other weights: possible savings; quality is not shown by these data'))
    lines.push(...others.slice(0, mostOthers).map(row))
    if (others.length > mostOthers) lines.push(pen.dim(`… and ${others.length - mostOthers} more: --json lists all`))
  }
  const worth = 'q quality, l latency: y meets, n does not, ? unknown; used: share of leased GPU time'
  return [...lines, ...paragraph(worth, columns).map(pen.dim)]
}

function mark(value: YesNoUnknown): string {
  return value === 'yes' ? 'y' : value === 'no' ? 'n' : '?'
}

function crossingLines(answer: Answer, columns: number): string[] {
  const here = answer.youAreHere.tokensPerMonth
  const times = (at: number) => (here > 0 ? ` (${multipleLabel(at / here)} of here)` : '')
  const lines = answer.crossings.flatMap(({ at, from, to, band }) => {
    const doubt = band ? `, within ${volumeLabel(band.low).replace('/month', '')}–${volumeLabel(band.high)}` : ''
    return paragraph(`${volumeLabel(at)}${times(at)}${doubt}: from ${from} to ${to}`, columns, '  ', '    ')
  })
  if (answer.forGoodFrom) {
    const { option, tokensPerMonth } = answer.forGoodFrom
    lines.push(
      ...paragraph(
        `for good from ${volumeLabel(tokensPerMonth)}${times(tokensPerMonth)}: ${option}`,
        columns,
        '  ',
        '    ',
      ),
    )
  }
  for (const { option, reason, nearestChange } of answer.never) {
    const change = nearestChange ? `; ${nearestChange}` : ''
    lines.push(...paragraph(`never: ${option}: ${reason}${change}`, columns, '  ', '    '))
  }
  return lines.length > 0 ? lines : ['  none among the same weights']
}
