// A request with its route and what it says in; the record that opens its call, out.
import type { IncomingMessage } from 'node:http'
import { type AttributionKind, attributionKinds } from '../core/meter/call.ts'
import type { Opened } from '../core/meter/call-record.ts'
import type { WireName } from '../wire/wire.ts'
import { attributionOfRules, type Rule } from './attribution-rules.ts'
import { promptEstimate } from './estimate.ts'
import type { Fingerprints } from './fingerprint.ts'
import type { Admitted } from './keys.ts'
import type { RequestBody } from './request-body.ts'
import { attributionOfHeaders, type RequestFacts } from './request-facts.ts'
import type { Route } from './routing.ts'

interface Asked {
  readonly request: IncomingMessage
  readonly route: Route
  readonly admitted: Admitted
  readonly facts: RequestFacts
  readonly body: RequestBody
  readonly startedMicros: number
}

export interface OpeningTools {
  readonly nextKey: () => string
  readonly fingerprints: (
    wire: WireName,
    body: Readonly<Record<string, unknown>>,
    model: string | null,
  ) => Fingerprints | null
  readonly rules: readonly Rule[]
}

export function openedOf(call: Asked, wire: WireName, tools: OpeningTools): Opened {
  const { request, route, facts, admitted } = call
  const { key } = admitted
  const said = attributionOfHeaders(request.headers)
  const model = facts.model ?? route.model
  const {
    prefix,
    systemPrompt,
    request: whole,
  } = (facts.body && tools.fingerprints(wire, facts.body, route.model)) ?? unread
  const byRule = attributionOfRules(tools.rules, { path: admitted.path, model, headers: request.headers, systemPrompt })
  // What a key states binds: a budget that a client could talk itself out of would be none.
  const sources = [key?.attribution ?? {}, said.attribution, facts.attribution, byRule]
  const attribution = {} as Record<AttributionKind, string | null>
  for (const kind of attributionKinds) attribution[kind] = sources.find(one => one[kind] != null)?.[kind] ?? null
  const { key: _, ...tags } = { ...facts.tags, ...said.tags, ...key?.tags }
  return {
    kind: 'opened',
    key: tools.nextKey(),
    atMicros: call.startedMicros,
    upstream: route.upstream.name,
    provider: route.upstream.provider,
    wire,
    model,
    path: route.path.split('?')[0]!,
    stream: route.isStream ?? facts.stream ?? false,
    attribution,
    tags: key === null ? tags : { ...tags, key: key.id },
    needs: facts.needs,
    promptEstimate: promptEstimate(call.body, facts),
    prefix,
    systemPrompt,
    request: whole,
  }
}

const unread = { prefix: null, systemPrompt: null, request: null }
