// A file that a flag names, and its contents → the file on disk.
import { writeFile } from 'node:fs/promises'
import { Fault } from '../core/fault/fault.ts'
import { systemWords } from './unreadable.ts'

/** @throws Fault CANNOT_WRITE */
export async function writeFileOf(path: string, flag: string, contents: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, contents)
  } catch (thrown) {
    throw new Fault('CANNOT_WRITE', `cannot write ${path}: ${systemWords(thrown)}`, {
      where: flag,
      fix: 'give a file in a folder that exists and is writable',
    })
  }
}
