// An answer and a number in; whether the number that the answer comes to is that one within a tolerance, out.
import { z } from 'zod'
import { expectedField, expectedOf, needsExpected } from './expected.ts'
import type { GraderKind } from './grader.ts'
import { graded, quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('numeric'),
  expected: expectedField,
  absolute: z.number().nonnegative().optional().meta({ description: 'tolerance as an amount; default 0' }),
  relative: z.number().nonnegative().optional().meta({
    description: 'tolerance as a share of what is expected, added to absolute; default 0',
  }),
  take: z.enum(['marked', 'last', 'first', 'only']).optional().meta({
    description:
      'which number counts: marked = behind the last "answer is", "answer:", "####" or in \\boxed{}, else the last (default); only = there may be no other',
  }),
  decimal: z
    .enum(['.', ','])
    .optional()
    .meta({ description: 'decimal mark; the other one groups thousands; default .' }),
  units: z.record(z.string().min(1), z.number()).optional().meta({
    description:
      'what one of each unit is of the expected number’s: { m: 1, km: 1000 }, { "%": 0.01 }, { million: 1e6 }',
  }),
  unitRequired: z.boolean().optional().meta({ description: 'a number without one of the units is wrong' }),
})

type Spec = z.output<typeof shape>

export const numeric: GraderKind<Spec> = {
  kind: 'numeric',
  shape,
  about:
    'The number that the answer comes to is what is expected, within a tolerance; thousands separators and units are read.',
  misfit(spec, expected) {
    const misfit = needsExpected(spec, expected)
    if (misfit !== null) return misfit
    return rightNumber(spec, expected) === null ? 'what is expected is no number' : null
  },
  grade(spec, { text, task }) {
    const right = rightNumber(spec, task.expected)!
    const said = saidNumber(text, spec)
    if (typeof said === 'string') return graded(false, `${said} in ${quoted(text)}`)
    return graded(isNear(said.value, right, spec), `expected ${right}, got ${said.value}`)
  },
}

/** |said − right| ≤ absolute + relative × |right|, as NumPy's isclose has it; the last bits of a double count for nothing. */
function isNear(said: number, right: number, { absolute = 0, relative = 0 }: Spec): boolean {
  const slack = 4 * Number.EPSILON * Math.max(Math.abs(said), Math.abs(right))
  return Math.abs(said - right) <= absolute + relative * Math.abs(right) + slack
}

function rightNumber(spec: Spec, expected: Parameters<typeof expectedOf>[1]): number | null {
  const value = expectedOf(spec, expected)
  if (typeof value === 'number') return value
  const found = typeof value === 'string' ? numbersIn(value, spec) : []
  return found.length === 1 ? found[0]!.value : null
}

interface FoundNumber {
  readonly value: number
  readonly unit: string | null
}

/** The number that counts, or in words why there is none. */
function saidNumber(text: string, spec: Spec): FoundNumber | string {
  const take = spec.take ?? 'marked'
  const marked = take === 'marked' ? behindMark(text, spec) : null
  const all = numbersIn(text, spec)
  const [first] = all
  if (first === undefined) return 'no number'
  if (take === 'only' && all.length > 1) return `${all.length} numbers`
  const said = marked ?? (take === 'first' ? first : all.at(-1)!)
  return spec.unitRequired === true && said.unit === null ? 'a number without its unit' : said
}

const mark = /\banswer\b[^\n\d]{0,20}?(?:\bis\b|[:=])|####|\\boxed\{/gi

/** The first number behind the last mark that has one on its line. */
function behindMark(text: string, spec: Spec): FoundNumber | null {
  for (const found of [...text.matchAll(mark)].reverse()) {
    const [line = ''] = text.slice(found.index + found[0].length).split(found[0].startsWith('\\') ? '}' : '\n')
    const [number] = numbersIn(line, spec)
    if (number !== undefined) return number
  }
  return null
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A number with its sign, a currency between the two, thousands in threes, a fraction, an exponent. */
function numbersIn(
  text: string,
  { decimal = '.', units = {} }: Pick<Spec, 'decimal' | 'units'>,
): readonly FoundNumber[] {
  const group = decimal === '.' ? ",'’\u00a0\u202f" : ".'’\u00a0\u202f"
  const point = escaped(decimal)
  const digits = `\\d{1,3}(?:[${group}]\\d{3})+(?!\\d)|\\d+`
  const names = Object.keys(units).sort((a, b) => b.length - a.length)
  const unit = names.length === 0 ? '()' : `(?:\\s?(${names.map(escaped).join('|')})(?![\\p{L}\\p{N}]))?`
  const pattern = `(?<![\\p{L}\\p{N}_.,])([-+\u2212]?)\\p{Sc}?((?:${digits})(?:${point}\\d+)?|${point}\\d+)(e[-+]?\\d+)?${unit}`
  return [...text.matchAll(new RegExp(pattern, 'giu'))].map(([, sign, amount, exponent = '', name]) => {
    const plain = amount!.replace(new RegExp(`[${group}]`, 'g'), '').replace(decimal, '.')
    const value = Number(`${sign === '' || sign === '+' ? '' : '-'}${plain}${exponent}`)
    const known =
      name === undefined || name === '' ? null : names.find(one => one.toLowerCase() === name.toLowerCase())!
    return { value: known === null ? value : value * units[known]!, unit: known }
  })
}
