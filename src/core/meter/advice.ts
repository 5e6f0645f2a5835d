// Billed units of a call in; those of the model that answered, and what each other model used that it asked for advice, out.
import { type AdviceUnit, adviceForm, type BilledUnits, noUsage, type Usage, type UsageKind } from './usage.ts'

/** What a model was asked between two pieces of another's answer: billed by its own rates. */
export interface Advice {
  readonly model: string
  readonly usage: Usage
}

/** The unit of one kind of what the nth advice used, from 1. */
export const adviceUnit = (nth: number, kind: UsageKind, model: string): AdviceUnit => `advice ${nth} ${kind} ${model}`

/** Prompt and answer that an advice does not tell are unknown; what else it does not tell it did not use. */
export function adviceOf(units: BilledUnits): { readonly own: BilledUnits; readonly advice: readonly Advice[] } {
  const own: Record<string, number> = {}
  const advice = new Map<string, { model: string; usage: Record<UsageKind, number | null> }>()
  for (const [unit, count] of Object.entries(units) as [string, number][]) {
    const [, nth, kind, model] = adviceForm.exec(unit) ?? []
    if (nth === undefined) {
      own[unit] = count
      continue
    }
    const one = advice.get(nth) ?? { model: model!, usage: { ...noUsage, input: null, output: null } }
    one.usage[kind as UsageKind] = count
    advice.set(nth, one)
  }
  return { own, advice: [...advice].sort(([a], [b]) => Number(a) - Number(b)).map(([, one]) => one) }
}
