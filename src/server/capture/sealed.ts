// Content of calls in; sealed bytes out, and back: AES-256-GCM under a key of the day, which itself lies sealed beside. Without the day's key nobody reads the day.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Fault } from '../../core/fault/fault.ts'
import type { CaptureKey } from './capture-key.ts'

const nonceBytes = 12
const tagBytes = 16

/** nonce ‖ ciphertext ‖ tag. `context` is authenticated with it: the same bytes elsewhere do not open. */
export function seal(secret: Buffer, plain: Buffer, context: string): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', secret, nonce)
  cipher.setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws Fault CAPTURE_ALTERED where a bit of it, or its place, is not what was sealed */
export function unseal(secret: Buffer, sealed: Buffer, context: string): Buffer {
  try {
    if (sealed.length < nonceBytes + tagBytes) throw new Error('too short')
    const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, nonceBytes))
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()])
  } catch (thrown) {
    const fix = 'it was altered, cut, or moved from elsewhere: it is left out'
    throw new Fault('CAPTURE_ALTERED', 'a capture is not what was sealed', { where: context, fix }, { cause: thrown })
  }
}

const dayContext = (day: string): string => `crossline capture day ${day}`

/** A new key for a day, sealed, and for how many days it is kept: what lies on the disk. */
export function newDayKey(key: CaptureKey, day: string, keepDays: number): string {
  const sealed = seal(key.secret, randomBytes(32), dayContext(day))
  return `${JSON.stringify({ version: 1, keyId: key.id, keepDays, sealed: sealed.toString('base64') })}\n`
}

/** @throws Fault CAPTURE_KEY_MISSING where none of the keys sealed it, CAPTURE_ALTERED */
export function openDayKey(keys: readonly CaptureKey[], text: string, day: string): Buffer {
  const { keyId, sealed } = JSON.parse(text) as { keyId: string; sealed: string }
  const key = keys.find(({ id }) => id === keyId)
  if (key === undefined) {
    throw new Fault('CAPTURE_KEY_MISSING', `captures of ${day} are sealed with key ${keyId}, which is not here`, {
      where: day,
      fix: 'give it in CROSSLINE_CAPTURE_KEY, or in CROSSLINE_CAPTURE_KEYS_FORMER after a rotation',
    })
  }
  return unseal(key.secret, Buffer.from(sealed, 'base64'), dayContext(day))
}
