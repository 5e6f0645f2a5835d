// The files that a team already has, end to end: what was drawn is what the ledger holds, and how much of the bill it explains.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatherCoverage } from '../../src/ask/coverage.ts'
import { loadPriceBook } from '../../src/catalog/price-book.ts'
import { coverageLine } from '../../src/charts/coverage-line.ts'
import { formatUsd } from '../../src/core/meter/money.ts'
import type { ImportResult } from '../../src/intake/account.ts'
import { importFile } from '../../src/intake/import.ts'
import { openDuckdb } from '../../src/ledger/duckdb.ts'
import { features, teamDays, teamFiles, teamStartMicros } from './team.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-team-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = teamFiles()
const { tally } = files
let ledger: Awaited<ReturnType<typeof openDuckdb>>
let log: ImportResult
beforeAll(async () => {
  ledger = await openDuckdb(':memory:')
  writeFileSync(join(folder, 'spend-logs.jsonl.gz'), gzipSync(files.spendLog))
  writeFileSync(join(folder, 'invoice.csv'), files.invoice)
  const context = { book: loadPriceBook(), dataDir: folder }
  log = await importFile(ledger, join(folder, 'spend-logs.jsonl.gz'), {}, context)
  await importFile(ledger, join(folder, 'invoice.csv'), {}, context)
})
afterAll(() => ledger.close())

test('a seed is a fortnight of one team, always the same', () => {
  expect(teamFiles(1, 0.02).spendLog).toBe(teamFiles(1, 0.02).spendLog)
  expect(teamFiles(2, 0.02).spendLog).not.toBe(teamFiles(1, 0.02).spendLog)
  expect(tally.calls).toBeGreaterThan(30_000)
  for (const part of [tally.failed, tally.unknownUsage, tally.cacheAnswers, tally.unattributed])
    expect(part).toBeGreaterThan(0)
})

test('every row is accounted for, and every token is counted once', async () => {
  expect(log).toMatchObject({
    format: 'litellm',
    added: tally.calls,
    rejected: tally.malformed,
    leftOut: [{ rows: tally.cacheAnswers }],
  })
  const { total } = await ledger.report({}, [], 'UTC')
  const { input, cacheRead, cacheWrite, output } = tally
  expect(total.usage).toMatchObject({ input, cacheRead, cacheWrite, output })
  expect(total.unknownUsageCalls).toBe(tally.unknownUsage)
  expect((await ledger.demand({}, 600))?.failedCalls).toBe(tally.failed)
})

test('rejects name the line of the file that they stand on', () => {
  const lines = files.spendLog.split('\n')
  const bad = lines.flatMap((line, i) => (/"(bad-\d|cut-off)"/.test(line) ? [i + 1] : []))
  const rejects = readFileSync(log.rejectFile ?? '', 'utf8')
    .trim()
    .split('\n')
  expect(rejects.map(text => JSON.parse(text).line)).toEqual(bad)
  expect(log.notes.join('\n')).not.toContain('earlier than the row before')
})

test('features, environments and teams are those of the tags', async () => {
  const { rows } = await ledger.report({}, ['feature'], 'UTC')
  expect(rows.map(row => row.key.feature)).toEqual([...features.map(one => one.feature).sort(), null])
  expect(rows.at(-1)?.calls).toBe(tally.unattributed)
  const places = (await ledger.report({}, ['environment'], 'UTC')).rows.map(row => row.key.environment)
  expect(places).toEqual(['development', 'production', 'staging', null])
})

test('the calls explain most of the bill, one seller not at all', async () => {
  const coverage = await gatherCoverage(ledger, {
    fromMicros: teamStartMicros,
    toMicros: teamStartMicros + teamDays * 86_400e6,
  })
  expect(coverage.billedOnly).toEqual(['Cohere'])
  expect(coverage.billedShare).toBeGreaterThan(0.9)
  expect(coverage.billedShare).toBeLessThan(1)
  expect(coverage).toMatchObject({ hoursOfWeek: 168 })
  const bedrock = coverage.providers.find(one => one.provider === 'Amazon Bedrock')
  // One call in a thousand was billed and not counted by the proxy.
  expect(Number(bedrock?.meteredUsd)).toBeLessThanOrEqual(Number(formatUsd(tally.usd.bedrock!)))
  expect(bedrock?.share).toBeGreaterThan(0.98)
  expect(coverageLine(coverage)).toMatch(
    /^covers 9\d% of the bill \(\$[\d,]+ metered of \$[\d,]+ billed, all calls\); of these calls: 14 days, 168 of 168/,
  )
})
