import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallRecord, Opened, Settled, SpoolPositions } from '../core/meter/call-record.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { unknownUsage } from '../core/meter/usage.ts'
import { lineOf, recordOf } from './line.ts'
import { readSpool, removeTaken } from './read.ts'
import { segmentsOf } from './segments.ts'
import { openSpool } from './spool.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-spool-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const opened = (key: string, over: Partial<Opened> = {}) =>
  openedForTest({ key, model: 'gpt-5-mini', stream: true, ...over })
const settled = (key: string, over: Partial<Settled> = {}) => settledForTest({ key, endMicros: 1, model: 'm', ...over })

function read(positions: SpoolPositions = {}) {
  const records: CallRecord[] = []
  const corrupt: { file: string; offset: number }[] = []
  const reached: Record<string, SpoolPositions[string]> = { ...positions }
  for (const batch of readSpool(folder, positions)) {
    records.push(...batch.records)
    corrupt.push(...batch.corrupt)
    reached[batch.worker] = batch.position
  }
  return { keys: records.map(({ key }) => key), records, corrupt, positions: reached as SpoolPositions }
}

test('a record comes back as it was, whatever text is in it, and one flipped bit is seen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.nat(), (key, feature, at) => {
      const record = opened(key, { tags: { feature } })
      const line = Buffer.from(lineOf(record))
      expect(line.indexOf(10)).toBe(line.length - 1)
      const whole = line.subarray(0, -1)
      expect(recordOf(whole)).toEqual(record)
      const broken = Buffer.from(whole)
      broken[at % broken.length]! ^= 1 << (at % 7)
      expect(recordOf(broken)).toBeNull()
    }),
  )
})

test('what was appended is read in its order, from wherever it was taken to, and no record twice', async () => {
  const spool = openSpool(folder, { worker: 'w1', segmentBytes: 2000 })
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
  for (const key of keys.slice(0, 25)) await spool.append(opened(key))
  const first = read()
  expect(first.keys).toEqual(keys.slice(0, 25))
  expect(segmentsOf(folder, 'w1').length).toBeGreaterThan(3)
  await Promise.all(keys.slice(25).map(key => spool.append(opened(key))))
  expect(read(first.positions).keys).toEqual(keys.slice(25))
  await spool.close()
  const all = read()
  const before = segmentsOf(folder, 'w1').length
  expect(removeTaken(folder, all.positions)).toBe(before - 1)
  expect(read(all.positions).keys).toEqual([])
})

test('each process begins a segment of its own; the torn end of an older one is skipped and told, that of the newest waits', async () => {
  const before = openSpool(folder, { worker: 'w1' })
  await before.append(opened('a'))
  await before.append(opened('b'))
  await before.close()
  const [segment] = segmentsOf(folder, 'w1')
  truncateSync(segment!.path, readFileSync(segment!.path).length - 5)
  expect(read()).toMatchObject({ keys: ['a'], corrupt: [] })
  const after = openSpool(folder, { worker: 'w1' })
  await after.append(opened('c'))
  await after.close()
  const found = read()
  expect(found.keys).toEqual(['a', 'c'])
  expect(found.corrupt).toHaveLength(1)
})

test('a line that is damaged in the middle is skipped with its place, and what follows is read', async () => {
  const spool = openSpool(folder, { worker: 'w1' })
  for (const key of ['a', 'b', 'c']) await spool.append(opened(key))
  await spool.close()
  const { path } = segmentsOf(folder, 'w1')[0]!
  const bytes = readFileSync(path)
  bytes[bytes.indexOf(10) + 30]! ^= 1
  writeFileSync(path, bytes)
  expect(read()).toMatchObject({ keys: ['a', 'c'], corrupt: [{ file: path, offset: bytes.indexOf(10) + 1 }] })
  appendFileSync(path, 'no line at all\n')
  expect(read().corrupt).toHaveLength(2)
})

test('an object of counts too large for a record is left out with a mark, the counts stay', () => {
  const usage = { ...unknownUsage, input: 5, output: 7 }
  const line = Buffer.from(lineOf(settled('k', { usage, rawUsage: { huge: 'x'.repeat(2_000_000) } })))
  expect(line.length).toBeLessThan(2000)
  expect(recordOf(line.subarray(0, -1))).toMatchObject({ usage, rawUsage: { leftOut: expect.any(String) } })
})

test('more records than the disk takes are refused, each by itself, and none is half there', async () => {
  const spool = openSpool(folder, { worker: 'w1', mostPendingBytes: 1500 })
  const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => spool.append(opened(`k${i}`))))
  const taken = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [`k${i}`] : []))
  expect(taken.length).toBeGreaterThan(0)
  expect(taken.length).toBeLessThan(10)
  expect(results.at(-1)).toMatchObject({ reason: { code: 'SPOOL_FULL' } })
  expect(read().keys).toEqual(taken)
  await spool.append(opened('later'))
  expect(read().keys).toEqual([...taken, 'later'])
  await spool.close()
})

test('a place that cannot be written to says so, and writing goes on once it can', async () => {
  writeFileSync(join(folder, 'w1'), 'a file where the folder should be')
  const spool = openSpool(folder, { worker: 'w1' })
  await expect(spool.append(opened('a'))).rejects.toMatchObject({ code: 'SPOOL_BROKEN' })
  expect(spool.stats()).toMatchObject({ refused: 1, error: expect.stringContaining('cannot be written') })
  rmSync(join(folder, 'w1'))
  await spool.append(opened('b'))
  expect(spool.stats()).toMatchObject({ appended: 1, error: null })
  expect(read().keys).toEqual(['b'])
  await spool.close()
})

const kills = process.env.CROSSLINE_TORTURE ? 200 : 20

test(`after each of ${kills} kills every record whose append had resolved is there, and none twice`, async () => {
  const said: string[] = []
  for (let i = 0; i < kills; i++) {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'append-for-test.mts'), folder, 'w1', 'interval'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let text = ''
    child.stdout.on('data', piece => {
      text += piece
    })
    let isOver = false
    const ended = new Promise<void>(done => {
      child.once('close', () => {
        isOver = true
        done()
      })
    })
    while (!text.includes('\n') && !isOver) await new Promise(done => setTimeout(done, 5))
    await new Promise(done => setTimeout(done, 3 * (i % 17)))
    child.kill('SIGKILL')
    await ended
    said.push(...text.slice(0, text.lastIndexOf('\n')).split('\n'))
  }
  const { keys } = read()
  expect(new Set(keys).size).toBe(keys.length)
  const there = new Set(keys)
  expect(said.filter(key => !there.has(key))).toEqual([])
  expect(said.length).toBeGreaterThan(kills)
}, 600_000)
