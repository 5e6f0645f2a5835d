import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { openDuckdb } from '../ledger/duckdb.ts'
import { importFile } from './import.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-killed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  0, 60, 250,
])('an import killed %i ms into its load leaves the ledger whole, and run again adds each call once (law 5)', async delay => {
  const path = join(folder, `ledger-${delay}.duckdb`)
  const csv = join(folder, 'calls.csv')
  const rows = 60_000
  const row = (i: number) => `2026-01-0${1 + (i % 9)}T00:00:00Z,gpt-4o,${i % 1000},${i % 7}\n`
  writeFileSync(
    csv,
    `time,model,input_tokens,output_tokens\n${Array.from({ length: rows }, (_, i) => row(i)).join('')}`,
  )
  const module = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)))
  const script = `import { openDuckdb } from ${module('../ledger/duckdb.ts')}
    import { importFile } from ${module('./import.ts')}
    const ledger = await openDuckdb(${JSON.stringify(path)})
    const progress = step => step.phase === 'load' && console.log('loading')
    await importFile(ledger, ${JSON.stringify(csv)}, {}, { book: null, dataDir: ${JSON.stringify(folder)}, progress })
    await ledger.close()`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise(done => child.once('exit', done))
  await Promise.race([new Promise(done => child.stdout.once('data', done)), ended])
  await new Promise(done => setTimeout(done, delay))
  child.kill('SIGKILL')
  await ended

  const ledger = await openDuckdb(path)
  const kept = (await ledger.report({}, [], 'UTC')).total.calls
  expect([0, rows]).toContain(kept)
  const again = await importFile(ledger, csv, {}, { book: null, dataDir: folder })
  expect(again).toMatchObject({ rows, added: rows - kept, duplicates: kept })
  expect((await ledger.report({}, [], 'UTC')).total.calls).toBe(rows)
  await ledger.close()
})
