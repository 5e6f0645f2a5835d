import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { loadPriceBook } from '../catalog/price-book.ts'
import { formatUsd } from '../core/meter/money.ts'
import { price } from '../core/meter/price.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { noUsage, type Usage, usageKinds } from '../core/meter/usage.ts'
import { openDuckdb } from '../ledger/duckdb.ts'
import { importFile, repriceLedger } from './import.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-prices-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let runs = 0
async function fresh() {
  const dataDir = join(folder, String(runs++))
  mkdirSync(dataDir)
  const ledger = await openDuckdb(':memory:')
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(dataDir, name), content)
    return join(dataDir, name)
  }
  const take = (path: string, book: PriceBook | null) => importFile(ledger, path, {}, { book, dataDir })
  return { ledger, write, take, dataDir }
}
const book = loadPriceBook()

test('the 45 worked price cases cost the same when they come in as one file and SQL prices them', async () => {
  const fixture = new URL('../../test/fixtures/price-traps.jsonl', import.meta.url)
  const cases = readFileSync(fixture, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  // Kinds that are not columns of a ledger (requests, pages, audio seconds …) stay with the price function.
  const kinds: readonly string[] = usageKinds
  const plain = cases.filter(one => Object.keys(one.usage).every(kind => kinds.includes(kind)))
  expect(plain.length).toBeGreaterThan(30)
  const lines = plain.map((one, i) => {
    const { provider, model, tier, region, speed } = one
    const usage = { ...Object.fromEntries(usageKinds.filter(k => k !== 'cacheWrite').map(k => [k, 0])), ...one.usage }
    if (usage.cacheWrite === undefined) {
      usage.cacheWrite = usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheWrite30m + usage.cacheWrite12h
    }
    return JSON.stringify({
      id: `c${i}`,
      task: `c${i}`,
      time: one.at ?? '2026-11-23',
      provider,
      model,
      tier,
      region,
      speed,
      usage,
    })
  })
  const { ledger, write, take } = await fresh()
  expect((await take(write('cases.jsonl', `${lines.join('\n')}\n`), book)).added).toBe(plain.length)
  const { rows } = await ledger.report({}, ['task'], 'UTC')
  const found = new Map(rows.map(row => [row.key.task, row]))
  plain.forEach((one, i) => {
    const row = found.get(`c${i}`)
    expect([one.id, row?.unpricedCalls ? null : row?.usd]).toEqual([one.id, one.expectUsd])
  })
  await ledger.close()
})

test('any call costs in bulk what the price function says of it, or is unpriced for the same call (laws 1 and 4)', async () => {
  const models = [
    ['openai', 'gpt-4o'],
    ['openai', 'gpt-5.4'],
    ['anthropic', 'claude-sonnet-4-5'],
    ['google', 'gemini-2.5-pro'],
    ['deepseek', 'deepseek-chat'],
    [null, 'gpt-4.1-mini'],
    ['openai', 'no-such-model'],
  ] as const
  const count = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400_000 }))
  const unknownOr = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { freq: 12 })
  const oneCall = fc.record({
    model: fc.constantFrom(...models),
    tier: fc.constantFrom(null, 'batch', 'priority'),
    input: unknownOr(count),
    cacheRead: unknownOr(count),
    cacheWrite5m: count,
    cacheWrite1h: fc.constantFrom(0, 1000),
    output: unknownOr(count),
    minute: fc.integer({ min: 0, max: 60 * 24 * 400 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(oneCall, { minLength: 20, maxLength: 60 }), async calls => {
      const { ledger, write, take } = await fresh()
      const rows = calls.map((one, i) => {
        const [provider, model] = one.model
        const atMicros = Date.parse('2025-10-01T00:00:00Z') * 1000 + one.minute * 6e7
        const usage = {
          ...noUsage,
          reasoning: null,
          input: one.input,
          cacheRead: one.cacheRead,
          cacheWrite5m: one.cacheWrite5m,
          cacheWrite1h: one.cacheWrite1h,
          cacheWrite: one.cacheWrite5m + one.cacheWrite1h,
          output: one.output,
        } as Usage
        return { id: String(i), provider, model, tier: one.tier, atMicros, usage }
      })
      const lines = rows.map(({ id, atMicros, usage, ...rest }) =>
        JSON.stringify({ id, task: id, time: new Date(atMicros / 1000).toISOString(), ...rest, usage }),
      )
      await take(write('calls.jsonl', lines.join('\n')), book)
      const report = await ledger.report({}, ['task'], 'UTC')
      for (const row of rows) {
        const said = report.rows.find(r => r.key.task === row.id)!
        const { usd } = price(book, row)
        expect([row, said.unpricedCalls ? null : said.usd]).toEqual([row, usd === null ? null : formatUsd(usd)])
      }
      // And pricing the same history again by the same book moves nothing.
      expect((await repriceLedger(ledger, {}, { book, dryRun: true })).changed).toBe(0)
      await ledger.close()
    }),
    { numRuns: 6 },
  )
})

test('a call keeps the price it was imported at; only reprice moves it, and says by how much (law 10)', async () => {
  const { ledger, write, take } = await fresh()
  const csv =
    'time,provider,model,input_tokens,output_tokens\n2026-01-02,openai,gpt-4o,1000000,0\n2026-01-03,openai,gpt-4.1,1000000,0\n'
  await take(write('a.csv', csv), book)
  const before = await ledger.report({}, ['model'], 'UTC')
  const negotiated = halved(book)
  await take(write('a.csv.gz', gzipSync(csv)), negotiated)
  expect(await ledger.report({}, ['model'], 'UTC')).toEqual(before)
  const only = { where: { model: 'gpt-4o' } }
  const dry = await repriceLedger(ledger, only, { book: negotiated, dryRun: true })
  expect(dry).toMatchObject({ calls: 1, changed: 1, usdBefore: '2.500000000000', usdAfter: '1.250000000000' })
  expect(await ledger.report({}, ['model'], 'UTC')).toEqual(before)
  expect(await repriceLedger(ledger, only, { book: negotiated, dryRun: false })).toEqual({ ...dry, dryRun: false })
  const after = await ledger.report({}, ['model'], 'UTC')
  expect(after.rows.find(row => row.key.model === 'gpt-4o')?.usd).toBe('1.250000000000')
  expect(after.rows.find(row => row.key.model === 'gpt-4.1')).toEqual(
    before.rows.find(row => row.key.model === 'gpt-4.1'),
  )
  await ledger.close()
})

function halved(of: PriceBook): PriceBook {
  const half = (rates: object) =>
    Object.fromEntries(
      Object.entries(rates).map(([kind, rate]) => [
        kind,
        { usd: { unscaled: rate.usd.unscaled * 5n, scale: rate.usd.scale + 1 }, per: rate.per },
      ]),
    )
  return {
    ...of,
    version: `${of.version}-halved`,
    sellers: of.sellers.map(seller => ({
      ...seller,
      models: seller.models.map(model => ({
        ...model,
        rows: model.rows.map(row => ({ ...row, rates: half(row.rates) })),
      })),
    })),
  }
}

test('any order, repetition, packing and undoing of imports leaves one ledger (law 5)', async () => {
  const rows = (ids: readonly number[]) =>
    ids.map(id => `r${id},2026-01-0${1 + (id % 5)}T00:00:00Z,gpt-4o,${id * 3},${id}\n`).join('')
  const idHead = 'request_id,timestamp,model,input_tokens,output_tokens\n'
  const files: [string, string][] = [
    ['one.csv', idHead + rows([1, 2, 3, 4])],
    ['two.csv', idHead + rows([3, 4, 5, 6])],
    ['plain.csv', 'timestamp,model,input_tokens,output_tokens\n2026-01-01,gpt-4o,7,1\n2026-01-01,gpt-4o,7,1\n'],
  ]
  const { ledger: straight, write, take } = await fresh()
  for (const [name, content] of files) await take(write(name, content), book)
  const expected = await straight.report({}, ['model', 'day'], 'UTC')
  expect(expected.total.calls).toBe(8)
  const step = fc.record({ file: fc.integer({ min: 0, max: 2 }), gzip: fc.boolean(), undo: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), async steps => {
      const other = await fresh()
      for (const { file, gzip, undo } of [...steps, ...files.map((_, i) => ({ file: i, gzip: false, undo: false }))]) {
        const [name, content] = files[file]!
        const path = gzip ? other.write(`${name}.gz`, gzipSync(content)) : other.write(name, content)
        const { source } = await other.take(path, book)
        if (undo) await other.ledger.undo(source)
      }
      // What an undo took from an overlapping export comes back with it.
      for (const [name, content] of files) await other.take(other.write(name, content), book)
      expect(await other.ledger.report({}, ['model', 'day'], 'UTC')).toEqual(expected)
      await other.ledger.close()
    }),
    { numRuns: 8 },
  )
  await straight.close()
})
