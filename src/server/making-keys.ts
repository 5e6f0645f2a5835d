// What a new key is for in; the key in the folder's file, and its secret once, out. And keys of a name or an id, revoked.
import { randomBytes } from 'node:crypto'
import { Fault, nearestName } from '../core/fault/fault.ts'
import type { AttributionKind } from '../core/meter/call.ts'
import { hashOf, newSecret } from '../gateway/key-secret.ts'
import { knownZone } from '../ledger/calendar.ts'
import { microsOf } from './instants.ts'
import { changeKeys, type KeptKey } from './key-file.ts'

export interface NewKey {
  readonly name: string
  readonly attribution: Readonly<Partial<Record<AttributionKind, string>>>
  readonly tags: Readonly<Record<string, string>>
  readonly upstreams: readonly string[] | null
  readonly expiresAt: string | null
}

/**
 * Makes a key. The secret is in no file: whoever has lost it makes another key.
 * @throws Fault KEY_NAME, KEY_EXISTS, KEYS_BUSY
 */
export async function makeKey(
  dataDir: string,
  asked: NewKey,
  nowMs: number,
): Promise<{ key: KeptKey; secret: string }> {
  const { name } = asked
  if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) {
    throw new Fault('KEY_NAME', `"${name}" cannot be the name of a key`, {
      where: '--name',
      fix: 'use up to 64 letters, digits, dots, dashes and underscores',
    })
  }
  const secret = newSecret()
  const key: KeptKey = {
    ...asked,
    id: `${name}-${randomBytes(3).toString('hex')}`,
    hash: hashOf(secret),
    createdAt: new Date(nowMs).toISOString(),
    revokedAt: null,
  }
  await changeKeys(dataDir, keys => {
    if (keys.some(one => one.name === name && standingOf(one, nowMs) === 'valid')) {
      throw new Fault('KEY_EXISTS', `there is a key ${name} already`, {
        where: '--name',
        fix: `give another name, or revoke it first with crossline keys revoke ${name}`,
      })
    }
    return [...keys, key]
  })
  return { key, secret }
}

/**
 * Revokes the keys of a name, or one by its id; those that are revoked already stay as they are.
 * @throws Fault KEY_UNKNOWN, KEYS_BUSY
 */
export async function revokeKeys(dataDir: string, asked: string, nowMs: number): Promise<readonly KeptKey[]> {
  const revokedAt = new Date(nowMs).toISOString()
  let revoked: readonly KeptKey[] = []
  await changeKeys(dataDir, keys => {
    const meant = keys.filter(({ id, name }) => id === asked || name === asked)
    if (meant.length === 0) {
      const near = nearestName(
        asked,
        keys.flatMap(({ id, name }) => [name, id]),
      )
      throw new Fault('KEY_UNKNOWN', `there is no key ${asked}`, {
        fix: near === null ? 'see crossline keys list' : `did you mean ${near}?`,
      })
    }
    const ids = new Set(meant.filter(key => key.revokedAt === null).map(({ id }) => id))
    const after = keys.map(key => (ids.has(key.id) ? { ...key, revokedAt } : key))
    revoked = after.filter(({ id }) => ids.has(id))
    return after
  })
  return revoked
}

export function standingOf(
  key: Pick<KeptKey, 'revokedAt' | 'expiresAt'>,
  nowMs: number,
): 'valid' | 'revoked' | 'expired' {
  if (key.revokedAt !== null) return 'revoked'
  return key.expiresAt !== null && Date.parse(key.expiresAt) <= nowMs ? 'expired' : 'valid'
}

const hourMs = 3_600_000
const spansMs: Readonly<Record<string, number>> = { h: hourMs, d: 24 * hourMs, w: 168 * hourMs }

/**
 * `90d`, `12h`, `2w` from now, or a day or an instant of a zone, as ISO 8601.
 * @throws Fault BAD_TIME, EXPIRED
 */
export function expiryOf(text: string, zone: string, nowMs: number): string {
  const span = /^(\d{1,6})([hdw])$/.exec(text)
  const where = '--expires'
  const ms =
    span === null ? microsOf(text, knownZone(zone), where) / 1000 : nowMs + Number(span[1]) * spansMs[span[2]!]!
  if (ms <= nowMs) throw new Fault('EXPIRED', `${text} is over already`, { where, fix: 'give a later time, or 90d' })
  return new Date(ms).toISOString()
}
