// What tries on each option came to, in; quality against cost per success with intervals, the front and the bar, out.
import { scaleLinear, scaleLog } from 'd3-scale'
import type { JSX } from 'preact'
import { shareLabel, usdLabel } from './labels.ts'
import { Mark, round } from './marks.tsx'
import { paint, type SeriesStyle, seriesStyles, type Theme } from './palette.ts'
import { Picture } from './picture.tsx'
import { fittedTo, spread, textWidth, wrapped } from './place.ts'
import { Label } from './text.tsx'

export interface Spread {
  readonly value: number
  /** Null = no bound can be given. */
  readonly low: number | null
  readonly high: number | null
}

export interface QualityPoint {
  readonly name: string
  readonly kind: string
  /** Null = no try was graded. */
  readonly passRate: Spread | null
  /** USD; null = unknown, or nothing succeeded. */
  readonly usdPerSuccess: Spread | null
  readonly meetsBar: 'yes' | 'no' | 'unclear'
}

export interface QualityChartProps {
  readonly points: readonly QualityPoint[]
  /** 0 to 1; null = no bar is stated, and nothing is said of it. */
  readonly bar: number | null
  readonly title: string
  readonly facts: readonly string[]
  readonly footer: string
  /** False where the page around it says title and facts already; a reader of the screen hears them all the same. */
  readonly heading?: boolean
  readonly width: number
  readonly height: number
  readonly theme: Theme
  readonly id?: string | undefined
}

interface Plot {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly x: (usd: number) => number
  readonly y: (share: number) => number
  readonly xTicks: readonly number[]
  readonly yTicks: readonly number[]
}

type Placed = QualityPoint & { readonly passRate: Spread; readonly usdPerSuccess: Spread }

const margin = 20
const isPlaced = (point: QualityPoint): point is Placed =>
  point.passRate !== null && (point.usdPerSuccess?.value ?? 0) > 0

/** Options that none beats at both: no other is as cheap or cheaper and passes as often or oftener. Cheapest first. */
export function frontOf<Point extends Placed>(points: readonly Point[]): Point[] {
  const cheapestFirst = [...points].sort(
    (a, b) => a.usdPerSuccess.value - b.usdPerSuccess.value || b.passRate.value - a.passRate.value,
  )
  let best = Number.NEGATIVE_INFINITY
  return cheapestFirst.filter(({ passRate }) => {
    if (passRate.value <= best) return false
    best = passRate.value
    return true
  })
}

/** The chart as SVG. Pure: the same props give the same markup in browser, report and test. */
export function QualityChart(props: QualityChartProps): JSX.Element {
  const { points, bar, title, facts, footer, heading = true, width, height, theme, id = 'quality' } = props
  const placed = points.filter(isPlaced)
  const front = frontOf(placed)
  const styles = stylesOf(points)
  const room = width - 2 * margin
  const lines = (heading ? facts : []).flatMap(fact => wrapped(fact, room * 0.88, 12, 400, 3))
  const legend = Math.min(330, Math.max(210, width * 0.3))
  const plot = plotOf(placed, bar, {
    left: 62,
    right: width - legend - 24,
    top: (heading ? 74 : 30) + lines.length * 17,
    bottom: height - 68,
  })
  return (
    <Picture
      width={width}
      height={height}
      name="quality-chart"
      id={id}
      title={title}
      description={[...facts, `On the front: ${front.map(({ name }) => name).join(', ')}.`].join(' ')}
    >
      <rect width={width} height={height} fill={paint(theme, 'paper')} />
      {heading && (
        <Label x={margin} y={32} size={17} weight={600} theme={theme}>
          {fittedTo(title, room * 0.88, 17, 600)}
        </Label>
      )}
      {lines.map((line, i) => (
        <Label key={line} x={margin} y={53 + i * 17} size={12} tone="quiet" theme={theme}>
          {line}
        </Label>
      ))}
      <Axes plot={plot} theme={theme} />
      {bar !== null && <Bar plot={plot} bar={bar} theme={theme} />}
      <Front plot={plot} front={front} theme={theme} />
      {placed.map(point => (
        <Whiskers key={point.name} point={point} style={styles.get(point.name)!} plot={plot} theme={theme} />
      ))}
      {placed.map(point => (
        <Point key={point.name} point={point} style={styles.get(point.name)!} plot={plot} theme={theme} />
      ))}
      <Legend
        points={points}
        styles={styles}
        front={front}
        hasBar={bar !== null}
        box={{ left: width - legend, right: width - margin, top: plot.top, bottom: height - 40 }}
        theme={theme}
      />
      <Label x={margin} y={height - 12} size={10.5} tone="quiet" theme={theme}>
        {fittedTo(footer, room * 0.9, 10.5)}
      </Label>
    </Picture>
  )
}

/** What clears the bar is solid, what may or may not is hollow, and what is below it stands back. */
function stylesOf(points: readonly QualityPoint[]): Map<string, SeriesStyle> {
  const styles = seriesStyles(points.map(({ name, kind }) => ({ name, kind, primary: true })))
  for (const { name, meetsBar } of points) {
    const style = styles.get(name)!
    if (meetsBar === 'unclear') styles.set(name, { ...style, quiet: true })
    if (meetsBar === 'no') styles.set(name, { ...style, role: 'grey', quiet: true })
  }
  return styles
}

function plotOf(
  placed: readonly Placed[],
  bar: number | null,
  box: Pick<Plot, 'left' | 'right' | 'top' | 'bottom'>,
): Plot {
  const usd = placed.flatMap(({ usdPerSuccess: { value, low, high } }) =>
    // An interval without an end would squeeze all the others: it leaves the picture.
    [value, low, high === null ? null : Math.min(high, value * 30)].filter(at => at !== null && at > 0),
  ) as number[]
  const least = usd.length === 0 ? 0.01 : Math.min(...usd)
  const most = usd.length === 0 ? 1 : Math.max(...usd)
  const x = scaleLog()
    .domain([least / 1.3, Math.max(most * 1.3, least * 3)])
    .range([box.left, box.right])
  const shares = placed.flatMap(({ passRate: { value, low, high } }) => [value, low ?? value, high ?? value])
  const around = [...shares, ...(bar === null ? [] : [bar])]
  const lowest = around.length === 0 ? 0 : Math.max(0, Math.floor(Math.min(...around) * 10 - 0.2) / 10)
  const highest = around.length === 0 ? 1 : Math.min(1, Math.ceil(Math.max(...around) * 10 + 0.2) / 10)
  const y = scaleLinear().domain([lowest, highest]).range([box.bottom, box.top])
  const span = x.domain()[1]! / x.domain()[0]!
  const step = span > 2000 ? /^1e/ : span > 15 ? /^[125]e/ : /./
  const clamped = (usd: number) => Math.min(box.right, Math.max(box.left, x(usd)))
  return {
    ...box,
    x: clamped,
    y,
    xTicks: x.ticks(8).filter(at => step.test(at.toExponential(0)) && Number(at.toExponential(0)) === at),
    yTicks: y.ticks(6),
  }
}

function Axes({ plot, theme }: { plot: Plot; theme: Theme }): JSX.Element {
  const { left, right, top, bottom } = plot
  let free = Number.NEGATIVE_INFINITY
  const written = plot.xTicks.filter(at => {
    const half = textWidth(usdLabel(at), 11) / 2
    if (plot.x(at) - half < free + 8) return false
    free = plot.x(at) + half
    return true
  })
  return (
    <g class="axes">
      {plot.yTicks.map(at => (
        <g key={at}>
          <path d={`M${left} ${round(plot.y(at))}H${round(right)}`} stroke={paint(theme, 'faint')} />
          <Label x={left - 8} y={plot.y(at) + 4} anchor="end" tabular tone="quiet" theme={theme}>
            {shareLabel(at)}
          </Label>
        </g>
      ))}
      {written.map(at => (
        <g key={at}>
          <path d={`M${round(plot.x(at))} ${round(top)}V${round(bottom)}`} stroke={paint(theme, 'faint')} />
          <Label x={plot.x(at)} y={bottom + 18} anchor="middle" tabular tone="quiet" theme={theme}>
            {usdLabel(at)}
          </Label>
        </g>
      ))}
      <path d={`M${left} ${round(top)}V${round(bottom)}H${round(right)}`} fill="none" stroke={paint(theme, 'rule')} />
      <Label x={(left + right) / 2} y={bottom + 36} anchor="middle" tone="quiet" theme={theme}>
        cost per success, USD (log scale): cheaper to the left
      </Label>
      <Label x={left} y={top - 10} tone="quiet" theme={theme}>
        tasks passed
      </Label>
    </g>
  )
}

function Bar({ plot, bar, theme }: { plot: Plot; bar: number; theme: Theme }): JSX.Element {
  const y = plot.y(bar)
  return (
    <g class="bar">
      <path
        d={`M${plot.left} ${round(y)}H${round(plot.right)}`}
        stroke={paint(theme, 'notice')}
        stroke-width="1.25"
        stroke-dasharray="6 4"
      />
      <Label x={plot.right - 4} y={y - 6} anchor="end" tone="notice" weight={600} halo theme={theme}>
        {`bar ${shareLabel(bar)}`}
      </Label>
    </g>
  )
}

/** Steps from the cheapest to the best: what lies below and to the right of them is beaten at both. */
function Front({ plot, front, theme }: { plot: Plot; front: readonly Placed[]; theme: Theme }): JSX.Element | null {
  if (front.length < 2) return null
  const [first, ...rest] = front.map(point => ({
    x: round(plot.x(point.usdPerSuccess.value)),
    y: round(plot.y(point.passRate.value)),
  }))
  return (
    <path
      class="front"
      d={`M${first!.x} ${first!.y}${rest.map(({ x, y }) => `H${x}V${y}`).join('')}`}
      fill="none"
      stroke={paint(theme, 'rule')}
      stroke-width="1.5"
    />
  )
}

interface Drawn {
  readonly point: Placed
  readonly style: SeriesStyle
  readonly plot: Plot
  readonly theme: Theme
}

/** Both intervals; one without an upper end runs out of the picture with an arrow. */
function Whiskers({ point: { passRate, usdPerSuccess }, style, plot, theme }: Drawn): JSX.Element {
  const x = round(plot.x(usdPerSuccess.value))
  const y = round(plot.y(passRate.value))
  const left = round(plot.x(usdPerSuccess.low ?? usdPerSuccess.value))
  const isOpen = usdPerSuccess.high === null
  const right = round(isOpen ? plot.right : plot.x(usdPerSuccess.high))
  const low = round(plot.y(passRate.low ?? passRate.value))
  const high = round(plot.y(passRate.high ?? passRate.value))
  return (
    <g stroke={paint(theme, style.role)} stroke-width="1.25" stroke-opacity="0.55" fill="none">
      <path d={`M${left} ${y}H${right}`} stroke-dasharray={isOpen ? '2 3' : undefined} />
      {isOpen && <path d={`M${round(right - 5)} ${round(y - 4)}L${right} ${y}L${round(right - 5)} ${round(y + 4)}`} />}
      <path d={`M${x} ${low}V${high}`} />
    </g>
  )
}

function Point({ point, style, plot, theme }: Drawn): JSX.Element {
  const x = plot.x(point.usdPerSuccess.value)
  const y = plot.y(point.passRate.value)
  return (
    <g class="option" data-option={point.name}>
      <Mark style={style} x={x} y={y} size={11} theme={theme} />
      <Label x={x + 8} y={y - 7} size={11} weight={600} tone={style.role} halo theme={theme}>
        {style.letter}
      </Label>
    </g>
  )
}

const verdictWords = { yes: 'clears the bar', no: 'below the bar', unclear: 'not enough data' } as const

/** Each option by its letter, with what it came to; the front's in bold. Those that no cost is known of stand here alone. */
function Legend(props: {
  points: readonly QualityPoint[]
  styles: ReadonlyMap<string, SeriesStyle>
  front: readonly QualityPoint[]
  hasBar: boolean
  box: { left: number; right: number; top: number; bottom: number }
  theme: Theme
}): JSX.Element {
  const { points, styles, front, hasBar, box, theme } = props
  const rowHeight = 34
  const most = Math.max(1, Math.floor((box.bottom - box.top) / rowHeight))
  const listed = points.length > most ? points.slice(0, most - 1) : points
  const tops = spread(
    listed.map((_, i) => ({ at: box.top + i * rowHeight, size: rowHeight })),
    box.top - 6,
    box.bottom,
  )
  const names = new Set(front.map(({ name }) => name))
  const wide = box.right - box.left - 26
  return (
    <g class="legend">
      {listed.map((point, i) => {
        const style = styles.get(point.name)!
        const y = tops[i]!
        const isFront = names.has(point.name)
        return (
          <g key={point.name}>
            <Mark style={style} x={box.left + 8} y={y - 2} size={10} theme={theme} />
            <Label x={box.left + 22} y={y + 2} size={11.5} weight={isFront ? 600 : 400} theme={theme}>
              {fittedTo(`${style.letter}  ${point.name}`, wide * 0.92, 11.5, isFront ? 600 : 400)}
            </Label>
            <Label x={box.left + 22} y={y + 16} size={10.5} tone="quiet" theme={theme}>
              {fittedTo(figures(point, hasBar), wide * 0.95, 10.5)}
            </Label>
          </g>
        )
      })}
      {listed.length < points.length && (
        <Label x={box.left + 22} y={box.bottom - 4} size={10.5} tone="quiet" theme={theme}>
          {`and ${points.length - listed.length} more`}
        </Label>
      )}
    </g>
  )
}

/** "74 % · $0.97 a success · clears the bar". */
function figures({ passRate, usdPerSuccess, meetsBar }: QualityPoint, hasBar: boolean): string {
  const none = passRate !== null && passRate.value === 0
  const cost =
    usdPerSuccess === null ? (none ? 'no success' : 'cost unknown') : `${usdLabel(usdPerSuccess.value)} a success`
  return [shareLabel(passRate?.value ?? null), cost, ...(hasBar ? [verdictWords[meetsBar]] : [])].join(' · ')
}
