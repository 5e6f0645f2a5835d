// A try in; the plain row out that runs keep, exports print and `tasks rank` reads: one shape for JSON Lines and, flattened, for CSV.
import { formatUsd, type Money } from '../../meter/money.ts'
import type { Usage } from '../../meter/usage.ts'
import type { Attempt, AttemptStage } from './attempt.ts'

/** An `Attempt` as JSON: exact money as decimal strings, unknown as null. */
export type AttemptRow = Omit<Attempt, 'usd' | 'reportedUsd' | 'judgeUsd' | 'stages'> & {
  readonly usd: string | null
  readonly reportedUsd: string | null
  readonly judgeUsd: string | null
  readonly stages: readonly StageRow[]
}

type StageRow = Omit<AttemptStage, 'usd' | 'verifierUsd'> & {
  readonly usd: string | null
  readonly verifierUsd: string | null
}

const text = (usd: Money | null): string | null => (usd === null ? null : formatUsd(usd))

/** The five columns that every reader knows come first. */
export function rowOf(attempt: Attempt): AttemptRow {
  const { option, task, attempt: ordinal, passed, usd, reportedUsd, judgeUsd, stages, ...rest } = attempt
  return {
    option,
    task,
    attempt: ordinal,
    passed,
    usd: text(usd),
    reportedUsd: text(reportedUsd),
    judgeUsd: text(judgeUsd),
    ...rest,
    stages: stages.map(stage => ({ ...stage, usd: text(stage.usd), verifierUsd: text(stage.verifierUsd) })),
  }
}

/** Kinds of usage that a table has a column for, where a row tells them. */
const tabled = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const satisfies readonly (keyof Usage)[]

/** The same as one flat record for a table: what nests is left out but usage, tags are joined by `;`, unknown is ''. */
export function cellsOf(attempt: Attempt): Readonly<Record<string, string>> {
  const { usage, tags, stages, ...row } = rowOf(attempt)
  const plain = Object.entries({ ...row, tags: tags.join(';') })
  const tokens = tabled.map(kind => [kind, usage?.[kind] ?? null] as const)
  return Object.fromEntries([...plain, ...tokens].map(([name, value]) => [name, value === null ? '' : String(value)]))
}
