// Dice in, a key's secret out; and what may be said of a text that looks like one: whether it is whole, and its hash.
import { createHash, randomBytes } from 'node:crypto'

const prefix = 'xl-'
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 40 letters of 62: 238 random bits. */
const randomLength = 40
const checkLength = 6
const whole = new RegExp(`^${prefix}[0-9A-Za-z]{${randomLength + checkLength}}$`)

/** A new secret: letters and digits only, so that a double click takes all of it. */
export function newSecret(): string {
  let letters = ''
  while (letters.length < randomLength) {
    // Bytes past the last whole multiple of 62 would make some letters likelier than others.
    for (const byte of randomBytes(64)) if (byte < 248 && letters.length < randomLength) letters += alphabet[byte % 62]
  }
  return prefix + letters + checkOf(letters)
}

/** Letters that follow from the others: a slip of the hand is told from a key that nobody made. */
function checkOf(letters: string): string {
  let rest = createHash('sha256').update(`crossline key ${letters}`).digest().readUInt32BE(0)
  let check = ''
  for (let i = 0; i < checkLength; i++) {
    check += alphabet[rest % 62]
    rest = Math.floor(rest / 62)
  }
  return check
}

/** Whether a text was meant to be a secret of Crossline's, whole or not: it never goes to a provider then. */
export const isMeantAsKey = (text: string): boolean => text.startsWith(prefix)

/** Whether all of a secret is there, unchanged. */
export function isWholeSecret(text: string): boolean {
  if (!whole.test(text)) return false
  const letters = text.slice(prefix.length, prefix.length + randomLength)
  return text.endsWith(checkOf(letters))
}

/** What is kept of a secret. One of 238 random bits needs neither salt nor a slow hash: there is nothing to guess from. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')
