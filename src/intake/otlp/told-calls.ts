// Spans that are calls in; each call once, though libraries around a call make spans of it as well, out.
import { attributionKinds } from '../../core/meter/call.ts'
import { toldAnswerTokens, toldPromptTokens } from '../../core/meter/usage.ts'
import type { ReadCall } from '../importer.ts'
import type { Span } from './span.ts'

type Place = Pick<Span, 'traceId' | 'spanId' | 'parentId'>

/** A call, as its own span tells of it or one around it. */
export interface ToldCall {
  readonly span: Place
  readonly call: ReadCall
  readonly assumed: string | null
}

interface Trace {
  /** The span that each ran in. */
  readonly parents: Map<string, string>
  readonly calls: Map<string, ToldCall>
}

/** What came before by trace, of the same file or at the same endpoint: a span ends after those in it, often in a later request. */
export interface SpansBefore {
  /** What was seen last stands last. */
  readonly traces: Map<string, Trace>
  /** Of all traces together. */
  size: number
}

export const nothingBefore = (): SpansBefore => ({ traces: new Map(), size: 0 })

const sizeOf = ({ parents, calls }: Trace): number => parents.size + calls.size + 1

/** Spans that are remembered, of all traces together: what was seen longest ago is forgotten. */
const mostSpans = 20_000

/**
 * A span around other calls repeats them where it tells of their tokens or of none, and of no other response. What it tells
 * of whose they are is theirs where their own spans say nothing, and so is its usage where the only call in it tells none.
 */
export function eachOnce(
  told: readonly ToldCall[],
  spans: readonly Place[],
  before: SpansBefore,
): { readonly calls: readonly ToldCall[]; readonly repeats: number } {
  const traces = new Map<string, Trace>()
  const sizes = new Map<string, number>()
  for (const { traceId, spanId, parentId } of spans) {
    let trace = traces.get(traceId)
    if (trace === undefined) {
      const known = before.traces.get(traceId)
      trace = known ?? { parents: new Map(), calls: new Map() }
      traces.set(traceId, trace)
      sizes.set(traceId, known === undefined ? 0 : sizeOf(known))
    }
    if (parentId !== '') trace.parents.set(spanId, parentId)
  }
  const calls: ToldCall[] = []
  const now = new Map<string, ToldCall[]>()
  for (const one of told) {
    const own = now.get(one.span.traceId)
    if (own === undefined) now.set(one.span.traceId, [one])
    else own.push(one)
  }
  for (const [traceId, own] of now) calls.push(...onceInTrace(own, traces.get(traceId)!))
  remember(traces, sizes, before)
  return { calls, repeats: told.length - calls.length }
}

function remember(traces: ReadonlyMap<string, Trace>, sizes: ReadonlyMap<string, number>, before: SpansBefore): void {
  for (const [traceId, trace] of traces) {
    before.traces.delete(traceId)
    before.traces.set(traceId, trace)
    before.size += sizeOf(trace) - sizes.get(traceId)!
  }
  for (const [traceId, trace] of before.traces) {
    if (before.size <= mostSpans) return
    before.traces.delete(traceId)
    before.size -= sizeOf(trace)
  }
}

function onceInTrace(told: readonly ToldCall[], trace: Trace): ToldCall[] {
  const now = new Map(told.map(one => [one.span.spanId, one]))
  const all = new Map([...trace.calls, ...now])
  const put = (id: string, one: ToldCall): void => {
    now.set(id, one)
    all.set(id, one)
  }
  const gone = new Set<string>()
  const repeated = new Map<string, readonly string[]>()
  for (const [around, ids] of callsInside(all, trace.parents)) {
    const own = all.get(around)!
    // In the place of a span that is none stand those that it repeats.
    const within = ids.flatMap(id => (gone.has(id) ? (repeated.get(id) ?? []) : [id]))
    const same = repeatedBy(
      own,
      within.map(id => [id, all.get(id)!]),
    )
    if (same.length === 0) continue
    if (!now.has(around)) {
      // It is counted already, and those in it would be counted again.
      for (const id of same) if (now.has(id)) gone.add(id)
      continue
    }
    gone.add(around)
    repeated.set(around, within)
    const isOnly = same.length === 1
    for (const id of same) {
      const one = all.get(id)!
      if (now.has(id)) put(id, { ...one, ...lent(one, own, isOnly) })
      // The call itself is in the ledger: told again under its name, it gets what this span adds.
      else if (isOnly) put(around, { ...own, call: { ...own.call, id: one.call.id, provider: one.call.provider } })
    }
    if (isOnly && !now.has(same[0]!)) gone.delete(around)
  }
  for (const [id, one] of now) if (!gone.has(id)) trace.calls.set(id, one)
  // A span that came twice is told twice: its name says that it is one.
  return told.flatMap(({ span }) => (gone.has(span.spanId) ? [] : [now.get(span.spanId)!]))
}

/** Deeper is no trace: ids that go round in a circle would never end. */
const deepest = 200

/** The calls that ran in each call, without those in these; the innermost calls first. */
function callsInside(
  calls: ReadonlyMap<string, ToldCall>,
  parents: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const around = new Map<string, string>()
  for (const id of calls.keys()) {
    let outer = parents.get(id)
    for (let steps = 0; outer !== undefined && !calls.has(outer) && steps < deepest; steps++) outer = parents.get(outer)
    if (outer !== undefined && outer !== id && calls.has(outer)) around.set(id, outer)
  }
  const inside = new Map<string, string[]>()
  for (const [id, outer] of around) {
    const own = inside.get(outer)
    if (own === undefined) inside.set(outer, [id])
    else own.push(id)
  }
  const depthOf = (id: string): number => {
    let steps = 0
    for (let at = around.get(id); at !== undefined && steps < deepest; at = around.get(at)) steps++
    return steps
  }
  const depths = new Map([...inside.keys()].map(id => [id, depthOf(id)]))
  const sound = [...inside].filter(([id]) => depths.get(id)! < deepest)
  return new Map(sound.sort(([a], [b]) => depths.get(b)! - depths.get(a)!))
}

/** Whether a call goes by the name that its provider gave the response, and not by that of its span. */
const isNamed = ({ span, call }: ToldCall): boolean => call.id !== `${span.traceId}:${span.spanId}`

const isUnknown = ({ call: { usage } }: ToldCall): boolean => usage.input === null && usage.output === null

/** Which of the calls in a span it tells again: all together, or one, as where other calls ran beside that one. */
function repeatedBy(own: ToldCall, within: readonly (readonly [id: string, call: ToldCall])[]): readonly string[] {
  if (
    isRepeat(
      own,
      within.map(([, one]) => one),
    )
  )
    return within.map(([id]) => id)
  const one = isUnknown(own) ? undefined : within.find(([, { call }]) => tokensOf(call) === tokensOf(own.call))
  return one !== undefined && isRepeat(own, [one[1]]) ? [one[0]] : []
}

const tokensOf = ({ usage }: ReadCall): string => `${toldPromptTokens(usage)}/${toldAnswerTokens(usage)}`

function isRepeat(own: ToldCall, theirs: readonly ToldCall[]): boolean {
  if (theirs.length === 0) return false
  if (isNamed(own) && theirs.every(one => isNamed(one) && one.call.id !== own.call.id)) return false
  if (isUnknown(own)) return true
  const known = theirs.filter(one => !isUnknown(one))
  if (known.length === 0) return theirs.length === 1
  const sum = (tokens: typeof toldPromptTokens) => known.reduce((total, { call }) => total + tokens(call.usage), 0)
  return `${sum(toldPromptTokens)}/${sum(toldAnswerTokens)}` === tokensOf(own.call)
}

function lent(to: ToldCall, from: ToldCall, isOnly: boolean): Pick<ToldCall, 'call' | 'assumed'> {
  const attribution = { ...to.call.attribution }
  for (const kind of attributionKinds) attribution[kind] ??= from.call.attribution[kind]
  const call = { ...to.call, attribution, tags: { ...from.call.tags, ...to.call.tags } }
  if (!isOnly || !isUnknown(to) || isUnknown(from)) return { call, assumed: to.assumed }
  const reportedUsd = call.reportedUsd ?? from.call.reportedUsd
  return { call: { ...call, usage: from.call.usage, reportedUsd }, assumed: from.assumed }
}
