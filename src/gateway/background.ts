// A background call's response id in; the call that it belongs to, for whoever asks for the response until it is made, out.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A call whose answer is still being made. */
export interface Pending {
  readonly key: string
  readonly startedMicros: number
}

export interface Background {
  remember(provider: string, responseId: string, call: Pending): Promise<void>
  /** The call of a response, given once: later askers, and those who ask for what was never open, get null. */
  claim(provider: string, responseId: string): Promise<Pending | null>
}

/** OpenAI keeps a response for 30 days: nobody can ask for it later (platform.openai.com/docs/guides/your-data). */
const keptMs = 31 * 86_400_000

/** Remembers in a folder, one small file for each open call: a poll may come to another process, or after a restart. */
export function backgroundIn(folder: string): Background {
  const fileOf = (provider: string, id: string) =>
    join(folder, createHash('sha256').update(`${provider}\n${id}`).digest('hex').slice(0, 32))
  void prune(folder).catch(() => {})
  return {
    async remember(provider, responseId, call) {
      await mkdir(folder, { recursive: true })
      const file = fileOf(provider, responseId)
      await writeFile(`${file}.${process.pid}`, JSON.stringify(call))
      await rename(`${file}.${process.pid}`, file)
    },
    async claim(provider, responseId) {
      const file = fileOf(provider, responseId)
      const mine = `${file}.${process.pid}.claimed`
      try {
        // Of several that ask at once one gets to rename it.
        await rename(file, mine)
        const call = JSON.parse(await readFile(mine, 'utf8')) as Pending
        await rm(mine)
        return call
      } catch {
        return null
      }
    },
  }
}

async function prune(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    if (Date.now() - (await stat(file)).mtimeMs > keptMs) await rm(file, { force: true })
  }
}
