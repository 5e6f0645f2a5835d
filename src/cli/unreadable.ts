// What the system says of a path that could not be read or written → the same in plain words.
import { statSync } from 'node:fs'
import { Fault } from '../core/fault/fault.ts'

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'part of the path is a file, not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
}

/** `permission denied` for EACCES and so on; the system's own message where no plain words are known. */
export function systemWords(thrown: unknown): string {
  return words[(thrown as NodeJS.ErrnoException).code ?? ''] ?? (thrown as Error).message
}

/** FILE_UNREADABLE for what reading this file threw. */
export function unreadable(path: string, thrown: unknown): Fault {
  return new Fault('FILE_UNREADABLE', systemWords(thrown), { where: path, fix: 'check the name' })
}

/** Before anything is opened for its sake: that there is such a file. @throws Fault FILE_UNREADABLE */
export function checkFile(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isFile()) return
  const what = stat === undefined ? 'no such file' : 'not a file'
  throw new Fault('FILE_UNREADABLE', what, { where: path, fix: 'give the name of a file' })
}
