// A provider's and a model's names as people and APIs spell them in; the seller and the model of the price table out.
// Generous with spellings, strict about siblings: a name is a model's own, an alias of it, or a dated snapshot of it, never "close".
import { nearestName } from '../fault/fault.ts'
import { isOwnModel, type ModelEntry, type PriceBook, type Seller } from './rates.ts'

export type Match = 'exact' | 'alias' | 'prefix' | 'override'

export interface Resolution {
  readonly seller: Seller
  /** Where the rows are: the seller itself, or the one it resells. */
  readonly rowsOf: Seller
  readonly model: ModelEntry
  readonly match: Match
  /** A region that the name itself carries (`global.anthropic.…`). */
  readonly region: string | null
}

export type Resolved = Resolution | { readonly reason: string }

interface SellerIndex {
  readonly exact: ReadonlyMap<string, ModelEntry>
  readonly names: ReadonlyMap<string, ModelEntry>
  /** Spellings with `.` and `_` read as `-`; null where two models share one. */
  readonly loose: ReadonlyMap<string, ModelEntry | null>
}

interface BookIndex {
  readonly sellers: ReadonlyMap<string, Seller>
  readonly models: Map<string, SellerIndex>
}

const indexes = new WeakMap<PriceBook, BookIndex>()

const sellerKey = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')
const looseKey = (name: string): string => name.replace(/[._\s]/g, '-')

/** The seller that a provider's name means, or null. */
export function sellerOf(book: PriceBook, provider: string): Seller | null {
  return bookIndex(book).sellers.get(sellerKey(provider)) ?? null
}

/** Finds the model that a call names. `provider` null = whoever makes the model, or its only seller. */
export function resolveModel(book: PriceBook, provider: string | null, model: string): Resolved {
  if (model.trim() === '') return { reason: 'no model was named' }
  if (provider !== null && provider.trim() !== '') {
    const seller = sellerOf(book, provider)
    if (seller) return resolveAt(book, seller, model) ?? { reason: missing(book, seller, model) }
    const near = nearestName(
      provider,
      book.sellers.map(s => s.id),
    )
    return { reason: `no prices of provider "${provider}" are known${near ? ` (nearest name: ${near})` : ''}` }
  }
  return resolveAnywhere(book, model)
}

function resolveAnywhere(book: PriceBook, model: string): Resolved {
  const slash = model.indexOf('/')
  if (slash > 0) {
    // `openai/gpt-5` names a seller, `openai/gpt-oss-120b` the maker of weights that others sell.
    const named = sellerOf(book, model.slice(0, slash))
    const rest = model.slice(slash + 1)
    const sells = named && (named.ownModels.length === 0 || isOwnModel(named, rest.toLowerCase()))
    const found = sells && resolveAt(book, named, rest)
    if (found) return { ...found, match: found.match === 'exact' ? 'alias' : found.match }
  }
  const name = model.toLowerCase()
  if (
    /^((global|us|eu|apac|jp|au|ca|us-gov)\.)?(anthropic|amazon|meta|cohere|ai21|mistral|openai|qwen|deepseek)\./.test(
      name,
    )
  ) {
    const bedrock = book.sellers.find(s => s.regionInName)
    const found = bedrock && resolveAt(book, bedrock, model)
    if (found) return found
  }
  for (const seller of book.sellers) {
    if (!isOwnModel(seller, name)) continue
    const found = resolveAt(book, seller, model)
    if (found) return found
  }
  const holders: Resolution[] = []
  for (const seller of book.sellers) {
    const found = resolveAt(book, seller, model)
    if (found && found.rowsOf === seller) holders.push(found)
  }
  const only = holders[0]
  // Where one host's offer is all that is known, others may sell the same weights: the name alone is no price.
  if (only && holders.length === 1 && only.model.rows.some(row => row.layer !== 'offers')) return only
  if (only) {
    const ids = holders.map(h => h.seller.id)
    const some = ids.length > 5 ? `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more` : ids.join(', ')
    return {
      reason: `"${model}" is sold by ${some} at ${ids.length === 1 ? 'a price of its own' : 'prices of their own'}: name a provider`,
    }
  }
  return { reason: `no price of model "${model}" is known` }
}

/** The model of a name at one seller, or null; cheaper than `resolveModel`, which also says what is missing. */
export function resolveAt(book: PriceBook, seller: Seller, asked: string): Resolution | null {
  const own = find(book, seller, asked)
  if (own) return { seller, rowsOf: seller, ...own }
  for (const id of seller.resells) {
    const other = book.sellers.find(s => s.id === id)
    const found = other && find(book, other, asked)
    if (found) return { seller, rowsOf: other, ...found }
  }
  return null
}

type Found = Pick<Resolution, 'model' | 'match' | 'region'>

function find(book: PriceBook, seller: Seller, asked: string): Found | null {
  const index = sellerIndex(book, seller)
  const whole = asked.trim().toLowerCase()
  const exact = index.exact.get(whole)
  if (exact) return { model: exact, match: 'exact', region: null }
  const forms = spellings(seller, whole)
  for (const { form, region } of forms) {
    const model = index.names.get(form) ?? index.loose.get(looseKey(form))
    if (model) return { model, match: 'alias', region }
  }
  for (const { form, region } of forms) {
    for (let stem = withoutSnapshot(seller, form); stem !== null; stem = withoutSnapshot(seller, stem)) {
      const model = index.names.get(stem) ?? index.loose.get(looseKey(stem))
      if (model && !isOtherVersion(form, model.id.toLowerCase())) return { model, match: 'prefix', region }
    }
    const model = seller.models.find(m => m.patterns.some(p => p.test(form)))
    if (model) return { model, match: 'prefix', region }
  }
  return null
}

/** The name as given, then without the path, vendor or region that some APIs write before it. */
function spellings(seller: Seller, whole: string): { form: string; region: string | null }[] {
  const forms = [{ form: whole, region: null as string | null }]
  let form = whole.replace(/^arn:aws[^/]*\//, '').replace(/^(?:projects\/.*\/)?(?:publishers\/[^/]+\/)?models\//, '')
  let region: string | null = null
  if (form !== whole) forms.push({ form, region })
  // `ft:gpt-4o-2024-08-06:team::id` is billed as every fine-tuned model of its base.
  const tuned = /^((?:[\w-]+\/)?ft:[^:]+):/.exec(form)
  if (tuned) {
    form = tuned[1]!
    forms.push({ form, region })
  }
  const slash = form.indexOf('/')
  if (
    slash > 0 &&
    [seller.id, ...seller.names, ...seller.resells].some(n => sellerKey(n) === sellerKey(form.slice(0, slash)))
  ) {
    form = form.slice(slash + 1)
    forms.push({ form, region })
  }
  if (seller.regionInName) {
    const match = /^(global|regional|us-gov|us|eu|apac|jp|au|ca)\.(.+)$/.exec(form)
    if (match) {
      region = match[1]!
      form = match[2]!
      forms.push({ form, region })
    }
  }
  return forms
}

// What may follow a model's name without making it another model: a snapshot date, a revision, "latest".
// `-5` after `claude-sonnet-5` is none of these.
const snapshot =
  /(?:[-@](?:20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|latest|default|v\d+(?::\d+)?)|:\d+k?|(?<=^gemini-.*)-00\d)$/
const monthAndDay = /[-@](?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])$/

function withoutSnapshot(seller: Seller, name: string): string | null {
  let stem = name.replace(snapshot, '')
  // Its maker dates a model's snapshots; a host of open weights so names other weights (deepseek-r1-0528 is not r1).
  if (stem === name && (seller.resells.length > 0 || isOwnModel(seller, name))) stem = name.replace(monthAndDay, '')
  if (stem === name || stem === '') return null
  // The latest of a family (gemini-pro, ministral-3b) is not the model that once had the bare name.
  return name.endsWith('latest') && !/\d(?![\d.]*b)/.test(stem) ? null : stem
}

const versionAtEnd = /-v(\d+)(?::\d+)?$/

/** Both names end in a version and not in the same: titan-embed-text-v2 is not titan-embed-text-v1. */
function isOtherVersion(asked: string, id: string): boolean {
  const [a, b] = [versionAtEnd.exec(asked)?.[1], versionAtEnd.exec(id)?.[1]]
  return a !== undefined && b !== undefined && a !== b
}

function missing(book: PriceBook, seller: Seller, model: string): string {
  const near = nearestName(model, sellerIndex(book, seller).exact.keys())
  return `no price of model "${model}" at ${seller.id} is known${near ? ` (nearest name: ${near}, another model)` : ''}`
}

function bookIndex(book: PriceBook): BookIndex {
  let index = indexes.get(book)
  if (!index) {
    const sellers = new Map<string, Seller>()
    for (const seller of book.sellers) for (const name of seller.names) sellers.set(sellerKey(name), seller)
    for (const seller of book.sellers) sellers.set(sellerKey(seller.id), seller)
    index = { sellers, models: new Map() }
    indexes.set(book, index)
  }
  return index
}

function sellerIndex(book: PriceBook, seller: Seller): SellerIndex {
  const { models } = bookIndex(book)
  let index = models.get(seller.id)
  if (!index) {
    const exact = new Map<string, ModelEntry>()
    const names = new Map<string, ModelEntry>()
    const loose = new Map<string, ModelEntry | null>()
    for (const model of seller.models) exact.set(model.id.toLowerCase(), model)
    for (const model of seller.models) {
      for (const name of [model.id, ...model.names]) {
        const key = name.toLowerCase()
        if (!names.has(key) || key === model.id.toLowerCase()) names.set(key, model)
      }
    }
    for (const [name, model] of names) {
      const key = looseKey(name)
      const other = loose.get(key)
      loose.set(key, other === undefined || other === model ? model : null)
    }
    index = { exact, names, loose }
    models.set(seller.id, index)
  }
  return index
}
