// Strata with their sizes and spreads in; how many to draw from each, and which, the same for the same seed whatever order they come in, out.
import { stream } from './random.ts'

export interface Stratum {
  readonly name: string
  /** Units of the population in it. */
  readonly units: number
  /** Of them those that can be drawn. */
  readonly available: number
  /** Standard deviation of what is estimated, within it; null = not known. */
  readonly spread: number | null
}

/** Below two a stratum's variance cannot be estimated. */
const leastPerStratum = 2

/**
 * Neyman's allocation of `draws` (1934): two of each stratum where there are two, and the rest in proportion to N_g σ_g, but no
 * more than there are; what a full stratum leaves goes to the others. A spread that is not known is taken as the mean of the
 * known ones, and without any the allocation is in proportion to N_g. Rounded by largest remainders, ties by name.
 */
export function neymanAllocation(strata: readonly Stratum[], draws: number): Map<string, number> {
  const able = strata.filter(({ available }) => available > 0).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const known = able.flatMap(({ spread }) => (spread === null ? [] : [spread]))
  const usual = known.length === 0 ? 1 : known.reduce((sum, one) => sum + one, 0) / known.length
  const shareOf = ({ units, spread }: Stratum): number => units * (usual === 0 ? 1 : (spread ?? usual))
  const taken = new Map(able.map(one => [one.name, Math.min(leastPerStratum, one.available)]))
  let left = draws - [...taken.values()].reduce((sum, count) => sum + count, 0)
  let open = able.filter(one => taken.get(one.name)! < one.available)
  while (left > 0 && open.length > 0) {
    const total = open.reduce((sum, one) => sum + shareOf(one), 0)
    const wanted = open.map(one => {
      const room = one.available - taken.get(one.name)!
      // Where nothing spreads, sizes alone decide.
      const share = total > 0 ? shareOf(one) / total : one.units / open.reduce((sum, other) => sum + other.units, 0)
      return { one, room, exact: share * left }
    })
    const full = wanted.filter(({ room, exact }) => exact >= room)
    if (full.length > 0) {
      for (const { one, room } of full) {
        const given = Math.min(room, left)
        taken.set(one.name, taken.get(one.name)! + given)
        left -= given
      }
      open = open.filter(one => taken.get(one.name)! < one.available)
      continue
    }
    let rest = left - wanted.reduce((sum, { exact }) => sum + Math.floor(exact), 0)
    const byRemainder = wanted.toSorted(
      (a, b) => b.exact - Math.floor(b.exact) - (a.exact - Math.floor(a.exact)) || (a.one.name < b.one.name ? -1 : 1),
    )
    for (const { one, exact } of byRemainder) {
      const more = Math.floor(exact) + (rest > 0 ? 1 : 0)
      rest -= more - Math.floor(exact)
      taken.set(one.name, taken.get(one.name)! + more)
    }
    left = 0
  }
  return taken
}

/** The place of an id in the draw under a seed, from 0 to below 1: of it alone, whatever else is there. */
export const placeInDraw = (seed: number, id: string): number => stream(seed, `draw ${id}`).uniform()

/** The first `count` by their places: of a larger count the same and more. */
export function drawn<T>(units: readonly T[], count: number, seed: number, idOf: (unit: T) => string): T[] {
  return units
    .map(unit => ({ unit, id: idOf(unit), place: placeInDraw(seed, idOf(unit)) }))
    .sort((a, b) => a.place - b.place || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .slice(0, count)
    .map(({ unit }) => unit)
}
