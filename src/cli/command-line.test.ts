import { expect, test } from 'vitest'
import { main } from './main.ts'

/** What a command line prints on stderr as it fails. */
async function failure(...words: string[]): Promise<{ status: unknown; text: string }> {
  const { stderr } = process
  const write = stderr.write.bind(stderr)
  const before = process.exitCode
  let text = ''
  stderr.write = ((chunk: string) => {
    text += chunk
    return true
  }) as typeof stderr.write
  try {
    await main(words)
    return { status: process.exitCode, text }
  } finally {
    stderr.write = write
    process.exitCode = before
  }
}

test.each([
  [['keys'], 'crossline keys', 'create, list'],
  [['tasks'], 'crossline tasks', 'run'],
  [['prices'], 'crossline prices', 'show'],
  [['models'], 'crossline models', 'add'],
  [['--seed', '2'], 'crossline', 'serve, import'],
])('%j does nothing, so it says so, names what could follow and fails', async (words, where, next) => {
  const { status, text } = await failure(...words)
  expect(status).toBe(2)
  expect(text).toContain(`no command was given (${where})`)
  expect(text).toContain(next)
})

test.each([
  [['help', 'kes'], 'unknown command kes (crossline). Did you mean crossline keys?'],
  [['--data', 'serve'], 'no command was given (crossline). Use one of serve, import'],
])('%j is refused by what is wrong with it', async (words, told) => {
  const { status, text } = await failure(...words)
  expect(status).toBe(2)
  expect(text).toContain(told)
})
