// The gateway's budgets → how much of each is spent and held in its period, as a bar and in words; nothing without budgets.
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { usdExactLabel } from '../charts/labels.ts'
import { usePolled } from './polling.ts'

/** A budget as `/api/budgets` tells it: money as decimal strings. */
interface Budget {
  readonly name: string
  readonly per: string
  readonly zone: string
  /** The end of its period, ISO 8601. */
  readonly to: string
  readonly match: Readonly<Record<string, string>>
  readonly usd: string
  readonly spentUsd: string
  readonly reservedUsd: string
  readonly unpricedCalls: number
  readonly refusedCalls: number
  readonly state: 'ok' | 'warned' | 'exceeded'
}

const budgets = signal<readonly Budget[]>([])

export function BudgetsPanel(): JSX.Element | null {
  // They are stated when the server starts: where there are none, none will come.
  usePolled<{ readonly budgets: readonly Budget[] }>('/api/budgets', answer => {
    budgets.value = answer.budgets
    return answer.budgets.length > 0
  })
  if (budgets.value.length === 0) return null
  return (
    <section class="budgets" aria-labelledby="budgets-title">
      <h2 id="budgets-title">Budgets</h2>
      <ul>
        {budgets.value.map(budget => (
          <li key={budget.name} data-budget={budget.name} data-state={budget.state}>
            <BudgetRow budget={budget} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function BudgetRow({ budget }: { budget: Budget }): JSX.Element {
  const { name, per, zone, to, match, usd, spentUsd, reservedUsd, unpricedCalls } = budget
  const matched = Object.entries(match).map(([dimension, pattern]) => `${dimension} ${pattern}`)
  return (
    <>
      <h3>
        {name} <span class="under">{matched.join(', ') || 'all calls'}</span>
      </h3>
      <Bar limit={Number(usd)} spent={Number(spentUsd)} held={Number(reservedUsd)} />
      <p>
        <span class="figure">{usdExactLabel(Number(spentUsd))}</span> spent
        {Number(reservedUsd) > 0 && <> + {usdExactLabel(Number(reservedUsd))} held</>} of{' '}
        <span class="figure">{usdExactLabel(Number(usd))}</span> a {per}
        <span class="under">
          until {endOf(to, zone)} ({zone})
          {unpricedCalls > 0 && `; ${callsText(unpricedCalls)} of unknown price not counted`}
        </span>
      </p>
      <p class="budget-state">{stateText(budget)}</p>
    </>
  )
}

/** As wide as the limit, or as what is spent and held where that is more: then a mark shows where the limit is. */
function Bar({ limit, spent, held }: { limit: number; spent: number; held: number }): JSX.Element {
  const whole = Math.max(limit, spent + held)
  const percent = (usd: number) => `${((100 * usd) / whole).toFixed(2)}%`
  return (
    <svg class="budget-bar" width="100%" height="10" aria-hidden="true">
      <rect class="limit" width={percent(limit)} height="10" />
      <rect class="held" x={percent(spent)} width={percent(held)} height="10" />
      <rect class="spent" width={percent(spent)} height="10" />
      {whole > limit && <line x1={percent(limit)} x2={percent(limit)} y1="0" y2="10" />}
    </svg>
  )
}

function stateText({ state, refusedCalls, spentUsd, usd }: Budget): string {
  const percent = (100 * Number(spentUsd)) / Number(usd)
  const share = percent > 0 && percent < 1 ? 'under 1 %' : `${Math.floor(percent)} %`
  if (refusedCalls > 0) return `${callsText(refusedCalls)} refused`
  return state === 'ok' ? `${share} spent` : state === 'warned' ? `nearly spent: ${share}` : 'used up'
}

/** `1 Dec, 00:00` as its own zone's clocks show it. */
const endOf = (to: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(to))

const callsText = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'call' : 'calls'}`
