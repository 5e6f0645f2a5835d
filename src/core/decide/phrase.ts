// Numbers in; the words that a sentence uses for them, out.

/** `1234.5` → `$1,235`; below 100 with cents, below 10 cents to two significant digits. */
export function usdWords(usd: number): string {
  const amount = Math.abs(usd)
  const sign = usd < 0 ? '−' : ''
  if (amount >= 100) return `${sign}$${grouped(Math.round(amount))}`
  if (amount >= 0.1 || amount === 0) return `${sign}$${amount.toFixed(2)}`
  return `${sign}$${Number(amount.toPrecision(2))}`
}

/** `9_120_000_000` → `9.12 billion tokens`. */
export function tokenWords(tokens: number): string {
  const units: readonly (readonly [number, string])[] = [
    [1e12, 'trillion'],
    [1e9, 'billion'],
    [1e6, 'million'],
    [1e3, 'thousand'],
  ]
  for (const [size, name] of units) {
    if (tokens >= size * 0.9995) return `${three(tokens / size)} ${name} tokens`
  }
  return `${three(tokens)} tokens`
}

/** A ratio as "2.3×". */
export function timesWords(ratio: number): string {
  return `${ratio >= 0.01 ? three(ratio) : ratio.toPrecision(1)}×`
}

/** A latency: "50 ms", "1.7 s". */
export function latencyWords(ms: number): string {
  if (ms < 999.5) return `${Number(ms.toPrecision(ms < 10 ? 2 : 3))} ms`
  return `${Number((ms / 1000).toFixed(1))} s`
}

export function spanWords(days: number): string {
  if (days >= 2) return `${three(days)} days`
  const hours = days * 24
  if (hours >= 2) return `${three(hours)} hours`
  if (hours * 60 >= 2) return `${three(hours * 60)} minutes`
  return `${three(Math.max(0, hours * 3600))} seconds`
}

/** Three significant digits, grouped, without trailing zeros. */
function three(value: number): string {
  const rounded = Number(value.toPrecision(3))
  return rounded >= 1000 ? grouped(rounded) : String(rounded)
}

/** 1234567 → 1,234,567; every digit of a number of any size. */
export function grouped(whole: number): string {
  return (Number.isInteger(whole) ? BigInt(whole) : whole).toString().replace(/\B(?=(\d{3})+$)/g, ',')
}
