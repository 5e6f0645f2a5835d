// An answer and a command in; the command's word on it out, told by a score that it prints or by its exit status.
import { z } from 'zod'
import type { Json } from '../task.ts'
import type { Answer, Grade, GraderKind } from './grader.ts'
import { type Ended, runProgram } from './program.ts'
import { jsonOf } from './same-json.ts'
import { cannotTell, graded, quoted } from './verdicts.ts'

const DEFAULT_SECONDS = 60

const shape = z.strictObject({
  kind: z.literal('command'),
  command: z.array(z.string()).min(1).meta({ description: 'program and arguments; runs where the suite lies' }),
  by: z.enum(['score', 'status']).optional().meta({
    description:
      'score (default): the last line it prints is a number from 0 to 1, pass or fail, or { pass, score, reason }; status: 0 is a pass, 1 a fail, as test runners have it. Anything else is its own crash',
  }),
  threshold: z.number().min(0).max(1).optional().meta({ description: 'score to pass; default 1' }),
  seconds: z
    .number()
    .positive()
    .max(3600)
    .optional()
    .meta({ description: `it is killed after so long; default ${DEFAULT_SECONDS}` }),
})

type Spec = z.output<typeof shape>

export const command: GraderKind<Spec> = {
  kind: 'command',
  shape,
  about:
    'Any program: it reads { task, answer } as JSON on its standard input and prints a score, or passes by its exit status (unit tests).',
  misfit: () => null,
  limitSeconds: ({ seconds = DEFAULT_SECONDS }) => seconds + 5,
  async grade(spec, answer, { folder, signal }) {
    const seconds = spec.seconds ?? DEFAULT_SECONDS
    const ended = await runProgram(spec.command, {
      folder,
      stdin: `${JSON.stringify(told(answer))}\n`,
      seconds,
      signal,
    })
    if (ended.stopped === 'late') return cannotTell(`it ran past ${seconds} s`)
    if (ended.stopped !== null) return cannotTell(`it was ended: ${ended.stopped}`)
    if (ended.signal !== null) return cannotTell(`it was killed by ${ended.signal}`)
    return spec.by === 'status' ? byStatus(ended) : byScore(ended, spec.threshold ?? 1)
  },
}

/** What the program reads: who answered is not in it. */
function told({ task, text, toolCalls, exitStatus }: Answer): unknown {
  const { id, expected, tags, work } = task
  const messages = work.kind === 'prompt' ? work.prompt.messages : null
  return { task: { id, expected, tags, messages }, answer: { text, toolCalls, exitStatus } }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)!.trim()

function crash({ status, stderr }: Ended): Grade {
  const says = lastLine(stderr)
  return cannotTell(`it ended with status ${status}${says === '' ? '' : `: ${quoted(says)}`}`)
}

function byStatus(ended: Ended): Grade {
  if (ended.status !== 0 && ended.status !== 1) return crash(ended)
  const says = lastLine(ended.stdout) || lastLine(ended.stderr)
  return graded(ended.status === 0, says === '' ? 'it ended with status 1' : quoted(says))
}

const words: Readonly<Record<string, boolean>> = {
  pass: true,
  passed: true,
  true: true,
  fail: false,
  failed: false,
  false: false,
}

const verdict = z.looseObject({
  pass: z.boolean().nullable().optional(),
  score: z.number().min(0).max(1).nullable().optional(),
  reason: z.string().nullable().optional(),
})

function byScore(ended: Ended, threshold: number): Grade {
  if (ended.status !== 0) return crash(ended)
  const line = lastLine(ended.stdout)
  const word = words[line.toLowerCase()]
  if (word !== undefined) return graded(word, 'it says fail')
  // A verdict may also stand on several lines, alone.
  const value: Json | undefined = jsonOf(line) ?? jsonOf(ended.stdout)
  if (typeof value === 'number' && value >= 0 && value <= 1) return graded(value >= threshold, `score ${value}`, value)
  const read = verdict.safeParse(value)
  if (!read.success) return cannotTell(`it printed no score: ${line === '' ? 'nothing' : quoted(line)}`)
  const { pass, score = null, reason = null } = read.data
  if (pass === null) return cannotTell(reason ?? 'it says that it cannot tell')
  if (pass === undefined && score === null) return cannotTell(`it printed no score: ${quoted(line)}`)
  const isPassed = pass ?? score! >= threshold
  return graded(isPassed, reason ?? (score === null ? 'it says fail' : `score ${score}`), score)
}
