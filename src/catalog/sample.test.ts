import { expect, test } from 'vitest'
import { price } from '../core/meter/price.ts'
import { usageOf } from '../core/meter/usage.ts'
import { modelById, weightsOf } from './facts.ts'
import { loadPriceBook } from './price-book.ts'
import { drawSample, sampleDays, sampleRows, sampleStartMicros } from './sample.ts'

const sample = drawSample(1)
const book = loadPriceBook()
const ofFeature = (name: string) => {
  const index = sample.features.findIndex(feature => feature.feature === name)
  const places = [...sample.feature.keys()].filter(i => sample.feature[i] === index)
  const mean = (column: Int32Array) => places.reduce((sum, i) => sum + column[i]!, 0) / places.length
  return { calls: places.length, input: mean(sample.input), output: mean(sample.output) }
}

test('the sample is fourteen days of a few hundred thousand calls in time order, from a Monday on', () => {
  expect(sample.n).toBeGreaterThan(500_000)
  expect(sample.n).toBeLessThan(900_000)
  expect(new Date(sampleStartMicros / 1000).getUTCDay()).toBe(1)
  expect(sample.atMicros[0]!).toBeGreaterThanOrEqual(sampleStartMicros)
  expect(sample.atMicros.at(-1)!).toBeLessThan(sampleStartMicros + sampleDays * 86_400e6)
  for (let i = 1; i < sample.n; i++) if (sample.atMicros[i]! < sample.atMicros[i - 1]!) throw new Error(`at ${i}`)
})

test('lengths are those of the traces: 2,048 / 27.9 tokens for code, 12,035 / 343 for conversation, in the mean', () => {
  const code = ofFeature('code-completion')
  expect(Math.abs(code.input / 2048 - 1)).toBeLessThan(0.02)
  expect(Math.abs(code.output / 27.9 - 1)).toBeLessThan(0.04)
  const chat = ofFeature('research-agent')
  expect(Math.abs(chat.input / 12_035 - 1)).toBeLessThan(0.04)
  expect(Math.abs(chat.output / 343 - 1)).toBeLessThan(0.02)
})

test('arrivals keep the shape of the rate curve: busiest ten minutes about three times the mean', () => {
  const counts = new Float64Array(2016)
  for (const at of sample.atMicros) counts[Math.floor((at - sampleStartMicros) / 600e6)]! += 1
  const peak = Math.max(...counts) / (sample.n / 2016)
  expect(peak).toBeGreaterThan(2.8) // published: 2.98
  expect(peak).toBeLessThan(3.4)
})

test('every prompt with its answer fits the model it is assigned to', () => {
  const context = modelById('qwen3-next-80b-a3b').maxContext
  let longest = 0
  for (let i = 0; i < sample.n; i++) longest = Math.max(longest, sample.input[i]! + sample.output[i]!)
  expect(longest).toBeLessThanOrEqual(context)
})

test('the models have prices under the names given, and the open one is in the catalog', () => {
  for (const { model, provider } of sample.features) {
    const usage = usageOf({ input: 1, output: 1 })
    expect(price(book, { provider, model, usage, atMicros: sampleStartMicros }).usd, model).not.toBeNull()
  }
  expect(weightsOf(sample.features[0]!.model)?.weights).toBe('qwen3-next-80b-a3b')
})

test('one seed is one sample, to the call', () => {
  const again = drawSample(1)
  expect([again.n, again.atMicros.join(), again.input.join()].join()).toBe(
    [sample.n, sample.atMicros.join(), sample.input.join()].join(),
  )
  expect(drawSample(2).n).not.toBe(sample.n)
})

test('what is assigned is said, with every source and licence', () => {
  const lines = sample.attribution.join('\n')
  for (const word of ['assigned', 'ServeGen', 'Apache-2.0', 'Azure', 'CC-BY 4.0', 'Mooncake']) {
    expect(lines).toContain(word)
  }
  const [first] = sampleRows(sample)
  expect(Object.keys(first!)).toEqual([
    'atMicros',
    'provider',
    'model',
    'environment',
    'feature',
    'team',
    'input',
    'output',
  ])
})
