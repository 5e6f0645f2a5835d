// The reader's wish for light or dark: the system's unless they turned the switch, remembered on this machine only.
import { signal } from '@preact/signals'

export type ThemeWish = 'system' | 'light' | 'dark'

const key = 'crossline-theme'

export const theme = signal<ThemeWish>(remembered())

/** Sets the wish on the document: before the first paint, and again at each change. */
export function applyTheme(): void {
  const { dataset } = document.documentElement
  if (theme.value === 'system') delete dataset.theme
  else dataset.theme = theme.value
}

/** What is seen now, whoever chose it. */
export function isDark(): boolean {
  if (theme.value !== 'system') return theme.value === 'dark'
  return matchMedia('(prefers-color-scheme: dark)').matches
}

/** Turns to the other side; back to the system's when that is what it shows. */
export function turnTheme(): void {
  const wish = isDark() ? 'light' : 'dark'
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  theme.value = wish === system ? 'system' : wish
  applyTheme()
  try {
    if (theme.value === 'system') localStorage.removeItem(key)
    else localStorage.setItem(key, theme.value)
  } catch {
    // A file opened from disk may have no storage: the wish then lasts as long as the page.
  }
}

function remembered(): ThemeWish {
  try {
    const wish = localStorage.getItem(key)
    return wish === 'light' || wish === 'dark' ? wish : 'system'
  } catch {
    return 'system'
  }
}
