// The dated price table as values: who sells which model, at which rates, when, where and to whom.
import type { WeeklyWindow } from './calendar.ts'
import type { Decimal } from './money.ts'
import type { UnitKind, UsageKind } from './usage.ts'

/** Whatever a seller can put a rate on. */
export type BilledKind = UsageKind | UnitKind

/** Kinds billed by the token: tier, region and context-band multipliers apply to these and never to fees. */
export const tokenKinds = [
  'input',
  'cacheRead',
  'cacheWrite',
  'cacheWrite5m',
  'cacheWrite1h',
  'cacheWrite30m',
  'cacheWrite12h',
  'inputAudio',
  'inputImage',
  'output',
  'reasoning',
  'outputAudio',
  'outputImage',
] as const satisfies readonly UsageKind[]

/** Units in which a rate is published, where it is not one. */
export const publishedPer: Readonly<Record<BilledKind, number>> = {
  input: 1_000_000,
  cacheRead: 1_000_000,
  cacheWrite: 1_000_000,
  cacheWrite5m: 1_000_000,
  cacheWrite1h: 1_000_000,
  cacheWrite30m: 1_000_000,
  cacheWrite12h: 1_000_000,
  inputAudio: 1_000_000,
  inputImage: 1_000_000,
  output: 1_000_000,
  reasoning: 1_000_000,
  outputAudio: 1_000_000,
  outputImage: 1_000_000,
  searches: 1_000,
  requests: 1_000,
  fileSearches: 1_000,
  textMessages: 1_000,
  pages: 1_000,
  annotatedPages: 1_000,
  rerankUnits: 1_000,
  images: 1,
  audioSeconds: 3_600,
  characters: 1_000_000,
  citationTokens: 1_000_000,
  cacheStorageTokenHours: 1_000_000,
  cacheStorageTokenSeconds: 3_600_000_000,
}

export interface Rate {
  /** USD for `per` units. */
  readonly usd: Decimal
  readonly per: number
}

export type Rates = Readonly<Partial<Record<BilledKind, Rate>>>

/** Rates that replace the row's own for every token of a call whose whole prompt has at least this many tokens. */
export interface ContextBand {
  readonly fromPromptTokens: number
  /** The boundary as the seller states it, `> 272000` or `>= 200000`. */
  readonly stated: string
  readonly rates: Rates
}

/** Later layers win: hosts' listed offers, what npm publishes, what we ship beside it, what the user knows better. */
export const layers = ['offers', 'catalog', 'shipped', 'user'] as const
export type Layer = (typeof layers)[number]

export interface Provenance {
  readonly layer: Layer
  /** The package or file that the row was read from. */
  readonly source: string
  /** What the file says it took the row from. */
  readonly reference: string | null
  /** When somebody last looked (YYYY-MM-DD); null when nobody says. */
  readonly observedAt: string | null
  /** `unverified`: from one secondary source or from memory. */
  readonly confidence: 'published' | 'quoted' | 'unverified' | 'negotiated'
}

export interface Effective {
  readonly fromMicros: number | null
  readonly toMicros: number | null
}

/** One row of the table: the rates of a model for a tier, region and speed over a time. */
export interface RateRow extends Provenance, Effective {
  readonly tier: string
  /** Null = wherever no row says otherwise; else see `regionMatches`. */
  readonly region: string | null
  readonly speed: string | null
  readonly window: WeeklyWindow | null
  readonly rates: Rates
  readonly bands: readonly ContextBand[]
}

/** A factor on token rates for a tier, region or speed that has no published row of its own, or a negotiated discount. */
export interface Multiplier extends Provenance, Effective {
  readonly tier: string | null
  readonly region: string | null
  readonly speed: string | null
  /** `name*` patterns of model ids; empty = all. */
  readonly models: readonly string[]
  readonly kinds: readonly BilledKind[] | null
  readonly times: Decimal
}

/** Fees of a seller for models whose own rows name none. Never multiplied. */
export interface FeeRule extends Provenance, Effective {
  readonly models: readonly string[]
  readonly rates: Rates
  /** A call that searches is charged once, however often it does. */
  readonly searchesOncePerCall: boolean
}

export interface ModelEntry {
  readonly id: string
  /** Other spellings that mean this very model. */
  readonly names: readonly string[]
  /** Whole-name patterns (dated snapshots) from the catalog. */
  readonly patterns: readonly RegExp[]
  readonly rows: readonly RateRow[]
}

/** A router that passes the upstream seller's price on and takes a share of it. */
export interface RouterRule extends Provenance {
  readonly tier: string
  readonly share: Decimal
}

export interface Seller {
  readonly id: string
  readonly names: readonly string[]
  /** Patterns of model names that mean this seller when no provider is given; one with `!` before it takes names out. */
  readonly ownModels: readonly string[]
  readonly models: readonly ModelEntry[]
  /** Sellers whose prices hold here for models not listed (a cloud's resale at list price). */
  readonly resells: readonly string[]
  /** `global.anthropic.x` names a region before the model. */
  readonly regionInName: boolean
  /** Tier names that mean another tier here. */
  readonly tierNames: Readonly<Record<string, string>>
  /** Tiers that are asked for as a speed here, and speeds that are asked for as a tier. */
  readonly tierOfSpeed: Readonly<Record<string, string>>
  readonly speedOfTier: Readonly<Record<string, string>>
  readonly multipliers: readonly Multiplier[]
  readonly discounts: readonly Multiplier[]
  readonly fees: readonly FeeRule[]
  /** Kinds that this seller bills at another kind's rate when a row names none for them. */
  readonly billedAs: Readonly<Partial<Record<BilledKind, BilledKind>>>
  readonly router: RouterRule | null
}

/** A model rented by the hour: money without tokens. */
export interface DedicatedEndpoint extends Provenance, Effective {
  readonly provider: string
  readonly id: string
  readonly model: string
  readonly gpu: string | null
  readonly gpus: number | null
  readonly region: string | null
  /** USD per hour of one endpoint, exact decimal. */
  readonly usdPerHour: Decimal
  readonly minBillableSeconds: number
}

export interface PriceBook {
  /** Names the data: the npm package, the shipped files and the overlays together. */
  readonly version: string
  /** The newest date on which somebody looked: what prices are "as of" when no time is given (YYYY-MM-DD). */
  readonly newestDate: string
  readonly sellers: readonly Seller[]
  readonly dedicated: readonly DedicatedEndpoint[]
}

/** A tier's or speed's name as it is compared: without case, spaces and dashes as underscores. */
export const plainName = (text: string): string => text.trim().toLowerCase().replace(/[\s-]/g, '_')

const standardTiers = new Set(['', 'standard', 'default', 'auto', 'normal', 'regular', 'on_demand', 'standard_only'])
const batchTiers = new Set(['batches', 'batch_api', 'async'])

/** A tier by the one name that rows and calls share, where sellers have several for it. */
export function tierName(text: string): string {
  const name = plainName(text)
  return standardTiers.has(name) ? 'standard' : batchTiers.has(name) ? 'batch' : name
}

/** `us` means us and us-anything, `!global` means any named region but global; else the very name. */
export function regionMatches(pattern: string, region: string | null): boolean {
  if (region === null) return false
  if (pattern.startsWith('!')) return region !== pattern.slice(1)
  return region === pattern || region.startsWith(`${pattern}-`)
}

/** Whether a name is one of a seller's own models. */
export const isOwnModel = ({ ownModels }: Seller, name: string): boolean =>
  modelMatches(['', ...ownModels.filter(p => !p.startsWith('!'))], name) &&
  !modelMatches(['', ...ownModels.filter(p => p.startsWith('!')).map(p => p.slice(1))], name)

/** Whether a model id fits one of the patterns (`gpt-5*`); no patterns fit everything. */
export function modelMatches(patterns: readonly string[], id: string): boolean {
  if (patterns.length === 0) return true
  const name = id.toLowerCase()
  return patterns.some(p =>
    p.endsWith('*') ? name.startsWith(p.slice(0, -1).toLowerCase()) : name === p.toLowerCase(),
  )
}

export const isEffective = ({ fromMicros, toMicros }: Effective, atMicros: number): boolean =>
  (fromMicros === null || atMicros >= fromMicros) && (toMicros === null || atMicros < toMicros)
