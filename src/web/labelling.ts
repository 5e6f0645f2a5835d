// Answers that wait for a word, asked of the server; each word sent as it is given, and the last taken back, in this order.
import { signal } from '@preact/signals'

/** As `/api/labels` tells it: who answered is not in it. */
export interface Waiting {
  readonly id: string
  readonly asked: string
  readonly expected: unknown
  readonly text: string
  readonly calls: readonly string[]
}

interface LabelsAnswer {
  readonly runs: readonly string[]
  readonly run: string | null
  readonly answers: number
  readonly labelled: number
  readonly waiting: readonly Waiting[]
  readonly agreements: readonly {
    readonly raters: readonly [string, string]
    readonly n: number
    readonly agreed: number
    readonly kappa: number | null
  }[]
}

export interface Desk extends Omit<LabelsAnswer, 'waiting'> {
  /** The first is shown; one that was skipped goes to the end. */
  readonly queue: readonly Waiting[]
}

const key = 'crossline-rater'

/** Null = it is asked for. */
export const desk = signal<Desk | null>(null)
export const trouble = signal<string | null>(null)
export const rater = signal(remembered())
/** What was labelled last comes first: it can be taken back. */
export const given = signal<readonly Waiting[]>([])

export async function openDesk(run: string | null): Promise<void> {
  const query = new URLSearchParams()
  if (run !== null) query.set('run', run)
  if (rater.value !== '') query.set('rater', rater.value)
  await attempted(async () => {
    const { waiting, ...rest } = await answered<LabelsAnswer>(fetch(`/api/labels?${query}`))
    desk.value = { ...rest, queue: waiting }
    given.value = []
  })
}

/** Whose labels they are; a rater sees what they have not labelled yet. */
export function callRater(name: string): void {
  rater.value = name.trim()
  try {
    localStorage.setItem(key, rater.value)
  } catch {
    // Without storage the name lasts as long as the page.
  }
  void openDesk(desk.value?.run ?? null)
}

export async function say(passed: boolean): Promise<void> {
  const now = desk.value
  const [first, ...queue] = now?.queue ?? []
  if (now === null || first === undefined || rater.value === '') return
  desk.value = { ...now, queue, labelled: now.labelled + 1 }
  given.value = [first, ...given.value]
  await send(now.run!, first.id, passed)
  if (queue.length === 0 && now.labelled + 1 < now.answers) await openDesk(now.run)
}

export function skip(): void {
  const now = desk.value
  const [first, ...rest] = now?.queue ?? []
  if (now !== null && first !== undefined) desk.value = { ...now, queue: [...rest, first] }
}

export async function undo(): Promise<void> {
  const now = desk.value
  const [last, ...before] = given.value
  if (now === null || last === undefined) return
  desk.value = { ...now, queue: [last, ...now.queue], labelled: now.labelled - 1 }
  given.value = before
  await send(now.run!, last.id, null)
}

/** One after the other: a word and its taking back must not overtake each other. */
let sending: Promise<void> = Promise.resolve()
/** Words that the server has not confirmed yet: the page asks before it is left. */
let unsent = 0

addEventListener('beforeunload', event => {
  if (unsent > 0) event.preventDefault()
})

function send(run: string, id: string, passed: boolean | null): Promise<void> {
  const body = JSON.stringify({ run, id, passed, rater: rater.value })
  const headers = { 'content-type': 'application/json' }
  unsent++
  sending = sending
    .then(() =>
      attempted(async () => {
        await answered(fetch('/api/label', { method: 'POST', headers, body, keepalive: true }))
      }),
    )
    .finally(() => unsent--)
  return sending
}

async function attempted(work: () => Promise<void>): Promise<void> {
  try {
    await work()
    trouble.value = null
  } catch (thrown) {
    trouble.value = thrown instanceof Error ? thrown.message : String(thrown)
  }
}

async function answered<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked
  const body = (await response.json()) as T & { readonly error?: { readonly message: string } }
  if (!response.ok) throw new Error(body.error?.message ?? `the server answered ${response.status}`)
  return body
}

function remembered(): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}
