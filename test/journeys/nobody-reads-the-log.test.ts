// A server whose log and output nobody reads any more: it serves on, and so do the processes that it starts again.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { treeOf } from '../process-tree.ts'
import { prepareFolder } from '../traffic/server.ts'

const launcher = resolve(import.meta.dirname, '../../crossline')
let folder = ''
let server: ChildProcess | null = null

afterEach(async () => {
  const gone = new Promise(done => server?.once('exit', done))
  if (server?.kill('SIGTERM')) await gone
  rmSync(folder, { recursive: true, force: true })
})

test('who reads the output of serve may leave, as `| head -1` does: calls flow on', async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-unread-'))
  prepareFolder(folder, 'http://127.0.0.1:1')
  const child = spawn(launcher, ['serve', '--port', '0'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  server = child
  let text = ''
  child.stderr.on('data', (piece: Buffer) => {
    text += piece.toString()
  })
  const portSaid = () => Number(/crossline: http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1] ?? 0)
  for (let i = 0; i < 3000 && portSaid() === 0; i++) await sleep(10)
  const probe = (path: string) =>
    fetch(`http://127.0.0.1:${portSaid()}${path}`).then(
      ({ status }) => status,
      () => null,
    )
  // It has its answer still to print.
  child.stdout.destroy()
  child.stderr.destroy()
  for (let i = 0; i < 3000 && (await probe('/readyz')) !== 200; i++) await sleep(10)
  // Each death is said.
  const below = treeOf(child.pid!).slice(1)
  for (const pid of below) process.kill(pid, 'SIGKILL')
  await sleep(500)
  expect(await probe('/healthz')).toBe(200)
  expect([child.exitCode, child.signalCode]).toEqual([null, null])
  const now = treeOf(child.pid!).slice(1)
  expect([now.length, now.filter(pid => below.includes(pid))]).toEqual([below.length, []])
}, 120_000)
