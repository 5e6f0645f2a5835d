// Spans as conventions and libraries publish them, read one by one: test/fixtures/otlp/README.md
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { jsonRequest, type TestSpan } from '../../../test/otlp.ts'
import { formatUsd } from '../../core/meter/money.ts'
import { spansOfJson } from './json.ts'
import { callsOfSpans } from './read.ts'

interface Published extends TestSpan {
  readonly id: string
  readonly source: string
  readonly leftOut?: string
  readonly call?: {
    readonly usage?: Readonly<Record<string, number | null>>
    readonly attribution?: Readonly<Record<string, string | null>>
    readonly tags?: Readonly<Record<string, string>>
    readonly reportedUsd?: string
    readonly assumed?: boolean
  }
}

const published: readonly Published[] = readFileSync(
  new URL('../../../test/fixtures/otlp/published.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

test.each(
  published.filter(({ call }) => call !== undefined).map(one => [one.id, one] as const),
)('%s is the call that its source tells of', (_, { call: told, ...span }) => {
  const { calls, rejects, leftOut, assumed } = callsOfSpans(spansOfJson(jsonRequest([span])))
  expect([calls.length, rejects, leftOut]).toEqual([1, [], []])
  const { usage, attribution, tags, reportedUsd, assumed: isAssumed = false, ...rest } = told!
  const [call] = calls
  expect(call).toMatchObject(rest)
  expect(call!.usage).toMatchObject(usage ?? {})
  expect(call!.attribution).toMatchObject({ workload: 'search-api', ...attribution })
  expect(call!.tags).toMatchObject(tags ?? {})
  expect(assumed.length > 0).toBe(isAssumed)
  expect(call!.tags.assumed !== undefined).toBe(isAssumed)
  if (reportedUsd !== undefined) expect(formatUsd(call!.reportedUsd!)).toBe(reportedUsd)
  expect(call).toMatchObject({ atMicros: Date.parse('2026-11-20T10:00:00Z') * 1000, latencyMs: 1200 })
})

test.each(
  published.filter(({ leftOut }) => leftOut !== undefined).map(one => [one.id, one] as const),
)('%s is no call', (_, { leftOut: why, ...span }) => {
  const { calls, rejects, leftOut } = callsOfSpans(spansOfJson(jsonRequest([span])))
  expect([calls, rejects]).toEqual([[], []])
  expect(leftOut).toEqual([expect.stringContaining(why!)])
})

test('nothing of a prompt or an answer is in a call', () => {
  const texts = /joke|helpful bot|secret|23 times 87|hello world|sunny|Hello, world/
  const { calls } = callsOfSpans(spansOfJson(jsonRequest(published)))
  expect(published.filter(one => texts.test(JSON.stringify(one.attributes))).length).toBeGreaterThan(5)
  expect(JSON.stringify(calls, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toMatch(texts)
})
