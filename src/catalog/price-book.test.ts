import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { instant } from '../core/meter/calendar.ts'
import { resolveModel } from '../core/meter/model-name.ts'
import { formatUsd, parseUsd } from '../core/meter/money.ts'
import { type Offer, price } from '../core/meter/price.ts'
import { providerId } from '../core/meter/seller.ts'
import { type Usage, type UsageKind, usageOf } from '../core/meter/usage.ts'
import { dataRoot } from './data-root.ts'
import { npmCatalog, npmProviders } from './npm-prices.ts'
import { loadOffers } from './offers.ts'
import { parsePrices, pricesSchema } from './overlay.ts'
import { loadPriceBook } from './price-book.ts'

const book = loadPriceBook()
const at = instant('2026-11-23')
const perMillion = (offer: Offer, kind: 'input' | 'cacheRead' | 'output' = 'input'): string | null => {
  const { usd } = price(book, { ...offer, usage: usageOf({ [kind]: 100_000 }), atMicros: at })
  return usd === null ? null : formatUsd((usd * 10n) as typeof usd)
}
const found = (provider: string | null, model: string): string => {
  const r = resolveModel(book, provider, model)
  return 'reason' in r ? 'none' : `${r.seller.id} ${r.model.id} ${r.match}`
}

test('every provider of the npm package is read: its own list of them has no other', () => {
  const require = createRequire(import.meta.url)
  const text = readFileSync(require.resolve(npmCatalog.name).replace(/cjs$/, 'js'), 'utf8')
  const ids = [...text.matchAll(/^ {4}id: "([^"]+)",$/gm)].map(m => m[1])
  expect(ids.length).toBeGreaterThan(40)
  expect([...npmProviders].sort()).toEqual([...new Set(ids)].sort())
})

test('the version that the book names is the one that is installed', () => {
  const manifest = JSON.parse(readFileSync(join(dataRoot(), '..', 'package.json'), 'utf8'))
  expect(manifest.dependencies[npmCatalog.name]).toBe(npmCatalog.version)
  expect(book.version).toContain(npmCatalog.version)
  expect(book.newestDate).toBe('2026-11-23')
})

test('a sibling is never priced as the model that it resembles', () => {
  expect(found('anthropic', 'claude-sonnet-5')).toBe('anthropic claude-sonnet-5 exact')
  expect(found('anthropic', 'claude-sonnet-5-5')).toBe('anthropic claude-sonnet-5-5 exact')
  for (const model of [
    'claude-sonnet-5-6',
    'claude-sonnet-6',
    'claude-opus-5-1',
    'gpt-5.9',
    'gpt-5-ultra',
    'gpt-4o-huge',
    'claude',
  ]) {
    for (const provider of ['anthropic', 'openai', null]) expect(found(provider, model), model).toBe('none')
  }
})

test('what follows a name is a snapshot only where it leaves the model what it is', () => {
  for (const [provider, model] of [
    ['bedrock', 'amazon.titan-embed-text-v2:0'],
    ['zai', 'glm-4.7-flash'],
    ['google', 'gemini-pro-latest'],
    ['mistral', 'ministral-3b-latest'],
    ['novita', 'deepseek/deepseek-v3-9999'],
  ] as const) {
    expect(found(provider, model), model).toBe('none')
  }
  expect(found('openai', 'davinci-002')).toBe('openai davinci-002 exact')
  // Other weights at a host, a snapshot at the maker.
  expect(found('novita', 'deepseek/deepseek-r1-0528')).not.toMatch(/deepseek-r1 /)
  expect(found('openai', 'gpt-5-0807')).toBe('openai gpt-5 prefix')
  expect(found('google', 'gemini-2.5-flash-001')).toBe('google gemini-2.5-flash prefix')
  expect(found('google', 'gemini-2.5-pro-latest')).toBe('google gemini-2.5-pro prefix')
  expect(found('vertex', 'claude-sonnet-4-5@20250929')).toBe('google-vertex claude-sonnet-4-5 prefix')
})

test('a fine-tuned model is priced as those of its base, never as the base', () => {
  expect(found('openai', 'ft:gpt-4o-2024-08-06:acme::x1')).toBe('openai ft:gpt-4o prefix')
  expect(found(null, 'openai/ft:gpt-4o-mini-2024-07-18:acme:support:x1')).toBe('openai ft:gpt-4o-mini prefix')
  expect(found(null, 'ft:gpt-4o:acme::x1')).toBe('openai ft:gpt-4o alias')
  expect(found('openai', 'ft:gpt-6.2-sol:acme::x1')).toBe('none')
})

test('names are understood as people and APIs spell them, and the answer says how', () => {
  expect(found('OpenAI', 'GPT-6.2-Sol')).toBe('openai gpt-6.2-sol exact')
  expect(found(null, 'gpt-6-2-sol')).toBe('openai gpt-6.2-sol alias')
  expect(found(null, 'openai/gpt-5')).toBe('openai gpt-5 alias')
  expect(found('azure_openai', 'gpt-5')).toBe('azure gpt-5 exact')
  expect(found(null, 'claude-sonnet-4-5-20250929')).toBe('anthropic claude-sonnet-4-5 prefix')
  expect(found('vertex_ai', 'claude-sonnet-4-5@20250929')).toBe('google-vertex claude-sonnet-4-5 prefix')
  expect(found('google', 'models/gemini-2.5-pro')).toBe('google gemini-2.5-pro alias')
  expect(found('x_ai', 'grok-4.20-0309-reasoning')).toBe('x-ai grok-4.20 alias')
  expect(found('aws.bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')).toBe(
    'aws anthropic.claude-sonnet-4-5-20250929-v1:0 alias',
  )
  expect(found(null, 'anthropic.claude-sonnet-4-6-20260217-v1:0')).toBe('aws anthropic.claude-sonnet-4-6-v1:0 prefix')
  expect(found(null, 'deepinfra/Qwen/Qwen3.6-35B-A3B')).toBe('deepinfra Qwen/Qwen3.6-35B-A3B alias')
  expect(found('openrouter', 'openai/gpt-5-mini')).toBe('openrouter openai/gpt-5-mini exact')
  expect(found(null, 'sonar-pro')).toBe('perplexity sonar-pro exact')
})

const offered = loadOffers(new Set())

test('a host known from its offers alone sells them by provider and name, marked as an offer with source and date', () => {
  const one = offered.find(offer => offer.host === 'chutes')!
  const priced = price(book, {
    provider: 'Chutes',
    model: one.modelAsListed.toUpperCase(),
    usage: usageOf({ input: 1_000_000, output: 1_000_000 }),
    atMicros: at,
  })
  expect(priced).toMatchObject({
    usd: parseUsd(one.usdPerMtokInput!) + parseUsd(one.usdPerMtokOutput!),
    provider: 'chutes',
    pricedAs: one.modelAsListed,
    catalog: { source: 'data/hosted-offers.csv', reference: one.source, observedAt: one.observedAt },
  })
})

test('offers are the lowest layer: they change no price that the book has without them', () => {
  for (const seller of book.sellers) {
    for (const model of seller.models) {
      const layers = new Set(model.rows.map(row => row.layer))
      if (layers.has('offers')) expect([...layers], `${seller.id} ${model.id}`).toEqual(['offers'])
    }
  }
  // Listed by Together at 0.15 / 1.5 in both; the price file's row is the one that counts.
  const { catalog } = price(book, {
    provider: 'together',
    model: 'Qwen/Qwen3-Next-80B-A3B-Instruct',
    usage: usageOf({ input: 1 }),
    atMicros: at,
  }) as { catalog: { source: string } }
  expect(catalog.source).toBe('data/prices/together.yaml')
})

test('each offer has a price by host and name, save where its own is not told in full', () => {
  const without = offered.filter(({ host, modelAsListed, usdPerMtokInput, notes }) => {
    const told = usdPerMtokInput !== null && !/above|another tariff/.test(notes ?? '')
    return told && perMillion({ provider: host, model: modelAsListed }) === null
  })
  expect(without.map(offer => offer.id)).toEqual([])
  // Long prompts cost more there, cache reads at a rate that is not told: no price rather than a low one.
  expect(perMillion({ provider: 'deepinfra', model: 'XiaomiMiMo/MiMo-V2.5-Pro' })).toBeNull()
})

test('names of today and the rates that sellers publish apart: each against the page that its row cites', () => {
  const on = (day: string, offer: Offer, kind: UsageKind = 'input'): string | null => {
    const { usd } = price(book, { ...offer, usage: usageOf({ [kind]: 10_000 }), atMicros: instant(day) })
    return usd === null ? null : formatUsd((usd * 100n) as typeof usd).replace(/0+$/, '')
  }
  // DeepSeek's general names: V3 by the hour, V3.1 from 2025-09-05T16:00Z, V3.2 from 2025-09-29; no off-peak price since.
  const chat = { provider: 'deepseek', model: 'deepseek-chat' }
  expect(on('2025-08-01T12:00Z', chat)).toBe('0.27')
  expect(on('2025-09-05T15:59:59Z', chat)).toBe('0.27')
  expect(on('2025-09-05T16:00Z', chat, 'output')).toBe('1.68')
  expect(on('2026-06-15T17:45Z', chat)).toBe('0.28')
  expect(on('2026-06-15T12:00Z', chat)).toBe('0.28')
  expect(on('2026-06-15', { ...chat, model: 'deepseek-reasoner' }, 'cacheRead')).toBe('0.028')
  // Mistral's "latest" is Large 3 since December 2025.
  const large = { provider: 'mistral', model: 'mistral-large-latest' }
  expect([on('2025-12-01', large), on('2025-12-02', large)]).toEqual(['2.', '0.5'])
  // Priority and Flex, in both of OpenAI's and Google's tables.
  const tier = (provider: string, model: string, name: string, kind: UsageKind = 'input') =>
    on('2026-11-23', { provider, model, tier: name }, kind)
  expect(tier('openai', 'gpt-5', 'priority', 'output')).toBe('20.')
  expect(tier('openai', 'gpt-5-mini', 'priority', 'cacheRead')).toBe('0.045')
  expect(tier('openai', 'gpt-5.5', 'priority')).toBe('12.5')
  expect(tier('openai', 'gpt-4o-mini', 'priority', 'output')).toBe('1.')
  expect(tier('openai', 'gpt-5.4', 'batch', 'cacheRead')).toBe('0.13')
  expect(tier('google', 'gemini-2.5-pro', 'priority', 'output')).toBe('18.')
  expect(tier('google', 'gemini-2.5-pro', 'batch', 'cacheRead')).toBe('0.125')
  expect(tier('google', 'gemini-3.6-flash', 'batch', 'cacheRead')).toBe('0.0375')
  expect(tier('google', 'gemini-3.5-flash', 'flex', 'cacheRead')).toBe('0.08')
  // Audio of later snapshots; a smaller sibling that npm takes for the larger.
  expect(on('2026-11-23', { provider: 'openai', model: 'gpt-4o-audio-preview-2025-06-03' }, 'outputAudio')).toBe('80.')
  expect(on('2026-11-23', { provider: 'groq', model: 'openai/gpt-oss-safeguard-20b' })).toBe('0.075')
})

test("an offer is priced for its host's name only: nobody is guessed", () => {
  const sole = offered.find(({ host, modelAsListed }) => host === 'chutes' && !modelAsListed.includes('zzz'))!
  expect(resolveModel(book, null, sole.modelAsListed)).toMatchObject({ reason: expect.stringContaining('provider') })
})

test('an open model sold by many has no price until a provider is named', () => {
  const open = resolveModel(book, null, 'meta-llama/Llama-3.1-8B-Instruct')
  expect(open).toMatchObject({ reason: expect.stringContaining('name a provider') })
  // The maker of weights is not their seller, though the npm catalogue has a price of gpt-oss under OpenAI.
  for (const [provider, model] of [
    [null, 'openai/gpt-oss-120b'],
    ['openai', 'gpt-oss-120b'],
  ] as const) {
    expect(found(provider, model), model).toBe('none')
  }
  expect(found('groq', 'openai/gpt-oss-120b')).toMatch(/^groq openai\/gpt-oss-120b/)
  expect(resolveModel(book, 'no-such-cloud', 'gpt-5')).toMatchObject({
    reason: expect.stringContaining('no-such-cloud'),
  })
})

test('every model of every seller is found under its own id', () => {
  for (const seller of book.sellers) {
    for (const model of seller.models) {
      const r = resolveModel(book, seller.id, model.id)
      expect('reason' in r ? r.reason : r.model.id, `${seller.id} ${model.id}`).toBe(model.id)
    }
  }
})

test('Bedrock: a geography is in-region and ten per cent dearer, "global" is list price, by name or by region', () => {
  const sonnet = 'anthropic.claude-sonnet-4-6'
  expect(perMillion({ provider: 'bedrock', model: sonnet })).toBe('3.300000000000')
  expect(perMillion({ provider: 'bedrock', model: `eu.${sonnet}-v1:0`, region: 'eu-west-1' })).toBe('3.300000000000')
  expect(perMillion({ provider: 'bedrock', model: `global.${sonnet}-v1:0`, region: 'us-east-1' })).toBe(
    '3.000000000000',
  )
  expect(perMillion({ provider: 'bedrock', model: sonnet, region: 'global' })).toBe('3.000000000000')
})

test('OpenAI: fast is priority, whether asked for as a tier or as a speed; Anthropic: fast is a speed', () => {
  for (const mode of [{ tier: 'fast' }, { tier: 'priority' }, { speed: 'fast' }]) {
    expect(perMillion({ provider: 'openai', model: 'gpt-6.2-sol', ...mode })).toBe('4.000000000000')
  }
  expect(perMillion({ provider: 'openai', model: 'gpt-6.2-sol', speed: 'ultrafast' })).toBe('6.000000000000')
  for (const mode of [{ tier: 'fast' }, { speed: 'fast' }]) {
    expect(perMillion({ provider: 'anthropic', model: 'claude-opus-5', ...mode })).toBe('10.000000000000')
  }
  expect(perMillion({ provider: 'anthropic', model: 'claude-opus-5', tier: 'priority' })).toBeNull()
  expect(perMillion({ provider: 'anthropic', model: 'claude-sonnet-4-5', speed: 'fast' })).toBeNull()
})

test('Ultrafast steps from 3x to 6x at the end of February 2027', () => {
  const ultra = (when: string): string => {
    const usage = usageOf({ input: 10_000, output: 2_000 })
    return formatUsd(
      price(book, { provider: 'openai', model: 'gpt-6.2-sol', tier: 'ultrafast', usage, atMicros: instant(when) }).usd!,
    )
  }
  expect(ultra('2027-02-28T23:59:59Z')).toBe('0.120000000000')
  expect(ultra('2027-03-01')).toBe('0.240000000000')
})

test('a model listed without a price is unpriced, and free only where its id says so', () => {
  expect(perMillion({ provider: 'cerebras', model: 'qwen-3-coder-480b' })).toBeNull()
  expect(perMillion({ provider: 'openrouter', model: 'deepseek/deepseek-r1:free' })).toBe('0.000000000000')
})

test('loading twice gives one version, and an overlay another', () => {
  expect(loadPriceBook().version).toBe(book.version)
  expect(loadPriceBook({ overlays: [overlay('version: 1\nproviders: {}\n')] }).version).not.toBe(book.version)
})

function overlay(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'prices-')), 'prices.yaml')
  writeFileSync(path, text)
  return path
}

test("a user's file wins over everything: negotiated rates, discounts, models of their own, endpoints by the hour", () => {
  const path = overlay(`
version: 1
observedAt: 2026-12-01
providers:
  openai:
    discounts:
      - { share: 0.1, models: ["gpt-5*"] }
    models:
      gpt-6.2-sol: { rates: { input: 1.75, output: 9 } }
  our-cluster:
    names: [vllm]
    models:
      llama-3.1-70b: { aliases: [meta-llama/Llama-3.1-70B-Instruct], rates: { input: 0.0000001, output: 0.3 } }
    dedicated:
      endpoint-1: { model: llama-3.1-70b, gpu: h100-sxm-80gb, gpus: 4, usdPerHour: 11.96, minBillableSeconds: 60 }
`)
  const own = loadPriceBook({ overlays: [path, path] })
  const priced = (provider: string, model: string) =>
    price(own, { provider, model, usage: usageOf({ input: 1_000_000 }), atMicros: at })
  expect(priced('openai', 'gpt-6.2-sol')).toMatchObject({
    usd: 1_750_000_000_000n,
    match: 'override',
    catalog: { source: path },
  })
  expect(priced('openai', 'gpt-5')).toMatchObject({ usd: 1_125_000_000_000n, match: 'override' })
  expect(priced('vllm', 'meta-llama/llama-3.1-70b-instruct')).toMatchObject({
    usd: 100_000n,
    pricedAs: 'llama-3.1-70b',
  })
  expect(own.dedicated[0]).toMatchObject({ provider: 'our-cluster', usdPerHour: { unscaled: 1196n, scale: 2 } })
  expect(own.newestDate).toBe('2026-12-01')
})

test('what is wrong with a price file is said with its file, line and field', () => {
  const wrong = (text: string): unknown => {
    try {
      parsePrices(text, 'p.yaml')
    } catch (thrown) {
      return thrown
    }
    return null
  }
  const start = 'version: 1\nproviders:\n  openai:\n    models:\n      gpt-5:\n'
  expect(wrong(`${start}        rates: { input: -1 }\n`)).toMatchObject({
    where: 'p.yaml:6:providers.openai.models.gpt-5.rates.input',
    message: expect.stringContaining('decimal number'),
  })
  expect(wrong(`${start}        rates: { inputt: 1 }\n`)).toMatchObject({
    fix: 'did you mean "input"?',
    where: expect.stringContaining('p.yaml:6:'),
  })
  expect(wrong(`${start}        rates: { input: 1 }\n        from: yesterday\n`)).toMatchObject({
    where: 'p.yaml:7:providers.openai.models.gpt-5.from',
  })
  expect(wrong('version: 1\nproviders: [\n')).toMatchObject({
    code: 'PRICES_INVALID',
    where: expect.stringMatching(/^p\.yaml:\d/),
  })
  expect(wrong('')).toMatchObject({ code: 'PRICES_INVALID' })
  expect(() => loadPriceBook({ overlays: ['/nowhere/prices.yaml'] })).toThrow('cannot be read')
})

test("a user's row lies on top of the published one: kinds that it does not name keep their list price", () => {
  const path = overlay(`
version: 1
providers:
  anthropic:
    models:
      claude-sonnet-4-5: { rates: { input: 2.5, output: 12 } }
  openai:
    models:
      gpt-6.2-sol: { rates: { cacheWrite: 2 } }
`)
  const own = loadPriceBook({ overlays: [path] })
  const usd = (model: string, usage: Partial<Usage>) => {
    const priced = price(own, { provider: null, model, usage: usageOf(usage), atMicros: at })
    return priced.usd === null ? priced.reason : formatUsd(priced.usd)
  }
  // 10,000 at the own 2.50, 100,000 read at 0.30, 10,000 written for an hour at 6.00, 3 searches at 10 per thousand.
  const cached = { input: 10_000, cacheRead: 100_000, cacheWrite1h: 10_000, output: 1_000, searches: 3 }
  expect(usd('claude-sonnet-4-5', cached)).toBe('0.157000000000') // 0.025 + 0.03 + 0.06 + 0.012 + 0.03
  // Above 200,000 the own rates are flat; the list price of a read is that of its band, 0.60.
  expect(usd('claude-sonnet-4-5', { input: 100_000, cacheRead: 200_000 })).toBe('0.370000000000')
  // A write of 30 minutes is the plain write; 12 hours is another.
  expect(usd('gpt-6.2-sol', { input: 100_000, cacheWrite30m: 50_000, cacheWrite12h: 10_000 })).toBe('0.350000000000')
})

test('a price file that could only be a slip is refused with its line and field, never read as a price', () => {
  const start = 'version: 1\nproviders:\n  openai:\n'
  const model = (sheet: string) => `${start}    models:\n      gpt-5: { rates: { input: 1 }, ${sheet} }\n`
  for (const [text, where, message] of [
    [`${start}    discounts: [{ share: 15 }]\n`, 'p:4:providers.openai.discounts.0.share', 'between 0 and 1'],
    [`${start}    multipliers: [{ times: 0.5 }]\n`, 'p:4:providers.openai.multipliers.0', 'tier, region or speed'],
    [model('from: 2026-13-01'), 'p:5:providers.openai.models.gpt-5.from', 'calendar'],
    [model('from: 2026-12-01, to: 2026-11-01'), 'p:5:providers.openai.models.gpt-5.to', 'after "from"'],
    [model('window: { utc: ["25:00-26:00"] }'), 'p:5:providers.openai.models.gpt-5.window.utc.0', 'span of the day'],
    [model('window: { utc: ["09:00-24:00"], except: [2026-02-30] }'), /except\.0$/, 'calendar'],
    [model('bands: [{ above: 9, rates: { output: 2 } }]'), /^p:5:.*gpt-5\.bands\.0\.rates$/, 'no rate for input'],
    [
      `${start}    models:\n      gpt-5: { rates: {} }\n`,
      'p:5:providers.openai.models.gpt-5.rates',
      'at least one rate',
    ],
    [`${start}    models:\n      gpt-5: { rates: { input: *nope } }\n`, /^p/, 'not YAML'],
    [`${start}    dedicated: { a: { model: x, usdPerHour: -3 } }\n`, /a\.usdPerHour$/, 'decimal number'],
    ['version: 2\nproviders: {}\n', 'p:1:version', 'version: 1'],
  ] as const) {
    const refused = expect(() => parsePrices(text, 'p'), text)
    refused.toThrow(
      expect.objectContaining({
        code: 'PRICES_INVALID',
        message: expect.stringContaining(message),
        where: typeof where === 'string' ? where : expect.stringMatching(where),
      }),
    )
  }
})

test('tiers and regions of a price file are read as those of a call: without case, by any of their names', () => {
  const path = overlay(`
version: 1
providers:
  shop:
    tierNames: { Night-Rate: Batch }
    multipliers: [{ region: EU, times: 2 }]
    models:
      m: { rows: [{ tier: Default, rates: { input: 4 } }, { tier: Batch-API, region: US-East-1, rates: { input: 1 } }] }
`)
  const own = loadPriceBook({ overlays: [path] })
  const usd = (offer: Partial<Offer>) =>
    price(own, { provider: 'shop', model: 'm', usage: usageOf({ input: 1_000_000 }), atMicros: at, ...offer }).usd
  expect(usd({})).toBe(4_000_000_000_000n)
  expect(usd({ region: 'eu-west-1' })).toBe(8_000_000_000_000n)
  expect(usd({ tier: 'night rate', region: 'us-east-1' })).toBe(1_000_000_000_000n)
  expect(
    price(own, { provider: 'openai', model: 'gpt-5', tier: 'constructor', usage: usageOf({}), atMicros: at }),
  ).toEqual({
    usd: null,
    reason: 'no constructor price of gpt-5 at openai is known',
  })
})

test('a band that leaves out a rate of its row is refused: those tokens would go unbilled', () => {
  const path = overlay(`
version: 1
providers:
  shop: { models: { m: { rates: { input: 1, output: 2 }, bands: [{ above: 1000, rates: { input: 2 } }] } } }
`)
  expect(() => loadPriceBook({ overlays: [path] })).toThrow('has no rate for output')
})

test('each shipped row names its source, and each file its date', () => {
  const folder = join(dataRoot(), 'prices')
  for (const name of readdirSync(folder).filter(n => n.endsWith('.yaml'))) {
    const file = parsePrices(readFileSync(join(folder, name), 'utf8'), name)
    expect(file.observedAt, name).toBeDefined()
  }
  for (const seller of book.sellers) {
    for (const model of seller.models) {
      for (const row of model.rows)
        if (row.layer === 'shipped') expect(row.reference, `${seller.id} ${model.id}`).not.toBeNull()
    }
    for (const rule of [...seller.multipliers, ...seller.fees]) expect(rule.reference, seller.id).not.toBeNull()
  }
})

test('the models and modes of the autumn of 2026 have their prices', () => {
  const at = (model: string, tier: string | null = null) => perMillion({ provider: 'openai', model, tier }, 'output')
  // https://developers.openai.com/api/docs/models/gpt-6.1-sol, https://github.com/BerriAI/litellm/discussions/52347
  expect(at('gpt-6.1-sol')).toBe('10.000000000000')
  expect(at('gpt-6.1-sol', 'fast')).toBe('20.000000000000')
  expect(at('gpt-6.2-astra')).toBe('40.000000000000')
  // https://vercel.com/changelog/openai-ultrafast-mode-now-available-on-ai-gateway
  expect(at('gpt-6-astra', 'ultrafast')).toBe('300.000000000000')
})

test('DeepSeek serves and bills the name of V4 Flash as V4.1 Flash since the latter is there', () => {
  const perMillionAt = (model: string, when: string) => {
    const usage = usageOf({ input: 1_000_000, cacheRead: 1_000_000, output: 1_000_000 })
    const { usd } = price(book, { provider: 'deepseek', model, usage, atMicros: instant(when) })
    return usd === null ? null : formatUsd(usd)
  }
  // https://api-docs.deepseek.com/quick_start/pricing: 0.15, 0.003 and 0.60, at peak twice that.
  for (const model of ['deepseek-flash', 'deepseek-v4-flash']) {
    expect(perMillionAt(model, '2026-11-21')).toBe('0.753000000000')
    expect(perMillionAt(model, '2026-11-20T02:00Z')).toBe('1.506000000000')
  }
  expect(perMillionAt('deepseek-v4-flash', '2026-09-09')).toBe('0.887000000000')
})

test('a prompt that Gemini 2.5 grounds is charged once, and Gemini 3 for each query', () => {
  const usage = usageOf({ input: 1000, output: 100, searches: 3 })
  const searched = (model: string, requests = 1) => {
    const priced = price(book, { provider: 'google', model, usage, units: { requests }, atMicros: at })
    return priced.usd === null ? priced.reason : formatUsd(priced.lines.find(line => line.kind === 'searches')!.usd)
  }
  // https://ai.google.dev/gemini-api/docs/pricing: $35 for 1,000 grounded prompts, $14 for 1,000 queries.
  expect(searched('gemini-2.5-flash')).toBe('0.035000000000')
  expect(searched('gemini-3-flash-preview')).toBe('0.042000000000')
  expect(searched('gemini-2.5-flash', 2)).toBe('0.070000000000')
})

test('the JSON Schema that ships for editors is that of the reader', () => {
  const path = join(dataRoot(), 'prices', 'prices.schema.json')
  const text = `${JSON.stringify(pricesSchema(), null, 2)}\n`
  if (process.env.UPDATE_SCHEMA) writeFileSync(path, text)
  expect(readFileSync(path, 'utf8'), 'run with UPDATE_SCHEMA=1').toBe(text)
})

test('what the catalog calls a seller, and every other name that it has for it, is what calls of that seller are kept by', () => {
  for (const { id, names } of book.sellers) {
    for (const name of [id, ...names]) expect([name, providerId(name)]).toEqual([name, id])
  }
})
