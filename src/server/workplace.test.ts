import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openWorkplace } from './workplace.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-workplace-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the price book is read once, and again when a file beside the settings is written', async () => {
  const configFile = join(folder, 'crossline.yaml')
  const workplace = openWorkplace({ dataDir: join(folder, 'data'), configFile })
  const before = await workplace.priceBook()
  expect(await workplace.priceBook()).toBe(before)
  writeFileSync(join(folder, 'prices.yaml'), 'version: 1\nproviders: {}\n')
  const after = await workplace.priceBook()
  expect(after.version).not.toBe(before.version)
  rmSync(join(folder, 'prices.yaml'))
  expect((await workplace.priceBook()).version).toBe(before.version)
})

test('what a killed process left goes when the folder is opened; what comes in before the ledger is opened stays', async () => {
  const dataDir = join(folder, 'left')
  const uploads = join(dataDir, 'uploads')
  mkdirSync(uploads, { recursive: true })
  writeFileSync(join(uploads, '1-1'), 'left')
  const workplace = openWorkplace({ dataDir })
  expect(existsSync(join(uploads, '1-1'))).toBe(false)
  mkdirSync(uploads, { recursive: true })
  writeFileSync(join(uploads, '2-1'), 'came in')
  await workplace.ledger()
  expect(existsSync(join(uploads, '2-1'))).toBe(true)
  await workplace.close()
})
