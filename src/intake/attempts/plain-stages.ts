// The stages of a try as a row of JSON tells them in; each option that was asked, with the verifier's word, out.
import type { AttemptStage } from '../../core/decide/quality/attempt.ts'
import { type Money, parseUsd } from '../../core/meter/money.ts'
import { isAmount, type PlainRecord } from './cells.ts'

/** Empty for what is no list of stages: the try itself is worth no less for it. */
export function plainStages(value: unknown): AttemptStage[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return []
    const { option, accepted, passed, usd, verifierUsd } = one as PlainRecord
    if (typeof option !== 'string') return []
    return [
      { option, accepted: word(accepted), passed: word(passed), usd: money(usd), verifierUsd: money(verifierUsd) },
    ]
  })
}

const word = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null)

function money(value: unknown): Money | null {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  return isAmount(text) && /^\d/.test(text) ? parseUsd(text) : null
}
