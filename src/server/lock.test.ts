import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isLock, type Lock, readLock, takeLock } from './lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function take(waitMs = 0): Promise<Lock> {
  const taken = await takeLock(folder, { command: 'test', waitMs })
  if (!isLock(taken)) throw new Error('held by a server')
  return taken
}

test('one process at a time, and the next as soon as the first lets go', async () => {
  const first = await take()
  expect(readLock(folder)?.pid).toBe(process.pid)
  const waits: number[] = []
  const second = takeLock(folder, { command: 'second', waitMs: 5000, onWait: holder => waits.push(holder.pid) })
  setTimeout(() => first.release(), 120)
  const lock = await second
  expect(isLock(lock)).toBe(true)
  expect(waits).toEqual([process.pid])
  expect(readLock(folder)?.command).toBe('second')
})

test('who waits in vain learns who holds the ledger', async () => {
  const lock = await take()
  await expect(take(60)).rejects.toMatchObject({ code: 'LEDGER_BUSY', kind: 'outside' })
  await expect(take(60)).rejects.toThrow(`crossline test, pid ${process.pid}`)
  lock.release()
  expect(readLock(folder)).toBeNull()
})

test('a server that has announced itself is handed back instead of waited for', async () => {
  const lock = await take()
  lock.announce('http://127.0.0.1:4141')
  const holder = await takeLock(folder, { command: 'report', waitMs: 0 })
  expect(isLock(holder)).toBe(false)
  expect(holder).toMatchObject({ url: 'http://127.0.0.1:4141', pid: process.pid })
})

test.each([
  ['of a process that is gone', { pid: 2 ** 22 + 7, processStart: null }],
  ['of a pid that another process has by now', { pid: process.pid, processStart: '1' }],
])('the lock %s is taken over', async (_, left) => {
  const record = { host: hostname(), command: 'serve', url: 'http://127.0.0.1:1', startedAt: '2026-01-01', ...left }
  writeFileSync(join(folder, 'lock.json'), JSON.stringify(record))
  expect(readLock(folder)).toBeNull()
  const lock = await take()
  expect(JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8'))).toMatchObject({ command: 'test', url: null })
  lock.release()
})

test.skipIf(!existsSync('/proc/self/stat'))(
  'the lock of a killed process that nobody waited for is taken over',
  async () => {
    // The shell starts a child and becomes a program that waits for nobody: the child, killed then, stays as a zombie.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 61'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(printed.toString())
    const soon = () => new Promise(done => setTimeout(done, 5))
    while (!readFileSync(`/proc/${parent.pid}/cmdline`, 'utf8').startsWith('sleep\0')) await soon()
    process.kill(pid, 'SIGKILL')
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    const start = stat()[19]
    // The signal is delivered in its own time.
    while (stat()[0] !== 'Z') await soon()
    const record = {
      pid,
      processStart: start,
      host: hostname(),
      command: 'serve',
      url: 'http://127.0.0.1:1',
      startedAt: '',
    }
    writeFileSync(join(folder, 'lock.json'), JSON.stringify(record))
    const lock = await take(2000)
    lock.release()
    parent.kill('SIGKILL')
  },
)

test('of many who ask at once, one at a time holds the lock', async () => {
  let held = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const lock = await take(5000)
      held += 1
      most = Math.max(most, held)
      await new Promise(done => setTimeout(done, 5))
      held -= 1
      lock.release()
    }),
  )
  expect(most).toBe(1)
})
