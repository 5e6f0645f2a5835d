// An answer in; today's monthly cost of each option out, as bars split into what the money pays for.
import type { JSX } from 'preact'
import type { Answer, Breakdown, OptionAnswer } from '../core/decide/answer.ts'
import { chartedOptions, optionStyles, primaryGroup, shortName } from './frame.ts'
import { fitted, shareLabel, usdLabel } from './labels.ts'
import { round } from './marks.tsx'
import { paint, type Role, type Theme } from './palette.ts'
import { textWidth } from './place.ts'
import { fontFamily, Label } from './text.tsx'

interface Part {
  readonly key: keyof Breakdown
  readonly name: string
  readonly role: Role
  readonly pattern: 'solid' | 'hatch' | 'dots' | 'cross'
}

/** What a bar is split into, in the order drawn. Idle is hatched: paid for, and nothing served. */
export const breakdownParts: readonly Part[] = [
  { key: 'tokens', name: 'tokens', role: 'blue', pattern: 'solid' },
  { key: 'gpuBusy', name: 'busy GPU', role: 'vermillion', pattern: 'solid' },
  { key: 'gpuIdle', name: 'idle GPU', role: 'vermillion', pattern: 'hatch' },
  { key: 'gpuCold', name: 'cold GPU', role: 'sky', pattern: 'hatch' },
  { key: 'redundancy', name: 'redundancy', role: 'purple', pattern: 'dots' },
  { key: 'operations', name: 'operations', role: 'grey', pattern: 'solid' },
  { key: 'escalation', name: 'escalation', role: 'green', pattern: 'cross' },
  { key: 'spill', name: 'spill', role: 'amber', pattern: 'cross' },
]

export interface BreakdownBarsProps {
  readonly answer: Answer
  readonly width: number
  readonly theme: Theme
  readonly shown?: readonly string[] | undefined
  readonly id?: string
}

const barHeight = 16
const rowHeight = 40

/** Bars as SVG; `breakdownHeight` tells the height for a width. */
export function BreakdownBars(props: BreakdownBarsProps): JSX.Element {
  const { answer, width, theme, id = 'breakdown' } = props
  const rows = rowsOf(props)
  const present = breakdownParts.filter(({ key }) => rows.some(({ breakdown }) => partOf(breakdown, key) > 0))
  const key = keyRows(present, width)
  const top = key.height + 12
  const most = Math.max(1e-9, ...rows.map(({ breakdown }) => sum(breakdown)))
  const room = width - 76
  const styles = optionStyles(answer)
  const group = primaryGroup(answer)
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      width={width}
      height={top + rows.length * rowHeight}
      viewBox={`0 0 ${width} ${top + rows.length * rowHeight}`}
      role="img"
      aria-label={`Monthly cost by cause. ${rows.map(row => inWords(row, present)).join('. ')}`}
      font-family={fontFamily}
      class="breakdown-bars"
    >
      <defs>
        {present.map(part => part.pattern !== 'solid' && <Fill key={part.key} part={part} id={id} theme={theme} />)}
      </defs>
      <rect width={width} height={top + rows.length * rowHeight} fill={paint(theme, 'paper')} />
      {present.map((part, i) => {
        const place = key.places[i]!
        return (
          <g key={part.key}>
            <rect
              x={place.x}
              y={place.y}
              width="12"
              height="10"
              fill={fillOf(part, id, theme)}
              stroke={paint(theme, part.role)}
            />
            <Label x={place.x + 18} y={place.y + 9} theme={theme} tone="quiet">
              {part.name}
            </Label>
          </g>
        )
      })}
      {rows.map((row, i) => {
        const y = top + i * rowHeight
        const total = sum(row.breakdown)
        let x = 0
        return (
          <g key={row.name} data-option={row.name} data-usd={total}>
            <Label x={0} y={y + 10} theme={theme} size={11.5}>
              <tspan font-weight="600">{styles.get(row.name)?.letter}</tspan>&#8194;
              {fitted(shortName(row, group), Math.floor(width / 7))}
            </Label>
            {present.map(part => {
              const usd = partOf(row.breakdown, part.key)
              if (!(usd > 0)) return null
              const from = x
              const wide = (usd / most) * room
              x += wide
              return (
                <g key={part.key} data-part={part.key} data-usd={usd}>
                  <title>{`${part.name}: ${usdLabel(usd)} (${shareLabel(usd / total)})`}</title>
                  <rect
                    x={round(from)}
                    y={y + 16}
                    width={round(Math.max(0.75, wide))}
                    height={barHeight}
                    fill={fillOf(part, id, theme)}
                    stroke={paint(theme, 'paper')}
                    stroke-width="1"
                  />
                </g>
              )
            })}
            <Label x={x + 7} y={y + 28} theme={theme} weight={600}>
              {usdLabel(total)}
            </Label>
          </g>
        )
      })}
    </svg>
  )
}

function rowsOf({ answer, shown }: BreakdownBarsProps): OptionAnswer[] {
  const names = new Set(shown ?? chartedOptions(answer))
  return answer.options.filter(option => names.has(option.name) && option.usd !== null)
}

/** A part of a known cost; rows of unknown cost are not drawn at all. */
export function partOf(breakdown: Breakdown, key: keyof Breakdown): number {
  return breakdown[key] ?? 0
}

/** Sum of a breakdown's lines: the option's monthly cost. */
export function sum(breakdown: Breakdown): number {
  return breakdownParts.reduce((total, { key }) => total + partOf(breakdown, key), 0)
}

function inWords(row: OptionAnswer, parts: readonly Part[]): string {
  const split = parts
    .filter(({ key }) => partOf(row.breakdown, key) > 0)
    .map(({ key, name }) => `${name} ${usdLabel(row.breakdown[key])}`)
  return `${row.name} ${usdLabel(sum(row.breakdown))}: ${split.join(', ')}`
}

function keyRows(parts: readonly Part[], width: number): { places: { x: number; y: number }[]; height: number } {
  const places: { x: number; y: number }[] = []
  let x = 0
  let y = 2
  for (const { name } of parts) {
    const wide = 18 + textWidth(name, 11) + 18
    if (x > 0 && x + wide > width) {
      x = 0
      y += 18
    }
    places.push({ x, y })
    x += wide
  }
  return { places, height: y + 12 }
}

function fillOf(part: Part, id: string, theme: Theme): string {
  return part.pattern === 'solid' ? paint(theme, part.role) : `url(#${id}-${part.key})`
}

function Fill({ part, id, theme }: { part: Part; id: string; theme: Theme }): JSX.Element {
  const ink = paint(theme, part.role)
  return (
    <pattern id={`${id}-${part.key}`} width="6" height="6" patternUnits="userSpaceOnUse">
      <rect width="6" height="6" fill={paint(theme, 'paper')} />
      {part.pattern === 'hatch' && <path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5" stroke={ink} stroke-width="1.4" />}
      {part.pattern === 'dots' && <circle cx="3" cy="3" r="1.6" fill={ink} />}
      {part.pattern === 'cross' && <path d="M0 0L6 6M6 0L0 6" stroke={ink} stroke-width="1.1" />}
    </pattern>
  )
}
