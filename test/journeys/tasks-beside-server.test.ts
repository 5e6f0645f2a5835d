// A run of tasks while a server holds the data folder: its calls are in the server's ledger, Ctrl-C lets what is under way finish,
// and the same command goes on.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareFolder, type Served, serveIn } from '../traffic/server.ts'
import { startTaskProvider, type TaskProvider } from '../traffic/task-provider.ts'

const launcher = resolve(import.meta.dirname, '../../crossline')
let folder: string
let provider: TaskProvider
let server: Served

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-beside-'))
  provider = await startTaskProvider(() => 25)
  prepareFolder(folder, provider.url)
  const lines = Array.from({ length: 60 }, (_, i) => ({
    id: `s${i}`,
    prompt: `${i} + 2 easy`,
    expected: String(i + 2),
    graders: [{ kind: 'exact' }],
    workload: 'sums',
  }))
  writeFileSync(join(folder, 'sums.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  writeFileSync(join(folder, 'options.yaml'), 'mini: { upstream: openai, model: gpt-5-mini }\n')
  server = await serveIn(folder)
})
afterAll(async () => {
  await server.kill()
  provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(...words: string[]) {
  const child = spawn(launcher, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close') as Promise<[number | null]>
  const said = Promise.all([text(child.stdout), text(child.stderr), ended])
  return { child, said: said.then(([stdout, stderr, [status]]) => ({ stdout, stderr, status })) }
}

const words = ['tasks', 'run', 'sums.jsonl', '--options', 'options.yaml', '--concurrency', '2', '--json']

test('a run beside a server stops at Ctrl-C, goes on, and its calls are the server’s to report', async () => {
  const first = start(...words)
  for (let i = 0; i < 4000 && provider.billed.size < 8; i++) await sleep(5)
  first.child.kill('SIGINT')
  const stopped = await first.said
  expect(stopped.stderr).toContain('finishing what is under way')
  expect(stopped.status).toBe(130)
  const told = JSON.parse(stopped.stdout)
  expect(told).toMatchObject({ ended: 'stopped', resume: `crossline tasks run --resume ${told.run}` })
  expect(told.tries).toBeGreaterThanOrEqual(8)
  // What was under way is finished and kept: nothing is paid for and lost.
  expect(provider.billed.size).toBe(told.tries)
  expect(told.tries + told.left).toBe(60)

  const done = await start('tasks', 'run', '--resume', '--json').said
  expect(done.status).toBe(0)
  expect(JSON.parse(done.stdout)).toMatchObject({ run: told.run, ended: 'done', tries: 60, left: 0 })
  expect(provider.billed.size).toBe(60)

  // The server takes the spool as it grows.
  let calls = 0
  for (let i = 0; i < 50 && calls < 60; i++) {
    const { stdout } = await start('report', '--by', 'workload,tag:run', '--json').said
    const rows: { key: Record<string, string | null>; calls: number }[] = JSON.parse(stdout).rows
    calls = rows.find(({ key }) => key['tag:run'] === told.run && key.workload === 'sums')?.calls ?? 0
    if (calls < 60) await sleep(100)
  }
  expect(calls).toBe(60)
})
