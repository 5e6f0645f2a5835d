// An answer in; what a terminal shows out: verdict, ranked table, chart, crossings, replays, assumptions, how to see it again.

import { coverageLine } from '../charts/coverage-line.ts'
import { optionStyles, primaryGroup, spokenName } from '../charts/frame.ts'
import { basisLine } from '../charts/furniture.tsx'
import { assumedOf, leftOutWords, objectiveLabel, repeatsLine, replayedCalls, replayLabel } from '../charts/ground.ts'
import {
  headline,
  multipleLabel,
  savingLabel,
  sensitivityLabel,
  sentences,
  shareLabel,
  volumeLabel,
} from '../charts/labels.ts'
import type { Answer } from '../core/decide/answer.ts'
import { changeWords } from '../core/decide/nearest-change.ts'
import { type Ink, ink, paragraph, sampleLine } from './ansi.ts'
import { optionsTable } from './options-table.ts'
import { chartKey, terminalChart } from './terminal-chart.ts'

export interface TextOptions {
  /** Width of the terminal; 80 when it has none. No line is wider. */
  readonly columns: number
  readonly color: boolean
  /** The command that prints this answer again; the default names date and seed. */
  readonly command?: string | undefined
  /** Every option, every reason and every source; the default is what a person reads at once. */
  readonly explain?: boolean | undefined
}

const widest = 100
const mostCrossings = 3
const mostReplays = 2
const mostNevers = 2
const mostUnpriced = 3
const mostSavings = 2

/** The answer for a person at a terminal, without a trailing newline. */
export function answerText(answer: Answer, options: TextOptions): string {
  const { explain = false } = options
  const pen = ink(options.color)
  const columns = Math.min(widest, Math.max(60, options.columns))
  const item = (text: string) => paragraph(text, columns, '  ', '    ')
  const section = (title: string, lines: readonly string[]) => (lines.length > 0 ? ['', pen.bold(title), ...lines] : [])
  const { first, rest } = headline(answer.sample ? answer.verdict.replace(/^Sample traffic: /, '') : answer.verdict)
  const chart = terminalChart(answer, { columns: Math.min(columns, 80), rows: 16, ink: pen })
  const command = options.command ?? `crossline crossover --at ${answer.at} --seed ${answer.seed}`
  const lines = [
    ...(answer.sample ? [pen.notice(sampleLine), ''] : []),
    ...paragraph(first, columns).map(pen.bold),
    ...sentences(rest).flatMap(sentence => paragraph(sentence, columns, '', '  ')),
    '',
    ...paragraph(coverageLine(answer.coverage), columns).map(pen.dim),
    ...paragraph(basisLine(answer), columns).map(pen.dim),
    ...(answer.repeats === null ? [] : paragraph(repeatsLine(answer.repeats), columns).map(pen.dim)),
    '',
    ...optionsTable(answer, columns, pen, explain),
    ...(chart.length > 0 ? ['', ...chart, ...paragraph(chartKey(answer), columns).map(pen.dim)] : []),
    ...section('Crossings', crossingLines(answer, item, explain)),
    ...section("Today's calls, replayed one by one", replayLines(answer, item, explain)),
    ...section('Possible savings on other weights', savingLines(answer, item, explain)),
    ...section('What would sharpen this most', answer.nextMeasurement === null ? [] : item(answer.nextMeasurement)),
    ...section('Unpriced', unpricedLines(answer, item, explain)),
    ...section(explain ? 'Assumed' : 'Assumed (--explain says why)', assumedLines(answer, item, explain)),
    ...section('Not modelled', notModelledLines(answer, item, explain)),
    ...againLines(command, columns, pen),
  ]
  return lines.map(line => line.trimEnd()).join('\n')
}

type Item = (text: string) => string[]

function savingLines(answer: Answer, item: Item, explain: boolean): string[] {
  const shown = explain ? answer.possibleSavings : answer.possibleSavings.slice(0, mostSavings)
  return shown.flatMap(saving => item(savingLabel(saving)))
}

function crossingLines(answer: Answer, item: Item, explain: boolean): string[] {
  const group = primaryGroup(answer)
  const here = answer.youAreHere.tokensPerMonth
  const times = (at: number) => (here > 0 ? ` (${multipleLabel(at / here)} of here)` : '')
  const short = (name: string) => {
    const option = answer.options.find(option => option.name === name)
    return option === undefined || explain ? name : spokenName(option, group)
  }
  // Where one stays crossed is told below; of the others, the first says from where on to look.
  const shownCrossings = explain ? answer.crossings : answer.crossings.slice(0, answer.forGoodFrom ? 1 : mostCrossings)
  const shownNevers = explain ? answer.never : answer.never.slice(0, mostNevers)
  const more = (all: readonly unknown[], shown: readonly unknown[], what: string) =>
    all.length > shown.length ? item(`and ${all.length - shown.length} more ${what} (--explain)`) : []
  const lines = [
    ...shownCrossings.flatMap(({ at, from, to, band }) => {
      const doubt = band ? `, within ${volumeLabel(band.low).replace('/month', '')}–${volumeLabel(band.high)}` : ''
      return item(`${volumeLabel(at)}${times(at)}${doubt}: ${short(to)} instead of ${short(from)}`)
    }),
    ...more(answer.crossings, shownCrossings, 'changes of the cheapest'),
  ]
  if (answer.forGoodFrom) {
    const { option, tokensPerMonth } = answer.forGoodFrom
    lines.push(...item(`for good from ${volumeLabel(tokensPerMonth)}${times(tokensPerMonth)}: ${short(option)}`))
  }
  for (const { option, reason, nearestChange, nearest } of shownNevers) {
    // The nearest one is the answer to "what would it take"; the others are for who asks on.
    const change = explain ? nearestChange : (changeWords(nearest.slice(0, 1)) ?? nearestChange)
    lines.push(...item(`never: ${short(option)}: ${reason}${change ? `; it would at ${change}` : ''}`))
  }
  lines.push(...more(answer.never, shownNevers, 'that never cross'))
  lines.push(...answer.sensitivities.flatMap(one => item(sensitivityLabel(one))))
  return lines.length > 0
    ? lines
    : [group === null ? '  none: today’s weights are unknown' : '  none among the same weights']
}

function replayLines(answer: Answer, item: Item, explain: boolean): string[] {
  const calls = replayedCalls(answer)
  const objective = item(`objective: ${objectiveLabel(answer.objective)}`)
  if (calls === null) return objective
  const styles = optionStyles(answer)
  const replays = answer.options.flatMap(option => {
    const label = replayLabel(option)
    return label === null ? [] : [`${styles.get(option.name)?.letter ?? ''} ${label}`]
  })
  return [
    ...objective,
    ...item(`${calls} on the fleets that they need, spares not among them:`),
    ...(explain ? replays : replays.slice(0, mostReplays)).flatMap(item),
    ...(explain || replays.length <= mostReplays ? [] : item(`and ${replays.length - mostReplays} more (--explain)`)),
  ]
}

function unpricedLines({ unpriced }: Answer, item: Item, explain: boolean): string[] {
  const shown = explain ? unpriced : unpriced.slice(0, mostUnpriced)
  const more = unpriced.length - shown.length
  return [
    ...shown.flatMap(({ model, share }) =>
      item(`${model}: ${shareLabel(share)} of calls have no price, which is not free`),
    ),
    ...(more > 0 ? item(`and ${more} more models (--explain)`) : []),
  ]
}

function assumedLines(answer: Answer, item: Item, explain: boolean): string[] {
  // Run in, so that what was asked for is not pushed off the screen by what was taken for granted.
  if (!explain)
    return block(
      assumedOf(answer)
        .map(({ label, said }) => `${label}: ${said.join(', ')}`)
        .join(' · '),
      item,
    )
  return [
    ...answer.assumptions.flatMap(({ name, value, source }) => item(`${name}: ${value ?? 'unknown'} (${source})`)),
    ...item(`latency objective: ${objectiveLabel(answer.objective)} (${answer.objective.source})`),
  ]
}

function notModelledLines(answer: Answer, item: Item, explain: boolean): string[] {
  if (answer.notModelled.length === 0) return []
  if (explain) return answer.notModelled.flatMap(item)
  return block(`${leftOutWords(answer).join(', ')} (--explain)`, item)
}

/** A paragraph of its own under a title: no line hangs. */
function block(text: string, item: Item): string[] {
  return item(text).map(line => `  ${line.trimStart()}`)
}

function againLines(command: string, columns: number, pen: Ink): string[] {
  return ['', pen.dim('Again:'), ...paragraph(command, columns, '  ', '    ')]
}
