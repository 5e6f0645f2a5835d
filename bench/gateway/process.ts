// A command in; a process that listens, its port, and its end, out.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { treeOf } from '../../test/process-tree.ts'

export interface Running {
  readonly pid: number
  /** http://127.0.0.1:PORT */
  readonly origin: string
  stop(): Promise<void>
}

/** Starts a script of this folder that tells its port (`process.send({ port })`). */
export async function startScript(path: string, args: readonly string[] = []): Promise<Running> {
  const child = fork(path, [...args], { execArgv: ['--import', 'tsx'] })
  const [{ port }] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [{ port: number }]
  return { pid: child.pid!, origin: `http://127.0.0.1:${port}`, stop: () => stop(child) }
}

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly port: number
  /** Answers with any status once the program serves. */
  readonly probe: string
  readonly patienceMs: number
}

/**
 * Starts somebody's program and waits until it answers.
 * @throws Error with the last line that it wrote when it ends, or does not answer in time
 */
export async function startProgram({ command, args, env, cwd, port, probe, patienceMs }: Program): Promise<Running> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (piece: Buffer) => {
      text = (text + piece.toString()).slice(-4000)
    })
  }
  let failure: string | null = null
  child.once('error', error => {
    failure = error.message
  })
  child.once('exit', code => {
    failure ??= `ended with ${code}`
  })
  const origin = `http://127.0.0.1:${port}`
  const until = performance.now() + patienceMs
  while (failure === null && performance.now() < until) {
    try {
      const { body } = await request(`${origin}${probe}`, { headersTimeout: 2000 })
      await body.dump()
      return { pid: child.pid!, origin, stop: () => stop(child) }
    } catch {
      await sleep(100)
    }
  }
  await stop(child)
  throw new Error(`${failure ?? `no answer in ${patienceMs / 1000} s`}${text === '' ? '' : `: ${lastLine(text)}`}`)
}

/** Ends a process and whatever it started, by its own means or, after 15 s, by ours. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const tree = treeOf(child.pid)
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => {
    for (const pid of tree) kill(pid)
  }, 15_000)
  await gone
  clearTimeout(late)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went by itself.
  }
}

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)!.trim().slice(0, 200)
