// A plan's fleet of several groups in; a table of the groups, what the fleet did and what was assumed, for a terminal out.

import { countLabel, usdLabel, usdPerMtokLabel } from '../charts/labels.ts'
import type { FleetPlan, GroupFigures } from '../core/decide/plan-figures.ts'
import { many } from '../core/fault/many.ts'
import { ink, padded, paragraph } from './ansi.ts'
import { billingWords, duration, fleetLines, hours, lengthOf, milliseconds, rangeOf } from './simulation-text.ts'

const head = ['GPUs', 'replicas', 'leased', 'busy', 'idle', 'cold', 'calls', 'USD']
const widths = [4, 10, 7, 7, 7, 7, 9, 8]

/** The plan as text, no line wider than `columns` (80 at least). */
export function planText(plan: FleetPlan, options: { readonly columns: number; readonly color: boolean }): string {
  const pen = ink(options.color)
  const columns = Math.max(80, options.columns)
  const { groups, fleet, objective, requests, durationSeconds } = plan
  const { ttftP95Ms, tpotP95Ms } = objective
  const late = `late: first token after ${milliseconds(ttftP95Ms)} or ${milliseconds(tpotP95Ms)} a token`
  const nameWidth = Math.min(12, Math.max(5, ...groups.map(({ name }) => name.length)))
  const line = (name: string, cells: readonly string[]) =>
    `${padded(name.slice(0, nameWidth), nameWidth)} ${cells.map((cell, i) => padded(cell, widths[i]!, 'right')).join(' ')}`
  const whole = `${many(requests ?? 0, 'call')} in ${lengthOf(durationSeconds ?? 0)}; ${late}`
  return [
    pen.bold(`${fleet.model} on ${many(groups.length, 'group')} of replicas, ${fleet.router}`),
    ...paragraph(whole, columns),
    '',
    pen.dim(line('group', head)),
    ...groups.map(group => line(group.name, cellsOf(group))),
    '',
    ...fleetLines(plan, columns),
    ...moreLines(plan).flatMap(([name, value]) => paragraph(value, columns, `${padded(name, 13)} `, ' '.repeat(14))),
    '',
    ...footLines(plan)
      .flatMap(text => paragraph(text, columns, '', '  '))
      .map(pen.dim),
  ].join('\n')
}

function cellsOf(group: GroupFigures): string[] {
  const { gpusPerReplica, replicas, gpuHours, busyGpuHours, idleGpuHours, coldGpuHours, completed, usd } = group
  return [
    String(gpusPerReplica),
    rangeOf(replicas),
    ...[gpuHours, busyGpuHours, idleGpuHours, coldGpuHours].map(hours),
    countLabel(completed),
    usdLabel(usd),
  ]
}

function moreLines({ interrupted, escalated, escalationUsd, tooLong }: FleetPlan): [string, string][] {
  return [
    ...(interrupted === 0
      ? []
      : [
          ['interrupted', `${many(interrupted, 'call')} lost their replica and were computed anew`] as [string, string],
        ]),
    ...(escalated === 0
      ? []
      : [
          ['escalated', `${many(escalated, 'call')} answered again by a larger model: ${usdLabel(escalationUsd)}`] as [
            string,
            string,
          ],
        ]),
    ...(tooLong === null ? [] : [['too long', tooLong.note] as [string, string]]),
  ]
}

function footLines({ groups, spillApi, escalationApi, transfer, leftOut }: FleetPlan): string[] {
  const api = ({ name, usdPerMtokInput, usdPerMtokOutput, source }: NonNullable<FleetPlan['spillApi']>): string =>
    `${name}, ${usdPerMtokLabel(usdPerMtokInput)} in, ${usdPerMtokLabel(usdPerMtokOutput)} out a million tokens (${source})`
  return [
    ...groups.flatMap(({ name, gpu, dtype, engine, lease, coldStart, scaling, notes }) => {
      const price = lease.usdPerGpuHour === null ? 'unknown' : usdPerMtokLabel(lease.usdPerGpuHour)
      const seconds = coldStart.reduce((sum, part) => sum + part.seconds, 0)
      const scales =
        scaling === null ? '' : `; ${scaling.minReplicas} to ${scaling.maxReplicas} replicas by ${scaling.signal}`
      return [
        `${name}: ${dtype} on ${gpu}, ${engine}${scales}; a new one serves after ${duration(seconds)}; GPU-hour ${price}, ${lease.source}${billingWords({ ...lease, note: null })}`,
        ...notes.map(note => `${name}: ${note}`),
      ]
    }),
    ...(transfer === null
      ? []
      : [
          `Caches are sent at ${transfer.gbPerSecond} GB/s and ${transfer.milliseconds} ms each, ${countLabel(transfer.bytesPerToken)} bytes a token; they do not wait for each other.`,
        ]),
    ...(spillApi === null ? [] : [`Overflow: ${api(spillApi)}`]),
    ...(escalationApi === null ? [] : [`Cascade: ${api(escalationApi)}; its answers are taken to be as long`]),
    ...(leftOut > 0 ? [`${countLabel(leftOut)} calls of unknown usage are left out: unknown is not zero.`] : []),
    'leased, busy, idle, cold: GPU-hours. Spilled and escalated calls cost money here and no time.',
  ]
}
