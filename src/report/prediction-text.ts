// A prediction in; what the replicas would do at that load, with bands, for a terminal, out.

import { countLabel, shareLabel } from '../charts/labels.ts'
import { many } from '../core/fault/many.ts'
import type { PredictionAnswer } from '../core/serving/predict/prediction-answer.ts'
import { ink, padded, paragraph } from './ansi.ts'
import { milliseconds } from './simulation-text.ts'

/** No line is wider than `columns` (80 at least). */
export function predictionText(
  answer: PredictionAnswer & {
    readonly shapeNotes?: readonly string[]
    readonly assumptions?: readonly { readonly name: string; readonly value: string; readonly source: string }[]
  },
  options: { readonly columns: number; readonly color: boolean },
): string {
  const pen = ink(options.color)
  const columns = Math.max(80, options.columns)
  const head = `${answer.model} (${answer.weightDtype}) on ${answer.gpus}× ${answer.gpu}, ${answer.engine}${cutText(answer)}`
  const rows = answer.fits ? figures(answer) : [['serves', `nothing: ${answer.problem}`] as const]
  const body = rows.flatMap(([name, value]) => paragraph(value, columns, `${padded(name, 13)} `, ' '.repeat(14)))
  const known = (answer.assumptions ?? []).map(({ name, value, source }) => `${name}: ${value} (${source})`)
  const note = `By simulation. Bands hold nine of ten published measurements like this one; ${answer.likeness}.`
  return [
    ...paragraph(head, columns).map(pen.bold),
    `load: ${loadText(answer)}`,
    '',
    ...body,
    '',
    ...[...(answer.shapeNotes ?? []), ...known, note].flatMap(line => paragraph(line, columns, '', '  ')).map(pen.dim),
  ].join('\n')
}

function cutText({ tp, pp, dp, ep, replicas }: PredictionAnswer): string {
  const parts = [
    ['tensor parallel', tp],
    ['pipeline stages', pp],
    ['attention copies', dp],
    ['experts over', ep],
    ['replicas', replicas],
  ] as const
  return parts.flatMap(([name, n]) => (n > 1 ? [`, ${name} ${n}`] : [])).join('')
}

function loadText({ load }: PredictionAnswer): string {
  if (load.mode === 'offline') return 'all requests at once'
  if (load.mode === 'closed') return `${many(load.concurrency, 'request')} in flight`
  return `${load.requestsPerSecond} requests a second${load.burstiness === 1 ? ', Poisson' : `, Gamma shape ${load.burstiness}`}`
}

function figures(answer: PredictionAnswer): (readonly [string, string])[] {
  const { band, bands, ttftMs, tpotMs } = answer
  const rate = (value: number | null) => (value === null ? 'unknown' : countLabel(Math.round(value)))
  const span = (one: { readonly low: number; readonly high: number } | null, label: (value: number) => string) =>
    one === null ? '' : ` (band ${label(one.low)} to ${label(one.high)})`
  const latency = ({ mean, p50, p95 }: PredictionAnswer['ttftMs'], band: PredictionAnswer['band']) =>
    `mean ${milliseconds(mean)}${span(band, milliseconds)}, p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}`
  return [
    ['output', `${rate(answer.outputTokensPerSecond)} tokens a second${span(band, rate)}`],
    ['a GPU', `${rate(answer.perGpu.outputTokensPerSecond)} output tokens a second`],
    ['in and out', `${rate(answer.totalTokensPerSecond)} tokens a second`],
    ['first token', latency(ttftMs, bands.ttftMs)],
    ['per token', latency(tpotMs, bands.tpotMs)],
    [
      'in the house',
      `${rate(answer.concurrency)} requests on average; a step runs ${shareLabel(answer.busyShare)} of the time`,
    ],
    ['KV cache', `${countLabel(answer.kvCapacityTokens)} tokens (${answer.kvDtype})`],
    ['held by', answer.bottleneck ?? 'unknown'],
  ]
}
