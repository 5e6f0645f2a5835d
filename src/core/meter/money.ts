// Money as whole pico-dollars (1e-12 USD), so that any printed price per token is exact and sums never drift.
import { Fault } from '../fault/fault.ts'

/** Pico-dollars. Only this file makes them from text or ratios, and only `formatUsd` unmakes them. */
export type Money = bigint & { readonly unit: 'picodollar' }

export const zero: Money = 0n as Money

export const add = (a: Money, b: Money): Money => (a + b) as Money

/** A pico-dollar integer read back from a store (DECIMAL(38,12) mantissa, HUGEINT) as Money. */
export const fromPico = (pico: bigint): Money => pico as Money

/** An exact decimal number: `unscaled` × 10^−`scale`. Rates, multipliers and shares as sellers print them. */
export interface Decimal {
  readonly unscaled: bigint
  readonly scale: number
}

export const one: Decimal = { unscaled: 1n, scale: 0 }

const decimalPattern = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/

/** `"0.003625"` or `"8.775e-06"` as an exact decimal; null when the text is not a decimal number. */
export function parseDecimal(text: string): Decimal | null {
  const match = decimalPattern.exec(text.trim())
  if (!match) return null
  const [, sign, whole = '0', part = '', exponent = '0'] = match
  let unscaled = BigInt(whole + part)
  let scale = part.length - Number(exponent)
  if (scale < 0) {
    unscaled *= 10n ** BigInt(-scale)
    scale = 0
  }
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n
    scale--
  }
  return { unscaled: sign === '-' ? -unscaled : unscaled, scale }
}

/** A decimal known to be well formed (a literal, or text that a schema has passed). */
export function decimal(text: string): Decimal {
  const parsed = parseDecimal(text)
  if (!parsed) throw new Fault('MONEY_INVALID', `expected a decimal number such as "2.50", got "${text}"`)
  return parsed
}

export function timesDecimal(a: Decimal, b: Decimal): Decimal {
  let unscaled = a.unscaled * b.unscaled
  let scale = a.scale + b.scale
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n
    scale--
  }
  return { unscaled, scale }
}

export const addDecimal = (a: Decimal, b: Decimal): Decimal => {
  const scale = Math.max(a.scale, b.scale)
  return {
    unscaled: a.unscaled * 10n ** BigInt(scale - a.scale) + b.unscaled * 10n ** BigInt(scale - b.scale),
    scale,
  }
}

/** The shortest decimal text: `"2.5"`, `"0.003625"`. */
export function decimalText({ unscaled, scale }: Decimal): string {
  const sign = unscaled < 0n ? '-' : ''
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** `numerator ÷ denominator` rounded to a whole number, ties to even (IEEE 754 roundTiesToEven). `denominator` > 0. */
export function roundHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 1n) return numerator
  const negative = numerator < 0n
  const size = negative ? -numerator : numerator
  let quotient = size / denominator
  const twice = (size % denominator) * 2n
  if (twice > denominator || (twice === denominator && quotient % 2n === 1n)) quotient += 1n
  return negative ? -quotient : quotient
}

/** Money with its twelve decimals, `"0.012345000000"`: what every JSON document prints. */
export function formatUsd(money: Money): string {
  if (money >= 0n && money <= 9_007_199_254_740_991n) return formatPico(Number(money))
  const sign = money < 0n ? '-' : ''
  const digits = (money < 0n ? -money : money).toString().padStart(13, '0')
  return `${sign}${digits.slice(0, -12)}.${digits.slice(-12)}`
}

/** The same for pico-dollars held in a safe integer ≥ 0: the fast path of bulk pricing. */
export function formatPico(pico: number): string {
  if (pico < 1e12) return `0.${String(pico).padStart(12, '0')}`
  let whole = Math.floor(pico / 1e12)
  // Past 4,503 USD the quotient's own rounding can reach the next integer.
  if (whole * 1e12 > pico) whole--
  return `${whole}.${String(pico - whole * 1e12).padStart(12, '0')}`
}

/** Dollars as text (`"12.34"`, `"8.775e-06"`, `"-0.5"`) as Money; finer than a pico-dollar is rounded half-even. Throws Fault. */
export function parseUsd(text: string): Money {
  const parsed = parseDecimal(text)
  if (!parsed) throw new Fault('MONEY_INVALID', `expected dollars such as "0.0123", got "${text}"`)
  const { unscaled, scale } = parsed
  if (scale <= 12) return (unscaled * 10n ** BigInt(12 - scale)) as Money
  return roundHalfEven(unscaled, 10n ** BigInt(scale - 12)) as Money
}
