import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keepRunning } from './child.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-child-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Word {
  readonly kind: string
}

/** A child of this code, what it said, and when it was started. */
function childOf(code: string) {
  const path = join(folder, `${Math.random()}.mjs`)
  writeFileSync(path, code)
  const said: string[] = []
  const heard: Word[] = []
  let starts = 0
  const child = keepRunning<Word, Word>({
    name: 'child',
    path,
    start: () => {
      starts++
      return { kind: 'start' }
    },
    hear: word => void heard.push(word),
    ping: { kind: 'ping' },
    pingMs: 400,
    ended: () => {},
    say: text => void said.push(text),
  })
  return { child, said, heard, starts: () => starts }
}

const until = async (isSo: () => boolean) => {
  for (let i = 0; i < 500 && !isSo(); i++) await new Promise(done => setTimeout(done, 20))
  expect(isSo()).toBe(true)
}

test('a process that hangs is ended and started again; one that answers lives on', async () => {
  const hanging = childOf(`process.on('message', ({ kind }) => { if (kind === 'start') for (;;); })`)
  const well = childOf(`process.on('message', ({ kind }) => kind === 'stop' ? process.exit() : process.send({ kind }))`)
  await until(() => hanging.starts() >= 2)
  expect(hanging.said.slice(0, 2)).toEqual(['the child hangs', 'the child ended (SIGKILL) and is started again'])
  await until(() => well.heard.filter(({ kind }) => kind === 'ping').length > 2)
  expect([well.starts(), well.said]).toEqual([1, []])
  await Promise.all([hanging.child.stop({ kind: 'stop' }, 100), well.child.stop({ kind: 'stop' }, 5000)])
}, 20_000)

test('a process that dies is started again, with what it is told first', async () => {
  const dying = childOf(`process.on('message', () => process.exit(3))`)
  await until(() => dying.starts() >= 3)
  expect(new Set(dying.said)).toEqual(new Set(['the child ended (status 3) and is started again']))
  await dying.child.stop({ kind: 'stop' }, 100)
}, 20_000)

test('one that leaves is replaced at once, goes on meanwhile and is waited for; nothing more is said to it', async () => {
  const code = `process.on('message', ({ kind }) => {
    if (kind === 'start') process.send({ kind: 'started ' + process.pid })
    if (kind === 'hello') process.send({ kind: 'heard by ' + process.pid })
    if (kind === 'stop') setTimeout(() => process.exit(), 100)
  })`
  const leaving = childOf(code)
  await until(() => leaving.heard.length === 1)
  leaving.child.replace()
  await until(() => leaving.heard.length === 2)
  const [first, second] = leaving.heard.map(({ kind }) => Number(kind.split(' ').at(-1)))
  expect([leaving.starts(), first === second]).toEqual([2, false])
  leaving.child.send({ kind: 'hello' })
  await until(() => leaving.heard.length === 3)
  expect(leaving.heard[2]).toEqual({ kind: `heard by ${second}` })
  expect(process.kill(first!, 0)).toBe(true)
  await leaving.child.stop({ kind: 'stop' }, 5000)
  for (const pid of [first!, second!]) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(leaving.said).toEqual([])
}, 20_000)

test('a process that could not be started at all is started once that is possible', async () => {
  const node = process.execPath
  // As where no file can be opened: Node tells of an error then, and never of an end.
  process.execPath = join(folder, 'nothing')
  const { child, said, heard, starts } = childOf(`process.on('message', ({ kind }) => process.send({ kind }))`)
  try {
    await until(() => said.length > 0)
  } finally {
    process.execPath = node
  }
  expect(said[0]).toMatch(/ENOENT/)
  await until(() => heard.some(({ kind }) => kind === 'start'))
  expect(starts()).toBeGreaterThan(1)
  await child.stop({ kind: 'stop' }, 100)
}, 20_000)
