// "usdPerSuccess>+10%" in; what must not come true of an option, and whether it has, by an interval and not by a point, out.
import { Fault, nearestName } from '../../fault/fault.ts'
import type { Interval } from '../../statistics/interval.ts'

/** What a gate may look at. */
export const gauges = ['usdPerSuccess', 'usdPerTask', 'passRate', 'tokensPerTask', 'secondsPerTask'] as const
export type Gauge = (typeof gauges)[number]

/** What must not be: `gauge` beyond `threshold`. */
export interface Condition {
  readonly text: string
  readonly gauge: Gauge
  readonly beyond: 'above' | 'below'
  /**
   * `level`: the figure itself. `ratio`: the figure ÷ the baseline's, less 1. `difference`: the figure less the baseline's.
   */
  readonly of: 'level' | 'ratio' | 'difference'
  readonly threshold: number
}

const form = /^\s*([A-Za-z]+)\s*([<>])\s*([+-])?(\d+(?:\.\d+)?)\s*(%|pp)?\s*$/

/**
 * A sign makes it a change against the baseline, in per cent of it (`+10%`), in percentage points (`-2pp`, pass rates) or in
 * the gauge's own unit (`+0.01`); without one it is the level itself (`passRate<80%`, `usdPerSuccess>0.05`).
 * @throws Fault CONDITION_INVALID
 */
export function conditionOf(text: string): Condition {
  const parts = form.exec(text)
  if (parts === null) throw invalid(text, 'it does not read as FIGURE>+10%, FIGURE<0.8 or FIGURE<-2pp')
  const [, name = '', sign, direction, digits, unit] = parts
  const gauge = gauges.find(one => one === name)
  if (gauge === undefined) {
    const near = nearestName(name, gauges)
    throw invalid(text, `no figure is called ${name}${near === null ? '' : `; did you mean ${near}?`}`)
  }
  if (unit === 'pp' && (gauge !== 'passRate' || direction === undefined)) {
    throw invalid(text, 'pp are percentage points of a change of passRate, as in passRate<-2pp')
  }
  if (unit === '%' && direction === undefined && gauge !== 'passRate') {
    throw invalid(text, 'a per cent without a sign is a level, and only passRate has one; a change is written +10%')
  }
  const size = Number(digits) / (unit === undefined ? 1 : 100)
  return {
    text: text.trim(),
    gauge,
    beyond: sign === '>' ? 'above' : 'below',
    of: direction === undefined ? 'level' : unit === '%' ? 'ratio' : 'difference',
    threshold: direction === '-' ? -size : size,
  }
}

const invalid = (text: string, why: string): Fault =>
  new Fault('CONDITION_INVALID', why, {
    where: `--fail-on '${text}'`,
    fix: `Figures are ${gauges.join(', ')}; for example 'usdPerSuccess>+10%', 'passRate<-2pp', 'passRate<80%'`,
  })

/** `fails`: the whole interval is beyond. `unclear`: the figure is, and the interval reaches back: more tasks would tell. */
export type Judgement = 'holds' | 'fails' | 'unclear' | 'unknown'

/** Null = nothing is known of it: `unknown`, which is neither. */
export function judged(
  condition: Condition,
  found: (Partial<Interval> & { readonly value: number }) | null,
): Judgement {
  if (found === null) return 'unknown'
  const isBeyond = (at: number) => (condition.beyond === 'above' ? at > condition.threshold : at < condition.threshold)
  if (!isBeyond(found.value)) return 'holds'
  const nearest = condition.beyond === 'above' ? found.low : found.high
  return nearest !== undefined && isBeyond(nearest) ? 'fails' : 'unclear'
}
