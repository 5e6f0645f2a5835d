// Simulated requests per second on one core: a drawn day on one replica and on many, and a published trace with its prefix blocks.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { gpuById, modelById } from '../../src/catalog/facts.ts'
import { buildEngine } from '../../src/core/serving/engine/engine.ts'
import { type Outcome, simulate } from '../../src/core/serving/fleet/simulate.ts'
import { type Arrivals, chained } from '../../src/core/serving/traffic/arrivals.ts'
import { spreadTies } from '../../src/core/serving/traffic/spread.ts'
import { stream } from '../../src/core/statistics/random.ts'
import { type Figure, median } from '../measure.ts'

const n = 1_000_000

export async function simulatorFigures(): Promise<Figure[]> {
  const engine = buildEngine({ gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1 })
  const figures = [1, 8].map(replicas => {
    const load = drawn(n, 10 * replicas)
    const name = `${n.toLocaleString('en-US')} requests on ${replicas} replica${replicas === 1 ? '' : 's'}`
    return timed(name, n, 1_000_000 / (replicas === 1 ? 1 : 5), () =>
      simulate(load, { engine, replicas, router: 'least-loaded' }),
    )
  })
  const copies = 25
  const hashed = mooncake(copies)
  const name = `Mooncake's conversations ${copies} times, with prefix blocks, on 16 replicas`
  return [
    ...figures,
    timed(name, hashed.n, 200_000, () => simulate(hashed, { engine, replicas: 16, router: 'least-loaded' })),
  ]
}

function timed(name: string, requests: number, target: number, run: () => Outcome): Figure {
  let hits: number | null = null
  const seconds = [0, 1, 2].map(() =>
    coreSeconds(() => {
      hits = run().prefixHitRate
    }),
  )
  const rate = requests / median(seconds)
  const measured = `${((median(seconds) / requests) * 1e6).toFixed(2)} µs each`
  return {
    name: `simulate ${name}`,
    measured: hits === null ? measured : `${measured}, ${((hits as number) * 100).toFixed(1)} % hits`,
    against: '-',
    value: Math.round(rate),
    unit: 'requests/s',
    target,
    isAtLeast: true,
  }
}

/** Seconds of a core, in all threads: what else the machine does does not count, what garbage costs does. */
export function coreSeconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

export function drawn(count: number, perSecond: number): Arrivals {
  const random = stream(1, 'bench simulator')
  let at = 0
  return {
    n: count,
    atSeconds: Float64Array.from({ length: count }, () => (at += random.exponential(1 / perSecond))),
    inputTokens: Int32Array.from({ length: count }, () => 1 + Math.floor(random.exponential(1000))),
    outputTokens: Int32Array.from({ length: count }, () => 1 + Math.floor(random.exponential(200))),
  }
}

/** The trace's hour again and again, each time with other prompts. */
function mooncake(copies: number): Arrivals {
  const file = join(import.meta.dirname, '../../data/traces/mooncake-conversation.jsonl.gz')
  const rows: { timestamp: number; input_length: number; output_length: number; hash_ids: number[] }[] = gunzipSync(
    readFileSync(file),
  )
    .toString()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const size = rows.length
  const hour = rows[size - 1]!.timestamp / 1000 + 3
  const ids = 1 + rows.reduce((most, row) => Math.max(most, ...row.hash_ids), 0)
  const all = Array.from({ length: copies * size }, (_, i) => ({ row: rows[i % size]!, copy: Math.floor(i / size) }))
  const offsets = new Int32Array(all.length + 1)
  all.forEach(({ row }, i) => {
    offsets[i + 1] = offsets[i]! + row.hash_ids.length
  })
  const blocks = Float64Array.from(all.flatMap(({ row, copy }) => row.hash_ids.map(id => id + copy * ids)))
  return spreadTies({
    n: all.length,
    atSeconds: Float64Array.from(all, ({ row, copy }) => row.timestamp / 1000 + copy * hour),
    inputTokens: Int32Array.from(all, ({ row }) => row.input_length),
    outputTokens: Int32Array.from(all, ({ row }) => row.output_length),
    prefix: { offsets, ids: chained(offsets, blocks), tokensPerBlock: 512 },
  })
}
