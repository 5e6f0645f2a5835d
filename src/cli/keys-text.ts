// Keys without their secrets in; a table for a terminal, out.

import type { Key } from '../gateway/keys.ts'
import { padded } from '../report/ansi.ts'

/** What a key is for, in one line. */
export function scopeText({
  attribution,
  tags,
  upstreams,
  expiresAt,
}: Pick<Key, 'attribution' | 'tags' | 'upstreams' | 'expiresAt'>): string {
  const pairs = Object.entries({ ...attribution, ...tags }).map(([name, value]) => `${name}=${value}`)
  return [
    pairs.length === 0 ? 'calls say themselves what they belong to' : pairs.join(' '),
    upstreams === null ? 'every upstream' : `only ${upstreams.join(', ')}`,
    expiresAt === null ? 'until it is revoked' : `until ${expiresAt}`,
  ].join('; ')
}

export function keysText(keys: readonly (Key & { readonly state: string })[]): string {
  if (keys.length === 0) return 'No keys. Make one: crossline keys create --name NAME'
  const cells = keys.map(key => [key.id, key.state, scopeText(key)])
  const widths = ['key', 'state'].map((title, i) => Math.max(title.length, ...cells.map(cell => cell[i]!.length)))
  const line = ([id, state, scope]: readonly string[]) =>
    `${padded(id!, widths[0]!)}  ${padded(state!, widths[1]!)}  ${scope}`
  return [line(['key', 'state', 'for']), ...cells.map(line)].join('\n')
}
