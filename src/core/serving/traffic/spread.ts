// Arrivals whose clock was coarse → the same arrivals spread over each tick, so that a rounded time is not a burst.
import type { Arrivals } from './arrivals.ts'

/**
 * Requests with one timestamp are spread evenly up to the next distinct one (the last group over the median tick), as
 * logs rounded to seconds need: Mooncake's are rounded to 3 s, ten requests an instant. Times that are all distinct stay.
 */
export function spreadTies(arrivals: Arrivals): Arrivals {
  const { n, atSeconds } = arrivals
  const spread = atSeconds.slice()
  const ticks: number[] = []
  for (let from = 0; from < n; ) {
    let to = from + 1
    while (to < n && atSeconds[to]! === atSeconds[from]!) to++
    const tick = to < n ? atSeconds[to]! - atSeconds[from]! : lastTick(ticks)
    if (to < n && to - from > 1) ticks.push(tick)
    for (let k = from + 1; k < to; k++) spread[k] = atSeconds[from]! + (tick * (k - from)) / (to - from)
    from = to
  }
  return { ...arrivals, atSeconds: spread }
}

function lastTick(ticks: number[]): number {
  if (ticks.length === 0) return 0
  ticks.sort((a, b) => a - b)
  return ticks[Math.floor(ticks.length / 2)]!
}
