// A call as somebody's record tells of it in; the call as a ledger can hold it, or what no ledger can hold, out.
import { attributionKinds } from '../core/meter/call.ts'
import { providerId } from '../core/meter/seller.ts'
import { usageKinds } from '../core/meter/usage.ts'
import type { ReadCall } from './importer.ts'

const wholeMax = 2_147_483_647
/** Years 1 to 9999. */
const micros = { from: -62_135_596_800e6, to: 253_402_300_800e6 }

/** Why a call's figures are none: `input: expected a whole number from 0 to 2147483647, got -1`. Null: they are. */
export function unstorable(call: ReadCall): string | null {
  const wrong = usageKinds.find(kind => {
    const count = call.usage[kind]
    return count !== null && !(Number.isInteger(count) && count >= 0 && count <= wholeMax)
  })
  if (wrong !== undefined) {
    return `${wrong}: expected a whole number from 0 to ${wholeMax}, got ${call.usage[wrong]}`
  }
  const { atMicros, id } = call
  if (!(Number.isSafeInteger(atMicros) && atMicros >= micros.from && atMicros < micros.to)) {
    return 'the time of the call is missing or no time'
  }
  return id === '' ? 'the call has no id' : null
}

/** The call with texts that every store takes, its seller by the catalog's id; a text of nothing says nothing. */
export function storable(call: ReadCall): ReadCall {
  const text = (value: string | null) => (value === null ? null : plain(value) || null)
  return {
    ...call,
    id: plain(call.id),
    provider: sellerOf(text(call.provider)),
    model: text(call.model),
    tier: text(call.tier),
    region: text(call.region),
    speed: text(call.speed),
    attribution: Object.fromEntries(
      attributionKinds.map(kind => [kind, text(call.attribution[kind])]),
    ) as unknown as ReadCall['attribution'],
    tags: Object.fromEntries(Object.entries(call.tags).map(([name, value]) => [plain(name), plain(value)])),
  }
}

const sellerOf = (name: string | null): string | null => (name === null ? null : providerId(name))

/** Halves of characters and NUL, which text on a disk cannot hold. */
const plain = (text: string): string =>
  text
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .replaceAll('\0', '')
    .trim()
