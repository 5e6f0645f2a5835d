// Measured rows → what each validation fold leaves out: whole configurations, a GPU, a family.
import type { MeasuredRow } from './rows.ts'

export type FoldKind = 'configuration' | 'gpu' | 'family'

export interface Fold {
  readonly kind: FoldKind
  readonly name: string
  /** Indices of the rows that the fold is judged on and never sees. */
  readonly rows: readonly number[]
}

/** Five folds by whole configuration, one for each GPU and one for each family. */
export function foldsOf(rows: readonly MeasuredRow[]): readonly Fold[] {
  const configurations = [...new Set(rows.map(row => row.configuration))].sort()
  const place = new Map(configurations.map((name, i) => [name, i]))
  const gpus = [...new Set(rows.map(row => row.condition.shape.gpu.id))].sort()
  const families = [...new Set(rows.map(row => row.condition.shape.model.family))].sort()
  const where = (test: (row: MeasuredRow) => boolean) => rows.flatMap((row, i) => (test(row) ? [i] : []))
  return [
    // Neighbours in the sorted list are alike: a large step deals them to different folds.
    ...[0, 1, 2, 3, 4].map(k => ({
      kind: 'configuration' as const,
      name: `configurations, part ${k + 1} of 5`,
      rows: where(row => (place.get(row.configuration)! * 7919) % 5 === k),
    })),
    ...gpus.map(id => ({ kind: 'gpu' as const, name: id, rows: where(row => row.condition.shape.gpu.id === id) })),
    ...families.map(id => ({
      kind: 'family' as const,
      name: id,
      rows: where(row => row.condition.shape.model.family === id),
    })),
  ]
}
