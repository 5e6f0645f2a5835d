// Usage reports in the shapes that providers document; what is drawn from them must add up to them, kind by kind.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { arrivalProfile } from '../catalog/arrival-profiles.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { flatProfile } from '../core/statistics/arrival-profile.ts'
import { type Aggregate, summedKinds } from './aggregate.ts'
import { drawingOf } from './aggregates.ts'

const { take, report: total } = intakeForTest({ book: loadPriceBook(), profile: arrivalProfile })

const day = (start: number, over: object = {}) => ({
  object: 'bucket',
  start_time: start,
  end_time: start + 86_400,
  results: [
    {
      object: 'organization.usage.completions.result',
      input_tokens: 27_444,
      input_cached_tokens: 8448,
      input_uncached_tokens: 18_996,
      input_cache_write_tokens: 0,
      output_tokens: 900,
      input_audio_tokens: 0,
      output_audio_tokens: 0,
      num_model_requests: 5,
      project_id: 'proj_1',
      user_id: null,
      api_key_id: null,
      model: 'gpt-5-mini',
      batch: false,
      service_tier: null,
      ...over,
    },
  ],
})
const monday = Date.UTC(2026, 10, 2) / 1000
const report = (...buckets: object[]) =>
  JSON.stringify({ object: 'page', data: buckets, has_more: false, next_page: null })

test('OpenAI usage: five requests with the sums of the day, estimated, priced, once', async () => {
  const result = await take('usage.json', report(day(monday)))
  expect(result).toMatchObject({
    format: 'openai-usage',
    added: 5,
    unpricedCalls: 0,
    tokens: { input: 27_444, output: 900 },
  })
  expect((await total()).total).toMatchObject({
    calls: 5,
    estimatedCalls: 5,
    usage: { input: 18_996, cacheRead: 8448, output: 900, reasoning: null },
  })
  expect(result.notes.join('\n')).toMatch(/profile "diurnal"/)
  // A longer report of the same days, drawn with another seed or profile, adds only its new day (law 5).
  expect(await take('longer.json', report(day(monday), day(monday + 86_400)))).toMatchObject({
    added: 5,
    duplicates: 5,
  })
  expect(await take('usage.json', report(day(monday)), { seed: 9, profile: 'flat' })).toMatchObject({
    added: 0,
    duplicates: 5,
  })
})

test('a batch has the batch price, a sum without a model takes --model, and two projects are two sums', async () => {
  const result = await take(
    'b.json',
    report(day(monday, { batch: true }), day(monday, { model: null, project_id: 'proj_2' })),
    { model: 'gpt-5' },
  )
  expect(result).toMatchObject({ added: 10, unpricedCalls: 0 })
  expect((await total(['tier', 'workload', 'model'])).rows.map(row => Object.values(row.key))).toEqual([
    ['batch', 'proj_1', 'gpt-5-mini'],
    [null, 'proj_2', 'gpt-5'],
  ])
})

test('an unknown profile is refused with the nearest name', async () => {
  await expect(take('u.json', report(day(monday)), { profile: 'diurnl' as never })).rejects.toMatchObject({
    code: 'UNKNOWN_PROFILE',
    fix: 'did you mean diurnal?',
  })
})

test('Anthropic usage has no requests: their size is taken, and said', async () => {
  const results = [
    {
      uncached_input_tokens: 1_500_000,
      cache_creation: { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 500 },
      cache_read_input_tokens: 200,
      output_tokens: 500_000,
      server_tool_use: { web_search_requests: 10 },
      model: 'claude-sonnet-4-5-20250929',
      service_tier: 'standard',
      context_window: '0-200k',
    },
  ]
  const text = JSON.stringify({
    data: [{ starting_at: '2026-11-20T00:00:00Z', ending_at: '2026-11-21T00:00:00Z', results }],
    has_more: false,
    next_page: null,
  })
  const result = await take('a.json', text, { tokensPerRequest: 20_000 })
  expect(result).toMatchObject({ format: 'anthropic-usage', added: 100, unpricedCalls: 0 })
  expect((await total()).total.usage).toMatchObject({
    input: 1_500_000,
    cacheRead: 200,
    cacheWrite: 1500,
    cacheWrite5m: 500,
    cacheWrite1h: 1000,
    output: 500_000,
    searches: 10,
  })
  expect(result.notes.join('\n')).toContain('20,000 tokens are taken for one')
})

test('LiteLLM daily rows: failures without tokens, cached tokens in or beside the prompt, spend to the pico-dollar', async () => {
  const text = `id,user_id,date,api_key,model,model_group,custom_llm_provider,prompt_tokens,completion_tokens,cache_read_input_tokens,cache_creation_input_tokens,spend,api_requests,successful_requests,failed_requests
1,u1,2026-11-02,k,anthropic/claude-sonnet-4-5,sonnet,anthropic,1000,70,600,100,0.0100000000007,7,5,2
2,u2,2026-11-02,k,claude-sonnet-4-5,sonnet,anthropic,10,7,600,100,0.01,3,3,0
`
  expect(await take('daily.csv', text)).toMatchObject({ format: 'litellm-daily', added: 10 })
  const { rows } = await total(['user', 'outcome'])
  expect(
    rows.map(row => [row.key.user, row.key.outcome, row.calls, row.usage.input, row.usage.cacheRead, row.usage.output]),
  ).toEqual([
    ['u1', 'failed', 2, 0, 0, 0],
    ['u1', 'ok', 5, 300, 600, 70],
    ['u2', 'ok', 3, 10, 600, 7],
  ])
  expect((await total(['provider', 'model'])).rows[0]?.key).toEqual({
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
  })
})

test('whatever the sums, the requests drawn add up to them and lie in their stretch, in order (law 2)', () => {
  const sums = fc.record(Object.fromEntries(summedKinds.map(kind => [kind, fc.integer({ min: 0, max: 1e9 })])))
  const one = fc.record({
    hours: fc.integer({ min: 1, max: 48 }),
    begin: fc.integer({ min: 0, max: 5 }),
    requests: fc.option(fc.integer({ min: 0, max: 60 })),
    failed: fc.integer({ min: 0, max: 20 }),
    sums,
    usd: fc.option(fc.bigInt({ min: 0n, max: 10n ** 15n })),
  })
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), fc.constantFrom('flat', 'diurnal'), (reported, name) => {
      const aggregates: Aggregate[] = reported.map(({ begin, hours, ...rest }, i) => ({
        ...rest,
        usd: rest.usd as Aggregate['usd'],
        fromMicros: (monday + begin * 3600) * 1e6,
        toMicros: (monday + (begin + hours) * 3600) * 1e6,
        text: { model: `m${i}` },
      }))
      const diurnal = arrivalProfile('diurnal')
      const drawing = drawingOf(
        aggregates,
        { tokensPerRequest: 1e8 },
        asked => (name === 'flat' ? flatProfile : { ...diurnal, name: asked }),
        [],
      )
      const rows = [...drawing.slots].flatMap(({ lines, n }) => {
        const split = lines.trim() === '' ? [] : lines.trim().split('\n')
        expect(split).toHaveLength(n)
        const times = split.map(line => Number(line.split(',')[0]))
        expect(times).toEqual([...times].sort((a, b) => a - b))
        return split.map(line => Object.fromEntries(line.split(',').map((cell, i) => [drawing.columns[i]!, cell])))
      })
      expect(new Set(rows.map(row => row.id)).size).toBe(rows.length)
      aggregates.forEach((aggregate, i) => {
        const own = rows.filter(row => row.model === `m${i}`)
        if (aggregate.requests) expect(own).toHaveLength(aggregate.requests)
        for (const kind of summedKinds) {
          const isNone = own.length === 0 || own.every(row => row.outcome === 'failed')
          if (!isNone) expect(own.reduce((sum, row) => sum + Number(row[kind]), 0)).toBe(aggregate.sums[kind])
        }
        for (const row of own) {
          expect(Number(row.at)).toBeGreaterThanOrEqual(aggregate.fromMicros)
          expect(Number(row.at)).toBeLessThan(aggregate.toMicros)
        }
        const paid = own.filter(row => row.usd !== '').reduce((sum, row) => sum + BigInt(row.usd!.replace('.', '')), 0n)
        if (aggregate.usd !== null && own.some(row => row.outcome === 'ok')) expect(paid).toBe(aggregate.usd)
      })
    }),
    { numRuns: 30 },
  )
})

test('a day that was reported before its end has what the later report says, whatever the order of the two', async () => {
  const early = report(
    day(monday, { input_tokens: 1000, input_cached_tokens: 400, output_tokens: 100, num_model_requests: 3 }),
  )
  const later = report(
    day(monday, { input_tokens: 27_445, input_cached_tokens: 8448, output_tokens: 907, num_model_requests: 5 }),
    day(monday + 86_400),
  )
  const whole = { calls: 10, usage: { input: 18_997 + 18_996, cacheRead: 2 * 8448, output: 1807 } }
  expect(await take('early.json', early)).toMatchObject({ rows: 3, added: 3 })
  const grown = await take('later.json', later)
  expect(grown).toMatchObject({ rows: 10, added: 7, duplicates: 3, rejected: 0 })
  expect(grown.notes.join('\n')).toMatch(/have grown since/)
  expect((await total()).total).toMatchObject(whole)
  // Each of them again, under other names, adds nothing.
  for (const text of [early, later, `${later} `, `${early} `]) {
    expect(await take('again.json', text)).toMatchObject({ added: 0, rejected: 0 })
  }
  expect((await total()).total).toMatchObject(whole)
  expect((await total(['day'])).rows).toMatchObject([{ calls: 5 }, { calls: 5 }])
})

test('the later of two reports may come first', async () => {
  await take('later.json', report(day(monday)))
  const early = day(monday, { input_tokens: 1000, input_cached_tokens: 400, output_tokens: 100, num_model_requests: 3 })
  expect(await take('early.json', report(early))).toMatchObject({ rows: 3, added: 0, duplicates: 3, rejected: 0 })
  expect((await total()).total).toMatchObject({ calls: 5, usage: { input: 18_996, cacheRead: 8448, output: 900 } })
})

test('pages that were appended to a file as the API wrote them, each over many lines, are all read', async () => {
  const pages = [report(day(monday)), report(day(monday + 86_400)), report(day(monday + 2 * 86_400))]
  const spread = pages.map(page => JSON.stringify(JSON.parse(page), null, 2))
  expect(await take('spread.json', `${spread.join('\n')}\n`)).toMatchObject({ format: 'openai-usage', added: 15 })
  expect(await take('by-line.json', pages.join('\n'))).toMatchObject({ added: 0, duplicates: 15 })
})

test('a report by hour beside one by day, or by project beside one of all, counts twice, and that is said', async () => {
  const whole = day(monday, { project_id: null })
  const hours = Array.from({ length: 24 }, (_, h) => ({
    ...day(monday + h * 3600, { project_id: null }),
    end_time: monday + (h + 1) * 3600,
  }))
  const says = (result: { notes: readonly string[] }) => result.notes.some(note => note.includes('cut otherwise'))
  expect(says(await take('whole.json', report(whole)))).toBe(false)
  expect(says(await take('hours.json', report(...hours)))).toBe(true)
  expect(says(await take('projects.json', report(day(monday, { project_id: 'proj_1' }))))).toBe(true)
  // The next day, another model and a day that has grown are no other cut.
  const more = [day(monday + 86_400, { project_id: null }), day(monday - 86_400, { project_id: null, model: 'gpt-5' })]
  expect(says(await take('more.json', report(...more)))).toBe(false)
  const grown = day(monday + 86_400, { project_id: null, output_tokens: 901 })
  expect(says(await take('grown.json', report(grown)))).toBe(false)
})
