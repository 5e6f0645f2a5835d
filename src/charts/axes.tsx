// A frame in; its grid, ticks and axis names out: monthly cost upwards, tokens a month to the right.
import type { JSX } from 'preact'
import type { ChartFrame } from './frame.ts'
import { round } from './marks.tsx'
import { paint, type Theme } from './palette.ts'
import { Label } from './text.tsx'

export function Axes({ frame, theme }: { frame: ChartFrame; theme: Theme }): JSX.Element {
  const { plot, narrow } = frame
  return (
    <g class="axes">
      {frame.yTicks.map(({ at, label }) => (
        <g key={at}>
          <path
            d={`M${plot.left} ${round(frame.y(at))}H${plot.right}`}
            stroke={paint(theme, 'faint')}
            stroke-width="1"
          />
          <Label
            x={plot.left - 8}
            y={frame.y(at) + 3.5}
            anchor="end"
            tabular
            tone="quiet"
            theme={theme}
            size={narrow ? 10 : 11}
          >
            {label}
          </Label>
        </g>
      ))}
      {frame.xTicks.map(({ at, label, major }) => (
        <g key={at}>
          {label && (
            <path
              d={`M${round(frame.x(at))} ${plot.top}V${plot.bottom}`}
              stroke={paint(theme, 'faint')}
              stroke-width="1"
            />
          )}
          <path
            d={`M${round(frame.x(at))} ${plot.bottom}v${major ? 6 : 3}`}
            stroke={paint(theme, 'rule')}
            stroke-width="1"
          />
          {label && (
            <Label
              x={frame.x(at)}
              y={plot.bottom + 19}
              anchor="middle"
              tone="quiet"
              theme={theme}
              size={narrow ? 10 : 11}
            >
              {label}
            </Label>
          )}
        </g>
      ))}
      <Label x={narrow ? 4 : 20} y={plot.top - (narrow ? 34 : 10)} tone="quiet" theme={theme} size={narrow ? 10 : 11}>
        {narrow ? 'USD/month' : 'USD a month'}
      </Label>
      <path d={`M${plot.left} ${plot.bottom}H${plot.right}`} stroke={paint(theme, 'rule')} stroke-width="1" />
      <Label x={(plot.left + plot.right) / 2} y={plot.bottom + 36} anchor="middle" tone="quiet" theme={theme}>
        {axisName(frame)}
      </Label>
    </g>
  )
}

/** "tokens per month (Gtok = billion)": the units that stand on the ticks, in words. */
function axisName({ xTicks, narrow }: ChartFrame): string {
  const units = Object.entries(unitWords).filter(([unit]) => xTicks.some(({ label }) => label.endsWith(` ${unit}`)))
  if (narrow || units.length === 0) return 'tokens per month'
  return `tokens per month (${units.map(([unit, word]) => `${unit} = ${word}`).join(', ')})`
}

const unitWords = { ktok: 'thousand', Mtok: 'million', Gtok: 'billion', Ttok: 'trillion', Ptok: 'quadrillion' } as const
