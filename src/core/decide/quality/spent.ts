// Tries in, one by one; where each option's money, tokens and time went, to the last digit, out.
import { add, type Money, zero } from '../../meter/money.ts'
import { totalKinds, type UsageKind } from '../../meter/usage.ts'
import type { Attempt } from './attempt.ts'

/** How a try came out, as money and time are told apart by. */
export const outcomes = ['passed', 'failed', 'ungraded'] as const
export type Outcome = (typeof outcomes)[number]

export interface Spent {
  readonly option: string
  readonly attempts: number
  /** The option's own work by how the try came out: adds up to all of it that is known. */
  readonly usd: Readonly<Record<Outcome, Money>>
  /** Tries whose cost nobody knows: in no sum. */
  readonly unpriced: number
  /** Part of the above: checks that the option needs to do its work. Null = no try told its stages. */
  readonly verifierUsd: Money | null
  /** Grading by models: beside the option's cost, never in it. */
  readonly judgeUsd: Money
  readonly unpricedJudging: number
  /** Sums over the tries that told the kind; a kind that none told is null. */
  readonly tokens: Readonly<Record<TokenPart, number | null>>
  readonly untold: number
  readonly seconds: Readonly<Record<Outcome, number>>
  readonly untimed: number
}

/** Kinds as they are billed apart; `answer` is what was written beside reasoning. */
export const tokenParts = ['input', 'cacheRead', 'cacheWrite', 'media', 'reasoning', 'answer'] as const
export type TokenPart = (typeof tokenParts)[number]

export const outcomeOf = ({ passed }: Pick<Attempt, 'passed'>): Outcome =>
  passed === null ? 'ungraded' : passed ? 'passed' : 'failed'

/** Tries come one by one; what is kept is sums. */
export interface SpentCollector {
  add(attempt: Omit<Attempt, 'attempt'>): void
  /** One for each option, in the order in which they first came. */
  spent(): Spent[]
}

export function spentCollector(): SpentCollector {
  const sums = new Map<string, Sums>()
  return {
    add(attempt) {
      const known = sums.get(attempt.option) ?? emptySums()
      sums.set(attempt.option, known)
      take(known, attempt)
    },
    spent: () => [...sums].map(([option, { tokens, ...rest }]) => ({ option, ...rest, tokens: partsOf(tokens) })),
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
type Sums = Writable<Omit<Spent, 'option' | 'tokens' | 'usd' | 'seconds'>> & {
  readonly usd: Record<Outcome, Money>
  readonly seconds: Record<Outcome, number>
  /** Told by some try: its sum. */
  readonly tokens: Map<UsageKind, number>
}

const emptySums = (): Sums => ({
  attempts: 0,
  usd: { passed: zero, failed: zero, ungraded: zero },
  unpriced: 0,
  verifierUsd: null,
  judgeUsd: zero,
  unpricedJudging: 0,
  tokens: new Map(),
  untold: 0,
  seconds: { passed: 0, failed: 0, ungraded: 0 },
  untimed: 0,
})

function take(sums: Sums, attempt: Omit<Attempt, 'attempt'>): void {
  const outcome = outcomeOf(attempt)
  sums.attempts++
  if (attempt.usd === null) sums.unpriced++
  else sums.usd[outcome] = add(sums.usd[outcome], attempt.usd)
  if (attempt.judgeUsd === null) sums.unpricedJudging++
  else sums.judgeUsd = add(sums.judgeUsd, attempt.judgeUsd)
  for (const { verifierUsd } of attempt.stages) {
    if (verifierUsd !== null) sums.verifierUsd = add(sums.verifierUsd ?? zero, verifierUsd)
  }
  if (attempt.seconds === null) sums.untimed++
  else sums.seconds[outcome] += attempt.seconds
  if (attempt.usage === null) sums.untold++
  else {
    for (const kind of countedKinds) {
      const told = attempt.usage[kind]
      if (told !== null) sums.tokens.set(kind, (sums.tokens.get(kind) ?? 0) + told)
    }
  }
}

const countedKinds: readonly UsageKind[] = [...totalKinds, 'reasoning']
const mediaKinds = totalKinds.filter(kind => !['input', 'cacheRead', 'cacheWrite', 'output'].includes(kind))

function partsOf(told: ReadonlyMap<UsageKind, number>): Spent['tokens'] {
  const media = mediaKinds.flatMap(kind => told.get(kind) ?? [])
  const output = told.get('output') ?? null
  const reasoning = told.get('reasoning') ?? null
  return {
    input: told.get('input') ?? null,
    cacheRead: told.get('cacheRead') ?? null,
    cacheWrite: told.get('cacheWrite') ?? null,
    media: media.length === 0 ? null : media.reduce((total, tokens) => total + tokens, 0),
    reasoning,
    answer: output === null ? null : output - (reasoning ?? 0),
  }
}
