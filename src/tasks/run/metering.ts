// What a run needs of the gateway: requests that are metered and priced as any call of production. The command line makes one of these.
import type { Money } from '../../core/meter/money.ts'
import type { Usage } from '../../core/meter/usage.ts'
import type { Completed, OnBehalfOf, Target, Unanswered } from '../client.ts'
import type { Prompt } from '../task.ts'

export interface MeteredRequest {
  readonly target: Target
  readonly prompt: Prompt
  readonly onBehalfOf: OnBehalfOf
  /** Names the request once; the ledger has it as the call's tag `key`. */
  readonly id: string
  /** The same for each request that asks the same: providers who honour it answer, and bill, but once. */
  readonly idempotencyKey: string
}

/** What a program's calls came to by now. */
export interface SessionTally {
  readonly calls: number
  /** Refused by the provider, or never there. */
  readonly failed: number
  /** Broken off before their end, by whichever side. */
  readonly brokenOff: number
  readonly usage: Usage | null
  /** Null = of one of them nobody knows. */
  readonly usd: Money | null
}

export interface SessionHooks {
  /** Asked before each call goes out; false = it does not. */
  permit(callId: string, most: Money | null): Promise<boolean>
  /** The call is over. */
  settled(callId: string, usd: Money | null): void
}

/** A program's way to the gateway: whatever it calls is metered under one task. */
export interface Session {
  /** Addresses and a key for every SDK. */
  readonly environment: Readonly<Record<string, string>>
  tally(): SessionTally
  /** The key is of no use from now on; resolves once the last call is settled, or nobody will tell of it. */
  close(): Promise<SessionTally>
}

export interface Metering {
  /** Never throws for what a provider does. */
  complete(request: MeteredRequest, signal: AbortSignal): Promise<Completed | Unanswered>
  /** The most that it can cost, by the price function of the ledger; null = unknown. */
  most(target: Target, prompt: Prompt): Money | null
  /** About what it will cost, its answer so many tokens long at most; null = unknown. */
  about(target: Target, prompt: Prompt, outputTokens: number): Money | null
  /** About how many tokens it has, prompt and answer, as rate limits count. */
  tokens(target: Target, prompt: Prompt): number
  session(target: Target, onBehalfOf: OnBehalfOf, id: string, hooks: SessionHooks): Session
}
