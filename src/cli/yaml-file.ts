// A YAML or JSON file that a person wrote → its value, and the line of any field that turns out to be wrong.
import { readFileSync } from 'node:fs'
import { isNode, isPair, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import { paramFault, telling } from '../server/parameters.ts'
import { unreadable } from './unreadable.ts'

export interface YamlFile {
  readonly value: unknown
  /** `file:line` of the deepest part of the way that exists: a missing field has no line, its parent has. */
  placeOf(way: readonly PropertyKey[]): string
}

/**
 * Reads and parses a file; JSON is YAML. A settings file may be all comments; terms or a plan without a field are a slip. (Import this module lazily: most commands need no YAML parser.)
 * @throws Fault FILE_UNREADABLE, FILE_EMPTY, NOT_YAML with file:line
 */
export function readYaml(path: string, mayBeEmpty = false): YamlFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    throw unreadable(path, thrown)
  }
  if (text.includes('\0')) {
    throw new Fault('NOT_YAML', 'not text but binary', { where: path, fix: 'give a YAML or JSON file, unpacked' })
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const lineAt = (offset: number) => `${path}:${lines.linePos(offset).line}`
  const [error] = document.errors
  if (error !== undefined) {
    const message = error.message.split('\n')[0]!.replace(/ at line \d.*$/, '')
    throw new Fault('NOT_YAML', `not YAML: ${message}`, { where: lineAt(error.pos[0]), fix: 'correct the line' })
  }
  if (document.contents === null && !mayBeEmpty) {
    throw new Fault('FILE_EMPTY', 'the file is empty', { where: path, fix: 'write fields into it, or leave it out' })
  }
  return {
    value: document.toJS() ?? {},
    placeOf(way) {
      for (let depth = way.length; depth > 0; depth--) {
        const parent = depth === 1 ? document.contents : document.getIn(way.slice(0, depth - 1), true)
        const key = way[depth - 1]
        const items: readonly unknown[] = (parent as { items?: readonly unknown[] } | null)?.items ?? []
        // The line of a field is its name's, not its value's, which may begin further down.
        const named = items.find(item => isPair(item) && isNode(item.key) && String(item.key) === String(key))
        const node = isPair(named) ? named.key : document.getIn(way.slice(0, depth), true)
        if (isNode(node) && node.range) return lineAt(node.range[0])
      }
      return path
    },
  }
}

/** Reads a file and checks it against a schema. @throws as readYaml, PARAMETER_UNKNOWN, PARAMETER_WRONG with file:line */
export function readChecked<T>(path: string, schema: z.ZodType<T>, mayBeEmpty = false): T {
  return checkedYaml(readYaml(path, mayBeEmpty), schema)
}

/** The same of a file that was read before. @throws Fault PARAMETER_UNKNOWN, PARAMETER_WRONG with file:line */
export function checkedYaml<T>(file: YamlFile, schema: z.ZodType<T>): T {
  const checked = schema.safeParse(file.value)
  if (checked.success) return checked.data
  const issue = telling(checked.error)
  const way = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path
  throw paramFault(schema, checked.error, file.placeOf(way))
}
