// An answer in; what an exported picture must carry on its face out: verdict, date, assumptions, source, sample mark.
import type { JSX } from 'preact'
import type { Answer } from '../core/decide/answer.ts'
import { assumedOf } from './ground.ts'
import { countLabel, daysLabel, headline, shareLabel, tokensLabel } from './labels.ts'
import { paint, type Theme } from './palette.ts'
import { wrapped } from './place.ts'
import { Label } from './text.tsx'

export interface Furniture {
  readonly header: number
  readonly footer: number
  readonly verdict: readonly string[]
  readonly rest: readonly string[]
  readonly notes: readonly string[]
}

const margin = 20
/** A file that travels meets machines without Inter: the widest usual stand-in (DejaVu Sans) runs 12 % longer. */
const fontSlack = 0.88

/** Lines of text above and below the picture and the heights they take, for a width. */
export function furnitureFor(answer: Answer, width: number): Furniture {
  const { first, rest: more } = headline(answer.verdict)
  const room = (width - 2 * margin) * fontSlack
  const verdict = wrapped(first, room - (answer.sample ? 130 : 0), 17, 600, 3)
  const rest = more === '' ? [] : wrapped(more, room, 12, 400, 6)
  const notes = [basisLine(answer), ...assumptionLines(answer), ...sourceLines(answer)].flatMap(line =>
    wrapped(line, room, 10.5, 400, 3),
  )
  return {
    header: 18 + verdict.length * 23 + rest.length * 17 + 12,
    footer: 16 + notes.length * 15,
    verdict,
    rest,
    notes,
  }
}

/** What the figures rest on, in one line: traffic, coverage, price date, seed. */
export function basisLine(answer: Answer): string {
  const { coverage, tokens, requests } = answer
  const parts = [
    `${daysLabel(coverage.days)} of traffic`,
    `${countLabel(requests)} requests`,
    `${tokensLabel(tokens.total)}`,
    coverage.pricedShare === null ? 'unpriced as metered' : `${shareLabel(coverage.pricedShare)} priced`,
    ...(coverage.ownShare ? [`${shareLabel(coverage.ownShare)} on own servers`] : []),
    `prices at ${answer.at}`,
    `grade ${answer.grade}`,
    `seed ${answer.seed}`,
  ]
  return `Crossline · ${parts.join(' · ')}`
}

/** What moves the figures most, before the rest. */
const weighty = ['operationsUsdPerMonth', 'spareReplicas', 'overheadShare', 'usdPerGpuHour', 'term', 'tokensPerMonth']

/** The assumptions that weigh most, as one line that may wrap. */
function assumptionLines(answer: Answer): string[] {
  const rank = (name: string) => (weighty.includes(name) ? weighty.indexOf(name) : weighty.length)
  const assumptions = [...answer.assumptions].sort((a, b) => rank(a.name) - rank(b.name))
  const listed = assumedOf({ assumptions })
    .map(({ label, said }) => `${label}: ${said.join(', ')}`)
    .filter(line => line.length <= 90)
    .slice(0, 8)
  return listed.length > 0 ? [`Assumed: ${listed.join(' · ')}`] : []
}

/** Where the prices of the first options come from. */
function sourceLines(answer: Answer): string[] {
  const sources = [...new Set(answer.options.slice(0, 8).map(({ priceSource }) => priceSource))].filter(Boolean)
  return sources.length > 0 ? [`Prices: ${sources.slice(0, 4).join(' · ')}`] : []
}

export function Header({
  answer,
  parts,
  width,
  theme,
}: {
  answer: Answer
  parts: Furniture
  width: number
  theme: Theme
}): JSX.Element {
  return (
    <g class="furniture">
      {parts.verdict.map((text, i) => (
        <Label key={text} x={margin} y={30 + i * 23} size={17} weight={600} theme={theme}>
          {text}
        </Label>
      ))}
      {parts.rest.map((text, i) => (
        <Label key={text} x={margin} y={28 + parts.verdict.length * 23 + i * 17} size={12} tone="quiet" theme={theme}>
          {text}
        </Label>
      ))}
      {answer.sample && <SampleMark right={width - margin} top={15} theme={theme} />}
    </g>
  )
}

export function Footer({ parts, height, theme }: { parts: Furniture; height: number; theme: Theme }): JSX.Element {
  const top = height - parts.footer + 12
  return (
    <g class="furniture">
      {parts.notes.map((text, i) => (
        <Label key={text} x={margin} y={top + i * 15} size={10.5} tone="quiet" theme={theme}>
          {text}
        </Label>
      ))}
    </g>
  )
}

/** "SAMPLE DATA" in a frame: on every picture of traffic that is not the reader's own. */
export function SampleMark({ right, top, theme }: { right: number; top: number; theme: Theme }): JSX.Element {
  return (
    <g class="sample">
      <rect
        x={right - 104}
        y={top}
        width="104"
        height="22"
        rx="3"
        fill={paint(theme, 'paper')}
        stroke={paint(theme, 'notice')}
        stroke-width="1.25"
      />
      <Label x={right - 52} y={top + 15} anchor="middle" size={11} weight={600} tone="notice" theme={theme}>
        SAMPLE DATA
      </Label>
    </g>
  )
}
