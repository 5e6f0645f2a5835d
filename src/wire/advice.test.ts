// Tokens of the model that another asked for advice: told apart, and billed by its own rates.
// https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool#usage-and-billing
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadPriceBook } from '../catalog/price-book.ts'
import { type PricedCall, price } from '../core/meter/price.ts'
import { parseUsage, usageOf } from '../core/meter/usage.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { openAiResponses } from './openai-responses.ts'
import { type Reading, startReading } from './reading.ts'

const published = readFileSync(new URL('../../test/fixtures/wire/published.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '')
  .map(line => JSON.parse(line) as { id: string; body: { usage: { iterations: Record<string, unknown>[] } } })
const bodyOf = (id: string) => structuredClone(published.find(one => one.id === id)!.body)

function read(body: unknown): Reading {
  const reading = startReading(anthropicMessages, { stream: false, provider: 'anthropic' })
  reading.push(Buffer.from(JSON.stringify(body)))
  return reading.end()
}

const book = loadPriceBook()
const atMicros = Date.parse('2026-11-20T10:00:00Z') * 1000
const priced = ({ model, usage, units }: Pick<Reading, 'model' | 'usage' | 'units'>) =>
  price(book, { provider: 'anthropic', model: model!, usage, units, atMicros })

test('the advice is billed by the rates of the model that gave it, beside the tokens of the one that answered', () => {
  const reading = read(bodyOf('anthropic advisor'))
  expect(reading.units).toMatchObject({ 'advice 1 input claude-fable-5': 823, 'advice 1 output claude-fable-5': 1612 })
  const whole = priced(reading) as PricedCall
  const own = priced({ ...reading, units: {} }) as PricedCall
  const advice = priced({
    model: 'claude-fable-5',
    usage: usageOf({ input: 823, output: 1612 }),
    units: {},
  }) as PricedCall
  expect(whole.usd).toBe(own.usd + advice.usd)
  expect(whole.pricedAs).toBe(own.pricedAs)
  expect(whole.lines.slice(own.lines.length)).toEqual(advice.lines.map(line => ({ ...line, model: 'claude-fable-5' })))
  expect(whole.lines.reduce((sum, line) => sum + line.usd, 0n)).toBe(whole.usd)
})

test('each advice is billed by itself, and one of unknown usage or of no known model leaves the call without a price', () => {
  const body = bodyOf('anthropic advisor')
  const [, advice] = body.usage.iterations
  body.usage.iterations.push({ ...advice, model: 'claude-opus-5', cache_creation_input_tokens: 100 })
  const reading = read(body)
  expect(reading.units).toMatchObject({
    'advice 1 output claude-fable-5': 1612,
    'advice 2 output claude-opus-5': 1612,
    'advice 2 cacheWrite claude-opus-5': 100,
  })
  expect(priced(reading).usd).not.toBeNull()
  for (const [replaced, reason] of [
    [{ output_tokens: undefined }, /^advice of claude-fable-5: usage unknown: output/],
    [{ model: 'claude-oracle-9' }, /^advice of claude-oracle-9: /],
    [{ model: undefined }, /^advice of unnamed: /],
  ] as const) {
    const odd = bodyOf('anthropic advisor')
    odd.usage.iterations[1] = { ...advice, ...replaced }
    expect(priced(read(odd))).toMatchObject({ usd: null, reason: expect.stringMatching(reason) })
  }
})

test('what a tool that makes images used is billed by the rates of its model, beside the answer', () => {
  // The counts are of a test of https://github.com/BerriAI/litellm (its ChatGPTImageGenerationConfig).
  const response = {
    object: 'response',
    status: 'completed',
    model: 'gpt-5.4',
    output: [{ type: 'image_generation_call', id: 'ig_1', status: 'completed' }],
    tools: [{ type: 'image_generation', model: 'gpt-image-1' }],
    usage: { input_tokens: 1732, output_tokens: 121, total_tokens: 1853 },
    tool_usage: {
      image_gen: {
        ...{ input_tokens: 108, input_tokens_details: { image_tokens: 0, text_tokens: 108 } },
        ...{ output_tokens: 1756, output_tokens_details: { image_tokens: 1756, text_tokens: 0 }, total_tokens: 1864 },
      },
      web_search: { num_requests: 0 },
    },
  }
  for (const stream of [true, false]) {
    const reading = startReading(openAiResponses, { stream, provider: 'openai' })
    const text = JSON.stringify(stream ? { type: 'response.completed', response } : response)
    reading.push(Buffer.from(stream ? `data: ${text}\n\n` : text))
    const { units, usage, model } = reading.end()
    expect(units).toEqual({
      'advice 1 input gpt-image-1': 108,
      'advice 1 output gpt-image-1': 0,
      'advice 1 outputImage gpt-image-1': 1756,
    })
    expect(usage).toMatchObject({ input: 1732, output: 121, outputImage: 0 })
    const whole = price(book, { provider: 'openai', model: model!, usage, units, atMicros }) as PricedCall
    const own = price(book, { provider: 'openai', model: model!, usage, atMicros }) as PricedCall
    // $5 for a million tokens of text, $40 for a million of pictures (https://openai.com/api/pricing).
    expect(whole.usd - own.usd).toBe(108n * 5_000_000n + 1756n * 40_000_000n)
  }
})

test('a usage that states advice is priced as one that was read; a unit of no such form is none', () => {
  const { usage, units } = read(bodyOf('anthropic advisor'))
  const stated = Object.fromEntries(Object.entries(usage).map(([kind, count]) => [kind, count ?? 0]))
  expect(parseUsage({ ...stated, ...units }).units).toEqual(units)
  expect(() => parseUsage({ 'advice 1 words claude-opus-5': 3 })).toThrow(/is not a kind of usage/)
})
