// A command and its words in; what it would print, and its notes, out. A fault is thrown.
import { Command } from 'commander'
import { vi } from 'vitest'
import type { CommandModule, GlobalOptions } from '../command.ts'
import type { Settings } from '../settings.ts'

const plain = { json: true, data: '.', config: '/nowhere/crossline.yaml', seed: 1, color: false, debug: false }

/** What a command printed, as a document and as text, and how it ended. */
export interface Ran<Result> {
  readonly json: Result
  readonly text: string
  readonly notes: readonly string[]
  readonly status: number
}

export async function runForTest<Result>(
  command: CommandModule,
  words: readonly string[],
  globals: Partial<GlobalOptions> = {},
  settings: Settings = {},
): Promise<Ran<Result>> {
  const notes: string[] = []
  const ran = { json: null as Result, text: '', notes, status: 0 }
  const program = new Command().exitOverride()
  command.register(program, {
    globals: () => ({ ...plain, ...globals }),
    settings: () => settings,
    words,
    output: {
      result: (json, text) => Object.assign(ran, { json, text: text() }),
      line: () => {},
      note: text => notes.push(text),
      progress: () => {},
      fail: thrown => {
        throw thrown
      },
      status: code => {
        ran.status = Math.max(ran.status, code)
      },
    },
  })
  await program.parseAsync(words, { from: 'user' })
  return ran
}

/** The same, and what a batch writes to standard output. */
export async function runKeepingOutput<Result>(
  ...asked: Parameters<typeof runForTest>
): Promise<Ran<Result> & { readonly out: string }> {
  let out = ''
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    out += String(chunk)
    return true
  })
  const ran = await runForTest<Result>(...asked).finally(() => stdout.mockRestore())
  return { ...ran, out }
}
