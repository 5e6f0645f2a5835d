// Calls read one by one, from lines and documents, gzipped or not: each once (law 5), and nothing kept of a file without any.
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { Fault } from '../core/fault/fault.ts'
import { nobody } from '../core/meter/call.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { noUsage } from '../core/meter/usage.ts'
import type { CallsReading, ImportOptions, ReadCall } from './importer.ts'
import { inspectFile } from './inspect.ts'
import { keepCalls, responsesNamespace } from './keep-calls.ts'

const { folder, ledger, write, report } = intakeForTest()
const book = loadPriceBook()
const at = Date.parse('2026-11-20T10:00:00Z') * 1000

const call = (id: string, over: Partial<ReadCall> = {}): ReadCall => ({
  id,
  atMicros: at,
  provider: 'openai',
  model: 'gpt-4o',
  usage: { ...noUsage, input: 1000, output: 100 },
  tier: null,
  region: null,
  speed: null,
  outcome: 'ok',
  ttftMs: null,
  latencyMs: null,
  attribution: nobody,
  tags: {},
  prefixBlocks: null,
  reportedUsd: null,
  estimated: false,
  ...over,
})

/** Records `{"calls":[{"id":"a",…}],"others":2}`: what they nest in is each format's own. */
const reading: Omit<CallsReading, 'records'> = {
  notes: ['a note'],
  read: record => {
    const { calls, others = 0 } = record as { calls?: Partial<ReadCall>[]; others?: number }
    if (calls === undefined) throw new Fault('FIELD_INVALID', 'expected calls')
    return {
      calls: calls.map(one => call(one.id ?? '', one)),
      rejects: [],
      leftOut: Array<string>(others).fill('steps of an agent'),
      assumed: calls.map(() => 'cached tokens are inside'),
    }
  },
}

async function take(
  name: string,
  content: string | Buffer,
  records: CallsReading['records'] = 'lines',
  options: ImportOptions = {},
) {
  const path = write(name, content)
  const inspection = await inspectFile(path, name)
  const plan = {
    source: `file:${inspection.sha256}`,
    namespace: responsesNamespace(),
    name,
    where: name,
    format: 'nested',
    sample: false,
    importedAtMicros: at,
  }
  return keepCalls(ledger(), plan, { ...reading, records }, { path, ...inspection }, options, { book, dataDir: folder })
}

const lines = (records: readonly unknown[]) => records.map(one => `${JSON.stringify(one)}\n`).join('')

test('lines become calls, priced at their own time, and go in once', async () => {
  const file = lines([
    { calls: [{ id: 'a' }, { id: 'b' }], others: 2 },
    { calls: [{ id: 'c', model: 'gpt-99-mystery' }] },
  ])
  const first = await take('nested.jsonl', file, 'lines', { team: 'blue' })
  expect(first).toMatchObject({
    rows: 3,
    added: 3,
    duplicates: 0,
    rejected: 0,
    firstAt: '2026-11-20T10:00:00.000Z',
    tokens: { input: 3000, output: 300 },
    unpricedCalls: 1,
    leftOut: [{ why: 'steps of an agent', rows: 2 }],
  })
  expect(first.notes).toEqual([
    'a note',
    '3 calls: cached tokens are inside',
    '2 rows left out: steps of an agent',
    expect.stringMatching(/^1 call without a price \(gpt-99-mystery\)/),
  ])
  // gpt-4o: $2.50 and $10 a million.
  expect((await report(['team'])).rows).toMatchObject([{ key: { team: 'blue' }, calls: 3, usd: '0.007000000000' }])
  const again = await take('other-name.jsonl.gz', gzipSync(`\n${file}`))
  expect(again).toMatchObject({ rows: 3, added: 0, duplicates: 3 })
  expect((await report()).total.calls).toBe(3)
})

test('bad lines are rejected with line and reason, and show nothing of what they hold', async () => {
  const result = await take(
    'bad.jsonl',
    `{"calls":[{"id":"a"}]}\nnot json, a secret\n\n{"prompt":"a secret"}\n${lines([
      { calls: [{ id: 'b', usage: { ...noUsage, input: -1 } }] },
      { calls: [{ id: 'c', atMicros: Number.NaN }, {}] },
    ])}`,
  )
  expect(result).toMatchObject({ rows: 6, added: 1, rejected: 5 })
  const rejects = readFileSync(result.rejectFile!, 'utf8')
  expect(
    rejects
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
  ).toEqual([
    { line: 2, reason: 'not JSON', raw: '' },
    { line: 4, reason: 'expected calls', raw: '' },
    { line: 5, reason: 'input: expected a whole number from 0 to 2147483647, got -1', raw: 'b' },
    { line: 6, reason: 'the time of the call is missing or no time', raw: 'c' },
    { line: 6, reason: 'the call has no id', raw: '' },
  ])
  expect(rejects).not.toContain('secret')
})

test('a document is one record, and one that breaks is refused without its text', async () => {
  const document = JSON.stringify({ calls: [{ id: 'a' }] }, null, 2)
  expect(await take('one.json', document, 'document')).toMatchObject({ rows: 1, added: 1 })
  await expect(take('cut.json', document.slice(0, -5), 'document')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})

test('a file without a good call leaves the ledger as it was', async () => {
  const before = await ledger().version()
  await expect(take('none.jsonl', lines([{ calls: [], others: 3 }]))).rejects.toMatchObject({
    code: 'NO_CALLS',
    message: 'none of its 3 rows is a call to a model',
  })
  await expect(take('rejected.jsonl', 'no\n')).rejects.toMatchObject({ code: 'ALL_REJECTED' })
  expect(await ledger().version()).toBe(before)
  expect(await ledger().sources()).toEqual([])
})

test('a call that a gateway metered is one call, whichever came first, and undo takes the rest out', async () => {
  const metered = [
    openedForTest({ key: 'w1-a', atMicros: at }),
    settledForTest({ key: 'w1-a', endMicros: at + 1e6, id: 'chatcmpl-a' }),
  ]
  const team = { ...nobody, team: 'blue' }
  const file = lines([{ calls: [{ id: 'chatcmpl-a', attribution: team }, { id: 'chatcmpl-b' }] }])
  await ledger().take(metered, {}, () => ({ usd: null, reason: 'no prices here' }))
  expect(await take('log.jsonl', file)).toMatchObject({ added: 1, completed: 1, duplicates: 0 })
  expect((await report(['team'])).rows.map(({ key, calls }) => [key.team, calls])).toEqual([
    ['blue', 1],
    [null, 1],
  ])
  expect(await ledger().undo('log.jsonl')).toBe(1)
  expect((await report()).total.calls).toBe(1)
})

test('a gateway and a log may spell one seller in two ways', async () => {
  const metered = [
    openedForTest({ key: 'w1-a', atMicros: at, provider: 'xai' }),
    settledForTest({ key: 'w1-a', endMicros: at + 1e6, id: 'resp-a' }),
  ]
  await ledger().take(metered, {}, () => ({ usd: null, reason: 'no prices here' }))
  const told = [
    { id: 'resp-a', provider: 'x-ai' },
    { id: 'resp-a', provider: 'openai' },
  ]
  expect(await take('log.jsonl', lines([{ calls: told }]))).toMatchObject({ added: 1, completed: 1, duplicates: 0 })
})

test('a call that was under way is completed by a later file, which undo takes out; other counts are said and do not stand', async () => {
  const unknown = { ...noUsage, input: null, output: null }
  const begun = lines([{ calls: [{ id: 'a', usage: unknown, attribution: { ...nobody, team: 'blue' } }, { id: 'b' }] }])
  const done = lines([{ calls: [{ id: 'a', attribution: { ...nobody, feature: 'search' } }, { id: 'c' }] }])
  await take('begun.jsonl', begun)
  const completed = await take('done.jsonl', done)
  expect(completed).toMatchObject({ rows: 2, added: 1, completed: 1, duplicates: 0 })
  expect(completed.notes).toContain('1 call of unknown usage in the ledger: now as told here')
  const { rows, total } = await report(['feature', 'team'])
  expect(rows[0]).toMatchObject({ key: { feature: 'search', team: 'blue' }, usd: '0.003500000000' })
  expect(total).toMatchObject({ calls: 3, unpricedCalls: 0, unknownUsageCalls: 0 })
  expect(await take('begun.jsonl', begun)).toMatchObject({ added: 0, duplicates: 2 })
  expect(await take('done.jsonl', done)).toMatchObject({ added: 0, duplicates: 2 })

  const other = await take('other.jsonl', lines([{ calls: [{ id: 'c', usage: { ...noUsage, input: 9, output: 9 } }] }]))
  expect(other).toMatchObject({ added: 0, duplicates: 1 })
  expect(other.notes.join()).toMatch(/1 call told before with other counts, which stand: import undo SOURCE/)
  expect((await report()).total.usd).toBe(total.usd)
  expect(await ledger().undo('done.jsonl')).toBe(2)
})

test('however calls are spread over lines, files and chunks, the ledger is the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }), { minLength: 1, maxLength: 8 }),
      fc.string({ minLength: 0, maxLength: 20, unit: 'binary' }),
      async (ids, text) => {
        const records = ids.map(some => ({ calls: some.map(id => ({ id: `call ${id}`, tags: { text } })) }))
        const wanted = new Set(ids.flat()).size
        if (wanted === 0) return
        await ledger()
          .undo('spread.jsonl')
          .catch(() => {})
        expect((await take('spread.jsonl', lines(records))).added).toBe(wanted)
        expect((await take('again.jsonl', lines([...records].reverse()))).added).toBe(0)
        await ledger()
          .undo('again.jsonl')
          .catch(() => {})
      },
    ),
    { numRuns: 25 },
  )
})

test('a long file passes in pieces: more calls than a batch, one line of many megabytes', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => ({ calls: [{ id: `call ${i}` }] }))
  const long = { calls: [{ id: 'long' }], prompt: 'x'.repeat(20 << 20) }
  expect(await take('long.jsonl.gz', gzipSync(lines([...many, long])))).toMatchObject({ rows: 5001, added: 5001 })
  expect(existsSync(`${folder}/rejects/long.jsonl.gz.rejects.jsonl`)).toBe(false)
})
