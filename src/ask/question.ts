// What a reader asks of the ledger: which calls, as which weights, on which machines, at which date's prices.

export interface Question {
  /** Metered model whose calls are asked about; null = the one that costs most (or `asModel`: all calls). */
  readonly model: string | null
  /** Catalog model whose weights the traffic is taken to run on. */
  readonly asModel: string | null
  /** Half-open time range, UTC microseconds. */
  readonly fromMicros: number | null
  readonly toMicros: number | null
  /** Further dimensions to restrict by, such as `{ feature: 'search' }`. */
  readonly where: Readonly<Record<string, string>>
  /** GPU shapes to try; null = the default list. */
  readonly gpus: readonly string[] | null
  /** Other open models to show as possible savings; null = the default list, [] = none. */
  readonly otherModels: readonly string[] | null
  /** Weights that tasks were run on, by the catalog's id: shown beside the default list, closed ones by their offers. */
  readonly tried: readonly string[]
  /** Prices in force at this date (YYYY-MM-DD); null = the catalog's newest. */
  readonly at: string | null
  /** The latency that a fleet is sized for, milliseconds; null = what today's option delivers, else the printed constants. */
  readonly ttftP95Ms: number | null
  readonly tpotP95Ms: number | null
  /** Adapters (LoRA) that the calls need beside the weights, and their rank. */
  readonly adapters: number
  readonly adapterRank: number
  readonly seed: number
}

export const defaultQuestion: Question = {
  model: null,
  asModel: null,
  fromMicros: null,
  toMicros: null,
  where: {},
  gpus: null,
  otherModels: null,
  tried: [],
  at: null,
  ttftP95Ms: null,
  tpotP95Ms: null,
  adapters: 0,
  adapterRank: 16,
  seed: 1,
}

/** GPU shapes tried when nobody names one: what is leased most for inference, one per memory class. */
export const defaultGpus = ['h100-sxm-80gb', 'h200-sxm-141gb', 'b200-sxm-180gb', 'a100-sxm-80gb', 'l40s-48gb'] as const

/** Open weights of three sizes shown beside today's: never `best` without evidence of quality (law 9). */
export const defaultOtherModels = ['gpt-oss-120b', 'qwen3-32b', 'deepseek-v3'] as const
