// A number in; the few characters that a reader needs of it out ("9.1 Gtok", "$12.4k", "×3.2").
import type { Band } from '../core/decide/answer.ts'
import type { Sensitivity } from '../core/decide/market.ts'
import type { PossibleSaving } from '../core/decide/possible-savings.ts'

const tokenSteps = [
  { from: 1e15, unit: 'Ptok', size: 1e15 },
  { from: 1e12, unit: 'Ttok', size: 1e12 },
  { from: 1e9, unit: 'Gtok', size: 1e9 },
  { from: 1e6, unit: 'Mtok', size: 1e6 },
  { from: 1e3, unit: 'ktok', size: 1e3 },
  { from: 0, unit: 'tok', size: 1 },
] as const

/** "9.1 Gtok": a count of tokens with two significant digits or more, never more than four. */
export function tokensLabel(tokens: number | null): string {
  if (tokens === null || !Number.isFinite(tokens)) return '–'
  const step = tokenSteps.find(({ from }) => roundedAt(tokens, from) >= from) ?? tokenSteps[5]
  return `${shortNumber(tokens / step.size)} ${step.unit}`
}

/** "9.1 Gtok/month". */
export function volumeLabel(tokensPerMonth: number | null): string {
  return tokensPerMonth === null ? '–' : `${tokensLabel(tokensPerMonth)}/month`
}

/** "$12.4k", "$830", "$0.042": money for a chart or a table cell; null is a dash, never $0. */
export function usdLabel(usd: number | null): string {
  if (usd === null || !Number.isFinite(usd)) return '–'
  const sign = usd < 0 ? '−' : ''
  const size = Math.abs(usd)
  if (size === 0) return '$0'
  if (size >= 999.5e9) return `${sign}$${shortNumber(size / 1e12)}T`
  if (size >= 999.5e6) return `${sign}$${shortNumber(size / 1e9)}B`
  if (size >= 999.5e3) return `${sign}$${shortNumber(size / 1e6)}M`
  if (size >= 9_999.5) return `${sign}$${shortNumber(size / 1e3)}k`
  if (size >= 999.5) return `${sign}$${grouped(size, 0)}`
  if (size >= 100) return `${sign}$${size.toFixed(0)}`
  if (size >= 10) return `${sign}$${trimmed(size.toFixed(1))}`
  if (size >= 1) return `${sign}$${size.toFixed(2)}`
  return `${sign}$${trimmed(size.toPrecision(2))}`
}

/** "12,402.18": dollars and cents in full, for the readout under a cursor and for tables beside it. */
export function usdExactLabel(usd: number | null): string {
  if (usd === null || !Number.isFinite(usd)) return '–'
  if (usd !== 0 && Math.abs(usd) < 0.01) return `$${trimmed(usd.toPrecision(2))}`
  return `${usd < 0 ? '−' : ''}$${grouped(Math.abs(usd), 2)}`
}

/** "$0.42": a price per million tokens. */
export function usdPerMtokLabel(usd: number | null): string {
  if (usd === null || !Number.isFinite(usd)) return '–'
  if (usd >= 1000) return `$${grouped(usd, 0)}`
  if (usd >= 100) return `$${usd.toFixed(0)}`
  if (usd >= 0.1 || usd === 0) return `$${usd.toFixed(2)}`
  return `$${trimmed(usd.toPrecision(2))}`
}

/** "×3.2", "×0.4": how many times today's volume. */
export function multipleLabel(multiple: number | null): string {
  if (multiple === null || !Number.isFinite(multiple)) return '–'
  return `×${multiple < 0.1 && multiple > 0 ? trimmed(multiple.toPrecision(1)) : shortNumber(multiple)}`
}

/** "37 %", "0.4 %", "<0.1 %": a share of one. */
export function shareLabel(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return '–'
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return '<0.1 %'
  if (percent < 100 && percent > 99.9) return '>99.9 %'
  return percent < 10 && percent > 0 ? `${trimmed(percent.toFixed(1))} %` : `${percent.toFixed(0)} %`
}

/** "14,203": a count with thousands set apart. */
export function countLabel(count: number | null): string {
  return count === null || !Number.isFinite(count) ? '–' : grouped(count, 0)
}

/** "14 days", "21 hours", "55 minutes", "0.3 seconds": a length of traffic in the unit a person would use. */
export function daysLabel(days: number): string {
  if (days >= 2) return `${trimmed(days.toFixed(days < 10 ? 1 : 0))} days`
  if (days * 24 >= 2) return `${trimmed((days * 24).toFixed(days * 24 < 10 ? 1 : 0))} hours`
  const minutes = days * 24 * 60
  if (minutes >= 2) return `${minutes.toFixed(0)} minutes`
  return `${trimmed((minutes * 60).toFixed(minutes * 60 < 10 ? 1 : 0))} seconds`
}

/** What other weights would save, and which price of a failure would cancel it. */
export function savingLabel({ group, option, usdPerMonth, hStarUsd, perExtraFailureShare }: PossibleSaving): string {
  const { low, high } = usdPerMonth
  const range = low > 0 ? `${usdLabel(low)}–${usdLabel(high).replace('$', '')}` : `up to ${usdLabel(high)}`
  const calls = Math.round(1 / perExtraFailureShare)
  return `${group} (${option}): ${range} a month less, unless it fails once more in ${calls} calls and a failure costs more than ${usdLabel(hStarUsd)}`
}

/** What the market's spread of GPU prices makes of a fleet, and whether that alone decides. */
export function sensitivityLabel({ gpu, low, high, against, againstUsd, decides }: Sensitivity): string {
  const hour = `${usdPerMtokLabel(low.usdPerGpuHour)}–${usdPerMtokLabel(high.usdPerGpuHour).replace('$', '')}`
  const month = `${usdLabel(low.usd)}–${usdLabel(high.usd).replace('$', '')}`
  const rival =
    against === null
      ? ''
      : `, against ${usdLabel(againstUsd)}: the price alone ${decides ? 'decides' : 'does not decide'}`
  return `${gpu} sells at ${hour} an hour across the market: own GPUs at ${month} a month${rival}`
}

/** "$120–270"; "−$40…$270" where it may also cost more. */
export function savingRangeLabel(saving: Band | null): string {
  if (saving === null) return '–'
  const [low, high] = [usdLabel(saving.low), usdLabel(saving.high)]
  if (low === high) return high
  return saving.low < 0 ? `${low}…${high}` : `${low}–${high.replace('$', '')}`
}

/** The first sentence and the rest: a headline and what stands under it. */
export function headline(verdict: string): { readonly first: string; readonly rest: string } {
  const end = /[.!?]\s+(?=\S)/.exec(verdict)
  if (!end) return { first: verdict, rest: '' }
  return { first: verdict.slice(0, end.index + 1), rest: verdict.slice(end.index + end[0].length) }
}

/** The same text, with its numbers and their per cent signs never on two lines. */
export function unbroken(text: string): string {
  return text.replace(/(\d) %/g, '$1\u00a0%')
}

/** The sentences of a text, each with its full stop. */
export function sentences(text: string): string[] {
  const { first, rest } = headline(text)
  return [first, ...(rest === '' ? [] : sentences(rest))].filter(Boolean)
}

/** `text` cut to `width` characters with an ellipsis in the middle, where model names differ least. */
export function fitted(text: string, width: number): string {
  if (text.length <= width) return text
  if (width < 5) return text.slice(0, Math.max(0, width))
  const tail = Math.floor((width - 1) / 3)
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`
}

/** Digits with thousands set apart by commas, without a locale's help: the same bytes everywhere. */
function grouped(value: number, decimals: number): string {
  const [whole = '0', part] = value.toFixed(decimals).split('.')
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return part ? `${spaced}.${part}` : spaced
}

function shortNumber(value: number): string {
  if (value >= 1e6) return trimmed(value.toPrecision(3))
  if (value >= 99.95) return grouped(value, 0)
  if (value >= 9.995) return trimmed(value.toFixed(1))
  return trimmed(value.toFixed(value < 1 ? 2 : 1))
}

function trimmed(text: string): string {
  return text.includes('e') || !text.includes('.') ? text : text.replace(/\.?0+$/, '')
}

/** 999,950 reads as 1 Mtok, not as 1,000 ktok: round first, then choose the unit. */
function roundedAt(tokens: number, from: number): number {
  return from === 0 ? tokens : tokens * 1.0005
}
