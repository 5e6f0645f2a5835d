// Leases and a ledger in; all that is known of what own GPUs saved, before it is judged, out.

import type { Assumption } from '../core/decide/evidence.ts'
import type { LocalDay, MeasuredBusy, OwnLease, SavingsEvidence, ServedCalls } from '../core/decide/savings-evidence.ts'
import { utilizationOf } from '../core/decide/utilization.ts'
import { Fault } from '../core/fault/fault.ts'
import { instantText } from '../core/meter/calendar.ts'
import { isOwnServer } from '../core/meter/own-servers.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { providerId } from '../core/meter/seller.ts'
import { toldAnswerTokens, toldPromptTokens, type UsageKind, usageKinds } from '../core/meter/usage.ts'
import type { LedgerReads, ReportRow, Slice, UsageGroup } from '../ledger/ledger.ts'
import { checkFrontier, frontierOf } from './frontier.ts'
import { hostedOf, offersOfServed } from './hosted-rows.ts'
import { atBookPrices, joinedBy, promptBounds, type ServedSum } from './repriced.ts'
import { type DaysAsked, type DaysTold, daysTold } from './savings-days.ts'
import { servedOn } from './served-on.ts'
import { callsAmong, groupOf } from './slices.ts'

/** What a reader asks of the savings. */
export interface SavingsQuestion extends DaysAsked {
  /** Providers that are own GPUs; null = the documented names. */
  readonly providers: readonly string[] | null
  /** Only the calls of this model. */
  readonly model: string | null
  /** Host, or host/model as listed, that the calls are compared with; null = one named row by rule. */
  readonly as: string | null
  readonly frontier: string | null
  readonly by: 'team' | null
  readonly seed: number
}

export interface SavingsTools {
  readonly ledger: LedgerReads
  readonly book: PriceBook
  readonly progress?: (text: string) => void
}

/** @throws Fault PERIOD_OPEN, PERIOD_EMPTY, PROVIDER_NOT_METERED, MODEL_NOT_METERED, OFFER_UNKNOWN */
export async function gatherSavings(question: SavingsQuestion, tools: SavingsTools): Promise<SavingsEvidence> {
  const { ledger, book, progress = () => {} } = tools
  const { sample, shown: every } = callsAmong(await ledger.sources())
  const demand = question.toMicros === null ? await ledger.demand(every, 86_400) : null
  const told = daysTold(question, demand?.lastAtMicros ?? null, book.newestDate)
  const { days } = told
  const span: Slice = { ...every, fromMicros: days[0]!.fromMicros, toMicros: days.at(-1)!.toMicros }
  const metered = (await ledger.report(every, ['provider', 'model'], 'UTC')).rows
  const own = ownNames(question, metered)
  const slice: Slice = {
    ...span,
    where: { provider: own.providers, ...(own.models === null ? {} : { model: own.models }) },
  }

  progress('reading the calls served on own GPUs')
  const frontier = frontierOf(question.frontier, metered, own.providers)
  const served = own.providers.length === 0 ? [] : (await ledger.report(slice, ['model'], 'UTC')).rows
  const weights = [...new Set(served.map(row => (row.key.model == null ? null : groupOf(row.key.model))))].sort()
  const offers = offersOfServed(weights, question.as)
  checkFrontier(question.frontier, frontier, book, days[0]!.fromMicros)
  const bounds = promptBounds(book, [
    frontier,
    ...offers.flatMap(one => one.offers).map(one => ({ provider: one.host, model: one.modelAsListed })),
  ])
  const keys =
    question.by === 'team' && served.length > 0
      ? (await ledger.report(slice, ['team'], 'UTC')).rows.map(row => row.key.team ?? null)
      : [null]
  const sums: ServedSum[][][] = []
  for (const key of keys) {
    const part: Slice = question.by === 'team' ? { ...slice, where: { ...slice.where, team: key } } : slice
    sums.push(served.length === 0 ? days.map(() => []) : await sumsByDay(ledger, part, days, bounds))
  }
  const outside = own.providers.length === 0 ? 0 : await callsOutside(ledger, slice)

  return {
    sample,
    zone: question.zone,
    days,
    leases: question.leases,
    by: question.by,
    parts: keys.map((key, p) => ({ key, days: sums[p]!.map(servedCalls) })),
    ownProviders: own.providers,
    hosted: hostedOf(offers, book, days, sums, bounds),
    frontier: { ...atBookPrices(book, frontier, days, sums, bounds), chosenBy: frontier.chosenBy },
    measured: await measuredBusy(ledger, days, own.models),
    servedOn: await servedOn(ledger, slice, served, question, progress),
    notes: [
      ...(outside > 0 ? [`${outside} calls on own GPUs are outside of the days told of and in no figure`] : []),
      ...(own.models === null ? [] : ["only this model's calls are counted, and all leases"]),
      ...told.notes,
      ...commitmentNotes(question.leases),
    ],
    assumptions: assumptionsOf(question, own.providers, told),
  }
}

/** What own servers said of themselves in these days, and of these models. */
async function measuredBusy(
  ledger: LedgerReads,
  days: readonly LocalDay[],
  models: readonly string[] | null,
): Promise<MeasuredBusy[]> {
  const { fromMicros } = days[0]!
  const { toMicros } = days.at(-1)!
  const scrapes = await ledger.scrapes({ fromMicros, toMicros })
  const asked = scrapes.filter(({ model }) => models === null || (model !== null && models.includes(model)))
  return utilizationOf(asked, () => ({ gpus: null, usdPerGpuHour: null })).flatMap(
    ({ server, busyShare, observedHours, gapHours }) =>
      busyShare === null ? [] : [{ server, seenHours: observedHours - gapHours, busyShare }],
  )
}

/** Names in the ledger of providers and models that are asked about; models null = all. */
function ownNames(
  question: SavingsQuestion,
  metered: readonly ReportRow[],
): { providers: string[]; models: string[] | null } {
  const names = [...new Set(metered.flatMap(row => row.key.provider ?? []))].sort()
  const asked = question.providers?.map(name => providerId(name).toLowerCase())
  const providers = names.filter(name => (asked === undefined ? isOwnServer(name) : asked.includes(name.toLowerCase())))
  const missing = asked?.find(name => !names.some(known => known.toLowerCase() === name))
  if (missing !== undefined && names.length > 0) {
    throw new Fault('PROVIDER_NOT_METERED', `no call of provider "${missing}" is in the ledger`, {
      where: '--provider',
      fix: `use one of ${names.join(', ')}`,
    })
  }
  if (question.model === null) return { providers, models: null }
  const own = metered.filter(row => providers.includes(row.key.provider ?? ''))
  const models = [...new Set(own.flatMap(row => row.key.model ?? []))].sort()
  const exact = models.filter(name => name === question.model)
  const same = exact.length > 0 ? exact : models.filter(name => groupOf(name) === groupOf(question.model!))
  if (same.length > 0) return { providers, models: same }
  throw new Fault('MODEL_NOT_METERED', `no call of "${question.model}" on own GPUs is in the ledger`, {
    where: '--model',
    fix: models.length === 0 ? 'say which provider is your own: --provider' : `use one of ${models.join(', ')}`,
  })
}

/** Sums of a slice by day. One question where days begin on whole UTC hours, else one a day. */
async function sumsByDay(
  ledger: LedgerReads,
  slice: Slice,
  days: readonly LocalDay[],
  promptFrom: readonly number[],
): Promise<ServedSum[][]> {
  const isWhole = days.every(day => day.fromMicros % 3.6e9 === 0)
  const byDay: ServedSum[][] = days.map(() => [])
  const spans = isWhole
    ? [{ at: 0, own: slice }]
    : days.map(({ fromMicros, toMicros }, at) => ({ at, own: { ...slice, fromMicros, toMicros } }))
  for (const { at, own } of spans) {
    let day = at
    const groups = await ledger.usageGroups(own, { promptFrom, bucket: 'hour' })
    for (const group of [...groups].sort((a, b) => a.bucketMicros! - b.bucketMicros!)) {
      if (isWhole) while (group.bucketMicros! >= days[day]!.toMicros) day++
      byDay[day]!.push(sumOf(group))
    }
  }
  return byDay.map(compact)
}

function sumOf(group: UsageGroup): ServedSum {
  // A kind that nobody tells is none here: whether a call's prompt and answer are known at all is counted apart.
  const usage = Object.fromEntries(usageKinds.map(kind => [kind, group.usage[kind] ?? 0])) as Record<UsageKind, number>
  return {
    weights: group.model === null ? null : groupOf(group.model),
    hourMicros: group.bucketMicros!,
    promptClass: group.promptClass,
    calls: group.calls,
    unknownUsageCalls: group.unknownUsageCalls,
    usage,
  }
}

/** One sum for what differs only in what no other seller looks at: outcome, tier, region, the model's spelling. */
const compact = (sums: readonly ServedSum[]): ServedSum[] =>
  joinedBy(sums, sum => `${sum.weights}\n${sum.hourMicros}\n${sum.promptClass}`)

function servedCalls(sums: readonly ServedSum[]): ServedCalls[] {
  return joinedBy(sums, sum => sum.weights).map(({ weights, calls, unknownUsageCalls, usage }) => ({
    weights,
    calls,
    unknownUsageCalls,
    inputTokens: toldPromptTokens(usage),
    outputTokens: toldAnswerTokens(usage),
  }))
}

async function callsOutside(ledger: LedgerReads, slice: Slice): Promise<number> {
  const { fromMicros: _, toMicros: __, ...always } = slice
  const [all, inside] = [await ledger.report(always, [], 'UTC'), await ledger.report(slice, [], 'UTC')]
  return all.total.calls - inside.total.calls
}

function commitmentNotes(leases: readonly OwnLease[]): string[] {
  const after = leases.filter(
    ({ toMicros, committedUntilMicros }) => toMicros !== null && (committedUntilMicros ?? 0) > toMicros,
  )
  return after.length === 0
    ? []
    : [
        `line ${after.map(lease => lease.line).join(', ')} of the leases: committed beyond its end; what is owed after it is not counted`,
      ]
}

function assumptionsOf(
  question: SavingsQuestion,
  providers: readonly string[],
  { days, endsBy }: DaysTold,
): Assumption[] {
  return [
    {
      name: 'provider',
      label: 'own GPUs',
      value: providers.join(', ') || 'none',
      source: question.providers === null ? 'the documented names of own servers' : 'stated by you',
    },
    {
      name: 'period',
      value: `${instantText(days[0]!.fromMicros)} to ${instantText(days.at(-1)!.toMicros)}`,
      source: `${question.fromMicros === null ? 'from the first lease' : 'from: stated by you'}; ${endsBy}`,
    },
    {
      name: 'busy',
      value: 'estimated',
      source:
        'busy: GPU time that the tokens take on replicas kept full, by the serving model; idle: the rest of what was leased',
    },
    {
      name: 'cache',
      value: 'fresh input',
      source:
        "prompts billed as fresh input elsewhere: caches do not carry over; the low end grants own hits at the seller's price for them",
    },
    {
      name: 'dtype',
      value: 'not compared',
      source: 'hosts of the same weights are taken as equal, whether they state a dtype or not',
    },
  ]
}
