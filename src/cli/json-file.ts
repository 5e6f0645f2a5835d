// A JSON file that another program wrote → its value, or one line that says what is wrong with it.
import { readFileSync } from 'node:fs'
import { Fault } from '../core/fault/fault.ts'

/**
 * Reads and parses a file. Some published files hold Infinity or NaN, which JSON does not know: they are read as null.
 * @throws Fault FILE_UNREADABLE, NOT_JSON
 */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/(?<=[[,:\s])-?(Infinity|NaN)(?=[\],}\s])/g, 'null'))
  } catch (thrown) {
    if (thrown instanceof SyntaxError) {
      throw new Fault('NOT_JSON', `not JSON: ${thrown.message}`, {
        where: path,
        fix: 'give the file as it was published',
      })
    }
    const isMissing = (thrown as NodeJS.ErrnoException).code === 'ENOENT'
    throw new Fault('FILE_UNREADABLE', isMissing ? 'no such file' : (thrown as Error).message, {
      where: path,
      fix: 'check the name',
    })
  }
}
