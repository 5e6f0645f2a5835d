// Where each option's money, tokens and time went, in; three columns of stacked bars, a row for each option, out.
import type { JSX } from 'preact'
import { countLabel, usdLabel } from './labels.ts'
import { round } from './marks.tsx'
import { paint, type Role, type Theme } from './palette.ts'
import { Picture } from './picture.tsx'
import { fittedTo, textWidth } from './place.ts'
import { Label } from './text.tsx'
import { secondsLabel, shortCount } from './time-labels.ts'

export interface Part {
  readonly name: string
  readonly value: number
  readonly role: Role
  /** Beside the bar's sum, not in it: drawn behind a gap. */
  readonly apart?: boolean
}

export interface SpentRow {
  readonly name: string
  /** What one try took in the mean; null = nobody told. Parts that are unknown are left out and said in `note`. */
  readonly usd: readonly Part[] | null
  readonly tokens: readonly Part[] | null
  readonly seconds: readonly Part[] | null
  /** "cost of 3 tries unknown"; '' = all is known. */
  readonly note: string
}

export interface SpentChartProps {
  readonly rows: readonly SpentRow[]
  readonly title: string
  readonly footer: string
  readonly width: number
  readonly theme: Theme
  readonly id?: string | undefined
}

const margin = 20
const rowHeight = 34
const barHeight = 13
const headHeight = 104

const columns = [
  { key: 'usd', title: 'money a try', label: usdLabel },
  { key: 'tokens', title: 'tokens a try', label: (tokens: number) => shortCount(tokens) },
  { key: 'seconds', title: 'time a try', label: (seconds: number) => secondsLabel(seconds * 1000) },
] as const

/** How tall the picture of so many rows is. */
export const spentHeight = (rows: number): number => headHeight + Math.max(1, rows) * rowHeight + 44

/** The chart as SVG. Pure: the same props give the same markup in browser, report and test. */
export function SpentChart({ rows, title, footer, width, theme, id = 'spent' }: SpentChartProps): JSX.Element {
  const height = spentHeight(rows.length)
  const names = Math.min(260, Math.max(130, width * 0.22))
  const each = (width - margin * 2 - names) / columns.length
  return (
    <Picture
      width={width}
      height={height}
      name="spent-chart"
      id={id}
      title={title}
      description={rows.map(described).join(' ')}
    >
      <rect width={width} height={height} fill={paint(theme, 'paper')} />
      <Label x={margin} y={32} size={17} weight={600} theme={theme}>
        {fittedTo(title, (width - 2 * margin) * 0.9, 17, 600)}
      </Label>
      {columns.map(({ key, title: heading }, i) => (
        <g key={key}>
          <Label x={margin + names + i * each} y={62} size={12} weight={600} theme={theme}>
            {heading}
          </Label>
          <Key parts={partsIn(rows, key)} left={margin + names + i * each} room={each - 18} theme={theme} />
        </g>
      ))}
      {rows.map((row, i) => (
        <g key={row.name} class="option" data-option={row.name}>
          <Label x={margin} y={headHeight + i * rowHeight + 11} size={11.5} theme={theme}>
            {fittedTo(row.name, (names - 14) * 0.92, 11.5)}
          </Label>
          {row.note !== '' && (
            <Label x={margin} y={headHeight + i * rowHeight + 24} size={9.5} tone="notice" theme={theme}>
              {fittedTo(row.note, (names - 14) * 0.92, 9.5)}
            </Label>
          )}
          {columns.map(({ key, label }, column) => (
            <Bar
              key={key}
              parts={row[key]}
              most={mostOf(rows, key)}
              label={label}
              left={margin + names + column * each}
              top={headHeight + i * rowHeight}
              room={each - 18}
              theme={theme}
            />
          ))}
        </g>
      ))}
      <Label x={margin} y={height - 12} size={10.5} tone="quiet" theme={theme}>
        {fittedTo(footer, (width - 2 * margin) * 0.9, 10.5)}
      </Label>
    </Picture>
  )
}

type Column = (typeof columns)[number]['key']

const sum = (parts: readonly Part[]): number => parts.reduce((total, { value }) => total + value, 0)
const own = (parts: readonly Part[]): Part[] => parts.filter(part => !part.apart)
const mostOf = (rows: readonly SpentRow[], key: Column): number =>
  Math.max(1e-12, ...rows.map(row => sum(row[key] ?? [])))

/** Every part that some row has, once, in the order of the rows' own parts. */
function partsIn(rows: readonly SpentRow[], key: Column): Part[] {
  const found = new Map<string, Part>()
  for (const row of rows) for (const part of row[key] ?? []) if (part.value > 0) found.set(part.name, part)
  const order = rows.flatMap(row => (row[key] ?? []).map(({ name }) => name))
  return [...found.values()].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
}

/** What the colours mean, on two lines at most. */
function Key({ parts, left, room, theme }: { parts: readonly Part[]; left: number; room: number; theme: Theme }) {
  let x = left
  let line = 0
  const placed = parts.map(part => {
    const wide = 14 + textWidth(part.name, 10.5) + 10
    if (x > left && x + wide > left + room && line < 1) {
      x = left
      line++
    }
    const at = { part, x, y: 78 + line * 14 }
    x += wide
    return at
  })
  return (
    <g class="key">
      {placed.map(({ part, x: at, y }) => (
        <g key={part.name}>
          <rect x={round(at)} y={y - 8} width="10" height="9" {...fillOf(part, theme)} />
          <Label x={at + 14} y={y} size={10.5} tone="quiet" theme={theme}>
            {part.name}
          </Label>
        </g>
      ))}
    </g>
  )
}

const fillOf = ({ role, apart }: Part, theme: Theme) =>
  apart
    ? { fill: paint(theme, 'paper'), stroke: paint(theme, role), 'stroke-width': 1, 'stroke-dasharray': '2 2' }
    : { fill: paint(theme, role), 'fill-opacity': 0.78 }

function Bar(props: {
  parts: readonly Part[] | null
  most: number
  label: (value: number) => string
  left: number
  top: number
  room: number
  theme: Theme
}): JSX.Element {
  const { parts, most, label, left, top, room, theme } = props
  if (parts === null) {
    return (
      <Label x={left} y={top + 11} size={10.5} tone="quiet" theme={theme}>
        not told
      </Label>
    )
  }
  const scale = (room - 62) / most
  let x = left
  const drawn = parts.filter(({ value }) => value > 0)
  return (
    <g>
      {drawn.map(part => {
        const at = x + (part.apart && x > left ? 2 : 0)
        x = at + part.value * scale
        return (
          <rect
            key={part.name}
            x={round(at)}
            y={top}
            width={round(Math.max(0.5, part.value * scale))}
            height={barHeight}
            {...fillOf(part, theme)}
          />
        )
      })}
      <Label x={x + 6} y={top + 11} size={10.5} tabular tone="quiet" theme={theme}>
        {label(sum(own(parts)))}
      </Label>
    </g>
  )
}

/** "gpt-5: $0.10, 12,000 tokens, 41 s a try." */
function described({ name, usd, tokens, seconds, note }: SpentRow): string {
  const said = [
    usd === null ? 'cost unknown' : usdLabel(sum(own(usd))),
    tokens === null ? 'tokens not told' : `${countLabel(sum(tokens))} tokens`,
    seconds === null ? 'time not told' : secondsLabel(sum(seconds) * 1000),
  ]
  return `${name}: ${said.join(', ')} a try${note === '' ? '' : ` (${note})`}.`
}
