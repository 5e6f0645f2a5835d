// An answer and a size in pixels in; the picture's frame out: what is in view, its scales, ticks and margins.
import { scaleLinear, scaleLog } from 'd3-scale'
import type { Answer, OptionAnswer } from '../core/decide/answer.ts'
import { decidedTerms } from '../core/decide/api-bill.ts'
import { curve, type Vertex } from './curve.ts'
import { usdLabel, volumeLabel } from './labels.ts'
import { type SeriesStyle, seriesStyles } from './palette.ts'

export type YScale = 'log' | 'linear'

export interface Series {
  readonly option: OptionAnswer
  readonly style: SeriesStyle
  readonly vertices: readonly Vertex[]
  /** The same API before its levers, where it has any; null = as drawn. */
  readonly asBilled: readonly Vertex[] | null
}

export interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export interface Tick {
  readonly at: number
  readonly label: string
  readonly major: boolean
}

export interface ChartFrame {
  readonly width: number
  readonly height: number
  readonly plot: Box
  readonly narrow: boolean
  readonly domain: readonly [number, number]
  readonly series: readonly Series[]
  readonly xTicks: readonly Tick[]
  readonly yTicks: readonly Tick[]
  /** Pixel of a volume (tokens a month), unclamped. */
  x(tokensPerMonth: number): number
  /** Pixel of a monthly cost (USD), clamped to the plot: where a mark stands. */
  y(usd: number): number
  /** The same unclamped: what a clipped curve is drawn with. */
  yFree(usd: number): number
  /** Volume under a pixel, clamped to what is in view: what dragging and the cursor use. */
  volumeAt(pixel: number): number
}

export interface FrameOptions {
  readonly answer: Answer
  readonly width: number
  readonly height: number
  readonly yScale?: YScale | undefined
  /** Names of the options to draw; the default is `chartedOptions(answer)`. */
  readonly shown?: readonly string[] | undefined
  /** Volumes in view; the default is `volumeDomain(answer)`. */
  readonly domain?: readonly [number, number] | undefined
  /** Space kept free above and below for what is burnt into an exported picture. */
  readonly header?: number
  readonly footer?: number
}

/**
 * The option's name where there is little room: without the weights when they are told already ("on 4× h100" for
 * "llama-3.1-70b on 4× h100", "together, dedicated 4× h100"), without the maker's folder before a model ("openai/gpt-oss-120b"), what is paid today
 * first.
 */
export function shortName(option: OptionAnswer, group: string | null): string {
  const { name, asMetered } = option
  const told = group !== null && name.startsWith(group) ? name.slice(group.length).replace(/^[\s,:/·–-]+/, '') : name
  const unsaid = option.kind === 'dedicated' && group !== null ? told.replace(` ${group},`, ',') : told
  const bare = (unsaid || name).replace(/ [\w.-]+\/(?=\w)/, ' ')
  return asMetered ? `paid today: ${bare.replace(/[,\s]*\(?as metered\)?$/, '')}` : bare
}

/** The option's name within a sentence: `shortName`, with whose GPUs are meant ("own 4× h100"). */
export function spokenName(option: OptionAnswer, group: string | null): string {
  return shortName(option, group).replace(/^on (?=\d)/, 'own ')
}

/**
 * Which weights are "today's": those of the first option, since the answer ranks them first; null where nobody said
 * which ones the traffic runs on, since then no option is known to do what today's does.
 */
export function primaryGroup({ options }: Pick<Answer, 'options'>): string | null {
  const group = options[0]?.group ?? null
  return options.some(option => option.group === group && option.meetsQuality !== 'unknown') ? group : null
}

/** Styles of all options of the answer, so that a line, its mark and its table row always agree. */
export function optionStyles(answer: Answer): Map<string, SeriesStyle> {
  const group = primaryGroup(answer)
  return seriesStyles(answer.options.map(({ name, kind, group: g }) => ({ name, kind, primary: g === group })))
}

/** The options a picture can carry: today's weights (the three cheapest APIs,
 * what is paid today, the cheapest endpoint by the hour, two fleets), then the cheapest of each other group (up to three). */
export function chartedOptions(answer: Answer): string[] {
  const group = primaryGroup(answer)
  const drawable = answer.options.filter(({ terms }) => terms !== null)
  const primary = drawable.filter(option => option.group === group)
  const apis = primary.filter(({ kind }) => kind === 'api')
  const metered = apis.filter(
    option => apis.indexOf(option) < 3 || option.asMetered || option.name === answer.comparedApi,
  )
  const own = [
    ...primary.filter(({ kind }) => kind === 'dedicated').slice(0, 1),
    ...primary.filter(({ kind }) => kind === 'self-host'),
  ].slice(0, 3)
  const others: OptionAnswer[] = []
  const mostOthers = group === null ? 6 : 3
  for (const option of drawable) {
    if (option.group !== group && others.length < mostOthers && others.every(other => other.group !== option.group)) {
      others.push(option)
    }
  }
  const names = new Set([...metered, ...own, ...others].map(({ name }) => name))
  for (const crossing of answer.crossings) names.add(crossing.from).add(crossing.to)
  return drawable.filter(({ name }) => names.has(name)).map(({ name }) => name)
}

/** Volumes in view: thirty times either way of "you are here", widened to hold the crossings within reach of it. */
export function volumeDomain(answer: Answer, today = answer.youAreHere.tokensPerMonth): [number, number] {
  const here = today > 0 ? today : 1e9
  let low = here / 30
  let high = here * 30
  const marks = [...answer.crossings.map(({ at }) => at), answer.forGoodFrom?.tokensPerMonth ?? here]
  for (const at of marks) {
    if (at > here / 1e4 && at < here * 1e4) {
      low = Math.min(low, at / 3)
      high = Math.max(high, at * 3)
    }
  }
  return [low, high]
}

/** The frame of a crossover picture: pure geometry, shared by the chart, the page's pointer and the tests. */
export function chartFrame(options: FrameOptions): ChartFrame {
  const { answer, width, height, yScale = 'log', header = 0, footer = 0 } = options
  const narrow = width < 640
  const domain = options.domain ?? volumeDomain(answer)
  const styles = optionStyles(answer)
  const shown = new Set(options.shown ?? chartedOptions(answer))
  const series: Series[] = answer.options.flatMap(option => {
    const style = styles.get(option.name)
    if (!option.terms || !style || !shown.has(option.name)) return []
    const vertices = curve(decidedTerms(option)!, domain[0], domain[1])
    const asBilled = option.optimised ? curve(option.terms, domain[0], domain[1]) : null
    return vertices.length > 1 ? [{ option, style, vertices, asBilled }] : []
  })
  const plot: Box = {
    left: narrow ? 46 : 62,
    right: width - (narrow ? 74 : Math.min(250, Math.max(190, width * 0.2))),
    top: header + (narrow ? 46 : 50),
    bottom: height - footer - 44,
  }
  const x = scaleLog().domain(domain).range([plot.left, plot.right])
  const costs = series.flatMap(({ vertices }) => vertices.map(({ usd }) => usd)).filter(usd => usd > 0)
  const least = costs.length > 0 ? Math.min(...costs) : 1
  const most = costs.length > 0 ? Math.max(...costs) : 1000
  const y =
    yScale === 'log'
      ? scaleLog()
          .domain([least / 1.25, Math.max(most * 1.25, least * 4)])
          .range([plot.bottom, plot.top])
      : scaleLinear()
          .domain([0, linearTop(answer, series, domain, most)])
          .nice(5)
          .range([plot.bottom, plot.top])
  const clampedY = (usd: number) => Math.min(plot.bottom, Math.max(plot.top, usd > 0 ? y(usd) : plot.bottom))
  const yTicks = y.ticks(6).filter(usd => yScale === 'linear' || isDecadeStep(usd, most / least))
  return {
    width,
    height,
    plot,
    narrow,
    domain,
    series,
    xTicks: volumeTicks(domain, narrow),
    yTicks: yTicks.map(usd => ({ at: usd, label: usdLabel(usd), major: true })),
    x: tokensPerMonth => x(Math.max(domain[0] / 1e6, tokensPerMonth)),
    y: clampedY,
    yFree: usd => (yScale === 'log' ? clampedY(usd) : y(usd)),
    volumeAt: pixel =>
      Math.min(domain[1], Math.max(domain[0], x.invert(Math.min(plot.right, Math.max(plot.left, pixel))))),
  }
}

/** Linear pictures look at the neighbourhood of the decision; far volumes leave through the top. */
function linearTop(answer: Answer, series: readonly Series[], domain: readonly [number, number], most: number): number {
  const last = answer.crossings[answer.crossings.length - 1]?.at ?? 0
  const reach = Math.min(domain[1], Math.max(answer.youAreHere.tokensPerMonth * 3, last * 1.5))
  const within = series.flatMap(({ vertices }) => vertices.filter(v => v.tokensPerMonth <= reach).map(v => v.usd))
  return within.length > 0 ? Math.max(...within) * 1.1 : most
}

/** On a log axis: 1, 2, 5 per decade while few decades are in view, else decades alone. */
function isDecadeStep(usd: number, span: number): boolean {
  const lead = Number(usd.toExponential(6).split('e')[0])
  return span > 2000 ? lead === 1 : lead === 1 || lead === 2 || lead === 5
}

function volumeTicks([low, high]: readonly [number, number], narrow: boolean): Tick[] {
  const ticks: Tick[] = []
  const decades = Math.log10(high / low)
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    for (let lead = 1; lead < 10; lead++) {
      const at = Number(`${lead}e${exponent}`)
      if (at < low || at > high) continue
      const major = lead === 1 || (!narrow && decades < 4.5 && lead === 3)
      ticks.push({ at, label: major ? volumeLabel(at).replace('/month', '') : '', major })
    }
  }
  return ticks
}
