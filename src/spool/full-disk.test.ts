// A disk that is full for a while: each append is refused, nothing is left behind, and writing goes on by itself.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openedForTest } from '../core/meter/call-record-for-test.ts'
import { readSpool } from './read.ts'
import { openSpool } from './spool.ts'

/** Bytes that the disk still takes: only root could fill a real one. */
const disk = vi.hoisted(() => ({ freeBytes: Number.POSITIVE_INFINITY }))
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const writeSync = (file: number, bytes: Buffer, at: number) => {
    if (disk.freeBytes <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    const written = fs.writeSync(file, bytes, at, Math.min(bytes.length - at, disk.freeBytes))
    disk.freeBytes -= written
    return written
  }
  return { ...fs, writeSync }
})

test('a thousand refused appends leave no file each: a folder of empty segments would slow every call down', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-full-'))
  const spool = openSpool(folder, { worker: 'w' })
  try {
    await spool.append(openedForTest({ key: 'before' }))
    disk.freeBytes = 100
    for (let i = 0; i < 1000; i++) {
      await expect(spool.append(openedForTest({ key: `lost${i}` }))).rejects.toThrow('the disk is full')
    }
    expect(spool.stats()).toMatchObject({ refused: 1000, appended: 1 })
    // The first was torn, so that nothing may be put behind it; the others wrote nothing at all.
    expect(readdirSync(join(folder, 'w'))).toHaveLength(2)
    disk.freeBytes = Number.POSITIVE_INFINITY
    await spool.append(openedForTest({ key: 'after' }))
    expect(spool.stats().error).toBeNull()
    const keys = [...readSpool(folder, {})].flatMap(({ records }) => records.map(({ key }) => key))
    expect(keys).toEqual(['before', 'after'])
  } finally {
    await spool.close()
    rmSync(folder, { recursive: true })
  }
})
