// A suite as its file states it in; its tasks, each checked and with what the suite says for all of them, out.
import { readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import type { z } from 'zod'
import { Fault } from '../../core/fault/fault.ts'
import { misfitOf } from '../graders/grade-answer.ts'
import type { ContentPart, Json, Message, Task, Work } from '../task.ts'
import { type DatasetRow, readDataset } from './dataset.ts'
import type { StatedOption } from './option-shape.ts'
import type { StatedSuite } from './suite-shape.ts'
import { type StatedTask, taskShape } from './task-shape.ts'
import { filled } from './template.ts'

export interface Suite {
  readonly name: string
  readonly description: string | null
  /** Where its file lies: relative paths start here. */
  readonly folder: string
  /** Shares of tasks that must pass; none = nobody said. */
  readonly bars: readonly number[]
  readonly options: Readonly<Record<string, StatedOption>>
  readonly tasks: readonly Task[]
  /** `file:line` of a field of its file. */
  readonly placeOf: SuiteSource['placeOf']
}

/** Where a suite comes from, for what is wrong with it. */
export interface SuiteSource {
  readonly name: string
  readonly folder: string
  /** `file:line` of a field of the suite. */
  placeOf(way: readonly PropertyKey[]): string
  /** What is wrong with a value by its schema, as one line. */
  faultOf(schema: z.ZodType, error: z.ZodError, where: string): Fault
}

/** @throws Fault TASK_TWICE, TASK_INVALID, FILE_UNREADABLE, DATASET_INVALID and those of the schema, each with file and line */
export function suiteOf(stated: StatedSuite, source: SuiteSource): Suite {
  const { folder } = source
  const tasks: Task[] = []
  const seen = new Map<string, string>()
  const take = (task: StatedTask, place: string, fallbackId: string) => {
    const made = taskOf(task, stated, { folder, place, fallbackId })
    const before = seen.get(made.id)
    if (before !== undefined) {
      const fix = `give each an id of its own: the first is at ${before}`
      throw new Fault('TASK_TWICE', `two tasks are called "${made.id}"`, { where: place, fix })
    }
    seen.set(made.id, place)
    tasks.push(made)
  }
  if (Array.isArray(stated.tasks)) {
    stated.tasks.forEach((task, i) => {
      take(task, source.placeOf(['tasks', i]), String(i + 1))
    })
  } else if (stated.tasks !== undefined) {
    for (const [i, { row, place }] of readDataset(resolve(folder, stated.tasks), 'jsonl').entries()) {
      take(checked(row, place, source), place, String(i + 1))
    }
  }
  if (stated.dataset !== undefined && stated.template !== undefined) {
    for (const [i, row] of rowsOf(stated.dataset, folder).entries()) {
      take(checked(filledTask(stated.template, row), row.place, source), row.place, idOf(row, i))
    }
  }
  const bars = stated.bar === undefined ? [] : [stated.bar].flat()
  return {
    name: stated.name ?? source.name,
    description: stated.description ?? null,
    folder,
    bars,
    options: stated.options ?? {},
    tasks,
    placeOf: way => source.placeOf(way),
  }
}

function rowsOf(dataset: NonNullable<StatedSuite['dataset']>, folder: string): DatasetRow[] {
  const { file, format = null, first } = typeof dataset === 'string' ? { file: dataset } : dataset
  return readDataset(resolve(folder, file), format).slice(0, first)
}

const idOf = ({ row }: DatasetRow, i: number): string =>
  typeof row.id === 'string' && row.id !== '' ? row.id : typeof row.id === 'number' ? String(row.id) : String(i + 1)

const filledTask = (template: unknown, { row, place }: DatasetRow): unknown =>
  filled(template, row, field => {
    const fix = `the row has ${Object.keys(row).join(', ')}; write {{${field}?}} where it may be missing`
    throw new Fault('DATASET_INVALID', `the template asks for "${field}"`, { where: place, fix })
  })

function checked(value: unknown, place: string, source: SuiteSource): StatedTask {
  const result = taskShape.safeParse(value)
  if (result.success) return result.data
  throw source.faultOf(taskShape, result.error, place)
}

interface Place {
  readonly folder: string
  readonly place: string
  readonly fallbackId: string
}

function taskOf(task: StatedTask, suite: StatedSuite, { folder, place, fallbackId }: Place): Task {
  const { seconds, calls, usd } = { ...suite.limits, ...task.limits }
  const work = workOf(task, suite, folder, place)
  const graders = task.graders ?? suite.graders ?? []
  if (graders.length === 0 && work.kind === 'prompt') {
    const fix = 'add graders to it or to the suite: [{ kind: exact }]'
    throw new Fault('TASK_INVALID', 'nothing says when an answer is right', { where: place, fix })
  }
  const misfit = misfitOf(graders, task.expected ?? null)
  if (misfit !== null) {
    throw new Fault('TASK_INVALID', misfit, { where: place, fix: 'change the grader, or `expected` of the task' })
  }
  return {
    id: task.id ?? fallbackId,
    work,
    expected: task.expected ?? null,
    graders,
    weight: task.weight ?? 1,
    cluster: task.cluster ?? null,
    workload: task.workload ?? suite.workload ?? null,
    tags: [...new Set([...(suite.tags ?? []), ...(task.tags ?? [])])],
    limits: { seconds: seconds ?? null, calls: calls ?? null, usd: usd ?? null },
  }
}

function workOf(task: StatedTask, suite: StatedSuite, folder: string, place: string): Work {
  const stated = (['prompt', 'messages', 'command'] as const).filter(way => task[way] !== undefined)
  if (stated.length !== 1) {
    const what = stated.length === 0 ? 'it asks for nothing' : `it has ${stated.join(' and ')}`
    throw new Fault('TASK_INVALID', what, { where: place, fix: 'give one of prompt, messages and command' })
  }
  if (task.command !== undefined) {
    const { stdin = null, environment = {} } = task
    return { kind: 'command', command: task.command, stdin, folder: resolve(folder, task.folder ?? '.'), environment }
  }
  const said = task.messages ?? [{ role: 'user' as const, content: task.prompt! }]
  const system = task.system ?? (said.some(({ role }) => role === 'system') ? undefined : suite.system)
  const messages = said.map(message => messageOf(message, folder, place))
  return {
    kind: 'prompt',
    prompt: {
      messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
      tools: (task.tools ?? []).map(tool => ({
        name: tool.name,
        description: tool.description ?? null,
        parameters: (tool.parameters ?? { type: 'object', properties: {} }) as Json,
      })),
      responseSchema: (task.responseSchema ?? null) as Json,
      maxOutputTokens: task.maxOutputTokens ?? suite.maxOutputTokens ?? null,
    },
  }
}

type StatedMessage = NonNullable<StatedTask['messages']>[number]

function messageOf(message: StatedMessage, folder: string, place: string): Message {
  if (message.role === 'assistant') {
    return { role: 'assistant', content: message.content ?? null, toolCalls: message.toolCalls ?? [] }
  }
  if (message.role === 'tool') return message
  const { role, content } = message
  if (typeof content === 'string') return { role, content }
  return { role, content: content.map(part => partOf(part, folder, place)) }
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
}

function partOf(part: { text: string } | { image: string }, folder: string, place: string): ContentPart {
  if ('text' in part) return { kind: 'text', text: part.text }
  const path = resolve(folder, part.image)
  const mediaType = mediaTypes[extname(path).toLowerCase()]
  if (mediaType === undefined) {
    const fix = `give a file that ends in ${Object.keys(mediaTypes).join(', ')}`
    throw new Fault('TASK_INVALID', `"${part.image}" is no picture that models read`, { where: place, fix })
  }
  try {
    return { kind: 'image', mediaType, base64: readFileSync(path).toString('base64') }
  } catch (thrown) {
    throw new Fault('FILE_UNREADABLE', `${part.image}: ${(thrown as Error).message}`, {
      where: place,
      fix: 'check the name',
    })
  }
}
