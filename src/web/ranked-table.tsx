// The answer in; its options as a table out: the chart's numbers to the cent, and the switch that draws or hides a line.
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { chartedOptions, optionStyles, primaryGroup, shortName, spokenName } from '../charts/frame.ts'
import { replayLabel } from '../charts/ground.ts'
import {
  multipleLabel,
  shareLabel,
  unbroken,
  usdExactLabel,
  usdLabel,
  usdPerMtokLabel,
  volumeLabel,
} from '../charts/labels.ts'
import { Swatch } from '../charts/marks.tsx'
import type { Answer, OptionAnswer, YesNoUnknown } from '../core/decide/answer.ts'
import { cascadeLabel, threeDigits, triedLabel } from '../core/decide/quality/tried-answer.ts'
import { go, page } from './state.ts'

const marks: Readonly<Record<YesNoUnknown, string>> = { yes: 'yes', no: 'no', unknown: '?' }
const told: Readonly<Record<YesNoUnknown, string>> = {
  yes: 'meets the bar',
  no: 'misses the bar',
  unknown: 'not known',
}

function Mark({ value }: { value: YesNoUnknown }): JSX.Element {
  return (
    <td class={`mark ${value}`} title={told[value]}>
      {marks[value]}
    </td>
  )
}

export function RankedTable({ answer }: { answer: Answer }): JSX.Element {
  const group = primaryGroup(answer)
  const same = answer.options.filter(option => option.group === group)
  const other = answer.options.filter(option => option.group !== group)
  const drawn = new Set(page.value.shown ?? chartedOptions(answer))
  const styles = optionStyles(answer)
  const shownOthers = visible(other, drawn)
  const hasSuccess = answer.options.some(({ usdPerSuccess }) => usdPerSuccess !== null)
  const row = (option: OptionAnswer) => {
    const style = styles.get(option.name)
    const letter = style?.letter ?? ''
    return (
      <tr key={option.name} class={option.name === answer.best ? 'best' : undefined} data-option={option.name}>
        <td class="draw">
          <label>
            <input
              type="checkbox"
              checked={drawn.has(option.name)}
              disabled={option.terms === null}
              onChange={() => toggle(answer, drawn, option.name)}
            />
            <span class="letter">{letter}</span>
            {style && <Swatch style={style} theme="auto" />}
            <span class="sr">draw {option.name}</span>
          </label>
        </td>
        <th scope="row">
          <span class="option-name" title={option.name}>
            {shortName(option, group)}
          </span>
          {option.name === answer.best && <span class="tag">best</span>}
          {option.optimised && (
            <span class="under">
              ranked at {usdLabel(option.optimised.usd)}:{' '}
              {option.optimised.levers.map(({ name, savesUsd }) => `${name} −${usdLabel(savesUsd)}`).join(', ')}
            </span>
          )}
          {option.cascade && <span class="under">{cascadeLabel(option.cascade)}</span>}
          {option.tried && <span class="under">tasks: {triedLabel(option.tried)}</span>}
          {option.infeasible.calls > 0 && <span class="under">{refusedWords(option)}</span>}
          <Notes option={option} />
        </th>
        <td class="number" data-usd={option.usd ?? ''}>
          {usdExactLabel(option.usd)}
        </td>
        <td class="number quiet">{bandLabel(option)}</td>
        <td class="number">{usdPerMtokLabel(option.usdPerThousandRequests)}</td>
        {hasSuccess ? (
          <SuccessCell option={option} />
        ) : (
          <td class="number" title={`tokens of ${option.tokensOf}${ratioWords(option)}`}>
            {usdPerMtokLabel(option.usdPerMtok)}
          </td>
        )}
        <td class="number">{option.terms?.kind === 'api' ? '' : shareLabel(option.utilization)}</td>
        <td class="number">{option.terms?.kind === 'api' ? '' : (option.replicas ?? '–')}</td>
        <Mark value={option.meetsQuality} />
        <Mark value={option.meetsLatency} />
      </tr>
    )
  }
  return (
    <section class="ranked" aria-labelledby="ranked-title">
      <h2 id="ranked-title">
        Options at <span class="figure">{volumeLabel(answer.youAreHere.tokensPerMonth)}</span>
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroll" aria-label="Options, scrolls sideways" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Option</th>
              <th scope="col" class="number">
                $ a month
              </th>
              <th scope="col" class="number" title="5–95 % of resampled months">
                Band
              </th>
              <th
                scope="col"
                class="number"
                title="USD per 1,000 requests: what options of other tokenizers are compared by"
              >
                $/1k req
              </th>
              {hasSuccess ? (
                <th
                  scope="col"
                  class="number"
                  title="USD a solved task: all that its tries cost ÷ tasks solved; on own GPUs at what a token costs under this traffic, idle hours included"
                >
                  $/success
                </th>
              ) : (
                <th
                  scope="col"
                  class="number"
                  title={`USD per million tokens of ${answer.options[0]?.tokensOf ?? 'today'}, prompt and answer together`}
                >
                  $/Mtok
                </th>
              )}
              <th
                scope="col"
                class="number"
                title="Share of the leased capacity that these tokens fill; a fleet may run all day and still be little used"
              >
                Used
              </th>
              <th scope="col" class="number">
                Replicas
              </th>
              <th scope="col" title="Same weights do what they do today; other weights are unknown until measured">
                Quality
              </th>
              <th
                scope="col"
                title="Against the latency objective below; nobody has measured the APIs on these prompts"
              >
                Latency
              </th>
            </tr>
          </thead>
          {group !== null && (
            <tbody>
              <tr class="group">
                <th scope="rowgroup" colSpan={10}>
                  Same weights: {group}
                </th>
              </tr>
              {same.map(row)}
            </tbody>
          )}
          {other.length > 0 && (
            <tbody>
              <tr class="group">
                <th scope="rowgroup" colSpan={10}>
                  {group === null
                    ? 'Nobody said which weights this traffic runs on: whether any of these does the job is unknown'
                    : 'Other weights: possible savings, never best without evidence of quality'}
                </th>
              </tr>
              {shownOthers.map(row)}
              <Rest hidden={other.length - shownOthers.length} />
            </tbody>
          )}
        </table>
      </section>
      <Crossings answer={answer} />
    </section>
  )
}

function refusedWords({ infeasible }: OptionAnswer): string {
  const { calls, share, reasons, fallback = null } = infeasible
  const refused =
    share === 1 ? `takes no call (${reasons[0]})` : `takes all but ${shareLabel(share)} of calls (${calls})`
  return fallback === null ? refused : `${refused}, which go to ${fallback.name}`
}

/** Its interval stands under the option; what it was reckoned by, and the $/Mtok that stand in its place elsewhere, on asking. */
function SuccessCell({ option }: { option: OptionAnswer }): JSX.Element {
  const cost = option.tried?.usdPerSuccess ?? null
  const perMtok = `${usdPerMtokLabel(option.usdPerMtok)} per million tokens of ${option.tokensOf}${ratioWords(option)}`
  if (cost === null) {
    return (
      <td class="number" title={`unknown: no task was run on it; ${perMtok}`}>
        –
      </td>
    )
  }
  return (
    <td class="number" title={`${cost.basis}; ${perMtok}`}>
      {threeDigits(cost.value)}
    </td>
  )
}

/** How an option's own tokens relate to those counted; silent where they are the same. */
function ratioWords({ tokenRatio: { band, input, output } }: OptionAnswer): string {
  if (band === null) return ''
  if (input !== null && output !== null)
    return `; on the same tasks it took ${timesLabel(input)} of a prompt and ${timesLabel(output)} of an answer`
  return `; its own tokenizer may count ${band.low} to ${band.high} as many of a prompt`
}

const timesLabel = (ratio: number): string => `${Number(ratio.toPrecision(3))}×`

const showAll = signal(false)

/** The two cheapest of each of the other weights, the cheapest that tasks were run on, and any whose line is drawn; all of them once asked for. */
function visible(options: readonly OptionAnswer[], drawn: ReadonlySet<string>): readonly OptionAnswer[] {
  if (showAll.value) return options
  const few = new Map<string, number>()
  const tried = new Set<string>()
  return options.filter(({ group, name, usd, tried: found }) => {
    if (found !== null && usd !== null && !tried.has(found.option)) {
      tried.add(found.option)
      return true
    }
    const before = few.get(group) ?? 0
    few.set(group, before + 1)
    return (before < 2 && usd !== null) || drawn.has(name)
  })
}

function Rest({ hidden }: { hidden: number }): JSX.Element | null {
  if (hidden === 0) return null
  return (
    <tr class="rest">
      <td colSpan={10}>
        <button type="button" class="link" onClick={() => (showAll.value = true)}>
          Show {hidden} more
        </button>
      </td>
    </tr>
  )
}

function Notes({ option }: { option: OptionAnswer }): JSX.Element | null {
  const replay = replayLabel(option)
  const lines = [
    option.name,
    `price: ${option.priceSource}`,
    ...(replay === null ? [] : [`today's calls replayed: ${replay}`]),
    ...option.notes,
    ...option.infeasible.reasons,
    ...(option.optimised?.levers.map(({ name, evidence }) => `${name}: ${evidence}`) ?? []),
  ].filter(Boolean)
  if (lines.length === 0) return null
  return (
    <details class="why">
      <summary>
        why<span class="sr"> {option.name}</span>
      </summary>
      <ul>
        {lines.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  )
}

function Crossings({ answer }: { answer: Answer }): JSX.Element {
  const group = primaryGroup(answer)
  const here = answer.youAreHere.tokensPerMonth
  const spoken = (name: string) => {
    const option = answer.options.find(option => option.name === name)
    return option ? spokenName(option, group) : name
  }
  return (
    <div class="crossings">
      <h3>Crossings</h3>
      <ul>
        {answer.crossings.map(({ at, from, to, band }) => (
          <li key={at} data-at={at}>
            <span class="figure">{volumeLabel(at)}</span> ({multipleLabel(at / here)} of here
            {band && (
              <span class="quiet">
                {`, within ${volumeLabel(band.low).replace('/month', '')} to ${volumeLabel(band.high)}`}
              </span>
            )}
            ): {spoken(to)} instead of {spoken(from)}
          </li>
        ))}
        {answer.forGoodFrom && (
          <li>
            For good from <span class="figure">{volumeLabel(answer.forGoodFrom.tokensPerMonth)}</span>:{' '}
            {spoken(answer.forGoodFrom.option)}
          </li>
        )}
        {answer.never.slice(0, 2).map(never => (
          <Never key={never.option} {...never} option={spoken(never.option)} />
        ))}
        {answer.crossings.length + answer.never.length === 0 && <li>None among the same weights.</li>}
      </ul>
      {answer.never.length > 2 && (
        <details class="why alone">
          <summary>{answer.never.length - 2} more that never cross</summary>
          <ul>
            {answer.never.slice(2).map(never => (
              <Never key={never.option} {...never} option={spoken(never.option)} />
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

function Never({ option, reason, nearestChange }: Omit<Answer['never'][number], 'nearest'>): JSX.Element {
  return (
    <li>
      Never: {option}: {unbroken(`${reason}${nearestChange ? `; ${nearestChange}` : ''}`)}
    </li>
  )
}

function bandLabel({ band }: OptionAnswer): string {
  return band && band.high > band.low * 1.001 ? `${usdLabel(band.low)}–${usdLabel(band.high)}` : ''
}

function toggle(answer: Answer, drawn: ReadonlySet<string>, name: string): void {
  const next = new Set(drawn)
  if (!next.delete(name)) next.add(name)
  const names = answer.options.map(option => option.name).filter(option => next.has(option))
  const own = chartedOptions(answer)
  const same = names.length === own.length && own.every(option => next.has(option))
  go({ ...page.value, shown: same ? null : names })
}
