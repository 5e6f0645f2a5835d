// Sums of requests and tokens by stretch of time, as providers report them, in; single requests drawn from them, out.

import { many } from '../core/fault/many.ts'
import type { TextReading } from '../core/meter/load.ts'
import { formatUsd, type Money } from '../core/meter/money.ts'
import { type ArrivalProfile, drawArrivals, partOf } from '../core/statistics/arrival-profile.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import { stream } from '../core/statistics/random.ts'
import { type Aggregate, labels, type SummedKind, summedKinds } from './aggregate.ts'
import { areCutOtherwise, type NamedSum, type NewPart, newParts } from './grown-sums.ts'
import type { Drawing, ImportOptions, ProfileName } from './importer.ts'

/**
 * Tokens of a request where a report counts none: the mean of the Mooncake conversation trace (FAST 2025; 144,793,823
 * tokens in and 4,122,048 out of 12,031 requests).
 */
export const defaultTokensPerRequest = 12_378

const columns = ['at', 'id', ...labels, 'outcome', 'usd', ...summedKinds, 'cacheWrite'] as const

/**
 * Draws the requests of all sums. Count and tokens of each are kept exactly, kind by kind; each request has the mean
 * lengths of its sum; arrivals follow the profile. Ids name the sum and the place in it, so that overlapping reports
 * add each request once.
 */
export function drawingOf(
  aggregates: readonly Aggregate[],
  options: ImportOptions,
  profileOf: (name: ProfileName) => ArrivalProfile,
  notes: readonly string[],
): Drawing {
  const profile = profileOf(options.profile ?? 'diurnal')
  const seed = options.seed ?? 1
  const perRequest = options.tokensPerRequest ?? defaultTokensPerRequest
  const named = aggregates.map(one => ({ ...one, requests: one.requests || null, name: nameOf(one) }))
  const drawn = (parts: readonly NewPart[]) =>
    slotsOf(
      parts.map(({ sum, first }) => ({ ...sum, first, requests: sum.requests ?? countFrom(sum, perRequest) })),
      profile,
      seed,
    )
  const isGuessed = aggregates.some(one => !one.requests && tokensOf([one]) > 0)
  const column = (name: string, fallback: string | undefined): TextReading => ({
    column: name,
    fallback: fallback ?? null,
  })
  const part = (name: string) => ({ column: name, minus: [], required: true })
  return {
    variant: null,
    originMicros: 0,
    columns,
    slots: drawn(named.map(sum => ({ sum, first: 0 }))),
    sums: {
      fromMicros: named.reduce((least, one) => Math.min(least, one.fromMicros), Number.POSITIVE_INFINITY),
      toMicros: named.reduce((most, one) => Math.max(most, one.toMicros), Number.NEGATIVE_INFINITY),
      tokens: {
        input: tokensOf(named, ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'cacheWriteOther', 'inputAudio']),
        output: tokensOf(named, ['output', 'outputAudio']),
      },
      since: before => {
        const { parts, there } = newParts(named, before)
        const names = parts.map(({ sum }) => sum.name)
        return {
          slots: drawn(parts),
          there,
          isGrown: parts.some(({ first }) => first > 0),
          isAll: parts.length === 0 && there > 0,
          isCutOtherwise: areCutOtherwise(names, before.keys()),
        }
      },
    },
    estimated: true,
    reading: {
      id: 'id',
      text: {
        ...Object.fromEntries(labels.map(label => [label, column(label, options[label as 'model'])])),
      },
      counts: {
        input: part('input'),
        cacheRead: part('cacheRead'),
        cacheWrite: part('cacheWrite'),
        cacheWrite5m: part('cacheWrite5m'),
        cacheWrite1h: part('cacheWrite1h'),
        inputAudio: part('inputAudio'),
        output: part('output'),
        outputAudio: part('outputAudio'),
        searches: part('searches'),
      },
      none: ['cacheWrite30m', 'cacheWrite12h', 'inputImage', 'outputImage'],
      reportedUsd: 'usd',
      outcome: { kind: 'status', column: 'outcome' },
    },
    notes: [
      ...notes,
      `calls are estimated: drawn from ${many(aggregates.length, 'sum')}, whose counts and tokens they keep exactly; each request has the mean lengths of its sum`,
      `within a sum, requests arrive as the profile "${profile.name}" has it: ${profile.source} (--profile)`,
      ...(isGuessed
        ? [
            `the report does not count requests: ${perRequest.toLocaleString('en-US')} tokens are taken for one${options.tokensPerRequest === undefined ? ', the mean of the Mooncake conversation trace' : ''} (--tokens-per-request)`,
          ]
        : []),
    ],
  }
}

const tokenKinds = summedKinds.filter(kind => kind !== 'searches')

const tokensOf = (some: readonly Aggregate[], kinds: readonly SummedKind[] = tokenKinds): number =>
  some.reduce((total, { sums }) => kinds.reduce((sum, kind) => sum + (sums[kind] ?? 0), total), 0)

/** At least one request where there are tokens, and no more than leave each prompt as long as its class says. */
function countFrom(aggregate: Aggregate, tokensPerRequest: number): number {
  const tokens = tokensOf([aggregate])
  if (tokens === 0) return aggregate.sums.searches ? 1 : 0
  const size = Math.max(tokensPerRequest, (aggregate.leastPromptTokens ?? 0) * 1.25)
  return Math.max(1, Math.round(tokens / size))
}

type Sized = NamedSum & { readonly requests: number; readonly first: number }

/** One slot for each stretch of time, all sums of it together and in time order. */
function* slotsOf(aggregates: readonly Sized[], profile: ArrivalProfile, seed: number) {
  const ordered = [...aggregates].sort((a, b) => a.fromMicros - b.fromMicros || a.toMicros - b.toMicros)
  const stretches = groupedBy(ordered, ({ fromMicros, toMicros }) => `${fromMicros}/${toMicros}`)
  for (const members of stretches.values()) {
    const seen = new Map<string, number>()
    const drawn: { at: number; line: string }[] = []
    for (const one of members) {
      // Sums that a report splits by something that it does not name stay apart.
      const turn = seen.get(one.name) ?? 0
      seen.set(one.name, turn + 1)
      drawn.push(...requestsOf(one, turn === 0 ? one.name : `${one.name}~${turn}`, profile, seed))
    }
    drawn.sort((a, b) => a.at - b.at)
    yield { n: drawn.length, lines: drawn.map(({ line }) => line).join('') }
  }
}

const nameOf = ({ fromMicros, toMicros, text }: Aggregate): string =>
  [fromMicros / 1e6, toMicros / 1e6, ...labels.map(label => text[label] ?? '')].join('/')

function requestsOf(one: Sized, id: string, profile: ArrivalProfile, seed: number): { at: number; line: string }[] {
  const { requests, failed, sums, text, usd, first } = one
  // Tokens belong to some request that did not fail, whatever the report says of their number.
  const served = Math.max(tokensOf([one]) > 0 ? 1 : 0, requests - Math.min(failed, requests))
  const times = drawArrivals(
    profile,
    one.fromMicros / 1e6,
    one.toMicros / 1e6,
    requests,
    stream(seed, first === 0 ? id : `${id}+${first}`),
  )
  const middle = labels.map(label => quoted(text[label] ?? '')).join(',')
  // Failures fall evenly among the requests, as far as whole numbers allow.
  const failsAt = (k: number) => partOf(requests - served, requests, k) > 0
  let ok = 0
  return Array.from(times, (second, k) => {
    const at = Math.min(Math.floor(second * 1e6), one.toMicros - 1)
    const hasFailed = failsAt(k)
    const part = (kind: SummedKind) => (hasFailed ? 0 : partOf(sums[kind] ?? 0, served, ok))
    const counts = summedKinds.map(part)
    const writes = part('cacheWrite5m') + part('cacheWrite1h') + part('cacheWriteOther')
    const money = usd === null ? '' : formatUsd(hasFailed ? (0n as Money) : moneyPart(usd, served, ok))
    if (!hasFailed) ok++
    const line = `${at},${quoted(`${id}#${first + k}`)},${middle},${hasFailed ? 'failed' : 'ok'},${money},${counts.join(',')},${writes}\n`
    return { at, line }
  })
}

function moneyPart(usd: Money, n: number, k: number): Money {
  const [sum, of, at] = [usd as bigint, BigInt(n), BigInt(k)]
  return (((at + 1n) * sum) / of - (at * sum) / of) as Money
}

const quoted = (text: string): string =>
  /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""').replace(/[\r\n]/g, ' ')}"` : text
