import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashOf } from '../gateway/key-secret.ts'
import { readKeys, watchKeys } from './key-file.ts'
import { expiryOf, makeKey, revokeKeys } from './making-keys.ts'
import { checkHost, isHere } from './reach.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const now = Date.UTC(2026, 10, 23)
const make = (name: string, stated = {}) =>
  makeKey(folder, { name, attribution: {}, tags: {}, upstreams: null, expiresAt: null, ...stated }, now)

test('a key is kept as its hash, in a file for its owner alone, and its secret nowhere', async () => {
  const { key, secret } = await make('bot', { attribution: { team: 'care' } })
  expect(statSync(join(folder, 'keys.json')).mode & 0o777).toBe(0o600)
  expect(readKeys(folder)).toEqual([key])
  expect(key).toMatchObject({ hash: hashOf(secret), attribution: { team: 'care' } })
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(secret)
  }
  expect(readdirSync(folder).sort()).toEqual(['keys.json', 'keys.lock'])
  expect(readdirSync(join(folder, 'keys.lock'))).toEqual([])
})

test('of many who change the keys at once none undoes what another did', async () => {
  await Promise.all(Array.from({ length: 12 }, (_, i) => make(`k${i}`)))
  await Promise.all([...Array.from({ length: 6 }, (_, i) => revokeKeys(folder, `k${i}`, now)), make('late')])
  const keys = readKeys(folder)
  expect(keys).toHaveLength(13)
  expect(
    keys
      .filter(({ revokedAt }) => revokedAt !== null)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5'])
})

test('a revocation is noticed within a second, without the file being looked at for every request', async () => {
  const { key, secret } = await make('bot')
  let clock = 0
  const keys = watchKeys(
    folder,
    () => {},
    () => clock,
  )
  expect(keys.find(hashOf(secret))).toMatchObject({ id: key.id, revokedAt: null })
  await revokeKeys(folder, key.id, now)
  clock = 100
  expect(keys.find(hashOf(secret))).toMatchObject({ revokedAt: null })
  clock = 1000
  expect(keys.find(hashOf(secret))).toMatchObject({ revokedAt: '2026-11-23T00:00:00.000Z' })
})

test('a key that was made just now holds at once', async () => {
  const keys = watchKeys(
    folder,
    () => {},
    () => 0,
  )
  expect(keys.find(hashOf('nobody'))).toBeNull()
  const { secret } = await make('bot')
  expect(keys.find(hashOf(secret))).not.toBeNull()
})

test('keys hold while their file is broken, which is said; without the file there are none', async () => {
  const { secret } = await make('bot')
  const said: string[] = []
  let clock = 0
  const keys = watchKeys(
    folder,
    text => said.push(text),
    () => clock,
  )
  expect(keys.find(hashOf(secret))).not.toBeNull()
  writeFileSync(join(folder, 'keys.json'), '{"version":1,"keys":[{"id":')
  clock += 1000
  expect(keys.find(hashOf(secret))).not.toBeNull()
  expect(said).toEqual([expect.stringContaining('it is not JSON')])
  await expect(make('other')).rejects.toMatchObject({ code: 'KEYS_UNREADABLE', where: join(folder, 'keys.json') })
  rmSync(join(folder, 'keys.json'))
  clock += 1000
  expect(keys.find(hashOf(secret))).toBeNull()
})

test('a name is one key’s until that is revoked; then the next key may bear it', async () => {
  await make('bot')
  await expect(make('bot')).rejects.toMatchObject({ code: 'KEY_EXISTS' })
  expect(await revokeKeys(folder, 'bot', now)).toHaveLength(1)
  expect(await revokeKeys(folder, 'bot', now)).toHaveLength(0)
  await make('bot')
  await expect(revokeKeys(folder, 'bto', now)).rejects.toMatchObject({ code: 'KEY_UNKNOWN', fix: 'did you mean bot?' })
  await expect(make('a b')).rejects.toMatchObject({ code: 'KEY_NAME', where: '--name' })
})

test('an expiry is so long from now, or the first moment of a day in a zone, and never over already', () => {
  expect(expiryOf('90d', 'UTC', now)).toBe('2027-02-21T00:00:00.000Z')
  expect(expiryOf('12h', 'UTC', now)).toBe('2026-11-23T12:00:00.000Z')
  expect(expiryOf('2027-01-01', 'Europe/Berlin', now)).toBe('2026-12-31T23:00:00.000Z')
  expect(() => expiryOf('2026-11-22', 'UTC', now)).toThrow(expect.objectContaining({ code: 'EXPIRED' }))
  expect(() => expiryOf('soon', 'UTC', now)).toThrow(expect.objectContaining({ code: 'BAD_TIME', where: '--expires' }))
})

test('beyond this machine a server listens once keys are required and one holds', async () => {
  const required = { keys: 'required' }
  expect(() => checkHost('127.0.0.1', {}, folder)).not.toThrow()
  expect(() => checkHost('0.0.0.0', {}, folder)).toThrow(expect.objectContaining({ code: 'BIND_REFUSED' }))
  expect(() => checkHost('0.0.0.0', required, folder)).toThrow(expect.objectContaining({ code: 'BIND_REFUSED' }))
  await make('over', { expiresAt: new Date(now - 1).toISOString() })
  expect(() => checkHost('0.0.0.0', required, folder)).toThrow(expect.objectContaining({ code: 'BIND_REFUSED' }))
  await make('bot')
  expect(() => checkHost('0.0.0.0', required, folder)).not.toThrow()
  expect(() => checkHost('0.0.0.0', {}, folder)).toThrow(expect.objectContaining({ code: 'BIND_REFUSED' }))
})

test('here is who comes from loopback, or from the address that is asked', () => {
  const asked = (remoteAddress: string | undefined, localAddress = '10.0.0.5') =>
    isHere({ remoteAddress, localAddress })
  expect(['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.5'].map(address => asked(address))).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['10.0.0.6', '::ffff:10.0.0.6', 'fe80::1', undefined].map(address => asked(address))).toEqual([
    false,
    false,
    false,
    false,
  ])
})
