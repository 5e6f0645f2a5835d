// What a run will cost → words before it costs anything, and a word asked for where it is much.
import { Fault } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { add, formatUsd, type Money, parseUsd, zero } from '../../core/meter/money.ts'
import { answerTokens, type OptionEstimate } from '../../tasks/run/estimate.ts'
import type { RunFlags } from './run.ts'

/** Above this a run on a terminal asks for a word first. */
const askAboveUsd = parseUsd('1')

/** @throws Fault CONSENT_NEEDED where a person could be asked, and nothing says how much may be spent */
export function checkConsent(estimate: readonly OptionEstimate[], { yes, maxUsd }: RunFlags): void {
  const about = estimate.reduce((sum, { about }) => add(sum, about), zero)
  if (yes === true || maxUsd !== undefined || about < askAboveUsd || process.stdin.isTTY !== true) return
  throw new Fault('CONSENT_NEEDED', `this run costs about ${dollars(about)}`, {
    where: 'crossline tasks run',
    fix: 'add --max-usd with what it may spend, or --yes',
  })
}

export const estimateJson = (estimate: readonly OptionEstimate[]) =>
  estimate.map(({ about, most, ...rest }) => ({ ...rest, aboutUsd: formatUsd(about), mostUsd: formatUsd(most) }))

export const dollars = (usd: Money): string =>
  `$${
    Number(formatUsd(usd))
      .toPrecision(3)
      .replace(/\.?0+$/, '') || '0'
  }`

/** `24 tries: about $0.12 with answers of 300 tokens, at most $0.80; 8 of own have no price`. */
export function estimateText(estimate: readonly OptionEstimate[]): string {
  const tries = estimate.reduce((sum, one) => sum + one.tries, 0)
  const about = estimate.reduce((sum, one) => add(sum, one.about), zero)
  const most = estimate.reduce((sum, one) => add(sum, one.most), zero)
  const unknown = estimate.flatMap(({ option, unknown }) => (unknown === 0 ? [] : [`${unknown} of ${option}`]))
  const money = `about ${dollars(about)} with answers of up to ${answerTokens} tokens, at most ${dollars(most)}`
  const rest = unknown.length === 0 ? '' : `; nobody knows the price of ${unknown.join(', ')}`
  return `${many(tries, 'try', 'tries')}: ${unknown.length === estimate.length ? 'no price is known' : money + rest}`
}
