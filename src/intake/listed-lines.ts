// A JSON list, or a page of an API's answer, of records that a format reads line by line, in; the same records as JSON Lines out.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readHead } from './head.ts'
import type { Head } from './importer.ts'
import { jsonItems } from './json-items.ts'
import { type FileOfRecords, recordsOf } from './records.ts'

/** What is said of such a file: its records have no lines of their own. */
export const listNote = 'a list of records in one document: line numbers count its records'

/** The head of the records in a document; null where it holds none, or has a record a line already. */
export function headOfList(head: Head): Head | null {
  if (head.container !== 'json' && head.container !== 'jsonl') return null
  const items = jsonItems().push(head.text)
  const first = items[0]
  if (first === undefined) return null
  const isByLine = head.container === 'jsonl' && head.text.trimStart().startsWith(first)
  return isByLine ? null : readHead(head.name, { head: items.map(lineOf).join('') })
}

/** No text of JSON holds a line break: those between its parts are blanks. */
const lineOf = (item: string): string => `${item.replaceAll(/[\r\n]+/g, ' ')}\n`

/** Writes the records of a document, one a line; what cannot be read is a line too, which whoever reads it rejects. */
export async function writeLines(path: string, file: FileOfRecords, where: string): Promise<void> {
  await pipeline(Readable.from(linesOf(file, where)), createWriteStream(path))
}

async function* linesOf(file: FileOfRecords, where: string): AsyncGenerator<string> {
  for await (const record of recordsOf(file, { records: 'items' }, where)) {
    yield `${'value' in record ? JSON.stringify(record.value) : `(${record.reason})`}\n`
  }
}
