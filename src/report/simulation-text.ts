// A simulation in; what the fleet did, or the table "size for peak, size for average", for a terminal out.

import { countLabel, daysLabel, shareLabel, usdLabel, usdPerMtokLabel } from '../charts/labels.ts'
import type { FleetFigures, Simulation, SizingFigures } from '../core/decide/fleet-figures.ts'
import { many } from '../core/fault/many.ts'
import { windowsRequired } from '../core/serving/traffic/windows.ts'
import { type Ink, ink, padded, paragraph } from './ansi.ts'
import { chargedLines } from './charged-text.ts'

/** The simulation as text, no line wider than `columns` (80 at least). */
export function simulationText(
  simulation: Simulation,
  options: { readonly columns: number; readonly color: boolean },
): string {
  const pen = ink(options.color)
  const columns = Math.max(80, options.columns)
  const { sizings, charged } = simulation
  const body =
    sizings === undefined
      ? fleetLines(simulation, columns, ': --sizing peak says how many replicas it takes')
      : sizingTable(sizings, columns, pen)
  const own = charged === undefined ? [] : ['', ...chargedLines(charged, columns, pen)]
  return [
    ...headLines(simulation, columns, pen),
    '',
    ...body,
    ...own,
    '',
    ...footLines(simulation, columns).map(pen.dim),
  ].join('\n')
}

function headLines(
  { fleet, objective, requests, durationSeconds, load, closedLoop }: Simulation,
  columns: number,
  pen: Ink,
): string[] {
  const replica = `${fleet.model} (${fleet.dtype}) on ${fleet.gpusPerReplica}× ${fleet.gpu} a replica, ${fleet.router}`
  const traffic =
    requests === null || durationSeconds === null ? [] : [`${many(requests, 'call')} in ${lengthOf(durationSeconds)}`]
  const asks =
    load === null ? [] : [`they load ${count(load.mean)} replicas on average, ${count(load.p95)} in the p95 window`]
  const { ttftP95Ms, tpotP95Ms } = objective
  const late = `late: first token after ${milliseconds(ttftP95Ms)} or ${milliseconds(tpotP95Ms)} a token`
  const waits =
    closedLoop === undefined
      ? []
      : [
          `calls of one ${closedLoop.by} wait for each other: ${many(closedLoop.sessions, 'session')}, the time between an answer and the next call known of ${shareLabel(closedLoop.laterTurns === 0 ? null : closedLoop.thinkTimeKnown / closedLoop.laterTurns)}`,
        ]
  return [pen.bold(replica), ...paragraph([...traffic, ...asks, ...waits, late].join('; '), columns)]
}

/** What a fleet did, a figure a line. */
export function fleetLines(
  fleet: FleetFigures & Pick<Simulation, 'simulatedRequestsPerSecond'>,
  columns: number,
  advice = '',
): string[] {
  const { replicas, tokens, spilledTokens } = fleet
  const times = (name: string, { p50, p95, p99 }: FleetFigures['ttftMs']): [string, string] => [
    name,
    `p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}`,
  ]
  const speed = fleet.simulatedRequestsPerSecond
  const rows: [string, string][] = [
    [
      'calls',
      `${countLabel(fleet.completed)} completed, ${countLabel(fleet.rejected)} rejected, ${countLabel(fleet.spilled)} spilled`,
    ],
    [
      'tokens',
      `${countLabel(tokens?.input ?? null)} in, ${countLabel(tokens?.output ?? null)} out${spilledTokens && fleet.spilled ? ' (spilled calls apart)' : ''}`,
    ],
    ['replicas', rangeOf(replicas)],
    [
      'GPU-hours',
      `${hours(fleet.gpuHours)} leased = ${hours(fleet.busyGpuHours)} busy + ${hours(fleet.idleGpuHours)} idle + ${hours(fleet.coldGpuHours)} cold`,
    ],
    [
      'busy',
      `${shareLabel(fleet.utilization)} of leased time${fleet.mfu === null ? '' : `; then at ${shareLabel(fleet.mfu)} of peak arithmetic, ${shareLabel(fleet.mbu)} of bandwidth`}`,
    ],
    [
      'saturated',
      `${shareLabel(fleet.saturatedShare)} of the tokens that the leased time would serve if a queue never emptied: this sets what one costs`,
    ],
    ['cost', `${usdLabel(fleet.usd)}, ${usdPerMtokLabel(fleet.effectiveUsdPerMtok)} a million tokens`],
    times('first token', fleet.ttftMs),
    times('per token', fleet.tpotMs),
    times('whole answer', fleet.e2eMs),
    [
      'late',
      `${shareLabel(fleet.lateShare)} of calls, ${shareLabel(fleet.worstHourLateShare)} in the worst hour; ${shareLabel(fleet.windowsMetShare)} of windows met`,
    ],
    ...(keepsObjective(fleet) ? [] : [['too small', `misses the objective${advice}`] as [string, string]]),
    ['preemptions', countLabel(fleet.preemptions)],
    ...(fleet.prefixHitRate === null
      ? []
      : [['prefix hits', `${shareLabel(fleet.prefixHitRate)} of prompt tokens`] as [string, string]]),
    ...(speed === null ? [] : [['simulated', `${countLabel(speed)} requests a second`] as [string, string]]),
  ]
  return rows.flatMap(([name, value]) => paragraph(value, columns, `${padded(name, 13)} `, ' '.repeat(14)))
}

/** An unknown share is no complaint. */
const keepsObjective = ({ windowsMetShare }: FleetFigures): boolean => (windowsMetShare ?? 1) >= windowsRequired

const head = ['replicas', 'USD', 'busy', 'full', 'TTFT p99', 'late', 'met', 'spill', 'reject']
const widths = [9, 7, 6, 6, 8, 6, 7, 6, 6]

function sizingTable(sizings: readonly SizingFigures[], columns: number, pen: Ink): string[] {
  const line = (name: string, cells: readonly string[]) =>
    `${padded(name, 9)} ${cells.map((cell, i) => padded(cell, widths[i]!, 'right')).join(' ')}`.trimEnd()
  const share = (part: number | null, of: number | null) => shareLabel(part === null || !of ? null : part / of)
  const rows = sizings.flatMap(sizing => {
    if (sizing.problem !== null)
      return paragraph(sizing.problem, columns, padded(`${sizing.sizing}:`, 11), ' '.repeat(11))
    return line(sizing.sizing, [
      rangeOf(sizing.replicas),
      usdLabel(sizing.usd),
      shareLabel(sizing.utilization),
      shareLabel(sizing.loadShare),
      milliseconds(sizing.ttftMs.p99),
      shareLabel(sizing.lateShare),
      shareLabel(sizing.windowsMetShare),
      share(sizing.spilled, sizing.requests),
      share(sizing.rejected, sizing.requests),
    ])
  })
  return [
    pen.dim(line('size for', head)),
    ...rows,
    '',
    ...notesOf(sizings).flatMap(note => paragraph(note, columns, '', '  ')),
  ]
}

/** What a reader needs to understand single rows. */
function notesOf(sizings: readonly SizingFigures[]): string[] {
  return sizings.flatMap(({ sizing, scaling, spillAbove, gpuUsd, spillUsd, replicas, coldGpuHours, problem }) => {
    if (problem !== null) return []
    if (scaling !== null) {
      const { target, minReplicas, maxReplicas, coldStartSeconds } = scaling
      const aim =
        scaling.signal === 'concurrency' ? `${count(target)} calls in flight a replica` : `${shareLabel(target)} busy`
      return [
        `${sizing}: ${minReplicas} to ${maxReplicas} replicas at ${aim}; a new one serves after ${duration(coldStartSeconds)}; ${hours(coldGpuHours)} GPU-hours cold.`,
      ]
    }
    if (sizing !== 'blend') return []
    if (replicas.max === 0)
      return ['blend: no GPU at all is cheapest; every call goes to the API, whose latency is not known.']
    const spills = spillAbove === null ? 'nothing spills' : `the next call spills when each holds ${spillAbove}`
    return [`blend: ${usdLabel(gpuUsd)} for GPUs and ${usdLabel(spillUsd)} for spilled calls; ${spills}.`]
  })
}

function footLines(
  { lease, spillApi, allApiUsd, leftOut, sizings, shapeNotes, tooLong }: Simulation,
  columns: number,
): string[] {
  const price = lease.usdPerGpuHour === null ? 'unknown' : usdPerMtokLabel(lease.usdPerGpuHour)
  const rates = (api: NonNullable<Simulation['spillApi']>) =>
    `${usdPerMtokLabel(api.usdPerMtokInput)} in, ${usdPerMtokLabel(api.usdPerMtokOutput)} out a million tokens`
  const lines = [
    ...shapeNotes,
    ...(tooLong === null ? [] : [`${tooLong.note}.`]),
    `GPU-hour: ${price}, ${lease.source}${billingWords(lease)}`,
    ...(lease.note === null ? [] : [`${lease.note}.`]),
    spillApi === null
      ? 'API: no offer of these weights is in the catalog; name one with --spill-api'
      : `API: ${spillApi.name}, ${rates(spillApi)}; all calls there: ${usdLabel(allApiUsd)} (${spillApi.source})`,
    ...(leftOut > 0 ? [`${countLabel(leftOut)} calls of unknown usage are left out: unknown is not zero.`] : []),
    ...(sizings === undefined
      ? []
      : [
          'busy: a step was running; full: work done of what the leased time carries within the objective; met: 5-minute windows with at most 5 % late, of which peak asks for 99 %. Spilled calls cost money here and no time.',
        ]),
  ]
  return lines.flatMap(line => paragraph(line, columns, '', '  '))
}

/** By how many GPUs and by what time it is leased, where that is not one of each. */
export function billingWords({ gpusPerInstance, billing }: Simulation['lease']): string {
  const instance = gpusPerInstance === null || gpusPerInstance === 1 ? '' : `; by ${gpusPerInstance} GPUs`
  return `${instance}${billing === null ? '' : `; ${billing.source}`}`
}

/** "6", or "1–5.5–6": fewest, mean and most. */
export function rangeOf({ min, mean, max }: FleetFigures['replicas']): string {
  if (min === null || mean === null || max === null) return '–'
  return min === max ? String(min) : `${min}–${count(mean)}–${max}`
}

const count = (value: number): string =>
  value > 0 && value < 0.05 ? '<0.1' : String(Number(value.toFixed(value < 10 ? 1 : 0)))
export const hours = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(4))))

/** "184 ms", "24.1 s". */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '–'
  if (ms >= 999.5) return `${Number((ms / 1000).toPrecision(3))} s`
  return `${Number(ms.toPrecision(3))} ms`
}

export const lengthOf = (seconds: number): string =>
  seconds < 120 ? `${Number(seconds.toPrecision(3))} s` : daysLabel(seconds / 86_400)

export const duration = (seconds: number): string =>
  seconds >= 90 ? `${Number((seconds / 60).toFixed(1))} min` : `${Number(seconds.toFixed(0))} s`
