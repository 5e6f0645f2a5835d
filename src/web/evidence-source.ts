// The page's question in; evidence out: from the file itself when it carries some, else from the server it came from.
import type { ByDimension, Unattributed } from '../core/decide/by-dimension.ts'
import type { Choices } from '../core/decide/choices.ts'
import type { Evidence } from '../core/decide/evidence.ts'
import type { PageQuestion } from './address.ts'

/** An error as the server words it: what, where, what to do. */
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly where: string | null
  readonly fix: string | null
}

export type Loaded =
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }

/** Evidence and choices that an exported file carries; null on a page that a server serves. */
export function embedded(): Embedded | null {
  const evidence = jsonOf<Evidence>('evidence')
  if (evidence === null) return null
  const command = document.querySelector<HTMLMetaElement>('meta[name="crossline-command"]')?.content
  return { evidence, choices: jsonOf<Partial<Choices>>('choices') ?? {}, command }
}

interface Embedded {
  readonly evidence: Evidence
  readonly choices: Partial<Choices>
  /** What wrote the file. */
  readonly command: string | undefined
}

function jsonOf<T>(id: string): T | null {
  const text = document.getElementById(id)?.textContent
  return text ? (JSON.parse(text) as T) : null
}

/** Asks the server; `progress` hears how far a simulation is. */
export async function fetchEvidence(
  question: PageQuestion,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<Loaded> {
  const query = new URLSearchParams(Object.entries(question)).toString()
  return await ask<Evidence>(`/api/evidence${query ? `?${query}` : ''}`, { signal }, progress).then(answered =>
    'trouble' in answered ? answered : { kind: 'evidence', evidence: answered.result },
  )
}

export interface Slices extends ByDimension {
  /** What of the calls is in no slice. */
  readonly unattributed: Unattributed | null
}

/** The same calls slice by slice, with the choices as they stand. */
export async function fetchSlices(
  by: string,
  question: PageQuestion,
  choices: Readonly<Partial<Choices>>,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<Slices | Trouble> {
  const stated = Object.entries(choices).filter(([, value]) => value !== undefined && value !== null)
  const query = new URLSearchParams([
    ['by', by],
    ...Object.entries(question),
    ...stated.map(
      ([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)] as [string, string],
    ),
  ])
  const answered = await ask<Slices>(`/api/crossover?${query}`, { signal }, progress)
  return 'trouble' in answered ? answered.trouble : answered.result
}

/** Removes the bundled sample from the ledger; null when done. */
export async function dropSample(): Promise<Trouble | null> {
  const answered = await ask<unknown>('/api/sample/drop', { method: 'POST' }, () => {})
  return 'trouble' in answered ? answered.trouble : null
}

type Answered<T> = { readonly result: T } | { readonly kind: 'trouble'; readonly trouble: Trouble }

/** One request whose answer comes as lines: progress, then the result or the error. */
async function ask<T>(path: string, init: RequestInit, progress: (text: string) => void): Promise<Answered<T>> {
  try {
    const response = await fetch(path, { ...init, headers: { accept: 'application/x-ndjson' } })
    let rest = ''
    let last: Record<string, unknown> = {}
    const take = (line: string) => {
      if (line.trim() === '') return
      const read = JSON.parse(line) as Record<string, unknown>
      if (typeof read.progress === 'string') progress(read.progress)
      else if (!('note' in read)) last = read
    }
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      const lines = (rest + part.value).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(take)
    }
    take(rest)
    if ('error' in last) return { kind: 'trouble', trouble: last.error as Trouble }
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return { result: ('result' in last ? last.result : last) as T }
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
    const trouble: Trouble = {
      code: 'SERVER_UNREACHABLE',
      message: `no answer from Crossline (${thrown instanceof Error ? thrown.message : String(thrown)})`,
      where: path,
      fix: 'start it again with npm start, then reload this page',
    }
    return { kind: 'trouble', trouble }
  }
}
