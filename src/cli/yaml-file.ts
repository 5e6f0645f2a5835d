// A YAML or JSON file that a person wrote → a checked value, or the one line that says which line of it is wrong.
import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'

/**
 * Reads, parses and checks a file.
 * @throws Fault FILE_MISSING, NOT_YAML, PARAMETER_UNKNOWN or PARAMETER_WRONG, with file:line
 */
export async function readYaml<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    const why = (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (thrown as Error).message
    throw new Fault('FILE_MISSING', why, { where: path, fix: 'check the name' })
  }
  const { LineCounter, isNode, parseDocument } = await import('yaml')
  const { paramFault } = await import('../server/parameters.ts')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const placeOf = (offset: number | undefined) =>
    offset === undefined ? path : `${path}:${lines.linePos(offset).line}`
  const [error] = document.errors
  if (error !== undefined) {
    const message = error.message.split('\n')[0]!.replace(/ at line \d.*$/, '')
    throw new Fault('NOT_YAML', `not YAML: ${message}`, { where: placeOf(error.pos[0]), fix: 'correct the line' })
  }
  const checked = schema.safeParse(document.toJS() ?? {})
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]!
  const keys = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path
  // The deepest node on the way that exists: a missing field has no line, its parent has.
  let offset: number | undefined
  for (let depth = keys.length; depth >= 0 && offset === undefined; depth--) {
    const node = document.getIn(keys.slice(0, depth), true)
    if (isNode(node)) offset = node.range?.[0]
  }
  throw paramFault(schema, checked.error, placeOf(offset))
}
