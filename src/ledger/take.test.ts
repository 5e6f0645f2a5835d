// What a gateway's records become in the DuckDB ledger: each call once, whatever came when, and nothing that a stranger says keeps one out.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nobody } from '../core/meter/call.ts'
import type { CallRecord, Opened, PriceOfCall, Settled } from '../core/meter/call-record.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { fromPico } from '../core/meter/money.ts'
import { noUsage } from '../core/meter/usage.ts'
import { openDuckdb } from './duckdb.ts'
import type { Ledger } from './ledger.ts'
import { openMemory } from './memory.ts'
import { migrations, setSchema } from './sql.ts'

const priceOf: PriceOfCall = ({ usage }) =>
  usage.input === null
    ? { usd: null, reason: 'unknown' }
    : { usd: fromPico(BigInt(usage.input)), pricedAs: 'm', catalogVersion: '1' }

const noonMicros = 1_764_000_000_000_000

/** A call by its number: some last a day, of some nobody says how long, and a beginning may be of another clock than the end. */
interface Lived {
  readonly n: number
  readonly atSeconds: number
  readonly lastedMs: number | null
  readonly skewMs: number
}

const recordsOf = ({ n, atSeconds, lastedMs, skewMs }: Lived): readonly [CallRecord, CallRecord] => {
  const atMicros = noonMicros + atSeconds * 1e6
  return [
    openedForTest({ key: `k${n}`, atMicros }),
    settledForTest({
      key: `k${n}`,
      id: `r${n}`,
      endMicros: atMicros + (lastedMs ?? 5) * 1000 + skewMs * 1000,
      latencyMs: lastedMs,
      usage: { ...noUsage, input: n, output: 1 },
    }),
  ]
}

const told = async (ledger: Ledger) => ({
  days: (await ledger.report({}, ['day', 'outcome', 'feature'], 'UTC')).rows,
  unsettled: [...(await ledger.unsettled(noonMicros))].sort((a, b) => (a.key < b.key ? -1 : 1)),
})

test('law 5: records of calls of any length, in any order, batches and repeats, make in DuckDB what they make in memory', async () => {
  const lived = fc.record({
    atSeconds: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 200_000 })),
    lastedMs: fc.option(fc.oneof(fc.double({ min: 0, max: 5000, noNaN: true }), fc.constant(86_400_000)), {
      freq: 4,
    }),
    skewMs: fc.constantFrom(0, 0, 0, -3_600_000, 90_000_000),
  })
  const calls = fc.array(lived, { minLength: 1, maxLength: 6 })
  const batches = calls.chain(lives => {
    const records = lives.flatMap((life, n) => recordsOf({ ...life, n }))
    const arrival = fc.array(fc.constantFrom(...records), { maxLength: 6 })
    return fc.tuple(fc.shuffledSubarray(records, { minLength: 1 }), fc.array(arrival, { maxLength: 5 }))
  })
  await fc.assert(
    fc.asyncProperty(batches, async ([first, others]) => {
      const ledgers = [openMemory(), await openDuckdb(':memory:')] as const
      try {
        for (const batch of [first, ...others]) {
          const [plain, stored] = ledgers
          expect(await stored.take(batch, {}, priceOf)).toEqual(await plain.take(batch, {}, priceOf))
        }
        expect(await told(ledgers[1])).toEqual(await told(ledgers[0]))
      } finally {
        for (const ledger of ledgers) await ledger.close()
      }
    }),
    { numRuns: 40 },
  )
})

test('what a stranger says keeps no call out: halves of characters, nulls, numbers that no column holds', async () => {
  const halves = 'a\ud800b'
  const records = [
    openedForTest({
      key: 'k',
      model: halves,
      attribution: { ...nobody, user: halves, task: 'a\0b' },
      tags: { [halves]: halves, 'a\udfffb': 'x' },
    }),
    settledForTest({
      key: 'k',
      id: halves,
      model: halves,
      tier: 'a\0b',
      usage: { ...noUsage, input: 3e9, output: 4 },
      units: { characters: 1e300, pages: 3 },
      reportedUsd: '1e200',
      rawUsage: { [halves]: halves },
    }),
  ]
  const ledger = await openDuckdb(':memory:')
  try {
    // Another source is there, so that responses are compared.
    await ledger.addCharges({
      source: 'bill',
      name: 'bill',
      format: 'bill',
      importedAtMicros: 1,
      sample: false,
      charges: [],
    })
    for (const record of records) await ledger.take([record], {}, priceOf)
    expect(await ledger.unsettled(0)).toEqual([])
    const { rows, total } = await ledger.report({}, ['task', 'tier', 'user'], 'UTC')
    expect(rows.map(({ key }) => key)).toEqual([{ task: 'a\0b', tier: 'a\0b', user: 'a\ufffdb' }])
    expect(total).toMatchObject({ calls: 1, unknownUsageCalls: 1, usage: { input: null, output: 4 } })
  } finally {
    await ledger.close()
  }
})

test('law 5: a ledger of the schema before still knows which calls it has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-take-'))
  const path = join(folder, 'ledger.duckdb')
  const [opened, settled] = recordsOf({ n: 1, atSeconds: 7, lastedMs: 100, skewMs: 0 })
  const [lone, loneSettled] = recordsOf({ n: 2, atSeconds: 9, lastedMs: 100, skewMs: 0 })
  try {
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    for (const step of migrations.slice(0, 5).flat()) await connection.run(step)
    // Ledgers were called of version 4 that had the fifth step, too.
    await connection.run(setSchema(4))
    await connection.run(
      `INSERT INTO sources VALUES (1, 'gateway', 'gateway', 'gateway', 'calls', TIMESTAMP '2026-01-01', false)`,
    )
    const kept = [
      ['k1', JSON.stringify(opened), null],
      ['k2', null, JSON.stringify(loneSettled)],
    ] as const
    for (const row of kept) {
      await connection.run('INSERT INTO metered (id, opened, settled) VALUES ($1, $2, $3)', [...row])
      await connection.run(
        `INSERT INTO calls (source_key, id, started_at, outcome, estimated, price_label)
         VALUES (1, $1, make_timestamp($2::BIGINT), 'unsettled', false, 0)`,
        [row[0], BigInt(row[0] === 'k1' ? (opened as Opened).atMicros : (loneSettled as Settled).endMicros)],
      )
    }
    connection.closeSync()
    instance.closeSync()
    const ledger = await openDuckdb(path)
    expect(await ledger.unsettled(noonMicros)).toEqual([opened])
    expect(await ledger.take([opened, settled, lone], {}, priceOf)).toEqual({ opened: 0, settled: 1 })
    expect((await ledger.report({}, ['outcome'], 'UTC')).rows.map(({ key, calls }) => [key.outcome, calls])).toEqual([
      ['ok', 2],
    ])
    await ledger.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('prompts of any number of blocks, and calls of any number of tags, are kept as they are', async () => {
  const hex = (n: number) => n.toString(16).padStart(16, '0')
  const lengths = [0, 1, 2047, 2048, 2049, 20_000, 3, ...Array.from({ length: 2500 }, (_, i) => i % 9)]
  const records = lengths.map((length, n) =>
    openedForTest({
      key: `k${String(n).padStart(5, '0')}`,
      atMicros: noonMicros + n,
      prefix: length === 0 ? null : Array.from({ length }, (_, i) => hex(n * 100_000 + i)),
      tags: Object.fromEntries(Array.from({ length: n === 2 ? 3000 : n % 4 }, (_, i) => [`t${i}`, `${n} of ${i}`])),
    }),
  )
  const ledger = await openDuckdb(':memory:')
  try {
    await ledger.take(records, {}, priceOf)
    const seen: number[][] = []
    await ledger.prefixBlocks({}, ({ n, offsets, blocks }) => {
      for (let k = 0; k < n; k++) seen.push([...blocks.subarray(offsets[k], offsets[k + 1])])
    })
    expect(seen).toEqual(records.map(({ prefix }) => (prefix ?? []).map(block => Number(`0x${block}`))))
    for (const tag of ['t0', 't2', 't2999']) {
      const rows = (await ledger.report({}, [`tag:${tag}`], 'UTC')).rows.map(({ key }) => key[`tag:${tag}`])
      expect(new Set(rows)).toEqual(new Set(records.map(({ tags }) => tags[tag] ?? null)))
    }
  } finally {
    await ledger.close()
  }
})
