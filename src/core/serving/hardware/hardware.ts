// What an accelerator is, as the catalog states it: the numbers that the step time and the memory budget are made of.

/** Dense (not sparse) peak arithmetic by dtype, in TFLOP/s; a dtype that the chip has no units for is absent. */
export interface DenseTflops {
  readonly bf16?: number
  readonly fp16?: number
  readonly fp8?: number
  readonly fp4?: number
  readonly int8?: number
}

export interface Interconnect {
  /** `nvlink4`, `nvlink4-bridge`, `pcie5`, `infinity-fabric`, … as in data/gpus.json. */
  readonly type: string
  readonly gbPerSecPerGpuOneWay: number
  readonly maxGpusAtThisBandwidth: number
}

/** One row of data/gpus.json. */
export interface Gpu {
  readonly id: string
  readonly name: string
  readonly vendor: string
  /** `volta`, `turing`, `ampere`, `ada`, `hopper`, `blackwell`, `blackwell-ultra`, `cdna3`, `cdna4`, `tpu`. */
  readonly arch: string
  /** Memory that the driver reports, GiB. */
  readonly memoryGiB: number
  readonly memoryNominalGB: number
  readonly memoryBandwidthTBs: number
  readonly denseTflops: DenseTflops
  readonly interconnect: Interconnect
  /** Null where it is not published. */
  readonly pcieGbPerSecOneWay: number | null
  readonly tdpW: number | null
  readonly source: string
  /** False: from a datasheet as remembered, not re-read. */
  readonly verifiedHere: boolean
  readonly note?: string
}
