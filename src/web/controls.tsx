// Evidence in; the controls out: which calls, which GPU, lease, API and operations, each with the default it departs from.
import type { ComponentChildren, JSX, TargetedEvent } from 'preact'
import { shareLabel } from '../charts/labels.ts'
import { type Choices, defaultChoices } from '../core/decide/choices.ts'
import { type Assumable, assumables } from '../core/decide/eligibility.ts'
import type { Evidence } from '../core/decide/evidence.ts'
import { regions } from '../core/decide/region.ts'
import { choices, choose, go, isFile, page } from './state.ts'

export function Controls({ evidence }: { evidence: Evidence }): JSX.Element {
  const { question } = page.value
  const chosen = choices.value
  const runs = unique((evidence.tasks ?? []).map(({ run }) => run))
  const gpus = unique(evidence.replicas.filter(({ fits }) => fits).map(({ gpu }) => gpu))
  const weights = unique([
    ...evidence.replicas.map(({ model }) => model),
    ...(evidence.runnable ?? []),
    ...(question.asModel ? [question.asModel] : []),
  ])
  const ask = (name: 'model' | 'asModel', value: string) => {
    // Other calls have other GPUs and APIs to choose from.
    const { gpu: _, api: __, ...kept } = page.value.choices
    go({ ...page.value, question: { ...question, [name]: value }, choices: kept })
  }
  const inFileHint = isFile ? 'An exported file holds one slice; crossline serve can change it' : undefined
  return (
    <form class="controls" aria-label="Choices" onSubmit={event => event.preventDefault()}>
      <Choice id="model" name="Model" hint={inFileHint}>
        <select
          id="model"
          disabled={isFile}
          value={question.model ?? ''}
          onChange={event => ask('model', event.currentTarget.value)}
        >
          <option value="">
            {evidence.slice.model ?? (evidence.slices.length > 0 ? 'the costliest model' : 'all calls')}
          </option>
          {evidence.slices
            .filter(({ model }) => model !== evidence.slice.model || question.model === model)
            .map(({ model, share }) => (
              <option key={model} value={model}>
                {model} ({shareLabel(share)})
              </option>
            ))}
        </select>
      </Choice>
      <Choice id="asModel" name="Run as" hint={inFileHint}>
        <select
          id="asModel"
          disabled={isFile}
          value={question.asModel ?? ''}
          onChange={event => ask('asModel', event.currentTarget.value)}
        >
          <option value="">{evidence.todayGroup ?? 'nobody said'}</option>
          {weights
            .filter(model => model !== evidence.todayGroup || question.asModel === model)
            .map(model => (
              <option key={model} value={model}>
                {model}
              </option>
            ))}
        </select>
      </Choice>
      <Choice id="api" name="API">
        <select
          id="api"
          value={chosen.api ?? ''}
          onChange={event => choose({ api: event.currentTarget.value || undefined })}
        >
          <option value="">cheapest</option>
          {groupsOf(evidence).map(([label, names]) => (
            <optgroup key={label} label={label}>
              {names.map(name => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </Choice>
      <OpenChoice id="gpu" name="GPU" open="cheapest that fits" values={gpus} />
      <Choice id="term" name="Lease">
        <select id="term" value={chosen.term} onChange={event => chooseTerm(event.currentTarget.value)}>
          {unique([defaultChoices.term, ...evidence.leases.map(({ term }) => term)]).map(term => (
            <option key={term} value={term}>
              {term.replace(/_/g, ' ')}
            </option>
          ))}
        </select>
      </Choice>
      <Amount name="operationsUsdPerMonth" label="Operations, $ a month" step={100} />
      <details class="more">
        <summary>More</summary>
        <div class="more-body">
          <Amount name="spareReplicas" label="Spare replicas" step={1} most={64} />
          <Amount name="minReplicas" label="Replicas at least" step={1} most={10_000} />
          <Amount name="replicas" label="Replicas, fixed" step={1} least={1} most={100_000} empty="sized by traffic" />
          <Amount name="usdPerGpuHour" label="$ per GPU-hour" step={0.01} least={0.01} empty="from the lease" />
          <Amount name="overheadShare" label="Overhead, share of GPU bill" step={0.01} most={100} />
          <OpenChoice
            id="fallback"
            name="Refused calls go to"
            open="nowhere"
            values={unique(evidence.api.map(({ provider, model }) => `${provider}:${model}`))}
          />
          {runs.length > 0 && (
            <>
              <Amount name="bar" label="Quality bar, share of tasks" step={0.01} most={1} empty="the suite's" />
              <Amount name="margin" label="Or fewer than today by" step={0.01} most={0.99} empty="not asked" />
              <OpenChoice id="taskRun" name="Run of tasks" open="the newest" values={runs} />
            </>
          )}
          <OpenChoice id="region" name="Served in" open="anywhere" values={regions} />
          <fieldset class="assume">
            <legend>Take for granted</legend>
            {assumables.map(name => (
              <label key={name}>
                <input
                  type="checkbox"
                  name="assume"
                  value={name}
                  checked={chosen.assume?.includes(name) ?? false}
                  onChange={event => assume(name, event.currentTarget.checked)}
                />{' '}
                {assumableNames[name]}
              </label>
            ))}
          </fieldset>
          <Amount name="hoursPerMonth" label="Hours a month" step={1} least={1} most={744} />
        </div>
      </details>
    </form>
  )
}

const assumableNames: Readonly<Record<Assumable, string>> = {
  latency: 'unmeasured latency',
  dtype: 'unstated number format',
  quality: 'quality of other weights',
}

function assume(name: Assumable, isTaken: boolean): void {
  const before = choices.value.assume ?? []
  const after = assumables.filter(one => (one === name ? isTaken : before.includes(one)))
  choose({ assume: after.length === 0 ? undefined : after })
}

function chooseTerm(term: string): void {
  choose({ term: term === defaultChoices.term ? undefined : term })
}

interface AmountProps {
  readonly name: keyof Choices & keyof typeof numbers
  readonly label: string
  readonly step: number
  readonly least?: number
  readonly most?: number
  /** What stands in the empty field of a choice that may be left open. */
  readonly empty?: string
}

/** Choices that are numbers; the value says nothing, the keys say which. */
const numbers = {
  operationsUsdPerMonth: true,
  spareReplicas: true,
  minReplicas: true,
  replicas: true,
  usdPerGpuHour: true,
  overheadShare: true,
  hoursPerMonth: true,
  bar: true,
  margin: true,
} as const

function Amount({ name, label, step, least = 0, most = 1e12, empty }: AmountProps): JSX.Element {
  const value = choices.value[name]
  const set = (event: TargetedEvent<HTMLInputElement>) => {
    const typed = event.currentTarget.value
    const number = Number(typed)
    if (typed === '') choose({ [name]: undefined })
    else if (event.currentTarget.validity.valid && Number.isFinite(number)) {
      choose({ [name]: number === defaultChoices[name] ? undefined : number })
    }
  }
  return (
    <Choice id={name} name={label}>
      <input
        id={name}
        type="number"
        inputMode="decimal"
        min={least}
        max={most}
        step={Number.isInteger(step) && step === 1 ? 1 : 'any'}
        placeholder={empty}
        value={value ?? ''}
        onChange={set}
      />
    </Choice>
  )
}

/** One value of a list, or none: the first entry says what that means. */
function OpenChoice({
  id,
  name,
  open,
  values,
}: {
  id: 'gpu' | 'fallback' | 'region' | 'taskRun'
  name: string
  open: string
  values: readonly string[]
}): JSX.Element {
  return (
    <Choice id={id} name={name}>
      <select
        id={id}
        value={choices.value[id] ?? ''}
        onChange={event => choose({ [id]: event.currentTarget.value || undefined })}
      >
        <option value="">{open}</option>
        {values.map(value => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </Choice>
  )
}

function Choice(props: {
  id: string
  name: string
  hint?: string | undefined
  children: ComponentChildren
}): JSX.Element {
  return (
    <div class="choice" title={props.hint}>
      <label for={props.id}>{props.name}</label>
      {props.children}
    </div>
  )
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}

/** Names of APIs under what is known of their weights; an empty group is left out. */
function groupsOf({ api, todayGroup }: Evidence): (readonly [string, readonly string[]])[] {
  const named = (isSame: boolean) =>
    api.filter(({ group }) => (group === todayGroup) === isSame).map(({ name }) => name)
  const groups = [['Same weights', named(true)] as const, ['Other weights', named(false)] as const]
  return groups.filter(([, names]) => names.length > 0)
}
