// The answer in; the ground that it stands on out: coverage, sample mark, assumptions with sources, what is not modelled.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { type Assumed, assumedOf, leftOutWords, objectiveLabel, repeatsLine } from '../charts/ground.ts'
import { countLabel, daysLabel, shareLabel, tokensLabel } from '../charts/labels.ts'
import type { Answer } from '../core/decide/answer.ts'
import type { Evidence } from '../core/decide/evidence.ts'
import { dropSample, type Trouble } from './evidence-source.ts'
import { isFile, load } from './state.ts'

export function CoverageLine({ answer, evidence }: { answer: Answer; evidence: Evidence }): JSX.Element {
  const { coverage } = answer
  const short = coverage.days < 7
  return (
    <dl class="coverage">
      <Fact name="traffic" value={daysLabel(coverage.days)} note={short ? 'under a week: wide bands' : undefined} />
      <Fact name="requests" value={countLabel(answer.requests)} />
      <Fact name="tokens in" value={tokensLabel(answer.tokens.input)} />
      <Fact name="tokens out" value={tokensLabel(answer.tokens.output)} />
      <Fact
        name="priced"
        value={shareLabel(coverage.pricedShare)}
        note={
          answer.unpriced.length > 0
            ? `no price: ${answer.unpriced
                .slice(0, 2)
                .map(({ model, share }) => `${model} (${shareLabel(share)})`)
                .join(', ')}${answer.unpriced.length > 2 ? ` and ${answer.unpriced.length - 2} more` : ''}`
            : undefined
        }
      />
      {coverage.ownShare ? (
        <Fact name="on own servers" value={shareLabel(coverage.ownShare)} note="billed by the hour, not by the token" />
      ) : null}
      {coverage.billedUsd === null ? (
        <Fact name="of the bill" value="unknown" note="no invoice" />
      ) : (
        <Fact
          name="of the bill"
          value={shareLabel(coverage.billedShare)}
          note={answer.decision.partial ? 'all calls; too little for a verdict' : 'all calls'}
        />
      )}
      <Fact name="attributed" value={shareLabel(coverage.attributedShare)} />
      {answer.repeats && (
        <Fact
          name="exact repeats"
          value={shareLabel(answer.repeats.repeated / answer.repeats.known)}
          why={repeatsLine(answer.repeats)}
        />
      )}
      <Fact name="hours of the week" value={`${coverage.hoursOfWeek} of 168`} />
      <Fact name="prices at" value={evidence.at} />
      <Fact name="grade" value={answer.grade} why={answer.gradeReason} />
    </dl>
  )
}

interface FactProps {
  readonly name: string
  readonly value: string
  readonly note?: string | undefined
  /** Told on hover. */
  readonly why?: string | undefined
}

function Fact({ name, value, note, why }: FactProps): JSX.Element {
  return (
    <div title={why}>
      <dt>{name}</dt>
      <dd>
        {value}
        {note && <span class="notice"> {note}</span>}
      </dd>
    </div>
  )
}

export function SampleBanner({ attribution }: { attribution: readonly string[] }): JSX.Element {
  const [busy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const drop = async () => {
    setBusy(true)
    const failed = await dropSample()
    setBusy(false)
    setTrouble(failed)
    if (failed === null) await load()
  }
  return (
    <aside class="sample-banner" aria-label="Sample data">
      <div>
        <strong>Sample data.</strong> Not your traffic: real arrival rates and request lengths, with model and feature
        names assigned. It goes with the first call of your own.
        {attribution.length > 0 && (
          <details class="why">
            <summary>sources</summary>
            <ul>
              {attribution.map(line => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {!isFile && (
        <button type="button" disabled={busy} onClick={() => void drop()}>
          Remove the sample
        </button>
      )}
      {trouble && (
        <p role="alert">
          {trouble.message}
          {trouble.fix && `; ${trouble.fix}`}
        </p>
      )}
    </aside>
  )
}

export function Ground({ answer }: { answer: Answer }): JSX.Element {
  return (
    <div class="columns ground">
      <section aria-labelledby="assumed-title">
        <h2 id="assumed-title">Assumed</h2>
        <table class="assumptions">
          <tbody>
            {assumedOf(answer).map(assumed => (
              <AssumedRow key={assumed.label} {...assumed} />
            ))}
            <AssumedRow
              label="latency objective"
              said={[objectiveLabel(answer.objective)]}
              sources={[answer.objective.source]}
            />
          </tbody>
        </table>
      </section>
      <section aria-labelledby="not-modelled-title">
        {answer.nextMeasurement && (
          <>
            <h2>What would sharpen this most</h2>
            <p>{answer.nextMeasurement}</p>
          </>
        )}
        <h2 id="not-modelled-title">Not modelled</h2>
        <p>{leftOutWords(answer).join(', ') || 'Nothing is listed.'}</p>
        {answer.notModelled.length > 0 && (
          <details class="why alone">
            <summary>what each means</summary>
            <ul>
              {answer.notModelled.map(line => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </details>
        )}
      </section>
    </div>
  )
}

/** What is assumed in a few words, and behind a switch why, value by value. */
function AssumedRow({ label, said, sources }: Assumed): JSX.Element {
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>
        <span class="figure">{said.join(', ')}</span>
        <details class="why">
          <summary>
            why<span class="sr"> {label}</span>
          </summary>
          <ul>
            {sources.map((source, i) => (
              <li key={said[i]}>{sources.length > 1 ? `${said[i]}: ${source}` : source}</li>
            ))}
          </ul>
        </details>
      </td>
    </tr>
  )
}
