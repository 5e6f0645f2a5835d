// What people said of tries in, in the order in which they said it; one word for each try, and how far raters agree, out.
import { type Agreement, cohensKappa } from '../../statistics/kappa.ts'

/** One person's word on one try. */
export interface Label {
  readonly option: string
  readonly task: string
  readonly attempt: number
  /** Null = taken back. */
  readonly passed: boolean | null
  /** Who said it; '' = nobody in particular. */
  readonly rater: string
}

export const keyOfTry = ({ option, task, attempt }: Pick<Label, 'option' | 'task' | 'attempt'>): string =>
  JSON.stringify([option, task, attempt])

export interface SettledLabels {
  /** By `keyOfTry`: what most raters say; null = as many say the one as the other. */
  readonly words: ReadonlyMap<string, boolean | null>
  readonly raters: readonly string[]
  /** Each two raters that labelled some tries in common. */
  readonly agreements: readonly (Agreement & { readonly raters: readonly [string, string] })[]
}

/** Of one rater's words on one try the later counts. */
export function settledLabels(labels: readonly Label[]): SettledLabels {
  const byTry = new Map<string, Map<string, boolean>>()
  const raters = new Set<string>()
  for (const label of labels) {
    const key = keyOfTry(label)
    const said = byTry.get(key) ?? new Map<string, boolean>()
    byTry.set(key, said)
    if (label.passed === null) said.delete(label.rater)
    else said.set(label.rater, label.passed)
    raters.add(label.rater)
  }
  const words = new Map<string, boolean | null>()
  for (const [key, said] of byTry) {
    if (said.size === 0) continue
    const passes = [...said.values()].filter(Boolean).length
    words.set(key, passes * 2 === said.size ? null : passes * 2 > said.size)
  }
  const names = [...raters].sort()
  const agreements = names.flatMap((a, i) =>
    names.slice(i + 1).flatMap(b => {
      const pairs = [...byTry.values()].flatMap(said => {
        const [one, other] = [said.get(a), said.get(b)]
        return one === undefined || other === undefined ? [] : [[one, other] as const]
      })
      return pairs.length === 0 ? [] : [{ raters: [a, b] as const, ...cohensKappa(pairs) }]
    }),
  )
  return { words, raters: names, agreements }
}
