// What tasks say of an option, and what a token costs there, in; that part of the answer, and the sentence that says it, out.
import { many } from '../../fault/many.ts'
import { estimate } from '../../statistics/estimate.ts'
import type { ApiTerms } from '../evidence.ts'
import { usdWords } from '../phrase.ts'
import type { Cascade } from './cascade-option.ts'
import { cascadeCost, type EffectiveRates, type SuccessCost, successCost } from './success-cost.ts'
import type { Estimated, Trial } from './trial.ts'

export interface TriedAnswer {
  readonly run: string
  readonly suite: string
  readonly origin: 'run' | 'replay' | 'import'
  /** When the run ended, ISO 8601; null = nobody told. */
  readonly at: string | null
  /** Of the run's options, which. */
  readonly option: string
  /** Graded tasks, and the share of them that it passed, 95 % (Wilson). */
  readonly n: number
  /** As many independent tasks of equal weight would tell as much: fewer where they hang together. */
  readonly effectiveTasks: number
  readonly passRate: Estimated
  readonly bar: number | null
  /** Pass rate − today's on the same tasks, 95 %; null = today's was not run beside it. */
  readonly difference: Trial['difference']
  readonly verdict: Trial['verdict']
  readonly usdPerSuccess: SuccessCost | null
  /** What is taken for granted where it was not this very option that was tried, a clause each. */
  readonly assumed: readonly string[]
}

export function triedAnswer(
  trial: Trial | null,
  cascade: Cascade | null,
  seller: ApiTerms | null,
  rates: EffectiveRates | null,
): TriedAnswer | null {
  if (trial === null) return null
  const { run, tried, n, effectiveTasks, passRate, bar, difference, verdict, assumed } = trial
  return {
    run: run.run,
    suite: run.suite,
    origin: run.origin,
    at: run.at,
    option: tried.option.name,
    n,
    effectiveTasks,
    passRate,
    bar,
    difference,
    verdict,
    usdPerSuccess: cascade === null ? successCost(trial, seller, rates) : cascadeCost(trial, cascade, rates),
    assumed,
  }
}

/** `tasks of suite (run r, 2026-11-20): 93 of 120 passed, …`: figures with their interval, and what was assumed. */
export function triedWords(tried: TriedAnswer): string {
  const { suite, run, at, n, passRate, bar, verdict, difference, usdPerSuccess, assumed } = tried
  const when = at === null ? 'undated' : at.slice(0, 10)
  const against = bar === null ? 'no bar is stated' : `against a bar of ${percent(bar)}: ${verdict}`
  const beside =
    difference === null
      ? []
      : [
          `${points(difference.value)} beside today's on ${difference.n} of them (${points(difference.low)} to ${points(difference.high)}${difference.margin === null ? '' : `, margin ${percent(difference.margin)}: ${verdict}`})`,
        ]
  const cost = usdPerSuccess === null ? [] : [`${successWords(usdPerSuccess)}, ${usdPerSuccess.basis}`]
  return [
    `tasks of ${suite} (run ${run}, ${when}): ${percent(passRate.value)} of ${n} passed (95 %: ${percent(passRate.low)} to ${percent(passRate.high)}), ${against}`,
    ...beside,
    ...cost,
    ...assumed.map(one => `assumed: ${one}`),
  ].join('; ')
}

/** `35 % of tasks go on (26–45 %), for 50 % of the second's bill; 5 % are wrong and taken (2–11 %)`. */
export function cascadeLabel({
  escalatedShare,
  silentErrorShare,
  shareOfSecondsBill,
}: Pick<Cascade, 'escalatedShare' | 'silentErrorShare' | 'shareOfSecondsBill'>): string {
  const whole = (share: number) => Math.round(share * 100)
  const range = ({ value, low, high }: Estimated) => `${whole(value)} % of tasks (${whole(low)}–${whole(high)} %)`
  return `${range(escalatedShare)} go on, for ${percent(shareOfSecondsBill)} of the second's bill; ${range(silentErrorShare)} end with a wrong answer that the verifier took`
}

/** `$0.0021 a success ($0.0019–$0.0024)`. */
export function successWords({ value, low, high, unbounded }: SuccessCost): string {
  const range =
    low === null || high === null
      ? unbounded
        ? ' (too few successes for an upper end)'
        : ''
      : ` (${threeDigits(low)} to ${threeDigits(high)})`
  return `${threeDigits(value)} a success${range}`
}

/** Costs of one task lie near each other where bills differ by multiples. */
export const threeDigits = (usd: number): string => (usd >= 1 ? usdWords(usd) : `$${Number(usd.toPrecision(3))}`)

/** `93 % pass (86–97 %, 120 tasks, bar 80 %: yes), $0.0021 a success ($0.0019 to $0.0024); run x, 2026-11-20`: for a line under an option. */
export function triedLabel(tried: TriedAnswer): string {
  const { usdPerSuccess } = tried
  const cost = usdPerSuccess === null ? 'cost of a success unknown' : successWords(usdPerSuccess)
  return `${passLabel(tried)}, ${cost}; ${runLabel(tried)}`
}

/** `93 % of 120 tasks passed, against a bar of 80 %: yes`. */
export function passWords({ n, passRate, bar, verdict }: TriedAnswer): string {
  const against = bar === null ? '' : `, against a bar of ${percent(bar)}: ${verdict}`
  return `${percent(passRate.value)} of ${n} tasks passed${against}`
}

function passLabel({ n, passRate, bar, verdict }: TriedAnswer): string {
  const rate = (share: number) => Math.round(share * 100)
  const against = bar === null ? '' : `, bar ${percent(bar)}: ${verdict}`
  return `${rate(passRate.value)} % pass (${rate(passRate.low)}–${rate(passRate.high)} %, ${many(n, 'task')}${against})`
}

function runLabel({ run, at, assumed }: TriedAnswer): string {
  const when = at === null ? '' : `, ${at.slice(0, 10)}`
  return `run ${run}${when}${assumed.length === 0 ? '' : '; on the same weights elsewhere'}`
}

const percent = (share: number): string => `${estimate(Math.round(share * 1000) / 10)} %`
const points = (share: number): string => `${share > 0 ? '+' : ''}${estimate(Math.round(share * 1000) / 10)} points`
