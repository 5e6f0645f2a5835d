// The fitted numbers of the step time in one place: what each is, and where it was read.

/**
 * Soft-roofline constants of the small physical model (reference note "serving model" §6: fitted by a robust loss on
 * 1,602 closed-loop rows of public measurements, cross-validated by whole configuration at 10.8 % median / 35 % p90
 * error of throughput). Shares of GEMM bandwidth and peak stand in dtype.ts. Three were set anew for this simulation, by hand
 * on 463 vLLM rows (none of them in test/fixtures/serving, though of the same configurations): hostFactor,
 * moeLayerSeconds and INT4 experts.
 */
export const efficiency = {
  /** (mem^p + comp^p)^(1/p) of one GEMM group. */
  rooflinePower: 1.45,
  /** Fused expert kernels read slower than dense GEMMs of the same dtype. */
  expertMemoryShare: 0.8,
  /** Tokens of a step that choose experts as if independently: real routing is skewed. */
  routingSpread: 0.86,
  /** Rows that an expert's GEMM tile computes at least. */
  expertTileRows: 16,
  /** KV read: share of memory bandwidth. */
  kvShare: { hopper: 0.81, blackwell: 0.67, 'blackwell-ultra': 0.67, ampere: 0.8, ada: 0.85, other: 0.7 } as Readonly<
    Record<string, number>
  >,
  /** Prefill attention: share of 16-bit peak (0.41–0.52 fitted). */
  prefillAttentionShare: 0.45,
  /** All-reduce: how much longer than the kernel alone (0.9–1.5 fitted). */
  allReduceFactor: 1.2,
  /** Host overhead against Hopper's (newer hosts and engines). */
  hostFactor: { blackwell: 0.5, 'blackwell-ultra': 0.5 } as Readonly<Record<string, number>>,
  /** Launch gaps and small kernels, a layer and step. */
  layerSeconds: 62e-6 * 0.95,
  moeLayerSeconds: 15e-6,
  stepSeconds: 0.14e-3,
  requestSeconds: 6.6e-6,
  /** A step that carries prefill runs without CUDA graphs: at least this a layer, blended with power 4. */
  prefillLayerFloorSeconds: 0.96e-3 * 0.95,
  /** Tokenisation and HTTP before the engine sees a request (about 15 ms in BLIS' fit). */
  requestEntrySeconds: 0.015,
} as const

export type Efficiency = {
  readonly [K in keyof typeof efficiency]: K extends 'kvShare' | 'hostFactor'
    ? Readonly<Record<string, number>>
    : number
}
