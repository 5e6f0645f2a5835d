// Which slice of the calls the page is about in; the line that says so out, with the way back to all of them.
import type { JSX } from 'preact'
import { fragmentOf, ofSlice, type Where, whereOf } from './address.ts'
import { evidenceShown, isFile, page } from './state.ts'

/** Nothing over all calls. */
export function SliceLine(): JSX.Element | null {
  const slice = Object.entries(sliceShown())
  if (slice.length === 0) return null
  return (
    <p class="slice-line">
      <span>
        Only calls of{' '}
        {slice.map(([name, value], i) => (
          <span key={name}>
            {i > 0 && ', '}
            {name} <strong>{value}</strong>
          </span>
        ))}
      </span>
      {!isFile && <a href={hrefOf({})}>All calls</a>}
    </p>
  )
}

/** The address of the same page over another slice; no slice is all calls. */
export function hrefOf(where: Where): string {
  // A bare "#" is no address of its own to go back from.
  return `#${fragmentOf(ofSlice(page.value, where)) || 'top'}`
}

/** What the figures are of, as long as they are there: while others are on their way, these are still those of before. */
function sliceShown(): Where {
  const asked = whereOf(page.value.question)
  const evidence = evidenceShown.value
  if (evidence === null) return asked
  // The model is told by its own control, unless it is what the calls are filtered by.
  const { model, ...slice } = evidence.slice
  return model !== undefined && 'model' in asked ? { ...slice, model } : slice
}
