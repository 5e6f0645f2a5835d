// Options ranked by their tries in; quality against cost, and where money went, as SVG and PNG out.
import { render } from 'preact-render-to-string'
import { shareLabel, usdLabel } from '../charts/labels.ts'
import type { Theme } from '../charts/palette.ts'
import { QualityChart, type QualityPoint } from '../charts/quality.tsx'
import { type Part, SpentChart, type SpentRow, spentHeight } from '../charts/spent.tsx'
import type { Spread } from '../core/decide/quality/option-figures.ts'
import { type Outcome, outcomes, type Spent, type TokenPart, tokenParts } from '../core/decide/quality/spent.ts'
import { many } from '../core/fault/many.ts'
import { pngOf } from './png.ts'
import { type At, type Shown, shownCost } from './ranking-text.ts'

export interface TasksPictureOptions {
  readonly theme?: Theme
  readonly width?: number
  /** Kinds of options by name, where known: own GPUs are drawn warm. */
  readonly kinds?: ReadonlyMap<string, string>
  /** Distinguishes the ids of several in one document. */
  readonly id?: string
  /** False where a page around it says what it shows. */
  readonly heading?: boolean
}

const defaultWidth = 1100

/** The SVG element itself, as it stands in a page. */
export function qualityPicture(at: At, facts: readonly string[], options: TasksPictureOptions = {}): string {
  const { theme = 'light', width = defaultWidth, kinds, id, heading = true } = options
  return render(
    <QualityChart
      points={at.ranking.map(
        (one): QualityPoint => ({
          name: one.option,
          kind: kinds?.get(one.option) ?? 'api',
          passRate: known(one.passRate),
          usdPerSuccess: known(shownCost(one)),
          meetsBar: one.meetsBar,
        }),
      )}
      bar={at.bar}
      title={headlineOf(at)}
      facts={facts}
      footer="Crossline · cost per success = all that tries cost ÷ what succeeded, failed tries paid for · 95 % intervals"
      width={width}
      height={qualityHeight(at)}
      theme={theme}
      id={id}
      heading={heading}
    />,
  )
}

/** Of tries or of sums alike. */
export const rankedIn = ({ ranking }: At): readonly Shown[] => ranking

/** Tall enough to name every option, up to forty. */
const qualityHeight = ({ ranking }: At): number => Math.max(560, 190 + 34 * Math.min(40, ranking.length))

/** A standalone SVG document. */
export const qualitySvg = (at: At, facts: readonly string[], options: TasksPictureOptions = {}): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${qualityPicture(at, facts, options)}\n`

export const qualityPng = (at: At, facts: readonly string[], options: TasksPictureOptions = {}): Promise<Uint8Array> =>
  pngOf(qualitySvg(at, facts, options), { width: options.width ?? defaultWidth, height: qualityHeight(at) })

/** What a reader takes home: who is cheapest of those that clear the bar. */
export function headlineOf(at: At): string {
  const { bar } = at
  const ranking = rankedIn(at)
  const cheapest = ranking.find(({ usdPerSuccess }) => usdPerSuccess.value !== null)
  if (bar === null) {
    return cheapest === undefined
      ? 'No option has a cost per success'
      : `${cheapest.option} costs the least per success, ${usdLabel(cheapest.usdPerSuccess.value)}; no quality bar is stated`
  }
  const clearing = ranking.filter(({ meetsBar }) => meetsBar === 'yes')
  const best = clearing.find(({ usdPerSuccess }) => usdPerSuccess.value !== null)
  if (best !== undefined) {
    const of = clearing.length === 1 ? 'the only option that clears' : `the cheapest of ${clearing.length} that clear`
    return `${best.option} is ${of} ${shareLabel(bar)}, ${usdLabel(best.usdPerSuccess.value)} a success`
  }
  const open = ranking.filter(({ meetsBar }) => meetsBar === 'unclear').length
  if (clearing.length > 0)
    return `What clears ${shareLabel(bar)} has no known cost: ${clearing.map(({ option }) => option).join(', ')}`
  return open === 0
    ? `No option clears ${shareLabel(bar)}`
    : `No option is known to clear ${shareLabel(bar)}; of ${open} there is not enough data`
}

function known({ value, low, high }: Spread): QualityPoint['passRate'] {
  return value === null ? null : { value, low, high }
}

const outcomeStyles = {
  passed: ['passed', 'green'],
  failed: ['failed', 'vermillion'],
  ungraded: ['not graded', 'grey'],
} as const satisfies Record<Outcome, readonly [string, Part['role']]>

const tokenStyles = {
  input: ['input', 'blue'],
  cacheRead: ['cache read', 'sky'],
  cacheWrite: ['cache write', 'purple'],
  media: ['images, audio', 'grey'],
  reasoning: ['reasoning', 'amber'],
  answer: ['answer', 'vermillion'],
} as const satisfies Record<TokenPart, readonly [string, Part['role']]>

/** The SVG element itself. */
export function spentPicture(spent: readonly Spent[], options: TasksPictureOptions = {}): string {
  const { theme = 'light', width = defaultWidth, id } = options
  return render(
    <SpentChart
      rows={spent.map(spentRow)}
      title="Where money, tokens and time went"
      footer="Crossline · means over the tries that told it · judging stands beside the bar and is in no cost per task"
      width={width}
      theme={theme}
      id={id}
    />,
  )
}

export const spentPictureHeight = (spent: readonly Spent[]): number => spentHeight(spent.length)

function spentRow(one: Spent): SpentRow {
  const { option, attempts, usd, unpriced, judgeUsd, tokens, untold, seconds, untimed } = one
  const priced = attempts - unpriced
  const told = attempts - untold
  const timed = attempts - untimed
  const judged: Part[] =
    judgeUsd === 0n ? [] : [{ name: 'judging', value: Number(judgeUsd) / 1e12 / attempts, role: 'ink', apart: true }]
  return {
    name: option,
    usd:
      priced === 0
        ? null
        : [
            ...outcomes.map(outcome => {
              const [name, role] = outcomeStyles[outcome]
              return { name, role, value: Number(usd[outcome]) / 1e12 / priced }
            }),
            ...judged,
          ],
    tokens:
      told === 0
        ? null
        : tokenParts.map(part => {
            const [name, role] = tokenStyles[part]
            return { name, role, value: (tokens[part] ?? 0) / told }
          }),
    seconds:
      timed === 0
        ? null
        : outcomes.map(outcome => {
            const [name, role] = outcomeStyles[outcome]
            return { name, role, value: seconds[outcome] / timed }
          }),
    note: unpriced === 0 ? '' : `cost of ${many(unpriced, 'try', 'tries')} unknown`,
  }
}
