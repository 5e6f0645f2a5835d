// Tokens of the model that another asked for advice: told apart, and billed by its own rates.
// https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool#usage-and-billing
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadPriceBook } from '../catalog/price-book.ts'
import { type PricedCall, price } from '../core/meter/price.ts'
import { parseUsage, usageOf } from '../core/meter/usage.ts'
import { anthropicMessages } from './anthropic-messages.ts'
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

test('a usage that states advice is priced as one that was read; a unit of no such form is none', () => {
  const { usage, units } = read(bodyOf('anthropic advisor'))
  const stated = Object.fromEntries(Object.entries(usage).map(([kind, count]) => [kind, count ?? 0]))
  expect(parseUsage({ ...stated, ...units }).units).toEqual(units)
  expect(() => parseUsage({ 'advice 1 words claude-opus-5': 3 })).toThrow(/is not a kind of usage/)
})
