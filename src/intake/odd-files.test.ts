// Files as other programs really write them: nested, half empty, mislabelled. Expected sums are those of the rows as written.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'

const { folder, ledger, take, takeFile, report } = intakeForTest()
const usage = async () => (await report()).total.usage
const rejectsOf = (path: string | null) =>
  readFileSync(path ?? '', 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
const head = 'timestamp,model,input_tokens,output_tokens'

describe('usage as providers nest it', () => {
  test('an OpenAI batch result has its model, time and cached tokens five levels down', async () => {
    const line = {
      id: 'batch_req_1',
      response: {
        status_code: 200,
        body: {
          created: 1767323045,
          model: 'gpt-4o-mini',
          usage: { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } },
        },
      },
    }
    expect(await take('batch.jsonl', `${JSON.stringify(line)}\n`)).toMatchObject({
      format: 'jsonl',
      firstAt: '2026-01-02T03:04:05.000Z',
      tokens: { input: 100, output: 7 },
    })
    expect(await usage()).toMatchObject({ input: 40, cacheRead: 60, output: 7 })
    expect((await report(['model', 'outcome'])).rows[0]?.key).toEqual({
      model: 'gpt-4o-mini',
      outcome: 'ok',
    })
  })

  test('audio in the details is a part of the count, billed apart (law 1)', async () => {
    const line = {
      created: 1767323045,
      model: 'gpt-4o-audio-preview',
      usage: {
        prompt_tokens: 100,
        completion_tokens: 50,
        prompt_tokens_details: { cached_tokens: 10, audio_tokens: 30 },
        completion_tokens_details: { reasoning_tokens: 4, audio_tokens: 20 },
      },
    }
    expect((await take('audio.jsonl', JSON.stringify(line))).tokens).toEqual({ input: 100, output: 50 })
    expect(await usage()).toMatchObject({
      input: 60,
      cacheRead: 10,
      inputAudio: 30,
      output: 30,
      outputAudio: 20,
      reasoning: 4,
    })
  })
})

describe('Mooncake', () => {
  const rows = (at: readonly number[]) =>
    at.map(timestamp => JSON.stringify({ timestamp, input_length: 5, output_length: 2 })).join('\n')

  test('without its prefix blocks it still counts in milliseconds', async () => {
    expect(await take('m.jsonl', rows([0, 0, 3000, 6000]))).toMatchObject({
      format: 'mooncake',
      firstAt: '2026-01-05T00:00:00.000Z',
      lastAt: '2026-01-05T00:00:06.000Z',
    })
    expect([...(await ledger().columns({})).atMicros].map(at => (at / 1e6) % 60)).toEqual([0, 1.5, 3, 6])
  })

  test('with times finer than a second nothing is moved', async () => {
    const result = await take('fine.jsonl', rows([0, 17, 17, 40]), { startMicros: 0 })
    expect(result.notes.join()).not.toContain('quantised')
    expect([...(await ledger().columns({})).atMicros]).toEqual([0, 17_000, 17_000, 40_000])
  })
})

describe('tables as spreadsheets leave them', () => {
  test('nameless columns and blank lines above the header are nothing, and lines keep their numbers', async () => {
    const rows = '2026-01-02,m,1,2,,\n2026-01-02,m,-1,2,,\n'
    const result = await take('sheet.csv', `\n  \n${head},,\n${rows}`)
    expect(result).toMatchObject({ format: 'csv', added: 1, rejected: 1 })
    expect(rejectsOf(result.rejectFile)).toMatchObject([{ line: 5, reason: expect.stringContaining('"-1"') }])
  })

  test('where quoted line breaks make lines uncountable, no line is named', async () => {
    const result = await take('q.csv', `${head},note\n2026-01-02,m,1,2,"a\nb"\n2026-01-02,m,1,2\n`)
    expect(rejectsOf(result.rejectFile)).toMatchObject([{ line: null, reason: 'fewer than 5 columns' }])
  })

  test('a time in seconds among milliseconds is a reject, not a call of January 1970', async () => {
    const result = await take('units.csv', `${head}\n1767323045000,m,1,2\n1767323045,m,1,2\n`)
    expect(result).toMatchObject({ added: 1, rejected: 1, firstAt: '2026-01-02T03:04:05.000Z' })
    expect(rejectsOf(result.rejectFile)[0].reason).toMatch(/^timestamp: a time before 2000, so in another unit/)
  })
})

describe('a format that the file is not', () => {
  const calls = `${head}\n2026-01-02,m,1,2\n`
  test.each([
    ['parquet', calls, 'the file is CSV, and the parquet format is Parquet'],
    ['mooncake', calls, 'the file is CSV, and the mooncake format is JSON Lines'],
    ['rate-curve', '{"a":1}\n', 'the file is JSON Lines, and the rate-curve format is CSV'],
  ])('--format %s is refused for what the file is', async (format, content, message) => {
    await expect(take('wrong', content, { format })).rejects.toMatchObject({ code: 'FORMAT_WRONG', message })
    expect(await ledger().sources()).toEqual([])
  })

  test('a rate curve with a loose quote is one clear line', async () => {
    await expect(take('r.csv', 'second,requests_per_s\n0,"1\n600,2\n')).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(/^not readable as CSV: /),
    })
  })

  test('a rate curve with semicolons is a rate curve', async () => {
    expect(await take('r.csv', 'second;requests_per_s\n0;1.5\n600;2\n')).toMatchObject({
      format: 'rate-curve',
      rows: 2,
    })
    expect((await ledger().shapes())[0]?.requestsPerSecond).toEqual([1.5, 2])
  })
})

describe('a name that reads like a pattern', () => {
  test('[, * and ? in a name are the name: other files are not read in its place', async () => {
    await take('calls1.csv', `${head}\n2026-01-02,m,99,9\n`)
    await take('calls[1].csv', `${head}\n2026-01-02,m,1,2\n`)
    await take('calls*.csv', `${head}\n2026-01-02,m,10,20\n`)
    expect(await usage()).toMatchObject({ input: 110, output: 31 })
  })

  test('a folder called key=value adds no column to a Parquet file', async () => {
    mkdirSync(join(folder, 'model=other'), { recursive: true })
    const path = join(folder, 'model=other/calls.parquet')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(
      `COPY (SELECT '2026-01-02' AS timestamp, 'm' AS model, 1 AS input_tokens, 2 AS output_tokens) TO '${path}' (FORMAT parquet)`,
    )
    await takeFile(path)
    expect((await report(['model'])).rows[0]?.key).toEqual({ model: 'm' })
  })
})

describe('rows that take room', () => {
  test('thousands of prompts of 60 kB beside their counts, and a table of 2,000 columns, go in', async () => {
    const prompt = 'lorem ipsum '.repeat(5000)
    const line = JSON.stringify({ timestamp: '2026-01-02', model: 'm', prompt, prompt_tokens: 3, completion_tokens: 2 })
    expect(await take('prompts.jsonl', `${line}\n`.repeat(4000))).toMatchObject({ added: 4000, rejected: 0 })
    const names = Array.from({ length: 2000 }, (_, i) => `x${i}`)
    const wide = `${head},${names.join(',')}\n2026-01-02,m,1,2,${names.join(',')}\n`
    expect(await take('wide.csv', wide)).toMatchObject({ added: 1, rejected: 0 })
  })
})

describe('files that are no table', () => {
  test.each([
    ['zip', 'PK\x03\x04rest', 'the file is a zip archive (or a spreadsheet)'],
    ['zstd', '\x28\xb5\x2f\xfdrest', 'the file is compressed with zstd'],
    ['UTF-16', '\xff\xfet\0i\0', 'the file is UTF-16 text'],
    ['junk', `${head}\x01\x02\x03\n1,2\n`, 'the file is not text'],
  ])('%s is called by its name', async (_, bytes, message) => {
    const found = take('other.csv', Buffer.from(bytes, 'latin1'))
    await expect(found).rejects.toMatchObject({ code: 'FILE_BINARY', message })
  })

  test('prefix blocks that are no list are rejects, never calls without blocks', async () => {
    const row = (blocks: unknown) =>
      JSON.stringify({ timestamp: 0, input_length: 5, output_length: 2, hash_ids: blocks })
    const result = await take('blocks.jsonl', [row([1, 2]), row('x'), row([1e30]), row([99999999999])].join('\n'))
    expect(result).toMatchObject({ added: 2, rejected: 2 })
    expect(rejectsOf(result.rejectFile)[0]).toMatchObject({
      line: 2,
      reason: 'hash_ids: expected a list of whole numbers, got "x"',
    })
  })

  test('a reject shows its empty cells', async () => {
    const result = await take('gap.csv', `${head}\n,m,1,2\n2026-01-02,m,1,2\n`)
    expect(rejectsOf(result.rejectFile)[0]).toMatchObject({ line: 2, raw: ',m,1,2' })
  })
})

test('a line of a log that is JSON and no record is refused, and said', async () => {
  const line = (id: string) =>
    `{"id":"${id}","trace_id":"t","type":"GENERATION","start_time":"2026-11-20T10:00:00Z","usage_details":{"input":1,"output":1}}\n`
  const result = await take('log.jsonl', `${line('a')}"text"\n${line('b')}null\n7\n[]\n{"data":[]}\n`)
  expect(result).toMatchObject({ format: 'langfuse', rows: 5, added: 2, rejected: 3 })
  expect(rejectsOf(result.rejectFile)).toEqual(
    [2, 4, 5].map(line => ({ line, reason: 'expected a JSON object', raw: '' })),
  )
})

test('a format that the file is not says so, and not that it holds no calls', async () => {
  const helicone =
    '{"request_id":"r","request_created_at":"2026-05-01T10:00:00Z","response_status":200,"prompt_tokens":1,"completion_tokens":1}\n'
  for (const format of ['langfuse', 'bedrock', 'otlp', 'openrouter']) {
    await expect(take(`${format}.jsonl`, helicone, { format })).rejects.toMatchObject({
      code: 'FORMAT_WRONG',
      message: expect.stringMatching(new RegExp(`^the file holds no .* \\(--format ${format}\\): `)),
    })
  }
  expect(await take('right.jsonl', helicone, { format: 'helicone' })).toMatchObject({ added: 1 })
})

describe('ServeGen profiles that no client has', () => {
  const lengths = { 0: { input_tokens: { 1: 1 }, output_tokens: { 1: 1 } } }
  test.each([
    ['a line that is null', null],
    ['a window that is null', { client: 1, windows: [null], lengths }],
    ['a shape of 0', { client: 1, windows: [[0, 1, 1, 'Gamma', 0, 1]], lengths }],
    ['a billion requests a second', { client: 1, windows: [[0, 1e9, 1, 'Gamma', 1, 1]], lengths }],
    ['a block that is null', { client: 1, windows: [[0, 1, 1, 'Gamma', 1, 1]], lengths: { 0: null } }],
    [
      'weights of 0',
      { client: 1, windows: [[0, 1, 1, 'Gamma', 1, 1]], lengths: { 0: { ...lengths[0], input_tokens: { 1: 0 } } } },
    ],
    ['a number beyond those that a draw can hold', { client: 40_000, windows: [[0, 1, 1, 'Gamma', 1, 1]], lengths }],
  ])('%s is one clear line', async (_, profile) => {
    const good = JSON.stringify({ client: 1, windows: [[0, 1, 1, 'Gamma', 1, 1]], lengths })
    await expect(take('p.jsonl', `${good}\n${JSON.stringify(profile)}\n`)).rejects.toMatchObject({
      code: 'FIELD_INVALID',
      message: expect.stringMatching(/^not a ServeGen client profile: /),
      where: `${folder}/p.jsonl:2`,
    })
    expect(await ledger().sources()).toEqual([])
  })
})
