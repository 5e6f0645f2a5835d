// A replica's shape → how far its prediction may be off, from the errors on measured rows that the fit had not seen.
import { exp } from '../../statistics/elementary.ts'
import { adapterBand } from '../hardware/adapters.ts'
import type { ReplicaShape } from '../hardware/memory.ts'
import { speculationBand } from '../hardware/speculation.ts'
import { effectKeys } from './efficiency.ts'
import { fitted, fittedBands } from './fitted.ts'

/** How near the nearest measurements are: of this model on this kind of GPU, of other GPUs, of other families of models. */
export type Likeness = 'measured' | 'other GPU' | 'other family'

/** ln(measured ÷ predicted) at 5 % and 95 %, by figure, likeness, kind of model and load. */
export type Bands = Readonly<Record<string, readonly [low: number, high: number]>>

export type BandedFigure = 'throughput' | 'tpot' | 'ttft'

/** Factors on a predicted figure between which nine of ten measured ones fell. */
export interface Band {
  readonly low: number
  readonly high: number
}

/** An engine or version that no measurement names: as far off as engines differ from each other (12 % in the median, 29 % at p90). */
const unknownEngine = 0.15
/** Where neither the GPU nor the family was measured, both doubts add up as independent ones. */
const none: readonly [number, number] = [0, 0]

/** What a band is called in the table. */
export const bandName = (figure: BandedFigure, likeness: Likeness, experts: boolean, offline: boolean): string =>
  `${figure}, ${likeness}, ${experts ? 'experts' : 'dense'}, ${offline ? 'offline' : 'served'}`

/** Likeness of a shape to what was measured. */
export function likenessOf(shape: ReplicaShape): { readonly gpu: boolean; readonly family: boolean } {
  const keys = new Set(effectKeys(shape).filter(key => key in fitted.effects))
  return { gpu: keys.has(`gpu=${shape.gpu.id}`), family: keys.has(`family=${shape.model.family}`) }
}

/** The band of one figure; `offline`: all requests at once, else served as they come. */
export function bandOf(shape: ReplicaShape, figure: BandedFigure, offline: boolean, engineKnown = true): Band {
  const { gpu, family } = likenessOf(shape)
  const found = (likeness: Likeness): readonly [number, number] => {
    const name = (isOffline: boolean) => bandName(figure, likeness, shape.model.moe !== undefined, isOffline)
    return fittedBands[name(offline)] ?? fittedBands[name(false)] ?? none
  }
  const base = gpu && family ? found('measured') : !gpu && family ? found('other GPU') : found('other family')
  const more = gpu || family ? none : found('other GPU')
  const { adapters, speculation } = shape
  const extra =
    (engineKnown ? 0 : unknownEngine) +
    (adapters === undefined ? 0 : adapterBand) +
    (speculation === undefined ? 0 : speculationBand)
  const low = -Math.sqrt(base[0] * base[0] + more[0] * more[0] + extra * extra)
  const high = Math.sqrt(base[1] * base[1] + more[1] * more[1] + extra * extra)
  return { low: exp(low), high: exp(high) }
}

/** Relative band of the predicted throughput: 0.25 = ±25 %, the wider side. */
export function throughputBand(shape: ReplicaShape): number {
  const { low, high } = bandOf(shape, 'throughput', false)
  return Math.max(1 - low, high - 1)
}

/** The band of a sustainable load, by what limits it: a first token is predicted less well. */
export function loadBand(shape: ReplicaShape, bottleneck: string): number {
  const first = bottleneck === 'time to first token' ? bandOf(shape, 'ttft', false) : null
  const band = throughputBand(shape)
  // A queue grows so steeply near its limit that an error of the wait is a far smaller one of the load: half is taken. Assumed.
  return first === null ? band : Math.min(0.95, Math.max(band, Math.max(1 - first.low, first.high - 1) / 2))
}
