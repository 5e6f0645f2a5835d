// All kinds of graders in one list; their shapes as the one shape of a grader in a suite, out.
import { z } from 'zod'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import type { GraderSpec } from '../task.ts'
import { combined } from './combined.ts'
import { command } from './command.ts'
import { contains } from './contains.ts'
import { exact } from './exact.ts'
import { f1 } from './f1.ts'
import type { GraderKind } from './grader.ts'
import { json } from './json.ts'
import { jsonSchema } from './json-schema.ts'
import { judge } from './judge.ts'
import { normalised } from './normalised.ts'
import { numeric } from './numeric.ts'
import { regex } from './regex.ts'
import { set } from './set.ts'
import { toolCalls } from './tool-calls.ts'

/** In the order in which the documentation lists them. */
export const graders: readonly GraderKind<GraderSpec>[] = [
  exact,
  normalised,
  contains,
  regex,
  json,
  jsonSchema,
  numeric,
  set,
  f1,
  toolCalls,
  command,
  judge,
  combined({
    shape: () => graderShape as never,
    misfit: (spec, expected) => graderOf(spec).misfit(spec, expected),
    limitSeconds: limitSecondsOf,
  }),
]

/** Each is only ever given a spec of its own shape: `graderShape` has checked it. */
const byKind: ReadonlyMap<string, GraderKind<GraderSpec>> = new Map(graders.map(grader => [grader.kind, grader]))

const [first, ...rest] = graders.map(({ shape, about }) => shape.meta({ description: about }))

/** A grader of a suite: one of the shapes above, by its `kind`. */
export const graderShape = z.discriminatedUnion('kind', [first!, ...rest], {
  error: ({ input }) => {
    const kind = (input as { kind?: unknown } | null | undefined)?.kind
    const nearest = typeof kind === 'string' ? nearestName(kind, byKind.keys()) : null
    const hint = nearest === null ? '' : `; did you mean ${nearest}?`
    return `expected a grader with a kind of ${[...byKind.keys()].join(', ')}${hint}`
  },
})

/** @throws Fault GRADER_UNKNOWN */
export function graderOf({ kind }: GraderSpec): GraderKind<GraderSpec> {
  const grader = byKind.get(kind)
  if (grader !== undefined) return grader
  const fix = `use one of ${[...byKind.keys()].join(', ')}`
  throw new Fault('GRADER_UNKNOWN', `no grader is called "${kind}"`, { fix })
}

const DEFAULT_LIMIT_SECONDS = 60

/** How long a grader may take. */
export function limitSecondsOf(spec: GraderSpec): number {
  return graderOf(spec).limitSeconds?.(spec) ?? DEFAULT_LIMIT_SECONDS
}
