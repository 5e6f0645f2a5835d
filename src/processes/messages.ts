// What the processes of a server say to each other: the supervisor starts the others, and everything goes through it.
import type { StatedBudgets } from '../server/budget-settings.ts'
import type { HostSettings } from '../server/gateway-host.ts'
import type { Level } from '../server/log.ts'
import type { ScrapedServer } from '../server/scraper.ts'
import type { Figures } from './figures.ts'

/** How long calls may take to finish once a gateway is told to stop, or has lost its supervisor, unless settings say it. */
export const defaultDrainMs = 30_000

/** First word to a gateway. */
export interface GatewayStart {
  readonly kind: 'start'
  readonly dataDir: string
  readonly settings: HostSettings
  /** Names under which the server may be addressed. */
  readonly hosts: readonly string[]
  readonly version: string
}

/** Where the writer answers, and whether its ledger has been opened; null = it is being started. */
export interface WriterAddress {
  readonly url: string
  /** Where it is asked for budgets; null = there are none. */
  readonly budgetsUrl: string | null
  readonly isReady: boolean
  /** Whether its ledger could be opened. */
  readonly hasLedger: boolean
}

export type ToGateway =
  | GatewayStart
  | { readonly kind: 'writer'; readonly writer: WriterAddress | null }
  /** A client's socket goes along. */
  | { readonly kind: 'connection' }
  | AskFigures
  | { readonly kind: 'ping' }
  /** Those of all, as they were asked for. */
  | { readonly kind: 'all figures'; readonly id: number; readonly figures: readonly Figures[] }
  /** Lets calls finish for so long. */
  | { readonly kind: 'stop'; readonly graceMs: number }

export type FromGateway =
  | { readonly kind: 'pong' }
  /** Connections may come. */
  | { readonly kind: 'ready' }
  /** The connection has come: the next one may, once there is room. */
  | { readonly kind: 'took'; readonly hasRoom: boolean }
  | { readonly kind: 'room' }
  /** It was told to end: what is under way to it, and what comes, is another's. */
  | { readonly kind: 'leaving' }
  | OwnFigures
  | { readonly kind: 'ask all figures'; readonly id: number }
  | Said

/** First word to the writer. */
export interface WriterStart {
  readonly kind: 'start'
  readonly dataDir: string
  readonly configFile: string | null
  readonly priceFiles: readonly string[]
  /** Model servers whose metrics it reads. */
  readonly scraped: readonly ScrapedServer[]
  readonly budgets: StatedBudgets
  /** Of budgets that state none. */
  readonly zone: string | null
  readonly hosts: readonly string[]
  readonly version: string
}

export type ToWriter = WriterStart | AskFigures | { readonly kind: 'ping' } | { readonly kind: 'stop' }

/** What a ledger has once it is open. */
export interface Opened {
  readonly calls: number
  /** They are the bundled sample's. */
  readonly sample: boolean
}

export type FromWriter =
  | { readonly kind: 'pong' }
  | { readonly kind: 'listening'; readonly url: string; readonly budgetsUrl: string | null }
  /** Its ledger is open, or cannot be: null. */
  | { readonly kind: 'opened'; readonly opened: Opened | null }
  | OwnFigures
  | Said

/** For the person at the terminal. */
interface Said {
  readonly kind: 'say'
  readonly level: Level
  readonly text: string
}

interface AskFigures {
  readonly kind: 'ask figures'
  readonly id: number
}

interface OwnFigures {
  readonly kind: 'figures'
  readonly id: number
  readonly figures: Figures
}
