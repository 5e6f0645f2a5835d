// A task's graders and an answer in; one grade out, whatever the graders do: one that throws, hangs or says rubbish cannot tell.
import { setTimeout as after } from 'node:timers/promises'
import { add, type Money, zero } from '../../core/meter/money.ts'
import type { GraderSpec, Json } from '../task.ts'
import type { Answer, Grade, GraderTools } from './grader.ts'
import { graderOf, limitSecondsOf } from './graders.ts'
import { cannotTell } from './verdicts.ts'

/**
 * All must pass. They are asked in order, and no more once one failed: what is right by a mechanical grader alone is worth a
 * judge's money. Failed when one failed; else unknown when one cannot tell. Score: the mean of those told; cost: the sum.
 */
export async function gradeAnswer(specs: readonly GraderSpec[], answer: Answer, tools: GraderTools): Promise<Grade> {
  const grades: Grade[] = []
  for (const spec of specs) {
    const grade = await gradeOnce(spec, answer, tools)
    grades.push(grade)
    if (grade.pass === false) break
  }
  return together(grades)
}

/** One grader's word, under its time limit. Never throws; when the run itself is called off, it cannot tell. */
export async function gradeOnce(spec: GraderSpec, answer: Answer, tools: GraderTools): Promise<Grade> {
  const late = new AbortController()
  const signal = AbortSignal.any([tools.signal, late.signal])
  try {
    const grader = graderOf(spec)
    const misfit = grader.misfit(spec, answer.task.expected)
    if (misfit !== null) return cannotTell(`${spec.kind}: ${misfit}`)
    const seconds = limitSecondsOf(spec)
    const timer = new AbortController()
    const limit = after(seconds * 1000, null, { signal: AbortSignal.any([tools.signal, timer.signal]) })
    try {
      const grade = await Promise.race([
        grader.grade(spec, answer, {
          ...tools,
          signal,
          grade: (other, same) => gradeOnce(other, same, { ...tools, signal }),
        }),
        limit,
      ])
      return grade === null
        ? { ...cannotTell(`${spec.kind}: no word within ${seconds} s`), usd: costOfBroken(spec) }
        : sound(spec, grade)
    } finally {
      timer.abort()
      limit.catch(() => {})
    }
  } catch (thrown) {
    const what = thrown instanceof Error ? thrown.message : String(thrown)
    // What a grader that broke off had spent by then nobody knows.
    return { ...cannotTell(`${spec.kind}: ${what}`), usd: costOfBroken(spec) }
  } finally {
    late.abort()
  }
}

/** Only judges are paid; of one that broke off nobody knows how much. */
const costOfBroken = ({ kind }: GraderSpec): Money | null => (kind === 'judge' || kind === 'combined' ? null : zero)

/** A score that is no share of 1, or a word that is neither yes nor no, is rubbish. */
function sound(spec: GraderSpec, grade: Grade): Grade {
  const isWord = grade.pass === null || typeof grade.pass === 'boolean'
  const isScore = grade.score === null || (grade.score >= 0 && grade.score <= 1)
  if (!isWord || !isScore) return { ...cannotTell(`${spec.kind}: it said neither pass nor fail`), usd: grade.usd }
  return grade.pass === true || grade.reason === null ? grade : { ...grade, reason: `${spec.kind}: ${grade.reason}` }
}

function together(grades: readonly Grade[]): Grade {
  const decisive = grades.find(({ pass }) => pass === false) ?? grades.find(({ pass }) => pass === null) ?? null
  const scores = grades.flatMap(({ score }) => (score === null ? [] : [score]))
  return {
    pass: decisive === null ? (grades.length === 0 ? null : true) : decisive.pass,
    score: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    reason: grades.length === 0 ? 'nothing says when an answer is right' : (decisive?.reason ?? null),
    usd: grades.reduce<Money | null>((sum, { usd }) => (sum === null || usd === null ? null : add(sum, usd)), zero),
  }
}

/** What does not fit between a task's graders and what it expects, in one line; null = all fit. */
export function misfitOf(specs: readonly GraderSpec[], expected: Json | null): string | null {
  for (const spec of specs) {
    const misfit = graderOf(spec).misfit(spec, expected)
    if (misfit !== null) return `${spec.kind}: ${misfit}`
  }
  return null
}
