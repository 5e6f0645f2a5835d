// All tries of an option in; where its money, its tokens and its time went, to the last digit, out.

import { add, type Money, zero } from '../../meter/money.ts'
import { totalKinds, type Usage, type UsageKind } from '../../meter/usage.ts'
import { groupedBy } from '../../statistics/grouped.ts'
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

/** One for each option, in the order in which they first come. */
export function spentOf(attempts: readonly Attempt[]): Spent[] {
  return [...groupedBy(attempts, ({ option }) => option)].map(([option, tries]) => spentOn(option, tries))
}

function spentOn(option: string, tries: readonly Attempt[]): Spent {
  const usd = { passed: zero, failed: zero, ungraded: zero }
  const seconds = { passed: 0, failed: 0, ungraded: 0 }
  let verifierUsd: Money | null = null
  let judgeUsd = zero
  for (const attempt of tries) {
    const outcome = outcomeOf(attempt)
    usd[outcome] = add(usd[outcome], attempt.usd ?? zero)
    seconds[outcome] += attempt.seconds ?? 0
    judgeUsd = add(judgeUsd, attempt.judgeUsd ?? zero)
    for (const stage of attempt.stages) {
      if (stage.verifierUsd !== null) verifierUsd = add(verifierUsd ?? zero, stage.verifierUsd)
    }
  }
  const count = (isMissing: (attempt: Attempt) => boolean) => tries.filter(isMissing).length
  return {
    option,
    attempts: tries.length,
    usd,
    unpriced: count(attempt => attempt.usd === null),
    verifierUsd,
    judgeUsd,
    unpricedJudging: count(attempt => attempt.judgeUsd === null),
    tokens: tokensOf(tries.flatMap(({ usage }) => (usage === null ? [] : [usage]))),
    untold: count(({ usage }) => usage === null),
    seconds,
    untimed: count(attempt => attempt.seconds === null),
  }
}

const mediaKinds = totalKinds.filter(kind => !['input', 'cacheRead', 'cacheWrite', 'output'].includes(kind))

function tokensOf(usages: readonly Usage[]): Spent['tokens'] {
  const sum = (kinds: readonly UsageKind[]): number | null => {
    const told = usages.flatMap(usage => kinds.flatMap(kind => usage[kind] ?? []))
    return told.length === 0 ? null : told.reduce((total, tokens) => total + tokens, 0)
  }
  const output = sum(['output'])
  const reasoning = sum(['reasoning'])
  return {
    input: sum(['input']),
    cacheRead: sum(['cacheRead']),
    cacheWrite: sum(['cacheWrite']),
    media: sum(mediaKinds),
    reasoning,
    answer: output === null ? null : output - (reasoning ?? 0),
  }
}
