import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { offersOf, useOwnFacts } from '../../catalog/facts.ts'
import { loadPriceBook } from '../../catalog/price-book.ts'
import { formatUsd } from '../../core/meter/money.ts'
import { price } from '../../core/meter/price.ts'
import { noUsage } from '../../core/meter/usage.ts'
import { runForTest } from './frame-for-test.ts'
import { prices } from './prices.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'offers-'))
const endpoint = (provider: string, prompt: string) => ({
  provider_name: provider,
  pricing: { prompt, completion: '0.000002' },
  quantization: 'fp8',
  context_length: 8192,
})

const run = (beside: string, ...words: string[]) =>
  runForTest<unknown>(prices, ['prices', 'import', ...words], { config: join(beside, 'crossline.yaml') })

function dump(beside: string, ...endpoints: unknown[]): string {
  const path = join(beside, 'dump.json')
  writeFileSync(path, JSON.stringify({ data: { id: 'meta-llama/llama-3.3-70b-instruct', endpoints } }))
  return path
}

afterEach(() => {
  useOwnFacts(join(folder(), 'crossline.yaml'))
})

test("an imported offer takes the place of the host's shipped one, beside this crossline.yaml only", async () => {
  const beside = folder()
  const configFile = join(beside, 'crossline.yaml')
  await run(
    beside,
    dump(beside, endpoint('DeepInfra', '0.0000001'), endpoint('New Cloud', '0.0000003')),
    '--at',
    '2026-11-20',
  )
  useOwnFacts(configFile)
  const at = (host: string) => offersOf('llama-3.3-70b', { all: true }).filter(offer => offer.host === host)
  expect(at('deepinfra')).toMatchObject([{ usdPerMtokInput: '0.1', weightDtype: 'fp8', observedAt: '2026-11-20' }])
  expect(at('new-cloud')).toHaveLength(1)
  const call = {
    provider: 'new-cloud',
    model: 'meta-llama/llama-3.3-70b-instruct',
    atMicros: Date.UTC(2026, 10, 21) * 1000,
    usage: { ...noUsage, input: 1_000_000, output: 0 },
  }
  const priced = price(loadPriceBook({ configFile }), call)
  expect(priced.usd === null ? null : formatUsd(priced.usd)).toBe('0.300000000000')
  expect(price(loadPriceBook(), call).usd).toBeNull()
})

test('imported again it is replaced, and a file that is no such answer changes nothing', async () => {
  const beside = folder()
  await run(beside, dump(beside, endpoint('DeepInfra', '0.0000001')))
  const again = await run(beside, dump(beside, endpoint('DeepInfra', '0.0000002')))
  expect(again.json).toMatchObject({ added: 1, replaced: 1, offers: [{ usd_per_mtok_input: '0.2' }] })
  const kept = readFileSync(join(beside, 'crossline.offers.json'), 'utf8')
  writeFileSync(join(beside, 'junk.json'), '{"data":')
  await expect(run(beside, join(beside, 'junk.json'))).rejects.toThrow(/not JSON/)
  await expect(run(beside, dump(beside), join(beside, 'none.json'))).rejects.toThrow(/no such file/)
  expect(readFileSync(join(beside, 'crossline.offers.json'), 'utf8')).toBe(kept)
})

test("a team's own offer is in the running whoever sells it, and the date of the prices is not before it was seen", async () => {
  const beside = folder()
  const configFile = join(beside, 'crossline.yaml')
  const shippedDate = loadPriceBook().newestDate
  const seen = '2027-02-03'
  expect(shippedDate < seen).toBe(true)
  const ran = await run(beside, dump(beside, endpoint('ZetaHost', '0.0000001')), '--at', seen)
  expect(ran.text).toContain('1 offer added:')
  useOwnFacts(configFile)
  expect(offersOf('llama-3.3-70b').filter(offer => offer.host === 'zetahost')).toHaveLength(1)
  expect(loadPriceBook({ configFile }).newestDate).toBe(seen)
  expect(loadPriceBook().newestDate).toBe(shippedDate)
})
