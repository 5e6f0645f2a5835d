// A capacity answer in; what one replica carries, what gives way above it and the loads tried, for a terminal, out.

import { countLabel, daysLabel, shareLabel, usdLabel, usdPerMtokLabel } from '../charts/labels.ts'
import type { HorizonAnswer, HorizonFigures, HorizonFleet } from '../core/decide/horizon-figures.ts'
import { many } from '../core/fault/many.ts'
import type { Probe, Statistic } from '../core/serving/capacity/capacity.ts'
import type { CapacityAnswer } from '../core/serving/capacity/capacity-answer.ts'
import { ink, padded, paragraph } from './ansi.ts'
import { milliseconds } from './simulation-text.ts'

/** No line is wider than `columns` (80 at least). */
export function capacityText(
  answer: CapacityAnswer & Partial<HorizonAnswer>,
  options: { readonly columns: number; readonly color: boolean },
): string {
  const pen = ink(options.color)
  const columns = Math.max(80, options.columns)
  const { traffic, objective, replicas } = answer
  const replica = `${answer.model} (${answer.dtype}) on ${answer.gpusPerReplica}× ${answer.gpu} a replica, ${answer.engine}`
  const lengths = `${countLabel(Math.round(traffic.inputTokens))} tokens in, ${countLabel(Math.round(traffic.outputTokens))} out on average`
  const source =
    traffic.source === 'lengths'
      ? 'Poisson arrivals'
      : `${many(traffic.requests ?? 0, 'call')} of the trace's busiest hour`
  const fleet = replicas === 1 ? [] : [`as one of ${replicas} replicas`]
  const head = [
    pen.bold(replica),
    ...(answer.speculation === null ? [] : paragraph(answer.speculation, columns)),
    ...paragraph([source, lengths, ...fleet].join('; '), columns),
    ...paragraph(`objective (${objective.statistic}): ${limitsText(answer)}`, columns),
    '',
  ]
  const rows = answer.problem === null ? carries(answer) : [['carries', `nothing: ${answer.problem}`] as const]
  const body = rows.flatMap(([name, value]) => paragraph(value, columns, `${padded(name, 13)} `, ' '.repeat(14)))
  const tried = answer.probes.length === 0 || answer.horizon ? [] : ['', ...probeTable(answer)]
  const days = answer.horizon ? ['', ...horizonLines(answer.horizon, columns)] : []
  const notes = paragraph(
    'Rates are of one replica, by simulation; the band is the serving model’s own error. The server’s clock starts when a request comes in.',
    columns,
    '',
    '  ',
  )
  return [...head, ...body, ...tried, ...days, '', ...notes.map(pen.dim)].join('\n')
}

function limitsText({ objective: { ttftMs, tpotMs } }: CapacityAnswer): string {
  const one = (ms: number | null, of: string) => (ms === null ? `no limit ${of}` : `${milliseconds(ms)} ${of}`)
  return `${one(ttftMs, 'to the first token')}, ${one(tpotMs, 'an output token')}`
}

function carries(answer: CapacityAnswer): (readonly [string, string])[] {
  const { band, objective, kvUse, infeasible } = answer
  return [
    ['carries', `${rate(answer.requestsPerSecond)} requests a second (band ${rate(band.low)} to ${rate(band.high)})`],
    [
      'tokens',
      `${countLabel(Math.round(answer.inputTokensPerSecond))} in and ${countLabel(Math.round(answer.outputTokensPerSecond))} out a second`,
    ],
    [
      'limited by',
      `${answer.bottleneck}; a queue that never empties gets ${rate(answer.saturatedRequestsPerSecond)} a second, held by ${answer.saturatedBy}: this is ${shareLabel(answer.shareOfSaturated)} of it`,
    ],
    ['first token', timesText(answer.ttftMs, objective.statistic)],
    ['per token', timesText(answer.tpotMs, objective.statistic)],
    ['in the house', `${rate(answer.concurrency)} requests on average`],
    [
      'KV cache',
      `${shareLabel(kvUse?.mean ?? null)} of ${countLabel(answer.kvCapacityTokens)} tokens on average, ${shareLabel(kvUse?.max ?? null)} at most`,
    ],
    ...(infeasible.calls === 0
      ? []
      : [['left out', `${many(infeasible.calls, 'call')}: ${infeasible.reasons.join('; ')}`] as const]),
  ]
}

function timesText(latency: CapacityAnswer['ttftMs'], statistic: Statistic): string {
  const shown = [...new Set<Statistic>(['p50', 'p95', 'p99', statistic])]
  return shown.map(name => `${name} ${milliseconds(latency[name])}`).join(', ')
}

const head = ['requests/s', 'busy', 'TTFT', 'TPOT', '']
const widths = [11, 6, 9, 9, 4]

function probeTable({ probes, objective: { statistic } }: CapacityAnswer): string[] {
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => padded(cell, widths[i]!, i === 4 ? 'left' : 'right'))
      .join(' ')
      .trimEnd()
  const row = ({ requestsPerSecond, busyShare, ttftMs, tpotMs, meets }: Probe) =>
    line([
      rate(requestsPerSecond),
      shareLabel(busyShare),
      milliseconds(ttftMs[statistic]),
      milliseconds(tpotMs[statistic]),
      meets ? 'kept' : 'missed',
    ])
  return [line(head.map(name => (name.startsWith('T') ? `${name} ${statistic}` : name))), ...probes.map(row)]
}

const fleetHead = ['replicas', 'GPU-hours', 'busy', 'of full', 'late', 'USD', '$/Mtok']
const fleetWidths = [11, 10, 6, 7, 7, 9, 8]

function horizonLines(horizon: HorizonFigures, columns: number): string[] {
  const { lease, coldStartSeconds } = horizon
  const line = (name: string, cells: readonly string[]) =>
    `${padded(name, 9)} ${cells.map((cell, i) => padded(cell, fleetWidths[i]!, 'right')).join(' ')}`.trimEnd()
  const row = (name: string, fleet: HorizonFleet) =>
    line(name, [
      fleet.replicas.min === fleet.replicas.max
        ? String(fleet.replicas.max)
        : `${fleet.replicas.min}–${rate(fleet.replicas.mean)}–${fleet.replicas.max}`,
      countLabel(Math.round(fleet.gpuHours)),
      shareLabel(fleet.utilization),
      shareLabel(fleet.shareOfSaturated),
      shareLabel(fleet.lateShare),
      usdLabel(fleet.usd),
      usdPerMtokLabel(fleet.effectiveUsdPerMtok),
    ])
  const price = lease.usdPerGpuHour === null ? 'unknown' : usdPerMtokLabel(lease.usdPerGpuHour)
  const carried = horizon.curve.map(({ replicas, requestsPerSecond }) => `${replicas}: ${rate(requestsPerSecond)}`)
  const notes = [
    `GPU-hour: ${price}, ${lease.source}; by the second, no whole instances.`,
    `followed: in each window what it needs, leased ${Math.round(coldStartSeconds)} s before (${rate(horizon.followed.coldGpuHours)} GPU-hours cold), as if one knew; fixed: what the busiest window needs.`,
    'busy: a step was running; of full: requests served of what the leased time would serve saturated.',
    horizon.error,
  ]
  return [
    ...paragraph(
      `${daysLabel(horizon.hours / 24)} in windows of ${Math.round(horizon.windowSeconds)} s: ${countLabel(horizon.requests)} requests; within the objective, replicas and requests a second: ${carried.join(', ')}`,
      columns,
    ),
    '',
    line('', fleetHead),
    row('followed', horizon.followed),
    row('fixed', horizon.fixed),
    '',
    ...notes.flatMap(note => paragraph(note, columns, '', '  ')),
  ]
}

const rate = (value: number): string => String(Number(value.toPrecision(value < 1 ? 2 : 3)))
