// Records that come as one document: a list, or a page of an API's answer, of what is read line by line elsewhere.
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'

const { take, report } = intakeForTest()

/** As LiteLLM's proxy answers `GET /spend/logs`, a list; and `GET /spend/logs/ui`, a page. */
const row = (n: number, more: object = {}) => ({
  request_id: `chatcmpl-${n}`,
  call_type: 'acompletion',
  spend: 0.0021,
  total_tokens: 1258,
  prompt_tokens: 1248,
  completion_tokens: 10,
  startTime: `2026-11-20T10:00:0${n}.000Z`,
  endTime: `2026-11-20T10:00:0${n}.900Z`,
  model: 'gpt-4o-2024-08-06',
  custom_llm_provider: 'openai',
  request_tags: ['feature:search'],
  messages: [{ role: 'user', content: 'a {brace} and a "quote"\nand a line' }],
  metadata: { usage_object: { prompt_tokens: 1248, prompt_tokens_details: { cached_tokens: 1152 } } },
  ...more,
})
const rows = [row(1), row(2), row(3)]
const page = { data: rows, total: 3, page: 1, page_size: 50, total_pages: 1 }

test.each([
  ['a list on one line', JSON.stringify(rows)],
  ['a list over many lines', JSON.stringify(rows, null, 2)],
  ['a page on one line', JSON.stringify(page)],
  ['a page over many lines', JSON.stringify(page, null, 2)],
  ['a list, packed', gzipSync(JSON.stringify(rows))],
])('%s is read as its lines would be', async (_, content) => {
  expect(await take('spend.json', content)).toMatchObject({ format: 'litellm', rows: 3, added: 3, rejected: 0 })
  expect((await report(['feature'])).rows).toMatchObject([
    { key: { feature: 'search' }, calls: 3, usage: { input: 288, cacheRead: 3456, output: 30 } },
  ])
  expect(await take('spend.json', content)).toMatchObject({ added: 0, duplicates: 3 })
  const lines = rows.map(one => `${JSON.stringify(one)}\n`).join('')
  expect(await take('spend.jsonl', lines)).toMatchObject({ added: 0, duplicates: 3 })
})

test('a record that cannot be read is rejected by its number, and the others are in', async () => {
  const list = [row(1), row(2, { prompt_tokens: -1 }), row(3)]
  const result = await take('spend.json', JSON.stringify(list))
  expect(result).toMatchObject({ rows: 3, added: 2, rejected: 1 })
  expect(result.notes.join('\n')).toMatch(/line numbers count its records/)
})

test('a format that is asked for reads a list, and so does a map of columns', async () => {
  expect(await take('a.json', JSON.stringify(rows), { format: 'litellm' })).toMatchObject({ added: 3 })
  const own = [{ when: '2026-11-20T10:00:00Z', in: 10, out: 2, model: 'gpt-4o' }]
  const map = { time: 'when', input: 'in', output: 'out' }
  expect(await take('b.json', JSON.stringify(own), { map })).toMatchObject({ format: 'jsonl', added: 1 })
  await expect(take('c.json', JSON.stringify(own))).rejects.toMatchObject({
    code: 'FORMAT_UNKNOWN',
    message: expect.stringContaining('when'),
  })
})

test("what a provider's own usage object leaves out is none; what a table leaves empty is unknown", async () => {
  const answer = (n: number, details: object) => ({
    id: `chatcmpl-${n}`,
    created: 1_795_168_800 + n,
    model: 'gpt-4o-2024-08-06',
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, ...details },
  })
  const answers = [
    answer(1, { prompt_tokens_details: { cached_tokens: 40 }, completion_tokens_details: { reasoning_tokens: 5 } }),
    answer(2, {}),
    answer(3, { prompt_tokens_details: null }),
  ]
  await take('answers.json', JSON.stringify(answers))
  expect((await report()).total).toMatchObject({ calls: 3, usage: { input: 260, cacheRead: 40, output: 60 } })
  await take('table.csv', 'time,id,prompt_tokens,cached_tokens,completion_tokens\n2026-11-21T10:00:00Z,a,100,,20\n')
  const [own] = (await report(['day'])).rows.filter(({ key }) => key.day === '2026-11-21')
  expect(own!.usage).toMatchObject({ cacheRead: null, output: 20 })
})
