// What each call took of a fleet's busy time, and whose each call is → what each of them costs on own GPUs, with idle time as a line of its own.
import { estimate } from '../statistics/estimate.ts'

/** GPU time and money of the calls of one name. */
export interface ChargedRow {
  /** Null: of no name. */
  readonly name: string | null
  readonly calls: number
  readonly tokens: { readonly input: number; readonly output: number }
  readonly prefillGpuHours: number
  readonly decodeGpuHours: number
  /** Of the fleet's busy time; null where it never was. */
  readonly busyShare: number | null
  /** Of the busy time alone: what the fleet would be rid of with these calls if it could shrink by any little; null: no price. */
  readonly marginalUsd: number | null
  /** With their share, by busy time, of what is leased and not busy. */
  readonly loadedUsd: number | null
}

export interface Charged {
  readonly by: string
  /** The dearest first. Busy hours and marginal USD sum to the fleet's, and loaded USD to its whole bill (law 3). */
  readonly rows: readonly ChargedRow[]
  /** Leased and not busy: idle, cold, and what is billed beyond. */
  readonly idle: { readonly gpuHours: number; readonly usd: number | null }
}

export interface ChargedQuestion {
  readonly by: string
  readonly prefillGpuSeconds: Float64Array
  readonly decodeGpuSeconds: Float64Array
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
  /** Per replayed call, which of `names`. */
  readonly labels: Int32Array
  readonly names: readonly (string | null)[]
  /** What is billed in all. */
  readonly gpuSeconds: number
  readonly gpuUsd: number | null
}

export function chargedBy(question: ChargedQuestion): Charged {
  const { names, labels, prefillGpuSeconds, decodeGpuSeconds, inputTokens, outputTokens } = question
  const { gpuSeconds, gpuUsd } = question
  const sums = names.map(() => ({ calls: 0, input: 0, output: 0, prefill: 0, decode: 0 }))
  let busy = 0
  for (let i = 0; i < labels.length; i++) {
    const sum = sums[labels[i]!]!
    sum.calls++
    sum.input += inputTokens[i]!
    sum.output += outputTokens[i]!
    sum.prefill += prefillGpuSeconds[i]!
    sum.decode += decodeGpuSeconds[i]!
    busy += prefillGpuSeconds[i]! + decodeGpuSeconds[i]!
  }
  const usdOf = (seconds: number): number | null =>
    gpuUsd === null ? null : estimate(gpuSeconds > 0 ? (gpuUsd * seconds) / gpuSeconds : 0)
  const rows = sums.map(({ calls, input, output, prefill, decode }, i): ChargedRow => {
    const share = busy > 0 ? (prefill + decode) / busy : null
    return {
      name: names[i]!,
      calls,
      tokens: { input, output },
      prefillGpuHours: estimate(prefill / 3600),
      decodeGpuHours: estimate(decode / 3600),
      busyShare: share === null ? null : estimate(share),
      marginalUsd: usdOf(prefill + decode),
      loadedUsd: share === null ? null : usdOf(share * gpuSeconds),
    }
  })
  const hours = (row: ChargedRow): number => row.prefillGpuHours + row.decodeGpuHours
  const idle = Math.max(0, gpuSeconds - busy)
  return {
    by: question.by,
    rows: rows.filter(({ calls }) => calls > 0).sort((a, b) => hours(b) - hours(a)),
    idle: { gpuHours: estimate(idle / 3600), usd: usdOf(idle) },
  }
}
