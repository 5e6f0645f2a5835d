// What a simulated fleet did over time, in; small pictures under one another with one axis of time, out.
import { scaleLinear, scaleLog } from 'd3-scale'
import { area, curveStepAfter, line } from 'd3-shape'
import type { JSX } from 'preact'
import type { Range, Timeline } from '../core/serving/fleet/timeline.ts'
import { shareLabel } from './labels.ts'
import { round } from './marks.tsx'
import { paint, type Role, type Theme } from './palette.ts'
import { Picture } from './picture.tsx'
import { fittedTo, textWidth } from './place.ts'
import { Label } from './text.tsx'
import { type Clock, clockOf, secondsLabel, shortCount } from './time-labels.ts'

export interface TimelineChartProps {
  readonly timeline: Timeline
  /** What was simulated, in one line. */
  readonly title: string
  /** What came of it, in a few. */
  readonly facts: readonly string[]
  readonly footer: string
  /** Milliseconds, p95; drawn where first tokens are. Null: none was stated. */
  readonly ttftLimitMs: number | null
  readonly width: number
  readonly height: number
  readonly theme: Theme
  /** Distinguishes the ids of two charts in one document. */
  readonly id?: string | undefined
}

const margin = { left: 72, right: 28 }
const titleHeight = 25
const gap = 10
const axisHeight = 44

interface Sheet {
  readonly theme: Theme
  readonly left: number
  readonly right: number
  readonly x: (seconds: number) => number
  readonly clock: Clock
}

interface Place {
  readonly top: number
  readonly bottom: number
}

/** A point of a curve; null where there is nothing to draw: the curve is broken. */
interface Point {
  readonly at: number
  readonly value: number | null
}

interface Curve {
  readonly name: string
  readonly role: Role
  readonly points: readonly Point[]
  readonly style: 'line' | 'step' | 'filled' | 'filled-step'
  /** What the curve stands on, point by point; the axis where left out. */
  readonly base?: readonly number[]
}

interface Panel {
  readonly title: string
  readonly curves: readonly Curve[]
  /** Between the least and the most of the replicas. */
  readonly band?: { readonly name: string; readonly role: Role; readonly points: readonly (Range & { at: number })[] }
  readonly limit?: { readonly value: number; readonly name: string }
  /** The top of the axis where it is known; else what the curves need. */
  readonly most?: number
  readonly log?: boolean
  readonly label: (value: number) => string
}

/** The chart as SVG. Pure: the same props give the same markup in browser, report and test. */
export function TimelineChart(props: TimelineChartProps): JSX.Element {
  const { timeline, title, facts, footer, width, height, theme, id = 'timeline' } = props
  const panels = panelsOf(props)
  const header = 46 + facts.length * 17
  const each = (height - header - axisHeight - 22) / panels.length
  const x = scaleLinear()
    .domain([0, Math.max(timeline.durationSeconds, 1e-9)])
    .range([margin.left, width - margin.right])
  const sheet: Sheet = {
    theme,
    left: margin.left,
    right: width - margin.right,
    x,
    clock: clockOf(timeline.durationSeconds),
  }
  const places = panels.map((_, i) => ({
    top: header + i * each + titleHeight,
    bottom: header + (i + 1) * each - gap,
  }))
  const bottom = places.at(-1)!.bottom
  const room = width - 40
  return (
    <Picture width={width} height={height} name="timeline-chart" id={id} title={title} description={facts.join(' ')}>
      <rect width={width} height={height} fill={paint(theme, 'paper')} />
      <Label x={20} y={32} size={17} weight={600} theme={theme}>
        {fittedTo(title, room * 0.9, 17, 600)}
      </Label>
      {facts.map((fact, i) => (
        <Label key={fact} x={20} y={53 + i * 17} size={12} tone="quiet" theme={theme}>
          {fittedTo(fact, room * 0.9, 12)}
        </Label>
      ))}
      <TimeGrid sheet={sheet} bottom={bottom} places={places} />
      {panels.map((panel, i) => (
        <PanelChart key={panel.title} panel={panel} place={places[i]!} sheet={sheet} />
      ))}
      <Label x={20} y={height - 10} size={10.5} tone="quiet" theme={theme}>
        {fittedTo(footer, room * 0.9, 10.5)}
      </Label>
    </Picture>
  )
}

function panelsOf({ timeline, ttftLimitMs }: TimelineChartProps): Panel[] {
  const { instants, stretches } = timeline
  const over = (of: (one: (typeof instants)[number]) => number | null): Point[] =>
    instants.map(one => ({ at: one.atSeconds, value: of(one) }))
  // A stretch's value holds from its begin to its end; the last one's end closes it.
  const stepped = (of: (one: (typeof stretches)[number]) => number | null): Point[] => {
    const last = stretches.at(-1)
    const points = stretches.map(one => ({ at: one.fromSeconds, value: of(one) }))
    return last === undefined ? points : [...points, { at: last.toSeconds, value: of(last) }]
  }
  const ranges = (of: (one: (typeof instants)[number]) => Range | null) =>
    instants.flatMap(one => {
      const range = of(one)
      return range === null ? [] : [{ at: one.atSeconds, ...range }]
    })
  const isOne = instants.every(({ serving }) => serving <= 1)
  const among = (of: (one: (typeof instants)[number]) => Range | null, role: Role): Pick<Panel, 'band'> =>
    isOne ? {} : { band: { name: 'fewest to most of the replicas', role, points: ranges(of) } }
  const hasCold = instants.some(({ cold }) => cold > 0)
  const p50 = stepped(one => one.ttftP50Ms)
  const p95 = stepped(one => one.ttftP95Ms)
  const times = [...p50, ...p95].flatMap(({ value }) => (value === null || value <= 0 ? [] : [value]))
  const isWide = times.length > 0 && Math.max(...times, ttftLimitMs ?? 0) > 12 * Math.min(...times)
  const mean = isOne ? 'the replica' : 'mean of the replicas'
  return [
    {
      title: 'Requests that came, a second',
      curves: [
        {
          name: 'mean of a stretch',
          role: 'blue',
          style: 'filled-step',
          points: stepped(one => one.requestsPerSecond),
        },
      ],
      label: shortCount,
    },
    {
      title: 'Queue: requests that wait for a batch, all replicas',
      curves: [{ name: 'waiting', role: 'vermillion', style: 'filled', points: over(one => one.waiting) }],
      label: shortCount,
    },
    {
      title: 'Batch: sequences that run on a replica',
      curves: [{ name: mean, role: 'green', style: 'line', points: over(one => one.batch?.mean ?? null) }],
      ...among(one => one.batch, 'green'),
      label: shortCount,
    },
    {
      title: 'KV cache in use',
      curves: [{ name: mean, role: 'purple', style: 'line', points: over(one => one.kvUse?.mean ?? null) }],
      ...among(one => one.kvUse, 'purple'),
      most: 1,
      label: value => shareLabel(value),
    },
    {
      title: 'Replicas',
      curves: [
        ...(hasCold
          ? [
              {
                name: 'leased, still cold',
                role: 'amber' as const,
                style: 'filled-step' as const,
                points: over(one => one.serving + one.cold),
                base: instants.map(({ serving }) => serving),
              },
            ]
          : []),
        { name: 'serving', role: 'blue', style: 'filled-step', points: over(one => one.serving) },
      ],
      label: shortCount,
    },
    {
      title: 'Time to first token, of requests by when they came',
      curves: [
        { name: 'p95', role: 'vermillion', style: 'step', points: p95 },
        { name: 'p50', role: 'blue', style: 'step', points: p50 },
      ],
      ...(ttftLimitMs === null
        ? {}
        : { limit: { value: ttftLimitMs, name: `objective ${secondsLabel(ttftLimitMs)} (p95)` } }),
      log: isWide,
      label: secondsLabel,
    },
  ]
}

function TimeGrid({ sheet, bottom, places }: { sheet: Sheet; bottom: number; places: readonly Place[] }): JSX.Element {
  const { theme, left, right, x, clock } = sheet
  return (
    <g class="time">
      {clock.ticks.map(({ atSeconds, label }) => (
        <g key={atSeconds}>
          {places.map(place => (
            <path
              key={place.top}
              d={`M${round(x(atSeconds))} ${round(place.top)}V${round(place.bottom)}`}
              stroke={paint(theme, 'faint')}
              stroke-width="1"
            />
          ))}
          <path d={`M${round(x(atSeconds))} ${round(bottom)}v5`} stroke={paint(theme, 'rule')} stroke-width="1" />
          <Label x={x(atSeconds)} y={bottom + 18} anchor="middle" tone="quiet" theme={theme}>
            {label}
          </Label>
        </g>
      ))}
      <Label x={(left + right) / 2} y={bottom + 35} anchor="middle" tone="quiet" theme={theme}>
        {clock.axis}
      </Label>
    </g>
  )
}

function PanelChart({ panel, place, sheet }: { panel: Panel; place: Place; sheet: Sheet }): JSX.Element {
  const { theme, left, right } = sheet
  const { y, ticks } = axisOf(panel, place)
  return (
    <g class="panel">
      <Label x={20} y={place.top - 8} size={11.5} weight={600} theme={theme}>
        {panel.title}
      </Label>
      <Legend panel={panel} sheet={sheet} baseline={place.top - 8} />
      {ticks.map(at => (
        <g key={at}>
          <path d={`M${left} ${round(y(at))}H${right}`} stroke={paint(theme, 'faint')} stroke-width="1" />
          <Label x={left - 8} y={y(at) + 3.5} size={10.5} anchor="end" tabular tone="quiet" theme={theme}>
            {panel.label(at)}
          </Label>
        </g>
      ))}
      {panel.band && (
        <path
          d={
            area<Range & { at: number }>(
              one => round(sheet.x(one.at)),
              one => round(y(one.min)),
              one => round(y(one.max)),
            )(panel.band.points as (Range & { at: number })[]) ?? ''
          }
          fill={paint(theme, panel.band.role)}
          fill-opacity="0.2"
        />
      )}
      {panel.curves.map(curve => (
        <CurvePaths key={curve.name} curve={curve} sheet={sheet} y={y} />
      ))}
      {panel.limit && (
        <path
          d={`M${left} ${round(y(panel.limit.value))}H${right}`}
          stroke={paint(theme, 'ink')}
          stroke-width="1.25"
          stroke-dasharray="5 4"
        />
      )}
      <path d={`M${left} ${round(place.bottom)}H${right}`} stroke={paint(theme, 'rule')} stroke-width="1" />
    </g>
  )
}

/** Where values stand, and three or four of them to be written at the side. */
function axisOf({ curves, band, limit, most, log = false }: Panel, { top, bottom }: Place) {
  const values = [
    ...curves.flatMap(({ points }) => points.flatMap(({ value }) => (value === null ? [] : [value]))),
    ...(band?.points.map(({ max }) => max) ?? []),
    ...(limit ? [limit.value * 1.05] : []),
  ]
  const highest = Math.max(most ?? 0, ...values, log ? 1 : 1e-3)
  if (log) {
    const lowest = Math.min(...values.filter(value => value > 0))
    const scale = scaleLog()
      .domain([lowest / 1.2, highest * 1.1])
      .range([bottom, top])
    const decades = scale.ticks(3).filter(at => /^[1]/.test(at.toExponential()))
    const y = (value: number) => Math.min(bottom, Math.max(top, scale(Math.max(value, lowest / 1.2))))
    return { y, ticks: decades.length > 1 ? decades : scale.ticks(2) }
  }
  const scale = scaleLinear().domain([0, highest]).range([bottom, top])
  if (most === undefined) scale.nice(3)
  const isWhole = (at: number) =>
    highest >= 4 || most !== undefined || values.some(value => !Number.isInteger(value)) || Number.isInteger(at)
  return { y: (value: number) => scale(value), ticks: scale.ticks(most === undefined ? 3 : 2).filter(isWhole) }
}

function CurvePaths({ curve, sheet, y }: { curve: Curve; sheet: Sheet; y: (value: number) => number }): JSX.Element {
  const { theme, x } = sheet
  const isStep = curve.style === 'step' || curve.style === 'filled-step'
  const points = curve.points as Point[]
  const isDrawn = ({ value }: Point) => value !== null
  const stroke = line<Point>(
    point => round(x(point.at)),
    point => round(y(point.value ?? 0)),
  ).defined(isDrawn)
  const fill = area<Point>(
    point => round(x(point.at)),
    (_, i) => round(y(curve.base?.[i] ?? 0)),
    point => round(y(point.value ?? 0)),
  ).defined(isDrawn)
  if (isStep) {
    stroke.curve(curveStepAfter)
    fill.curve(curveStepAfter)
  }
  return (
    <g>
      {curve.style.startsWith('filled') && (
        <path d={fill(points) ?? ''} fill={paint(theme, curve.role)} fill-opacity="0.22" />
      )}
      <path
        d={stroke(points) ?? ''}
        fill="none"
        stroke={paint(theme, curve.role)}
        stroke-width="1.5"
        stroke-linejoin="round"
      />
    </g>
  )
}

/** What the colours mean, from the right-hand end of the panel's title line; one curve alone is told by the title. */
function Legend({ panel, sheet, baseline }: { panel: Panel; sheet: Sheet; baseline: number }): JSX.Element | null {
  const { curves, band, limit } = panel
  if (curves.length === 1 && !band && !limit) return null
  const items = [
    ...curves.map(({ name, role, style }) => ({ name, role, kind: style.startsWith('filled') ? 'box' : 'line' })),
    ...(band ? [{ name: band.name, role: band.role, kind: 'box' }] : []),
    ...(limit ? [{ name: limit.name, role: 'ink' as const, kind: 'dashes' }] : []),
  ]
  let right = sheet.right
  const placed = items.reverse().map(item => {
    const text = right
    const at = right - textWidth(item.name, 11) - 24
    right = at - 18
    return { ...item, text, at }
  })
  return (
    <g class="legend">
      {placed.map(({ name, role, kind, text, at }) => (
        <g key={name}>
          {kind === 'box' ? (
            <rect
              x={round(at)}
              y={round(baseline - 8)}
              width="18"
              height="9"
              fill={paint(sheet.theme, role)}
              fill-opacity="0.3"
              stroke={paint(sheet.theme, role)}
              stroke-width="0.75"
            />
          ) : (
            <path
              d={`M${round(at)} ${round(baseline - 3.5)}h18`}
              stroke={paint(sheet.theme, role)}
              stroke-width="2"
              stroke-dasharray={kind === 'dashes' ? '5 4' : undefined}
            />
          )}
          <Label x={text} y={baseline} anchor="end" tone="quiet" theme={sheet.theme}>
            {name}
          </Label>
        </g>
      ))}
    </g>
  )
}
