// An option as the runner carries it out: one target, or a composition of options that each have one.
import type { TriedOption } from '../../core/decide/quality/tried-option.ts'
import type { Target } from '../client.ts'
import type { GraderSpec } from '../task.ts'

/** How fast an option may be asked; null = as fast as the run's concurrency. */
export interface OptionPace {
  readonly concurrency: number | null
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
}

interface Planned {
  readonly name: string
  readonly tried: TriedOption
  readonly pace: OptionPace
}

export interface SimpleOption extends Planned {
  readonly kind: 'simple'
  readonly target: Target
}

export interface CascadeOption extends Planned {
  readonly kind: 'cascade'
  /** In order: the next one where the verifier does not say yes. */
  readonly stages: readonly SimpleOption[]
  readonly verifier: GraderSpec
  readonly gradeStages: boolean
}

export interface BestOfOption extends Planned {
  readonly kind: 'best-of-n'
  readonly of: SimpleOption
  readonly count: number
  /** Null = the answer given most often. */
  readonly verifier: GraderSpec | null
  readonly gradeStages: boolean
}

export type OptionPlan = SimpleOption | CascadeOption | BestOfOption
