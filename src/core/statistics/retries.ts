// Several tries of each task in; what trying up to k times would give, out.

/**
 * The chance that one of k tries passes, unbiased from `passes` of `tries`: 1 − C(n−c, k) ÷ C(n, k) (Chen et al., arXiv
 * 2107.03374). What k tries are worth only to one who knows which of them passed. Null when there were fewer than k.
 */
export function passAtK(tries: number, passes: number, k: number): number | null {
  if (tries < k) return null
  if (tries - passes < k) return 1
  let none = 1
  for (let i = tries - passes + 1; i <= tries; i++) none *= 1 - k / i
  return 1 - none
}

export interface RetriedTask {
  /** Chance that a try passes, and what one costs, with its check. */
  readonly rate: number
  readonly usd: number
}

/**
 * Trying until a check that is never wrong says it passed, at most k times: cost c(1 − (1−p)^k) ÷ p and success 1 − (1−p)^k,
 * task by task. From the mean of p alone it would look better than it is: what failed once is mostly hard.
 */
export function retriedUntilPassed(tasks: readonly RetriedTask[], k: number): { usd: number; success: number } | null {
  if (tasks.length === 0) return null
  let [usd, success] = [0, 0]
  for (const { rate, usd: each } of tasks) {
    let none = 1
    for (let i = 0; i < k; i++) {
      usd += each * none
      none *= 1 - rate
    }
    success += 1 - none
  }
  return { usd: usd / tasks.length, success: success / tasks.length }
}
