// Tasks of an option in; the units that a sample is made of out: each task that stands by itself, and each cluster of them as one.

import type { Interval } from '../../statistics/interval.ts'
import { wilson } from '../../statistics/interval.ts'
import type { Units } from '../../statistics/ratio.ts'
import type { TaskMean } from './task-means.ts'

/** What is summed: `over` null leaves the item out. */
export interface Measure<Item> {
  task(item: Item): TaskMean
  over(item: Item): number | null
  under(item: Item): number
}

/** Weighted sums by cluster, weights scaled to a mean of 1: without clusters and weights, the tasks' own figures. */
export function unitsOf<Item>(
  items: readonly Item[],
  { task, over, under }: Measure<Item>,
): Units & { readonly tasks: number } {
  const at = new Map<number, number>()
  const [overs, unders]: [number[], number[]] = [[], []]
  let [tasks, weights] = [0, 0]
  for (const item of items) {
    const value = over(item)
    if (value === null) continue
    const { cluster, weight } = task(item)
    tasks++
    weights += weight
    const unit = at.get(cluster)
    if (unit === undefined) {
      at.set(cluster, overs.length)
      overs.push(value * weight)
      unders.push(under(item) * weight)
    } else {
      overs[unit] = overs[unit]! + value * weight
      unders[unit] = unders[unit]! + under(item) * weight
    }
  }
  const scale = tasks / weights
  if (scale !== 1) {
    for (let i = 0; i < overs.length; i++) {
      overs[i] = overs[i]! * scale
      unders[i] = unders[i]! * scale
    }
  }
  return { over: overs, under: unders, tasks }
}

const itself = (task: TaskMean): TaskMean => task

/** Cost over successes, of tasks that know both. */
export const costAndSuccess: Measure<TaskMean> = {
  task: itself,
  over: ({ whole }) => whole?.usd ?? null,
  under: ({ whole }) => whole?.passed ?? 0,
}

/** Any value over the tasks that have it. */
export const meanOf = (value: (task: TaskMean) => number | null): Measure<TaskMean> => ({
  task: itself,
  over: value,
  under: () => 1,
})

export interface PassRate extends Interval {
  readonly value: number
  readonly n: number
  /** As many independent tasks of equal weight would tell as much. */
  readonly effective: number
}

/**
 * The weighted share of tasks passed, with Wilson's interval. A task that was tried several times counts as one, with the
 * share of its tries that passed: that is never too narrow, since tries of one task vary no more than tries of as many
 * tasks. Unequal weights count as Kish's (Σw)² ÷ Σw² tasks, clusters as what their spread leaves of them, and where all
 * tasks agree as one task each, since nothing shows how much they hang together. Null without graded tasks.
 */
export function passRateOf(tasks: readonly TaskMean[], z?: number): PassRate | null {
  const graded = tasks.flatMap(({ passed, weight, cluster }) => (passed === null ? [] : [{ passed, weight, cluster }]))
  if (graded.length === 0) return null
  let [sum, squares, weight] = [0, 0, 0]
  for (const one of graded) {
    sum += one.weight * one.passed
    weight += one.weight
    squares += one.weight * one.weight
  }
  const isEven = graded.every(one => one.weight === graded[0]!.weight)
  const kish = isEven ? graded.length : (weight * weight) / squares
  const value = isEven ? graded.reduce((total, { passed }) => total + passed, 0) / graded.length : sum / weight
  const effective = kish * clusterShare(graded, value, weight, kish)
  const { low, high } = wilson(value * effective, effective, z)!
  return { value, low, high, n: graded.length, effective }
}

interface Graded {
  readonly passed: number
  readonly weight: number
  readonly cluster: number
}

/** What clusters leave of so many tasks: the variance of independent ones ÷ the clusters' own, 1 at most. */
function clusterShare(graded: readonly Graded[], value: number, weight: number, kish: number): number {
  const sums = new Map<number, number>()
  for (const one of graded) {
    sums.set(one.cluster, (sums.get(one.cluster) ?? 0) + one.weight * (one.passed - value))
  }
  const clusters = sums.size
  if (clusters === graded.length) return 1
  if (value <= 0 || value >= 1 || clusters < 2) return Math.min(1, clusters / kish)
  let squares = 0
  for (const sum of sums.values()) squares += sum * sum
  const variance = (squares * clusters) / ((clusters - 1) * weight * weight)
  return variance > 0 ? Math.min(1, (value * (1 - value)) / kish / variance) : 1
}
