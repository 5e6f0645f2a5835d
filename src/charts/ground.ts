// An answer in; in a reader's words, what it stands on out: assumptions, latency objective, replays, what is left out.

import type { Answer, OptionAnswer } from '../core/decide/answer.ts'
import type { Unattributed } from '../core/decide/by-dimension.ts'
import type { RepeatedCalls } from '../core/decide/evidence.ts'
import { latencyWords } from '../core/decide/phrase.ts'
import { many } from '../core/fault/many.ts'
import { countLabel, shareLabel, usdExactLabel } from './labels.ts'

export interface Assumed {
  readonly label: string
  /** The values that share this label, each short. */
  readonly said: readonly string[]
  readonly sources: readonly string[]
}

/** Assumptions as a reader calls them, those of one label together, in the answer's order. */
export function assumedOf({ assumptions }: Pick<Answer, 'assumptions'>): Assumed[] {
  const found = new Map<string, { label: string; said: string[]; sources: string[] }>()
  for (const { name, label = name, value, brief, source } of assumptions) {
    const entry = found.get(label) ?? { label, said: [], sources: [] }
    found.set(label, entry)
    entry.said.push(brief ?? String(value ?? 'unknown'))
    entry.sources.push(source)
  }
  return [...found.values()]
}

/** "first token 2 s, 50 ms a token after it (p95)", and whose figures these are where they are not the constants. */
export function objectiveLabel({ ttftP95Ms, tpotP95Ms, stated, measured }: Answer['objective']): string {
  const figures = `first token ${latencyWords(ttftP95Ms)}, ${latencyWords(tpotP95Ms)} a token after it (p95)`
  const isStated = stated?.ttft === true || stated?.tpot === true
  const isMeasured = (measured?.ttft && !stated?.ttft) || (measured?.tpot && !stated?.tpot)
  const whose = [...(isStated ? ['stated by you'] : []), ...(isMeasured ? ["what today's option delivers"] : [])]
  return whose.length === 0 ? figures : `${figures}, ${whose.join(', else ')}`
}

/**
 * "6 × 1× b200: running 25 % of the time, first token 1.7 s, 250 ms a token (p95), 3.9 % late (4.8 % in the worst hour), 99 %
 * of 5-minute windows met, 2.9 % billed at the API"; null without a replay.
 */
export function replayLabel({ replay, spill }: OptionAnswer): string | null {
  if (replay === null) return null
  const { gpu, gpusPerReplica, replicas, gpuHours, ttftMs, tpotMs, lateShare, rejected } = replay
  const { worstHourLateShare = null, windowsMetShare = null } = replay
  const worst = worstHourLateShare === null ? '' : ` (${shareLabel(worstHourLateShare)} in the worst hour)`
  return [
    `${replicas} × ${gpusPerReplica}× ${gpu.split('-')[0]}: running ${shareLabel(gpuHours.leased > 0 ? gpuHours.busy / gpuHours.leased : null)} of the time`,
    `first token ${time(ttftMs.p95)}`,
    `${time(tpotMs.p95)} a token (p95)`,
    `${shareLabel(lateShare)} late${worst}`,
    ...(windowsMetShare === null ? [] : [`${Math.floor(windowsMetShare * 1000) / 10} % of 5-minute windows met`]),
    ...(spill && spill.calls > 0
      ? [
          `${shareLabel(spill.share)} ${spill.api === null ? 'more than is tolerated, and no API takes them' : `billed at ${spill.api}`}`,
        ]
      : []),
    ...(rejected > 0 ? [`${countLabel(rejected)} refused`] : []),
  ].join(', ')
}

const time = (ms: number | null): string => (ms === null ? '–' : latencyWords(ms))

/** "8,819 calls" of the answer's replays, and how many could not take part; null without a replay. */
export function replayedCalls({ options }: Pick<Answer, 'options'>): string | null {
  const replay = options.find(option => option.replay !== null)?.replay
  if (!replay) return null
  const left = replay.leftOut > 0 ? `, ${countLabel(replay.leftOut)} of unknown length left out` : ''
  return `${countLabel(replay.calls)} calls${left}`
}

/** "12 of the 90 calls whose request is known repeat an earlier one exactly ($1.20)". */
export function repeatsLine({ known, repeated, usd }: RepeatedCalls): string {
  const of = known === 1 ? 'the one call' : `the ${countLabel(known)} calls`
  if (repeated === 0) return `none of ${of} whose request is known repeats an earlier one exactly`
  const share = shareLabel(repeated / known)
  const verb = repeated === 1 ? 'repeats' : 'repeat'
  return `${countLabel(repeated)} (${share}) of ${of} whose request is known ${verb} an earlier one exactly: ${usdExactLabel(Number(usd))} that a cache of answers would save`
}

/** "Without a feature: 88 % of the spend (8 calls, $0.02). To attribute it, …". */
export function unattributedLine({ dimension, calls, usd, share, hints }: Unattributed): string {
  const name = dimension.startsWith('tag:') ? `tag ${dimension.slice(4)}` : dimension
  const spent = Number(usd)
  const figures = `${many(calls, 'call')}${spent > 0 ? `, ${usdExactLabel(spent)}` : ''}`
  const said = `Without a ${name}: ${shareLabel(share)} of the ${spent > 0 ? 'spend' : 'calls'} (${figures})`
  return hints.length === 0 ? said : `${said}. To attribute it, ${hints.join('; ')}`
}

/** The few words before the colon of each line that says what is not modelled. */
export function leftOutWords({ notModelled }: Pick<Answer, 'notModelled'>): string[] {
  return notModelled.map(line => {
    const words = (line.split(': ')[0] ?? line).replace(/\.$/, '')
    // An acronym keeps its capitals.
    return /^[A-Z][a-z]/.test(words) ? words[0]!.toLowerCase() + words.slice(1) : words
  })
}
