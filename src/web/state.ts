// What the reader turns and what was loaded, as signals; the answer they give by the same `decide` as the command line.
import { batch, computed, signal } from '@preact/signals'
import { volumeDomain } from '../charts/frame.ts'
import type { Answer } from '../core/decide/answer.ts'
import { type Choices, defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Evidence } from '../core/decide/evidence.ts'
import { firstState, fragmentOf, type PageState, stateOf } from './address.ts'
import { embedded, fetchEvidence, type Trouble } from './evidence-source.ts'

export type Loading =
  /** `before` is what was shown until now: it stays, marked as old, so that the controls keep their place and focus. */
  | { readonly kind: 'loading'; readonly progress: string; readonly before: Evidence | null }
  | { readonly kind: 'ready'; readonly evidence: Evidence }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }

const inFile = embedded()

/** True in an exported file: there is no server to ask for another slice. */
export const isFile = inFile !== null

export const page = signal<PageState>(firstState)
export const loading = signal<Loading>(
  inFile ? { kind: 'ready', evidence: inFile.evidence } : { kind: 'loading', progress: '', before: null },
)
/** The evidence that is on the page, new or old; null when there is none. */
export const evidenceShown = computed<Evidence | null>(() => {
  const state = loading.value
  return state.kind === 'ready' ? state.evidence : state.kind === 'loading' ? state.before : null
})
/** Volume while "you are here" is dragged; null when it rests. */
export const dragged = signal<number | null>(null)
/** Volume under the pointer; null when there is none. */
export const cursor = signal<number | null>(null)

/** What a bare address means: the defaults, or what an exported file was written with. */
const firstChoices: Choices = { ...defaultChoices, ...inFile?.choices }

/** The command that wrote an exported file. */
export const writtenBy = inFile?.command

export const choices = computed<Choices>(() => ({ ...firstChoices, ...page.value.choices }))

interface Decided {
  /** At the measured volume: what "today" means, and what holds the axes still while the volume is moved. */
  readonly today: Answer | null
  readonly answer: Answer | null
  /** Why core refuses these choices; the controls stay, so that they can be taken back. */
  readonly problem: Error | null
}

const measured = computed<Decided>(() => {
  if (evidenceShown.value === null) return { today: null, answer: null, problem: null }
  return attempt(evidenceShown.value, { ...choices.value, tokensPerMonth: null })
})

export const decided = computed<Decided>(() => {
  const today = measured.value
  const tokensPerMonth = dragged.value ?? choices.value.tokensPerMonth
  if (evidenceShown.value === null || today.answer === null || tokensPerMonth === null) return today
  return { ...attempt(evidenceShown.value, { ...choices.value, tokensPerMonth }), today: today.answer }
})

function attempt(evidence: Evidence, turned: Choices): Decided {
  try {
    const answer = decide(evidence, turned)
    return { today: answer, answer, problem: null }
  } catch (thrown) {
    return { today: null, answer: null, problem: thrown instanceof Error ? thrown : new Error(String(thrown)) }
  }
}

export const todayAnswer = computed<Answer | null>(() => decided.value.today)

/** Volumes in view: around the measured one, and as far as a link's own volume lies. */
export const domain = computed<readonly [number, number]>(() => {
  if (todayAnswer.value === null) return [1e6, 1e12]
  const [low, high] = volumeDomain(todayAnswer.value)
  const at = choices.value.tokensPerMonth ?? low
  return [Math.min(low, at / 3), at > high ? at * 3 : high]
})

/** Changes choices; `undefined` goes back to the default. Pushes an address unless it only replaces one. */
export function choose(change: { readonly [K in keyof Choices]?: Choices[K] | undefined }, replace = false): void {
  const next: Record<string, unknown> = { ...page.value.choices, ...change }
  for (const name of Object.keys(next) as (keyof Choices)[]) {
    if (next[name] !== undefined) continue
    // In a file written with another choice, the default is a choice of its own.
    if (firstChoices[name] === defaultChoices[name]) delete next[name]
    else next[name] = defaultChoices[name]
  }
  go({ ...page.value, choices: next as Partial<Choices> }, replace)
}

/** Moves to a state: address first, then what depends on it. */
export function go(next: PageState, replace = false): void {
  const fragment = fragmentOf(next)
  const asked = questionKey(next) !== questionKey(page.value)
  if (fragment !== fragmentOf(page.value)) {
    const address = fragment === '' ? location.pathname + location.search : `#${fragment}`
    if (replace) history.replaceState(null, '', address)
    else history.pushState(null, '', address)
  }
  page.value = next
  if (asked && !isFile) void load()
}

function questionKey(state: PageState): string {
  return JSON.stringify(state.question)
}

let running: AbortController | null = null

/** Fetches evidence for the question in the address; an older request still under way is dropped. */
export async function load(): Promise<void> {
  running?.abort()
  const mine = new AbortController()
  running = mine
  const before = evidenceShown.value
  loading.value = { kind: 'loading', progress: '', before }
  try {
    const progress = (text: string) => {
      if (running === mine) loading.value = { kind: 'loading', progress: text, before }
    }
    const loaded = await fetchEvidence(page.value.question, progress, mine.signal)
    if (running !== mine) return
    loading.value = loaded.kind === 'evidence' ? { kind: 'ready', evidence: loaded.evidence } : loaded
  } catch (thrown) {
    if (running === mine) throw thrown
  }
}

/** Reads the address at the start, and again whenever back, forward or a pasted link changes it. */
export function follow(): void {
  const read = () => {
    const next = stateOf(location.hash)
    const asked = questionKey(next) !== questionKey(page.value)
    batch(() => {
      page.value = next
      dragged.value = null
    })
    if (asked && !isFile) void load()
  }
  page.value = stateOf(location.hash)
  addEventListener('popstate', read)
  addEventListener('hashchange', read)
  if (!isFile) void load()
}
