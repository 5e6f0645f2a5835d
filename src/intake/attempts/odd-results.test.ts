// Results that are not as they should be: whatever stands in them, what is good is read, and nothing but a Fault is thrown.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { loadPriceBook } from '../../catalog/price-book.ts'
import { Fault } from '../../core/fault/fault.ts'
import { collected } from './collected.ts'
import { pricedAttempts } from './priced.ts'
import { readResults } from './read-results.ts'
import type { ReadOptions } from './told.ts'

const folder = mkdtempSync(join(tmpdir(), 'odd-results-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fixture = (name: string): string => resolve(import.meta.dirname, '../../../test/fixtures/attempts', name)
const plain: ReadOptions = { option: null, scorer: null, passAt: 1, map: {} }
const book = loadPriceBook()

/** Reads a file as `tasks import` does; null = it was refused with a Fault. */
function readOf(name: string, text: string) {
  const path = join(folder, name)
  writeFileSync(path, text)
  try {
    const told = collected([readResults(path, null, plain)], null)
    return pricedAttempts(told.attempts, book, 1_764_000_000_000_000)
  } catch (thrown) {
    if (thrown instanceof Fault) return null
    throw thrown
  }
}

/** Every place in a document, as the keys that lead there. */
function placesIn(value: unknown, way: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...way]]
  return [[...way], ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...way, key]))]
}

function replaced(document: unknown, way: readonly string[], value: unknown): unknown {
  const copy = structuredClone(document) as Record<string, unknown>
  let at = copy
  for (const key of way.slice(0, -1)) at = at[key] as Record<string, unknown>
  const last = way.at(-1)
  if (last === undefined) return value
  at[last] = value
  return copy
}

const junk = fc.constantFrom<unknown>(null, [], {}, '', 'x', -1, 0, 1e300, 1.5, true, [null], { a: null }, '__proto__')

test.each([
  'promptfoo.json',
  'inspect-cancelled.json',
  'inspect-cached-inside.json',
  'hal-listed-calls.json',
  'hal-by-task.json',
  'swe-bench-preds.json',
  'swe-agent__test-repo-1.traj.json',
  'anthropic__claude-sonnet-4-20250514.run1.json',
  'per_instance_details.json',
])('%s with anything in the place of anything: read or refused, and no cost is below 0 or made of nothing (law 4)', name => {
  const document = JSON.parse(readFileSync(fixture(name), 'utf8')) as unknown
  const places = placesIn(document)
  fc.assert(
    fc.property(fc.nat(places.length - 1), junk, (at, value) => {
      const priced = readOf(name, JSON.stringify(replaced(document, places[at]!, value)))
      for (const { attempt, source } of priced ?? []) {
        expect(attempt.usd === null).toBe(source === 'unknown')
        if (attempt.usd !== null) expect(attempt.usd >= 0n).toBe(true)
        if (source === 'reported') expect(attempt.reportedUsd).not.toBeNull()
        expect(attempt.score === null || (attempt.score >= 0 && attempt.score <= 1)).toBe(true)
        expect(Number.isSafeInteger(attempt.attempt)).toBe(true)
      }
    }),
    { numRuns: 150 },
  )
})

test('words that every object has are no verdicts, no sellers and no fields', () => {
  const rows = ['constructor', '__proto__', 'toString'].map(word => `${word}/m,t-${word},${word}\n`).join('')
  const path = join(folder, 'words.csv')
  writeFileSync(path, `model,task,passed\n${rows}m,t,true\n`)
  const { results } = readResults(path, null, plain)
  expect(results.attempts.map(({ task, passed }) => [task, passed])).toEqual([['t', true]])
  expect(results.rejects).toHaveLength(3)
  expect(() => readResults(path, null, { ...plain, map: { constructor: 'model' } })).toThrow(/is no field/)
  const log = (value: string) => ({
    status: 'success',
    eval: { task: 't', model: 'constructor/m' },
    samples: [
      {
        id: 1,
        epoch: 1,
        scores: { s: { value } },
        model_usage: { 'constructor/m': { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
      },
    ],
  })
  for (const value of ['constructor', '__proto__']) {
    const [one] = readOf('log.json', JSON.stringify(log(value)))!
    expect(one).toMatchObject({ source: 'unknown', attempt: { passed: null, score: null, usd: null } })
  }
})

test('any text and any JSON is read or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.array(fc.json()).map(lines => lines.join('\n')),
      ),
      text => {
        readOf('any.json', text === '' ? ' ' : text)
      },
    ),
    { numRuns: 300 },
  )
})

test('a zip with anything in the place of a byte is read or refused', () => {
  const whole = readFileSync(fixture('inspect-zstd.eval'))
  fc.assert(
    // Most of them in the directory at its end, where everything hangs together.
    fc.property(
      fc.oneof(fc.nat(whole.length - 1), fc.integer({ min: whole.length - 1300, max: whole.length - 1 })),
      fc.nat(255),
      (at, byte) => {
        const changed = Buffer.from(whole)
        changed[at] = byte
        const path = join(folder, 'changed.eval')
        writeFileSync(path, changed)
        try {
          readResults(path, 'inspect', plain)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault)
        }
      },
    ),
    { numRuns: 300, examples: [[9243, 37]] },
  )
})
