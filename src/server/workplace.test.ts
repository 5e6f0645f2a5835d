import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
