// The program under test, run as a user runs it.
import { join } from 'node:path'
import { type Run, run } from './measure.ts'

export const root = join(import.meta.dirname, '..')

export const crossline = (args: readonly string[]): Promise<Run> => run(join(root, 'crossline'), args)
