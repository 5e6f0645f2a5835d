// The tool calls of an answer and those that are expected in; whether they are the same calls, out.
import { z } from 'zod'
import type { Json } from '../task.ts'
import { expectedField, expectedOf } from './expected.ts'
import type { Answer, GraderKind } from './grader.ts'
import { holdsJson } from './json.ts'
import { isSameJson, jsonOf } from './same-json.ts'
import { graded, quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('tool-calls'),
  expected: expectedField.meta({
    description: 'calls as { name, arguments }; default: what the task expects; [] = none',
  }),
  arguments: z.enum(['all', 'subset', 'none']).optional().meta({
    description: 'all: the same (default); subset: those expected, and maybe more; none: the names alone count',
  }),
  ordered: z.boolean().optional().meta({ description: 'in the same order; default false' }),
  extra: z.boolean().optional().meta({ description: 'further calls are no harm; default false' }),
})

type Spec = z.output<typeof shape>

const calls = z.array(
  z.looseObject({ name: z.string(), arguments: z.union([z.string(), z.record(z.string(), z.json())]).optional() }),
)

export const toolCalls: GraderKind<Spec> = {
  kind: 'tool-calls',
  shape,
  about: 'The answer calls the tools that are expected, by name and arguments (compared as JSON), in any order.',
  misfit(spec, expected) {
    const isRead = expectedCalls(spec, expected) !== null
    return isRead ? null : 'what is expected is no list of calls: [{ name, arguments }]'
  },
  grade(spec, answer) {
    const right = expectedCalls(spec, answer.task.expected)!
    const said = answer.toolCalls.map(call => ({ name: call.name, arguments: argumentsOf(call.arguments) }))
    const pairs = spec.ordered === true ? inOrder(said, right, spec) : inAnyOrder(said, right, spec)
    const missing = right.find((_, i) => !pairs.has(i))
    const hasExtra = said.length > pairs.size && spec.extra !== true
    const of = said.length + right.length
    const score = of === 0 ? 1 : (2 * pairs.size) / of
    const says = missing === undefined ? 'more calls than expected' : `no call ${quoted(callText(missing))}`
    return graded(missing === undefined && !hasExtra, `${says}, got ${gotText(answer)}`, score)
  },
}

interface Call {
  readonly name: string
  /** Text that is no JSON stays what it is. */
  readonly arguments: Json
}

const argumentsOf = (text: string): Json => (text.trim() === '' ? {} : (jsonOf(text) ?? text))

function expectedCalls(spec: Spec, expected: Json | null): readonly Call[] | null {
  const stated = expectedOf(spec, expected)
  const read = calls.safeParse(typeof stated === 'string' ? jsonOf(stated) : stated)
  if (!read.success) return null
  return read.data.map(({ name, arguments: given = {} }) => ({
    name,
    arguments: typeof given === 'string' ? argumentsOf(given) : (given as Json),
  }))
}

function isSameCall(said: Call, right: Call, { arguments: how = 'all' }: Spec): boolean {
  if (said.name !== right.name) return false
  if (how === 'none') return true
  return how === 'all' ? isSameJson(said.arguments, right.arguments) : holdsJson(said.arguments, right.arguments)
}

/** Expected calls that were made, the longest way through both in order: index of the expected one → of the one made. */
function inOrder(said: readonly Call[], right: readonly Call[], spec: Spec): Map<number, number> {
  // longest[i][j]: pairs within right from i on and said from j on.
  const longest = Array.from({ length: right.length + 1 }, () => new Array<number>(said.length + 1).fill(0))
  for (let i = right.length - 1; i >= 0; i--) {
    for (let j = said.length - 1; j >= 0; j--) {
      const paired = isSameCall(said[j]!, right[i]!, spec) ? 1 + longest[i + 1]![j + 1]! : 0
      longest[i]![j] = Math.max(paired, longest[i + 1]![j]!, longest[i]![j + 1]!)
    }
  }
  const pairs = new Map<number, number>()
  for (let i = 0, j = 0; i < right.length && j < said.length; ) {
    const rest = longest[i]![j]!
    if (isSameCall(said[j]!, right[i]!, spec) && rest === 1 + longest[i + 1]![j + 1]!) pairs.set(i++, j++)
    else if (rest === longest[i + 1]![j]!) i++
    else j++
  }
  return pairs
}

/** The same in any order: as many pairs as there can be (augmenting paths, Kuhn 1955), since one call may be what several expect. */
function inAnyOrder(said: readonly Call[], right: readonly Call[], spec: Spec): Map<number, number> {
  const takenBy = new Map<number, number>()
  const place = (i: number, tried: Set<number>): boolean => {
    for (let j = 0; j < said.length; j++) {
      if (tried.has(j) || !isSameCall(said[j]!, right[i]!, spec)) continue
      tried.add(j)
      const owner = takenBy.get(j)
      if (owner === undefined || place(owner, tried)) {
        takenBy.set(j, i)
        return true
      }
    }
    return false
  }
  right.forEach((_, i) => {
    place(i, new Set())
  })
  return new Map([...takenBy].map(([j, i]) => [i, j]))
}

const callText = (call: Call): string => `${call.name}(${JSON.stringify(call.arguments)})`

function gotText({ toolCalls: made, text }: Answer): string {
  if (made.length === 0) return text === '' ? 'no call' : `no call but ${quoted(text)}`
  return quoted(made.map(call => `${call.name}(${call.arguments})`).join(', '))
}
