// An answer and the texts that are right in; whether it is one of them once case, blanks, punctuation and ways to write a character are left out of account, out.
import { z } from 'zod'
import { expectedField, expectedOf, needsExpected, textsOf } from './expected.ts'
import type { GraderKind } from './grader.ts'
import { graded, quoted } from './verdicts.ts'

/** What is left out of account when two texts are compared; each may be switched. */
export const normalField = {
  case: z.boolean().optional().meta({ description: 'case counts; default false' }),
  punctuation: z.boolean().optional().meta({
    description: 'marks of sentences, quotes, brackets, dashes, * and _ count; default false. Those inside numbers do',
  }),
  whitespace: z.boolean().optional().meta({ description: 'blanks count; default false: several are one' }),
  unicode: z.boolean().optional().meta({ description: 'ways to write one character (NFKC) count; default false' }),
  articles: z.boolean().optional().meta({ description: 'a, an, the count; default true: "A" may be a choice' }),
}

export type Normal = { readonly [field in keyof typeof normalField]?: boolean | undefined }

const shape = z.strictObject({ kind: z.literal('normalised'), expected: expectedField, ...normalField })

type Spec = z.output<typeof shape>

export const normalised: GraderKind<Spec> = {
  kind: 'normalised',
  shape,
  about:
    'The answer is what is expected, or one of a list, whatever its case, blanks, punctuation and ways to write a character.',
  misfit: needsExpected,
  grade(spec, { text, task }) {
    const right = textsOf(expectedOf(spec, task.expected)!)
    const said = normalText(text, spec)
    const isRight = right.some(one => normalText(one, spec) === said)
    return graded(isRight, `expected ${right.map(one => quoted(one)).join(' or ')}, got ${quoted(text)}`)
  },
}

/** Sentence marks, quotes, brackets, dashes and Markdown's emphasis. What carries meaning in a word (C#, 50%, R&D) is none of these. */
const marks = /[.,;:!?…'"`*_¡¿\p{Pi}\p{Pf}\p{Ps}\p{Pe}\p{Pd}]/gu

/** A text without what is left out of account. Nothing is taken out of a number: 1.5 is not 15, nor −5 5. */
export function normalText(text: string, normal: Normal = {}): string {
  let said = normal.unicode === true ? text : text.normalize('NFKC').replaceAll('\u2212', '-')
  if (normal.case !== true) said = said.toLowerCase()
  if (normal.punctuation !== true) {
    said = said.replace(marks, (mark, at: number, whole: string) => (isOfNumber(mark, at, whole) ? mark : ''))
  }
  if (normal.articles === false) {
    const without = said.replace(/(?<![\p{L}\p{N}])(a|an|the)(?![\p{L}\p{N}])/giu, ' ')
    // A text that is nothing but an article is a word of its own.
    if (without.trim() !== '') said = without
  }
  return normal.whitespace === true ? said : said.replace(/\s+/g, ' ').trim()
}

const isDigit = (character: string | undefined): boolean => character !== undefined && /\p{Nd}/u.test(character)

/** A mark between digits, or a sign or point before the first. */
function isOfNumber(mark: string, at: number, whole: string): boolean {
  if (!isDigit(whole[at + mark.length])) return false
  if (isDigit(whole[at - 1])) return /[.,:\p{Pd}]/u.test(mark)
  return (mark === '-' || mark === '.') && !/\p{L}/u.test(whole[at - 1] ?? '')
}
