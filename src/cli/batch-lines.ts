// JSON Lines in; exactly one line of JSON per input line out, in order and as a stream, or what is wrong with it.
import { Fault, faultJson, nearestName } from '../core/fault/fault.ts'

export type BatchRecord = Readonly<Record<string, unknown>>

export interface BatchTally {
  readonly lines: number
  readonly bad: number
}

export interface BatchOptions {
  /** The input's name in errors. */
  readonly file: string
  /** A line longer than this is refused without being kept. */
  readonly maxLineCharacters?: number
  /** What a line should look like, for one that is no JSON. */
  readonly example: string
}

/** Text between two writes: few enough system calls, little enough memory. */
const flushAtCharacters = 1 << 17

/**
 * Hands each line's object to `members`, which gives the members of its answer as JSON text without braces, or throws a
 * Fault. What is written is `{"id":…,members}`, or `{"id":…,"error":{…}}` for a bad line.
 */
export async function batchLines(
  chunks: AsyncIterable<string>,
  write: (text: string) => Promise<void> | void,
  members: (record: BatchRecord) => string,
  { file, example, maxLineCharacters = 1 << 24 }: BatchOptions,
): Promise<BatchTally> {
  const tally = { lines: 0, bad: 0 }
  let out = ''
  let rest = ''
  let dropping = false

  const one = (line: string | null): void => {
    tally.lines++
    let record: BatchRecord | null = null
    try {
      if (line === null) {
        throw new Fault('LINE_TOO_LONG', `the line is longer than ${maxLineCharacters} characters`)
      }
      record = recordOf(line, example)
      out += `{"id":${idText(record)},${members(record)}}\n`
    } catch (thrown) {
      tally.bad++
      out += `{"id":${idText(record)},${JSON.stringify(errorAt(thrown, `${file}:${tally.lines}`)).slice(1)}\n`
    }
  }

  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      const line = rest === '' ? chunk.slice(from, end) : rest + chunk.slice(from, end)
      rest = ''
      from = end + 1
      one(dropping ? null : line)
      dropping = false
      if (out.length >= flushAtCharacters) {
        await write(out)
        out = ''
      }
    }
    rest += chunk.slice(from)
    if (rest.length > maxLineCharacters) {
      dropping = true
      rest = ''
    }
  }
  if (rest !== '' || dropping) one(dropping ? null : rest)
  if (out !== '') await write(out)
  return tally
}

function recordOf(line: string, example: string): BatchRecord {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new Fault('JSON_INVALID', line.trim() === '' ? 'the line is empty' : 'the line is not JSON', {
      fix: `write one object per line: ${example}`,
    })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as BatchRecord
  throw new Fault('JSON_INVALID', 'the line is not a JSON object')
}

/** A field that is text, or null when it is left out. @throws Fault FIELD_INVALID */
export function textField(record: BatchRecord, field: string): string | null {
  const value = record[field]
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  throw new Fault('FIELD_INVALID', `expected text, got ${JSON.stringify(value)}`, { where: field })
}

/**
 * A check of a line's fields: one of somebody else's is let be; one that looks like a slip of ours would change the answer
 * in silence, and is refused.
 */
export function slipsRefused(fields: readonly string[], what: string): (record: BatchRecord) => void {
  const strange = new Map<string, string | null>()
  return record => {
    for (const key in record) {
      if (fields.includes(key)) continue
      let near = strange.get(key)
      if (near === undefined) {
        near = key.length < 3 ? null : nearestName(key, fields)
        strange.set(key, near)
      }
      if (near !== null) {
        throw new Fault('FIELD_UNKNOWN', `"${key}" is not a field of ${what}`, {
          where: key,
          fix: `did you mean "${near}"?`,
        })
      }
    }
  }
}

const idText = (record: BatchRecord | null): string =>
  record === null || record.id === undefined ? 'null' : JSON.stringify(record.id)

function errorAt(thrown: unknown, line: string): unknown {
  const { error } = faultJson(thrown)
  return { error: { ...error, where: error.where === null ? line : `${line}:${error.where}` } }
}
