// What an option was when its tasks were run: a result speaks for this host, these weights at this precision, this engine, and for no other.

export interface TriedOption {
  readonly name: string
  readonly kind: 'api' | 'dedicated' | 'self-host' | 'cascade' | 'best-of-n'
  /** Who served it, as the price catalog names sellers; null = a server of one's own, or a composition. */
  readonly provider: string | null
  /** As it was asked for. */
  readonly model: string | null
  /** The catalog's id of the weights, by which an answer groups its options; null = not known there. */
  readonly group: string | null
  /** Of the weights as served: `bf16`, `fp8`, `fp4`, …; null = the host does not say. A pass at bf16 does not clear fp4. */
  readonly dtype: string | null
  readonly kvDtype: string | null
  readonly engine: string | null
  readonly engineVersion: string | null
  readonly gpu: string | null
  /** Sampling settings and whatever else of the request changes answers. */
  readonly settings: Readonly<Record<string, string | number | boolean>>
  /** Of a composition: the names of the options it is made of, in order. */
  readonly stages: readonly string[]
}

/** What is said of it; the rest as nobody told it. */
export function triedOptionOf(told: Pick<TriedOption, 'name' | 'kind'> & Partial<TriedOption>): TriedOption {
  return {
    provider: null,
    model: null,
    group: null,
    dtype: null,
    kvDtype: null,
    engine: null,
    engineVersion: null,
    gpu: null,
    settings: {},
    stages: [],
    ...told,
  }
}
