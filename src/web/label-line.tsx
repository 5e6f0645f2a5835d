// Kept answers of runs of tasks → a line that leads to the page on which people label them; nothing where none are kept.
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { many } from '../core/fault/many.ts'
import { usePolled } from './polling.ts'

interface Kept {
  readonly run: string | null
  readonly answers: number
  readonly labelled: number
}

const kept = signal<Kept | null>(null)

export function LabelLine(): JSX.Element | null {
  usePolled<Kept>('/api/labels?limit=1', answer => {
    kept.value = answer
    return true
  })
  const now = kept.value
  if (now === null || now.run === null) return null
  return (
    <p class="gateway-line">
      <span>Tasks</span> {many(now.answers, 'answer')} of the run {now.run} kept, {now.labelled.toLocaleString('en-US')}{' '}
      labelled by people · <a href="/label">label them</a>
    </p>
  )
}
