// Labels that a caller put on a call (tags, properties, metadata) in; the dimensions that they name, and the rest as tags, out.
import { type AttributionKind, attributionKinds } from '../core/meter/call.ts'
import { environmentNames } from './litellm-names.ts'

/** Names of a dimension in tags (`feature:search`) and in metadata that the caller sent along, best first. */
export const dimensionNames: Readonly<Record<AttributionKind, readonly string[]>> = {
  feature: ['feature', 'feature_name', 'use_case', 'usecase'],
  workload: ['workload', 'application', 'app', 'service', 'project', 'product'],
  task: ['task', 'task_id'],
  team: ['team', 'team_name'],
  user: ['customer', 'customer_id'],
  environment: ['environment', 'env', 'stage'],
}

export type Labels = readonly (readonly [name: string, value: string])[]

const plain = (name: string): string => name.trim().toLowerCase().replace(/[\s-]/g, '_')

/** A label's dimension is the first of its names that has a value; what names none stays a tag. */
export function attributed(labels: Labels): {
  readonly dimensions: Readonly<Partial<Record<AttributionKind, string>>>
  readonly tags: Readonly<Record<string, string>>
} {
  const byName = new Map<string, string>()
  for (const [name, value] of labels)
    if (value.trim() !== '' && !byName.has(plain(name))) byName.set(plain(name), value)
  const dimensions: Partial<Record<AttributionKind, string>> = {}
  for (const kind of attributionKinds) {
    const value = dimensionNames[kind].map(name => byName.get(name)).find(found => found !== undefined)
    if (value !== undefined) dimensions[kind] = kind === 'environment' ? environmentOf(value) : value
  }
  const known = new Set(Object.values(dimensionNames).flat())
  const tags = labels.filter(([name, value]) => value.trim() !== '' && !known.has(plain(name)))
  return { dimensions, tags: Object.fromEntries(tags) }
}

/** `prod` → `production`. */
export const environmentOf = (name: string): string => environmentNames[name.toLowerCase()] ?? name

/** The values of an object that are texts, numbers or truths; what nests is content, and no label. */
export const labelsOf = (object: Readonly<Record<string, unknown>> | null): Labels =>
  Object.entries(object ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, String(value)] as const]
      : [],
  )

/** `feature:search`, `env=prod`; a text without a value is a label that is simply there. */
export const labelOfText = (text: string): readonly [string, string] => {
  const [, name, value] = /^\s*([^:=]+?)\s*[:=]\s*(.+)$/.exec(text) ?? []
  return name === undefined || value === undefined ? [text.trim(), 'true'] : [name, value]
}
