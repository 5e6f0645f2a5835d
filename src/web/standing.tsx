// No answer yet, none possible, or nothing to answer from: what stands in its place and what to do about it.
import type { JSX } from 'preact'
import type { Trouble } from './evidence-source.ts'
import { load } from './state.ts'

/** Shown from the first moment; the words come with CSS after 150 ms, so that a quick answer shows none. */
export function Working({ progress }: { progress: string }): JSX.Element {
  return (
    <section class="standing working" aria-live="polite" aria-busy="true">
      <h1>Computing the answer</h1>
      <p>
        Reading the ledger, pricing the same calls on each API, and replaying the busiest traffic on simulated GPUs.
      </p>
      <p class="figure">{progress}</p>
    </section>
  )
}

/** While other calls are asked about: the old answer stays below, greyed. */
export function StillWorking({ progress }: { progress: string }): JSX.Element {
  return (
    <p class="still-working" role="status">
      Computing the answer for these calls; below is the one before. <span class="figure">{progress}</span>
    </p>
  )
}

export function Empty(): JSX.Element {
  return (
    <section class="standing">
      <h1>No calls in the ledger yet</h1>
      <p>
        Here stands the monthly cost of each way to serve your traffic, over volume, with the crossing marked. It needs
        a record of your calls: when, how many tokens in, how many out.
      </p>
      <p>
        Give it one with a single command, from the folder that Crossline was started in; CSV, JSON Lines and Parquet
        are recognised by their columns:
      </p>
      <pre>
        <code>./crossline import calls.csv</code>
      </pre>
      <p>Then reload this page.</p>
    </section>
  )
}

export function Failed({ trouble }: { trouble: Trouble }): JSX.Element {
  return (
    <section class="standing" role="alert">
      <h1>{trouble.message}</h1>
      {trouble.where && (
        <p>
          Where: <code>{trouble.where}</code>
        </p>
      )}
      {trouble.fix && <p>What to do: {trouble.fix}.</p>}
      <p class="row">
        <button type="button" onClick={() => void load()}>
          Try again
        </button>
        <a href="#top">Back to the defaults</a>
      </p>
      <p class="quiet">{trouble.code}</p>
    </section>
  )
}
