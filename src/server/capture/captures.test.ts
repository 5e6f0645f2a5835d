import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { closeAll, opened, until, world } from '../../gateway/world-for-test.ts'
import { captureDays, captureSizes, capturesFolder, expireCaptures, isExpired, readCaptures } from './capture-files.ts'
import { captureKeys, keyVariable } from './capture-key.ts'
import { isWanted } from './capture-settings.ts'
import { type Captures, openCaptures } from './captures.ts'
import { type CallAttribution, openedForTest } from './opened-for-test.ts'
import { seal, unseal } from './sealed.ts'
import { sweepCaptures } from './sweep.ts'

afterEach(closeAll)

const secretWords = 'the-patient-is-called-Wilhelmina'
const answerWords = 'take-two-of-these-and-rest'
const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: secretWords }] })
const answer = JSON.stringify({
  id: 'chatcmpl-1',
  model: 'gpt-4o-mini',
  choices: [{ message: { role: 'assistant', content: answerWords }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'captures-'))
  opened.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function begun(dataDir: string, settings: Parameters<typeof openCaptures>[1], nowMs?: () => number) {
  const said: string[] = []
  const captures = openCaptures(dataDir, settings, {
    worker: 'w1',
    say: text => said.push(text),
    ...(nowMs && { nowMs }),
  })
  opened.push(() => captures.close())
  return { captures, said }
}

async function asked(
  captures: Captures | null,
  headers: Record<string, string> = {},
  said = answer,
  kind = 'application/json',
) {
  const { port, records } = await world(
    (_, __, response) => {
      response.setHeader('content-type', kind)
      if (headers['accept-encoding'] === 'gzip') {
        response.setHeader('content-encoding', 'gzip')
        return response.end(gzipSync(said))
      }
      return response.end(said)
    },
    {},
    undefined,
    { capture: captures },
  )
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-very-secret', ...headers },
    body,
  })
  return { text: await response.text(), records }
}

const readAll = (dataDir: string) => [...readCaptures(dataDir, captureKeys(dataDir, undefined, { environment: {} }))]

test('what a call said is kept byte for byte, and not a word of it lies on the disk in plain text', async () => {
  const dataDir = folder()
  const { captures, said } = begun(dataDir, { share: 1 })
  const { text, records } = await asked(captures)
  expect(text).toBe(answer)
  await until(() => captures.counts.kept === 1)
  await captures.close()
  const [read] = readAll(dataDir)
  expect(read).toMatchObject({ call: { key: records[0]!.key, wire: 'openai.chat', status: 200, isWhole: true } })
  const { call } = read as Extract<typeof read, { call: unknown }>
  expect(call!.request.toString()).toBe(body)
  expect(call!.answer.toString()).toBe(answer)
  // By grep, which was not written here: in plain text, as base64 and compressed it is not there.
  for (const words of [
    secretWords,
    answerWords,
    'sk-very-secret',
    Buffer.from(secretWords).toString('base64').slice(4, 24),
  ]) {
    expect(() => execFileSync('grep', ['-r', '-a', '-l', words, dataDir])).toThrow()
  }
  expect(said.join()).not.toContain(secretWords)
  expect(JSON.stringify(records)).not.toContain(secretWords)
})

test('a compressed answer is kept as it came, with its encoding', async () => {
  const dataDir = folder()
  const { captures } = begun(dataDir, { share: 1 })
  await asked(captures, { 'accept-encoding': 'gzip' })
  await until(() => captures.counts.kept === 1)
  await captures.close()
  expect(readAll(dataDir)).toMatchObject([{ call: { contentEncoding: 'gzip' } }])
})

test('without captures nothing is written, and no key is made', async () => {
  const dataDir = folder()
  await asked(null)
  expect(readdirSync(dataDir)).toEqual([])
  const { captures } = begun(dataDir, { rules: [{ when: { workload: 'other' }, share: 1 }] })
  await asked(captures, { 'x-crossline-workload': 'support' })
  await captures.close()
  expect(captureDays(dataDir)).toEqual([])
})

async function oneKept(dataDir: string, nowMs?: () => number): Promise<string> {
  const { captures } = begun(dataDir, { share: 1 }, nowMs)
  await asked(captures)
  await until(() => captures.counts.kept === 1)
  await captures.close()
  const [day] = captureDays(dataDir)
  const at = join(capturesFolder(dataDir), day!)
  return join(at, readdirSync(at).find(name => name.endsWith('.sealed'))!)
}

test('one bit changed anywhere in a record, and it is told as altered and left out', async () => {
  const dataDir = folder()
  const path = await oneKept(dataDir)
  const whole = readFileSync(path)
  fc.assert(
    fc.property(fc.integer({ min: 4, max: whole.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const changed = Buffer.from(whole)
      changed[at] = changed[at]! ^ (1 << bit)
      writeFileSync(path, changed)
      const read = readAll(dataDir)
      expect(read).toHaveLength(1)
      expect(read[0]).toMatchObject({ reason: expect.stringContaining('not what was sealed') })
    }),
    { numRuns: 60 },
  )
})

test('a record moved to another file is refused, as one cut short is', async () => {
  const dataDir = folder()
  const path = await oneKept(dataDir)
  cpSync(path, path.replace('w1-', 'w2-'))
  expect(readAll(dataDir).map(read => 'call' in read)).toEqual([true, false])
  writeFileSync(path, readFileSync(path).subarray(0, -1))
  expect(readAll(dataDir)[0]).toMatchObject({ reason: 'it ends within a record' })
})

test('with another key nothing opens, and a key that was in force before still does', async () => {
  const dataDir = folder()
  await oneKept(dataDir)
  const old = readFileSync(join(dataDir, 'capture.key'), 'utf8').trim()
  rmSync(join(dataDir, 'capture.key'))
  const fresh = Buffer.alloc(32, 7).toString('base64')
  const keysOf = (environment: NodeJS.ProcessEnv) => captureKeys(dataDir, undefined, { environment })
  expect([...readCaptures(dataDir, keysOf({ [keyVariable]: fresh }))][0]).toMatchObject({
    reason: expect.stringContaining('not here'),
  })
  const rotated = keysOf({ [keyVariable]: fresh, CROSSLINE_CAPTURE_KEYS_FORMER: old })
  expect([...readCaptures(dataDir, rotated)][0]).toHaveProperty('call')
})

test('a key that others can read is refused, and the one that is made is its owner’s alone', async () => {
  const dataDir = folder()
  begun(dataDir, { share: 1 })
  const path = join(dataDir, 'capture.key')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  chmodSync(path, 0o640)
  expect(() => openCaptures(dataDir, { share: 1 }, { worker: 'w', say: () => {} })).toThrow(/others on this machine/)
})

test('a day that expired is gone, and a copy of its sealed files cannot be opened by anybody', async () => {
  const dataDir = folder()
  const start = Date.now()
  const path = await oneKept(dataDir)
  const copy = readFileSync(path)
  const [day] = captureDays(dataDir)
  expect(expireCaptures(dataDir, 7, start + 6 * 86_400_000)).toEqual([])
  expect(expireCaptures(dataDir, 7, start + 8 * 86_400_000 + 1000)).toEqual([day])
  expect(existsSync(path)).toBe(false)
  // The master key is still there, and the copy with it: the day's key is what is gone.
  await oneKept(dataDir)
  writeFileSync(path, copy)
  const read = readAll(dataDir)
  expect(read.filter(one => 'call' in one)).toHaveLength(1)
  expect(read.filter(one => !('call' in one))).toHaveLength(1)
})

test('the sweep at the start removes what expired while nothing ran', async () => {
  const dataDir = folder()
  await oneKept(dataDir)
  const later = Date.now() + 30 * 86_400_000
  const { said } = begun(dataDir, { share: 1, keepDays: 7 }, () => later)
  expect(captureSizes(dataDir)).toEqual([])
  expect(said.join()).toContain('expired')
})

test('captures that are asked for no more expire as was promised when they were made', async () => {
  const dataDir = folder()
  const { captures } = begun(dataDir, { share: 1, keepDays: 3 })
  await asked(captures)
  await until(() => captures.counts.kept === 1)
  await captures.close()
  const [day] = captureDays(dataDir)
  const end = Date.parse(`${day}T00:00:00Z`) + 86_400_000
  expect(expireCaptures(dataDir, null, end + 3 * 86_400_000 - 1)).toEqual([])
  const said: string[] = []
  sweepCaptures(dataDir, null, { say: text => said.push(text), nowMs: () => end + 3 * 86_400_000 })()
  expect(captureDays(dataDir)).toEqual([])
  expect(said.join()).toContain('have expired')
})

test('a day is kept for all of its hours and so many days more, whatever they are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 366 }), fc.integer({ min: 0, max: 400 * 24 }), (keepDays, hours) => {
      const end = Date.parse('2026-03-02T00:00:00Z')
      expect(isExpired('2026-03-01', keepDays, end + hours * 3_600_000)).toBe(hours >= keepDays * 24)
    }),
  )
})

test('a call longer than is kept is dropped and counted; a full disk costs captures and no call', async () => {
  const dataDir = folder()
  const { captures, said } = begun(dataDir, { share: 1, mostBytes: body.length + 1 })
  const { text } = await asked(captures, {}, answer + ' '.repeat(200))
  expect(text).toContain(answerWords)
  await until(() => captures.counts['too long'] === 1)
  expect(said.join()).toContain('dropped')
  const blocked = folder()
  const { captures: other } = begun(blocked, { share: 1 })
  writeFileSync(capturesFolder(blocked), 'a file where the folder is to be')
  expect((await asked(other)).text).toBe(answer)
  await until(() => other.counts['not written'] === 1)
})

test('a share is kept by the task: all calls of one task or none, and about as many as was asked for', () => {
  const wanted = (task: string) => isWanted({ share: 0.3 }, openedForTest({ task }))
  const kept = Array.from({ length: 4000 }, (_, i) => wanted(`task-${i}`)).filter(Boolean).length / 4000
  // Binomial: sd = sqrt(.3 × .7 ÷ 4000) = 0.0072.
  expect(Math.abs(kept - 0.3)).toBeLessThan(4 * 0.0072)
  fc.assert(
    fc.property(fc.string(), fc.string(), (task, key) => {
      expect(isWanted({ share: 0.3 }, { ...openedForTest({ task }), key })).toBe(wanted(task))
    }),
  )
})

test.each<[CallAttribution, boolean]>([
  [{ workload: 'support', feature: 'search' }, true],
  [{ workload: 'support', feature: 'chat' }, false],
  [{ workload: 'billing' }, true],
])('the first rule that fits decides: %j is kept: %j', (attribution, kept) => {
  const settings = {
    share: 1,
    rules: [
      { when: { workload: 'support', feature: 'search' }, share: 1 },
      { when: { workload: 'support' }, share: 0 },
    ],
  }
  expect(isWanted(settings, openedForTest(attribution))).toBe(kept)
})

test('what is sealed for one place opens there and nowhere else', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), fc.string(), (bytes, here, there) => {
      const secret = Buffer.alloc(32, 1)
      const sealed = seal(secret, Buffer.from(bytes), here)
      expect(unseal(secret, sealed, here)).toEqual(Buffer.from(bytes))
      if (here !== there) expect(() => unseal(secret, sealed, there)).toThrow(/not what was sealed/)
    }),
  )
})
