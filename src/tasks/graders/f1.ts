// An answer and texts that are right in; the F1 of their words as SQuAD's evaluation counts it, out.
import { z } from 'zod'
import { expectedField, expectedOf, needsExpected, textsOf } from './expected.ts'
import type { GraderKind } from './grader.ts'
import { overlap } from './overlap.ts'
import { graded, quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('f1'),
  expected: expectedField,
  threshold: z.number().min(0).max(1).meta({ description: 'F1 to pass' }),
})

type Spec = z.output<typeof shape>

export const f1: GraderKind<Spec> = {
  kind: 'f1',
  shape,
  about:
    'The F1 of the answer’s words against what is expected, or the best of a list, as SQuAD’s evaluation counts it.',
  misfit: needsExpected,
  grade(spec, { text, task }) {
    const right = textsOf(expectedOf(spec, task.expected)!)
    const score = Math.max(...right.map(one => squadF1(text, one)))
    return graded(score >= spec.threshold, `F1 ${score.toFixed(3)} of ${quoted(text)} to ${quoted(right[0]!)}`, score)
  },
}

/** F1 of the words of two texts (Rajpurkar et al. 2016; without words on one side, as version 2 of the evaluation has it). */
export const squadF1 = (said: string, right: string): number => overlap(squadWords(said), squadWords(right)).f1

/** ASCII punctuation, as Python's string.punctuation has it. */
const punctuation = /[!-/:-@[-`{-~]/g

/** Lower case, no ASCII punctuation, no articles, split at blanks: in this order, as the evaluation does it. */
function squadWords(text: string): readonly string[] {
  const plain = text.toLowerCase().replace(punctuation, '')
  const words = plain.replace(/(?<![\p{L}\p{N}_])(a|an|the)(?![\p{L}\p{N}_])/gu, ' ')
  return words.split(/\s+/).filter(word => word !== '')
}
