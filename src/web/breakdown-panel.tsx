// The answer in; what each option's monthly cost pays for, as bars and as a table for those who do not see them, out.
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { BreakdownBars, breakdownParts, partOf } from '../charts/breakdown.tsx'
import { chartedOptions, optionStyles, primaryGroup } from '../charts/frame.ts'
import { objectiveLabel, replayedCalls, replayLabel } from '../charts/ground.ts'
import { usdExactLabel } from '../charts/labels.ts'
import type { Answer } from '../core/decide/answer.ts'
import { page } from './state.ts'

export function BreakdownPanel({ answer }: { answer: Answer }): JSX.Element {
  const holder = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = holder.current
    if (!element) return
    const measure = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.floor(entry.contentRect.width))
    })
    measure.observe(element)
    return () => measure.disconnect()
  }, [])
  const shown = page.value.shown ?? chartedOptions(answer)
  const rows = answer.options.filter(({ name, usd }) => usd !== null && shown.includes(name))
  const parts = breakdownParts.filter(({ key }) => rows.some(({ breakdown }) => partOf(breakdown, key) > 0))
  return (
    <section class="breakdown" aria-labelledby="breakdown-title">
      <h2 id="breakdown-title">What the money pays for</h2>
      <div ref={holder} class="bars">
        {width > 0 && <BreakdownBars answer={answer} width={width} theme="auto" shown={shown} />}
      </div>
      <div class="sr">
        <table>
          <caption>Monthly cost by cause, USD</caption>
          <thead>
            <tr>
              <th scope="col">Option</th>
              {parts.map(({ key, name }) => (
                <th scope="col" key={key}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, breakdown }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {parts.map(({ key }) => (
                  <td key={key}>{usdExactLabel(breakdown[key])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Replays answer={answer} />
    </section>
  )
}

/** What replaying today's calls one by one gave on the fleets that they need, and the latency these are held to. */
function Replays({ answer }: { answer: Answer }): JSX.Element {
  const calls = replayedCalls(answer)
  const styles = optionStyles(answer)
  const replays = answer.options.flatMap(option => {
    const label = replayLabel(option)
    return label === null ? [] : [{ name: option.name, letter: styles.get(option.name)?.letter, label }]
  })
  return (
    <div class="replays">
      <h2>Latency</h2>
      <p>Fleets are sized for: {objectiveLabel(answer.objective)}.</p>
      {calls === null ? (
        <p class="quiet">
          {primaryGroup(answer) === null
            ? 'Nothing is replayed: nobody said which weights these calls run on.'
            : 'At this volume nothing is replayed: the ledger has only today’s calls.'}
        </p>
      ) : (
        <>
          <p>Today’s {calls}, replayed one by one, spares not among the replicas:</p>
          <ul>
            {replays.map(({ name, letter, label }) => (
              <li key={name} data-replay={name}>
                <span class="letter">{letter}</span> {label}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
