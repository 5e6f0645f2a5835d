// `report` over ten million calls, against the same SQL typed by hand on the same file.
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { usageKinds } from '../src/core/meter/usage.ts'
import { openDuckdb } from '../src/ledger/duckdb.ts'
import { crossline } from './crossline.ts'
import { writeCalls } from './import.ts'
import { type Figure, median } from './measure.ts'

const copies = 10
const rounds = 7

const byHand = `SELECT model, feature, count(*), ${usageKinds.map(kind => `sum("${kind}")`).join(', ')}, sum(usd),
  count(*) - count(usd), count(*) FILTER (estimated), count(*) FILTER ("input" IS NULL OR "output" IS NULL)
  FROM calls GROUP BY ALL ORDER BY ALL`

export async function reportFigures(folder: string): Promise<Figure[]> {
  const file = join(folder, 'calls.csv')
  await writeCalls(file, i => (i % 3 === 0 ? 'gpt-5' : i % 3 === 1 ? 'gpt-5-nano' : 'gpt-5-mini'))
  await crossline(['import', file, '--data', folder])
  const path = join(folder, 'ledger.duckdb')
  await multiply(path)

  // One process and one connection at a time on one file, in turn, each warmed up and then the best of three: what differs
  // is the program between question and SQL, not what else the machine was doing meanwhile.
  const ours: number[] = []
  const hand: number[] = []
  for (let i = 0; i < rounds; i++) {
    const ledger = await openDuckdb(path)
    const question = () => ledger.report({}, ['model', 'feature'], 'UTC')
    await question()
    ours.push(await best(question))
    await ledger.close()
    const instance = await DuckDBInstance.create(path, { threads: '2' })
    const connection = await instance.connect()
    const sql = async () => (await connection.runAndReadAll(byHand)).getRows()
    await sql()
    hand.push(await best(sql))
    connection.closeSync()
    instance.closeSync()
  }
  const [a, b] = [median(ours), median(hand)]
  return [
    {
      name: 'report of 10,000,000 calls by model and feature',
      measured: `${(a * 1000).toFixed(0)} ms`,
      against: `SQL by hand ${(b * 1000).toFixed(0)} ms`,
      value: median(ours.map((time, i) => time / hand[i]!)),
      unit: '×',
      target: 1.3,
    },
  ]
}

/** Ten ledgers' worth of calls in one: the same million under other ids. */
async function multiply(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path, { threads: '2', memory_limit: '2GB' })
  const connection = await instance.connect()
  await connection.run('CREATE TEMP TABLE first AS SELECT * FROM calls')
  for (let copy = 1; copy < copies; copy++) {
    await connection.run(`INSERT INTO calls SELECT * REPLACE (id || '-${copy}' AS id) FROM first`)
  }
  connection.closeSync()
  instance.closeSync()
}

async function best(work: () => Promise<unknown>): Promise<number> {
  return Math.min(await timed(work), await timed(work), await timed(work))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - started) / 1e9
}
