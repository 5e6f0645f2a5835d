// The page's start: theme before the first paint, then the address, the evidence and the answer.
import './fonts.css'
import './theme.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { LabelPage } from './label-page.tsx'
import { follow } from './state.ts'
import { applyTheme } from './theme.ts'

applyTheme()

function start(): void {
  const root = document.getElementById('app')
  if (!root) return
  const isLabelling = location.pathname.startsWith('/label')
  if (!isLabelling) follow()
  root.replaceChildren()
  render(isLabelling ? <LabelPage /> : <App />, root)
}

if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start)
else start()
