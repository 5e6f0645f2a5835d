// A request's method, path and headers in; which upstream it goes to, under which path, and what is metered of it, out.
import type { IncomingMessage } from 'node:http'
import type { WireName } from '../wire/wire.ts'
import { like } from './attribution-rules.ts'
import type { Family, Upstream } from './upstreams.ts'

export interface Route {
  readonly upstream: Upstream
  /** Path and query as the upstream is asked, its own base before them. */
  readonly path: string
  /** What its bytes mean; null = passed on unmetered. */
  readonly wire: WireName | null
  /** Whether it makes an answer; else it asks for one that another request made. */
  readonly isCall: boolean
  /** The answer comes as a stream whatever the body says; null = the body says. */
  readonly isStream: boolean | null
  /** Gemini frames a stream as one JSON array unless SSE is asked for. */
  readonly framing: 'sse' | 'json-array'
  /** The model, where the path names it. */
  readonly model: string | null
}

export interface Asked {
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  /** The path as most servers understand it, by which it is known here. */
  readonly plain: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

export interface Routes {
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** Model pattern (`*` stands for any text) → name of an upstream, the first that fits. */
  readonly byModel: readonly { readonly pattern: string; readonly upstream: string }[]
  /** Where bare paths of a family go; those of the built-in upstreams unless stated. */
  readonly defaults?: Partial<Readonly<Record<Family, string>>>
}

/**
 * One line per path that is metered, whichever upstream has it: many speak several wires. What follows a version prefix is
 * matched, so that proxies' own prefixes do no harm.
 */
const metered: readonly {
  readonly method: string
  readonly path: RegExp
  readonly wire: WireName
  readonly isStream: boolean | null
  readonly isCall?: false
}[] = [
  { method: 'POST', path: /\/chat\/completions$/, wire: 'openai.chat', isStream: null },
  { method: 'POST', path: /\/responses$/, wire: 'openai.responses', isStream: null },
  // A background call is settled by whoever asks for it until it is done, or cancels it.
  { method: 'GET', path: /\/responses\/[^/]+$/, wire: 'openai.responses', isStream: null, isCall: false },
  { method: 'POST', path: /\/responses\/[^/]+\/cancel$/, wire: 'openai.responses', isStream: false, isCall: false },
  { method: 'POST', path: /\/embeddings$/, wire: 'openai.embeddings', isStream: false },
  { method: 'POST', path: /\/v1\/messages$/, wire: 'anthropic.messages', isStream: null },
  { method: 'POST', path: /:generateContent$/, wire: 'gemini.generateContent', isStream: false },
  { method: 'POST', path: /:streamGenerateContent$/, wire: 'gemini.generateContent', isStream: true },
]

/**
 * The route of a request; null where no upstream is named. `/to/NAME/…` goes whole to NAME. Bare paths: `/v1/messages*`, or
 * any with an `anthropic-version` header, to Anthropic; `/v1beta/*` and `/v1alpha/*`, also behind `/upload` and `/download`, and
 * the WebSockets of Gemini's live sessions, to Gemini, and `/v1/*` that is asked its way; other `/v1/*` by the model's route,
 * else to OpenAI. `model` is what the body says, where it was read.
 */
export function routeOf(asked: Asked, routes: Routes, model: string | null): Route | null {
  const { upstreams } = routes
  const mounted = /^\/to\/([^/?]+)(\/[^?]*|(?=\?|$))(\?.*)?$/.exec(asked.url)
  if (mounted) {
    const upstream = upstreams.get(decoded(mounted[1]!))
    const path = mounted[2] || '/'
    return upstream === undefined ? null : to(upstream, asked, path, mounted[3] ?? '', asUnderstood(path))
  }
  const path = pathOf(asked.url)
  const query = asked.url.slice(path.length)
  const name = bareName(asked, routes, model)
  const upstream = name === null ? undefined : upstreams.get(name)
  return upstream === undefined ? null : to(upstream, asked, path, query, asked.plain)
}

/** Whether a request is the gateway's: of a mount, named or not, or of a bare path. */
export const isGateways = (asked: Asked): boolean => asked.url.startsWith('/to/') || bareFamily(asked) !== null

/** Whether the model of the body decides where a bare path goes: then the body is read before. */
export const needsModel = (asked: Asked, { byModel }: Routes): boolean =>
  byModel.length > 0 && bareFamily(asked) === 'by model'

/** A request as it is routed; its path is understood once. */
export function askedOf({ method, url, headers }: IncomingMessage): Asked {
  const path = originForm(url!)
  return { method: method!, url: path, plain: asUnderstood(pathOf(path)), headers }
}

/** Without its query. */
export const pathOf = (url: string): string => url.replace(/\?.*$/s, '')

/** A proxy's form of an address (`http://host/path`, RFC 9112 §3.2.2) asks for the same as its path does. */
const originForm = (url: string): string =>
  url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*(?=(\/?))/i, (_, slash) => (slash ? '' : '/'))

/** Whether a path has `.` or `..` among its segments, however they are spelt: whoever resolves them ends up elsewhere. */
export const climbs = (url: string): boolean => /(^|[/\\])\.\.?([/\\]|$)/.test(decoded(pathOf(url)))

/** A path as most servers understand it: escapes read, slashes once. What is metered does not hang on how it is spelt. */
function asUnderstood(path: string): string {
  const plain = decoded(path)
  return /\/\/|.\/$/.test(plain) ? plain.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '') : plain
}

/** What a client wrote may be no text at all: then no upstream is called so. */
function decoded(part: string): string {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Whose a bare path is; null = nobody's. Traces come to the server itself. */
function bareFamily({ plain: path, headers }: Asked): 'anthropic' | 'gemini' | 'by model' | null {
  if (/^\/v1\/messages(\/|$)/.test(path) || headers['anthropic-version'] !== undefined) return 'anthropic'
  if (/^(\/upload|\/download)?\/v1(alpha|beta)\/|^\/ws\/google\.ai\.generativelanguage\./.test(path)) return 'gemini'
  if (!path.startsWith('/v1/') || path === '/v1/traces') return null
  // The stable version of Gemini's API has OpenAI's prefix; its key is nobody else's to see.
  const isGoogles = /:(\w+Contents?|countTokens)$/.test(path) || headers['x-goog-api-key'] !== undefined
  return isGoogles ? 'gemini' : 'by model'
}

function bareName(asked: Asked, { byModel, defaults = {} }: Routes, model: string | null): string | null {
  const family = bareFamily(asked)
  if (family === null) return null
  if (family !== 'by model') return defaults[family] ?? family
  const found = model === null ? undefined : byModel.find(({ pattern }) => like(pattern, model))
  return found?.upstream ?? defaults.openai ?? 'openai'
}

function to(upstream: Upstream, { method }: Asked, path: string, query: string, plain: string): Route {
  const found = metered.find(one => one.method === method && one.path.test(plain))
  const isGemini = found?.wire === 'gemini.generateContent'
  const asSse = /[?&]alt=sse(&|$)/.test(query)
  return {
    upstream,
    path: upstream.basePath + path + query,
    wire: found?.wire ?? null,
    isCall: found?.isCall ?? true,
    isStream: found?.isStream ?? null,
    framing: isGemini && found.isStream === true && !asSse ? 'json-array' : 'sse',
    model: isGemini ? (/\/models\/([^/:]+):/.exec(plain)?.[1] ?? null) : null,
  }
}
