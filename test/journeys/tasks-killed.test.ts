// A run of tasks that is killed at any moment and run again: it ends with the result of an undisturbed one, and its provider, which
// honours idempotency keys, billed nothing twice. `npm run torture` kills ten times as often.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stream } from '../../src/core/statistics/random.ts'
import { treeOf } from '../process-tree.ts'
import { keepTorture } from '../traffic/kept.ts'
import { killed } from '../traffic/server.ts'
import { startTaskProvider, type TaskProvider } from '../traffic/task-provider.ts'

const kills = process.env.CROSSLINE_TORTURE ? 200 : 8
const launcher = resolve(import.meta.dirname, '../../crossline')
const concurrency = 3

let folder: string
let provider: TaskProvider
const dice = stream(7, 'kills of a run')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-killed-run-'))
  provider = await startTaskProvider(() => 5 + dice.integer(30))
  writeFileSync(
    join(folder, 'crossline.yaml'),
    `gateway: { upstreams: { openai: { url: '${provider.url}' }, anthropic: { url: '${provider.url}' } } }\n`,
  )
})
afterAll(() => {
  provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

const tries = 40 * 3

function writeSuite(seed: number): void {
  const sums = Array.from(
    { length: 40 },
    (_, i) => `  - { id: s${i}, prompt: '${i + seed} + 1 ${i % 3 ? 'easy' : 'hard'}', expected: '${i + seed + 1}' }`,
  )
  writeFileSync(
    join(folder, 'tasks.yaml'),
    `graders: [{ kind: exact }]
maxOutputTokens: 20
options:
  weak: { upstream: openai, model: gpt-5-mini-weak, provider: openai }
  mini: { upstream: openai, model: gpt-5-mini }
  first: { cascade: [mini, sonnet], verifier: { kind: regex, pattern: '[02468]$' } }
  sonnet: { upstream: anthropic, model: claude-sonnet-4-5 }
tasks:
${sums.join('\n')}
`,
  )
}

const words = [
  'tasks',
  'run',
  'tasks.yaml',
  '--only',
  'weak,mini,first',
  '--concurrency',
  String(concurrency),
  '--json',
]

interface Answer {
  readonly run: string
  readonly ended: string
  readonly attempts: string
  readonly spentUsd: string
  readonly notes: readonly string[]
}

const runsIn = (data: string): string[] => {
  const runs = join(folder, data, 'tasks')
  return existsSync(runs) ? readdirSync(runs).filter(run => existsSync(join(runs, run, 'run.json'))) : []
}

/** Beside this process, which is the provider that it asks. */
async function finish(data: string): Promise<Answer> {
  // A run that was over when it was killed is told again, not made again.
  const [known] = runsIn(data)
  const asked =
    known === undefined ? words : ['tasks', 'run', '--resume', known, '--concurrency', String(concurrency), '--json']
  const child = spawn(launcher, [...asked, '--data', data], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [status] = await ended
  if (status !== 0) throw new Error(`ended with ${status}: ${said}`)
  return JSON.parse(printed) as Answer
}

/** All of a try but how long it took. */
const triesOf = ({ attempts }: Answer) =>
  readFileSync(resolve(folder, attempts), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => ({ ...JSON.parse(line), seconds: null }))

const gradedIn = (data: string): number => {
  try {
    const runs = join(folder, data, 'tasks')
    return readdirSync(runs)
      .map(run => readFileSync(join(runs, run, 'journal'), 'latin1').split('"kind":"graded"').length - 1)
      .reduce((sum, n) => sum + n, 0)
  } catch {
    return 0
  }
}

test(`a run that is killed ${kills} times ends as an undisturbed one, and nothing is billed twice`, async () => {
  let made = 0
  let lost = 0
  for (let round = 0; made < kills; round++) {
    writeSuite(100 * round)
    const data = `data-${round}`
    const before = provider.billed.size
    // From its first moments to its last; the same command goes on with it.
    for (let i = 0; i < 12 && made < kills; i++) {
      const child: ChildProcess = spawn(launcher, [...words, '--data', data], { cwd: folder, stdio: 'ignore' })
      const exited = once(child, 'exit')
      const from = gradedIn(data)
      const wanted = from + dice.integer(14)
      for (let t = 0; t < 4000 && gradedIn(data) < wanted && child.exitCode === null; t++) await sleep(2)
      await sleep(dice.integer(40))
      if (child.exitCode !== null) break
      await killed(treeOf(child.pid!))
      await exited
      made++
    }
    const disturbed = await finish(data)
    expect(runsIn(data)).toEqual([disturbed.run])
    const billed = provider.billed.size - before
    const plain = await finish(`plain-${round}`)
    expect(disturbed.ended).toBe('done')
    expect(triesOf(disturbed)).toHaveLength(tries)
    expect(triesOf(disturbed)).toEqual(triesOf(plain))
    // Each request has a key of its own: as many were billed as an undisturbed run has.
    expect(billed).toBe(provider.billed.size - before - billed)
    expect(disturbed.spentUsd).toBe(plain.spentUsd)
    const run = JSON.parse(readFileSync(join(folder, data, 'tasks', disturbed.run, 'run.json'), 'utf8'))
    lost += run.detail.lost.length
    expect(run.detail.lost.length).toBeLessThanOrEqual(12 * concurrency)
    expect(readdirSync(join(folder, data, 'tasks', disturbed.run, 'answers'))).toEqual([])
  }
  keepTorture('Runs of tasks killed at random moments', [
    `${made} kills: each run ended as an undisturbed one, and its provider billed every request once.`,
    `${lost} requests were under way when it died, and asked again under the same idempotency key.`,
  ])
}, 1_800_000)
