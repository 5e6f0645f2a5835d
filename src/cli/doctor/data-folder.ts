// The data folder: whether it can be written to, has room, and keeps its secrets to itself.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { systemWords } from '../unreadable.ts'
import { bytesText, type Check, type Finding, fail, ok, warn } from './check.ts'

const scarceBytes = 1024 ** 3
/** With less the ledger cannot even be rewritten. */
const noBytes = 128 * 1024 ** 2
/** Files that only their owner may read. */
const secret = ['fingerprint.key', 'keys.json', 'lock.json']

export const dataFolder: Check = {
  name: 'data folder',
  look(frame) {
    const { data } = frame.globals()
    const there = nearest(resolve(data))
    try {
      accessSync(there, constants.W_OK)
    } catch (thrown) {
      return [fail(`${data}: ${systemWords(thrown)}`, 'give a writable folder with --data')]
    }
    const found: Finding[] = [room(data, there)]
    for (const name of secret) {
      const mode = statSync(join(data, name), { throwIfNoEntry: false })?.mode ?? 0
      if ((mode & 0o077) === 0) continue
      found.push(warn(`${join(data, name)} may be read by others`, `chmod 600 ${join(data, name)}`))
    }
    return found
  },
}

function room(data: string, there: string): Finding {
  const { bavail, bsize } = statfsSync(there)
  const free = bavail * bsize
  const text = `${data}${existsSync(data) ? '' : ' (not there yet)'}, ${bytesText(free)} free`
  if (free >= scarceBytes) return ok(text)
  return (free < noBytes ? fail : warn)(text, 'make room, or move the folder and name it with --data')
}

/** The folder itself, or the one in which it would be made. */
const nearest = (path: string): string => (existsSync(path) || dirname(path) === path ? path : nearest(dirname(path)))
