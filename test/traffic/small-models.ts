// The suite of examples/small-models on two real models that llama.cpp serves on this machine: run through the command line, ranked, and what both sides counted.
import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { AttemptRow } from '../../src/core/decide/quality/attempt-row.ts'
import type { Ranking } from '../../src/core/decide/quality/ranking.ts'
import { type LlamaServer, type SmallModelName, startLlama } from './llama-server.ts'

const root = resolve(import.meta.dirname, '../..')
export const suiteFolder = join(root, 'examples/small-models')
const slots = 2
/** What an hour of a machine of two cores is taken to cost: stated, about what clouds ask for one on demand. */
export const usdPerHour = 0.09

export interface SmallModelsRun {
  readonly rows: readonly AttemptRow[]
  readonly ranking: Ranking
  /** By option: tokens that the server counted meanwhile. */
  readonly counted: Readonly<Record<string, { readonly promptTokens: number; readonly answerTokens: number }>>
  readonly data: string
  readonly suite: string
}

export async function startSmallModels(): Promise<readonly LlamaServer[]> {
  const names: readonly SmallModelName[] = ['smollm2-135m', 'gemma3-270m']
  const started: LlamaServer[] = []
  try {
    for (const name of names) started.push(await startLlama(slots, 1024, name))
    return started
  } catch (thrown) {
    for (const server of started) server.stop()
    throw thrown
  }
}

/** Runs the suite in `folder`; `words` narrow it: `--tag quick`. */
export async function runSmallModels(
  servers: readonly LlamaServer[],
  folder: string,
  words: readonly string[] = [],
): Promise<SmallModelsRun> {
  const stated = readFileSync(join(suiteFolder, 'tasks.yaml'), 'utf8')
  const suite = join(folder, 'tasks.yaml')
  copyFileSync(join(suiteFolder, 'tasks.jsonl'), join(folder, 'tasks.jsonl'))
  // The same suite, on the ports that were free.
  writeFileSync(
    suite,
    servers.reduce((text, { url }, i) => text.replace(`http://127.0.0.1:${8081 + i}`, url), stated),
  )
  const data = join(folder, 'data')
  const before = await Promise.all(servers.map(server => server.counted()))
  const out = join(folder, 'tries.jsonl')
  await crossline(folder, [
    'tasks',
    'run',
    suite,
    '--data',
    data,
    '--json',
    '--out',
    out,
    '--concurrency',
    '4',
    ...words,
  ])
  const after = await Promise.all(servers.map(server => server.counted()))
  const priced = servers.flatMap(({ model }) => ['--usd-per-hour', `${model}=${usdPerHour}/${slots * servers.length}`])
  const bars = ['--bar', '0.3', '--bar', '0.6']
  const ranking = JSON.parse(await crossline(folder, ['tasks', 'rank', out, ...bars, ...priced, '--json'])) as Ranking
  const rows = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as AttemptRow)
  const counted = Object.fromEntries(
    servers.map(({ model }, i) => {
      const promptTokens = after[i]!.promptTokens - before[i]!.promptTokens
      return [model, { promptTokens, answerTokens: after[i]!.answerTokens - before[i]!.answerTokens }]
    }),
  )
  return { rows, ranking, counted, data, suite }
}

/** What a command prints. @throws Error with its complaint where it does not end well */
export function crossline(cwd: string, words: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(join(root, 'crossline'), words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const texts = [child.stdout, child.stderr].map(stream => {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      return pieces
    })
    child.once('error', fail)
    child.once('close', status => {
      const [stdout = '', stderr = ''] = texts.map(pieces => Buffer.concat(pieces).toString())
      if (status === 0) done(stdout)
      else fail(new Error(`crossline ${words.join(' ')} ended with ${status}: ${stderr}`))
    })
  })
}
