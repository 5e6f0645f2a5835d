// What the reader may turn: the controls of the page and the flags of the command, with their defaults and sources.

/** Every choice that changes an answer without new evidence. The page's URL and the CLI's flags are both this value. */
export interface Choices {
  readonly hoursPerMonth: number
  /** Lease term of the GPU price row (`on_demand`, `spot`, `reserved_1y`, …). */
  readonly term: string
  /** Only these providers of GPUs; null = the default row of the catalog. */
  readonly providers: readonly string[] | null
  /** Overrides every lease row when set. */
  readonly usdPerGpuHour: number | null
  /** GPU shape shown first; null = the cheapest that fits. */
  readonly gpu: string | null
  /** Name of the API option that self-hosting is compared with; null = the cheapest of the same weights. */
  readonly api: string | null
  /** Fixed number of replicas; null = sized for the busiest window. */
  readonly replicas: number | null
  readonly minReplicas: number
  readonly spareReplicas: number
  readonly operationsUsdPerMonth: number
  /** Share of the GPU bill for storage, egress, monitoring. */
  readonly overheadShare: number
  /** Where "you are here" stands, tokens a month; null = what the ledger says. */
  readonly tokensPerMonth: number | null
}
