// Units of a population, how many to draw and a seed in; the calls drawn, each with its weight, and what they stand for and do not, out.
import { groupedBy } from '../../../statistics/grouped.ts'
import { moments } from '../../../statistics/sample.ts'
import { drawn, neymanAllocation, type Stratum } from '../../../statistics/stratified.ts'
import { certainty, type FrameCall, type SamplingUnit } from './sampling-units.ts'

export interface SampledCall {
  readonly call: FrameCall
  readonly stratum: string
  /** How many calls of the population it stands for. */
  readonly weight: number
  /** Its session where that was drawn as a whole; null = it stands by itself. */
  readonly session: string | null
  /** What was drawn: the call, or its session. */
  readonly unit: string
  /** Calls of its unit that it stands for: itself and those that are alike. */
  readonly standsFor: number
}

export interface StratumDrawn {
  readonly name: string
  readonly units: number
  readonly calls: number
  /** Of its priced calls; null = none is. */
  readonly usd: number | null
  readonly available: number
  readonly drawnUnits: number
  readonly drawnCalls: number
}

export interface StratifiedSample {
  readonly calls: readonly SampledCall[]
  readonly strata: readonly StratumDrawn[]
  readonly population: Part
  /** Calls of strata from which something was drawn. */
  readonly represented: Part
  /** Calls whose content is not at hand. */
  readonly withoutContent: Part
}

export interface Part {
  readonly calls: number
  readonly usd: number
}

const small = '(small strata)'

/** Strata of which one unit alone is at hand are taken together: of one unit nobody can tell how far others differ. */
function collapsed(units: readonly SamplingUnit[]): SamplingUnit[] {
  const byStratum = groupedBy(units.filter(hasContent), ({ stratum }) => stratum)
  const single = new Set(
    [...byStratum].flatMap(([name, own]) => (own.length === 1 && name !== certainty ? [name] : [])),
  )
  if (single.size < 2) return [...units]
  return units.map(unit => (single.has(unit.stratum) ? { ...unit, stratum: small } : unit))
}

/**
 * Every unit of the certainty stratum that can be drawn is, and stands for itself; of those that cannot, nothing speaks.
 * In each other stratum units are drawn at random, and each call weighs as many calls as the stratum has ÷ those that were
 * drawn: weights add up to the calls of all strata from which something was drawn (Hájek within strata). Units without
 * content are taken to be like those with it in their stratum.
 */
export function stratifiedSample(population: readonly SamplingUnit[], draws: number, seed: number): StratifiedSample {
  const units = collapsed(population)
  const byStratum = groupedBy(units, ({ stratum }) => stratum)
  const names = [...byStratum.keys()].sort()
  const sure = (byStratum.get(certainty) ?? []).filter(({ hasContent }) => hasContent)
  const others = names.filter(name => name !== certainty)
  const allocated = neymanAllocation(
    others.map((name): Stratum => {
      const own = byStratum.get(name)!
      return { name, units: own.length, available: own.filter(hasContent).length, spread: spreadOf(own) }
    }),
    Math.max(0, draws - sure.length),
  )
  const calls: SampledCall[] = []
  const strata: StratumDrawn[] = []
  for (const name of names) {
    const own = byStratum.get(name)!
    const able = own.filter(hasContent)
    const taken = name === certainty ? sure : drawn(able, allocated.get(name) ?? 0, seed, ({ id }) => id)
    const size = sizeOf(own)
    const speak = sizeOf(taken)
    const scale = name === certainty ? 1 : size / speak
    const made = taken.flatMap(unit =>
      unit.calls.map(({ call, standsFor }) => ({
        call,
        stratum: name,
        weight: standsFor * scale,
        session: unit.calls.length > 1 ? call.session : null,
        unit: unit.id,
        standsFor,
      })),
    )
    calls.push(...made)
    strata.push({
      name,
      units: own.length,
      calls: size,
      usd: usdOf(own),
      available: able.length,
      drawnUnits: taken.length,
      drawnCalls: made.length,
    })
  }
  const spoken = units.filter(unit =>
    unit.stratum === certainty ? unit.hasContent : (allocated.get(unit.stratum) ?? 0) > 0,
  )
  return {
    calls: calls.sort((a, b) => (a.call.id < b.call.id ? -1 : a.call.id > b.call.id ? 1 : 0)),
    strata,
    population: partOf(units),
    represented: partOf(spoken),
    withoutContent: partOf(units.filter(unit => !unit.hasContent)),
  }
}

const hasContent = (unit: SamplingUnit): boolean => unit.hasContent
const sizeOf = (units: readonly SamplingUnit[]): number => units.reduce((sum, { size }) => sum + size, 0)
const partOf = (units: readonly SamplingUnit[]): Part => ({ calls: sizeOf(units), usd: usdOf(units) ?? 0 })

function usdOf(units: readonly SamplingUnit[]): number | null {
  const known = units.flatMap(({ usd }) => (usd === null ? [] : [usd])).sort((a, b) => a - b)
  return known.length === 0 ? null : known.reduce((sum, usd) => sum + usd, 0)
}

/** Of the cost of a unit; its values in order, so that their sum does not depend on how they came. */
function spreadOf(units: readonly SamplingUnit[]): number | null {
  const { variance } = moments(units.flatMap(({ usd }) => (usd === null ? [] : [usd])).sort((a, b) => a - b))
  return variance === null ? null : Math.sqrt(variance)
}
