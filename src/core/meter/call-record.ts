// What a gateway writes of a call on its way to the ledger: one record when it begins, one when its usage is known.
import { type Attribution, attributionKinds, type Call, type CallPrice, nobody } from './call.ts'
import { type Money, parseUsd } from './money.ts'
import type { CallNeed } from './needs.ts'
import { mayBeOneSeller, providerId } from './seller.ts'
import { type BilledUnits, noUnits, type Usage, unknownUsage, usageOf } from './usage.ts'

/** Written before the request goes upstream. */
export interface Opened {
  readonly kind: 'opened'
  /** Names the call once; what settles it names it again. */
  readonly key: string
  /** When the request came, UTC microseconds. */
  readonly atMicros: number
  /** Name of the upstream in the settings. */
  readonly upstream: string
  /** As the price catalog knows it. */
  readonly provider: string
  /** What its bytes mean: a name under `src/wire`. */
  readonly wire: string
  /** As asked for; null where the body was not read. */
  readonly model: string | null
  /** Without its query. */
  readonly path: string
  readonly stream: boolean
  readonly attribution: Attribution
  readonly tags: Readonly<Record<string, string>>
  readonly needs: readonly CallNeed[]
  /** About how many tokens the prompt has, should nobody ever tell; null = it is not only text. Absent, as below: older records. */
  readonly promptEstimate?: number | null
  /** Keyed hashes of the prompt's blocks; null = none were made. */
  readonly prefix: readonly string[] | null
  /** Keyed hash of the system prompt; null = there is none. Absent, as the next: the record is of a time before there were any. */
  readonly systemPrompt?: string | null
  /** Keyed hash of all that the answer depends on. */
  readonly request?: string | null
  /** The most it can cost, decimal string, where budgets hold so much for it until it is settled. */
  readonly reservedUsd?: string
}

/** Written before the client gets the last of its answer. Unknown is null. */
export interface Settled {
  readonly kind: 'settled'
  readonly key: string
  readonly endMicros: number
  /** HTTP status of the upstream; null = none came. */
  readonly status: number | null
  readonly outcome: 'ok' | 'failed' | 'unknown'
  /** The provider's id of the response. */
  readonly id: string | null
  /** As served. */
  readonly model: string | null
  readonly usage: Usage
  /** What else is billed, told in other units than tokens; absent = nothing was told. */
  readonly units?: BilledUnits
  /** Prompt and answer are both counted. */
  readonly known: boolean
  /** The event that ends an answer was seen. */
  readonly complete: boolean
  readonly estimated: boolean
  /** About how many tokens of the answer came, where nobody told; null or absent = it is told, or none came. */
  readonly answerEstimate?: number | null
  readonly tier: string | null
  readonly region: string | null
  readonly speed: string | null
  /** What the provider says it charged, decimal string. */
  readonly reportedUsd: string | null
  readonly stopReason: string | null
  /** The provider's own object of counts, as it came. */
  readonly rawUsage: unknown
  readonly ttftMs: number | null
  readonly latencyMs: number | null
  /** Its code, or `unnamed`; never its words. */
  readonly error: string | null
}

export type CallRecord = Opened | Settled

/** When the record's call began, UTC microseconds; null where its end does not tell. */
export const beganMicros = (record: CallRecord): number | null =>
  record.kind === 'opened'
    ? record.atMicros
    : record.latencyMs === null
      ? null
      : Math.round(record.endMicros - record.latencyMs * 1000)

/** The price of a call at its own time, all else of it known. */
export type PriceOfCall = (call: Omit<Call, 'price'>) => CallPrice

/** Source of the calls that a gateway meters. */
export const gatewaySource = 'gateway'

/** What is known of one call: either record may be missing. */
export interface CallRecords {
  readonly opened: Opened | null
  readonly settled: Settled | null
}

/** Both records of a call, the first of each kind: one that comes again is the same, or a mistake. */
function joined(known: CallRecords, added: CallRecord): CallRecords {
  if (added.kind === 'opened') return known.opened === null ? { ...known, opened: added } : known
  return known.settled === null ? { ...known, settled: added } : known
}

/** What a batch of records changes of what is known. */
export interface JoinedBatch {
  /** By key, only those of which more is known now. */
  readonly changed: readonly (readonly [key: string, CallRecords])[]
  readonly opened: number
  readonly settled: number
}

const nothing: CallRecords = { opened: null, settled: null }

/** A batch joined to what is known of its keys: in whatever order its records come, and however often (law 5). */
export function joinedBatch(known: ReadonlyMap<string, CallRecords>, records: readonly CallRecord[]): JoinedBatch {
  const now = new Map<string, CallRecords>()
  for (const record of records) {
    const { key } = record
    now.set(key, joined(now.get(key) ?? known.get(key) ?? nothing, record))
  }
  const before = (key: string) => known.get(key) ?? nothing
  const changed = [...now].filter(([key, call]) => {
    const { opened, settled } = before(key)
    return call.opened !== opened || call.settled !== settled
  })
  return {
    changed,
    opened: changed.filter(([key]) => !known.has(key)).length,
    settled: changed.filter(([key, call]) => call.settled !== null && before(key).settled === null).length,
  }
}

/** How far one worker's records were taken: everything before this byte of this segment of its spool. */
export interface SpoolPosition {
  readonly sequence: number
  readonly offset: number
}

/** By worker. */
export type SpoolPositions = Readonly<Record<string, SpoolPosition>>

/**
 * The call of its records. Without its end it is unsettled and of unknown usage, never free. Without its beginning (lost with
 * a disk) it stands at its end, with no attribution. What it was asked beside text goes along as tags, as importers give it.
 */
export function callOfRecords(key: string, { opened, settled }: CallRecords, priceOf: PriceOfCall): Call {
  const needs = Object.fromEntries((opened?.needs ?? []).map(need => [need, 'true']))
  const call: { -readonly [field in keyof Call]: Call[field] } = {
    source: gatewaySource,
    id: key,
    atMicros: opened?.atMicros ?? settled!.endMicros,
    provider: opened === null ? null : providerId(opened.provider),
    model: settled?.model ?? opened?.model ?? null,
    usage: settled?.usage ?? unknownUsage,
    units: settled?.units ?? noUnits,
    tier: settled?.tier ?? null,
    region: settled?.region ?? null,
    speed: settled?.speed ?? null,
    outcome: settled?.outcome ?? 'unsettled',
    ttftMs: settled?.ttftMs ?? null,
    latencyMs: settled?.latencyMs ?? null,
    attribution: opened?.attribution ?? nobody,
    tags: { ...opened?.tags, ...needs, ...(opened === null ? {} : routeTags(opened, settled)) },
    prefixBlocks: opened?.prefix?.map(idOfHash) ?? null,
    systemPrompt: opened?.systemPrompt ?? null,
    requestHash: opened?.request ? idOfHash(opened.request) : null,
    reportedUsd: usdOrNull(settled?.reportedUsd ?? null),
    estimated: settled?.estimated ?? false,
    estimateUsd: null,
    price: unpriced,
  }
  // In place: a copy with more fields is slow to make, and slow to read ever after.
  call.price = priceOf(call)
  call.estimateUsd = estimateOf(call, opened, settled, priceOf)
  return call
}

const unpriced: CallPrice = { usd: null, reason: 'not priced yet' }

/**
 * What a call that was not counted to its end may have cost: what is known of its usage, and estimates for the rest. A call
 * that failed is not billed by most, and a prompt that is not only text cannot be estimated.
 */
function estimateOf(
  call: Omit<Call, 'price'>,
  opened: Opened | null,
  settled: Settled | null,
  priceOf: PriceOfCall,
): Money | null {
  const { usage, outcome } = call
  if (outcome === 'failed' || (usage.input !== null && usage.output !== null)) return null
  const input = usage.input ?? opened?.promptEstimate ?? null
  if (input === null) return null
  const output = Math.max(usage.output ?? 0, settled?.answerEstimate ?? 0)
  return priceOf({ ...call, usage: { ...nothingElse, ...knownOf(usage), input, output } }).usd
}

const nothingElse = usageOf({})
const knownOf = (usage: Usage): Partial<Usage> =>
  Object.fromEntries(Object.entries(usage).filter(([, count]) => count !== null))

/** 16 hex digits as the ledger keeps them: 64 bits, signed. */
const idOfHash = (hex: string): bigint => BigInt.asIntN(64, BigInt(`0x${hex}`))

/** Where a call went, and the model asked for where another name served it. */
const routeTags = ({ upstream, model }: Opened, settled: Settled | null): Record<string, string> => ({
  upstream,
  ...(model === null || model === (settled?.model ?? model) ? {} : { asked: model }),
})

/** Whether a call that another source tells of is the one of these records: one provider, one id of the response. */
export function isMetered({ opened, settled }: CallRecords, { id, provider }: Pick<Call, 'id' | 'provider'>): boolean {
  return settled !== null && settled.id === id && mayBeOneSeller(provider, opened?.provider ?? null)
}

/** A metered call, attributed by what another source says of it where its own records do not. */
export function attributedBy(call: Call, { attribution }: Pick<Call, 'attribution'>): Call {
  const merged = attributionKinds.map(kind => [kind, call.attribution[kind] ?? attribution[kind]])
  return { ...call, attribution: Object.fromEntries(merged) as unknown as Attribution }
}

/** What a provider says it charged may be said in a way that is no amount: then it said nothing. */
function usdOrNull(text: string | null): Money | null {
  try {
    return text === null ? null : parseUsd(text)
  } catch {
    return null
  }
}
