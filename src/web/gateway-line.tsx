// How the server's gateway fares → a line of counts, and what is lost or fails above everything else.

import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { many } from '../core/fault/many.ts'
import { usePolled } from './polling.ts'

/** What `/api/gateway` tells. */
interface Gateway {
  readonly metered: number
  readonly running: number
  readonly unmetered: Readonly<Record<string, number>>
  readonly lostRecords: number
  readonly errors: readonly string[]
}

const gateway = signal<Gateway | null>(null)

export function useGateway(): void {
  usePolled<Gateway>('/api/gateway', answer => {
    gateway.value = answer
    return true
  })
}

/** What must not be overlooked: records that were lost, and why none can be written or taken. */
export function GatewayTrouble(): JSX.Element | null {
  const now = gateway.value
  if (now === null || (now.errors.length === 0 && now.lostRecords === 0)) return null
  return (
    <div class="gateway-trouble" role="alert">
      <strong>
        {now.lostRecords > 0 ? `The gateway lost ${records(now.lostRecords)}.` : 'Calls wait to be counted.'}
      </strong>{' '}
      {now.errors.join('; ')}
      {now.lostRecords > 0 && ' Their calls are missing from every figure here, or unsettled.'}
    </div>
  )
}

/** `Gateway 1,234 calls metered · 3 running · 12 passed unmetered`, with the names of what passed. */
export function GatewayLine(): JSX.Element | null {
  const now = gateway.value
  if (now === null) return null
  const passed = Object.entries(now.unmetered).sort(([, a], [, b]) => b - a)
  const passes = passed.reduce((sum, [, n]) => sum + n, 0)
  if (now.metered === 0 && passes === 0) return null
  return (
    <section class="gateway-line" aria-label="Gateway">
      <span>Gateway</span> {count(now.metered)} calls metered since it started, {count(now.running)} running
      {passes > 0 && (
        <details class="why">
          <summary>{count(passes)} passed unmetered</summary>
          <ul>
            {passed.map(([name, n]) => (
              <li key={name}>
                {name}: {count(n)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

const count = (n: number): string => n.toLocaleString('en-US')
const records = (n: number): string => many(n, 'record of a call', 'records of calls')
