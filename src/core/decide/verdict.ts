// An answer without words in; the sentences that a buyer reads out: yes, no or cannot tell first, then what it rests on.
import type { Answer, Band, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import { type Contest, unknownFleetWords } from './decision.ts'
import { isBarred, isSameWeights, mostInfeasibleShare, unknownWords, type Weights } from './eligibility.ts'
import { unservedShare } from './feasible.ts'
import { noFleetWords, ownServersWords } from './no-fleet.ts'
import { grouped, spanWords, timesWords, tokenWords, usdWords } from './phrase.ts'
import { passWords } from './quality/tried-answer.ts'

export interface VerdictContext {
  readonly today: Weights | null
  readonly contest: Contest
  /** The volume is a reader's own and not what was metered. */
  readonly isStated: boolean
  /** `host:model` of an API of today's weights that takes what fleets refuse; null where none does, or none is needed. */
  readonly takesRest: string | null
}

/** Whether own GPUs pay off and why; what is cheapest; what could be; where self-hosting crosses; what all of it rests on. */
export function verdict(answer: Answer, context: VerdictContext): string {
  const { coverage, decision, sample } = answer
  const mark = sample ? 'Sample traffic: ' : ''
  const part = decision.partial ? `Partial (metered ${Math.round(coverage.billedShare! * 100)} % of the bill): ` : ''
  const sentences = [
    decisionWords(answer, context),
    bestWords(answer, context),
    bestIfWords(answer, context),
    crossingWords(answer, context),
    askedWords(answer),
    restWords(answer),
  ]
  return mark + part + sentences.filter(Boolean).join(' ')
}

function decisionWords(answer: Answer, { today, contest, isStated, takesRest }: VerdictContext): string {
  if (today === null)
    return 'Cannot tell: nobody said which weights this traffic runs on. Say which: --as-model on the command line, "Run as" on the page.'
  const here = `at ${isStated ? 'the stated' : "today's"} ${tokenWords(answer.youAreHere.tokensPerMonth)} a month`
  const { decision, profiles } = answer
  const { fleet, proven, unproven, unpricedToday } = contest
  const rival = proven ?? unproven
  const sure = decision.confidence === null ? '' : `, in ${Math.round(decision.confidence * 100)} % of resampled months`
  if (decision.answer === 'yes') {
    const against = [proven, unproven].filter(one => one !== null).sort((a, b) => decidedUsd(a)! - decidedUsd(b)!)[0]!
    return `Yes: own GPUs pay off for ${today.group}. ${fleet!.name} costs ${monthly(fleet!)} ${here}, ${lessWords(against, fleet!)} less than ${payWords(against)}${sure}.`
  }
  if (decision.answer === 'no') {
    if (fleet === null) return `No: own GPUs cannot serve ${today.group}: ${noFleetWords(answer, today, takesRest)}.`
    const times = timesWords(decidedUsd(fleet)! / decidedUsd(rival!)!)
    return `No: own GPUs do not pay off for ${today.group}. They would cost ${monthly(fleet)} ${here} (${fleet.name}), ${times} the ${usdWords(decidedUsd(rival!)!)} of ${payWords(rival!)}${sure}.`
  }
  const question = `Cannot tell whether own GPUs pay off for ${today.group}`
  if (fleet === null && contest.ownServers !== null) {
    return `${question}: ${noFleetWords(answer, today, takesRest)}. ${ownServersWords(contest.ownServers, answer.objective)}.`
  }
  if (fleet === null) {
    const open =
      contest.unknownFleet === null
        ? `no way to serve it has a known price within the bars ${here}`
        : unknownFleetWords(contest.unknownFleet)
    return `${question}: ${open}.`
  }
  if (profiles.some(({ answer: one }) => one !== profiles[0]!.answer)) {
    const each = profiles.map(
      one => `${one.name} arrivals say ${one.answer} (${one.fleetUsd === null ? 'no fleet' : usdWords(one.fleetUsd)})`,
    )
    return `${question}: the hours not seen decide it. ${each.join(', ').replace(/^./, first => first.toUpperCase())}.`
  }
  if (rival === null)
    return `${question}: no API of these weights has a known price. ${fleet.name} costs ${monthly(fleet)} ${here}.`
  const cheapest = [proven, fleet]
    .filter(one => one !== null)
    .reduce((a, b) => (decidedUsd(b)! < decidedUsd(a)! ? b : a))
  if (unpricedToday !== null && proven === null && decidedUsd(fleet)! < decidedUsd(rival)!) {
    return `${question}: what is paid today (${unpricedToday.name}) has no price. ${fleet.name} costs ${monthly(fleet)} ${here}, ${rival.name} ${usdWords(decidedUsd(rival)!)}.`
  }
  if (unproven !== null && decidedUsd(unproven)! < decidedUsd(cheapest)!) {
    const verb = unproven.unknowns.length > 1 ? 'are' : 'is'
    return `${question}: of ${unproven.name}, the ${unknownWords(unproven.unknowns)} ${verb} not known. It would cost ${monthly(unproven)} ${here}, own GPUs ${usdWords(decidedUsd(fleet)!)} (${fleet.name}).`
  }
  return `${question}: the two are too close. ${fleet.name} costs ${monthly(fleet)} ${here}, ${payWords(rival)} ${usdWords(decidedUsd(rival)!)}; ${decision.reasons[0]}.`
}

const monthly = (option: OptionAnswer) => `${usdWords(decidedUsd(option)!)} a month`

const payWords = (option: OptionAnswer): string => (option.asMetered ? 'what is paid today' : option.name)

/** The cheapest that is known to meet every bar, and what it saves. */
function bestWords(answer: Answer, { today, contest }: VerdictContext): string {
  const best = answer.options.find(option => option.name === answer.best)
  if (today === null || best === undefined) return ''
  const month = doubtWords(best)
  // By name: under a week of traffic options span several shapes, and the contest's are those of one.
  const isSaid = [contest.fleet, contest.proven].some(one => one?.name === best.name)
  const undercut = undercutWords(answer, best, today)
  if (best.asMetered && isSaid && best.optimised === null)
    return ['Stay: nothing cheaper is known to meet the bars.', month, undercut].filter(Boolean).join(' ')
  const stay = best.asMetered ? 'Stay: ' : ''
  const first = `${stay}${best.name} is the cheapest that is ${best.unknowns.length > 0 ? 'taken' : 'known'} to meet the bars: ${monthly(best)}${leverWords(best)}.`
  return [first, dearerWords(answer, best, today), month, undercut].filter(Boolean).join(' ')
}

function doubtWords({ band }: OptionAnswer): string {
  if (band === null) return ''
  const [low, high] = [usdWords(band.low), usdWords(band.high)]
  return low === high ? `Every resampled month costs ${low}.` : `A resampled month costs ${low} to ${high}.`
}

/** A cheaper one of the same weights that only lacks proof. */
function bestIfWords(answer: Answer, { contest }: VerdictContext): string {
  const { bestIf } = answer
  const option = answer.options.find(({ name }) => name === bestIf?.option)
  if (bestIf === null || option === undefined) return ''
  // An open question has named it already.
  const isOpen = answer.decision.answer === 'cannot tell' && contest.fleet !== null
  if (isOpen && bestIf.option === contest.unproven?.name) return ''
  const best = answer.options.find(({ name }) => name === answer.best)
  const less = best === undefined ? '' : `, ${lessWords(best, option)} less`
  return `${option.name} would cost ${usdWords(bestIf.usd)} a month${less}, if its ${unknownWords(bestIf.assumes)} will do: not measured.`
}

/** How much dearer the next option of the same weights is, and what is paid today. */
function dearerWords(answer: Answer, best: OptionAnswer, today: Weights): string {
  const same = rivals(answer, best, today)
  const next = same[0]
  if (next === undefined) return ''
  const ties = same.filter(option => isTie(option, best))
  const rest = ties.length === 2 ? ' and one more' : ties.length > 2 ? ` and ${ties.length - 1} more` : ''
  const against = ties.length > 0 ? `as dear as ${next.name}${rest}` : `${lessWords(next, best)} less than ${next.name}`
  const paid = same.find(option => option.asMetered && !isTie(option, best))
  if (paid === undefined) return `It is ${against}.`
  const saving = `${lessWords(paid, best)} less than what is paid today`
  // The next one and what is paid today are often one offer under two names.
  return isTie(paid, next) ? `It is ${saving} (${next.name}).` : `It is ${against}, and ${saving}.`
}

/** APIs of the same weights that could stand in for the best one, cheapest first; own GPUs have sentences of their own. */
function rivals(answer: Answer, best: OptionAnswer, today: Weights): OptionAnswer[] {
  return answer.options.filter(
    option =>
      option.name !== best.name &&
      option.kind !== 'self-host' &&
      isSameWeights(option, today) &&
      unservedShare(option) <= mostInfeasibleShare &&
      option.usd !== null &&
      decidedUsd(option)! >= decidedUsd(best)! &&
      // Today's seller at its list price is what is in use, under a second name.
      !(best.asMetered && option.unknowns.length === 0 && isTie(option, best)),
  )
}

/** What the headline takes for granted: savings that change no answer, and need a change of how calls are made. */
function leverWords({ usd, optimised }: OptionAnswer): string {
  if (optimised === null) return ''
  return ` with ${optimised.levers.map(lever => lever.name).join(' and ')} (${usdWords(usd!)} as billed)`
}

const lessWords = (option: OptionAnswer, best: OptionAnswer) => usdWords(decidedUsd(option)! - decidedUsd(best)!)

/** Two costs that are printed alike differ by less than a reader can act on. */
const isTie = (option: OptionAnswer, best: OptionAnswer) =>
  usdWords(decidedUsd(option)!) === usdWords(decidedUsd(best)!)

/** The cheapest option of the same weights that undercuts the best and does miss a bar: which one. */
function undercutWords(answer: Answer, best: OptionAnswer, today: Weights): string {
  const lower = answer.options.find(
    option =>
      option.group === today.group &&
      option.usd !== null &&
      decidedUsd(option)! < decidedUsd(best)! &&
      (isBarred(option) || !isSameWeights(option, today)),
  )
  return lower === undefined
    ? ''
    : `${lower.name} would cost ${usdWords(decidedUsd(lower)!)} a month, but ${barWords(lower)}.`
}

function barWords(option: OptionAnswer): string {
  const { infeasible, meetsLatency, dtype } = option
  if (unservedShare(option) > mostInfeasibleShare) {
    return `cannot take ${Number((unservedShare(option) * 100).toPrecision(2))} % of the calls (${infeasible.reasons.join('; ')})`
  }
  const { tried, meetsQuality } = option
  if (meetsLatency !== 'no' && tried !== null)
    return `${meetsQuality === 'no' ? 'misses the bar' : 'has not passed it for sure'}: ${passWords(tried)}`
  if (meetsLatency !== 'no') return `serves these weights as ${dtype}: whether that does the job is not measured`
  return 'misses the latency objective'
}

function crossingWords(answer: Answer, { today, contest, isStated }: VerdictContext): string {
  const { comparedApi, forGoodFrom, youAreHere } = answer
  const fleets = answer.pairs.filter(pair => pair.api === comparedApi)
  if (comparedApi === null || fleets.length === 0) return today === null ? '' : otherWeightsWords(answer, today)
  const here = youAreHere.tokensPerMonth
  if (forGoodFrom !== null) {
    const { option, tokensPerMonth, band } = forGoodFrom
    const range = band === null ? '' : ` (somewhere between ${betweenWords(band)})`
    const first = Math.min(...fleets.flatMap(pair => pair.crossings.map(crossing => crossing.tokensPerMonth)))
    const times = (at: number) => `${timesWords(at / here)} ${isStated ? 'that' : "today's"}`
    const from = `for good from ${tokenWords(tokensPerMonth)} a month${range}`
    if (tokensPerMonth <= here)
      return `Own GPUs (${option}) are cheaper than ${comparedApi} ${from}, ${times(tokensPerMonth)}.`
    const early = first < tokensPerMonth * 0.99 ? ` (in places already from ${tokenWords(first)})` : ''
    const { now, but } = ownNowWords(answer, contest.fleet === null ? option : null)
    return `Own GPUs (${option}) would ${now}${but}be cheaper than ${comparedApi} ${from}, ${times(tokensPerMonth)}${early}.`
  }
  const nearest = answer.never.find(line => line.nearestChange !== null) ?? answer.never[0]
  if (answer.never.length === fleets.length && nearest !== undefined) {
    const change = nearest.nearestChange === null ? '' : `; what would change that: ${nearest.nearestChange}`
    const cheapest = answer.options.find(({ name, usd }) => usd !== null && fleets.some(pair => pair.selfHost === name))
    const { now } = ownNowWords(answer, contest.fleet === null ? (cheapest?.name ?? null) : null)
    const own = now === '' ? 'Own GPUs are' : `Own GPUs would ${now}, and are`
    return `${own} never cheaper than ${comparedApi}, at any volume: ${nearest.reason} (${nearest.option})${change}.`
  }
  return `Own GPUs are cheaper than ${comparedApi} only on some stretches of volume, never for good.`
}

/** What a fleet would cost at this volume beside the API it is compared with. */
function ownNowWords(answer: Answer, fleet: string | null): { readonly now: string; readonly but: string } {
  const usdOf = (name: string | null) => answer.options.find(option => option.name === name)?.usd ?? null
  const own = usdOf(fleet)
  const api = usdOf(answer.comparedApi)
  if (own === null || api === null || !(api > 0) || own <= api) return { now: '', but: '' }
  return { now: `cost ${usdWords(own)} a month, ${timesWords(own / api)} as much`, but: '; they would ' }
}

/** "18.3 and 274 billion tokens": the unit once where both ends share it. */
function betweenWords({ low, high }: Band): string {
  const [from, to] = [tokenWords(low), tokenWords(high)]
  const unit = to.slice(to.indexOf(' '))
  return `${from.endsWith(unit) ? from.slice(0, -unit.length) : from} and ${to}`
}

/** Weights that nobody hosts or leases GPUs for: what other weights would cost, as a possibility and no more. */
function otherWeightsWords(answer: Answer, today: Weights): string {
  const best = answer.options.find(option => option.name === answer.best)
  const other = cheapestOther(answer, today)
  if (other === undefined || best === undefined || other.usd! >= best.usd!) return ''
  const job =
    other.tried === null
      ? 'whether they do the job is not measured'
      : other.meetsQuality === 'yes'
        ? `they do the job (${passWords(other.tried)})`
        : passWords(other.tried)
  return `${other.name} would cost ${usdWords(other.usd!)} a month, but those are other weights: ${job}.`
}

function cheapestOther(answer: Answer, today: Weights): OptionAnswer | undefined {
  return answer.options.find(option => option.group !== today.group && option.usd !== null)
}

/** A ledger of several models is asked about one of them: how much of the whole that is, and how to ask of the rest. */
function askedWords({ asked }: Answer): string {
  if (asked === null) return ''
  const { model, calls, ofCalls, spendShare, isAllPriced } = asked
  const percent = spendShare === null ? null : Number((spendShare * 100).toPrecision(2))
  const spend = percent === null ? '' : `, ${percent} % of the spend${isAllPriced ? '' : ' that has a price'}`
  return `This is about ${model} alone: ${grouped(calls)} of ${grouped(ofCalls)} calls${spend}; --model, or "Model" on the page, asks of the others.`
}

/** What the costs of own GPUs rest on, by grade of evidence. */
const gpuEvidence = {
  A: 'measured GPU throughput',
  B: 'calibrated GPU throughput',
  C: 'simulated, not measured, GPU throughput',
  D: 'simulated GPU throughput, and arrivals drawn from sums',
} as const

function restWords({ coverage, grade }: Answer): string {
  const span = spanWords(coverage.days)
  if (coverage.days >= 7) return `Rests on ${span} of traffic, and on ${gpuEvidence[grade]}.`
  return `Rests on only ${span} of traffic, under a week: the bands are widened for the hours not seen; and on ${gpuEvidence[grade]}.`
}
