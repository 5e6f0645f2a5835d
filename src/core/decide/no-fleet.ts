// An answer in which no fleet serves the calls in; what bars the fleets that were tried, and what would lift it, out.
import type { Answer, OptionAnswer } from './answer.ts'
import { isSameWeights, mostInfeasibleShare, type Weights } from './eligibility.ts'
import type { MeasuredServers } from './evidence.ts'
import { unservedShare } from './feasible.ts'
import { latencyWords } from './phrase.ts'

/**
 * The bars of the fleet that comes nearest: calls that it cannot take and nobody else was named for, then latency. Calls that
 * merely come late and are billed elsewhere bar nothing. `takesRest` is the `host:model` that would take what is refused.
 */
export function noFleetWords(answer: Answer, today: Weights, takesRest: string | null): string {
  const tried = answer.options.filter(option => option.kind === 'self-host' && option.group === today.group)
  const [nearest] = tried
    .filter(option => isSameWeights(option, today))
    .sort((a, b) => barsOf(a) - barsOf(b) || unservedShare(a) - unservedShare(b))
  if (tried.length === 0) return 'it is not among the open models known here (crossline models list)'
  if (nearest === undefined)
    return 'they are simulated only in another number format, of which nobody knows whether it does the job'
  const refused = unservedShare(nearest) > mostInfeasibleShare ? refusalWords(nearest, takesRest) : null
  const late = nearest.meetsLatency === 'no' ? lateWords(nearest) : null
  return [refused, late].filter(words => words !== null).join('; and ') || 'none of the fleets tried can serve it'
}

const barsOf = (option: OptionAnswer): number =>
  Number(unservedShare(option) > mostInfeasibleShare) + Number(option.meetsLatency === 'no')

/** A fix is named only where it is one: a second API beside the fallback that was named, where that one leaves too much. */
function refusalWords({ infeasible, group }: OptionAnswer, takesRest: string | null): string {
  const { fallback = null, reasons, calls } = infeasible
  const share = `${Number((infeasible.share * 100).toPrecision(2))} % of the calls`
  const what = `none of the fleets tried takes ${share} (${reasons.length === 0 ? `${calls} calls` : reasons.join('; ')})`
  const left = fallback === null ? '' : `, and ${fallback.name} takes only ${fallback.calls} of them`
  const fix =
    takesRest === null
      ? `; no API of ${group} that is known takes them either`
      : `; name who takes them instead: --fallback ${takesRest}`
  return `${what}${left}${fix}`
}

function lateWords({ name, usd, terms, notes }: OptionAnswer): string {
  // A fleet that serves nothing says so first, one of a stated size that is too small says so last.
  const why = terms === null ? notes[0] : notes.at(-1)
  return usd === null && why !== undefined
    ? `none of the fleets tried can serve it (${name}: ${why})`
    : `${name} and the other fleets tried miss the latency objective`
}

/** What the ledger itself says against "no way": own servers that run these very calls. */
export function ownServersWords(own: MeasuredServers, objective: Answer['objective']): string {
  const times = ({ ttftP95Ms, tpotP95Ms }: Pick<MeasuredServers, 'ttftP95Ms' | 'tpotP95Ms'>) =>
    `${latencyWords(ttftP95Ms)} to the first token and ${latencyWords(tpotP95Ms)} a token`
  return `Your own servers do serve ${Math.round(own.share * 100)} % of these calls (${own.calls}), as measured with ${times(own)} (p95), where the objective is ${times(objective)}: what was measured contradicts the simulation`
}
