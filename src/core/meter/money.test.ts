import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  add,
  decimal,
  decimalText,
  formatPico,
  formatUsd,
  fromPico,
  parseDecimal,
  parseUsd,
  roundHalfEven,
  timesDecimal,
} from './money.ts'

test('dollars print with twelve decimals, below zero too', () => {
  expect(formatUsd(fromPico(12_345_000_000n))).toBe('0.012345000000')
  expect(formatUsd(fromPico(-1n))).toBe('-0.000000000001')
  expect(formatUsd(fromPico(123_456_789_012_345_678_901_234n))).toBe('123456789012.345678901234')
})

test('what a provider writes in scientific notation is read exactly', () => {
  expect(parseUsd('8.775e-06')).toBe(8_775_000n)
  expect(parseUsd('1E3')).toBe(1_000_000_000_000_000n)
  expect(parseUsd('-0.5')).toBe(-500_000_000_000n)
})

test('finer than a pico-dollar is rounded half-even, as IEEE 754 rounds ties', () => {
  expect(parseUsd('0.0000000000005')).toBe(0n)
  expect(parseUsd('0.0000000000015')).toBe(2n)
  expect(parseUsd('0.0022500000000000003')).toBe(2_250_000_000n)
  expect(roundHalfEven(-5n, 2n)).toBe(-2n)
  expect(roundHalfEven(-7n, 2n)).toBe(-4n)
  expect(roundHalfEven(2500n, 9n)).toBe(278n)
})

test('text that is no amount is refused and not read as zero', () => {
  for (const text of ['', '$3', '1,5', 'NaN', '0x10', '1e', '--1']) {
    expect(() => parseUsd(text), text).toThrow('expected dollars')
  }
})

test('printing and reading money are inverse at any size', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      pico => parseUsd(formatUsd(fromPico(pico))) === pico,
    ),
  )
})

test('the fast printer of safe integers prints what the exact one prints', () => {
  const digits = (pico: number): string =>
    `${BigInt(pico) / 10n ** 12n}.${(BigInt(pico) % 10n ** 12n).toString().padStart(12, '0')}`
  for (const pico of [0, 1, 999_999_999_999, 1e12, 9_006_999_999_999_999, Number.MAX_SAFE_INTEGER]) {
    expect(formatPico(pico)).toBe(digits(pico))
  }
  fc.assert(fc.property(fc.maxSafeNat(), pico => formatPico(pico) === digits(pico)))
})

test('products of printed decimals are exact where floats are not', () => {
  expect(decimalText(timesDecimal(decimal('1.1'), decimal('1.1')))).toBe('1.21')
  expect(decimalText(timesDecimal(decimal('0.003625'), decimal('0.5')))).toBe('0.0018125')
  expect(parseDecimal('1e-7')).toEqual({ unscaled: 1n, scale: 7 })
})

test('sums never drift: a tenth, ten million times', () => {
  expect(add(fromPico(100_000_000_000n * 9_999_999n), parseUsd('0.1'))).toBe(parseUsd('1000000'))
})
