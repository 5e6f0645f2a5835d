// A model as a bill or a log names it, and whose it is, in; one key for all its spellings out.

import type { BilledLine } from '../core/meter/charge.ts'
import { resolveModel } from '../core/meter/model-name.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { sellerKey } from '../core/meter/seller.ts'

/** The price book's name of a model where it knows it, else the name itself in lower case. */
export function modelKey(book: PriceBook, provider: string | null, model: string): string {
  return known(book, provider, model) ?? model.trim().toLowerCase()
}

function known(book: PriceBook, provider: string | null, model: string): string | null {
  for (const name of provider === null ? [null] : [provider, sellerKey(provider), null]) {
    const found = resolveModel(book, name, model)
    if (!('reason' in found)) return found.model.id
  }
  return null
}

/** Whose calls these are: the provider's key, or, of calls that name none, the seller that the model's name means. */
export function providerKey(book: PriceBook, provider: string | null, model: string | null): string | null {
  if (provider !== null) return sellerKey(provider)
  if (model === null) return null
  const found = resolveModel(book, null, model)
  return 'reason' in found ? null : sellerKey(found.seller.id)
}

/** More words than this no model's name has. */
const mostWords = 6

/** What is billed for a model beside its calls: making one's own of it, and keeping that ready. */
const besideCalls = /\b(fine.?tuning|training|hosting)\b/i

/** The model of a billed line of calls: as it names it, else the longest beginning of its description that is one (`Claude Haiku 4.5 input`). */
export function modelOfLine(book: PriceBook, { provider, model, description }: BilledLine): string | null {
  if (besideCalls.test(description ?? '')) return null
  if (model !== null) return modelKey(book, provider, model)
  const words = (description ?? '')
    .trim()
    .split(/[\s,]+/)
    .slice(0, mostWords)
  for (let n = words.length; n > 0; n--) {
    const found = words[0] === '' ? null : known(book, provider, words.slice(0, n).join('-'))
    if (found !== null) return found
  }
  return null
}
