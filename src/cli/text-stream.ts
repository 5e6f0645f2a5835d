// A file's name, or - for standard input → its text or bytes in chunks; text → standard output, no faster than it is read.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Fault } from '../core/fault/fault.ts'

/** Opens a text file for streaming; a file that is not there is said at once. A byte order mark is none of its text. */
export async function readText(path: string): Promise<AsyncIterable<string>> {
  if (path === '-') return unmarked(process.stdin.setEncoding('utf8'))
  await checkReadable(path)
  return unmarked(createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 }))
}

async function* unmarked(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let isFirst = true
  for await (const chunk of chunks) {
    yield isFirst && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk
    isFirst = false
  }
}

/** The same for a file of bytes. */
export async function readBytes(path: string): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return process.stdin
  await checkReadable(path)
  return createReadStream(path, { highWaterMark: 1 << 18 })
}

async function checkReadable(path: string): Promise<void> {
  const handle = await open(path).catch(cause => {
    throw new Fault('FILE_MISSING', 'the file cannot be read', { where: path, fix: 'check the path' }, { cause })
  })
  const isFolder = (await handle.stat()).isDirectory()
  await handle.close()
  if (isFolder) throw new Fault('FILE_MISSING', 'a folder is not a file to read', { where: path, fix: 'name a file' })
}

/** Writes to standard output and waits while the reader is behind. */
export function writeOut(text: string): Promise<void> | void {
  if (process.stdout.write(text)) return
  return new Promise(resolve => process.stdout.once('drain', resolve))
}
