// An answer in; the crossover chart out: monthly cost of each option over volume, the crossings, and "you are here".
import type { JSX } from 'preact'
import type { Answer } from '../core/decide/answer.ts'
import { Annotations, Ruler } from './annotations.tsx'
import { Axes } from './axes.tsx'
import { type ChartFrame, chartFrame, type YScale } from './frame.ts'
import { Footer, furnitureFor, Header, SampleMark } from './furniture.tsx'
import { multipleLabel, usdLabel, volumeLabel } from './labels.ts'
import { EndLabels, Lines } from './lines.tsx'
import { paint, type Theme } from './palette.ts'
import { Picture } from './picture.tsx'

export interface CrossoverChartProps {
  readonly answer: Answer
  readonly width: number
  readonly height: number
  readonly theme: Theme
  readonly yScale?: YScale | undefined
  /** Names of the options drawn; the default leaves out what a picture cannot carry. */
  readonly shown?: readonly string[] | undefined
  /** Volumes in view (tokens a month); the default is centred on "you are here". */
  readonly domain?: readonly [number, number] | undefined
  /** Where "you are here" stands while it is dragged; the default is the answer's. */
  readonly here?: number | undefined
  /** The measured volume when "you are here" has been moved from it. */
  readonly today?: number | null
  /** A volume to read off: draws the ruler with each option's cost. */
  readonly cursor?: number | null
  /** Burn verdict, date, assumptions and source into the picture, for a file that travels alone. */
  readonly furniture?: boolean | undefined
  /** Distinguishes the ids of two charts in one document. */
  readonly id?: string | undefined
}

/** The geometry that `CrossoverChart` draws with these props: what turns a pointer's pixel into a volume. */
export function crossoverFrame(props: CrossoverChartProps): ChartFrame {
  const { answer, width, height, yScale = 'log', shown, domain } = props
  const parts = props.furniture ? furnitureFor(answer, width) : null
  return chartFrame({
    answer,
    width,
    height,
    yScale,
    shown,
    domain,
    header: parts?.header ?? 0,
    footer: parts?.footer ?? 0,
  })
}

/** The chart as SVG. Pure: the same props give the same markup in browser, report and test. */
export function CrossoverChart(props: CrossoverChartProps): JSX.Element {
  const { answer, width, height, theme, cursor = null, today = null, furniture = false, id = 'crossover' } = props
  const here = props.here ?? answer.youAreHere.tokensPerMonth
  const frame = crossoverFrame(props)
  const parts = furniture ? furnitureFor(answer, width) : null
  const { plot } = frame
  return (
    <Picture
      width={width}
      height={height}
      name="crossover-chart"
      id={id}
      title={`Monthly cost by volume${answer.sample ? ' (sample data)' : ''}`}
      description={describe(answer, here)}
    >
      <defs>
        <clipPath id={`${id}-clip`}>
          <rect x={plot.left} y={plot.top} width={plot.right - plot.left} height={plot.bottom - plot.top} />
        </clipPath>
      </defs>
      <rect width={width} height={height} fill={paint(theme, 'paper')} />
      {parts && <Header answer={answer} parts={parts} width={width} theme={theme} />}
      <Axes frame={frame} theme={theme} />
      {!parts && answer.sample && <SampleMark right={plot.right - 6} top={plot.bottom - 30} theme={theme} />}
      <Lines frame={frame} theme={theme} clip={`${id}-clip`} />
      <Annotations frame={frame} answer={answer} theme={theme} here={here} today={today} />
      <EndLabels frame={frame} theme={theme} />
      {cursor !== null && <Ruler frame={frame} answer={answer} theme={theme} at={cursor} />}
      {parts && <Footer parts={parts} height={height} theme={theme} />}
    </Picture>
  )
}

/** The picture in words, for those who do not see it. */
export function describe(answer: Answer, here = answer.youAreHere.tokensPerMonth): string {
  const costs = answer.options
    .filter(({ usd }) => usd !== null)
    .slice(0, 6)
    .map(({ name, usd }) => `${name} ${usdLabel(usd)}`)
  const crossings = answer.crossings.map(
    ({ at, to }) => `at ${volumeLabel(at)} (${multipleLabel(at / here)}) ${to} becomes the cheapest`,
  )
  const never = answer.never.map(({ option, reason }) => `${option}: never, ${reason}`)
  return [
    answer.verdict,
    `You are here: ${volumeLabel(here)}.`,
    costs.length > 0 ? `Monthly cost here: ${costs.join(', ')}.` : '',
    crossings.length > 0 ? `Crossings: ${crossings.join('; ')}.` : 'No crossing among today’s weights.',
    never.length > 0 ? `${never.slice(0, 3).join('; ')}.` : '',
  ]
    .filter(Boolean)
    .join(' ')
}
