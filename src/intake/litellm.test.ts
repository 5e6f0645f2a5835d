// Rows of LiteLLM_SpendLogs as they were seen in public threads; expected counts are those that the provider billed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { openDuckdb } from '../ledger/duckdb.ts'
import { importFile } from './import.ts'

const { folder, ledger, write, take, takeFile, report: total } = intakeForTest({ book: loadPriceBook() })

type LogRow = Record<string, unknown>
let made = 0
const row = (over: LogRow = {}): LogRow => ({
  request_id: `chatcmpl-${made++}`,
  call_type: 'acompletion',
  api_key: '88dc28d0f030c55e',
  spend: 0.0021,
  total_tokens: 1258,
  prompt_tokens: 1248,
  completion_tokens: 10,
  startTime: '2026-11-20T10:00:00.000Z',
  endTime: '2026-11-20T10:00:01.200Z',
  request_duration_ms: 1200,
  completionStartTime: '2026-11-20T10:00:00.400Z',
  model: 'gpt-4o-2024-08-06',
  model_group: 'gpt-4o',
  custom_llm_provider: 'openai',
  user: 'u1',
  team_id: 't1',
  end_user: '',
  request_tags: ['feature:search', 'env:prod', 'User-Agent: OpenAI/Python 2.24.0', 'pilot'],
  cache_hit: 'False',
  status: 'success',
  messages: [{ role: 'user', content: 'a secret' }],
  metadata: {
    usage_object: {
      prompt_tokens: 1248,
      completion_tokens: 10,
      total_tokens: 1258,
      prompt_tokens_details: { cached_tokens: 1152 },
    },
  },
  ...over,
})

const jsonl = (rows: readonly LogRow[]) => rows.map(one => `${JSON.stringify(one)}\n`).join('')
/** As `COPY … TO … CSV HEADER` writes it: JSON columns as text, times without a zone. */
function csv(rows: readonly LogRow[]): string {
  const columns = Object.keys(row())
  const cell = (value: unknown) => {
    if (value === null || value === undefined) return ''
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    return `"${text.replaceAll('"', '""')}"`
  }
  const plain = (value: unknown) =>
    typeof value === 'string' ? value.replace(/^(\d{4}-\d\d-\d\d)T(.*)Z$/, '$1 $2') : value
  return [columns.join(','), ...rows.map(one => columns.map(column => cell(plain(one[column]))).join(','))].join('\n')
}
const usage = async () => (await total()).total.usage

describe('one row, whatever it came in', () => {
  const check = async () => {
    expect(await usage()).toMatchObject({ input: 96, cacheRead: 1152, cacheWrite: 0, output: 10, reasoning: 0 })
    const { rows } = await total([
      'provider',
      'model',
      'feature',
      'environment',
      'team',
      'user',
      'outcome',
      'tag:pilot',
    ])
    expect(rows.map(one => Object.values(one.key))).toEqual([
      ['openai', 'gpt-4o-2024-08-06', 'search', 'production', 't1', 'u1', 'ok', 'true'],
    ])
    // 96 × 2.50 + 1,152 × 1.25 + 10 × 10 USD per million.
    expect(rows[0]?.usd).toBe('0.001780000000')
  }
  test('JSON Lines', async () => {
    expect(await take('a.jsonl', jsonl([row()]))).toMatchObject({ format: 'litellm', added: 1 })
    await check()
  })
  test('CSV with JSON in its cells', async () => {
    expect(await take('a.csv', csv([row()]))).toMatchObject({
      format: 'litellm',
      added: 1,
      firstAt: '2026-11-20T10:00:00.000Z',
    })
    await check()
  })
  test('JSON Lines whose metadata is text that holds JSON', async () => {
    const one = row()
    await take(
      'b.jsonl',
      jsonl([{ ...one, metadata: JSON.stringify(one.metadata), request_tags: JSON.stringify(one.request_tags) }]),
    )
    await check()
  })
  test('Parquet', async () => {
    const path = write('p.csv', csv([row()]))
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(
      `COPY (FROM read_csv('${path}', all_varchar = true)) TO '${folder}/p.parquet' (FORMAT parquet)`,
    )
    const result = await takeFile(join(folder, 'p.parquet'))
    expect(result).toMatchObject({ format: 'litellm', added: 1 })
    await check()
  })
  test('the same log again, as another kind of file, adds nothing (law 5)', async () => {
    const rows = [row(), row(), row({ prompt_tokens: 5, total_tokens: 15, metadata: {} })]
    await take('c.jsonl', jsonl(rows))
    expect(await take('c.csv', csv(rows))).toMatchObject({ added: 0, duplicates: 3 })
  })
  test('an older table without the newer columns', async () => {
    const text =
      'request_id,call_type,spend,total_tokens,prompt_tokens,completion_tokens,startTime,endTime,model,user\nr1,completion,0.1,110,100,10,2025-01-02 03:04:05.123,2025-01-02 03:04:06.123,azure/gpt-4o,\n'
    expect(await take('old.csv', text)).toMatchObject({ format: 'litellm', added: 1, unpricedCalls: 0 })
    expect((await total(['provider', 'model'])).rows[0]?.key).toEqual({ provider: 'azure', model: 'gpt-4o' })
    expect(await usage()).toMatchObject({ input: 100, cacheRead: 0, output: 10 })
  })
})

describe('cached tokens are counted once (law 1)', () => {
  const anthropic = { custom_llm_provider: 'anthropic', model: 'claude-sonnet-4-5-20250929' }
  const counted = async (over: LogRow) => {
    await take('u.jsonl', jsonl([row({ ...anthropic, ...over })]))
    const { input, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, output } = await usage()
    return { input, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, output }
  }
  test('inclusive prompt, counts repeated in two nestings (litellm #11364)', async () => {
    const object = {
      total_tokens: 103_925,
      prompt_tokens: 98_805,
      completion_tokens: 5120,
      prompt_tokens_details: { cached_tokens: 66_360, cache_creation_tokens: 32_435 },
      cache_read_input_tokens: 66_360,
      completion_tokens_details: { reasoning_tokens: 1710 },
      cache_creation_input_tokens: 32_435,
    }
    expect(
      await counted({
        total_tokens: 103_925,
        prompt_tokens: 98_805,
        completion_tokens: 5120,
        metadata: {
          usage_object: object,
          additional_usage_values: { cache_read_input_tokens: 66_360, cache_creation_input_tokens: 0 },
        },
      }),
    ).toEqual({
      input: 10,
      cacheRead: 66_360,
      cacheWrite: 32_435,
      cacheWrite5m: null,
      cacheWrite1h: null,
      output: 5120,
    })
    expect((await usage()).reasoning).toBe(1710)
  })
  test('writes that do not fit into the prompt lie beside it (litellm #15056)', async () => {
    const object = {
      completion_tokens: 467,
      prompt_tokens: 31,
      total_tokens: 498,
      cache_creation_input_tokens: 1253,
      cache_read_input_tokens: 0,
    }
    expect(
      await counted({
        prompt_tokens: 31,
        completion_tokens: 467,
        total_tokens: 498,
        metadata: { usage_object: object },
      }),
    ).toMatchObject({
      input: 31,
      cacheWrite: 1253,
      output: 467,
    })
  })
  test('anthropic_messages without the cached tokens, told by its size (litellm PR 23342)', async () => {
    expect(
      await counted({
        call_type: 'anthropic_messages',
        prompt_tokens: 12,
        completion_tokens: 5,
        total_tokens: 17,
        metadata: { usage_object: { prompt_tokens_details: { cached_tokens: 2495, cache_creation_tokens: 3 } } },
      }),
    ).toMatchObject({ input: 12, cacheRead: 2495, cacheWrite: 3 })
  })
  test('without them, told by the total or by the usage object', async () => {
    const usage_object = {
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
    }
    const sums = { input: 1000, cacheRead: 100, cacheWrite: 50, cacheWrite5m: 20, cacheWrite1h: 30, output: 5 }
    expect(
      await counted({ prompt_tokens: 1000, completion_tokens: 5, total_tokens: 1155, metadata: { usage_object } }),
    ).toEqual(sums)
    await ledger().undo('u.jsonl')
    expect(
      await counted({
        prompt_tokens: 1000,
        completion_tokens: 5,
        total_tokens: 1005,
        metadata: { usage_object: { ...usage_object, prompt_tokens: 1150 } },
      }),
    ).toEqual(sums)
  })
  test('reads inside and writes beside, as some versions wrote it', async () => {
    const usage_object = { cache_read_input_tokens: 900, cache_creation_input_tokens: 500 }
    expect(
      await counted({ prompt_tokens: 1000, completion_tokens: 5, total_tokens: 1505, metadata: { usage_object } }),
    ).toMatchObject({
      input: 100,
      cacheRead: 900,
      cacheWrite: 500,
    })
  })
  test('reasoning beside the completion is part of the output (xAI)', async () => {
    const usage_object = { completion_tokens_details: { reasoning_tokens: 300 } }
    await take(
      'x.jsonl',
      jsonl([
        row({
          custom_llm_provider: 'xai',
          model: 'xai/grok-4',
          prompt_tokens: 100,
          completion_tokens: 20,
          total_tokens: 420,
          metadata: { usage_object },
        }),
      ]),
    )
    expect(await usage()).toMatchObject({ input: 100, output: 320, reasoning: 300 })
  })
  test('whatever the convention, the parts add up to what the provider counted', async () => {
    const part = fc.integer({ min: 0, max: 5000 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            fresh: part,
            read: part,
            write: part,
            output: part,
            way: fc.constantFrom('in', 'beside', 'writes beside'),
          }),
          { minLength: 1, maxLength: 30 },
        ),
        async calls => {
          const own = await openDuckdb(':memory:')
          const rows = calls.map(({ fresh, read, write, output, way }) => {
            const whole = fresh + read + write
            return row({
              ...anthropic,
              prompt_tokens: way === 'in' ? whole : way === 'beside' ? fresh : fresh + read,
              completion_tokens: output,
              total_tokens: whole + output,
              status: 'failure',
              metadata: { usage_object: { cache_read_input_tokens: read, cache_creation_input_tokens: write } },
            })
          })
          const path = write('property.jsonl', jsonl(rows))
          await importFile(own, path, {}, { book: null, dataDir: folder })
          const sum = (kind: 'fresh' | 'read' | 'write' | 'output') => calls.reduce((n, one) => n + one[kind], 0)
          expect((await own.report({}, [], 'UTC')).total.usage).toMatchObject({
            input: sum('fresh'),
            cacheRead: sum('read'),
            cacheWrite: sum('write'),
            output: sum('output'),
          })
          await own.close()
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('rows that are not plain successes', () => {
  test("LiteLLM's own cache answers are left out and counted, whatever case it writes", async () => {
    const result = await take(
      'h.jsonl',
      jsonl([row(), row({ cache_hit: 'True', spend: 0 }), row({ cache_hit: true, spend: 0 })]),
    )
    expect(result).toMatchObject({ rows: 1, added: 1, rejected: 0, leftOut: [{ rows: 2 }] })
    expect(result.notes.join('\n')).toContain("2 rows left out: answered from LiteLLM's own response cache")
    await expect(take('only.jsonl', jsonl([row({ cache_hit: 'True' })]))).rejects.toMatchObject({ code: 'NO_CALLS' })
  })
  test('work with files, batches and tools is no call, and the answer that a batch gave is one', async () => {
    const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, spend: 0, metadata: {} }
    // Types of litellm/types/utils.py, CallTypes.
    const types = ['acreate_file', 'acreate_batch', 'call_mcp_tool', 'avector_store_search', 'afile_content']
    const rows = types.map((call_type, i) => row({ request_id: `w-${i}`, call_type, ...nothing }))
    const result = await take('w.jsonl', jsonl([...rows, row({ request_id: 'b', call_type: 'aretrieve_batch' })]))
    expect(result).toMatchObject({ rows: 1, added: 1, rejected: 0, leftOut: [{ rows: 5 }] })
    expect((await total()).total).toMatchObject({ calls: 1, unknownUsageCalls: 0 })
  })
  test('a failed call keeps its zeros; a success of nothing is unknown, not zero (law 4)', async () => {
    const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, spend: 0, metadata: {} }
    await take(
      'f.jsonl',
      jsonl([row({ ...nothing, status: 'failure', model: '', completionStartTime: null }), row(nothing)]),
    )
    expect((await total()).total).toMatchObject({ calls: 2, unknownUsageCalls: 1 })
    expect((await total(['outcome', 'model'])).rows.map(one => one.key)).toEqual([
      { outcome: 'failed', model: 'gpt-4o' },
      { outcome: 'ok', model: 'gpt-4o-2024-08-06' },
    ])
  })
  test('embeddings have a prompt and no answer', async () => {
    const usage_object = { prompt_tokens: 800, total_tokens: 800, completion_tokens: 0 }
    const result = await take(
      'e.jsonl',
      jsonl([
        row({
          call_type: 'aembedding',
          model: 'text-embedding-3-small',
          prompt_tokens: 800,
          completion_tokens: 0,
          total_tokens: 800,
          metadata: { usage_object },
        }),
      ]),
    )
    expect(result.unpricedCalls).toBe(0)
    expect((await total(['tag:call_type'])).rows[0]).toMatchObject({
      key: { 'tag:call_type': 'aembedding' },
      usd: '0.000016000000',
    })
  })
  test('malformed rows are rejected with a reason and without their prompts', async () => {
    const result = await take(
      'bad.jsonl',
      `${jsonl([row({ prompt_tokens: -5 }), row({ startTime: 'soon' }), row()])}{"request_id":"x","messages":"a secret\n`,
    )
    expect(result).toMatchObject({ rows: 4, added: 1, rejected: 3 })
    const text = readFileSync(result.rejectFile!, 'utf8')
    expect(text).toContain('prompt_tokens: expected a whole number >= 0, got \\"-5\\"')
    expect(text).toContain('startTime: expected a date and time')
    expect(text).toContain('not valid JSON')
    expect(text).not.toContain('secret')
  })
})

describe('names and attribution', () => {
  test.each([
    ['anthropic/claude-sonnet-4-5-20250929', null, 'anthropic', 'claude-sonnet-4-5-20250929'],
    [
      'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'bedrock',
      'aws',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    [
      'bedrock/converse/eu.anthropic.claude-haiku-4-5-20251001-v1:0',
      null,
      'aws',
      'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
    ],
    ['azure/gpt-4o', 'azure', 'azure', 'gpt-4o'],
    ['openai/gpt-oss-120b', 'groq', 'groq', 'openai/gpt-oss-120b'],
    ['openrouter/openai/gpt-5', 'openrouter', 'openrouter', 'openai/gpt-5'],
    ['together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo', '', 'together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
    [
      'hosted_vllm/meta-llama/Llama-3.1-70B-Instruct',
      'hosted_vllm',
      'hosted_vllm',
      'meta-llama/Llama-3.1-70B-Instruct',
    ],
    ['meta-llama/Llama-3.1-8B-Instruct', null, null, 'meta-llama/Llama-3.1-8B-Instruct'],
  ])('%s of %s', async (model, custom_llm_provider, provider, served) => {
    await take('n.jsonl', jsonl([row({ model, custom_llm_provider })]))
    expect((await total(['provider', 'model'])).rows[0]?.key).toEqual({ provider, model: served })
  })
  test('what the caller sent along, the alias of team and key, and the end user come before ids', async () => {
    const metadata = {
      user_api_key_alias: 'search-backend',
      user_api_key_team_alias: 'Search',
      spend_logs_metadata: { feature: 'ranking', environment: 'stg' },
      requester_metadata: { task_id: 'job-7' },
    }
    await take('m.jsonl', jsonl([row({ metadata, request_tags: [], end_user: 'acme' })]))
    expect((await total(['feature', 'environment', 'workload', 'team', 'task', 'user'])).rows[0]?.key).toEqual({
      feature: 'ranking',
      environment: 'staging',
      workload: 'search-backend',
      team: 'Search',
      task: 'job-7',
      user: 'acme',
    })
  })
})
