// The keys of the page: what they do, and the dialog that lists them.
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { choose, go, page } from './state.ts'
import { turnTheme } from './theme.ts'

export const keysOpen = signal(false)

const rows = [
  ['← →', 'move “you are here” a step (6 %), on the chart or the slider'],
  ['Shift ← →', 'ten steps'],
  ['Home', 'back to the measured volume'],
  ['L', 'cost axis: logarithmic or linear'],
  ['T', 'light or dark'],
  ['V', 'type a volume'],
  ['?', 'this list'],
  ['Esc', 'close'],
] as const

/** Listens for single keys, but never while something is being typed. */
function useKeys(): void {
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null
      const typing = target?.closest('input:not([type=range]):not([type=checkbox]), select, textarea')
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return
      switch (event.key) {
        case '?':
          keysOpen.value = true
          break
        case 'l':
          go({ ...page.value, yScale: page.value.yScale === 'log' ? 'linear' : 'log' })
          break
        case 't':
          turnTheme()
          break
        case 'v':
          document.getElementById('volume')?.focus()
          break
        case 'Home':
          if (!target?.closest('[role=slider], input')) return
          choose({ tokensPerMonth: undefined })
          break
        default:
          return
      }
      event.preventDefault()
    }
    addEventListener('keydown', heard)
    return () => removeEventListener('keydown', heard)
  }, [])
}

export function KeysDialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useKeys()
  useEffect(() => {
    if (keysOpen.value) dialog.current?.showModal()
  }, [keysOpen.value])
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title" onClose={() => (keysOpen.value = false)}>
      <h2 id="keys-title">Keys</h2>
      <dl>
        {rows.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  )
}
