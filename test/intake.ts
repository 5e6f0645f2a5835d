// A folder for a file of tests, and an empty ledger for each of them: what is imported in one is not there in the next.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach } from 'vitest'
import type { Money } from '../src/core/meter/money.ts'
import { readHead } from '../src/intake/head.ts'
import { type ImportContext, importFile } from '../src/intake/import.ts'
import type { Importer, ImportOptions } from '../src/intake/importer.ts'
import { openDuckdb } from '../src/ledger/duckdb.ts'

/** Call it once at the top of a file: it opens, closes and removes by itself. Without a price book calls have no price. */
export function intakeForTest(over: Partial<ImportContext> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-intake-'))
  const context: ImportContext = { book: null, dataDir: folder, ...over }
  let ledger: Awaited<ReturnType<typeof openDuckdb>>
  beforeEach(async () => {
    ledger = await openDuckdb(':memory:')
  })
  afterEach(() => ledger.close())
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, content: string | Buffer): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const takeFile = (path: string, options: ImportOptions = {}) => importFile(ledger, path, options, context)
  return {
    folder,
    ledger: () => ledger,
    write,
    takeFile,
    /** Imports a file of this name and content. */
    take: (name: string, content: string | Buffer, options?: ImportOptions) => takeFile(write(name, content), options),
    report: (by: readonly string[] = []) => ledger.report({}, by, 'UTC'),
  }
}

/** What a log's record says that its call cost, as the format reads it. */
export function statedUsd(importer: Importer, record: Readonly<Record<string, unknown>>): Money | null {
  const content = importer.content(readHead('record.jsonl', { head: `${JSON.stringify(record)}\n` }), {})
  if (content.kind !== 'calls') throw new Error(`${importer.name} reads no calls`)
  return content.calls.read(record).calls[0]!.reportedUsd
}
