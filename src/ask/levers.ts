// A bill and the savings that change no answer in; the bill after those that pay, and what each saved, out.
import { type HostedOffer, listPrices } from '../catalog/offers.ts'
import type { Optimised } from '../core/decide/evidence.ts'
import { formatUsd, type Money } from '../core/meter/money.ts'
import { toldAnswerTokens, toldPromptTokens, type UsageKind } from '../core/meter/usage.ts'

/** A bill with a lever pulled: outright, or as a share of whatever is billed before it. */
export type Lever =
  | {
      readonly name: string
      readonly usd: Money
      readonly usdByWindow: readonly number[]
      readonly evidence: string
    }
  | { readonly name: string; readonly savesShare: number; readonly evidence: string }

/** Calls that may wait for a batch: marked `deferrable=true`, or sent as batch today. */
export interface Deferrable {
  readonly calls: number
  readonly input: number
  readonly output: number
}

interface Bill {
  readonly usd: Money
  readonly usdByWindow: readonly number[]
}

/** Pulls the levers in order, each only if it makes the bill smaller; null when none does. */
export function optimised(billed: Bill, levers: readonly (Lever | null)[]): Optimised | null {
  let bill = billed
  const pulled: { name: string; savesUsd: number; evidence: string }[] = []
  for (const lever of levers) {
    if (lever === null) continue
    const next =
      'usd' in lever
        ? { usd: lever.usd, usdByWindow: lever.usdByWindow }
        : {
            // A share of an exact sum: rounded to the pico-dollar, once.
            usd: (bill.usd - BigInt(Math.round(Number(bill.usd) * lever.savesShare))) as Money,
            usdByWindow: bill.usdByWindow.map(usd => usd * (1 - lever.savesShare)),
          }
    if (next.usd >= bill.usd) continue
    pulled.push({ name: lever.name, savesUsd: Number(bill.usd - next.usd) / 1e12, evidence: lever.evidence })
    bill = next
  }
  return pulled.length === 0 ? null : { usd: formatUsd(bill.usd), usdByWindow: bill.usdByWindow, levers: pulled }
}

/**
 * Batch price for the calls that may wait: their share of the list price of all calls, times the discount. What caching
 * left is discounted in proportion, since which of them would still hit is not known. Null where nothing may wait or the
 * seller promises no discount.
 */
export function batchLever(
  offer: HostedOffer,
  traffic: { readonly total: Readonly<Record<UsageKind, number>> },
  deferrable: Deferrable | null,
): Lever | null {
  const discount = discountOf(offer)
  const prices = listPrices(offer)
  if (deferrable === null || deferrable.calls === 0 || discount === null || prices === null) return null
  const at = (input: number, output: number) => prices.inputUsdPerMtok * input + prices.outputUsdPerMtok * output
  const all = at(toldPromptTokens(traffic.total), toldAnswerTokens(traffic.total))
  const waiting = at(deferrable.input, deferrable.output)
  if (!(all > 0) || !(waiting > 0)) return null
  return {
    name: 'batch',
    savesShare: (discount * Math.min(waiting, all)) / all,
    evidence: `${deferrable.calls} calls may wait (deferrable=true or tier batch), at ${Math.round(discount * 100)} % less`,
  }
}

/** The discount that a seller promises: the lower end of a range, nothing of an "up to", Google's own only for Gemini. */
export function discountOf({ batchDiscount, weights }: Pick<HostedOffer, 'batchDiscount' | 'weights'>): number | null {
  if (batchDiscount === null || batchDiscount.includes('up to')) return null
  if (batchDiscount.includes('Gemini') && !weights.startsWith('gemini-')) return null
  const share = Number(/^[\d.]+/.exec(batchDiscount)?.[0] ?? Number.NaN)
  return share > 0 && share < 1 ? share : null
}
