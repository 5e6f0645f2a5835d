// What two raters said of the same things in; how far they agree beyond chance, out.

/** `a` and `b` by whether each of the two passed it. */
export interface Agreement {
  readonly n: number
  readonly agreed: number
  /** Cohen (1960): (agreed share − by chance) ÷ (1 − by chance). Null where chance alone would have them agree always. */
  readonly kappa: number | null
}

export function cohensKappa(pairs: readonly (readonly [a: boolean, b: boolean])[]): Agreement {
  const n = pairs.length
  const agreed = pairs.filter(([a, b]) => a === b).length
  const [first, second] = [0, 1].map(i => pairs.filter(pair => pair[i as 0 | 1]).length / n)
  const chance = first! * second! + (1 - first!) * (1 - second!)
  return { n, agreed, kappa: n === 0 || chance === 1 ? null : (agreed / n - chance) / (1 - chance) }
}
