// A frame and an answer in; what is marked on the curves out: crossings, "you are here", and the ruler under the cursor.
import type { JSX } from 'preact'
import type { Answer, Crossing } from '../core/decide/answer.ts'
import { decidedTerms } from '../core/decide/api-bill.ts'
import { costAt } from '../core/decide/staircase.ts'
import { type ChartFrame, primaryGroup } from './frame.ts'
import { multipleLabel, usdExactLabel, volumeLabel } from './labels.ts'
import { Mark, round } from './marks.tsx'
import { paint, type Theme } from './palette.ts'
import { rowsFor, spread, textWidth } from './place.ts'
import { Label } from './text.tsx'

interface Parts {
  readonly frame: ChartFrame
  readonly answer: Answer
  readonly theme: Theme
}

/** Labels above the plot: "you are here" first, then crossings, each where there is room; a dropped one keeps its ring. */
export function Annotations(props: Parts & { here: number; today: number | null }): JSX.Element {
  const { frame, answer, theme, here, today } = props
  const { plot } = frame
  const seen = answer.crossings.filter(({ at }) => at >= frame.domain[0] && at <= frame.domain[1])
  const base = today ?? here
  const hereText =
    today !== null && Math.abs(here / today - 1) > 1e-9 ? `here: ${multipleLabel(here / today)} today` : 'you are here'
  const wishes = [
    { at: here, text: hereText, detail: volumeLabel(here) },
    ...important(seen, answer).map(crossing => ({
      at: crossing.at,
      text: answer.forGoodFrom?.tokensPerMonth === crossing.at ? 'crossing, for good' : 'crossing',
      detail: frame.narrow
        ? volumeLabel(crossing.at)
        : `${volumeLabel(crossing.at)} · ${multipleLabel(crossing.at / base)} ${today === null ? 'of here' : 'today'}`,
    })),
  ].map(wish => {
    const half = Math.max(textWidth(wish.text, 11, 600), textWidth(wish.detail, 11)) / 2
    const centre = Math.min(
      plot.right - half + 40,
      Math.max(plot.left + half + (frame.narrow ? -30 : 16), frame.x(wish.at)),
    )
    return { ...wish, half, centre }
  })
  const [first, second] = wishes
  // The crossing that matters most is never given up for "you are here": it moves beside it.
  if (first && second) second.centre = beside(second, first, frame.width - 4)
  const rows = rowsFor(
    wishes.map(({ centre, half }) => ({ from: centre - half, to: centre + half })),
    1,
    labelGap,
  )
  const labelled = new Map(wishes.flatMap((wish, i) => (i > 0 && rows[i] !== null ? [[wish.at, wish]] : [])))
  const visibleHere = here >= frame.domain[0] && here <= frame.domain[1]
  return (
    <g class="annotations">
      {seen.length === 0 && !frame.narrow && frame.x(here) < plot.right - 320 && (
        <Label x={plot.right} y={plot.top - 10} anchor="end" theme={theme} tone="quiet">
          {noCrossing(answer)}
        </Label>
      )}
      {seen.map(crossing => (
        <CrossingMark key={crossing.at} {...props} crossing={crossing} label={labelled.get(crossing.at)} />
      ))}
      {visibleHere && <HereLine {...props} here={here} />}
      {wishes.map(
        ({ text, detail, centre }, i) =>
          rows[i] !== null &&
          (i > 0 || visibleHere) && (
            <g key={`${text}${detail}`}>
              <Label x={centre} y={plot.top - 24} anchor="middle" theme={theme} weight={600} halo>
                {text}
              </Label>
              <Label x={centre} y={plot.top - 10} anchor="middle" theme={theme} tone="quiet" halo>
                {detail}
              </Label>
            </g>
          ),
      )}
    </g>
  )
}

/** Why no crossing is marked. */
function noCrossing(answer: Answer): string {
  if (primaryGroup(answer) === null) return 'nothing to cross: today’s weights are unknown'
  return answer.crossings.length === 0 ? 'no crossing among the same weights' : 'no crossing in view'
}

const labelGap = 10

/** Where a label stands above the plot: its middle and half its width, pixels. */
interface Extent {
  readonly centre: number
  readonly half: number
}

/** The turn that a leader takes towards a label that does not stand above it. */
function elbow({ centre, half }: Extent, x: number): string {
  const edge = Math.min(centre + half, Math.max(centre - half, x))
  return edge === x ? '' : `H${round(edge)}`
}

/** The centre of `label` moved just past `other` where they would touch; unmoved where there is no room for that. */
function beside(
  label: { centre: number; half: number },
  other: { centre: number; half: number },
  most: number,
): number {
  // A pixel more than touching, so that rounding never counts as touching.
  const clear = other.half + label.half + labelGap + 1
  if (Math.abs(label.centre - other.centre) >= clear) return label.centre
  const moved = label.centre >= other.centre ? other.centre + clear : other.centre - clear
  return moved + label.half <= most ? moved : label.centre
}

/** The crossings worth a label: where it stays crossed, and the first; without the former, each where there is room. */
function important(crossings: readonly Crossing[], answer: Answer): Crossing[] {
  const forGood = crossings.filter(({ at }) => at === answer.forGoodFrom?.tokensPerMonth)
  const rest = crossings.filter(crossing => !forGood.includes(crossing))
  return [...forGood, ...(forGood.length > 0 ? rest.slice(0, 1) : rest)]
}

function CrossingMark(props: Parts & { crossing: Crossing; label: Extent | undefined }): JSX.Element | null {
  const { frame, answer, theme, crossing, label } = props
  const to = answer.options.find(({ name }) => name === crossing.to)
  const from = answer.options.find(({ name }) => name === crossing.from)
  const terms = (to && decidedTerms(to)) ?? (from && decidedTerms(from))
  if (!terms) return null
  const x = frame.x(crossing.at)
  const y = frame.y(costAt(terms, crossing.at))
  const { band } = crossing
  // Where one fleet takes over from another the decision does not turn: a smaller ring.
  const r = to && from && to.kind === from.kind ? 3.5 : 5.5
  return (
    <g class="crossing" data-at={crossing.at}>
      {label && (
        <path
          d={`M${round(x)} ${round(y - r)}V${frame.plot.top - 4}${elbow(label, x)}`}
          fill="none"
          stroke={paint(theme, 'quiet')}
          stroke-width="1"
          stroke-dasharray="2 3"
        />
      )}
      {band && (
        <path
          d={`M${round(clampX(frame, band.low))} ${round(y)}H${round(clampX(frame, band.high))}`}
          stroke={paint(theme, 'ink')}
          stroke-width="5"
          stroke-opacity="0.22"
          stroke-linecap="round"
        />
      )}
      <circle
        cx={round(x)}
        cy={round(y)}
        r={r}
        fill={paint(theme, 'paper')}
        stroke={paint(theme, 'ink')}
        stroke-width={r > 4 ? 2 : 1.5}
      />
    </g>
  )
}

function clampX(frame: ChartFrame, tokensPerMonth: number): number {
  return Math.min(frame.plot.right, Math.max(frame.plot.left, frame.x(tokensPerMonth)))
}

function HereLine({ frame, theme, here, today }: Parts & { here: number; today: number | null }): JSX.Element {
  const { plot } = frame
  const x = round(frame.x(here))
  const moved = today !== null && Math.abs(here / today - 1) > 1e-9
  return (
    <g class="here" data-tokens-per-month={here}>
      {moved && today >= frame.domain[0] && today <= frame.domain[1] && (
        <path
          d={`M${round(frame.x(today))} ${plot.bottom}V${plot.bottom - 10}`}
          stroke={paint(theme, 'here')}
          stroke-width="1.5"
          stroke-dasharray="2 2"
        />
      )}
      <path d={`M${x} ${plot.top - 4}V${plot.bottom}`} stroke={paint(theme, 'here')} stroke-width="1.25" />
      <path d={`M${x - 4} ${plot.bottom + 7}h8l-4 -6Z`} fill={paint(theme, 'here')} />
      {[...frame.series].reverse().map(({ option, style }) => {
        const terms = decidedTerms(option)
        const usd = terms ? costAt(terms, here) : Number.NaN
        if (!Number.isFinite(usd)) return null
        return <Mark key={option.name} style={style} x={frame.x(here)} y={frame.y(usd)} size={10} theme={theme} />
      })}
    </g>
  )
}

/** The ruler: one volume, and the exact cost of each drawn option there, as text and as data attributes. */
export function Ruler({ frame, theme, at }: Parts & { at: number }): JSX.Element {
  const { plot } = frame
  const x = frame.x(at)
  const readings = frame.series.flatMap(({ option, style }) => {
    const terms = decidedTerms(option)
    const usd = terms ? costAt(terms, at) : Number.NaN
    return Number.isFinite(usd) ? [{ option, style, usd, text: `${style.letter} ${usdExactLabel(usd)}` }] : []
  })
  const places = spread(
    readings.map(({ usd }) => ({ at: frame.y(usd), size: 15 })),
    plot.top,
    plot.bottom - 16,
  )
  const widest = Math.max(0, ...readings.map(({ text }) => textWidth(text, 11, 600)), textWidth(volumeLabel(at), 11))
  const right = x + widest + 18 < plot.right
  const edge = right ? x + 10 : x - 10 - widest - 4
  return (
    <g class="ruler" data-tokens-per-month={at}>
      <path d={`M${round(x)} ${plot.top}V${plot.bottom}`} stroke={paint(theme, 'quiet')} stroke-width="1" />
      {readings.map(({ option, text }, i) => (
        <rect
          key={option.name}
          x={round(edge - 4)}
          y={round(places[i]! - 8)}
          width={round(textWidth(text, 11, 600) + 10)}
          height="16"
          fill={paint(theme, 'paper')}
          fill-opacity="0.9"
        />
      ))}
      {readings.map(({ option, style, usd, text }, i) => (
        <g key={option.name} data-option={option.name} data-usd={usd}>
          <circle cx={round(x)} cy={round(frame.y(usd))} r="3" fill={paint(theme, style.role)} />
          <Label
            x={edge}
            y={places[i]! + 4}
            theme={theme}
            weight={600}
            halo
            tabular
            tone={style.quiet ? 'quiet' : 'ink'}
          >
            {text}
          </Label>
        </g>
      ))}
      <Label x={edge} y={plot.bottom - 5} theme={theme} tone="quiet" halo>
        {volumeLabel(at)}
      </Label>
    </g>
  )
}
