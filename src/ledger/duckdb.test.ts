import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openedForTest } from '../core/meter/call-record-for-test.ts'
import { openDuckdb } from './duckdb.ts'
import { migrations, setSchema } from './sql.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-duckdb-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a ledger held by another process is locked, which is an outside failure and not a crash', async () => {
  const path = join(folder, 'held.duckdb')
  const script = `import { DuckDBInstance } from '@duckdb/node-api'
    const db = await DuckDBInstance.create(${JSON.stringify(path)}); await (await db.connect()).run('CREATE TABLE t (x INT)')
    console.log('held'); setInterval(() => db, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname })
  try {
    await new Promise(done => holder.stdout.once('data', done))
    await expect(openDuckdb(path)).rejects.toMatchObject({
      name: 'Fault',
      code: 'LEDGER_LOCKED',
      kind: 'outside',
      where: path,
    })
  } finally {
    holder.kill('SIGKILL')
  }
})

test('a file that is no database is named, and left as it is', async () => {
  const path = join(folder, 'broken.duckdb')
  writeFileSync(path, 'not a database '.repeat(1000))
  await expect(openDuckdb(path)).rejects.toMatchObject({
    name: 'Fault',
    code: 'LEDGER_BROKEN',
    kind: 'outside',
    where: path,
  })
})

test('what was written is there when the ledger is opened again, and its version too', async () => {
  const path = join(folder, 'kept.duckdb')
  const first = await openDuckdb(path)
  await first.addShape({
    source: 'file:1',
    name: 'curve',
    format: 'rate-curve',
    sample: false,
    importedAtMicros: 5,
    startMicros: 0,
    seconds: [0],
    requestsPerSecond: [2],
  })
  const version = await first.version()
  await first.close()
  const again = await openDuckdb(path)
  expect(await again.version()).toBe(version)
  expect((await again.sources()).map(row => row.name)).toEqual(['curve'])
  await again.close()
  await expect(again.sources()).rejects.toMatchObject({ code: 'LEDGER_CLOSED' })
})

test('a ledger written by a newer program is not touched', async () => {
  const path = join(folder, 'newer.duckdb')
  await (await openDuckdb(path)).close()
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run(`UPDATE meta SET value = '99' WHERE key = 'schema'`)
  connection.closeSync()
  instance.closeSync()
  await expect(openDuckdb(path)).rejects.toMatchObject({ code: 'LEDGER_TOO_NEW' })
})

test('a ledger of the first schema keeps its calls and takes bills', async () => {
  const path = join(folder, 'first.duckdb')
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  for (const step of migrations[0]!) await connection.run(step)
  await connection.run(setSchema(1))
  await connection.run(
    `INSERT INTO sources VALUES (1, 'file:a', 'file:a', 'a.csv', 'csv', TIMESTAMP '2026-01-01', false)`,
  )
  connection.closeSync()
  instance.closeSync()
  const ledger = await openDuckdb(path)
  expect(await ledger.sources()).toMatchObject([{ source: 'file:a', calls: 0, billedLines: 0 }])
  expect(await ledger.charges({})).toEqual([])
  await ledger.close()
})

test('a ledger of the third schema keeps the blocks of its prompts, and takes those of a gateway', async () => {
  const path = join(folder, 'third.duckdb')
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  for (const step of migrations.slice(0, 3).flat()) {
    await connection.run(
      step
        .replace('prefix_blocks BIGINT[]', 'prefix_blocks INTEGER[]')
        .replace(/, (system_prompt|request_hash|units) (MAP\([^)]*\)|\w+)/g, ''),
    )
  }
  await connection.run(setSchema(3))
  await connection.run(
    `INSERT INTO sources VALUES (1, 'file:a', 'file:a', 'a.csv', 'csv', TIMESTAMP '2026-01-01', false)`,
  )
  await connection.run(`INSERT INTO calls (source_key, ordinal, started_at, outcome, estimated, price_label, prefix_blocks)
    VALUES (1, 1, TIMESTAMP '2026-01-01', 'ok', false, 0, [7, 8])`)
  connection.closeSync()
  instance.closeSync()
  const ledger = await openDuckdb(path)
  const prefix = ['000000000000002a', 'fedcba9876543210']
  await ledger.take([openedForTest({ key: 'k', prefix, systemPrompt: 'f00d' })], {}, () => ({ usd: null, reason: '' }))
  const seen: number[][] = []
  await ledger.prefixBlocks({}, ({ n, offsets, blocks }) => {
    for (let k = 0; k < n; k++) seen.push([...blocks.subarray(offsets[k], offsets[k + 1])])
  })
  expect(seen.flat()).toEqual(expect.arrayContaining([7, 8, 42]))
  expect(seen.flat()).toHaveLength(4)
  expect((await ledger.report({}, ['systemPrompt'], 'UTC')).rows.map(({ key }) => key.systemPrompt)).toEqual([
    'f00d',
    null,
  ])
  await ledger.close()
})

test.each(migrations.slice(1).map((_, i) => i + 1))('a ledger of schema %i is brought to the newest', async version => {
  const path = join(folder, `schema-${version}.duckdb`)
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  // A new ledger is made with all columns; this one without those that came later.
  const later = migrations
    .slice(version)
    .flatMap(steps => steps.join().match(/(?<=IF NOT EXISTS )\w+ (MAP\([^)]*\)|\w+)/g) ?? [])
  const added = new RegExp(
    `, (${later.map(column => column.split(' ')[0]).join('|') || 'none'}) (MAP\\([^)]*\\)|\\w+(\\([^)]*\\))?)`,
    'g',
  )
  for (const step of migrations.slice(0, version).flat()) await connection.run(step.replace(added, ''))
  await connection.run(setSchema(version))
  await connection.run(
    `INSERT INTO sources VALUES (1, 'file:a', 'file:a', 'a.csv', 'csv', TIMESTAMP '2026-01-01', false)`,
  )
  await connection.run(`INSERT INTO calls (source_key, ordinal, started_at, outcome, estimated, price_label, "provider")
    VALUES (1, 1, TIMESTAMP '2026-01-01', 'ok', false, 0, '${version < 8 ? 'Vertex_AI' : 'google-vertex'}'), (1, 2, TIMESTAMP '2026-01-01', 'ok', false, 0, 'my-own')`)
  connection.closeSync()
  instance.closeSync()
  const ledger = await openDuckdb(path)
  await ledger.take([openedForTest({ key: 'k' })], {}, () => ({ usd: null, reason: '' }))
  const { rows, total } = await ledger.report({}, ['provider'], 'UTC')
  expect(rows.map(({ key }) => key.provider)).toEqual(['google-vertex', 'my-own', 'openai'])
  expect(total).toMatchObject({ calls: 3, unsettledCalls: 1 })
  expect(await ledger.scrapes({})).toEqual([])
  await ledger.close()
  await (await openDuckdb(path)).close()
})

test('a ledger damaged where nobody looked at first is an outside failure that says so', async () => {
  const path = join(folder, 'damaged.duckdb')
  const first = await openDuckdb(path)
  const rates = Array.from({ length: 200_000 }, (_, i) => Math.abs(Math.sin(i)))
  await first.addShape({
    source: 'file:1',
    name: 'curve',
    format: 'rate-curve',
    sample: false,
    importedAtMicros: 5,
    startMicros: 0,
    seconds: rates.map((_, i) => i),
    requestsPerSecond: rates,
  })
  await first.close()
  const bytes = readFileSync(path)
  bytes.fill(90, bytes.length / 2, bytes.length / 2 + 300_000)
  writeFileSync(path, bytes)
  const again = await openDuckdb(path)
  await expect(again.shapes()).rejects.toMatchObject({ name: 'Fault', code: 'LEDGER_BROKEN', kind: 'outside' })
  await again.close()
})
