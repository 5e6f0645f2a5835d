// Bytes to sum over `tp` GPUs → seconds of one all-reduce, from measured kernels of each kind of link.
import { log } from '../../statistics/elementary.ts'
import type { Gpu } from './hardware.ts'

// vLLM's custom all-reduce under CUDA graphs, microseconds at 16 KB, 256 KB, 1, 4, 16 and 64 MB: medians of the kernel
// tables in ai-dynamo/aiconfigurator@095f58a51c4c (Apache-2.0).
const sizes = [16384, 262144, 1048576, 4194304, 16777216, 67108864]
const h100x2 = [4.5, 5.2, 8.3, 20, 81, 307]
const h100x8 = [5.6, 10.8, 15, 31, 92, 344]
const a100x8 = [6.5, 17, 22, 45, 214, 594]
const b200x8 = [8.1, 26, 17, 26, 63, 223]
const pcie5x2 = [5, 11, 30, 106, 475, 1844]
const pcie5x4 = [15, 57, 88, 247, 887, 3557]
const pcie5x8 = [28, 84, 134, 347, 1275, 5068]

interface Link {
  /** Rows for 2, 4 and 8 GPUs. */
  readonly rows: readonly [readonly number[], readonly number[], readonly number[]]
  /** False: no measurement of this link; scaled from its nearest kin. */
  readonly measured: boolean
  readonly pcie: boolean
}

const scaled = (row: readonly number[], factor: number): readonly number[] => row.map(us => us * factor)
const between = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((us, i) => Math.sqrt(us * b[i]!))
const pcie = (factor: number): Link => ({
  rows: [scaled(pcie5x2, factor), scaled(pcie5x4, factor), scaled(pcie5x8, factor)],
  measured: factor === 1,
  pcie: true,
})
const links = {
  hopper: { rows: [h100x2, between(h100x2, h100x8), h100x8], measured: true, pcie: false },
  ampere: { rows: [scaled(h100x2, 1.5), scaled(between(h100x2, h100x8), 1.5), a100x8], measured: true, pcie: false },
  blackwell: { rows: [scaled(b200x8, 0.6), scaled(b200x8, 0.75), b200x8], measured: true, pcie: false },
  fabric: {
    rows: [scaled(h100x2, 2), scaled(between(h100x2, h100x8), 1.5), scaled(h100x8, 1.2)],
    measured: false,
    pcie: false,
  },
  pcie5: pcie(1),
  pcie4: pcie(2),
  pcie3: pcie(4),
} as const satisfies Record<string, Link>

/** The link that `tp` GPUs of this kind talk over; a bridge that joins fewer leaves them to PCIe. */
export function linkOf(gpu: Gpu, tp: number): Link {
  const { type, maxGpusAtThisBandwidth } = gpu.interconnect
  const reaches = tp <= maxGpusAtThisBandwidth
  if (type.startsWith('nvlink') && reaches) {
    if (type.startsWith('nvlink5')) return links.blackwell
    if (type.startsWith('nvlink2') || type.startsWith('nvlink3')) return links.ampere
    return links.hopper
  }
  if (!type.startsWith('pcie') && !type.startsWith('nvlink') && reaches) return links.fabric
  const gbPerSec = gpu.pcieGbPerSecOneWay ?? 32
  return gbPerSec >= 64 ? links.pcie5 : gbPerSec >= 32 ? links.pcie4 : links.pcie3
}

/** Seconds to sum `bytes` over `tp` GPUs, interpolated in log size; beyond the table at its last bandwidth. */
export function allReduceSeconds(link: Link, tp: number, bytes: number): number {
  if (tp < 2) return 0
  const row = link.rows[tp <= 2 ? 0 : tp <= 4 ? 1 : 2]
  if (bytes <= sizes[0]!) return row[0]! * 1e-6
  const last = sizes.length - 1
  if (bytes >= sizes[last]!) return (row[last]! * 1e-6 * bytes) / sizes[last]!
  let i = 0
  while (bytes > sizes[i + 1]!) i++
  const share = log(bytes / sizes[i]!) / log(sizes[i + 1]! / sizes[i]!)
  return (row[i]! + share * (row[i + 1]! - row[i]!)) * 1e-6
}
