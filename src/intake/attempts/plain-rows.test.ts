import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { csvRows } from './csv-rows.ts'
import { type PlainFileRecord, plainRecords } from './plain-file.ts'
import { plainAttempt } from './plain-row.ts'

const folder = mkdtempSync(join(tmpdir(), 'plain-rows-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function recordsOf(contents: string | Uint8Array): Promise<PlainFileRecord[]> {
  const path = join(folder, 'rows')
  writeFileSync(path, contents)
  const all: PlainFileRecord[] = []
  for await (const batch of plainRecords(path, () => {})) all.push(...batch)
  return all
}

const told = (records: readonly PlainFileRecord[]) =>
  records.map(one => ('record' in one ? [one.line, one.record] : [one.line, one.reason]))

test('a byte order mark, CRLF, blank lines, quotes, line breaks in quotes and no last line end are all RFC 4180', async () => {
  const text = '\uFEFFoption,task\r\n"a, ""x""",t1\r\n\r\na,"t\r\n2"\r\n,\r\nb,t3'
  const rows = [
    [2, { option: 'a, "x"', task: 't1' }],
    [4, { option: 'a', task: 't\r\n2' }],
    [7, { option: 'b', task: 't3' }],
  ]
  expect(told(await recordsOf(text))).toEqual(rows)
  expect(told(await recordsOf(gzipSync(text)))).toEqual(rows)
})

test('a line whose quotes are wrong costs itself alone', async () => {
  const text = 'option,task\na,"b"c\nd,e\nf,g"h"\ni,"open\nj,k\nl,"m"\nn,o,p\nq,r\n'
  expect(told(await recordsOf(text))).toEqual([
    [2, 'a quote stands where none may'],
    [3, { option: 'd', task: 'e' }],
    [4, 'a quote stands where none may'],
    [5, 'a quote stands where none may'],
    [6, { option: 'j', task: 'k' }],
    [7, { option: 'l', task: 'm' }],
    [8, 'expected 2 cells, got 3'],
    [9, { option: 'q', task: 'r' }],
  ])
  expect(told(await recordsOf('option,task\na,"b\nc,d\n'))).toEqual([
    [2, 'a quote opens here and nothing closes it'],
    [3, { option: 'c', task: 'd' }],
  ])
})

test('whatever another writer of CSV writes is read as it was, wherever its pieces are cut', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', '\n', '\r\n', 'é'), maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 9 }),
      async (rows, record_delimiter, size) => {
        const text = stringify(rows, { record_delimiter, quoted: true })
        const pieces = (async function* () {
          for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size)
        })()
        const read: (readonly string[] | null)[] = []
        for await (const batch of csvRows(pieces)) read.push(...batch.map(({ cells }) => cells))
        expect(read).toEqual(rows.filter(cells => cells.some(text => text.trim() !== '')))
      },
    ),
  )
})

test('JSON Lines: what is no object is told with its line, and the rest is read', async () => {
  expect(told(await recordsOf('\uFEFF{"option":"a"}\r\n\n{"b\n[1]\n{"option":"c"}'))).toEqual([
    [1, { option: 'a' }],
    [3, 'not JSON'],
    [4, 'not a JSON object'],
    [5, { option: 'c' }],
  ])
  expect(await recordsOf('')).toEqual([])
})

const row = { option: 'a', task: 't', attempt: '1', passed: '1', usd: '0.1' }

test.each([
  ['true', true],
  ['True', true],
  ['1', true],
  ['1.0', true],
  ['FALSE', false],
  ['0', false],
  ['', null],
  [' ', null],
  [null, null],
  [undefined, null],
  [true, true],
  [0, false],
])('law 4: passed %j is %j, and what is empty is unknown', (passed, expected) => {
  expect(plainAttempt({ ...row, passed })).toMatchObject({ passed: expected })
})

test.each([
  ['0.25', 250_000_000_000n],
  ['.5', 500_000_000_000n],
  ['5.', 5_000_000_000_000n],
  ['+1e-3', 1_000_000_000n],
  ['2.5E+1', 25_000_000_000_000n],
  [1e-7, 100_000n],
  ['0', 0n],
  ['', null],
  [null, null],
])('usd %j is %s pico-dollars', (usd, expected) => {
  expect(plainAttempt({ ...row, usd })).toMatchObject({ usd: expected })
})

test.each([
  [{ usd: '-0.1' }, 'usd: expected dollars from 0, got "-0.1"'],
  [{ usd: '$1' }, 'usd: expected dollars from 0, got "$1"'],
  [{ usd: 'NaN' }, 'usd: expected dollars from 0, got "NaN"'],
  [{ usd: '1e999' }, 'usd: expected dollars from 0, got "1e999"'],
  [{ passed: 'maybe' }, 'passed: expected true, false, 1, 0 or nothing, got "maybe"'],
  [{ passed: 'constructor' }, 'passed: expected true, false, 1, 0 or nothing, got "constructor"'],
  [{ passed: '__proto__' }, 'passed: expected true, false, 1, 0 or nothing, got "__proto__"'],
  [{ option: ' ' }, 'option: expected a name, got " "'],
  [{ task: null }, 'task: expected a name, got nothing'],
  [{ attempt: '-1' }, 'attempt: expected a whole number from 0, got "-1"'],
  [{ weight: '0' }, 'weight: expected a number above 0, got "0"'],
])('%j is a problem of its row, never a guess', (cells, reason) => {
  expect(plainAttempt({ ...row, ...cells })).toBe(reason)
})

test('columns of other tables that happen to be called like ours cost no row', () => {
  expect(plainAttempt({ ...row, score: '87', seconds: 'n/a', ended: 'submitted' })).toMatchObject({
    score: null,
    seconds: null,
    ended: 'answered',
  })
})

test('stages of a try are read where a row tells them, and are none where they are no list', () => {
  const stages = [{ option: 's', accepted: true, passed: false, usd: '0.5', verifierUsd: 0.25 }, { accepted: true }, 7]
  expect(plainAttempt({ ...row, stages })).toMatchObject({
    stages: [{ option: 's', accepted: true, passed: false, usd: 500_000_000_000n, verifierUsd: 250_000_000_000n }],
  })
  expect(plainAttempt({ ...row, stages: 'x' })).toMatchObject({ stages: [] })
})
