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
  /**
   * Lets `write` settle the call of a response, if one is open, and forgets it once that is done. Whoever asks meanwhile waits
   * for it. Killed in between, the next who asks writes it again, which changes nothing: a record counts once.
   */
  settle(provider: string, responseId: string, write: (call: Pending) => Promise<boolean>): Promise<void>
}

/** OpenAI keeps a response for 30 days: nobody can ask for it later (platform.openai.com/docs/guides/your-data). */
const keptMs = 31 * 86_400_000

/** Remembers in a folder, one small file for each open call: a poll may come to another process, or after a restart. */
export function backgroundIn(folder: string): Background {
  const fileOf = (provider: string, id: string) =>
    join(folder, createHash('sha256').update(`${provider}\n${id}`).digest('hex').slice(0, 32))
  void prune(folder).catch(() => {})
  const running = new Map<string, Promise<void>>()
  return {
    async remember(provider, responseId, call) {
      await mkdir(folder, { recursive: true })
      const file = fileOf(provider, responseId)
      await writeFile(`${file}.${process.pid}`, JSON.stringify(call))
      await rename(`${file}.${process.pid}`, file)
    },
    async settle(provider, responseId, write) {
      const file = fileOf(provider, responseId)
      const settling = running.get(file) ?? settled(file, write).finally(() => running.delete(file))
      running.set(file, settling)
      await settling
    },
  }
}

async function settled(file: string, write: (call: Pending) => Promise<boolean>): Promise<void> {
  // Nothing is there, or what a power cut left of it: a poll passes all the same.
  const call = await readFile(file, 'utf8')
    .then(text => JSON.parse(text) as Pending)
    .catch(() => null)
  if (call !== null && (await write(call))) await rm(file, { force: true })
}

async function prune(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    if (Date.now() - (await stat(file)).mtimeMs > keptMs) await rm(file, { force: true })
  }
}
