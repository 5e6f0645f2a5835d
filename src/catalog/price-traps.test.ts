import { readFileSync } from 'node:fs'
import { calcPrice, findProvider } from '@pydantic/genai-prices'
import { expect, test } from 'vitest'
import { instant } from '../core/meter/calendar.ts'
import { formatUsd } from '../core/meter/money.ts'
import { price } from '../core/meter/price.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { parseUsage } from '../core/meter/usage.ts'
import { loadPriceBook } from './price-book.ts'

// Worked costs collected from providers' pages and from issues of other tools, computed there in rational arithmetic.
interface Case {
  id: string
  provider: string
  model: string
  usage: Record<string, number>
  at?: string
  tier?: string
  region?: string
  speed?: string
  expectUsd: string
}
const fixture = new URL('../../test/fixtures/price-traps.jsonl', import.meta.url)
const cases: Case[] = readFileSync(fixture, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))
const book = loadPriceBook()
const npmAlone = loadPriceBook({ shipped: false })

const costOn = (table: PriceBook, { usage, at, ...rest }: Case): string | null => {
  const { usd } = price(table, { ...rest, ...parseUsage(usage), atMicros: instant(at ?? '2026-11-23') })
  return usd === null ? null : formatUsd(usd)
}

test.each(cases)('$id: $model costs $expectUsd', one => {
  expect(costOn(book, one)).toBe(one.expectUsd)
})

test('all 45 worked cases are there', () => {
  const ids = new Set(cases.map(c => c.id.slice(0, 3)))
  expect([...ids].sort()).toEqual(Array.from({ length: 45 }, (_, i) => `P${String(i + 1).padStart(2, '0')}`))
})

test('P14: a million small calls cost 3.05 USD and not a rounded 3 or 4', () => {
  const nano = cases.find(c => c.id === 'P14')!
  const priced = price(book, { ...nano, ...parseUsage(nano.usage), atMicros: instant('2026-11-23') })
  expect(formatUsd((priced.usd! * 1_000_000n) as NonNullable<typeof priced.usd>)).toBe('3.050000000000')
})

test('where the npm catalogue contradicts a case, the difference is pinned: what its rates alone say', () => {
  const differs = Object.fromEntries(
    cases.flatMap(one => {
      const alone = costOn(npmAlone, { ...one, provider: one.provider === 'bedrock' ? 'aws' : one.provider })
      return alone === one.expectUsd ? [] : [[one.id, alone]]
    }),
  )
  expect(differs).toMatchInlineSnapshot(`
    {
      "P01": null,
      "P02": null,
      "P03": null,
      "P04": null,
      "P05": null,
      "P06": null,
      "P07": null,
      "P08": null,
      "P09": null,
      "P18": null,
      "P19": null,
      "P20": null,
      "P21": null,
      "P22": null,
      "P23": null,
      "P26-global": null,
      "P30": null,
      "P31": null,
      "P31-seconds": null,
      "P34-holiday": "0.062480000000",
      "P34-saturday": "0.062480000000",
      "P36": null,
      "P38": "0.015000000000",
      "P39": null,
      "P40": null,
      "P41": null,
      "P42": null,
      "P44": "0.017372000000",
      "P45": null,
    }
  `)
})

test('its calculator, which we never use for money, prices a sibling and forgets fees and audio', () => {
  const total = (provider: string, model: string, usage: Record<string, number>, at: string): number | null =>
    calcPrice(usage, model, { provider: findProvider({ providerId: provider })!, timestamp: new Date(at) })
      ?.total_price ?? null
  // P19: claude-sonnet-5-5 is priced as claude-sonnet-5 without a word; the read is 0.10 and not 0.20.
  const sibling = { input_tokens: 90_500, cache_read_tokens: 90_000, output_tokens: 700 }
  expect(total('anthropic', 'claude-sonnet-5-5', sibling, '2026-10-07')).toBeCloseTo(0.026, 12)
  // P33 on a Saturday: peak price at the weekend.
  const miss = { input_tokens: 100_000, cache_read_tokens: 70_000, output_tokens: 5_000 }
  expect(total('deepseek', 'deepseek-v4-pro', miss, '2026-11-14T03:59:59Z')).toBeCloseTo(0.06248, 12)
  // gpt-5.4 at exactly 272,000 tokens: the long-context rate one token early.
  expect(total('openai', 'gpt-5.4', { input_tokens: 272_000 }, '2026-11-23')).toBeCloseTo(1.36, 12)
  const exactly = { id: '', provider: 'openai', model: 'gpt-5.4', usage: { input: 272_000 }, expectUsd: '' }
  expect(costOn(book, exactly)).toBe('0.680000000000')
  expect(costOn(book, { ...exactly, usage: { input: 272_001 } })).toBe('1.360005000000')
  // P36: not known under the name that the provider answers with.
  expect(total('x-ai', 'grok-4.20-reasoning', { input_tokens: 1 }, '2026-11-23')).toBeNull()
  // P42: audio at the price of text, twenty times too low.
  const audio = { input_tokens: 420, input_audio_tokens: 300, output_tokens: 306, output_audio_tokens: 250 }
  expect(total('openai', 'gpt-4o-audio-preview', audio, '2026-11-23')).toBeCloseTo(0.00411, 12)
})
