// Money as whole pico-dollars (1e-12 USD), so that any printed price per token is exact and sums never drift.

/** Pico-dollars. Only this file makes them from text or ratios, and only `formatUsd` unmakes them. */
export type Money = bigint & { readonly unit: 'picodollar' }

export const zero: Money = 0n as Money

export const add = (a: Money, b: Money): Money => (a + b) as Money

/** A pico-dollar integer read back from a store (DECIMAL(38,12) mantissa, HUGEINT) as Money. */
export const fromPico = (pico: bigint): Money => pico as Money
