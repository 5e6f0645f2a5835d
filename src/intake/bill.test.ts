// Bills in the shapes that their issuers document; expected sums are added up by hand.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { formatUsd } from '../core/meter/money.ts'
import { amountOf } from './bill.ts'
import { periodOf } from './invoice.ts'

const { ledger, take } = intakeForTest()
const iso = (micros: number) => new Date(micros / 1000).toISOString()
const lines = async () =>
  (await ledger().charges({})).map(line => [
    line.provider,
    iso(line.fromMicros),
    iso(line.toMicros),
    formatUsd(line.usd),
    line.category,
    line.model,
  ])
const page = (data: unknown[]) => ({ object: 'page', data, has_more: false, next_page: null })
const openaiBucket = (start: number, results: unknown[]) => ({
  object: 'bucket',
  start_time: start,
  end_time: start + 86_400,
  results,
})
const cost = (value: number, line_item: string | null, currency = 'usd') => ({
  object: 'organization.costs.result',
  amount: { value, currency },
  line_item,
  project_id: 'proj_1',
})

describe('OpenAI costs', () => {
  const pages = [
    page([openaiBucket(1_763_856_000, [cost(0.06, 'gpt-5.6-terra, input'), cost(1.25, null)])]),
    page([openaiBucket(1_763_942_400, [cost(0.1, 'web search'), cost(2, 'x', 'eur')])]),
  ]
  test.each([
    ['one document over many lines', JSON.stringify(pages[0], null, 2), 2],
    ['pages one a line', pages.map(one => JSON.stringify(one)).join('\n'), 3],
    ['pages in an array', JSON.stringify(pages), 3],
    ['the same page twice', JSON.stringify([pages[0], pages[0]]), 2],
  ])('%s', async (_, text, added) => {
    expect(await take('costs.json', text)).toMatchObject({ format: 'openai-costs', added })
    expect((await lines()).slice(0, 2)).toEqual([
      ['openai', '2025-11-23T00:00:00.000Z', '2025-11-24T00:00:00.000Z', '0.060000000000', 'usage', 'gpt-5.6-terra'],
      ['openai', '2025-11-23T00:00:00.000Z', '2025-11-24T00:00:00.000Z', '1.250000000000', 'usage', null],
    ])
  })
  test('the dashboard export, with the zeros that a decimal library prints', async () => {
    const text =
      'start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id\n1763856000,1763942400,2025-11-23T00:00:00Z,2025-11-24T00:00:00Z,0.0002235000000000000000000000000,usd,"gpt-4o-mini-2024-07-18, input",p\n1763856000,1763942400,,,0E-6176,usd,,p\n'
    expect(await take('cost.csv', text)).toMatchObject({
      format: 'openai-costs',
      added: 2,
      billed: { usd: '0.000223500000', providers: ['openai'] },
    })
  })
})

test('Anthropic amounts are cents: 2,919,015 tokens for "291.9015" are a dollar a million', async () => {
  const results = [
    {
      amount: '291.9015',
      currency: 'USD',
      cost_type: 'tokens',
      token_type: 'uncached_input_tokens',
      model: 'claude-haiku-4-5',
      service_tier: 'standard',
      workspace_id: null,
      description: 'Claude Haiku 4.5 input',
    },
    { amount: '0.00000000004', currency: 'USD', cost_type: 'web_search', token_type: null, model: null },
  ]
  const text = JSON.stringify({
    data: [{ starting_at: '2026-11-20T00:00:00Z', ending_at: '2026-11-21T00:00:00Z', results }],
    has_more: false,
    next_page: null,
  })
  expect(await take('cost-report.json', text)).toMatchObject({
    format: 'anthropic-costs',
    added: 2,
    billed: { usd: '2.919015000000' },
  })
  expect((await lines())[0]).toEqual([
    'anthropic',
    '2026-11-20T00:00:00.000Z',
    '2026-11-21T00:00:00.000Z',
    '2.919015000000',
    'usage',
    'claude-haiku-4-5',
  ])
})

test('FOCUS: billed cost of AI services by category; other services stay out, other currencies are rejected', async () => {
  const header =
    'BilledCost,BillingCurrency,ChargeCategory,ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceCategory,ServiceName,x_Model,Tags\n'
  const row = (usd: string, currency: string, category: string, service: string, name = 'Claude API') =>
    `${usd},${currency},${category},d,2026-11-20T10:00:00Z,2026-11-20T11:00:00Z,Anthropic,${service},${name},claude-sonnet-4-5,"{""feature"":""search""}"\n`
  const ai = 'AI and Machine Learning'
  const text =
    header +
    row('0.0006', 'USD', 'Usage', ai) +
    row('-1', 'USD', 'Credit', '') +
    row('0.25', 'USD', 'Tax', 'Other') +
    row('900', 'USD', 'Usage', 'Compute') +
    row('1', 'EUR', 'Usage', ai) +
    row('3', 'USD', 'Usage', ai, 'Amazon Bedrock')
  const result = await take('focus.csv', text)
  expect(result).toMatchObject({ format: 'focus', rows: 5, added: 4, rejected: 1, billed: { usd: '2.250600000000' } })
  expect(result.notes.join('\n')).toContain('1 lines of services other')
  expect(readFileSync(result.rejectFile!, 'utf8')).toContain('currency EUR: only US dollars are taken')
  expect((await lines()).map(line => [line[0], line[3], line[4]])).toEqual([
    ['Anthropic', '0.000600000000', 'usage'],
    ['Anthropic', '-1.000000000000', 'credit'],
    ['Anthropic', '0.250000000000', 'tax'],
    ['Amazon Bedrock', '3.000000000000', 'usage'],
  ])
})

describe('any invoice', () => {
  test('is kept once, listed, and undone', async () => {
    const text =
      'Provider,From,To,Amount,Currency,Description\nOpenAI,2026-11-02,2026-11-15,"1,234.56",USD,API usage\nOpenAI,2026-11-02,2026-11-15,98.76,USD,Sales tax\n'
    expect(await take('invoice.csv', text)).toMatchObject({
      format: 'invoice',
      added: 2,
      duplicates: 0,
      billed: { usd: '1333.320000000000' },
    })
    expect(await take('again.csv', text)).toMatchObject({ added: 0, duplicates: 2 })
    expect(await lines()).toEqual([
      ['OpenAI', '2026-11-02T00:00:00.000Z', '2026-11-16T00:00:00.000Z', '1234.560000000000', 'usage', null],
      ['OpenAI', '2026-11-02T00:00:00.000Z', '2026-11-16T00:00:00.000Z', '98.760000000000', 'tax', null],
    ])
    expect((await ledger().sources())[0]).toMatchObject({ calls: 0, billedLines: 2, billedUsd: '1333.320000000000' })
    expect(await ledger().undo('invoice.csv')).toBe(2)
    expect(await ledger().charges({})).toEqual([])
  })
  test('bad lines are rejected with line and reason; a file of nothing else is refused', async () => {
    const head = 'vendor,month,amount,currency\n'
    const result = await take(
      'm.csv',
      `${head}OpenAI,2026-11,10,USD\nOpenAI,2026-13,10,USD\nOpenAI,2026-11,ten,USD\nOpenAI,2026-11,9,GBP\n,2026-11,9,USD\n`,
    )
    expect(result).toMatchObject({ rows: 5, added: 1, rejected: 4 })
    const reasons = readFileSync(result.rejectFile!, 'utf8')
      .trim()
      .split('\n')
      .map(text => JSON.parse(text))
    expect(reasons.map(one => one.line)).toEqual([3, 4, 5, 6])
    await expect(take('e.csv', `${head}OpenAI,2026-11,9,EUR\n`)).rejects.toMatchObject({
      code: 'ALL_REJECTED',
      message: expect.stringContaining('currency EUR'),
    })
    expect(
      await take('p.csv', 'date,amount,description\n2026-11-03,5,usage\n', { provider: 'anthropic' }),
    ).toMatchObject({ added: 1 })
  })
  test.each([
    ['2026-11', '', '2026-11-01', '2026-12-01'],
    ['2026-11-01', '2026-11-30', '2026-11-01', '2026-12-01'],
    ['2026-11-01', '2026-12-01', '2026-11-01', '2026-12-01'],
    ['2026-11-05', '2026-11-05', '2026-11-05', '2026-11-06'],
    ['2026-11-05', '', '2026-11-05', '2026-11-06'],
    ['2026-11-01T00:00:00Z', '2026-11-15T00:00:00Z', '2026-11-01', '2026-11-15'],
  ])('from %s to "%s"', (from, to, begin, end) => {
    const period = periodOf(from, to)
    expect([period?.fromMicros, period?.toMicros].map(at => iso(at!).slice(0, 10))).toEqual([begin, end])
  })
  test('a lease list and a table of calls are no invoices', async () => {
    await expect(
      take(
        'l.csv',
        'gpu,count,from,to,usdPerHour,committedUntil,team\nh100-sxm-80gb,8,2026-11-02,2026-11-16,2.5,,ml\n',
      ),
    ).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' })
    expect(
      await take('t.csv', 'date,provider,description,cost,input_tokens,output_tokens\n2026-11-03,openai,x,1,10,2\n'),
    ).toMatchObject({ format: 'csv' })
  })
})

test('amounts are exact to the pico-dollar, whatever their dress', () => {
  expect(
    ['$1,234.50', '(3.10)', '-$2', '0E-6176', '1e-12', '0.0000000000005', 'US$7'].map(text =>
      formatUsd(amountOf(text)!),
    ),
  ).toEqual([
    '1234.500000000000',
    '-3.100000000000',
    '-2.000000000000',
    '0.000000000000',
    '0.000000000001',
    '0.000000000000',
    '7.000000000000',
  ])
  for (const text of ['', 'ten', '1.2.3', '12 EUR', 'NaN', '1,23']) expect(amountOf(text)).toBeNull()
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), pico => {
      expect(amountOf(formatUsd(pico as never))).toBe(pico)
    }),
  )
})
