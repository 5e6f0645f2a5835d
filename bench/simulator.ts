// Simulated requests per second on one core: replay of a drawn day on fleets of one replica and of many.
import { gpuById, modelById } from '../src/catalog/facts.ts'
import { buildEngine } from '../src/core/serving/engine.ts'
import { simulate } from '../src/core/serving/simulate.ts'
import { stream } from '../src/core/statistics/random.ts'
import type { Figure } from './measure.ts'

const n = 1_000_000

export async function simulatorFigures(): Promise<Figure[]> {
  const random = stream(1, 'bench simulator')
  const arrivals = (perSecond: number) => {
    let at = 0
    return {
      n,
      atSeconds: Float64Array.from({ length: n }, () => (at += random.exponential(1 / perSecond))),
      inputTokens: Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(1000))),
      outputTokens: Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(200))),
    }
  }
  const engine = buildEngine({ gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1 })
  return [1, 8].map(replicas => {
    const load = arrivals(10 * replicas)
    const seconds = [0, 1, 2].map(() => {
      const started = process.hrtime.bigint()
      simulate(load, { engine, replicas, router: 'least-loaded' })
      return Number(process.hrtime.bigint() - started) / 1e9
    })
    const middle = seconds.sort((a, b) => a - b)[1]!
    return {
      name: `simulate 1,000,000 requests on ${replicas} replica${replicas === 1 ? '' : 's'}`,
      measured: `${Math.round(n / middle).toLocaleString('en-US')} requests/s`,
      against: '-',
      value: (middle / n) * 1e6,
      unit: 'µs each',
      target: replicas === 1 ? 1 : 5,
    }
  })
}
