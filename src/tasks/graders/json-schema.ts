// An answer and a JSON Schema in; whether the JSON in the answer is valid by it, out.
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import draft6 from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' }
import formats from 'ajv-formats'
import { z } from 'zod'
import type { Json } from '../task.ts'
import { extractField, foundJson } from './found-json.ts'
import type { GraderKind } from './grader.ts'
import { linearRegex } from './linear-regex.ts'
import { cannotTell, graded, quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('json-schema'),
  schema: z
    .union([z.boolean(), z.record(z.string(), z.json())])
    .optional()
    .meta({ description: 'draft 2020-12, or 2019-09, 07 or 06 by its $schema; default: the task’s responseSchema' }),
  extract: extractField,
})

type Spec = z.output<typeof shape>

export const jsonSchema: GraderKind<Spec> = {
  kind: 'json-schema',
  shape,
  about: 'The JSON in the answer is valid by a JSON Schema (drafts 2020-12, 2019-09, 07, 06; formats are checked).',
  misfit: ({ schema }) => (schema === undefined ? null : schemaMisfit(schema)),
  grade(spec, { text, task }) {
    const asked = task.work.kind === 'prompt' ? task.work.prompt.responseSchema : null
    const schema = spec.schema ?? asked
    if (schema === null) return cannotTell('neither the grader nor the task states a schema')
    const valid = validator(schema as Schema)
    const value = foundJson(text, spec.extract)
    if (value === undefined) return graded(false, `no JSON in ${quoted(text)}`)
    const isValid = valid(value)
    return graded(isValid, faultsOf(valid))
  },
}

type Schema = boolean | Readonly<Record<string, Json>>

function faultsOf({ errors }: ValidateFunction): string {
  const [first, ...more] = errors ?? []
  const place = first?.instancePath === '' ? 'the whole' : first?.instancePath
  return `${place} ${first?.message ?? 'is not valid'}${more.length === 0 ? '' : ` (and ${more.length} more)`}`
}

function schemaMisfit(schema: Schema): string | null {
  try {
    validator(schema)
    return null
  } catch (thrown) {
    return `the schema cannot be used: ${(thrown as Error).message}`
  }
}

// A pattern of a schema is matched in linear time, as those of the regex grader are. Patterns are told apart by their texts.
const regExp = Object.assign((pattern: string) => ({ ...linearRegex(pattern), toString: () => pattern }), {
  code: 'linearRegex',
})
const options: Options = { strict: false, allErrors: true, ownProperties: true, code: { regExp } }

/** Nothing is ever fetched for a `$ref`. */
const drafts: readonly (readonly [draft: RegExp, make: () => Ajv])[] = [
  [/draft-0[67]/, () => withFormats(new Ajv(options).addMetaSchema(draft6))],
  [/2019-09/, () => withFormats(new Ajv2019(options))],
  [/2020-12/, () => withFormats(new Ajv2020(options))],
]

const shared = new Map<RegExp, Ajv>()

/** Schemas that name themselves or refer to something have one for themselves: two may have one name. Others share one. */
function ajvOf([draft, make]: (typeof drafts)[number], schema: Schema): Ajv {
  if (/"(\$id|\$\w*[rR]ef|\$\w*[aA]nchor)"/.test(JSON.stringify(schema))) return make()
  const known = shared.get(draft) ?? make()
  shared.set(draft, known)
  return known
}

const compiled = new WeakMap<object, ValidateFunction>()

/** @throws Error where the schema is none, is of an older draft, or leans on another that is not in it */
function validator(schema: Schema): ValidateFunction {
  const known = typeof schema === 'object' ? compiled.get(schema) : undefined
  if (known !== undefined) return known
  const stated = typeof schema === 'object' && typeof schema.$schema === 'string' ? schema.$schema : '2020-12'
  const draft = drafts.find(([name]) => name.test(stated))
  if (draft === undefined) throw new Error(`${stated} is not among the drafts 2020-12, 2019-09, 07 and 06`)
  const made = ajvOf(draft, schema).compile(schema)
  if (typeof schema === 'object') compiled.set(schema, made)
  return made
}

function withFormats(ajv: Ajv): Ajv {
  // The package is CommonJS: what it exports is found under `default`, or is it.
  const add = (formats as unknown as { default?: typeof formats.default }).default ?? (formats as never)
  return add(ajv)
}
