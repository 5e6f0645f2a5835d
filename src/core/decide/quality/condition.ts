// "usdPerSuccess>+10%" in; what must not come true of an option, and whether it has, by an interval and not by a point, out.
import { Fault, nearestName } from '../../fault/fault.ts'

/** What a gate may look at. */
export const gauges = ['usdPerSuccess', 'passRate'] as const
export type Gauge = (typeof gauges)[number]

/** What must not be: `gauge` beyond `threshold`. */
export interface Condition {
  readonly text: string
  readonly gauge: Gauge
  readonly beyond: 'above' | 'below'
  /** `level`: the figure itself. `change`: against the baseline; of a cost its ratio less 1, of a pass rate the difference. */
  readonly of: 'level' | 'change'
  readonly threshold: number
}

const form = /^\s*([A-Za-z]+)\s*([<>])\s*([+-])?(\d+(?:\.\d+)?|\.\d+)\s*(%|pp)?\s*$/
const examples = "'usdPerSuccess>+10%', 'passRate<-2pp', 'passRate<80%', 'usdPerSuccess>0.05'"

/**
 * A sign makes it a change against the baseline: of a cost in per cent of it (`usdPerSuccess>+10%`), of a pass rate in
 * percentage points (`passRate<-2pp`). Without a sign it is the level itself (`passRate<80%`, `usdPerSuccess>0.05`).
 * @throws Fault CONDITION_INVALID
 */
export function conditionOf(text: string): Condition {
  const parts = form.exec(text)
  if (parts === null) throw invalid(text, 'it does not read as a figure, < or >, and a bound')
  const [, name = '', comparison, sign, digits, unit] = parts
  const gauge = gauges.find(one => one === name)
  if (gauge === undefined) {
    const near = nearestName(name, gauges)
    throw invalid(text, `no figure is called ${name}${near === null ? '' : `; did you mean ${near}?`}`)
  }
  const isChange = sign !== undefined
  const wanted = isChange ? (gauge === 'passRate' ? 'pp' : '%') : gauge === 'passRate' ? '%' : undefined
  // A share may also be written as one, 0.8 for 80 %; a change has its unit, since +10 and +0.1 would both be guesses.
  if (unit !== wanted && !(gauge === 'passRate' && !isChange && unit === undefined)) {
    throw invalid(
      text,
      wanted === undefined ? 'a cost is in dollars' : `${isChange ? 'its change' : 'it'} is in ${wanted}`,
    )
  }
  const size = Number(digits) / (unit === undefined ? 1 : 100)
  return {
    text: text.trim(),
    gauge,
    beyond: comparison === '>' ? 'above' : 'below',
    of: isChange ? 'change' : 'level',
    threshold: sign === '-' ? -size : size,
  }
}

const invalid = (text: string, why: string): Fault =>
  new Fault('CONDITION_INVALID', why, {
    where: `--fail-on '${text}'`,
    fix: `Figures are ${gauges.join(' and ')}; for example ${examples}`,
  })

/**
 * `fails`: the whole interval is beyond. `unclear`: the figure is, and its interval reaches back: more tasks would tell.
 * `unknown`: there is no figure.
 */
export type Judgement = 'holds' | 'fails' | 'unclear' | 'unknown'

export interface Found {
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
}

export function judged(condition: Condition, { value, low, high }: Found): Judgement {
  if (value === null) return 'unknown'
  const isBeyond = (at: number) => (condition.beyond === 'above' ? at > condition.threshold : at < condition.threshold)
  if (!isBeyond(value)) return 'holds'
  const nearest = condition.beyond === 'above' ? low : high
  return nearest !== null && isBeyond(nearest) ? 'fails' : 'unclear'
}
