// Several graders in; one word of them out: any of them, or a weighted mean of what they say that reaches a share.
import { z } from 'zod'
import { add, type Money, zero } from '../../core/meter/money.ts'
import type { GraderSpec, Json } from '../task.ts'
import type { Grade, GraderKind } from './grader.ts'

interface Spec extends GraderSpec {
  readonly kind: 'combined'
  readonly graders: readonly GraderSpec[]
  readonly weights?: readonly number[] | undefined
  readonly pass: 'any' | number
}

/** What it needs of the other kinds, which only the list of all knows. */
export interface OtherKinds {
  readonly shape: () => z.ZodType<GraderSpec>
  misfit(spec: GraderSpec, expected: Json | null): string | null
  limitSeconds(spec: GraderSpec): number
}

/** That all must pass needs no kind of its own: a task's graders are that. */
export const combined = (others: OtherKinds): GraderKind<Spec> => ({
  kind: 'combined',
  shape: z.strictObject({
    kind: z.literal('combined'),
    graders: z.array(z.lazy(others.shape)).min(1),
    weights: z
      .array(z.number().positive())
      .optional()
      .meta({ description: 'of the graders, in order; default 1 each' }),
    pass: z.union([z.literal('any'), z.number().min(0).max(1)]).meta({
      description: 'any: one that passes is enough; or the least weighted mean of their scores (a pass is 1, a fail 0)',
    }),
  }) as unknown as GraderKind<Spec>['shape'],
  about: 'Several graders as one: any of them, or a weighted mean of their scores that reaches a share.',
  misfit({ graders, weights }, expected) {
    if (weights !== undefined && weights.length !== graders.length) return 'expected a weight for each of its graders'
    for (const spec of graders) {
      const misfit = others.misfit(spec, expected)
      if (misfit !== null) return `${spec.kind}: ${misfit}`
    }
    return null
  },
  limitSeconds: ({ graders }) => graders.reduce((sum, spec) => sum + others.limitSeconds(spec), 0),
  async grade({ graders, weights = [], pass }, answer, tools) {
    const grades: Grade[] = []
    for (const spec of graders) {
      grades.push(await tools.grade(spec, answer))
      if (pass === 'any' && grades.at(-1)!.pass === true) break
    }
    const usd = grades.reduce<Money | null>(
      (sum, one) => (sum === null || one.usd === null ? null : add(sum, one.usd)),
      zero,
    )
    const reason = grades.find(one => one.pass !== true)?.reason ?? null
    if (pass === 'any') {
      const isPassed = grades.some(one => one.pass === true)
      const word = isPassed ? true : grades.some(one => one.pass === null) ? null : false
      return { pass: word, score: null, reason: isPassed ? null : reason, usd }
    }
    // Whoever cannot tell may have said anything: only what holds either way is said.
    const [least, most] = [0, 1].map(unknown => {
      const weightOf = (i: number) => weights[i] ?? 1
      const whole = grades.reduce((sum, _, i) => sum + weightOf(i), 0)
      return grades.reduce((sum, one, i) => sum + weightOf(i) * scoreOf(one, unknown), 0) / whole
    })
    const word = least! >= pass - 1e-12 ? true : most! < pass - 1e-12 ? false : null
    return { pass: word, score: least === most ? least! : null, reason: word === true ? null : reason, usd }
  },
})

const scoreOf = ({ pass, score }: Grade, unknown: number): number =>
  pass === null ? unknown : (score ?? (pass ? 1 : 0))
