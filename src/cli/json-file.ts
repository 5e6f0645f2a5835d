// A JSON file that another program wrote → its value, or one line that says what is wrong with it.
import { readFileSync } from 'node:fs'
import { Fault } from '../core/fault/fault.ts'
import { unreadable } from './unreadable.ts'

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
    throw unreadable(path, thrown)
  }
}
