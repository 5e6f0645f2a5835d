// A month's first days of calls, and what providers would say of them in the shapes that they publish; amounts by hand at list
// prices: gpt-4o-mini $0.15 in, $0.075 cached and $0.60 out a million tokens, claude-haiku-4-5 $1 in and $5 out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromPico, parseUsd } from '../core/meter/money.ts'
import { reconcileText } from '../report/reconcile-text.ts'
import { appOf } from './app-for-test.ts'
import { importFile, reconcile, undoImport } from './operations.ts'
import type { Reconciliation } from './reconciling.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let folder: string
let workplace: Workplace
const quiet = { progress: () => {}, note: () => {} }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-reconcile-'))
  workplace = openWorkplace({ dataDir: folder, inMemory: true })
})
afterAll(async () => {
  await workplace.close()
  rmSync(folder, { recursive: true, force: true })
})

function fileOf(name: string, text: string) {
  const path = join(folder, name)
  writeFileSync(path, text)
  return { path, name }
}
const take = (name: string, text: string, params = {}) =>
  importFile.run(workplace, params, { ...quiet, file: fileOf(name, text) })
const ask = (params: object, bill?: { name: string; text: string }): Promise<Reconciliation> =>
  reconcile.run(workplace, params, { ...quiet, file: bill === undefined ? null : fileOf(bill.name, bill.text) })

const day = (n: number) => Date.parse('2026-11-01T00:00:00Z') / 1000 + (n - 1) * 86_400
const page = (data: unknown[]) => JSON.stringify({ object: 'page', data, has_more: false, next_page: null })
const bucket = (n: number, results: unknown[]) => ({
  object: 'bucket',
  start_time: day(n),
  end_time: day(n + 1),
  results,
})
const cost = (value: number, line_item: string) => ({
  object: 'organization.costs.result',
  amount: { value, currency: 'usd' },
  line_item,
  project_id: 'proj_1',
})
const used = (input: number, cached: number, output: number, requests: number, model = 'gpt-4o-mini-2024-07-18') => ({
  object: 'organization.usage.completions.result',
  input_tokens: input,
  input_cached_tokens: cached,
  output_tokens: output,
  input_audio_tokens: 0,
  output_audio_tokens: 0,
  num_model_requests: requests,
  project_id: null,
  user_id: null,
  api_key_id: null,
  model,
  batch: false,
})

/** Ten calls a day, each of 1,000,000 tokens in and 100,000 out: $0.21; $2.10 a day. At nine in the evening, UTC. */
const calls = (days: readonly number[], perDay = 10) =>
  [
    'id,time,provider,model,input_tokens,output_tokens',
    ...days.flatMap(n =>
      Array.from(
        { length: perDay },
        (_, i) =>
          `c${n}-${i},${new Date((day(n) + 21 * 3600 + i) * 1000).toISOString()},openai,gpt-4o-mini,1000000,100000`,
      ),
    ),
    '',
  ].join('\n')

/** The law, for every row of an answer. */
function holds({ providers }: Reconciliation): void {
  for (const { total, byDay, byModel, cells } of providers) {
    for (const row of [total, ...byDay, ...byModel, ...cells]) {
      if (row.parts === null) continue
      const parts = Object.values(row.parts).reduce((sum, part) => sum + parseUsd(part), 0n)
      expect(parseUsd(row.ledgerUsd) + parts).toBe(parseUsd(row.billUsd!))
    }
    for (const rows of [byDay, byModel, cells]) {
      expect(rows.reduce((sum, row) => sum + parseUsd(row.ledgerUsd), 0n)).toBe(parseUsd(total.ledgerUsd))
    }
  }
}
const parts = (found: Reconciliation, provider = 0) =>
  Object.fromEntries(
    Object.entries(found.providers[provider]!.total.parts!).filter(([, usd]) => parseUsd(usd) !== fromPico(0n)),
  )

test('without a bill, and of a log of calls, the answer is what to give', async () => {
  await expect(ask({})).rejects.toMatchObject({ code: 'NO_BILL' })
  await expect(ask({}, { name: 'log.csv', text: calls([1]) })).rejects.toMatchObject({ code: 'NOT_A_BILL' })
})

describe('OpenAI', () => {
  beforeAll(() => take('calls.csv', calls([1, 2, 3])))
  afterAll(() => undoImport.run(workplace, { source: 'calls.csv' }, { ...quiet, file: null }))

  const costs = (perDay: readonly (readonly [input: number, output: number])[]) => ({
    name: 'costs.json',
    text: page(
      perDay.map(([input, output], i) =>
        bucket(i + 1, [cost(input, 'gpt-4o-mini-2024-07-18, input'), cost(output, 'gpt-4o-mini-2024-07-18, output')]),
      ),
    ),
  })

  test('the same bill is within any tolerance; the bill of a file is not kept', async () => {
    const found = await ask(
      { tolerance: 0 },
      costs([
        [1.5, 0.6],
        [1.5, 0.6],
        [1.5, 0.6],
      ]),
    )
    holds(found)
    expect(found).toMatchObject({ isWithin: true, notBilled: [] })
    expect(found.providers[0]).toMatchObject({
      provider: 'openai',
      mismatch: 0,
      total: { ledgerUsd: '6.300000000000', billUsd: '6.300000000000', differenceUsd: '0.000000000000', calls: 30 },
      byModel: [{ model: 'gpt-4o-mini' }],
      byDay: [{ day: '2026-11-01' }, { day: '2026-11-02' }, { day: '2026-11-03' }],
    })
    await expect(ask({})).rejects.toMatchObject({ code: 'NO_BILL' })
  })

  test('money alone cannot tell usage from price, unless every day tells the same', async () => {
    const one = await ask(
      {},
      costs([
        [1.5, 0.6],
        [3, 0.6],
        [1.5, 0.6],
      ]),
    )
    holds(one)
    expect(parts(one)).toEqual({ untold: '1.500000000000' })
    expect(one.isWithin).toBe(false)
    const all = await ask(
      {},
      costs([
        [1.2, 0.48],
        [1.2, 0.48],
        [1.2, 0.48],
      ]),
    )
    expect(parts(all)).toEqual({ price: '-1.260000000000' })
  })

  test('with the usage report beside, usage and price stand apart, and its tokens are not metered twice', async () => {
    // Ten million more in (at $0.15: $1.50) and five million cached instead of fresh (at half: −$0.375) on the second
    // day; and all that is billed at 10 % off.
    await take(
      'usage.json',
      page([
        bucket(1, [used(1e7, 0, 1e6, 10)]),
        bucket(2, [used(2e7, 5e6, 1e6, 20)]),
        bucket(3, [used(1e7, 0, 1e6, 10)]),
      ]),
    )
    const found = await ask(
      {},
      costs([
        [1.35, 0.54],
        [0.9 * 2.625, 0.54],
        [1.35, 0.54],
      ]),
    )
    holds(found)
    expect(parts(found)).toEqual({ unmetered: '1.125000000000', price: '-0.742500000000' })
    expect(found.providers[0]!.total).toMatchObject({
      ledgerUsd: '6.300000000000',
      billUsd: '6.682500000000',
      calls: 30,
      tokens: { ledger: { input: 3e7, output: 3e6 }, bill: { input: 4e7, output: 3e6 } },
    })
    expect(found.providers[0]!.byDay.map(row => row.parts!.unmetered)).toEqual([
      '0.000000000000',
      '1.125000000000',
      '0.000000000000',
    ])
    const tokens = await ask({})
    expect(tokens.providers[0]).toMatchObject({ compared: 'tokens', total: { billUsd: null, parts: null } })
    expect(tokens.providers[0]!.mismatch).toBeCloseTo(1e7 / 4.3e7, 12)
    await undoImport.run(workplace, { source: 'usage.json' }, { ...quiet, file: null })
  })

  test('tools stand beside the calls; another model of the bill is unmetered', async () => {
    const bill = {
      name: 'costs.json',
      text: page(
        [1, 2, 3].map(n =>
          bucket(n, [
            cost(2.1, 'gpt-4o-mini-2024-07-18, input'),
            ...(n === 2 ? [cost(5, 'gpt-4.1, output'), cost(0.25, 'web search tool calls')] : []),
          ]),
        ),
      ),
    }
    const found = await ask({}, bill)
    holds(found)
    expect(parts(found)).toEqual({ unmetered: '5.000000000000', notCalls: '0.250000000000' })
    expect(found.providers[0]!.byModel.map(row => [row.model, row.isNoCall])).toEqual([
      ['gpt-4o-mini', false],
      ['gpt-4.1', false],
      [null, true],
    ])
  })

  test("training a model of one's own, and hosting it, is no usage of the model that it is made of", async () => {
    const text = page(
      [1, 2, 3].map(n =>
        bucket(n, [
          cost(2.1, 'gpt-4o-mini-2024-07-18, input'),
          ...(n === 2 ? [cost(3, 'gpt-4o-mini-2024-07-18 fine-tuning training'), cost(-1, 'refund')] : []),
        ]),
      ),
    )
    const found = await ask({}, { name: 'costs.json', text })
    holds(found)
    expect(parts(found)).toEqual({ notCalls: '2.000000000000' })
  })

  test('an invoice of one line is compared as a whole, and its cents are rounding', async () => {
    const invoice = {
      name: 'invoice.csv',
      text: 'date,end,vendor,description,amount\n2026-11-01,2026-11-03,"OpenAI, LLC",API usage,6.30\n2026-11-01,2026-11-03,"OpenAI, LLC",VAT,1.26\n',
    }
    const found = await ask({ tolerance: 0 }, invoice)
    holds(found)
    expect(found.isWithin).toBe(true)
    expect(parts(found)).toEqual({ notCalls: '1.260000000000' })
    expect(found.providers[0]!.byDay.map(row => row.day)).toEqual(['2026-11-01..2026-11-03'])
    const cents = await ask(
      { tolerance: 0.01 },
      { ...invoice, text: invoice.text.replace('6.30', '6.31').replace(/\n.*VAT.*/, '\n') },
    )
    expect(parts(cents)).toEqual({ untold: '0.010000000000' })
  })

  test('a bill of Pacific days: stated, it matches; the last evening falls on the next date', async () => {
    // 21:00 in UTC is 13:00 in Los Angeles: the same dates. At 03:00 UTC it would be the day before.
    await take('night.csv', calls([5, 6]).replace(/T21:/g, 'T03:').replace(/^c/gm, 'n'), { idSpace: 'night' })
    const bill = {
      name: 'pacific.csv',
      text: 'date,vendor,model,amount\n2026-11-04,OpenAI,gpt-4o-mini,2.10\n2026-11-05,OpenAI,gpt-4o-mini,2.10\n',
    }
    const utc = await ask({}, bill)
    expect(parts(utc)).toEqual({ unmetered: '2.100000000000' })
    const pacific = await ask({ zone: 'America/Los_Angeles', tolerance: 0 }, bill)
    holds(pacific)
    expect(pacific.isWithin).toBe(true)
    expect(parts(pacific)).toEqual({})
    await undoImport.run(workplace, { source: 'night.csv' }, { ...quiet, file: null })
  })

  test('what nobody billed is told; an unknown seller is refused by name', async () => {
    const text = JSON.stringify({
      data: [
        {
          starting_at: '2026-11-01T00:00:00Z',
          ending_at: '2026-11-02T00:00:00Z',
          results: [
            {
              amount: '291.9015',
              currency: 'USD',
              cost_type: 'tokens',
              token_type: 'uncached_input_tokens',
              model: 'claude-haiku-4-5',
              description: null,
            },
          ],
        },
      ],
    })
    const found = await ask({}, { name: 'cost.json', text })
    holds(found)
    expect(parts(found)).toEqual({ unmetered: '2.919015000000' })
    expect(found.notBilled).toEqual([{ provider: 'openai', calls: 20, usd: '4.200000000000' }])
    await expect(ask({ provider: 'groq' }, { name: 'cost.json', text })).rejects.toMatchObject({
      code: 'PROVIDER_NOT_BILLED',
      fix: 'billed: anthropic',
    })
  })
})

test('bills that were imported need no file; a usage report stands in where nobody metered', async () => {
  const usage = bucket(20, [used(1e7, 0, 1e6, 10)])
  const bill = [bucket(20, [cost(2.5, 'gpt-4o-mini-2024-07-18, input')])]
  await take('usage.json', page([usage]))
  await expect(ask({})).rejects.toMatchObject({ code: 'NO_BILL' })
  await take('costs.json', page(bill))
  const found = await ask({ from: '2026-11-20', to: '2026-11-21' })
  holds(found)
  expect(found.providers[0]).toMatchObject({
    bills: [{ name: 'costs.json', what: 'money' }],
    total: { ledgerUsd: '2.100000000000', estimatedCalls: 10 },
    notes: [expect.stringContaining('stands in')],
  })
  expect(parts(found)).toEqual({ untold: '0.400000000000' })
  await expect(ask({ from: '2026-11-21' })).rejects.toMatchObject({ code: 'NO_BILL' })
  for (const source of ['usage.json', 'costs.json'])
    await undoImport.run(workplace, { source }, { ...quiet, file: null })
})

test('days that begin elsewhere are found; over HTTP the bill is the body, and lines keep to 80 columns', async () => {
  // Days of very different size, their calls spread over all hours; billed by days that begin at eight.
  const sizes = [3, 11, 1, 14, 6, 2, 9, 4, 12, 1, 8, 5]
  const rows = sizes.flatMap((size, d) =>
    Array.from({ length: 24 }, (_, h) => {
      const at = new Date((day(d + 1) + h * 3600 + 60) * 1000).toISOString()
      return `z${d}-${h},${at},anthropic,claude-haiku-4-5-20251001,${size * 10_000},${size * 1000}`
    }),
  )
  await take('even.csv', ['id,time,provider,model,input_tokens,output_tokens', ...rows, ''].join('\n'))
  // A call of size 1 costs $0.01 + $0.005.
  const billed = sizes.slice(0, -1).map((size, d) => 0.015 * (size * 16 + sizes[d + 1]! * 8))
  const text = JSON.stringify({
    data: billed.map((usd, d) => ({
      starting_at: new Date(day(d + 1) * 1000).toISOString(),
      ending_at: new Date(day(d + 2) * 1000).toISOString(),
      results: [{ amount: (usd * 100).toFixed(4), currency: 'USD', cost_type: 'tokens', model: 'claude-haiku-4-5' }],
    })),
  })
  const app = appOf(workplace)
  const post = async (query: string, body: string) => {
    const response = await app.request(`http://localhost/api/reconcile?${query}`, {
      method: 'POST',
      headers: { host: 'localhost' },
      body,
    })
    return (await response.json()) as Reconciliation & { error?: { code: string } }
  }
  const found = await post('fileName=cost.json', text)
  holds(found)
  expect(found.providers[0]!.zone).toMatchObject({ read: 'UTC', found: 'UTC-08:00', mismatch: { asFound: 0 } })
  expect(found.isWithin).toBe(true)
  // The shift moves eight hours of the first day out of the period, and eight of the day after it in.
  expect(parts(found)).toEqual({ zone: '0.240000000000' })
  expect((await post('', '')).error?.code).toBe('NO_BILL')
  for (const columns of [80, 100]) {
    const lines = reconcileText(found, { columns, color: false }).split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(columns)
  }
})
