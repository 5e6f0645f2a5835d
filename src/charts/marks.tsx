// A shape's name and a place in; the mark that tells an option from its neighbours without colour, out.
import type { JSX } from 'preact'
import { type MarkShape, paint, type SeriesStyle, type Theme } from './palette.ts'

/** SVG path of a mark centred on the origin, `size` pixels across. */
export function markPath(shape: MarkShape, size: number): string {
  const r = size / 2
  switch (shape) {
    case 'circle':
      return `M${-r} 0a${r} ${r} 0 1 0 ${size} 0a${r} ${r} 0 1 0 ${-size} 0Z`
    case 'square':
      return `M${-r * 0.9} ${-r * 0.9}H${r * 0.9}V${r * 0.9}H${-r * 0.9}Z`
    case 'triangle':
      return `M0 ${-r * 1.1}L${r * 1.05} ${r * 0.8}H${-r * 1.05}Z`
    case 'diamond':
      return `M0 ${-r * 1.2}L${r * 1.1} 0L0 ${r * 1.2}L${-r * 1.1} 0Z`
    case 'cross':
      return `M${-r} ${-r * 0.35}H${-r * 0.35}V${-r}H${r * 0.35}V${-r * 0.35}H${r}V${r * 0.35}H${r * 0.35}V${r}H${-r * 0.35}V${r * 0.35}H${-r}Z`
  }
}

/** A mark on the chart, ringed with paper so that it stays readable where lines cross. */
export function Mark(props: { style: SeriesStyle; x: number; y: number; size: number; theme: Theme }): JSX.Element {
  const { style, x, y, size, theme } = props
  return (
    <path
      d={markPath(style.shape, size)}
      transform={`translate(${round(x)} ${round(y)})`}
      fill={style.quiet ? paint(theme, 'paper') : paint(theme, style.role)}
      stroke={style.quiet ? paint(theme, style.role) : paint(theme, 'paper')}
      stroke-width="1.5"
    />
  )
}

/** The sample of a line that stands in a table row or a label: its dash, its colour and its mark. */
export function Swatch(props: { style: SeriesStyle; theme: Theme; width?: number }): JSX.Element {
  const { style, theme, width = 26 } = props
  return (
    <svg width={width} height="12" viewBox={`0 0 ${width} 12`} aria-hidden="true">
      <path
        d={`M0 6H${width}`}
        fill="none"
        stroke={paint(theme, style.role)}
        stroke-width={Math.min(2, style.width)}
        stroke-dasharray={style.dash ?? undefined}
      />
      <Mark style={style} x={width / 2} y={6} size={8} theme={theme} />
    </svg>
  )
}

/** Hundredths of a pixel: enough for the eye, and the same text from every engine. */
export function round(pixels: number): number {
  return Math.round(pixels * 100) / 100
}
