// A simulation that was looked at over time in; its timeline as an SVG, a PNG or one HTML file out.
import { render } from 'preact-render-to-string'
import { daysLabel, shareLabel, usdPerMtokLabel } from '../charts/labels.ts'
import { TimelineChart } from '../charts/timeline.tsx'
import type { Simulation } from '../core/decide/fleet-figures.ts'
import type { FleetPlan } from '../core/decide/plan-figures.ts'
import { Fault } from '../core/fault/fault.ts'
import { many } from '../core/fault/many.ts'
import { pngOf } from './png.ts'
import { milliseconds } from './simulation-text.ts'
import { stillPage } from './still-page.ts'

/** A simulation of one fleet, or of a plan with groups, that was asked for its timeline. */
export type Pictured = Simulation | FleetPlan

export interface TimelineOptions {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
}

const defaultSize = { width: 1200, height: 960 } as const

/** A standalone SVG document: plain colours, no style sheet, no address of anything. */
export function timelineSvg(simulation: Pictured, options: TimelineOptions = {}): string {
  const { theme = 'light' } = options
  return `<?xml version="1.0" encoding="UTF-8"?>\n${chart(simulation, { ...defaultSize, ...options, theme })}\n`
}

export function timelinePng(simulation: Pictured, options: TimelineOptions = {}): Promise<Uint8Array> {
  return pngOf(timelineSvg(simulation, options), { ...defaultSize, ...options })
}

/** As a page of its own. */
export function timelineHtml(simulation: Pictured): string {
  return stillPage({
    title: 'Crossline: a simulated fleet over time',
    css: 'body{margin:0;background:var(--cl-paper)}\nsvg{display:block;width:100%;max-width:1600px;height:auto;margin:0 auto}',
    body: chart(simulation, { ...defaultSize, theme: 'auto' }),
  })
}

function chart(
  simulation: Pictured,
  size: { readonly width: number; readonly height: number; readonly theme: 'light' | 'dark' | 'auto' },
): string {
  const { objective, timeline } = simulation
  if (timeline === undefined) {
    throw new Fault('PICTURE_UNKNOWN', 'fleets with prompts and answers apart are not looked at over time', {
      fix: 'leave out --svg, --png and --html, or ask for a plan whose groups do both',
    })
  }
  const { replicas, requests, durationSeconds, ttftMs, tpotMs } = simulation
  const sized =
    replicas.min === replicas.max ? many(replicas.max ?? 0, 'replica') : `${replicas.min} to ${replicas.max} replicas`
  const traffic = `${many(requests ?? 0, 'call')} in ${daysLabel((durationSeconds ?? 0) / 86_400)}`
  const late = `${shareLabel(simulation.lateShare)} of calls late`
  const price =
    simulation.effectiveUsdPerMtok === null
      ? []
      : [`${usdPerMtokLabel(simulation.effectiveUsdPerMtok)} a million tokens`]
  return render(
    <TimelineChart
      {...size}
      timeline={timeline}
      title={`${fleetName(simulation)}, ${sized}, ${simulation.fleet.router}`}
      facts={[
        [
          traffic,
          `first token ${milliseconds(ttftMs.p50)} (p50), ${milliseconds(ttftMs.p95)} (p95)`,
          `${milliseconds(tpotMs.p50)} a token (p50)`,
          late,
          `a step was running ${shareLabel(simulation.utilization)} of leased time`,
          ...price,
        ].join(' · '),
      ]}
      footer={`Crossline simulate · simulated, not measured · ${timeline.instants.length} looks at the fleet, ${timeline.stretches.length} stretches of arrivals; what happens between two looks is not seen`}
      ttftLimitMs={objective.ttftP95Ms}
      id="crossline-timeline"
    />,
  )
}

function fleetName(simulation: Pictured): string {
  if (!('groups' in simulation)) {
    const { model, dtype, gpusPerReplica, gpu } = simulation.fleet
    return `${model} (${dtype}) on ${gpusPerReplica}× ${gpu}`
  }
  const { fleet, groups } = simulation
  return `${fleet.model} on ${groups.map(({ gpusPerReplica, gpu }) => `${gpusPerReplica}× ${gpu}`).join(' and ')}`
}
