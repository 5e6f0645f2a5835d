import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { formatUsd } from '../../core/meter/money.ts'
import { plainAttempt } from '../../intake/attempts/plain-row.ts'
import { amortizerOf } from './amortization.ts'
import type { AmortizationFlags } from './amortization-flags.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-amortization-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const answer = join(folder, 'answer.json')
const loaded = { inputUsdPerMtok: 2, outputUsdPerMtok: 10 }
const marginal = { inputUsdPerMtok: 0.5, outputUsdPerMtok: 2.5 }
writeFileSync(
  answer,
  JSON.stringify({
    options: [
      { name: 'oss on 2× h100', effectiveRates: { loaded, marginal } },
      { name: 'an API', effectiveRates: null },
    ],
  }),
)

const row = { option: 'oss', task: 't1', attempt: 1, passed: true, usd: null, seconds: 36 }
const usage = { input: 800, cacheRead: 200, output: 100 }

function usdOf(flags: AmortizationFlags, record: Record<string, unknown>): string | null {
  const attempt = plainAttempt(record)
  if (typeof attempt === 'string') throw new Error(attempt)
  const usd = amortizerOf(flags).priceOf(attempt, record)
  return usd === null ? null : formatUsd(usd)
}

test('a try on own GPUs costs its tokens at the rate of the fleet, loaded or marginal: 1,000 × $2 and 100 × $10 a million', () => {
  const fleet = { answer, fleet: { oss: 'oss on 2× h100' } }
  expect(usdOf(fleet, { ...row, usage })).toBe('0.003000000000')
  expect(usdOf({ ...fleet, atRate: 'marginal' }, { ...row, usage })).toBe('0.000750000000')
  // A table has the same in columns.
  expect(usdOf(fleet, { ...row, input: '800', cacheRead: '200', output: '100' })).toBe('0.003000000000')
})

test('or the time it took: 36 s at $2.50 an hour, shared by those done at once', () => {
  expect(usdOf({ usdPerHour: { oss: '2.5' } }, row)).toBe('0.025000000000')
  expect(usdOf({ usdPerHour: { oss: '2.5/8' } }, row)).toBe('0.003125000000')
})

test('law 4: what a try does not tell is unknown and never free, as is an option that nobody said anything of', () => {
  const fleet = { answer, fleet: { oss: 'oss on 2× h100' } }
  expect(usdOf(fleet, row)).toBeNull()
  expect(usdOf(fleet, { ...row, usage: { ...usage, output: null } })).toBeNull()
  expect(usdOf({ usdPerHour: { oss: '2.5' } }, { ...row, seconds: null })).toBeNull()
  expect(usdOf(fleet, { ...row, option: 'other', usage })).toBeNull()
})

test('a slip names the nearest', () => {
  expect(() => amortizerOf({ answer, fleet: { oss: 'oss on 2x h100' } })).toThrow(
    expect.objectContaining({ code: 'FLEET_UNKNOWN', fix: 'did you mean "oss on 2× h100"?' }),
  )
  expect(() => amortizerOf({ fleet: { oss: 'x' } })).toThrow(expect.objectContaining({ code: 'FLAGS_CONFLICT' }))
  expect(() => amortizerOf({ answer, fleet: { oss: 'an API' } })).toThrow(
    expect.objectContaining({ code: 'FLEET_UNKNOWN' }),
  )
  expect(() => amortizerOf({ usdPerHour: { oss: 'two' } })).toThrow(expect.objectContaining({ code: 'BAD_RATE' }))
})
