// Where a server listens and who asks in; whether it may listen there, and what whoever asks may see, out.
import type { ServerResponse } from 'node:http'
import { Fault } from '../core/fault/fault.ts'
import { readKeys } from './key-file.ts'

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1'])
const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/**
 * Beyond this machine a gateway listens only for those who have a key.
 * @throws Fault BIND_REFUSED, KEYS_UNREADABLE
 */
export function checkHost(host: string, { keys }: { readonly keys?: string | undefined }, dataDir: string): void {
  if (loopback.has(host)) return
  const refuse = (fix: string) =>
    new Fault('BIND_REFUSED', `refusing to listen on ${host} without keys`, { where: '--host', fix })
  if (keys !== 'required') {
    throw refuse(
      'set `gateway.keys: required` in crossline.yaml and make a key with crossline keys create, or listen on 127.0.0.1',
    )
  }
  const isValid = ({ revokedAt, expiresAt }: { revokedAt: string | null; expiresAt: string | null }) =>
    revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now())
  if (!readKeys(dataDir).some(isValid)) throw refuse('make one with crossline keys create --name NAME')
}

/** As it stands in an address. */
const written = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Names under which a server that listens there may be asked for its page and its API. */
export const hostsOf = (host: string): readonly string[] => [
  ...new Set(['127.0.0.1', 'localhost', '[::1]', ...(everywhere.has(host) ? [] : [written(host)])]),
]

/** Where this machine reaches a server that listens there. */
export const addressOf = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : written(host)

/** Whether somebody on this machine asks: from loopback, or from the very address that is asked. */
export function isHere({
  remoteAddress,
  localAddress,
}: {
  remoteAddress?: string | undefined
  localAddress?: string | undefined
}): boolean {
  if (remoteAddress === undefined) return false
  const address = remoteAddress.replace(/^::ffff:/i, '')
  return address === '::1' || address.startsWith('127.') || remoteAddress === localAddress
}

/** Page and API show all that a team spends, to whoever asks: they are for this machine, and keys are for the gateway. */
export function refuseBeyond(response: ServerResponse): void {
  const message = 'page and API answer on their own machine only; the gateway answers here, for those who have a key'
  response.writeHead(403, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({ error: { code: 'PEER_REFUSED', message, where: null, fix: 'use a tunnel to that machine' } }),
  )
}
