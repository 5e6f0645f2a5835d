// A frame in; its curves, the band of doubt behind them and their names at the right-hand ends, out.
import { area, curveLinear, line } from 'd3-shape'
import type { JSX } from 'preact'
import type { Vertex } from './curve.ts'
import { type ChartFrame, type Series, shortName } from './frame.ts'
import { usdLabel } from './labels.ts'
import { Mark, round } from './marks.tsx'
import { paint, type Theme } from './palette.ts'
import { fittedTo, spread } from './place.ts'
import { Label } from './text.tsx'

/** Path data through the vertices of a curve. */
export function curvePath(frame: ChartFrame, vertices: readonly Vertex[]): string {
  const path = line<Vertex>(
    v => round(frame.x(v.tokensPerMonth)),
    v => round(frame.yFree(v.usd)),
  ).curve(curveLinear)
  return path(vertices as Vertex[]) ?? ''
}

/** The option's band at "you are here", carried along its curve as the ratio that it is there. */
export function bandPath(frame: ChartFrame, { option, vertices }: Series): string | null {
  const { band, usd } = option
  if (!band || !usd || !(band.low > 0) || !(band.high > band.low * 1.001)) return null
  const path = area<Vertex>(
    v => round(frame.x(v.tokensPerMonth)),
    v => round(frame.yFree((v.usd * band.low) / usd)),
    v => round(frame.yFree((v.usd * band.high) / usd)),
  )
  return path(vertices as Vertex[])
}

export function Lines({ frame, theme, clip }: { frame: ChartFrame; theme: Theme; clip: string }): JSX.Element {
  // Two bands at most: more of them lie over one another and none can be read.
  const own = frame.series.find(({ option, style }) => !style.quiet && option.kind !== 'api')
  const banded = [frame.series.find(({ style }) => !style.quiet), own]
  const back = [...frame.series].reverse().sort((a, b) => Number(b.style.quiet) - Number(a.style.quiet))
  return (
    <g class="lines" clip-path={`url(#${clip})`}>
      {back
        .filter(series => banded.includes(series))
        .map(series => {
          const d = bandPath(frame, series)
          return d && <path key={series.option.name} d={d} fill={paint(theme, series.style.role)} fill-opacity="0.13" />
        })}
      {back.map(({ option, style, asBilled }) =>
        asBilled === null ? null : (
          <path
            key={`${option.name} as billed`}
            class="as-billed"
            d={curvePath(frame, asBilled)}
            fill="none"
            stroke={paint(theme, style.role)}
            stroke-width="1"
            stroke-opacity="0.7"
          >
            <title>
              {option.name} as billed, before {option.optimised!.levers.map(({ name }) => name).join(' and ')}
            </title>
          </path>
        ),
      )}
      {back.map(({ option, style, vertices }) => (
        <path
          key={option.name}
          class="curve"
          data-option={option.name}
          d={curvePath(frame, vertices)}
          fill="none"
          stroke={paint(theme, style.role)}
          stroke-width={style.width}
          stroke-dasharray={style.dash ?? undefined}
          stroke-linejoin="round"
        />
      ))}
    </g>
  )
}

/** Names where the lines end, moved apart where they would touch, each with a leader to its line. */
export function EndLabels({ frame, theme }: { frame: ChartFrame; theme: Theme }): JSX.Element {
  const { plot, narrow, series } = frame
  const lineHeight = narrow ? 17 : 30
  const ends = series.map(({ vertices }) => {
    const last = vertices[vertices.length - 1]!
    return { x: frame.x(last.tokensPerMonth), y: frame.y(last.usd), usd: last.usd }
  })
  const places = spread(
    ends.map(({ y }) => ({ at: y, size: lineHeight })),
    plot.top - 6,
    plot.bottom + 10,
  )
  // Less than there is: a file that travels meets machines whose letters are wider than Inter's.
  const room = (frame.width - plot.right - 50) * 0.84
  return (
    <g class="ends">
      {!narrow && series[0] && !series[0].style.quiet && (
        <Label x={plot.right + 34} y={plot.top - 24} theme={theme} size={10.5} tone="quiet">
          {fittedTo(`Same weights: ${series[0].option.group}`, room + 20, 10.5)}
        </Label>
      )}
      {series.map(({ option, style }, i) => {
        const end = ends[i]!
        const y = places[i]!
        const left = plot.right + (narrow ? 14 : 22)
        return (
          <g key={option.name}>
            <path
              d={`M${round(end.x + 1)} ${round(end.y)}L${round(left - 4)} ${round(y)}`}
              fill="none"
              stroke={paint(theme, style.role)}
              stroke-width="1"
              stroke-opacity="0.7"
            />
            <Mark style={style} x={left + 2} y={y} size={8} theme={theme} />
            {narrow ? (
              <Label
                x={left + 11}
                y={y + 4}
                theme={theme}
                weight={style.quiet ? 400 : 600}
                tone={style.quiet ? 'quiet' : 'ink'}
              >
                {style.letter} {usdLabel(end.usd)}
              </Label>
            ) : (
              <>
                <Label
                  x={left + 12}
                  y={y}
                  theme={theme}
                  weight={style.quiet ? 400 : 600}
                  tone={style.quiet ? 'quiet' : 'ink'}
                >
                  {style.letter}&#8194;
                  {fittedTo(shortName(option, style.quiet ? null : option.group), room, 11, style.quiet ? 400 : 600)}
                </Label>
                <Label x={left + 12} y={y + 13} theme={theme} size={10.5} tone="quiet">
                  {option.optimised
                    ? 'API at its best'
                    : option.kind === 'api'
                      ? 'API'
                      : option.kind === 'self-host'
                        ? 'own GPUs'
                        : option.kind === 'cascade'
                          ? 'two in a row'
                          : 'dedicated'}{' '}
                  · {usdLabel(end.usd)}
                </Label>
              </>
            )}
          </g>
        )
      })}
    </g>
  )
}
