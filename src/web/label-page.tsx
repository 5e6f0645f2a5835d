// Answers of a run of tasks that were kept → a page on which a person says right or wrong, one by one, without knowing who answered.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { many } from '../core/fault/many.ts'
import {
  callRater,
  type Desk,
  desk,
  given,
  openDesk,
  rater,
  say,
  skip,
  trouble,
  undo,
  type Waiting,
} from './labelling.ts'
import { turnTheme } from './theme.ts'

export function LabelPage(): JSX.Element {
  useEffect(() => void openDesk(new URLSearchParams(location.search).get('run')), [])
  useKeys()
  return (
    <>
      <header class="top">
        <a class="wordmark" href="/">
          Crossline
        </a>
        <div class="top-tools">
          <button type="button" class="quiet-button" onClick={turnTheme}>
            Light or dark
          </button>
        </div>
      </header>
      {trouble.value !== null && (
        <div class="gateway-trouble" role="alert">
          <strong>Not kept:</strong> {trouble.value}
        </div>
      )}
      <div class="labelling">{desk.value === null ? <p>Asking for answers…</p> : <Table now={desk.value} />}</div>
    </>
  )
}

/** Single keys, but never while something is being typed. */
function useKeys(): void {
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const isTyping = (event.target as HTMLElement | null)?.closest('input, select') != null
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
      const does = { y: () => say(true), n: () => say(false), s: skip, u: undo }[event.key.toLowerCase()]
      if (does === undefined) return
      event.preventDefault()
      void does()
    }
    addEventListener('keydown', heard)
    return () => removeEventListener('keydown', heard)
  }, [])
}

function Table({ now }: { now: Desk }): JSX.Element {
  if (now.run === null) {
    return (
      <div class="verdict">
        <h1>No answers are kept.</h1>
        <p>
          Run tasks with <code>crossline tasks run tasks.yaml --keep-answers</code>: then their answers wait here.
        </p>
      </div>
    )
  }
  const [first] = now.queue
  return (
    <>
      <div class="verdict">
        <h1>
          {rater.value === '' ? 'Who labels?' : first === undefined ? 'All are labelled.' : 'Is this answer right?'}
        </h1>
        <p aria-live="polite">
          <span class="figure">
            {now.labelled.toLocaleString('en-US')} of {many(now.answers, 'answer')}
          </span>{' '}
          labelled{rater.value === '' ? '' : ` by ${rater.value}`}. In an order that is drawn; who answered is not told.
        </p>
      </div>
      <Whose now={now} />
      {rater.value !== '' && first !== undefined && <Case one={first} />}
      {rater.value !== '' && first !== undefined && <Words />}
      <Agreements now={now} />
    </>
  )
}

function Whose({ now }: { now: Desk }): JSX.Element {
  const [name, setName] = useState(rater.value)
  return (
    <form
      class="controls"
      onSubmit={event => {
        event.preventDefault()
        callRater(name)
        ;(document.activeElement as HTMLElement | null)?.blur()
      }}
    >
      <div class="choice">
        <label for="rater">Your name</label>
        <input
          id="rater"
          type="text"
          maxLength={100}
          value={name}
          onInput={event => setName(event.currentTarget.value)}
        />
      </div>
      {now.runs.length > 1 && (
        <div class="choice">
          <label for="run">Run</label>
          <select id="run" value={now.run ?? ''} onChange={event => void openDesk(event.currentTarget.value)}>
            {[...now.runs].reverse().map(run => (
              <option key={run} value={run}>
                {run}
              </option>
            ))}
          </select>
        </div>
      )}
      <button type="submit" disabled={name.trim() === '' || name.trim() === rater.value}>
        {rater.value === '' ? 'Begin' : 'Go on as'}
      </button>
    </form>
  )
}

function Case({ one }: { one: Waiting }): JSX.Element {
  const { asked, expected, text, calls } = one
  return (
    <div class="case" data-answer={one.id}>
      <Part title="Asked" text={asked} />
      {expected !== null && (
        <Part title="Expected" text={typeof expected === 'string' ? expected : JSON.stringify(expected, null, 1)} />
      )}
      <Part title="Answer" text={[text, ...calls].filter(part => part !== '').join('\n') || '(nothing)'} isAnswer />
    </div>
  )
}

function Part({ title, text, isAnswer = false }: { title: string; text: string; isAnswer?: boolean }): JSX.Element {
  return (
    <section class={isAnswer ? 'part answer' : 'part'} aria-label={title}>
      <h2>{title}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled by keys */}
      <pre tabIndex={0}>{text}</pre>
    </section>
  )
}

function Words(): JSX.Element {
  return (
    <div class="words">
      <button type="button" onClick={() => void say(true)}>
        Right <kbd>Y</kbd>
      </button>
      <button type="button" onClick={() => void say(false)}>
        Wrong <kbd>N</kbd>
      </button>
      <button type="button" class="quiet-button" onClick={skip}>
        Skip <kbd>S</kbd>
      </button>
      <button type="button" class="quiet-button" onClick={() => void undo()} disabled={given.value.length === 0}>
        Undo <kbd>U</kbd>
      </button>
    </div>
  )
}

function Agreements({ now }: { now: Desk }): JSX.Element {
  return (
    <div class="agreements quiet">
      {now.agreements.map(({ raters, n, agreed, kappa }) => (
        <p key={raters.join()}>
          {raters[0]} and {raters[1]} agree on {agreed} of {n}
          {kappa === null ? '' : ` (Cohen’s kappa ${kappa.toFixed(2)})`}.
        </p>
      ))}
      <p>
        Pass rates corrected by these labels:{' '}
        <code>
          crossline tasks rank DATA/tasks/{now.run}/attempts.jsonl --labels {now.run}
        </code>
      </p>
    </div>
  )
}
