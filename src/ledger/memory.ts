// The ledger as a list of calls in memory: the plainest thing that keeps the contract, and what other stores are held against.
import type { Call } from '../core/meter/call.ts'
import {
  type CallRecords,
  callOfRecords,
  gatewaySource,
  isMetered,
  joinedBatch,
  type SpoolPosition,
} from '../core/meter/call-record.ts'
import type { ChargeBatch } from '../core/meter/charge.ts'
import { needsOf } from '../core/meter/needs.ts'
import type { Scrape, ScrapeBatch } from '../core/meter/scrape.ts'
import { eachOnce, meteredAgain } from '../core/meter/told-again.ts'
import { toldAnswerTokens, toldPromptTokens, type UsageKind, usageKinds } from '../core/meter/usage.ts'
import { isCalendarUnit, knownZone, localPeriod } from './calendar.ts'
import type { FramedCall, Ledger, ReportRow, Slice, SourceRow, UsageGroup } from './ledger.ts'
import {
  type Beside,
  beside,
  byKey,
  checkDimension,
  checkSlice,
  findSource,
  labelBook,
  totalOf,
  usdText,
  withinFrame,
} from './question.ts'

const isSample = (source: string): boolean => source === 'sample' || source.startsWith('sample:')
const promptOf = (call: Call) => toldPromptTokens(call.usage)
const answerOf = (call: Call) => toldAnswerTokens(call.usage)
const unknown = (call: Call) => call.usage.input === null || call.usage.output === null

function dimensionOf(call: Call, dimension: string, zone: string): string | null {
  if (dimension.startsWith('tag:')) return call.tags[dimension.slice(4)] ?? null
  if (isCalendarUnit(dimension)) return localPeriod(dimension, call.atMicros, zone)
  if (dimension in call.attribution) return call.attribution[dimension as keyof Call['attribution']]
  if (dimension === 'systemPrompt') return call.systemPrompt ?? null
  return call[dimension as 'provider' | 'model' | 'tier' | 'region' | 'speed' | 'outcome' | 'source']
}

function framed(call: Call): FramedCall {
  const { source, id, atMicros, provider, model, attribution, outcome, price } = call
  const promptTokens = call.usage.input === null ? null : promptOf(call)
  const last = call.prefixBlocks?.at(-1)
  return {
    source,
    id,
    atMicros,
    provider,
    model,
    workload: attribution.workload,
    feature: attribution.feature,
    task: attribution.task,
    promptTokens,
    needs: needsOf(call),
    outcome,
    usd: price.usd === null ? null : usdText(price.usd),
    sameAs:
      call.requestHash != null
        ? `r${call.requestHash}`
        : last === undefined || promptTokens === null
          ? null
          : `p${last}/${model ?? ''}/${promptTokens}`,
    run: trialOf(call),
  }
}

function besideOf(calls: readonly Call[]): Beside {
  const estimates = calls.flatMap(call => call.estimateUsd ?? [])
  const both = calls.filter(call => call.reportedUsd !== null && call.price.usd !== null)
  return {
    estimate: estimates.length === 0 ? null : estimates.reduce((a, b) => a + b, 0n),
    reportedCalls: both.length,
    reported: both.reduce((sum, call) => sum + call.reportedUsd!, 0n),
    priced: both.reduce((sum, call) => sum + call.price.usd!, 0n),
  }
}

function usageSum(calls: readonly Call[]): Record<UsageKind, number | null> {
  const usage = {} as Record<UsageKind, number | null>
  for (const kind of usageKinds) {
    const known = calls.map(call => call.usage[kind]).filter(n => n !== null)
    usage[kind] = known.length ? known.reduce((a, b) => a + b, 0) : null
  }
  return usage
}

function grouped<K>(calls: readonly Call[], keyOf: (call: Call) => K): { key: K; calls: Call[] }[] {
  const groups = new Map<string, { key: K; calls: Call[] }>()
  for (const call of calls) {
    const key = keyOf(call)
    const text = JSON.stringify(key)
    const group = groups.get(text)
    if (group) group.calls.push(call)
    else groups.set(text, { key, calls: [call] })
  }
  return [...groups.values()]
}

interface State {
  readonly calls: readonly Call[]
  readonly bills: readonly ChargeBatch[]
  readonly scraped: readonly ScrapeBatch[]
}

/** The run of tasks that a call was made for: its three tags stand together on no other. Null = none. */
const trialOf = ({ tags }: Call): string | null =>
  tags.option === undefined || tags.purpose === undefined ? null : (tags.run ?? null)

/** A ledger that is gone when the process ends. */
export function openMemory(state: State = { calls: [], bills: [], scraped: [] }): Ledger {
  /** What was told of calls, in that order, and the calls that gateways metered, by key: `calls` follows from the two. */
  let tellings = [...state.calls]
  let calls = [...state.calls]
  const ownCalls = new Map<string, Call>()
  let bills = [...state.bills]
  let scraped = [...state.scraped]
  const metered = new Map<string, CallRecords>()
  const positions: Record<string, SpoolPosition> = {}
  let revision = 0
  const id = Math.floor(Math.random() * 2 ** 48).toString(36)
  const within = (slice: Slice): Call[] => {
    checkSlice(slice)
    const { fromMicros = -Infinity, toMicros = Infinity, where = {}, sample, trials } = slice
    return calls.filter(
      call =>
        call.atMicros >= fromMicros &&
        call.atMicros < toMicros &&
        (sample === undefined || isSample(call.source) === sample) &&
        (trials === undefined || (trialOf(call) !== null) === trials) &&
        Object.entries(where).every(([dimension, wanted]) => {
          const value = dimensionOf(call, dimension, 'UTC')
          return Array.isArray(wanted) ? wanted.includes(value) : value === wanted
        }),
    )
  }
  /** Each call once: one that a gateway metered is the gateway's, and what others tell of it adds to that. */
  const callsOfTellings = (): Call[] => {
    const own = new Map(ownCalls)
    const responses = new Map([...metered].map(([key, records]) => [records.settled?.id ?? null, { key, records }]))
    const others = tellings.filter(call => {
      const found = call.source === gatewaySource ? undefined : responses.get(call.id)
      if (found === undefined || !isMetered(found.records, call)) return true
      own.set(found.key, meteredAgain(own.get(found.key)!, call))
      return false
    })
    return [...eachOnce(others).calls, ...own.values()]
  }
  /** Whether the calls changed. */
  const tellAll = (): boolean => {
    const before = new Map(calls.map(call => [JSON.stringify([call.source, call.id, call.provider]), call]))
    calls = callsOfTellings()
    const isKnown = (call: Call) => {
      const known = before.get(JSON.stringify([call.source, call.id, call.provider]))
      const isSame = JSON.stringify(known?.attribution) === JSON.stringify(call.attribution)
      return known !== undefined && isSame && unknown(known) === unknown(call)
    }
    return calls.length !== before.size || !calls.every(isKnown)
  }
  const inTime = (slice: Slice) => within(slice).sort((a, b) => a.atMicros - b.atMicros || (a.id < b.id ? -1 : 1))
  const sources = (): SourceRow[] =>
    grouped([...tellings, ...ownCalls.values()], call => call.source)
      .map(({ key: source, calls: own }) => ({
        source,
        name: source,
        format: 'calls',
        calls: calls.filter(call => call.source === source).length,
        billedLines: 0,
        billedUsd: usdText(0n),
        scrapes: 0,
        importedAtMicros: own.reduce((at, call) => Math.min(at, call.atMicros), Infinity),
        sample: isSample(source),
      }))
      .concat(
        bills.map(({ charges, ...bill }) => ({
          ...bill,
          calls: 0,
          billedLines: charges.length,
          billedUsd: usdText(charges.reduce((sum, { usd }) => sum + usd, 0n)),
          scrapes: 0,
        })),
        scraped.map(({ scrapes, ...batch }) => ({
          ...batch,
          sample: false,
          calls: 0,
          billedLines: 0,
          billedUsd: usdText(0n),
          scrapes: scrapes.length,
        })),
      )
      .sort((a, b) => a.importedAtMicros - b.importedAtMicros)

  return {
    still: async read => read(openMemory({ calls, bills, scraped })),
    append: async added => {
      const before = calls.length
      // A telling is known by its usage from here on, see `reprice`.
      tellings.push(...added.map(call => ({ ...call, usage: { ...call.usage } })))
      if (tellAll()) revision++
      return calls.length - before
    },
    take: async (records, reached, priceOf) => {
      const { changed, opened, settled } = joinedBatch(metered, records)
      for (const [key, call] of changed) {
        metered.set(key, call)
        const own = callOfRecords(key, call, priceOf)
        ownCalls.set(key, { ...own, usage: { ...own.usage } })
      }
      Object.assign(positions, reached)
      if (changed.length > 0) {
        tellAll()
        revision++
      }
      return { opened, settled }
    },
    unsettled: async fromMicros =>
      [...metered.values()].flatMap(({ opened, settled }) =>
        opened !== null && settled === null && opened.atMicros >= fromMicros ? [opened] : [],
      ),
    reached: async () => ({ ...positions }),
    report: async (slice, by, zone) => {
      for (const dimension of by) checkDimension(dimension)
      const zoneName = knownZone(zone)
      const rows = grouped(within(slice), call => by.map(dimension => dimensionOf(call, dimension, zoneName))).map(
        group => {
          const pico = group.calls.reduce((sum, call) => sum + (call.price.usd ?? 0n), 0n)
          return {
            key: Object.fromEntries(by.map((dimension, i) => [dimension, group.key[i] ?? null])),
            calls: group.calls.length,
            usage: usageSum(group.calls),
            usd: usdText(pico),
            unpricedCalls: group.calls.filter(call => call.price.usd === null).length,
            estimatedCalls: group.calls.filter(call => call.estimated).length,
            unknownUsageCalls: group.calls.filter(unknown).length,
            unsettledCalls: group.calls.filter(call => call.outcome === 'unsettled').length,
            pico,
            beside: besideOf(group.calls),
          }
        },
      )
      const plain: ReportRow[] = rows.map(({ pico: _, beside: sums, ...row }) => ({ ...row, ...beside(sums) }))
      return { rows: plain.sort((a, b) => byKey(a.key, b.key, by)), total: totalOf(rows) }
    },
    demand: async (slice, windowSeconds) => {
      const own = inTime(slice)
      if (own.length === 0) return null
      const firstAtMicros = own[0]!.atMicros
      const lastAtMicros = own.at(-1)!.atMicros
      const windowOf = (call: Call) => Math.floor((call.atMicros - firstAtMicros) / (windowSeconds * 1e6))
      const empty = () => new Array<number>(windowOf(own.at(-1)!) + 1).fill(0)
      const windows = { calls: empty(), input: empty(), output: empty() }
      for (const call of own) {
        windows.calls[windowOf(call)]! += 1
        if (unknown(call)) continue
        windows.input[windowOf(call)]! += promptOf(call)
        windows.output[windowOf(call)]! += answerOf(call)
      }
      const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
      const usage = Object.entries(usageSum(own.filter(call => !unknown(call)))).map(([kind, n]) => [kind, n ?? 0])
      return {
        calls: own.length,
        tokens: { input: total(windows.input), output: total(windows.output) },
        usage: Object.fromEntries(usage) as Record<UsageKind, number>,
        unknownUsageCalls: own.filter(unknown).length,
        failedCalls: own.filter(call => call.outcome === 'failed').length,
        firstAtMicros,
        lastAtMicros,
        windowSeconds,
        windows,
        hoursOfWeek: new Set(own.map(call => (Math.floor(call.atMicros / 3.6e9) + 72) % 168)).size,
      }
    },
    columns: async slice => {
      const own = inTime(slice)
      return {
        n: own.length,
        atMicros: Float64Array.from(own, call => call.atMicros),
        inputTokens: Int32Array.from(own, call => (call.usage.input === null ? -1 : promptOf(call))),
        outputTokens: Int32Array.from(own, call => (call.usage.output === null ? -1 : answerOf(call))),
        needs: Uint8Array.from(own, needsOf),
        ttftMs: Float32Array.from(own, call => call.ttftMs ?? NaN),
        latencyMs: Float32Array.from(own, call => call.latencyMs ?? NaN),
      }
    },
    frame: async (slice, most) =>
      withinFrame(
        inTime(slice)
          .map(call => framed(call))
          .sort((a, b) => a.atMicros - b.atMicros || byKey({ ...a }, { ...b }, ['source', 'id'])),
        most,
      ),
    labels: async (slice, dimension) => {
      checkDimension(dimension)
      const book = labelBook()
      for (const call of inTime(slice)) book.add(dimensionOf(call, dimension, 'UTC'))
      return book.whole()
    },
    prefixBlocks: async (slice, take) => {
      const lists = inTime(slice).map(call => call.prefixBlocks ?? [])
      const some = lists.filter(blocks => blocks.length > 0).length
      for (let from = 0; some > 0 && from < lists.length; from += 1000) {
        const piece = lists.slice(from, from + 1000)
        const offsets = new Int32Array(piece.length + 1)
        piece.forEach((blocks, k) => {
          offsets[k + 1] = offsets[k]! + blocks.length
        })
        await take({
          n: piece.length,
          offsets,
          blocks: Float64Array.from(piece.flat(), id => Number(BigInt.asIntN(53, id))),
        })
      }
      return some
    },
    repeats: async slice => {
      const known = inTime(slice).filter(
        ({ outcome, requestHash, prefixBlocks }) =>
          (outcome === 'ok' || outcome === 'unknown') && (requestHash != null || (prefixBlocks?.length ?? 0) > 0),
      )
      const likes = grouped(known, ({ requestHash, model, prefixBlocks }) =>
        requestHash != null ? [String(requestHash)] : [model, ...prefixBlocks!.map(String)],
      )
      const again = likes.flatMap(({ calls: [_, ...repeated] }) => repeated)
      const usd = again.reduce((sum, call) => sum + (call.price.usd ?? 0n), 0n)
      return { known: known.length, repeated: again.length, usd: usdText(usd) }
    },
    usageGroups: async (slice, { windowSeconds, promptFrom = [], bucket }) => {
      const own = inTime(slice)
      const first = own[0]?.atMicros ?? 0
      const bucketMicros = bucket === 'hour' ? 3.6e9 : 8.64e10
      return grouped(own, call => ({
        window: windowSeconds ? Math.floor((call.atMicros - first) / (windowSeconds * 1e6)) : null,
        promptClass: promptFrom.filter(size => promptOf(call) >= size).length,
        bucketMicros: bucket ? Math.floor(call.atMicros / bucketMicros) * bucketMicros : null,
        provider: call.provider,
        model: call.model,
        tier: call.tier,
        region: call.region,
        speed: call.speed,
        outcome: call.outcome,
      })).map(
        ({ key, calls: members }): UsageGroup => ({
          ...key,
          calls: members.length,
          unknownUsageCalls: members.filter(unknown).length,
          maxPrompt: members.reduce((most, call) => Math.max(most, promptOf(call)), 0),
          maxOutput: members.reduce((most, call) => Math.max(most, answerOf(call)), 0),
          usage: usageSum(members.filter(call => !unknown(call))),
          usd: usdText(members.reduce((sum, call) => sum + (call.price.usd ?? 0n), 0n)),
        }),
      )
    },
    sources: async () => sources(),
    shapes: async () => [],
    addCharges: async bill => {
      if (sources().some(row => row.source === bill.source)) return false
      bills.push(bill)
      revision++
      return true
    },
    charges: async ({ fromMicros = -Infinity, toMicros = Infinity }) =>
      bills
        .flatMap(({ source, name, importedAtMicros, charges }) =>
          charges.map((charge, i) => ({ ...charge, source, ordinal: i + 1, name, importedAtMicros })),
        )
        .filter(line => line.toMicros > fromMicros && line.fromMicros < toMicros)
        .sort((a, b) => a.fromMicros - b.fromMicros || byKey({ ...a }, { ...b }, ['source']) || a.ordinal - b.ordinal),
    addScrapes: async batch => {
      const keyOf = ({ server, engine, model, atMicros }: Scrape) => JSON.stringify([server, engine, model, atMicros])
      const known = new Set(scraped.flatMap(one => one.scrapes).map(keyOf))
      const fresh = batch.scrapes.filter(scrape => !known.has(keyOf(scrape)) && known.add(keyOf(scrape)))
      if (fresh.length === 0) return 0
      const own = scraped.find(one => one.source === batch.source)
      scraped = scraped.filter(one => one !== own)
      scraped.push({ ...(own ?? batch), scrapes: [...(own?.scrapes ?? []), ...fresh] })
      return fresh.length
    },
    scrapes: async ({ fromMicros = -Infinity, toMicros = Infinity }) =>
      scraped
        .flatMap(one => one.scrapes)
        .filter(({ atMicros }) => atMicros >= fromMicros && atMicros < toMicros)
        .sort((a, b) => byKey({ ...a }, { ...b }, ['server', 'engine', 'model']) || a.atMicros - b.atMicros),
    undo: async asked => {
      const { source, billedLines, scrapes } = findSource(asked, sources())
      const own = calls.filter(call => call.source === source).length
      tellings = tellings.filter(call => call.source !== source)
      bills = bills.filter(bill => bill.source !== source)
      scraped = scraped.filter(batch => batch.source !== source)
      if (source === gatewaySource) for (const known of [metered, ownCalls]) known.clear()
      tellAll()
      revision++
      return own + billedLines + scrapes
    },
    reprice: async (slice, prices, dryRun) => {
      const chosen = new Set(within(slice))
      const after = new Map([...chosen].map(call => [call, { ...call, price: prices.price(call) }]))
      const usd = (some: readonly Call[]) =>
        some.every(call => call.price.usd === null)
          ? null
          : usdText(some.reduce((sum, call) => sum + (call.price.usd ?? 0n), 0n))
      const account = (own: readonly Call[]) => {
        const now = own.map(call => after.get(call)!)
        return {
          calls: own.length,
          changed: own.filter((call, i) => call.price.usd !== now[i]!.price.usd).length,
          usdBefore: usd(own),
          usdAfter: usd(now),
          unpricedBefore: own.filter(call => call.price.usd === null).length,
          unpricedAfter: now.filter(call => call.price.usd === null).length,
        }
      }
      const byModel = grouped([...chosen], ({ provider, model }) => ({ provider, model }))
        .map(({ key, calls: own }) => ({ ...key, ...account(own) }))
        .sort((a, b) => byKey(a, b, ['provider', 'model']))
      if (!dryRun) {
        const prices = new Map([...after.values()].map(({ usage, price }) => [usage, price]))
        const repriced = (call: Call) => ({ ...call, price: prices.get(call.usage) ?? call.price })
        tellings = tellings.map(repriced)
        for (const [key, call] of ownCalls) ownCalls.set(key, repriced(call))
        tellAll()
        revision++
      }
      const { unpricedBefore: _, unpricedAfter: __, ...total } = account([...chosen])
      return { dryRun, ...total, byModel }
    },
    version: async () => `${id}-${revision}`,
    close: async () => {
      tellings = []
      calls = []
      bills = []
      scraped = []
    },
  }
}
