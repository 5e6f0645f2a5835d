import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashOf, isMeantAsKey, isWholeSecret, newSecret } from './key-secret.ts'

test('secrets are whole, differ, and hold letters and digits alone', () => {
  const secrets = Array.from({ length: 500 }, newSecret)
  expect(new Set(secrets).size).toBe(500)
  expect(secrets.every(secret => isWholeSecret(secret) && /^xl-[0-9A-Za-z]{46}$/.test(secret))).toBe(true)
  // 40 random letters of 62: 238 bits. Each letter comes about as often as any other (20,000 draws, 323 expected).
  const counts = new Map<string, number>()
  for (const letter of secrets.flatMap(secret => [...secret.slice(3, 43)])) {
    counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  expect(counts.size).toBe(62)
  expect(Math.min(...counts.values())).toBeGreaterThan(220)
  expect(Math.max(...counts.values())).toBeLessThan(430)
})

test('a slip of the hand is told: a letter changed, two swapped, some missing or added', () => {
  const letter = fc.constantFrom(...'0123456789ABCXYZabcxyz')
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 48 }),
      letter,
      fc.constantFrom('change', 'swap', 'cut', 'add'),
      (at, other, how) => {
        const secret = newSecret()
        const slipped = {
          change: secret.slice(0, at) + other + secret.slice(at + 1),
          swap: secret.slice(0, at) + (secret[at + 1] ?? '') + secret[at] + secret.slice(at + 2),
          cut: secret.slice(0, at),
          add: secret.slice(0, at) + other + secret.slice(at),
        }[how]
        fc.pre(slipped !== secret)
        expect(isWholeSecret(slipped)).toBe(false)
        expect(isMeantAsKey(slipped)).toBe(true)
      },
    ),
    { numRuns: 1000 },
  )
})

test('what is kept is SHA-256', () => {
  // FIPS 180-2, appendix B.1.
  expect(hashOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
