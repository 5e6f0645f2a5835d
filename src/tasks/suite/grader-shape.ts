// The shape of a grader in a suite file: its kind and its kind's own fields. Loads zod: import lazily.
import { z } from 'zod'

export const graderShape = z.looseObject({ kind: z.string().min(1) })
