// Headers as they came over the wire in; those that may be passed on out.
import { readable } from './decoding.ts'

/** Meant for one connection only (RFC 9110 §7.6.1); the other side of the gateway is another. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** Headers that attribute a call: read here, never forwarded. */
export const attributionPrefix = 'x-crossline-'

export interface Forwarding {
  readonly host: string
  /** Of a body that was read whole; null leaves what the client said. */
  readonly contentLength: number | null
  /** Encodings of the answer that are asked for: the client's, those of them that the meter can read, or none. */
  readonly encodings: 'any' | 'readable' | 'identity'
}

/**
 * Raw header pairs of a request as an upstream should see them: hop-by-hop ones and those that a `connection` header names
 * left out, its own host and the upstream's stated headers in the place of the client's.
 */
export function forwarded(
  raw: readonly string[],
  stated: Readonly<Record<string, string>>,
  { host, contentLength, encodings }: Forwarding,
): string[] {
  const dropped = namedByConnection(raw)
  const names = Object.keys(stated)
  const own = names.length === 0 ? none : new Set(names.map(name => name.toLowerCase()))
  const kept: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (hopByHop.has(name) || dropped.has(name) || own.has(name)) continue
    if (name === 'host' || name === 'expect' || name.startsWith(attributionPrefix)) continue
    // The body may have been changed: its length is said anew.
    if (name === 'content-length' && contentLength !== null) continue
    if (name === 'accept-encoding' && encodings === 'identity') continue
    const value = raw[i + 1]!
    kept.push(raw[i]!, name === 'accept-encoding' && encodings === 'readable' ? readable(value) : value)
  }
  kept.push('host', host)
  if (contentLength !== null) kept.push('content-length', String(contentLength))
  if (encodings === 'identity') kept.push('accept-encoding', 'identity')
  for (const [name, value] of Object.entries(stated)) kept.push(name, value)
  return kept
}

/**
 * Raw header pairs of a response as the client should see them; `isCut` where bytes are left out, so that its length is not
 * known. Trailers are announced where `mayTrail` and there is no length: others cannot come.
 */
export function answered(raw: readonly string[], isCut: boolean, mayTrail: boolean): string[] {
  const dropped = namedByConnection(raw)
  const canTrail = mayTrail && (isCut || headerOf(raw, 'content-length') === null)
  const kept: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (hopByHop.has(name) || dropped.has(name) || (isCut && name === 'content-length')) continue
    if (name === 'trailer' && !canTrail) continue
    kept.push(raw[i]!, raw[i + 1]!)
  }
  return kept
}

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const value = headerOf(raw, 'connection')
  // What nearly everyone says names nothing that is not dropped anyway.
  if (value === null || value === 'keep-alive') return none
  const names = new Set<string>()
  for (let i = 0; i < raw.length; i += 2) {
    if (!isNamed(raw[i]!, 'connection')) continue
    for (const name of raw[i + 1]!.split(',')) names.add(name.trim().toLowerCase())
  }
  return names
}

const none: ReadonlySet<string> = new Set()

/** `wanted` is in lower case. Most names differ in length, and are not even looked at. */
const isNamed = (name: string, wanted: string): boolean =>
  name.length === wanted.length && name.toLowerCase() === wanted

/** The value of a header among raw pairs, the first; null where there is none. */
export function headerOf(raw: readonly string[], wanted: string): string | null {
  for (let i = 0; i < raw.length; i += 2) if (isNamed(raw[i]!, wanted)) return raw[i + 1]!
  return null
}
