// A label in; SVG text with a halo of paper behind it out, so that it reads over lines in every renderer.
import type { ComponentChildren, JSX } from 'preact'
import { round } from './marks.tsx'
import { paint, type Role, type Theme } from './palette.ts'

export const fontFamily = "Inter, 'Helvetica Neue', Arial, sans-serif"

export interface LabelProps {
  readonly x: number
  readonly y: number
  readonly theme: Theme
  readonly size?: number
  readonly weight?: number
  readonly tone?: Role
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly halo?: boolean
  /** Digits of equal width, for figures that stand under one another; names read better without. */
  readonly tabular?: boolean
  readonly children: ComponentChildren
}

/** Text at (x, baseline y). The halo is a second text under the first: `paint-order` is not known everywhere. */
export function Label(props: LabelProps): JSX.Element {
  const {
    theme,
    size = 11,
    weight = 400,
    tone = 'ink',
    anchor = 'start',
    halo = false,
    tabular = false,
    children,
  } = props
  const x = round(props.x)
  const y = round(props.y)
  const common = {
    x,
    y,
    'font-size': size,
    'font-weight': weight,
    'text-anchor': anchor,
    ...(tabular ? { style: 'font-variant-numeric:tabular-nums' } : {}),
  }
  return (
    <>
      {halo && (
        <text {...common} fill="none" stroke={paint(theme, 'paper')} stroke-width="4" stroke-linejoin="round">
          {children}
        </text>
      )}
      <text {...common} fill={paint(theme, tone)}>
        {children}
      </text>
    </>
  )
}
