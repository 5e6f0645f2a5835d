// The serving model in a real browser: the same seed gives the same bytes there as here.
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { chromiumFlags, chromiumPath } from './chromium.ts'

const root = new URL('../../', import.meta.url)
const json = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'))

/** Runs in both places: arrivals drawn from a seed on a fleet that scales, fails and spills, and predictions under each engine. */
const program = `
import { stream } from './src/core/statistics/random.ts'
import { buildEngine } from './src/core/serving/engine/engine.ts'
import { conditionOf } from './src/core/serving/predict/condition.ts'
import { predictionAnswer } from './src/core/serving/predict/prediction-answer.ts'
import { simulate } from './src/core/serving/fleet/simulate.ts'

export function run(gpus, models) {
  const gpu = gpus.find(one => one.id === 'h100-sxm-80gb')
  const model = id => models.find(one => one.id === id)
  const random = stream(11, 'browser')
  const n = 4000
  let at = 0
  const arrivals = {
    n,
    atSeconds: Float64Array.from({ length: n }, () => (at += random.exponential(0.05))),
    inputTokens: Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(900))),
    outputTokens: Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(250))),
  }
  const engine = buildEngine({ gpu, model: model('llama-3.1-8b'), tp: 1 })
  const scaling = { signal: 'concurrency', target: 24, minReplicas: 1, maxReplicas: 6, coldStartSeconds: 40 }
  const fleet = { engine, replicas: 1, scaling, router: 'power-of-two', seed: 3 }
  const objective = { ttftP95Ms: 2000, tpotP95Ms: 40 }
  const outcome = simulate(arrivals, fleet, { objective })
  const predictions = ['vllm', 'tensorrt-llm', 'sglang'].map(name =>
    predictionAnswer(
      conditionOf({
        gpu, model: model('qwen3-235b-a22b'), engine: name, engineVersion: null, weightDtype: 'fp8', kvDtype: null,
        gpuCount: 8, tp: 8, pp: null, dp: null, ep: 8, replicas: null, inputTokens: 1000, outputTokens: 200,
        lengthRangeRatio: 0.8, load: { mode: 'open', requestsPerSecond: 3, burstiness: 0.5 }, requests: null,
      }),
      5,
    ),
  )
  return JSON.stringify({ outcome, predictions })
}
`

test('the same inputs and seed give the same simulation in Node and in a browser, to the last digit', async () => {
  const stdin = { contents: program, resolveDir: root.pathname, loader: 'ts' as const }
  const common = { stdin, bundle: true, write: false as const, target: ['es2022'], logLevel: 'warning' as const }
  const [here, there] = await Promise.all([
    build({ ...common, format: 'esm', platform: 'node' }),
    build({ ...common, format: 'iife', globalName: 'serving', platform: 'browser' }),
  ])
  const facts = [json('data/gpus.json').gpus, json('data/models.json').models] as const
  const source = Buffer.from(here.outputFiles[0]!.contents).toString('base64')
  const { run } = await import(`data:text/javascript;base64,${source}`)
  const inNode: string = run(...facts)
  expect(JSON.parse(inNode).outcome.completed).toBe(4000)
  const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags })
  try {
    const page = await browser.newPage()
    await page.addScriptTag({ content: there.outputFiles[0]!.text })
    const inBrowser = await page.evaluate(
      given => (globalThis as unknown as { serving: { run: (...of: unknown[]) => string } }).serving.run(...given),
      [...facts],
    )
    expect(inBrowser).toBe(inNode)
  } finally {
    await browser.close()
  }
})
