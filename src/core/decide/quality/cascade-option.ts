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
import type { Ratio } from './measured-terms.ts'
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
  /** Tokens of the first for one of today's, which its terms are at. */
  readonly firstRatio: Ratio
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
  const asFirst = cheapest(evidence, choices, run, firstTried, candidates)
  const apis = candidates.filter(({ kind }) => kind === 'api')
  const asSecond = cheapest(evidence, choices, run, secondTried, apis)
  if (asFirst === null || asSecond === null) return null
  const [first, second] = [asFirst.candidate, asSecond.candidate]
  const measured = first.group === today?.group ? null : (first.trial?.ratio ?? null)
  const cascade = cascadeOf(run, tried.cascade!, secondTried, {
    first: first.name,
    second: second.name,
    firstTried,
    firstRatio: { input: measured?.input ?? 1, output: measured?.output ?? 1 },
  })
  const assumed = [...asFirst.assumed, ...asSecond.assumed]
  const trial = trialFrom(evidence, choices, today, { run, tried, assumed })
  if (cascade === null || trial === null) return null
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
): { readonly candidate: Candidate; readonly assumed: readonly string[] } | null {
  const tokens = seenMtokPerMonth(evidence, choices) * 1e6
  const found = candidates.flatMap(candidate => {
    const { kind, group, dtype, terms, apiIndex } = candidate
    if (terms === null || kind === 'cascade') return []
    const api: ApiTerms | null = apiIndex === null ? null : evidence.api[apiIndex]!
    const heard = heardOf([{ ...run, options: [tried] }], { kind, group, dtype, provider: api?.provider ?? null })
    return heard === null ? [] : [{ candidate, assumed: heard.assumed, usd: costAt(terms, tokens) }]
  })
  const [best] = found.sort((a, b) => Math.min(1, a.assumed.length) - Math.min(1, b.assumed.length) || a.usd - b.usd)
  return best ?? null
}

/** Null where the second was not run by itself on tasks that the cascade did, or a cost is unknown. */
function cascadeOf(
  run: RunEvidence,
  tasks: CascadeTasks,
  secondTried: TriedTasks,
  parts: Pick<Cascade, 'first' | 'second' | 'firstTried' | 'firstRatio'>,
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
    ...parts,
    escalatedShare,
    silentErrorShare,
    shareOfSecondsBill: estimate(escalated / alone),
    verifierShareOfSecondsBill: estimate(verified / alone),
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
