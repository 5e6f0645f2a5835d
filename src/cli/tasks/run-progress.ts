// How far a run is, and what it spent → one line that is drawn again and again.
import { formatUsd } from '../../core/meter/money.ts'
import type { Purse } from '../../tasks/run/purse.ts'
import type { RunProgress } from '../../tasks/run/runner.ts'

/** @param left tries that this process is to make: those of before say nothing of its speed */
export function progressText(
  left: number,
  purse: Purse,
  nowMs = () => performance.now(),
): (state: RunProgress) => string {
  const startedMs = nowMs()
  return ({ done, all, running }) => {
    const made = left - (all - done)
    const { spent, unpriced } = purse.state()
    const money = `$${Number(formatUsd(spent)).toFixed(4)}${unpriced === 0 ? '' : ` and ${unpriced} unpriced calls`}`
    const seconds = made === 0 ? null : (((nowMs() - startedMs) / made) * (all - done)) / 1000
    const rest = seconds === null || done === all ? '' : ` · about ${timeText(seconds)} left`
    return `${done}/${all} tries · ${money} · ${running} under way${rest}`
  }
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}
