import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadPriceBook } from '../catalog/price-book.ts'
import { openDuckdb } from '../ledger/duckdb.ts'
import { type ImportContext, importFile } from './import.ts'
import type { ImportOptions } from './importer.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/traces/${name}`, import.meta.url))
const trace = (name: string) => fileURLToPath(new URL(`../../data/traces/${name}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'crossline-intake-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let ledger: Awaited<ReturnType<typeof openDuckdb>>
let dataDir: string
let runs = 0
beforeEach(async () => {
  dataDir = join(folder, `data-${runs++}`)
  ledger = await openDuckdb(join(dataDir, 'ledger.duckdb'))
})
afterEach(() => ledger.close())

const book = loadPriceBook()
const take = (path: string, options: ImportOptions = {}, over: Partial<ImportContext> = {}) =>
  importFile(ledger, path, options, { book: null, dataDir, ...over })
function file(name: string, content: string | Buffer): string {
  const path = join(dataDir, name)
  writeFileSync(path, content)
  return path
}
const total = async (by: string[] = []) => (await ledger.report({}, by, 'UTC')).total
const refusal = (code: string, part: Record<string, unknown> = {}) => expect.objectContaining({ code, ...part })

describe('published traces', () => {
  test('an Azure trace keeps its column sums, times to 100 ns cut to microseconds, and adds nothing twice, gzipped or not (law 5)', async () => {
    const text = readFileSync(fixture('azure-excerpt.csv'), 'utf8')
    const rows = text
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.split(','))
    const sum = (i: number) => rows.reduce((n, row) => n + Number(row[i]), 0)
    const result = await take(fixture('azure-excerpt.csv'))
    expect(result).toMatchObject({
      format: 'azure',
      rows: 100,
      added: 100,
      duplicates: 0,
      rejected: 0,
      rejectFile: null,
    })
    expect(result.tokens).toEqual({ input: sum(1), output: sum(2) })
    expect((await ledger.demand({}, 600))?.tokens).toEqual(result.tokens)
    expect((await ledger.columns({})).atMicros[0]).toBe(Date.parse('2023-11-16T18:17:03.979Z') * 1000 + 960)

    const before = await ledger.version()
    const again = await take(file('same.csv.gz', gzipSync(text)))
    expect(again).toMatchObject({ source: result.source, added: 0, duplicates: 100 })
    expect(await ledger.version()).toBe(before)
    expect(await ledger.undo('azure-excerpt.csv')).toBe(100)
    expect(await ledger.sources()).toEqual([])
    expect((await take(file('same.csv.gz', gzipSync(text)))).added).toBe(100)
  })

  test('equal rows of one file are separate calls', async () => {
    const row = '2023-11-16 18:17:03.9799600,10,1\n'
    expect((await take(file('twins.csv', `TIMESTAMP,ContextTokens,GeneratedTokens\n${row.repeat(3)}`))).added).toBe(3)
  })

  test('Mooncake requests keep their sums and blocks, and are spread inside their 3 s in file order', async () => {
    const lines = readFileSync(fixture('mooncake-excerpt.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const result = await take(fixture('mooncake-excerpt.jsonl'), { startMicros: 0 })
    expect(result.format).toBe('mooncake')
    expect(result.tokens.input).toBe(lines.reduce((n, line) => n + line.input_length, 0))
    expect(result.tokens.output).toBe(lines.reduce((n, line) => n + line.output_length, 0))
    expect(result.notes.join('\n')).toContain('quantised to 3 s')
    const { atMicros, inputTokens } = await ledger.columns({})
    expect(new Set(atMicros).size).toBe(lines.length)
    expect([...inputTokens]).toEqual(lines.map(line => line.input_length))
    lines.forEach((line, i) => {
      const moved = atMicros[i]! - line.timestamp * 1000
      expect(moved >= 0 && moved < 3_000_000).toBe(true)
    })
  })

  test('BurstGPT: seconds from the start, a response of 0 is a failed call, sessions and log types are tags', async () => {
    const result = await take(fixture('burstgpt-shape.csv'), { startMicros: Date.parse('2026-02-01T00:00:00Z') * 1000 })
    expect(result).toMatchObject({
      format: 'burstgpt',
      added: 5,
      tokens: { input: 3521, output: 739 },
      firstAt: '2026-02-01T00:00:05.000Z',
    })
    expect((await ledger.demand({}, 600))?.failedCalls).toBe(1)
    const { rows } = await ledger.report({}, ['model', 'tag:log_type', 'tag:session'], 'UTC')
    expect(rows.map(row => Object.values(row.key))).toContainEqual(['GPT-4', 'API log', '1001'])
    expect(rows.map(row => Object.values(row.key))).toContainEqual(['GPT-4', 'API log', null])
  })

  test('BurstGPT without sessions and elapsed times is the same format', async () => {
    const path = file(
      'b.csv',
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,GPT-4,1,2,3,API log\n',
    )
    expect(await take(path)).toMatchObject({ format: 'burstgpt', added: 1 })
  })

  test('ServeGen profiles are drawn by seed: one seed adds once, another is other traffic', async () => {
    const one = await take(fixture('servegen-excerpt.jsonl'), { seed: 7 })
    expect(one.format).toBe('servegen')
    // Rates × 600 s of the excerpt's windows, summed per window: 51+234, 63+92, 312.
    expect(one.added).toBe(752)
    const sums = (await total()).usage
    expect(one.tokens).toEqual({ input: sums.input, output: sums.output })
    expect(await take(fixture('servegen-excerpt.jsonl'), { seed: 7 })).toMatchObject({ added: 0, duplicates: 752 })
    const other = await take(fixture('servegen-excerpt.jsonl'), { seed: 8 })
    expect(other.added).toBe(752)
    expect(other.tokens.input).not.toBe(one.tokens.input)
  })

  test('a rate curve is a source without calls', async () => {
    const path = file('curve.csv', 'second,requests_per_s,rate_weighted_cv,active_clients\n0,14.5,1.6,21\n600,0,,0\n')
    expect(await take(path)).toMatchObject({ format: 'rate-curve', rows: 2, added: 0 })
    await take(path)
    expect((await ledger.sources()).map(s => [s.format, s.calls])).toEqual([['rate-curve', 0]])
    expect((await ledger.shapes())[0]).toMatchObject({ seconds: [0, 600], requestsPerSecond: [14.5, 0] })
    expect(await ledger.undo('curve.csv')).toBe(0)
    expect(await ledger.shapes()).toEqual([])
  })

  test('lengths without arrivals are refused for what they lack', async () => {
    const path = file(
      'vidur.csv',
      'num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n3772,54,3826,69.85\n',
    )
    await expect(take(path)).rejects.toEqual(refusal('NO_ARRIVALS'))
  })

  // Totals by zcat and awk over the published files.
  const whole = [
    ['azure-llm-2023-code.csv.gz', 8819, 18_059_974, 245_896],
    ['mooncake-conversation.jsonl.gz', 12_031, 144_793_823, 4_122_048],
  ] as const
  test.each(whole)('%s whole: %i calls with its own column sums', async (name, calls, input, output) => {
    if (!existsSync(trace(name))) return console.warn(`skipped: data/traces/${name} is not in this checkout`)
    expect(await take(trace(name))).toMatchObject({ added: calls, tokens: { input, output } })
    const { usage } = await total()
    expect([usage.input, usage.output]).toEqual([input, output])
  })
})

describe('tables', () => {
  test('OpenAI counts cached tokens inside the prompt, Anthropic apart from it', async () => {
    const openai = file(
      'o.csv',
      'timestamp,model,prompt_tokens,cached_tokens,completion_tokens\n2026-01-02T03:04:05Z,gpt-4o,100,60,7\n',
    )
    await take(openai)
    expect((await total()).usage).toMatchObject({ input: 40, cacheRead: 60, output: 7 })
    await ledger.undo('o.csv')
    const anthropic = {
      id: 'msg_1',
      timestamp: '2026-01-02T03:04:05Z',
      model: 'claude-sonnet-4-5',
      usage: { input_tokens: 9, cache_read_input_tokens: 183, cache_creation_input_tokens: 556, output_tokens: 12 },
    }
    const result = await take(file('a.jsonl', `${JSON.stringify(anthropic)}\n`))
    expect((await total()).usage).toMatchObject({ input: 9, cacheRead: 183, cacheWrite: 556, output: 12 })
    expect(result.tokens).toEqual({ input: 748, output: 12 })
  })

  test.each([
    ['2026-01-02T03:04:05.5Z', 'ISO'],
    ['2026-01-02 04:04:05.500+01:00', 'ISO with an offset'],
    ['1767323045.5', 'seconds'],
    ['1767323045500', 'milliseconds'],
    ['1767323045500000', 'microseconds'],
    ['1767323045500000000', 'nanoseconds'],
  ])('a time of %s (%s) is the same instant', async cell => {
    const result = await take(file('t.csv', `time,input_tokens,output_tokens\n${cell},1,2\n`))
    expect(result.firstAt).toBe('2026-01-02T03:04:05.500Z')
  })

  test.each([
    ['2026-01-02T03:04Z', 'UTC'],
    ['2026-01-02T04:04+01:00', 'an offset'],
    ['2026-01-02 03:04', 'no zone'],
  ])('a time of %s (%s) may leave its seconds out', async cell => {
    const result = await take(file('t.csv', `time,input_tokens,output_tokens\n${cell},1,2\n`))
    expect(result.firstAt).toBe('2026-01-02T03:04:00.000Z')
  })

  test('times from a start count from --start', async () => {
    const path = file('r.csv', 'time,input_tokens,output_tokens\n0.25,1,2\n')
    expect((await take(path, { startMicros: Date.parse('2026-03-01T00:00:00Z') * 1000 })).firstAt).toBe(
      '2026-03-01T00:00:00.250Z',
    )
    const dated = file('d.csv', 'time,input_tokens,output_tokens\n2026-01-02T00:00:00Z,1,2\n')
    const result = await take(dated, { startMicros: Date.parse('2026-03-01T00:00:00Z') * 1000 })
    expect(result.firstAt).toBe('2026-01-02T00:00:00.000Z')
    expect(result.notes).toContain('--start moves nothing: the file states dates, and they stand')
  })

  test('columns are mapped by hand where names do not tell, and a wrong one is named', async () => {
    const path = file('m.csv', 'when;in;out;lang\n2026-01-02;"1";2;de\n')
    const map = { time: 'when', input: 'in', output: 'out', 'tag:lang': 'lang' }
    await expect(take(path)).rejects.toEqual(refusal('FORMAT_UNKNOWN'))
    await expect(take(path, { map: { ...map, time: 'wehn' } })).rejects.toEqual(
      refusal('UNKNOWN_COLUMN', { fix: 'did you mean when?' }),
    )
    await expect(take(path, { map: { ...map, modle: 'in' } })).rejects.toEqual(
      refusal('UNKNOWN_FIELD', { fix: 'did you mean model?' }),
    )
    expect((await take(path, { map, model: 'gpt-4o', team: 'blue' })).added).toBe(1)
    expect((await ledger.report({}, ['model', 'team', 'tag:lang'], 'UTC')).rows[0]?.key).toEqual({
      model: 'gpt-4o',
      team: 'blue',
      'tag:lang': 'de',
    })
  })

  test('Parquet reads as CSV does', async () => {
    const csv = file(
      'p.csv',
      'request_id,timestamp,model,input_tokens,output_tokens\nr1,2026-01-02 03:04:05,gpt-4o,10,2\nr2,2026-01-02 03:04:06,gpt-4o,,2\n',
    )
    const path = join(dataDir, 'p.parquet')
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(`COPY (FROM read_csv('${csv}')) TO '${path}' (FORMAT parquet)`)
    expect(await take(path)).toMatchObject({ format: 'parquet', added: 2, tokens: { input: 10, output: 4 } })
    expect((await total()).unknownUsageCalls).toBe(1)
    expect(await take(csv)).toMatchObject({ added: 0, duplicates: 2 })
  })

  test('rows with ids are known by them: overlapping exports add once, and an id that now says something else is a reject (law 5)', async () => {
    const head = 'request_id,timestamp,model,input_tokens,output_tokens\n'
    const row = (id: string, input = 10) => `${id},2026-01-02T00:00:00Z,gpt-4o,${input},1\n`
    await take(file('monday.csv', head + row('a') + row('b') + row('b')))
    expect((await total()).calls).toBe(2)
    const result = await take(file('tuesday.csv', head + row('b') + row('c') + row('a', 999)))
    expect(result).toMatchObject({ added: 1, duplicates: 1, rejected: 1 })
    const [reject] = readFileSync(result.rejectFile!, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(reject).toMatchObject({
      line: 4,
      raw: 'a',
      reason: expect.stringContaining('another time, model or token count'),
    })
    expect((await take(file('other.csv', head + row('a', 999)), { idSpace: 'second-system' })).added).toBe(1)
  })
})

describe('bad input', () => {
  const head = 'TIMESTAMP,ContextTokens,GeneratedTokens\n'
  const good = '2023-11-16 18:17:03,10,1\n'

  test('bad rows go to a reject file with line and reason; good ones go in', async () => {
    const bad = [
      '2023-11-16 18:17:04,-5,1',
      '2023-11-16 18:17:04,NaN,1',
      '2023-11-16 18:17:04,1.5,1',
      'yesterday,1,1',
      ',1,1',
      '2023-11-16 18:17:04,,1',
      '2023-11-16 18:17:04,1',
      '2023-11-16 18:17:04,1,2,3',
      '2023-11-16 18:17:04,99999999999,1',
    ]
    const result = await take(file('mixed.csv', head + good + bad.map(row => `${row}\n`).join('') + good))
    expect(result).toMatchObject({ rows: 11, added: 2, rejected: 9 })
    const rejects = readFileSync(result.rejectFile!, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(rejects.sort((a, b) => a.line - b.line).map(r => [r.line, r.reason])).toEqual([
      [3, 'ContextTokens: expected a whole number >= 0, got "-5"'],
      [4, 'ContextTokens: expected a whole number >= 0, got "NaN"'],
      [5, 'ContextTokens: expected a whole number >= 0, got "1.5"'],
      [6, 'TIMESTAMP: expected a date and time, got "yesterday"'],
      [7, 'TIMESTAMP: missing'],
      [8, 'ContextTokens: missing'],
      [9, 'fewer than 3 columns'],
      [10, 'more than 3 columns'],
      [11, 'ContextTokens: expected a whole number <= 2147483647, got "99999999999"'],
    ])
    expect(rejects[0].raw).toContain('-5')
  })

  test("a spreadsheet's dates are not guessed at: the refusal says how times are to be written", async () => {
    const path = file('sheet.csv', 'date,input_tokens,output_tokens\n10/01/2026 00:00,1,1\n')
    await expect(take(path)).rejects.toMatchObject({
      code: 'ALL_REJECTED',
      message: expect.stringContaining('date: expected a date and time, got "10/01/2026 00:00"'),
      fix: expect.stringContaining('year first, as 2026-10-31T08:30:00Z, or as seconds since 1970'),
    })
  })

  test('a bad line of JSON is a reject, not a failure, and keeps its line number', async () => {
    const line = '{"timestamp":1767323045,"model":"gpt-4o","prompt_tokens":1,"completion_tokens":2}\n'
    const result = await take(
      file('l.jsonl', `${line}\nnot json\n{"timestamp":1767323045,"prompt_tokens":"x","completion_tokens":2}\n${line}`),
    )
    expect(result).toMatchObject({ rows: 4, added: 2, rejected: 2 })
    const rejects = readFileSync(result.rejectFile!, 'utf8')
      .trim()
      .split('\n')
      .map(text => JSON.parse(text))
    expect(rejects.map(r => [r.line, r.reason])).toEqual([
      [3, 'not valid JSON'],
      [4, 'prompt_tokens: expected a whole number >= 0, got "x"'],
    ])
  })

  test('line endings of Windows, blank lines, a BOM and a gzip of several members lose no row', async () => {
    const line = '{"timestamp":1767323045,"prompt_tokens":1,"completion_tokens":2}'
    expect((await take(file('w.jsonl', `\uFEFF${line}\r\n\r\n${line}\n${line}`))).added).toBe(3)
    const rows = '2026-01-02,1,1\n'.repeat(500)
    const members = ['time,input_tokens,output_tokens\n', rows, rows].map(text => gzipSync(text))
    expect((await take(file('members.csv.gz', Buffer.concat(members)))).added).toBe(1000)
    expect((await take(file('crlf.csv', `time,input_tokens,output_tokens\r\n2026-01-02,1,1\r\n`))).added).toBe(1)
  })

  test('a raw record in the reject file never exceeds 1 KiB', async () => {
    const result = await take(
      file('wide.csv', `time,input_tokens,output_tokens,note\nnever,1,1,${'é'.repeat(5000)}\n2026-01-02,1,1,x\n`),
    )
    const [reject] = readFileSync(result.rejectFile!, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(Buffer.byteLength(reject.raw)).toBeLessThanOrEqual(1024)
  })

  const gzipped = gzipSync(head + good.repeat(5000))
  // A gzip of many members is as long as the sum of them: 1 GiB without a line break in one megabyte.
  const endless = Buffer.concat(Array<Buffer>(1024).fill(gzipSync(Buffer.alloc(1 << 20, 'a'))))
  const refused: [string, string | Buffer, string][] = [
    ['truncated gzip', gzipped.subarray(0, gzipped.length - 20), 'FILE_TRUNCATED'],
    [
      'gzip with flipped bytes',
      Buffer.concat([gzipped.subarray(0, 60), Buffer.alloc(40, 7), gzipped.subarray(100)]),
      'FILE_UNREADABLE',
    ],
    ['wrong columns', 'a,b,c\n1,2,3\n', 'FORMAT_UNKNOWN'],
    ['an empty file', '', 'FILE_EMPTY'],
    ['an empty gzip', gzipSync(''), 'FILE_EMPTY'],
    ['a header alone', head, 'FILE_EMPTY'],
    ['a 1 GiB line', endless, 'LINE_TOO_LONG'],
    ['binary junk', Buffer.from([1, 2, 0, 255, 0, 3]), 'FILE_BINARY'],
    ['text in UTF-16', Buffer.from(head + good, 'utf16le'), 'FILE_BINARY'],
    ['a JSON array', '[{"timestamp":1}]', 'FORMAT_UNKNOWN'],
    ['only bad rows', `${head}2023-11-16 18:17:03,-1,1\n`, 'ALL_REJECTED'],
    ['a column named twice', 'time,time,input_tokens,output_tokens\n', 'COLUMN_TWICE'],
    ['a broken Parquet file', 'PAR1 and nothing else', 'FILE_UNREADABLE'],
  ]
  test.each(refused)('%s is refused in one line and the ledger is unchanged', async (_what, content, code) => {
    await take(fixture('azure-excerpt.csv'))
    const before = [await ledger.version(), await total()]
    const failure = await take(file('bad.csv', content)).then(
      () => null,
      thrown => thrown,
    )
    expect(failure).toMatchObject({ name: 'Fault', code, kind: 'input' })
    expect(failure.message).not.toContain('\n')
    expect([await ledger.version(), await total()]).toEqual(before)
  })

  test('a 1 GiB line is never held in memory', async () => {
    const before = process.memoryUsage().rss
    await expect(take(file('endless.csv.gz', endless))).rejects.toEqual(
      refusal('LINE_TOO_LONG', { message: 'line 1 is longer than 8 MiB' }),
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 2 ** 20)
  })

  test('a missing file and a folder are named', async () => {
    await expect(take(join(dataDir, 'none.csv'))).rejects.toEqual(refusal('FILE_NOT_FOUND'))
    await expect(take(dataDir)).rejects.toEqual(refusal('FILE_NOT_FOUND'))
    await expect(take(fixture('azure-excerpt.csv'), { format: 'azur' })).rejects.toEqual(
      refusal('UNKNOWN_FORMAT', { fix: 'did you mean azure?' }),
    )
    await expect(take(fixture('azure-excerpt.csv'), { format: 'burstgpt' })).rejects.toEqual(
      refusal('COLUMNS_MISSING', {
        message: expect.stringMatching(/^no column Timestamp, Model, Request tokens, Response tokens, Log Type among/),
      }),
    )
  })

  test('a quote that never closes hides no row: the file is refused, with the line', async () => {
    const row = '2026-01-02,1,1,x\n'
    for (const before of [1, 20_000]) {
      const path = file(
        'quote.csv',
        `time,input_tokens,output_tokens,note\n${row.repeat(before)}2026-01-02,1,1,"open\n${row.repeat(3)}`,
      )
      await expect(take(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', where: `${path}:${before + 2}` })
    }
    expect(await ledger.sources()).toEqual([])
  })

  test('rows out of order are taken at their own time, and said', async () => {
    const result = await take(
      file('back.csv', `${head}2023-11-16 18:17:05,10,1\n2023-11-16 18:17:03,20,1\n2023-11-16 18:17:04,30,1\n`),
    )
    expect(result.notes.join('\n')).toContain('1 row earlier than the row before')
    expect([...(await ledger.columns({})).inputTokens]).toEqual([20, 30, 10])
  })

  test('an unknown model is unpriced and listed, never free (law 4)', async () => {
    const path = file(
      'u.csv',
      'time,provider,model,input_tokens,output_tokens\n2026-01-02,openai,gpt-4o,1000000,0\n2026-01-02,openai,gpt-99-mystery,1,1\n',
    )
    const result = await take(path, {}, { book })
    expect(result.unpricedCalls).toBe(1)
    expect(result.notes.join('\n')).toMatch(/1 call without a price \(gpt-99-mystery\)/)
    expect(await total()).toMatchObject({ usd: '2.500000000000', unpricedCalls: 1 })
  })

  test('a stopped import changes nothing', async () => {
    const stop = new AbortController()
    stop.abort()
    await expect(take(fixture('azure-excerpt.csv'), {}, { signal: stop.signal })).rejects.toEqual(
      refusal('IMPORT_STOPPED'),
    )
    expect(await ledger.sources()).toEqual([])
    expect(readdirSync(dataDir)).not.toContain('rejects')
  })
})

test('the whole file is unpacked by the test as the importer unpacks it', () => {
  if (!existsSync(trace('azure-llm-2023-code.csv.gz'))) return
  expect(
    gunzipSync(readFileSync(trace('azure-llm-2023-code.csv.gz')))
      .toString()
      .startsWith(readFileSync(fixture('azure-excerpt.csv'), 'utf8').slice(0, 2000)),
  ).toBe(true)
})
