// What a gate found, in; a line for each option and condition, what fails first, out.
import { usdLabel } from '../charts/labels.ts'
import type { Gated } from '../core/decide/quality/gate.ts'
import { paragraph } from './ansi.ts'

const words = {
  fails: 'FAILS',
  unclear: 'not enough data',
  holds: 'holds',
  unknown: 'unknown',
} as const satisfies Record<Gated['judgement'], string>
const order = ['fails', 'unclear', 'unknown', 'holds'] as const

/** No line is wider than `columns` (80 at least). */
export function gateLines(gated: readonly Gated[], columns: number): string[] {
  if (gated.length === 0) return []
  const sorted = [...gated].sort((a, b) => order.indexOf(a.judgement) - order.indexOf(b.judgement))
  return [
    'Gate, which fails only where the whole interval does:',
    ...sorted.flatMap(one =>
      paragraph(
        `${one.option}, ${one.condition}: ${words[one.judgement]}${figures(one)}`,
        Math.max(80, columns),
        '  ',
        '    ',
      ),
    ),
  ]
}

function figures({ condition, found: { value, low, high } }: Gated): string {
  if (value === null) return ' (no figure)'
  if (value === Number.POSITIVE_INFINITY) return ' (nothing succeeds)'
  const isChange = /[<>]\s*[+-]/.test(condition)
  const label = condition.startsWith('passRate')
    ? (x: number) => (isChange ? `${signed(x * 100)} points` : `${(x * 100).toFixed(1)} %`)
    : (x: number) => (isChange ? `${signed(x * 100)} %` : usdLabel(x))
  const range = low === null || high === null ? '' : `; 95 %: ${label(low)} to ${label(high)}`
  return ` (${label(value)}${range})`
}

const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)}`
