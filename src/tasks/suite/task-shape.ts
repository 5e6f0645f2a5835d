// The shape of one task in a suite file, as a person writes it or a row of a dataset fills it in. Loads zod: import lazily.
import { z } from 'zod'
import { graderShape } from '../graders/graders.ts'

const name = z.string().min(1).max(200)
/** A cell of a CSV file is text even where it means a number. */
const count = z.union([z.int().positive(), z.string().regex(/^\d+$/, 'expected a whole number').transform(Number)])
const amount = z.union([
  z.number().positive(),
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'expected a number above 0')
    .transform(Number),
])

const contentPart = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({
    image: z.string().min(1).meta({ description: 'PNG, JPEG, WebP or GIF file, as seen from the suite' }),
  }),
])
const content = z.union([z.string(), z.array(contentPart).min(1)])

const toolCall = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string().meta({ description: 'as the model wrote them; most often JSON' }),
})

const message = z.union(
  [
    z.strictObject({ role: z.enum(['system', 'user']), content }),
    z.strictObject({
      role: z.literal('assistant'),
      content: z.string().nullable().optional(),
      toolCalls: z.array(toolCall).optional(),
    }),
    z.strictObject({ role: z.literal('tool'), toolCallId: z.string().min(1), content: z.string() }),
  ],
  { error: 'expected a message: role (system, user, assistant, tool) and content' },
)

const tool = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  parameters: z.json().optional().meta({ description: 'JSON Schema of its arguments' }),
})

export const limitsShape = z.strictObject({
  seconds: z.number().positive().optional().meta({ description: 'one try may take so long' }),
  calls: z.int().positive().optional().meta({ description: 'calls of one try' }),
  usd: z.number().positive().optional().meta({ description: 'what one try may cost' }),
})

/** Fields of a task; each text may hold `{{field}}` where the task is a template over a dataset. */
const taskFields = {
  id: z
    .union([name, z.int().transform(String)])
    .optional()
    .meta({ description: 'names the task once in its suite' }),
  prompt: z.string().optional().meta({ description: 'what the user says; for more than one message: messages' }),
  system: z.string().optional().meta({ description: 'system prompt before it; default: the one of the suite' }),
  messages: z.array(message).min(1).optional().meta({ description: 'a whole conversation, answered by the model' }),
  tools: z.array(tool).optional().meta({ description: 'tools that the model may call; calls are the answer' }),
  responseSchema: z.json().optional().meta({ description: 'JSON Schema that the answer is to have' }),
  maxOutputTokens: count.optional().meta({ description: 'longest answer; default: the one of the suite' }),
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ description: 'a program that makes any number of calls; its exit status or output is the answer' }),
  stdin: z.string().optional().meta({ description: 'what the command reads on its standard input' }),
  folder: z.string().optional().meta({ description: 'where the command runs; default: where the suite lies' }),
  environment: z.record(z.string(), z.string()).optional().meta({ description: 'variables of the command' }),
  expected: z.json().optional().meta({ description: 'what graders hold the answer against' }),
  graders: z.array(graderShape).optional().meta({ description: 'all must pass; default: those of the suite' }),
  weight: amount.optional().meta({ description: 'how much of the real work it stands for; default 1' }),
  cluster: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'tasks of one customer, document or session hang together' }),
  workload: name.optional(),
  tags: z
    .union([z.array(z.string().min(1)), z.string().transform(text => text.split(/\s*[;,]\s*/).filter(Boolean))])
    .optional()
    .meta({ description: 'difficulty, kind, …: tasks rank --by tag' }),
  limits: limitsShape.optional().meta({ description: 'what one try may take; default: those of the suite' }),
}

export const taskShape = z.strictObject(taskFields)
export type StatedTask = z.output<typeof taskShape>

/** A field that is no text may be taken whole from the row. */
const whole = z.string().regex(/^\{\{[^{}]+\}\}$/, 'expected a value, or {{field}}')
const { messages, tools, maxOutputTokens, command, weight } = taskFields
const orWhole = <T extends z.ZodType>(field: z.ZodOptional<T>) => z.union([field.unwrap(), whole]).optional()

/** The same as a template: what it says with a row filled in is checked as a task. */
export const templateShape = z.strictObject({
  ...taskFields,
  messages: orWhole(messages),
  tools: orWhole(tools),
  maxOutputTokens: orWhole(maxOutputTokens),
  command: orWhole(command),
  weight: orWhole(weight),
  graders: z.array(z.looseObject({ kind: z.string() })).optional(),
})
