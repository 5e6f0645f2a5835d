import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Call, nobody } from '../core/meter/call.ts'
import { callForTest } from '../core/meter/call-for-test.ts'
import type { CallRecord, PriceOfCall, Settled } from '../core/meter/call-record.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import type { Charge, ChargeBatch } from '../core/meter/charge.ts'
import type { PriceCalls } from '../core/meter/load.ts'
import { fromPico } from '../core/meter/money.ts'
import type { Scrape, ScrapeBatch } from '../core/meter/scrape.ts'
import { noUsage, unknownUsage } from '../core/meter/usage.ts'
import { openDuckdb } from './duckdb.ts'
import type { Ledger, LedgerReads } from './ledger.ts'
import { openMemory } from './memory.ts'

const at = (text: string) => Date.parse(text) * 1000

const call = (id: string, over: Partial<Call> = {}): Call =>
  callForTest({
    id,
    atMicros: at('2026-03-02T10:00:00Z'),
    provider: 'openai',
    model: 'gpt-4o',
    usage: { ...noUsage, input: 100, output: 20 },
    ttftMs: 120.5,
    attribution: { feature: 'search' },
    price: { usd: fromPico(450_000_000n), pricedAs: 'gpt-4o', catalogVersion: 'v1' },
    ...over,
  })

const openedRecord = (key: string): CallRecord => openedForTest({ key, atMicros: at('2026-03-02T10:00:00Z') })
const settledRecord = (key: string): CallRecord =>
  settledForTest({
    key,
    endMicros: at('2026-03-02T10:00:02Z'),
    id: `resp-${key}`,
    usage: { ...noUsage, input: 100, output: 20 },
    known: true,
    stopReason: 'stop',
    rawUsage: { prompt_tokens: 100 },
    ttftMs: 200,
    latencyMs: 2000,
  })
const priceOf: PriceOfCall = ({ usage }) =>
  usage.input === null
    ? { usd: null, reason: 'usage unknown' }
    : { usd: fromPico(10_000_000n), pricedAs: 'gpt-4o', catalogVersion: 'v1' }

const folder = mkdtempSync(join(tmpdir(), 'crossline-contract-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** Every store is held to these claims. */
function contract(name: string, open: () => Promise<Ledger>): void {
  describe(name, () => {
    let ledger: Ledger
    beforeEach(async () => {
      ledger = await open()
      return () => ledger.close()
    })

    test('an empty ledger answers with nothing, not with zeros that look like knowledge', async () => {
      expect(await ledger.demand({}, 600)).toBeNull()
      const { rows, total } = await ledger.report({}, ['model'], 'UTC')
      expect(rows).toEqual([])
      expect(total.calls).toBe(0)
      expect(total.usage.input).toBeNull()
      expect((await ledger.columns({})).n).toBe(0)
      expect(await ledger.sources()).toEqual([])
    })

    test('reads of one state agree with each other, whatever is written between them', async () => {
      const calls = (from: number, n: number) =>
        Array.from({ length: n }, (_, i) =>
          callForTest({
            id: `still ${from + i}`,
            atMicros: at('2026-03-02T10:00:00Z') + (from + i) * 1e6,
            prefixBlocks: [BigInt(from + i)],
          }),
        )
      await ledger.append(calls(0, 30))
      const read = async (reads: LedgerReads, between: () => Promise<void>) => {
        const { total } = await reads.report({}, [], 'UTC')
        await between()
        const demand = await reads.demand({}, 60)
        const { n } = await reads.columns({})
        const groups = await reads.usageGroups({}, { windowSeconds: 60 })
        const blocks = await reads.prefixBlocks({}, between)
        return [total.calls, demand?.calls, n, groups.reduce((sum, group) => sum + group.calls, 0), blocks]
      }
      let next = 30
      const write = async () => {
        expect(await ledger.append(calls(next, 12))).toBe(12)
        await ledger.take([openedRecord(`k${next}`)], {}, priceOf)
        next += 12
      }
      expect(await ledger.still(reads => read(reads, write))).toEqual([30, 30, 30, 30, 30])
      expect((await ledger.report({}, [], 'UTC')).total.calls).toBe(next + (next - 30) / 12)
      // One that fails leaves nothing behind that would hold back the next.
      await expect(ledger.still(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
      await write()
      expect((await ledger.still(reads => read(reads, async () => {})))[0]).toBe(next + (next - 30) / 12)
    })

    test('law 5: a gateway’s records make each call once, in whatever order, batches and repeats they come', async () => {
      const keys = ['a', 'b', 'c', 'd']
      const arrivals = fc.shuffledSubarray([...keys.map(openedRecord), ...keys.slice(0, 3).map(settledRecord)], {
        minLength: 7,
        maxLength: 7,
      })
      await fc.assert(
        fc.asyncProperty(
          arrivals,
          fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }),
          async (records, repeats) => {
            const fresh = await open()
            try {
              const all = [...records, ...repeats.map(i => records[i]!)]
              const cut = all.length >> 1
              const told = [
                await fresh.take(all.slice(0, cut), { w1: { sequence: 1, offset: 10 } }, priceOf),
                await fresh.take(
                  all.slice(cut),
                  { w1: { sequence: 2, offset: 20 }, w2: { sequence: 1, offset: 5 } },
                  priceOf,
                ),
              ]
              expect(told.reduce((sum, one) => sum + one.opened, 0)).toBe(4)
              expect(told.reduce((sum, one) => sum + one.settled, 0)).toBe(3)
              const { rows, total } = await fresh.report({}, ['outcome', 'feature'], 'UTC')
              expect(rows.map(({ key, calls }) => [key.outcome, key.feature, calls])).toEqual([
                ['ok', 'search', 3],
                ['unsettled', 'search', 1],
              ])
              expect(total).toMatchObject({ calls: 4, unsettledCalls: 1, unknownUsageCalls: 1, unpricedCalls: 1 })
              expect([total.usage.input, total.usage.output, total.usd]).toEqual([300, 60, '0.000030000000'])
              expect(await fresh.reached()).toEqual({ w1: { sequence: 2, offset: 20 }, w2: { sequence: 1, offset: 5 } })
            } finally {
              await fresh.close()
            }
          },
        ),
        { numRuns: 12 },
      )
    })

    test('calls that were begun and never settled are told as they began, from a time on', async () => {
      const records = [
        openedForTest({ key: 'a', atMicros: 1000 }),
        openedForTest({ key: 'b', atMicros: 2000, reservedUsd: '0.100000000000' }),
        openedForTest({ key: 'c', atMicros: 3000 }),
        settledRecord('c'),
        settledRecord('d'),
      ]
      await ledger.take(records, {}, priceOf)
      expect(await ledger.unsettled(1001)).toEqual([records[1]])
      expect((await ledger.unsettled(0)).map(({ key }) => key).sort()).toEqual(['a', 'b'])
      await ledger.take([settledRecord('b')], {}, priceOf)
      expect(await ledger.unsettled(1001)).toEqual([])
    })

    test('what calls of unknown usage may have cost stands beside what is known, and so does what providers say', async () => {
      const byToken: PriceOfCall = ({ usage: { input, output } }) =>
        input === null || output === null
          ? { usd: null, reason: 'usage unknown' }
          : { usd: fromPico(BigInt(input + 10 * output) * 1_000_000n), pricedAs: 'gpt-4o', catalogVersion: 'v1' }
      const begun = (key: string, promptEstimate: number | null) => openedForTest({ key, promptEstimate })
      const cut = { outcome: 'unknown', complete: false } as const
      await ledger.take(
        [
          begun('hanging', 1000),
          begun('cut', 1000),
          settledForTest({ key: 'cut', ...cut, answerEstimate: 50 }),
          begun('half known', 1000),
          settledForTest({
            key: 'half known',
            ...cut,
            usage: { ...noUsage, input: 7, output: null },
            answerEstimate: 5,
          }),
          begun('a picture', null),
          settledForTest({ key: 'a picture', ...cut, answerEstimate: 5 }),
          begun('refused', 1000),
          settledForTest({ key: 'refused', status: 400, outcome: 'failed', answerEstimate: 5 }),
          begun('whole', 1000),
          { ...(settledRecord('whole') as Settled), reportedUsd: '0.0004' },
        ],
        {},
        byToken,
      )
      // 1000, 1000 + 10 × 50 and 7 + 10 × 5 tokens' worth, a millionth of a dollar each.
      const { rows, total } = await ledger.report({}, ['outcome'], 'UTC')
      expect(total).toMatchObject({
        calls: 6,
        unknownUsageCalls: 5,
        usd: '0.000300000000',
        estimateUsd: '0.002557000000',
        reported: { calls: 1, usd: '0.000400000000', differenceUsd: '0.000100000000' },
      })
      expect(rows.map(({ key, estimateUsd, reported }) => [key.outcome, estimateUsd, reported?.calls ?? null])).toEqual(
        [
          ['failed', null, null],
          ['ok', null, 1],
          ['unknown', '0.001557000000', null],
          ['unsettled', '0.001000000000', null],
        ],
      )
    })

    test('taking records away takes both kinds away, and they may come again', async () => {
      await ledger.take([openedRecord('a'), settledRecord('a')], {}, priceOf)
      expect(await ledger.undo('gateway')).toBe(1)
      expect((await ledger.report({}, [], 'UTC')).total.calls).toBe(0)
      expect(await ledger.take([openedRecord('a'), settledRecord('a')], {}, priceOf)).toEqual({ opened: 1, settled: 1 })
    })

    test('a call that a gateway metered and another source tells of is one call, whichever came first (law 5)', async () => {
      const records = [openedRecord('a'), settledRecord('a')]
      const told = [
        call('resp-a', { source: 'log', attribution: { ...nobody, feature: 'other', team: 'blue' } }),
        call('resp-a', { source: 'azure-log', provider: 'azure' }),
        call('resp-b', { source: 'log' }),
      ]
      const rows = async () =>
        (await ledger.report({}, ['source', 'feature', 'team'], 'UTC')).rows.map(({ key, calls, usd }) => [
          ...Object.values(key),
          calls,
          usd,
        ])
      expect(await ledger.append(told)).toBe(3)
      await ledger.take(records, {}, priceOf)
      const once = await rows()
      expect(once).toHaveLength(3)
      expect(once).toContainEqual(['gateway', 'search', 'blue', 1, '0.000010000000'])
      expect(await ledger.append(told)).toBe(0)
      expect(await rows()).toEqual(once)
      for (const source of ['gateway', 'log', 'azure-log']) await ledger.undo(source)
      await ledger.take(records, {}, priceOf)
      const before = await ledger.version()
      expect(await ledger.append(told)).toBe(2)
      expect(await ledger.version()).not.toBe(before)
      expect(await rows()).toEqual(once)
    })

    test('what a source alone told goes with it: usage and attribution of metered calls, and calls come back (law 5)', async () => {
      const records = [openedRecord('a'), { ...(settledRecord('a') as Settled), usage: unknownUsage, known: false }]
      const of = (source: string, team: string, over: Partial<Call> = {}) =>
        call('resp-a', { source, attribution: { ...nobody, team, task: source }, ...over })
      const rows = async () =>
        (await ledger.report({}, ['source', 'feature', 'team', 'task'], 'UTC')).rows.map(row => [
          ...Object.values(row.key),
          row.calls,
          row.usage.input,
          row.usd,
        ])
      const told = [of('log', 'blue', { usage: unknownUsage }), of('other', 'red')]
      await ledger.append(told)
      const apart = await rows()
      await ledger.take(records, {}, priceOf)
      expect(await rows()).toEqual([['gateway', 'search', 'blue', 'log', 1, 100, '0.000450000000']])
      await ledger.undo('gateway')
      expect(await rows()).toEqual(apart)
      await ledger.take(records, {}, priceOf)
      await ledger.undo('other')
      expect(await rows()).toEqual([['gateway', 'search', 'blue', 'log', 1, null, '0.000000000000']])
      await ledger.append([told[1]!])
      await ledger.undo('log')
      expect(await rows()).toEqual([['gateway', 'search', 'red', 'other', 1, 100, '0.000450000000']])
    })

    test('a call that comes again is left alone, in one batch or in two (law 5)', async () => {
      expect(await ledger.append([call('a'), call('a'), call('b')])).toBe(2)
      expect(await ledger.append([call('b', { model: 'other' }), call('c')])).toBe(1)
      expect(await ledger.append([call('a', { source: 'otlp' })])).toBe(1)
      expect((await ledger.report({}, [], 'UTC')).total.calls).toBe(4)
      expect((await ledger.report({ where: { model: 'other' } }, [], 'UTC')).total.calls).toBe(0)
    })

    test('a call told again is completed and attributed by it, and of two sellers with one id it is two calls (law 5)', async () => {
      const unknown = { ...noUsage, input: null, output: null }
      const price = { usd: fromPico(5n), pricedAs: 'x', catalogVersion: 'v' } as const
      const by = (kind: 'team' | 'feature', name: string) => ({ attribution: { ...nobody, [kind]: name } })
      await ledger.append([call('a', { usage: unknown, ...by('team', 'blue') }), call('b', by('feature', 'chat'))])
      const before = await ledger.version()
      const counted = call('a', { price, usage: { ...noUsage, input: 3, output: 4 }, ...by('feature', 'search') })
      expect(await ledger.append([counted, call('b', { ...by('team', 'red') }), counted])).toBe(0)
      expect(await ledger.version()).not.toBe(before)
      const { rows, total } = await ledger.report({}, ['feature', 'team'], 'UTC')
      expect(rows.map(({ key }) => [key.feature, key.team])).toEqual([
        ['chat', 'red'],
        ['search', 'blue'],
      ])
      expect(total).toMatchObject({ calls: 2, unknownUsageCalls: 0 })
      // What is known is not forgotten, and nothing changes where nothing is new.
      const known = await ledger.version()
      expect(await ledger.append([call('a', { usage: unknown }), counted])).toBe(0)
      expect(await ledger.version()).toBe(known)
      expect(await ledger.append([call('b', { provider: 'groq' }), call('b', { provider: 'Groq' })])).toBe(1)
    })

    test('money adds up to the last pico-dollar, and unknown stays apart from zero (law 4)', async () => {
      const unpriced = { usd: null, reason: 'no such model' } as const
      const usage = { ...noUsage, input: null, output: 7 }
      await ledger.append([
        call('a', { price: { usd: fromPico(1n), pricedAs: 'x', catalogVersion: 'v' } }),
        call('b', { price: { usd: fromPico(12_345_678_901_234_567_890n), pricedAs: 'x', catalogVersion: 'v' } }),
        call('c', { price: unpriced, usage, estimated: true }),
      ])
      const { total } = await ledger.report({}, [], 'UTC')
      expect(total.usd).toBe('12345678.901234567891')
      expect(total).toMatchObject({ calls: 3, unpricedCalls: 1, estimatedCalls: 1, unknownUsageCalls: 1 })
      expect(total.usage).toMatchObject({ input: 200, output: 47, cacheRead: 0 })
    })

    test('a kind that no call knows is null in a report', async () => {
      await ledger.append([call('a', { usage: { ...noUsage, reasoning: null } })])
      expect((await ledger.report({}, [], 'UTC')).total.usage).toMatchObject({ reasoning: null, cacheRead: 0 })
    })

    test('reports go by any dimension and tag, what is not attributed last', async () => {
      const attribution = { ...call('').attribution, feature: null, team: 'blue' }
      await ledger.append([call('a', { tags: { lang: 'de' } }), call('b', { attribution }), call('c')])
      const features = (await ledger.report({}, ['feature', 'team'], 'UTC')).rows
      expect(features.map(row => [row.key, row.calls])).toEqual([
        [{ feature: 'search', team: null }, 2],
        [{ feature: null, team: 'blue' }, 1],
      ])
      const tags = (await ledger.report({}, ['tag:lang'], 'UTC')).rows
      expect(tags.map(row => [row.key['tag:lang'], row.calls])).toEqual([
        ['de', 1],
        [null, 2],
      ])
      expect((await ledger.report({ where: { feature: null } }, [], 'UTC')).total.calls).toBe(1)
      expect((await ledger.report({ where: { 'tag:lang': 'de' } }, ['source', 'outcome'], 'UTC')).rows[0]?.key).toEqual(
        {
          source: 'gateway',
          outcome: 'ok',
        },
      )
    })

    test('a day belongs to the zone that is asked for, and the hour that comes twice is two hours', async () => {
      await ledger.append([
        call('a', { atMicros: at('2026-10-24T23:30:00Z') }),
        call('b', { atMicros: at('2026-10-25T00:30:00Z') }),
        call('c', { atMicros: at('2026-10-25T01:30:00Z') }),
      ])
      const days = async (unit: string, zone: string) => {
        const { rows } = await ledger.report({}, [unit], zone)
        return rows.map(row => [row.key[unit], row.calls])
      }
      expect(await days('day', 'UTC')).toEqual([
        ['2026-10-24', 1],
        ['2026-10-25', 2],
      ])
      expect(await days('day', 'Europe/Berlin')).toEqual([['2026-10-25', 3]])
      expect(await days('hour', 'Europe/Berlin')).toEqual([
        ['2026-10-25T01:00+02:00', 1],
        ['2026-10-25T02:00+02:00', 1],
        ['2026-10-25T02:00+01:00', 1],
      ])
      expect(await days('week', 'UTC')).toEqual([['2026-W43', 3]])
      expect(await days('month', 'Pacific/Auckland')).toEqual([['2026-10', 3]])
    })

    test('an unknown dimension or zone is refused with the nearest name', async () => {
      await expect(ledger.report({}, ['modle'], 'UTC')).rejects.toMatchObject({
        code: 'UNKNOWN_DIMENSION',
        fix: 'did you mean model?',
      })
      await expect(ledger.report({ where: { nope: 'x' } }, [], 'UTC')).rejects.toMatchObject({
        code: 'UNKNOWN_DIMENSION',
        where: '--where',
      })
      await expect(ledger.report({}, [], 'Mars/Olympus')).rejects.toMatchObject({ code: 'UNKNOWN_ZONE' })
    })

    test('demand keeps empty windows and adds up to the calls exactly', async () => {
      const first = at('2026-03-02T23:59:00Z')
      const usage = { ...noUsage, input: 100, cacheRead: 50, cacheWrite: 5, output: 20, reasoning: 10 }
      await ledger.append([
        call('a', { atMicros: first, usage }),
        call('b', { atMicros: first + 599_999_999, usage }),
        call('c', { atMicros: first + 1_800_000_000, usage, outcome: 'failed' }),
      ])
      const demand = await ledger.demand({}, 600)
      expect(demand).toMatchObject({
        calls: 3,
        tokens: { input: 465, output: 60 },
        failedCalls: 1,
        unknownUsageCalls: 0,
      })
      expect(demand?.windows).toEqual({ calls: [2, 0, 0, 1], input: [310, 0, 0, 155], output: [40, 0, 0, 20] })
      expect(demand).toMatchObject({ firstAtMicros: first, lastAtMicros: first + 1_800_000_000, hoursOfWeek: 2 })
      expect(demand?.usage).toMatchObject({ cacheRead: 150, reasoning: 30 })
    })

    test('law 4: half a count is in no sum that a bill or a fleet is made of, and the call is counted as unknown', async () => {
      const first = at('2026-03-02T00:00:00Z')
      await ledger.append([
        call('whole', { atMicros: first, usage: { ...noUsage, input: 100, cacheRead: 50, output: 20 } }),
        call('no answer', { atMicros: first + 1, usage: { ...noUsage, input: 7_000, cacheRead: 3, output: null } }),
        call('no prompt', { atMicros: first + 2, usage: { ...noUsage, input: null, output: 900 } }),
      ])
      expect(await ledger.demand({}, 600)).toMatchObject({
        calls: 3,
        unknownUsageCalls: 2,
        tokens: { input: 150, output: 20 },
        usage: { input: 100, cacheRead: 50, output: 20 },
        windows: { calls: [3], input: [150], output: [20] },
      })
      const groups = await ledger.usageGroups({}, { windowSeconds: 600 })
      const sum = (kind: 'input' | 'cacheRead' | 'output') =>
        groups.reduce((total, group) => total + (group.usage[kind] ?? 0), 0)
      expect([sum('input'), sum('cacheRead'), sum('output')]).toEqual([100, 50, 20])
      expect(groups.reduce((total, group) => total + group.unknownUsageCalls, 0)).toBe(2)
    })

    test('hours of the week are counted in UTC from Monday', async () => {
      const week = Array.from({ length: 24 * 8 }, (_, hour) =>
        call(`h${hour}`, { atMicros: at('2026-03-02T00:30:00Z') + hour * 3.6e9 }),
      )
      await ledger.append(week)
      expect((await ledger.demand({}, 600))?.hoursOfWeek).toBe(168)
    })

    test('columns come in time order, with -1 for what is unknown', async () => {
      await ledger.append([
        call('late', { atMicros: 2_000_000, usage: { ...noUsage, input: null, output: 5 } }),
        call('early', { atMicros: 1_000_001, usage: { ...noUsage, input: 1, cacheRead: 2, output: 3 } }),
      ])
      const { n, atMicros, inputTokens, outputTokens } = await ledger.columns({})
      expect([n, [...atMicros], [...inputTokens], [...outputTokens]]).toEqual([
        2,
        [1_000_001, 2_000_000],
        [3, -1],
        [3, 5],
      ])
      expect((await ledger.columns({ fromMicros: 2_000_000 })).n).toBe(1)
      expect((await ledger.columns({ toMicros: 2_000_000 })).n).toBe(1)
    })

    test('labels tell whose each call is, in the order of the columns', async () => {
      await ledger.append([
        call('c', { atMicros: 3, attribution: { ...nobody, feature: 'chat' } }),
        call('a', { atMicros: 1, attribution: { ...nobody, feature: 'chat' } }),
        call('b', { atMicros: 2, attribution: nobody, tags: { plan: 'free' } }),
      ])
      const told = async (dimension: string) => {
        const { labels, names } = await ledger.labels({}, dimension)
        return [...labels].map(label => names[label])
      }
      expect(await told('feature')).toEqual(['chat', null, 'chat'])
      expect(await told('tag:plan')).toEqual([null, 'free', null])
      expect((await ledger.labels({ fromMicros: 2 }, 'feature')).labels.length).toBe(2)
      await expect(ledger.labels({}, 'featur')).rejects.toThrow('unknown dimension')
    })

    test('a frame tells what each call is like, in time order, and refuses more than may be held', async () => {
      await ledger.append([
        call('b', { atMicros: 2, tags: { tools: 'true', run: 'r1' }, outcome: 'failed', requestHash: 77n }),
        call('a', {
          atMicros: 1,
          attribution: { ...nobody, feature: 'chat', task: 't1' },
          usage: { ...noUsage, input: 5, cacheRead: 7, output: 1 },
          prefixBlocks: [3n, -4n],
        }),
        call('c', {
          atMicros: 3,
          usage: { ...noUsage, input: null, output: null },
          requestHash: 77n,
          tags: { run: 'r1', option: 'o', purpose: 'judge' },
        }),
      ])
      const calls = await ledger.frame({}, 3)
      expect(
        calls.map(({ id, atMicros, feature, task, promptTokens, needs, outcome }) => [
          id,
          atMicros,
          feature,
          task,
          promptTokens,
          needs,
          outcome,
        ]),
      ).toEqual([
        ['a', 1, 'chat', 't1', 12, 0, 'ok'],
        ['b', 2, 'search', null, expect.any(Number), 4, 'failed'],
        ['c', 3, 'search', null, null, 0, 'ok'],
      ])
      expect(calls[0]!.sameAs).toMatch(/^p-4\//)
      expect([calls[1]!.sameAs, calls[2]!.sameAs]).toEqual(['r77', 'r77'])
      // A tag of one's own that is called the same makes no call a test's.
      expect(calls.map(({ run }) => run)).toEqual([null, null, 'r1'])
      expect((await ledger.frame({ trials: false }, 3)).map(({ id }) => id)).toEqual(['a', 'b'])
      expect((await ledger.report({ trials: true }, [], 'UTC')).total.calls).toBe(1)
      expect(await ledger.frame({ where: { feature: 'chat' } }, 3)).toHaveLength(1)
      await expect(ledger.frame({}, 2)).rejects.toThrow('more than 2 calls')
    })

    test('columns tell how long the first token and the whole answer took, NaN where nobody said', async () => {
      await ledger.append([
        call('a', { atMicros: 1_000_000, ttftMs: 120.5, latencyMs: 1500 }),
        call('b', { atMicros: 2_000_000, ttftMs: null, latencyMs: 0.25 }),
        call('c', { atMicros: 3_000_000, ttftMs: 0, latencyMs: null }),
      ])
      const { ttftMs, latencyMs } = await ledger.columns({})
      expect([...ttftMs]).toEqual([120.5, Number.NaN, 0])
      expect([...latencyMs]).toEqual([1500, 0.25, Number.NaN])
    })

    test('columns say what a call asks beside text: by its usage, and by tags where no count could', async () => {
      await ledger.append([
        call('1', { atMicros: 1 }),
        call('2', { atMicros: 2, usage: { ...noUsage, input: 5, inputImage: 7, output: 1 } }),
        call('3', { atMicros: 3, usage: { ...noUsage, input: 5, outputAudio: 7, output: 1 }, tags: { tools: 'true' } }),
        call('4', { atMicros: 4, tags: { json_schema: '1', tools: 'false' } }),
      ])
      expect([...(await ledger.columns({})).needs]).toEqual([0, 1, 2 + 4, 8])
    })

    test('prefix blocks come in the order of the columns, none where none are recorded', async () => {
      const many = Array.from({ length: 5000 }, (_, i) =>
        call(String(i), { atMicros: 10 + i, prefixBlocks: i % 3 === 0 ? null : [i, 7, -i].map(BigInt) }),
      )
      await ledger.append([...many].reverse())
      const seen: number[][] = []
      const some = await ledger.prefixBlocks({}, ({ n, offsets, blocks }) => {
        for (let k = 0; k < n; k++) seen.push([...blocks.subarray(offsets[k], offsets[k + 1])])
      })
      expect(seen).toEqual(many.map(({ prefixBlocks }) => prefixBlocks?.map(Number) ?? []))
      expect(some).toBe(many.filter(({ prefixBlocks }) => prefixBlocks !== null).length)
      expect(await ledger.prefixBlocks({ toMicros: 11 }, () => expect.unreachable())).toBe(0)
    })

    test('what a log lent to a call whose beginning was not there yet stays when it comes', async () => {
      const [opened, settled] = [openedRecord('a'), settledRecord('a')]
      const told = call('resp-a', {
        source: 'file:log',
        provider: null,
        attribution: { ...nobody, team: 'blue', feature: 'log' },
      })
      await ledger.take([settled], {}, priceOf)
      await ledger.append([told])
      await ledger.take([opened], {}, priceOf)
      const { rows } = await ledger.report({}, ['source', 'team', 'feature'], 'UTC')
      expect(rows.map(({ key, calls }) => [key.source, key.team, key.feature, calls])).toEqual([
        ['gateway', 'blue', 'search', 1],
      ])
    })

    test('blocks of 64 bits are told apart, and one block is one number wherever it comes', async () => {
      const ids = [
        0x7edc_ba98_7654_3210n,
        -0x7edc_ba98_7654_3210n,
        0x5a5a_1234_5678_9abcn,
        0x5a5a_1234_5678_9abdn,
        -1n,
        4n,
        2n ** 40n,
      ]
      await ledger.append([
        call('a', { atMicros: 1, prefixBlocks: ids }),
        call('b', { atMicros: 2, prefixBlocks: ids.toReversed() }),
      ])
      await ledger.prefixBlocks({}, ({ offsets, blocks }) => {
        const [a, b] = [0, 1].map(k => [...blocks.subarray(offsets[k], offsets[k + 1])])
        expect(b).toEqual(a!.toReversed())
        expect(new Set(a).size).toBe(ids.length)
        expect(a!.every(Number.isSafeInteger)).toBe(true)
        expect(a!.slice(-3)).toEqual([-1, 4, 2 ** 40])
      })
    })

    test('exact repeats are counted with what they cost; a failed call neither is one nor has one', async () => {
      const usd = (pico: bigint) => ({ price: { usd: fromPico(pico), pricedAs: 'm', catalogVersion: 'v' } })
      await ledger.append([
        call('b', { atMicros: 20, requestHash: 5n, ...usd(3n) }),
        call('a', { atMicros: 10, requestHash: 5n, ...usd(7n) }),
        call('c', { atMicros: 30, requestHash: 5n, price: { usd: null, reason: 'unknown' } }),
        call('d', { atMicros: 5, requestHash: 5n, outcome: 'failed', ...usd(90n) }),
        call('e', { atMicros: 40, requestHash: -5n, prefixBlocks: [1n, 2n], ...usd(11n) }),
        // Records that know the blocks alone: the same prompt to the same model.
        call('f', { atMicros: 50, prefixBlocks: [1n, 2n], ...usd(13n) }),
        call('g', { atMicros: 60, prefixBlocks: [1n, 2n], ...usd(17n) }),
        call('h', { atMicros: 70, prefixBlocks: [1n, 2n], model: 'other', ...usd(19n) }),
        call('i', { atMicros: 80, prefixBlocks: [1n, 2n, 3n], ...usd(23n) }),
        call('j', { atMicros: 90, ...usd(29n) }),
      ])
      expect(await ledger.repeats({})).toEqual({ known: 8, repeated: 3, usd: '0.000000000020' })
      expect(await ledger.repeats({ where: { model: 'other' } })).toEqual({
        known: 1,
        repeated: 0,
        usd: '0.000000000000',
      })
      expect(await ledger.repeats({ fromMicros: 1000 })).toEqual({ known: 0, repeated: 0, usd: '0.000000000000' })
    })

    test('calls are reported by the fingerprint of their system prompt', async () => {
      await ledger.append([call('a', { systemPrompt: 'f00d' }), call('b', { systemPrompt: 'f00d' }), call('c')])
      const { rows } = await ledger.report({}, ['systemPrompt'], 'UTC')
      expect(rows.map(({ key, calls }) => [key.systemPrompt, calls])).toEqual([
        ['f00d', 2],
        [null, 1],
      ])
      expect((await ledger.report({ where: { systemPrompt: 'f00d' } }, [], 'UTC')).total.calls).toBe(2)
    })

    test('usage groups part calls where rates change and lose none', async () => {
      const first = at('2026-03-02T10:00:00Z')
      const sized = (id: string, minute: number, input: number) =>
        call(id, { atMicros: first + minute * 6e7, usage: { ...noUsage, input, output: 1 } })
      await ledger.append([sized('a', 0, 199_999), sized('b', 1, 200_000), sized('c', 61, 5), sized('d', 2, 7)])
      const groups = await ledger.usageGroups({}, { windowSeconds: 600, promptFrom: [200_000], bucket: 'hour' })
      const seen = groups.map(g => [g.window, g.promptClass, g.bucketMicros, g.calls, g.usage.input, g.maxPrompt])
      expect(seen.sort((a, b) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]))).toEqual([
        [0, 0, first, 2, 200_006, 199_999],
        [0, 1, first, 1, 200_000, 200_000],
        [6, 0, first + 3.6e9, 1, 5, 5],
      ])
      const whole = await ledger.usageGroups({}, {})
      expect(whole.map(g => [g.window, g.bucketMicros, g.calls])).toEqual([[null, null, 4]])
    })

    test('a source is undone by its id or an unambiguous beginning of it, and nothing else goes', async () => {
      await ledger.append([call('a', { source: 'file:abcd1' }), call('b', { source: 'file:abcd2' }), call('c')])
      await expect(ledger.undo('abcd')).rejects.toMatchObject({ code: 'AMBIGUOUS_SOURCE' })
      await expect(ledger.undo('gatewy')).rejects.toMatchObject({
        code: 'UNKNOWN_SOURCE',
        fix: 'did you mean gateway?',
      })
      expect(await ledger.undo('abcd1')).toBe(1)
      expect((await ledger.sources()).map(s => [s.source, s.calls]).sort()).toEqual([
        ['file:abcd2', 1],
        ['gateway', 1],
      ])
      expect(await ledger.append([call('a', { source: 'file:abcd1' })])).toBe(1)
    })

    test('the sample can be asked for alone or left out', async () => {
      await ledger.append([call('a', { source: 'sample' }), call('b'), call('c')])
      expect((await ledger.report({ sample: true }, [], 'UTC')).total.calls).toBe(1)
      expect((await ledger.report({ sample: false }, [], 'UTC')).total.calls).toBe(2)
      expect((await ledger.sources()).map(s => [s.source, s.sample]).sort()).toEqual([
        ['gateway', false],
        ['sample', true],
      ])
    })

    test('a bill is kept once, line by line to the pico-dollar, asked for by period, and undone as a whole (law 5)', async () => {
      const day = at('2026-03-02T00:00:00Z')
      const line = (usd: bigint, days: number, over: Partial<Charge> = {}): Charge => ({
        provider: 'OpenAI',
        fromMicros: day + days * 8.64e10,
        toMicros: day + (days + 1) * 8.64e10,
        usd: fromPico(usd),
        category: 'usage',
        description: null,
        model: null,
        ...over,
      })
      const bill: ChargeBatch = {
        source: 'file:bill1',
        name: 'invoice.csv',
        format: 'invoice',
        sample: false,
        importedAtMicros: day,
        charges: [
          line(12_345_678_901_234_567_890n, 1),
          line(-1n, 0, { category: 'credit', description: 'thanks' }),
          line(1n, 1, { model: 'gpt-4o' }),
        ],
      }
      const before = await ledger.version()
      expect(await ledger.addCharges(bill)).toBe(true)
      expect(await ledger.version()).not.toBe(before)
      expect(await ledger.addCharges(bill)).toBe(false)
      await ledger.append([call('a')])
      const about = { source: 'file:bill1', name: 'invoice.csv', importedAtMicros: day }
      expect(await ledger.charges({})).toEqual([
        { ...about, ordinal: 2, ...bill.charges[1] },
        { ...about, ordinal: 1, ...bill.charges[0] },
        { ...about, ordinal: 3, ...bill.charges[2] },
      ])
      const ordinals = async (fromDays?: number, toDays?: number) => {
        const bound = (days: number | undefined) => (days === undefined ? {} : day + days * 8.64e10)
        const period = {
          ...(fromDays === undefined ? {} : { fromMicros: bound(fromDays) as number }),
          ...(toDays === undefined ? {} : { toMicros: bound(toDays) as number }),
        }
        return (await ledger.charges(period)).map(found => found.ordinal)
      }
      expect(await ordinals(1)).toEqual([1, 3])
      expect(await ordinals(undefined, 1)).toEqual([2])
      expect(await ordinals(0.5, 1.5)).toEqual([2, 1, 3])
      expect(
        (await ledger.sources()).map(row => [row.source, row.calls, row.billedLines, row.billedUsd]).sort(),
      ).toEqual([
        ['file:bill1', 0, 3, '12345678.901234567890'],
        ['gateway', 1, 0, '0.000000000000'],
      ])
      expect((await ledger.report({}, [], 'UTC')).total.calls).toBe(1)
      expect(await ledger.undo('invoice.csv')).toBe(3)
      expect(await ledger.charges({})).toEqual([])
    })

    test('what a server said of itself is kept once for each moment, whoever tells it again, and is no call (law 5)', async () => {
      const day = at('2026-03-02T00:00:00Z')
      const scrape = (seconds: number, over: Partial<Scrape> = {}): Scrape => ({
        server: 'gpu-1',
        engine: '0',
        model: 'm',
        atMicros: day + seconds * 1e6,
        startedMicros: day - 1,
        running: 2,
        waiting: 0,
        kvCacheShare: 0.25,
        promptTokens: 9_007_199_254_740_991,
        generationTokens: null,
        prefixQueriedTokens: null,
        prefixHitTokens: null,
        preemptions: 0,
        finishedRequests: 7,
        ttftSeconds: { atMost: [0.001, 0.25], counts: [1, 2, 3] },
        tpotSeconds: null,
        ...over,
      })
      const batch = (source: string, scrapes: readonly Scrape[]): ScrapeBatch => ({
        source,
        name: source,
        format: 'vllm-metrics',
        importedAtMicros: day,
        scrapes,
      })
      const before = await ledger.version()
      const [first, second, other, nameless] = [
        scrape(0),
        scrape(15),
        scrape(0, { engine: '1' }),
        scrape(0, { model: null }),
      ]
      expect(await ledger.addScrapes(batch('file:one', [second, first, first, other]))).toBe(3)
      expect(await ledger.version()).toBe(before)
      expect(await ledger.addScrapes(batch('file:two', [scrape(0, { running: 9 }), nameless]))).toBe(1)
      expect(await ledger.addScrapes(batch('file:three', [first, nameless]))).toBe(0)
      expect(await ledger.addScrapes(batch('file:two', [scrape(30)]))).toBe(1)
      expect(await ledger.scrapes({})).toEqual([first, second, scrape(30), nameless, other])
      expect(await ledger.scrapes({ fromMicros: day + 15e6, toMicros: day + 30e6 })).toEqual([second])
      expect((await ledger.sources()).map(row => [row.source, row.calls, row.scrapes]).sort()).toEqual([
        ['file:one', 0, 3],
        ['file:two', 0, 2],
      ])
      expect((await ledger.report({}, [], 'UTC')).total.calls).toBe(0)
      expect(await ledger.undo('file:one')).toBe(3)
      expect(await ledger.scrapes({})).toEqual([scrape(30), nameless])
    })

    test('the version moves with the calls and only with them', async () => {
      await ledger.append([call('a')])
      const before = await ledger.version()
      await ledger.append([call('a')])
      await ledger.report({}, ['model'], 'UTC')
      expect(await ledger.version()).toBe(before)
      await ledger.append([call('b')])
      expect(await ledger.version()).not.toBe(before)
    })

    test('history moves only by reprice, which says what changed (law 10)', async () => {
      const flat = (pico: bigint): PriceCalls => ({
        rates: () => [{ kind: 'each', fromMicros: 0, toMicros: Infinity, promptFrom: 0, promptTo: Infinity }],
        price: ({ model }) =>
          model === 'gpt-4o'
            ? { usd: fromPico(pico), pricedAs: 'gpt-4o', catalogVersion: 'v2' }
            : { usd: null, reason: `unknown model ${model}` },
      })
      await ledger.append([call('a'), call('b', { model: 'mystery', price: { usd: null, reason: 'unknown' } })])
      const total = async () => (await ledger.report({}, [], 'UTC')).total.usd
      const dry = await ledger.reprice({}, flat(7n), true)
      expect(dry).toMatchObject({
        dryRun: true,
        calls: 2,
        changed: 1,
        usdBefore: '0.000450000000',
        usdAfter: '0.000000000007',
      })
      expect(await total()).toBe('0.000450000000')
      const real = await ledger.reprice({}, flat(7n), false)
      expect({ ...real, dryRun: true }).toEqual(dry)
      expect(await total()).toBe('0.000000000007')
      expect(real.byModel).toEqual([
        {
          provider: 'openai',
          model: 'gpt-4o',
          calls: 1,
          changed: 1,
          usdBefore: '0.000450000000',
          usdAfter: '0.000000000007',
          unpricedBefore: 0,
          unpricedAfter: 0,
        },
        {
          provider: 'openai',
          model: 'mystery',
          calls: 1,
          changed: 0,
          usdBefore: null,
          usdAfter: null,
          unpricedBefore: 1,
          unpricedAfter: 1,
        },
      ])
      expect((await ledger.reprice({}, flat(7n), false)).changed).toBe(0)
    })
  })
}

contract('memory', async () => openMemory())
contract('duckdb', () => openDuckdb(join(folder, `${files++}.duckdb`)))

test('any order, batching and repetition of the same calls gives one ledger, in DuckDB as in memory (law 5)', async () => {
  const one = fc.record({
    source: fc.constantFrom('gateway', 'otlp'),
    id: fc.integer({ min: 0, max: 12 }),
    model: fc.constantFrom('gpt-4o', null),
  })
  // What a call says depends on its name alone, so that repetitions agree.
  const made = ({ source, id }: { source: string; id: number }): Call =>
    call(String(id), {
      source,
      model: id % 3 === 0 ? null : 'gpt-4o',
      atMicros: at('2026-03-02T10:00:00Z') + id * 7_000_001,
      usage: { ...noUsage, input: id * 11, output: id % 4 === 0 ? null : id },
    })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(one, { maxLength: 8 }), { maxLength: 4 }), fc.nat(), async (batches, turn) => {
      const forward = openMemory()
      const other = await openDuckdb(':memory:')
      const calls = batches.map(batch => batch.map(made))
      for (const batch of calls) await forward.append(batch)
      const shuffled = calls
        .flat()
        .sort((a, b) => ((Number(a.id) * 7919 + turn) % 13) - ((Number(b.id) * 7919 + turn) % 13))
      await other.append(shuffled)
      await other.append(shuffled.slice(0, 3))
      for (const by of [[], ['source', 'model']]) {
        expect(await other.report({}, by, 'UTC')).toEqual(await forward.report({}, by, 'UTC'))
      }
      expect(await other.demand({}, 60)).toEqual(await forward.demand({}, 60))
      await other.close()
    }),
    { numRuns: 12 },
  )
})
