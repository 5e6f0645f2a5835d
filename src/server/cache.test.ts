import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCache } from './cache.ts'

test('a value is computed once per inputs and build, also across restarts and among those who ask at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-cache-'))
  let computed = 0
  const compute = async () => ({ n: ++computed })
  const first = openCache(folder, 'build-1')
  expect(await Promise.all([first.remember(['a'], compute), first.remember(['a'], compute)])).toEqual([
    { n: 1 },
    { n: 1 },
  ])
  expect(await openCache(folder, 'build-1').remember(['a'], compute)).toEqual({ n: 1 })
  expect(await first.remember(['b'], compute)).toEqual({ n: 2 })
  expect(await openCache(folder, 'build-2').remember(['a'], compute)).toEqual({ n: 3 })
  rmSync(folder, { recursive: true })
})

test('a failure is not remembered, and a folder that cannot be written is no failure', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-cache-'))
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const cache = openCache(join(file, 'below'), 'build')
  await expect(cache.remember(['a'], () => Promise.reject(new Error('once')))).rejects.toThrow('once')
  expect(await cache.remember(['a'], async () => 7)).toBe(7)
  rmSync(folder, { recursive: true })
})
