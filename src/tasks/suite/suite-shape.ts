// The shape of a suite of tasks (tasks.yaml), and the JSON Schema of it that ships for editors. Loads zod: import lazily.
import { z } from 'zod'
import { graderShape } from '../graders/graders.ts'
import { optionsShape } from './option-shape.ts'
import { limitsShape, taskShape, templateShape } from './task-shape.ts'

const share = z.number().min(0).max(1)
const text = z.string().min(1)

const dataset = z.union([
  text.meta({ description: 'CSV, JSON Lines or JSON file, as seen from the suite' }),
  z.strictObject({
    file: text.meta({ description: 'CSV, JSON Lines or JSON file, as seen from the suite' }),
    format: z.enum(['csv', 'jsonl', 'json']).optional().meta({ description: 'default: by the file’s name' }),
    first: z.int().positive().optional().meta({ description: 'only so many rows' }),
  }),
])

export const suiteShape = z
  .strictObject({
    name: text.max(100).optional().meta({ description: 'default: the name of the file' }),
    description: z.string().optional(),
    workload: text.optional().meta({ description: 'the workload that its tasks are of' }),
    bar: z
      .union([share, z.array(share).min(1)])
      .optional()
      .meta({ description: 'share of tasks that must pass, from 0 to 1; several are ranked one by one' }),
    options: optionsShape.optional().meta({ description: 'what the tasks are tried on, by name' }),
    system: z.string().optional().meta({ description: 'system prompt of all tasks that state none' }),
    maxOutputTokens: z.int().positive().optional().meta({ description: 'longest answer' }),
    graders: z.array(graderShape).optional().meta({ description: 'of all tasks that state none; all must pass' }),
    limits: limitsShape.optional().meta({ description: 'of all tasks that state none' }),
    tags: z.array(text).optional().meta({ description: 'of all tasks, beside their own' }),
    dataset: dataset.optional().meta({ description: 'rows that fill the template' }),
    template: templateShape
      .optional()
      .meta({ description: 'a task for each row of the dataset: {{field}} stands for the row’s field' }),
    tasks: z
      .union([
        z.array(taskShape).min(1),
        text.meta({ description: 'JSON Lines file of tasks, as seen from the suite' }),
      ])
      .optional()
      .meta({ description: 'tasks, one by one' }),
  })
  .superRefine((suite, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (suite.tasks === undefined && suite.dataset === undefined) issue('tasks', 'expected tasks, or a dataset')
    if ((suite.dataset === undefined) !== (suite.template === undefined)) {
      issue(suite.dataset === undefined ? 'template' : 'dataset', 'dataset and template go together')
    }
  })

export type StatedSuite = z.output<typeof suiteShape>

/** The JSON Schema of a tasks.yaml. */
export const suiteSchema = (): unknown => z.toJSONSchema(suiteShape, { io: 'input', unrepresentable: 'any' })
