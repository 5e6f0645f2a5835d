// Sampled calls and what they said in; a suite of tasks as its file states it, its pictures, and why some calls are no tasks, out.
import { createHash } from 'node:crypto'
import type { SampledCall } from '../../core/decide/quality/sample/stratified-sample.ts'
import type { ContentPart, GraderSpec, Json, Message, ToolDefinition } from '../task.ts'
import { promptOf } from './prompts.ts'
import { type RecordedAnswer, recordedAnswer } from './recorded-answer.ts'

/** What one call said, from wherever it is kept. */
export interface CallContent {
  readonly wire: string
  readonly request: unknown
  /** A body or a stream of events, as it came; null = not at hand. */
  readonly answer: string | null
}

export interface ReplayGraders {
  /** Of answers that called tools. */
  readonly toolCalls: GraderSpec
  /** Of answers in words; null = nobody said how they are judged. */
  readonly words: GraderSpec | null
}

export interface ReplaySuite {
  readonly tasks: readonly Json[]
  /** By the name of the file that tasks know them by. */
  readonly pictures: ReadonlyMap<string, Buffer>
  /** Calls that are no tasks, by reason. */
  readonly leftOut: ReadonlyMap<string, number>
  /** What other models will not see, by kind: tasks. */
  readonly lost: ReadonlyMap<string, number>
  /** Tasks that need a grader of words and have none. */
  readonly ungraded: number
}

/** Tool results are frozen: they stand in the conversation as they were, and a task is one answer to it. */
export function replaySuite(
  sampled: readonly SampledCall[],
  contentOf: (id: string) => CallContent | null,
  graders: ReplayGraders,
): ReplaySuite {
  const pictures = new Map<string, Buffer>()
  const leftOut = new Map<string, number>()
  const lost = new Map<string, number>()
  let ungraded = 0
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
  const tasks = sampled.flatMap(({ call, stratum, weight, session }): Json[] => {
    const content = contentOf(call.id)
    const read = content === null ? null : promptOf(content.wire, content.request)
    if (content === null || read === null) {
      count(leftOut, content === null ? 'no content' : 'a request that only its own provider can answer')
      return []
    }
    const answer = content.answer === null ? null : recordedAnswer(content.wire, content.answer)
    if (answer === null || (answer.text === '' && answer.toolCalls.length === 0)) {
      count(leftOut, 'no answer to hold others against')
      return []
    }
    for (const kind of read.lost) count(lost, kind)
    const grader = answer.toolCalls.length > 0 ? graders.toolCalls : graders.words
    if (grader === null) ungraded++
    const { messages, tools, responseSchema, maxOutputTokens } = read.prompt
    return [
      {
        id: call.id,
        messages: messages.map(message => statedMessage(message, pictures)),
        ...(tools.length === 0 ? {} : { tools: tools.map(statedTool) }),
        ...(responseSchema === null ? {} : { responseSchema }),
        ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
        expected: expectedOf(answer),
        graders: grader === null ? [] : [grader as unknown as Json],
        weight,
        ...(session === null ? {} : { cluster: session }),
        tags: [`stratum:${stratum}`, ...(call.feature === null ? [] : [`feature:${call.feature}`])],
      },
    ]
  })
  return { tasks, pictures, leftOut, lost, ungraded }
}

function expectedOf(answer: RecordedAnswer): Json {
  if (answer.toolCalls.length === 0) return answer.text
  return answer.toolCalls.map(({ name, arguments: written }) => ({ name, arguments: written }))
}

const statedTool = ({ name, description, parameters }: ToolDefinition): Json => ({
  name,
  ...(description === null ? {} : { description }),
  parameters,
})

function statedMessage(message: Message, pictures: Map<string, Buffer>): Json {
  if (message.role === 'tool')
    return { role: 'tool', toolCallId: message.toolCallId || 'call', content: message.content }
  if (message.role === 'assistant') {
    const { content, toolCalls } = message
    const calls = toolCalls.map(({ id, name, arguments: written }) => ({
      id: id || 'call',
      name: name || 'unnamed',
      arguments: written,
    }))
    return { role: 'assistant', content, ...(calls.length === 0 ? {} : { toolCalls: calls }) }
  }
  const { role, content } = message
  if (typeof content === 'string') return { role, content }
  return { role, content: content.map(part => statedPart(part, pictures)) }
}

/** A suite names pictures as files: each once, by its content. */
function statedPart(part: ContentPart, pictures: Map<string, Buffer>): Json {
  if (part.kind === 'text') return { text: part.text }
  const bytes = Buffer.from(part.base64, 'base64')
  const kind = part.mediaType.replace(/^image\//, '').replace(/\W.*/, '')
  const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.${kind}`
  pictures.set(name, bytes)
  return { image: `pictures/${name}` }
}
