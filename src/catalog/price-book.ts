// Hosted offers, the npm catalogue, our shipped price files and the user's own in; one price book, the later winning, out.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Fault } from '../core/fault/fault.ts'
import {
  type DedicatedEndpoint,
  type ModelEntry,
  modelMatches,
  type PriceBook,
  plainName,
  type Seller,
} from '../core/meter/rates.ts'
import { dataRoot } from './data-root.ts'
import { type BandCorrection, npmCatalog, npmModels, npmProviders } from './npm-prices.ts'
import { withOffers } from './offer-rows.ts'
import { type HostedOffer, loadOffers } from './offers.ts'
import { type PricesFile, parsePrices, type SellerSheet } from './overlay.ts'
import {
  dedicatedOf,
  discountsOf,
  feesOf,
  multipliersOf,
  originOf,
  routerOf,
  rowsOf,
  type SheetOrigin,
} from './overlay-rows.ts'
import { ownFiles, ownPricesText, readOwnOffers } from './own-facts.ts'

interface Sheet {
  readonly file: PricesFile
  readonly origin: SheetOrigin
}

/** What to lay on top of the catalogue. */
export interface PriceBookOptions {
  /** The crossline.yaml beside which a team's own prices.yaml and offers lie; absent = none are looked for. */
  readonly configFile?: string | undefined
  /** Paths of prices.yaml files, the later winning. */
  readonly overlays?: readonly string[]
  /** False leaves the files of data/prices out: what the npm catalogue alone would say. */
  readonly shipped?: boolean
}

/** Loads the price book: offline, no clock, the same for the same files. Throws PRICES_INVALID, PRICES_MISSING. */
export function loadPriceBook(options: PriceBookOptions = {}): PriceBook {
  const hash = createHash('sha256')
  const sheets: Sheet[] = []
  if (options.shipped !== false) {
    const folder = join(dataRoot(), 'prices')
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.yaml')) continue
      const text = readFileSync(join(folder, name), 'utf8')
      hash.update(text)
      const file = parsePrices(text, `data/prices/${name}`)
      sheets.push({ file, origin: originOf(file, 'shipped', `data/prices/${name}`) })
    }
  }
  // A file named twice is laid once: its discounts would otherwise count twice.
  const beside = options.configFile === undefined ? [] : ownOverlays(options.configFile)
  const paths = new Map([...beside, ...(options.overlays ?? [])].map(path => [resolve(path), path]))
  for (const path of paths.values()) {
    const text = readOverlay(path)
    hash.update(text)
    const file = parsePrices(text, path)
    sheets.push({ file, origin: originOf(file, 'user', path) })
  }
  let offers: readonly HostedOffer[] = []
  if (options.shipped !== false) {
    hash.update(readFileSync(join(dataRoot(), 'hosted-offers.csv')))
    const own = options.configFile === undefined ? null : ownFiles(options.configFile)
    hash.update((own && ownPricesText(own)) ?? '')
    offers = loadOffers(new Set(), own === null ? [] : readOwnOffers(own))
  }
  return assemble(sheets, offers, hash.digest('hex').slice(0, 8))
}

/** Every file that a price book of these options rests on, there or not: while none of them changes, neither does the book. */
export function priceBookFiles(options: PriceBookOptions = {}): string[] {
  const { configFile, overlays = [] } = options
  const shipped = join(dataRoot(), 'prices')
  const own = configFile === undefined ? null : ownFiles(configFile)
  const beside = own === null ? [] : [ownPrices(configFile!), own.models, own.offers]
  return [
    ...readdirSync(shipped)
      .sort()
      .map(name => join(shipped, name)),
    join(dataRoot(), 'hosted-offers.csv'),
    ...beside,
    ...overlays,
  ]
}

const ownPrices = (configFile: string): string => join(dirname(resolve(configFile)), 'prices.yaml')

/** The prices.yaml beside the configuration file, when there is one: laid on top of the catalogue without being named. */
function ownOverlays(configFile: string): string[] {
  const path = ownPrices(configFile)
  return existsSync(path) ? [path] : []
}

function readOverlay(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault(
      'PRICES_MISSING',
      'the price file cannot be read',
      { where: path, fix: 'check the path' },
      { cause },
    )
  }
}

function assemble(sheets: readonly Sheet[], offers: readonly HostedOffer[], hash: string): PriceBook {
  const ids = new Set(npmProviders)
  for (const { file } of sheets) for (const id of Object.keys(file.providers)) ids.add(id)
  const dedicated: DedicatedEndpoint[] = []
  const sellers = [...ids].sort().map(id => {
    const own = sheets.flatMap(({ file, origin }) => {
      const sheet = file.providers[id]
      return sheet ? [{ sheet, origin }] : []
    })
    for (const { sheet, origin } of own) dedicated.push(...dedicatedOf(id, sheet, origin))
    return sellerFrom(id, own)
  })
  const newestDate = newest(sellers, offers)
  const version = `${newestDate}+genai-prices-${npmCatalog.version}+${hash}`
  const book = { version, newestDate, sellers, dedicated }
  return offers.length === 0 ? book : { ...book, sellers: withOffers(book, offers) }
}

interface OwnSheet {
  readonly sheet: SellerSheet
  readonly origin: SheetOrigin
}

function sellerFrom(id: string, own: readonly OwnSheet[]): Seller {
  const corrections: BandCorrection[] = own.flatMap(({ sheet }) =>
    (sheet.corrections ?? []).map(c => ({
      above: Number(c.bandAbove),
      shouldBeAbove: Number(c.shouldBeAbove),
      applies: (model: string) => modelMatches(c.models ?? [], model),
    })),
  )
  const models = new Map<string, ModelEntry>()
  const notSold = own.flatMap(({ sheet }) => sheet.notSold ?? [])
  for (const model of npmModels(id, corrections)) {
    if (notSold.length === 0 || !modelMatches(notSold, model.id)) models.set(model.id.toLowerCase(), model)
  }
  for (const { sheet, origin } of own) {
    for (const [name, modelSheet] of Object.entries(sheet.models ?? {})) {
      const key = name.toLowerCase()
      const before = models.get(key) ?? { id: name, names: [], patterns: [], rows: [] }
      models.set(key, {
        ...before,
        names: [...before.names, ...(modelSheet.aliases ?? [])],
        rows: [...before.rows, ...rowsOf(modelSheet, origin)],
      })
    }
  }
  const all = <T>(pick: (sheet: OwnSheet) => readonly T[]): T[] => own.flatMap(pick)
  // Without a prototype: a call may ask for a tier of any name, "constructor" too.
  const merged = (pick: (sheet: SellerSheet) => Readonly<Record<string, string>> | undefined): Record<string, string> =>
    Object.assign(Object.create(null), ...own.map(({ sheet }) => pick(sheet) ?? {}))
  return {
    id,
    names: all(({ sheet }) => sheet.names ?? []),
    ownModels: all(({ sheet }) => sheet.ownModels ?? []),
    models: [...models.values()],
    resells: all(({ sheet }) => sheet.resells ?? []),
    regionInName: own.some(({ sheet }) => String(sheet.regionInName) === 'true'),
    tierNames: merged(s => plainNames(s.tierNames)),
    tierOfSpeed: merged(s => plainNames(s.tierOfSpeed)),
    speedOfTier: merged(s => plainNames(s.speedOfTier)),
    multipliers: all(({ sheet, origin }) => multipliersOf(sheet, origin)),
    discounts: all(({ sheet, origin }) => discountsOf(sheet, origin)),
    fees: all(({ sheet, origin }) => feesOf(sheet, origin)),
    billedAs: merged(s => s.billedAs as Record<string, string> | undefined),
    router: own.map(({ sheet, origin }) => routerOf(sheet, origin)).findLast(r => r !== null) ?? null,
  }
}

const plainNames = (names: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(names).map(([from, to]) => [plainName(from), plainName(to)]))

/** The newest date on which anybody looked at a price. */
function newest(sellers: readonly Seller[], offers: readonly HostedOffer[]): string {
  let date: string = npmCatalog.publishedAt
  for (const seller of sellers) {
    for (const model of seller.models)
      for (const { observedAt } of model.rows) if (observedAt && observedAt > date) date = observedAt
    for (const { observedAt } of [...seller.multipliers, ...seller.fees])
      if (observedAt && observedAt > date) date = observedAt
  }
  for (const { observedAt } of offers) if (observedAt && observedAt > date) date = observedAt
  return date
}
