// An answer without words in; the sentences that a buyer reads, and the one thing to measure next, out.
import type { Answer, Band, OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import { mostInfeasibleShare, type Weights } from './eligibility.ts'
import type { Evidence } from './evidence.ts'
import { unservedShare } from './feasible.ts'
import { latencyWords, spanWords, timesWords, tokenWords, usdWords } from './phrase.ts'

export interface VerdictContext {
  readonly today: Weights | null
  readonly days: number
  readonly unseenShare: number
  /** The best option is the one already in use. */
  readonly metered: boolean
  /** The volume is a reader's own and not what was metered. */
  readonly isStated: boolean
}

/** What is cheapest, by how much, how sure; where self-hosting crosses, relative to here; and how much traffic this rests on. */
export function verdict(answer: Answer, context: VerdictContext): string {
  const mark = answer.sample ? 'Sample traffic: ' : ''
  return (
    mark +
    [cheapestWords(answer, context), crossingWords(answer, context), restWords(context)].filter(Boolean).join(' ')
  )
}

function cheapestWords(answer: Answer, { today, metered, isStated }: VerdictContext): string {
  const here = `at ${isStated ? 'the stated' : "today's"} ${tokenWords(answer.youAreHere.tokensPerMonth)} a month`
  if (today === null)
    return 'Cannot tell: nobody said which weights this traffic runs on. Say which: --as-model on the command line, "Run as" on the page.'
  const best = answer.options.find(option => option.name === answer.best)
  if (best === undefined)
    return `Cannot tell: no way to serve ${today.group} has a known price within the bars ${here}.`
  const stay = metered ? 'Stay: ' : ''
  const first = `${stay}${best.name} is the cheapest way to run ${today.group} ${here}: ${usdWords(decidedUsd(best)!)} a month${leverWords(best)}.`
  return [first, dearerWords(answer, best), doubtWords(answer, best), undercutWords(answer, best)]
    .filter(Boolean)
    .join(' ')
}

/** How much dearer the next option of the same weights is, and what is paid today. */
function dearerWords(answer: Answer, best: OptionAnswer): string {
  const same = rivals(answer, best)
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

/** Options of the same weights that could stand in for the best one, cheapest first. */
function rivals(answer: Answer, best: OptionAnswer): OptionAnswer[] {
  return answer.options.filter(
    option =>
      option.name !== best.name &&
      option.group === best.group &&
      option.usd !== null &&
      option.meetsQuality === 'yes' &&
      decidedUsd(option)! >= decidedUsd(best)!,
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

function doubtWords(answer: Answer, best: OptionAnswer): string {
  const { band, probabilityCheapest } = best
  const month = band === null ? '' : `A resampled month costs ${usdWords(band.low)} to ${usdWords(band.high)}`
  const next = rivals(answer, best)[0]
  // Among equals the first one named wins every draw, which says nothing.
  if (probabilityCheapest === null || next === undefined || isTie(next, best)) return month === '' ? '' : `${month}.`
  const sure = `it is the cheapest in ${Math.round(probabilityCheapest * 100)} % of resampled months`
  return month === '' ? `${sure[0]!.toUpperCase()}${sure.slice(1)}.` : `${month}; ${sure}.`
}

/** The cheapest option of the same weights, where it undercuts the best: what keeps it from being the best. */
function undercutWords(answer: Answer, best: OptionAnswer): string {
  const lower = answer.options.find(
    option => option.group === best.group && option.usd !== null && decidedUsd(option)! < decidedUsd(best)!,
  )
  return lower === undefined
    ? ''
    : `${lower.name} would cost ${usdWords(decidedUsd(lower)!)} a month, but ${barWords(lower)}.`
}

function barWords(option: OptionAnswer): string {
  const { infeasible, meetsQuality, dtype } = option
  if (unservedShare(option) > mostInfeasibleShare) {
    return `cannot take ${Number((unservedShare(option) * 100).toPrecision(2))} % of the calls (${infeasible.reasons.join('; ')})`
  }
  if (meetsQuality !== 'yes') return `serves these weights as ${dtype}: whether that does the job is not measured`
  return 'misses the latency objective'
}

function crossingWords(answer: Answer, { today, isStated }: VerdictContext): string {
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
    const { now, but } = ownNowWords(answer, option)
    return `Own GPUs (${option}) would ${now}${but}be cheaper than ${comparedApi} ${from}, ${times(tokensPerMonth)}${early}.`
  }
  const nearest = answer.never.find(line => line.nearestChange !== null) ?? answer.never[0]
  if (answer.never.length === fleets.length && nearest !== undefined) {
    const change = nearest.nearestChange === null ? '' : `; what would change that: ${nearest.nearestChange}`
    const cheapest = answer.options.find(({ name, usd }) => usd !== null && fleets.some(pair => pair.selfHost === name))
    const { now } = ownNowWords(answer, cheapest?.name ?? null)
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
  const fleet = answer.options.some(option => option.group === today.group && option.kind === 'self-host')
  const cannot = fleet ? '' : `Nothing simulated here runs ${today.group} on own GPUs.`
  const other = cheapestOther(answer, today)
  if (other === undefined || best === undefined || other.usd! >= best.usd!) return cannot
  return `${cannot} ${other.name} would cost ${usdWords(other.usd!)} a month, but those are other weights: whether they do the job is not measured.`.trim()
}

function cheapestOther(answer: Answer, today: Weights): OptionAnswer | undefined {
  return answer.options.find(option => option.group !== today.group && option.usd !== null)
}

function restWords({ days, unseenShare }: VerdictContext): string {
  const span = spanWords(days)
  if (unseenShare === 0) return `Rests on ${span} of traffic, and on simulated, not measured, GPU throughput.`
  return `Rests on only ${span} of traffic, under a week: the bands are widened for the days not seen, and GPU throughput is simulated, not measured.`
}

/** The unknown whose knowledge would most likely change the verdict, in one line. */
export function nextMeasurement(answer: Answer, evidence: Evidence): string | null {
  const { days } = answer.coverage
  if (days < 7)
    return `meter a full week: only ${spanWords(days)} are known, ${168 - answer.coverage.hoursOfWeek} hours of the week never seen`
  if (answer.best === null && answer.unpriced.length > 0) {
    return `a price for ${answer.unpriced[0]!.model}: ${answer.unpriced[0]!.calls} calls have none`
  }
  const best = answer.options.find(option => option.name === answer.best)
  if (best === undefined) return null
  if (best.meetsLatency === 'unknown') {
    const { ttftP95Ms, tpotP95Ms } = evidence.objective
    return `p95 latency of ${best.name} on these prompts: the objective is ${latencyWords(ttftP95Ms)} to the first token and ${latencyWords(tpotP95Ms)} a token, and nobody has measured it`
  }
  const fleet = answer.options.find(
    option => option.group === best.group && option.kind === 'self-host' && option.usd !== null,
  )
  if (fleet !== undefined && (best.probabilityCheapest ?? 0) < 0.95) {
    return `tokens per second of ${fleet.name} under a load test with these prompts: its cost rests on a simulated figure`
  }
  const other = answer.options.find(
    option => option.group !== best.group && option.usd !== null && option.usd < best.usd!,
  )
  if (other === undefined) return null
  return `whether ${other.group} does the job: run the same tasks on both; ${usdWords(best.usd! - other.usd!)} a month hang on it`
}
