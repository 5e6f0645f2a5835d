// An answer in; its options as a ranked table for a terminal out: today's weights, then a few of each other kind.
import { optionStyles, primaryGroup, shortName } from '../charts/frame.ts'
import { shareLabel, usdLabel, usdPerMtokLabel } from '../charts/labels.ts'
import type { Answer, Band, OptionAnswer, YesNoUnknown } from '../core/decide/answer.ts'
import { cascadeLabel, triedLabel } from '../core/decide/quality/tried-answer.ts'
import { type Ink, padded, paragraph, shortened } from './ansi.ts'

const head = ['$/month', 'band', '$/1k req', 'used', 'repl', 'q l'] as const
const widths = [8, 11, 8, 4, 4, 3] as const
const otherWeights = 'other weights: possible savings; whether they do the job is not measured'
const triedWeights = 'other weights: possible savings; whether they do the job is known where tasks were run'
const anyWeights = 'nobody said which weights this traffic runs on: whether any of these does the job is unknown'
const most = { api: 5, dedicated: 2, 'self-host': 4, others: 4 } as const
const kinds = ['api', 'dedicated', 'self-host'] as const

/** Rows of the table; `all` lists every option, else the cheapest, what is paid today and what is compared. */
export function optionsTable(answer: Answer, columns: number, pen: Ink, all: boolean): string[] {
  const fixed = widths.reduce((total, width) => total + width + 1, 0) + 3
  const nameWidth = Math.max(10, Math.min(48, columns - fixed))
  const styles = optionStyles(answer)
  const group = primaryGroup(answer)
  const cells = (name: string, letter: string, rest: readonly string[]) =>
    `${padded(letter, 3)}${padded(shortened(name, nameWidth), nameWidth)} ${rest.map((text, i) => padded(shortened(text, widths[i]!), widths[i]!, 'right')).join(' ')}`
  const row = (option: OptionAnswer) => {
    const letter = styles.get(option.name)?.letter ?? ' '
    const line = cells(shortName(option, group), letter, [
      usdLabel(option.usd),
      bandLabel(option.band),
      usdPerMtokLabel(option.usdPerThousandRequests),
      option.terms?.kind === 'api' ? '' : wholePercent(option.utilization),
      option.replicas === null ? '' : shortCount(option.replicas),
      `${mark(option.meetsQuality)} ${mark(option.meetsLatency)}`,
    ])
    const under = underWords(option).flatMap(text => paragraph(text, columns, '   ', '   '))
    return [option.name === answer.best ? pen.bold(line) : line, ...under.map(pen.dim)]
  }
  const listed = all ? answer.options : answer.options.filter(isListed(answer, group))
  const rows = (isSame: boolean) => listed.filter(option => (option.group === group) === isSame).flatMap(row)
  const more = answer.options.length - listed.length
  const others = rows(false)
  return [
    pen.dim(cells('option', '', head)),
    ...(group === null ? [] : paragraph(`same weights: ${group}`, columns).map(pen.dim)),
    ...rows(true),
    ...(others.length > 0 ? paragraph(othersWords(answer, group), columns).map(pen.dim) : []),
    ...others,
    ...(more > 0 ? [pen.dim(`and ${more} more (--explain)`)] : []),
    ...paragraph(
      `q quality, l latency (y meets, n misses, ? unknown); used: share of what full GPUs would serve; tokens are those of ${answer.options[0]?.tokensOf ?? 'today'}`,
      columns,
    ).map(pen.dim),
  ]
}

function othersWords({ options }: Answer, group: string | null): string {
  if (group === null) return anyWeights
  return options.some(option => option.group !== group && option.tried !== null) ? triedWeights : otherWeights
}

/** What a price alone does not tell: what the option could be had for, and which calls it does not take. */
function underWords({ optimised, infeasible, tried, cascade }: OptionAnswer): string[] {
  const saved = optimised?.levers.map(({ name, savesUsd }) => `${name} −${usdLabel(savesUsd)}`).join(', ')
  const { calls, share, reasons, fallback = null } = infeasible
  const refused =
    share === 1 ? `takes no call (${reasons[0]})` : `takes all but ${shareLabel(share)} of calls (${calls})`
  return [
    ...(optimised ? [`ranked at ${usdLabel(optimised.usd)}: ${saved}`] : []),
    ...(cascade === null ? [] : [cascadeLabel(cascade)]),
    ...(tried === null ? [] : [`tasks: ${triedLabel(tried)}`]),
    ...(calls === 0 ? [] : fallback === null ? [refused] : [`${refused}, which go to ${fallback.name}`]),
  ]
}

/** The cheapest few of today's weights by kind, what is paid, compared or best, and the cheapest of each other model. */
function isListed(answer: Answer, group: string | null): (option: OptionAnswer) => boolean {
  const same = answer.options.filter(option => option.group === group)
  const cheapest = answer.options.filter(
    (option, i, all) => option.group !== group && all.findIndex(other => other.group === option.group) === i,
  )
  // What has no cost at all cannot be chosen: it waits behind --explain, unless nothing else is there.
  const named = new Set([
    ...same.slice(0, 1),
    ...kinds.flatMap(one => same.filter(({ kind, usd }) => kind === one && usd !== null).slice(0, most[one])),
    ...cheapest.filter(({ usd }) => usd !== null).slice(0, most.others),
  ])
  const always = new Set([answer.best, answer.comparedApi, ...triedFirst(answer)])
  return option => named.has(option) || option.asMetered || always.has(option.name)
}

/** Of each option that tasks were run on the cheapest that its results speak for. */
function triedFirst({ options }: Answer): Iterable<string> {
  const first = new Map<string, string>()
  for (const { name, usd, tried } of options) {
    if (usd !== null && tried !== null && !first.has(tried.option)) first.set(tried.option, name)
  }
  return first.values()
}

function mark(value: YesNoUnknown): string {
  return value === 'yes' ? 'y' : value === 'no' ? 'n' : '?'
}

/** "$33k–259k": two digits say what a band knows; "±0.4 %" where they would say the same twice. */
function bandLabel(band: Band | null): string {
  if (band === null || !(band.high > band.low * 1.001)) return ''
  const [low, high] = [twoDigits(band.low), twoDigits(band.high)]
  if (low === high) return `±${shareLabel((band.high - band.low) / (band.high + band.low))}`
  const text = `${usdLabel(low)}–${usdLabel(high).replace('$', '')}`
  return shortened(text.replaceAll(',000', 'k').replace(/(\d),(\d)00/g, '$1.$2k'), widths[1])
}

function twoDigits(usd: number): number {
  return Number(usd.toPrecision(usd >= 100 && usd < 1000 ? 3 : 2))
}

function wholePercent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return '–'
  return share > 0 && share < 0.01 ? '<1%' : `${Math.round(share * 100)}%`
}

function shortCount(count: number): string {
  return count < 10_000 ? String(count) : shortened(`${Math.round(count / 1000)}k`, widths[4])
}
