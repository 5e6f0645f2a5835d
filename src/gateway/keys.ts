// A request and the keys that exist in; the request as its upstream may see it and whose it is, or why it is refused, out.
import type { AttributionKind } from '../core/meter/call.ts'
import { headerOf } from './headers.ts'
import { hashOf, isMeantAsKey, isWholeSecret } from './key-secret.ts'
import type { Upstream } from './upstreams.ts'

/** A key that a team gave out, without its secret. */
export interface Key {
  readonly id: string
  readonly name: string
  /** What its calls belong to, whatever they say themselves. */
  readonly attribution: Readonly<Partial<Record<AttributionKind, string>>>
  readonly tags: Readonly<Record<string, string>>
  /** Names of upstreams; null = all. */
  readonly upstreams: readonly string[] | null
  /** ISO 8601; null = never. */
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

export interface Keys {
  /** The key whose secret has this hash, as it stands now; null = there is none. */
  find(hash: string): Key | null
}

export interface Admitted {
  readonly rawHeaders: readonly string[]
  readonly path: string
  /** Headers that the upstream gets in the place of the client's. */
  readonly stated: Readonly<Record<string, string>>
  readonly key: Key | null
}

export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** Carries a key beside the client's own credential, which then passes through. */
const besideHeader = 'x-crossline-key'
const credentialHeaders: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'])
/** How a browser's WebSocket to OpenAI carries a key: among the protocols it asks for. */
const protocolHeader = 'sec-websocket-protocol'
const protocolPrefix = 'openai-insecure-api-key.'

/**
 * Lets a request pass. A key of Crossline's, wherever it stands, is checked and taken out; where it stood in the place of the
 * provider's, all credentials are taken out, and the upstream's own goes in. Without one, the client's own pass as they are,
 * unless keys are required.
 */
export function admit(
  { rawHeaders }: { readonly rawHeaders: readonly string[] },
  { upstream, path }: { readonly upstream: Upstream; readonly path: string },
  keys: Keys | null,
  isRequired: boolean,
  nowMs: number,
): Admitted | Refusal {
  const secrets = secretsIn(rawHeaders, path)
  const beside = headerOf(rawHeaders, besideHeader)
  const secret = beside ?? secrets[0]
  if (secret === undefined) {
    if (isRequired) return refusal(401, 'KEY_REQUIRED', 'a Crossline key is required here, in the place of the API key')
    if (spendsOurs(rawHeaders, path, upstream)) {
      return refusal(403, 'ORIGIN_REFUSED', 'pages of other places may not use the credential that is configured here')
    }
    return { rawHeaders, path, stated: upstream.headers, key: null }
  }
  const found = checked(secret, upstream, keys, nowMs)
  if ('code' in found) return found
  const isInPlace = secrets.length > 0
  const kept = isInPlace ? withoutCredentials(rawHeaders) : rawHeaders
  const isOwn = !isInPlace && [...credentialHeaders].some(name => headerOf(rawHeaders, name) !== null)
  return {
    rawHeaders: kept,
    path: isInPlace ? withoutKey(path) : path,
    stated: isOwn ? upstream.headers : credentialed(upstream),
    key: found,
  }
}

/**
 * Whether a page of another place asks with nothing of its own: a browser sends such a request wherever a page points it, and
 * it would be paid with the credential that the settings put in.
 */
function spendsOurs(raw: readonly string[], path: string, upstream: Upstream): boolean {
  const origin = headerOf(raw, 'origin')
  if (origin === null || origin === `http://${headerOf(raw, 'host')}`) return false
  const hasOwn = [...credentialHeaders].some(name => headerOf(raw, name) !== null) || /[?&]key=/.test(path)
  return !hasOwn && Object.keys(upstream.headers).some(name => credentialHeaders.has(name.toLowerCase()))
}

function checked(secret: string, upstream: Upstream, keys: Keys | null, nowMs: number): Key | Refusal {
  if (!isWholeSecret(secret)) {
    return refusal(401, 'KEY_MISTYPED', 'this Crossline key is not whole: characters of it are missing or wrong')
  }
  const key = keys?.find(hashOf(secret)) ?? null
  if (key === null) return refusal(401, 'KEY_UNKNOWN', 'nobody made this Crossline key here')
  if (key.revokedAt !== null) return refusal(401, 'KEY_REVOKED', `the key ${key.id} was revoked at ${key.revokedAt}`)
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= nowMs) {
    return refusal(401, 'KEY_EXPIRED', `the key ${key.id} expired at ${key.expiresAt}`)
  }
  if (key.upstreams !== null && !key.upstreams.includes(upstream.name)) {
    return refusal(403, 'KEY_NOT_ALLOWED', `the key ${key.id} is not for ${upstream.name}`)
  }
  return key
}

const refusal = (status: number, code: string, message: string): Refusal => ({ status, code, message })

/** Secrets of Crossline's in the places of a provider's. */
function secretsIn(raw: readonly string[], path: string): string[] {
  const found: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const value = raw[i + 1]!
    if (!value.includes('xl-')) continue
    const name = raw[i]!.toLowerCase()
    if (credentialHeaders.has(name)) found.push(value.trim().replace(/^\S+\s+/, ''))
    if (name === protocolHeader) {
      for (const one of value.split(','))
        if (one.trim().startsWith(protocolPrefix)) found.push(one.trim().slice(protocolPrefix.length))
    }
  }
  const cut = path.indexOf('?')
  if (cut >= 0) found.push(...new URLSearchParams(path.slice(cut)).getAll('key'))
  return found.filter(isMeantAsKey)
}

function withoutCredentials(raw: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (credentialHeaders.has(name)) continue
    if (name !== protocolHeader) {
      kept.push(raw[i]!, raw[i + 1]!)
      continue
    }
    const protocols = raw[i + 1]!.split(',').filter(one => !one.trim().startsWith(protocolPrefix))
    if (protocols.length > 0) kept.push(raw[i]!, protocols.join(',').trim())
  }
  return kept
}

/** The path without `key=…` in its query; all else of it stays as it was written. */
function withoutKey(path: string): string {
  const cut = path.indexOf('?')
  if (cut < 0) return path
  const kept = path
    .slice(cut + 1)
    .split('&')
    .filter(pair => !new URLSearchParams(pair).has('key'))
  return kept.length === 0 ? path.slice(0, cut) : `${path.slice(0, cut)}?${kept.join('&')}`
}

/** The upstream's headers, with its credential from the environment where they state none. */
function credentialed({ headers, credential }: Upstream): Readonly<Record<string, string>> {
  const isStated = Object.keys(headers).some(name => credentialHeaders.has(name.toLowerCase()))
  return isStated ? headers : { ...credential, ...headers }
}
