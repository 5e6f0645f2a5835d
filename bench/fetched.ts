// What Crossline is measured beside, fetched from its registry by its usual client.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { lastLine } from './gateway/process.ts'

/** Where it is kept: no part of the product. */
export const fetchedFolder = join(import.meta.dirname, '../node_modules/.cache/crossline-bench')

/** Runs what fetches a peer; @throws Error with the last line of its complaint, after ten minutes too. */
export function fetched(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  mkdirSync(cwd, { recursive: true })
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  child.stderr.on('data', (piece: Buffer) => {
    text = (text + piece.toString()).slice(-4000)
  })
  const late = setTimeout(() => child.kill('SIGKILL'), 600_000)
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', code => {
      clearTimeout(late)
      if (code === 0) done()
      else fail(new Error(`${command.split('/').at(-1)} ${args[0]} failed: ${lastLine(text)}`))
    })
  })
}

/** The program of that name; null where there is none. */
export function onPath(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/go/bin']
  return folders.map(folder => join(folder, name)).find(existsSync) ?? null
}

/** @throws Error: it cannot be had, and why. */
export function refuse(reason: string): never {
  throw new Error(reason)
}
