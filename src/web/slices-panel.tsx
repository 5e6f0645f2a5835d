// The question and a dimension in; what each slice of the calls costs, could cost and hangs on, out, when it is asked for.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { unattributedLine } from '../charts/ground.ts'
import { countLabel, savingRangeLabel, usdLabel } from '../charts/labels.ts'
import type { ByDimension, SliceRow } from '../core/decide/by-dimension.ts'
import { type Where, whereOf, whereOfRow } from './address.ts'
import { fetchSlices, type Slices, type Trouble } from './evidence-source.ts'
import { hrefOf } from './slice-line.tsx'
import { isFile, page } from './state.ts'

const dimensions = ['feature', 'workload', 'team', 'environment', 'model'] as const

export function SlicesPanel(): JSX.Element | null {
  const [by, setBy] = useState<string>('')
  const [found, setFound] = useState<Slices | Trouble | null>(null)
  const [progress, setProgress] = useState('')
  const { question, choices } = page.value
  const asked = JSON.stringify([by, question, choices])
  useEffect(() => {
    setFound(null)
    if (by === '') return
    const mine = new AbortController()
    fetchSlices(by, question, choices, setProgress, mine.signal).then(
      answered => mine.signal.aborted || setFound(answered),
      () => {},
    )
    return () => mine.abort()
  }, [asked])
  // An exported file has one slice and no server to ask for others.
  if (isFile) return null
  return (
    <section class="slices" aria-label="By slice">
      <h2>
        By{' '}
        <select aria-label="Dimension" value={by} onChange={event => setBy(event.currentTarget.value)}>
          <option value="">…</option>
          {dimensions.map(name => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </h2>
      {by !== '' && found === null && <p class="quiet">Working: {progress || 'reading the traffic'}…</p>}
      {found !== null && ('rows' in found ? <SlicesTable slices={found} /> : <p role="alert">{found.message}</p>)}
    </section>
  )
}

function SlicesTable({ slices: { by, rows, total, unattributed } }: { slices: Slices }): JSX.Element {
  const isSplit = rows.some(({ environment }) => environment !== null)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll" aria-label="Slices, scrolls sideways" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{by}</th>
            {isSplit && <th scope="col">Environment</th>}
            {['Calls', '$ a month', 'At best', 'Others save'].map(name => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
            <th scope="col" title="Do own GPUs pay off for the weights that the slice spends most on?">
              Own GPUs
            </th>
            <th scope="col">Grade</th>
            <th scope="col">In the way</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={`${row.key} ${row.environment}`} data-slice={row.key ?? ''}>
              <th scope="row">
                <SliceName row={row} where={whereOfRow(by, row, rows, whereOf(page.value.question))} />
              </th>
              {isSplit && <td>{row.environment ?? ''}</td>}
              <Figures row={row} />
              <td>{row.decision}</td>
              <td>{row.grade ?? '–'}</td>
              <td>{row.blocker ?? ''}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Total</th>
            {isSplit && <td />}
            <Figures row={total} />
            <td colSpan={3} />
          </tr>
        </tfoot>
      </table>
      {unattributed && <p>{unattributedLine(unattributed)}</p>}
      {unattributed?.rule && <pre>{unattributed.rule}</pre>}
    </section>
  )
}

/** The slice's name, leading to its answer where that has an address of its own. */
function SliceName({ row, where }: { row: SliceRow; where: Where | null }): JSX.Element {
  const name = row.key ?? '(not attributed)'
  if (where === null) return <bdi>{name}</bdi>
  return (
    <a href={hrefOf(where)} title="The answer for these calls alone" onClick={() => requestAnimationFrame(toTop)}>
      <bdi>{name}</bdi>
    </a>
  )
}

/** Once the address has changed, so that going back returns to the row. */
const toTop = () => scrollTo(0, 0)

function Figures({ row }: { row: ByDimension['total'] | SliceRow }): JSX.Element {
  const isUnpriced = row.unpricedCalls === row.calls && row.calls > 0
  return (
    <>
      <td class="number">{countLabel(row.calls)}</td>
      <td class="number">{isUnpriced ? '–' : usdLabel(Number(row.usdPerMonth))}</td>
      <td class="number">{row.usdPerMonthAtBest === null ? '–' : usdLabel(row.usdPerMonthAtBest)}</td>
      <td class="number">{savingRangeLabel(row.possibleSaving)}</td>
    </>
  )
}
