// Cascades that were run on tasks, and the options of the answer that they are made of, in; each as an option of its own, escalation as measured, out.
import { estimate } from '../../statistics/estimate.ts'
import type { CostTerms } from '../answer.ts'
import type { Candidate } from '../candidates.ts'
import type { Choices } from '../choices.ts'
import type { Weights } from '../eligibility.ts'
import type { ApiTerms, Evidence } from '../evidence.ts'
import { costAt } from '../staircase.ts'
import { seenMtokPerMonth } from '../traffic.ts'
import { heardOf } from './heard.ts'
import { type CascadeTasks, type RunEvidence, type TriedTasks, taskMeans } from './run-evidence.ts'
import { type Estimated, runsAsked, trialFrom } from './trial.ts'
import { passRateOf } from './units.ts'

/** A second option behind a first, task by task as it was measured (law 7): never a product of averages. */
export interface Cascade {
  readonly first: string
  readonly second: string
  /** Share of tasks that went on to the second, 95 % (Wilson). */
  readonly escalatedShare: Estimated
  /** Share of tasks whose first answer the verifier took though it was wrong. */
  readonly silentErrorShare: Estimated
  /** What the second was paid for the tasks that came to it ÷ what it is paid for all of them by itself: hard tasks are dear ones. */
  readonly shareOfSecondsBill: number
  /** What verifying cost, in the same terms. */
  readonly verifierShareOfSecondsBill: number
  /** By task of the run: what the first option's tries took when it was run by itself, and the rest's cost. */
  readonly firstTried: TriedTasks
  readonly restUsd: readonly (number | null)[]
}

/** The newest run of each pair counts; a pair whose parts were not run by themselves, or have no cost, is no option. */
export function cascadeCandidates(
  evidence: Evidence,
  choices: Choices,
  today: Weights | null,
  candidates: readonly Candidate[],
): Candidate[] {
  const found = new Map<string, { readonly at: string; readonly candidate: Candidate }>()
  for (const run of runsAsked(evidence, choices)) {
    for (const tried of run.options) {
      const candidate = tried.cascade === null ? null : candidateOf(evidence, choices, today, candidates, run, tried)
      if (candidate === null) continue
      const known = found.get(candidate.name)
      if (known === undefined || known.at < (run.at ?? '')) found.set(candidate.name, { at: run.at ?? '', candidate })
    }
  }
  return [...found.values()].map(({ candidate }) => candidate)
}

function candidateOf(
  evidence: Evidence,
  choices: Choices,
  today: Weights | null,
  candidates: readonly Candidate[],
  run: RunEvidence,
  tried: TriedTasks,
): Candidate | null {
  const [firstTried, secondTried] = tried.option.stages.map(name => run.options.find(one => one.option.name === name))
  if (firstTried === undefined || secondTried === undefined) return null
  const first = cheapest(evidence, choices, run, firstTried, candidates)
  const second = cheapest(
    evidence,
    choices,
    run,
    secondTried,
    candidates.filter(({ kind }) => kind === 'api'),
  )
  const cascade = cascadeOf(run, tried.cascade!, firstTried, secondTried, [first?.name ?? '', second?.name ?? ''])
  const trial = trialFrom(evidence, choices, today, { run, tried, assumed: [] })
  if (first === null || second === null || cascade === null || trial === null) return null
  const { shareOfSecondsBill, verifierShareOfSecondsBill } = cascade
  const billed = second.terms as Extract<CostTerms, { kind: 'api' }>
  return {
    ...first,
    name: `${first.name}, then ${second.name}`,
    kind: 'cascade',
    group: `${first.group} → ${second.group}`,
    dtype: null,
    terms: escalating(first.terms!, billed, shareOfSecondsBill + verifierShareOfSecondsBill),
    notes: [
      `costed as ${first.name} for every task, and ${percent(shareOfSecondsBill)} of the bill of ${second.name} for the ${percent(cascade.escalatedShare.value)} of tasks that went on to it${verifierShareOfSecondsBill > 0 ? `, ${percent(verifierShareOfSecondsBill)} more for verifying` : ''}: measured on ${trial.n} tasks`,
      ...first.notes,
    ],
    priceSource: `${first.priceSource}; ${second.priceSource}`,
    optimised: null,
    sizing: null,
    trial: { ...trial, ratio: null },
    cascade,
  }
}

/** Of the options that the tries speak for (the very seller first) the one that costs least at the volume that was metered. */
function cheapest(
  evidence: Evidence,
  choices: Choices,
  run: RunEvidence,
  tried: TriedTasks,
  candidates: readonly Candidate[],
): Candidate | null {
  const tokens = seenMtokPerMonth(evidence, choices) * 1e6
  let best: { readonly candidate: Candidate; readonly key: readonly [number, number] } | null = null
  for (const candidate of candidates) {
    const { kind, group, dtype, terms, apiIndex } = candidate
    if (terms === null || kind === 'cascade') continue
    const api: ApiTerms | null = apiIndex === null ? null : evidence.api[apiIndex]!
    const heard = heardOf([{ ...run, options: [tried] }], { kind, group, dtype, provider: api?.provider ?? null })
    if (heard === null) continue
    const key = [heard.assumed.length === 0 ? 0 : 1, costAt(terms, tokens)] as const
    if (best === null || key[0] < best.key[0] || (key[0] === best.key[0] && key[1] < best.key[1])) {
      best = { candidate, key }
    }
  }
  return best?.candidate ?? null
}

/** Null where the second was not run by itself on tasks that the cascade did, or a cost is unknown. */
function cascadeOf(
  run: RunEvidence,
  tasks: CascadeTasks,
  firstTried: TriedTasks,
  secondTried: TriedTasks,
  [first, second]: readonly [string, string],
): Cascade | null {
  let alone = 0
  let escalated = 0
  let verified = 0
  run.weights.forEach((weight, i) => {
    const [byItself, after, checks] = [secondTried.usd[i]!, tasks.secondUsd[i]!, tasks.verifierUsd[i]!]
    if (byItself === null || after === null || checks === null) return
    alone += weight * byItself
    escalated += weight * after
    verified += weight * checks
  })
  if (!(alone > 0)) return null
  const escalatedShare = shareOf(run, tasks.escalated)
  const silentErrorShare = shareOf(run, tasks.silentlyWrong)
  if (escalatedShare === null || silentErrorShare === null) return null
  return {
    first,
    second,
    escalatedShare,
    silentErrorShare,
    shareOfSecondsBill: estimate(escalated / alone),
    verifierShareOfSecondsBill: estimate(verified / alone),
    firstTried,
    restUsd: tasks.secondUsd.map((usd, i) =>
      usd === null || tasks.verifierUsd[i] === null ? null : usd + tasks.verifierUsd[i]!,
    ),
  }
}

function shareOf(run: RunEvidence, values: readonly (number | null)[]): Estimated | null {
  const found = passRateOf(taskMeans(run, values, values))
  return found && { value: estimate(found.value), low: estimate(found.low), high: estimate(found.high) }
}

function escalating(terms: CostTerms, second: Extract<CostTerms, { kind: 'api' }>, share: number): CostTerms {
  const usdPerMtok = share * second.usdPerMtok
  const escalationUsdPerMtok = (terms.escalationUsdPerMtok ?? 0) + usdPerMtok
  const fixedUsdPerMonth = terms.fixedUsdPerMonth + second.fixedUsdPerMonth
  return terms.kind === 'api'
    ? { ...terms, usdPerMtok: terms.usdPerMtok + usdPerMtok, fixedUsdPerMonth, escalationUsdPerMtok }
    : { ...terms, fixedUsdPerMonth, escalationUsdPerMtok }
}

const percent = (share: number): string => `${estimate(Math.round(share * 1000) / 10)} %`
