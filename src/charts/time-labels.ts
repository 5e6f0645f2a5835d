// Lengths of time and counts → what stands at the axes of a picture over time.
import { scaleLinear } from 'd3-scale'

/** An axis of time since the beginning. */
export interface Clock {
  readonly ticks: readonly { readonly atSeconds: number; readonly label: string }[]
  /** Names the unit of the ticks. */
  readonly axis: string
}

const units = [
  { name: 'days', seconds: 86_400, from: 3 * 86_400 },
  { name: 'hours', seconds: 3600, from: 3 * 3600 },
  { name: 'minutes', seconds: 60, from: 180 },
  { name: 'seconds', seconds: 1, from: 0 },
] as const

/** Round steps of the clock, eight to twelve of them. */
const steps: Readonly<Record<(typeof units)[number]['name'], readonly number[]>> = {
  days: [1, 2, 7, 14, 28],
  hours: [0.5, 1, 2, 3, 6, 12],
  minutes: [1, 2, 5, 10, 15, 30],
  seconds: [1, 2, 5, 10, 15, 30],
}

export function clockOf(seconds: number): Clock {
  const unit = units.find(({ from }) => seconds >= from)!
  const span = seconds / unit.seconds
  const step = steps[unit.name].find(one => span / one <= 12) ?? scaleLinear().domain([0, span]).ticks(10)[1] ?? span
  const ticks: { atSeconds: number; label: string }[] = []
  for (let k = 0; k * step <= span * (1 + 1e-9); k++) {
    ticks.push({ atSeconds: k * step * unit.seconds, label: String(Number((k * step).toPrecision(6))) })
  }
  return { ticks, axis: `${unit.name} since the first request` }
}

/** "80 ms", "1.2 s", "2 min". */
export function secondsLabel(ms: number): string {
  if (ms < 999.5) return `${Number(ms.toPrecision(2))} ms`
  if (ms < 99_950) return `${Number((ms / 1000).toPrecision(2))} s`
  return `${Number((ms / 60_000).toPrecision(2))} min`
}

/** "0.5", "12", "1.5k". */
export function shortCount(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (value >= 1000) return `${Number((value / 1000).toPrecision(3))}k`
  return String(Number(value.toPrecision(3)))
}
