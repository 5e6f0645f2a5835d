// The JSON body of a request in; what is told of the call without keeping any of its text, out.
import { type Attribution, type AttributionKind, attributionKinds } from '../core/meter/call.ts'
import type { CallNeed } from '../core/meter/needs.ts'
import { asObject, type JsonObject, parseJson } from '../wire/json.ts'
import type { WireName } from '../wire/wire.ts'
import { attributionPrefix } from './headers.ts'
import { needsOf } from './request-needs.ts'

export interface RequestFacts {
  readonly model: string | null
  /** Whether a stream is asked for; null where the body was not read. */
  readonly stream: boolean | null
  /** Whether the answer is made even if nobody waits for it; null where the body was not read. */
  readonly isBackground: boolean | null
  readonly needs: readonly CallNeed[]
  readonly attribution: Partial<Attribution>
  readonly tags: Readonly<Record<string, string>>
  /** The body as parsed; null where it is none, or too large to be read. */
  readonly body: JsonObject | null
}

export const nothingRead: RequestFacts = {
  model: null,
  stream: null,
  isBackground: null,
  needs: [],
  attribution: {},
  tags: {},
  body: null,
}

/** Parses what a client sent. A body that is no JSON object tells nothing, and is passed on all the same. */
export function factsOf(bytes: Buffer): RequestFacts {
  const text = bytes.toString('utf8')
  const body = asObject(parseJson(text))
  if (body === null) return nothingRead
  return {
    model: textOf(body.model),
    stream: body.stream === true,
    isBackground: body.background === true,
    needs: needsOf(body),
    ...attributionOf(body),
    body,
  }
}

/** Standard fields: OpenAI's `metadata` and `user` (or `safety_identifier`), Anthropic's `metadata.user_id`. */
function attributionOf(body: JsonObject): Pick<RequestFacts, 'attribution' | 'tags'> {
  const metadata = typeof body.metadata === 'object' && body.metadata !== null ? body.metadata : {}
  const attribution: Partial<Record<AttributionKind, string>> = {}
  const tags: Record<string, string> = {}
  for (const [key, value] of Object.entries(metadata)) {
    const text = textOf(value)
    if (text === null) continue
    const kind = key === 'user_id' ? 'user' : attributionKinds.find(one => one === key)
    if (kind === undefined) tags[key] = text
    else attribution[kind] = text
  }
  const user = textOf(body.user) ?? textOf(body.safety_identifier)
  if (user !== null) attribution.user ??= user
  return { attribution, tags }
}

const tagsName = `${attributionPrefix}tags`
const attributionNames = attributionKinds.map(kind => [kind, attributionPrefix + kind] as const)

/** What `x-crossline-…` headers say: they win over the body. Tags are `name=value` pairs with commas between. */
export function attributionOfHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Pick<RequestFacts, 'attribution' | 'tags'> {
  const attribution: Partial<Record<AttributionKind, string>> = {}
  for (const [kind, name] of attributionNames) {
    const value = textOf(headers[name])
    if (value !== null) attribution[kind] = value
  }
  const tags: Record<string, string> = {}
  const pairs = textOf(headers[tagsName])
  if (pairs === null) return { attribution, tags }
  for (const pair of pairs.split(',')) {
    const cut = pair.indexOf('=')
    if (cut > 0) tags[pair.slice(0, cut).trim()] = pair.slice(cut + 1).trim()
  }
  return { attribution, tags }
}

/** Longest name that is kept: longer ones are data, not a name. */
const longest = 256
const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= longest ? value : null

/** Whether usage must be asked for, so that a stream of this wire says what it used. */
export function lacksUsage(wire: WireName | null, { body, stream }: RequestFacts): boolean {
  if (wire !== 'openai.chat' || stream !== true || body === null) return false
  return asObject(body.stream_options)?.include_usage !== true
}
