// Pixels, keys and slider positions in; round volumes out, the same ones whichever way the reader moves.

/** Forty steps a decade: one key press is 6 %. */
export const stepsPerDecade = 40

/** Four significant digits: a volume that can be typed after `--volume`. */
export function roundedVolume(tokensPerMonth: number): number {
  return Number(tokensPerMonth.toPrecision(4))
}

/** The volume some steps away, kept within what is in view. */
export function stepped(tokensPerMonth: number, steps: number, [low, high]: readonly [number, number]): number {
  const next = 10 ** (Math.log10(tokensPerMonth) + steps / stepsPerDecade)
  return roundedVolume(Math.min(high, Math.max(low, next)))
}

/** Steps that a key means (arrows one, with Shift ten, Page keys ten); null for another key. */
export function stepsOfKey(event: { readonly key: string; readonly shiftKey: boolean }): number | null {
  const size = event.shiftKey ? 10 : 1
  switch (event.key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return size
    case 'ArrowLeft':
    case 'ArrowDown':
      return -size
    case 'PageUp':
      return 10
    case 'PageDown':
      return -10
    default:
      return null
  }
}

/** "9.1G", "9100 Mtok", "9.1e9" as tokens; null when it is not a volume. */
export function volumeOfText(typed: string): number | null {
  const match = /^\s*([\d.,]+(?:e[+-]?\d+)?)\s*([kmgtp]?)(?:tok(?:ens)?)?(?:\s*\/\s*month)?\s*$/i.exec(typed)
  if (!match) return null
  const scale = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, p: 1e15 }[match[2]!.toLowerCase()] ?? 1
  const tokens = Number(match[1]!.replace(/,/g, '')) * scale
  return tokens >= 1 && tokens <= 1e18 ? tokens : null
}
