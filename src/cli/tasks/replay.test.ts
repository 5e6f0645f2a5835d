import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTaskProvider, type TaskProvider } from '../../../test/traffic/task-provider.ts'
import { listening } from '../../gateway/world-for-test.ts'
import type { ReplayTold } from '../../report/replay-text.ts'
import { hostGateway } from '../../server/gateway-host.ts'
import { readKeptRun } from '../../tasks/kept-run.ts'
import { runForTest } from '../commands/frame-for-test.ts'
import { tasks } from '../commands/tasks.ts'
import { readSuite } from './suite-file.ts'

let folder: string
let provider: TaskProvider
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-replay-'))
  provider = await startTaskProvider()
})
afterEach(() => {
  provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

const data = () => join(folder, 'data')
const upstreams = () => ({ openai: { url: provider.url, provider: 'openai' } })

/** Calls of production through a gateway that keeps what they say: sums, each asked as often as its number says. */
async function production(
  calls: readonly { feature: string; prompt: string; task?: string }[],
  share = 1,
): Promise<void> {
  const host = hostGateway(data(), { upstreams: upstreams(), capture: { share } }, 'w1', () => {}, null)
  const server = createServer((request, response) => void host.gateway.handle(request, response))
  const port = await listening(server)
  for (const { feature, prompt, task } of calls) {
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer k',
        'x-crossline-feature': feature,
        ...(task === undefined ? {} : { 'x-crossline-task': task }),
      },
      body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: prompt }] }),
    })
    await response.text()
  }
  await host.close(1000)
}

type Told = ReplayTold
const replay = (...words: string[]) =>
  runForTest<Told>(
    tasks,
    ['tasks', 'replay', ...words],
    { data: data() },
    { gateway: { upstreams: upstreams(), capture: { share: 1 } } },
  )

const sums = (n: number, feature: string) =>
  Array.from({ length: n }, (_, i) => ({ feature, prompt: `${feature.length} + ${i} easy` }))

test('calls that went through the gateway become a suite whose weights add up to all of them; a repeat is drawn once with its weight', async () => {
  const repeated = Array.from({ length: 5 }, () => ({ feature: 'chat', prompt: '1 + 1 easy' }))
  const session = ['2 + 2 easy', '3 + 3 easy'].map(prompt => ({ feature: 'agent', prompt, task: 'ticket-7' }))
  await production([...sums(12, 'search'), ...repeated, ...session])
  const out = join(folder, 'suite.json')
  const { json, text } = await replay('--size', '8', '--grader', 'normalised', '--suite-out', out)
  const suite = readSuite(out)
  expect(json.sample.population.calls).toBe(19)
  expect(suite.tasks.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(19, 9)
  const chat = suite.tasks.filter(({ tags }) => tags.includes('feature:chat'))
  expect(chat.map(({ weight }) => weight)).toEqual([5])
  expect(suite.tasks.filter(({ cluster }) => cluster === 'ticket-7')).toHaveLength(2)
  // What the provider said then is what is expected now.
  for (const { work, expected } of suite.tasks) {
    const asked = work.kind === 'prompt' ? work.prompt.messages.at(-1)!.content : ''
    const [, a, b] = /(\d+) \+ (\d+)/.exec(String(asked))!
    expect(expected).toBe(String(Number(a) + Number(b)))
  }
  expect(statSync(out).mode & 0o077).toBe(0)
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  const again = join(folder, 'again.json')
  await replay('--size', '8', '--grader', 'normalised', '--suite-out', again)
  expect(readFileSync(again, 'utf8')).toBe(readFileSync(out, 'utf8'))
})

test('nothing of what calls said is in the data folder in plain text until a suite is asked for', async () => {
  await production([{ feature: 'search', prompt: '4 + 4 easy of-my-secret-diary' }])
  expect(() => execFileSync('grep', ['-r', '-a', '-l', 'of-my-secret-diary', data()])).toThrow()
})

test('calls without content are told with their share, and words need somebody who judges them', async () => {
  await production(sums(6, 'search'))
  await production(sums(4, 'mail'), 0)
  const { json, text } = await replay('--grader', 'normalised', '--suite-out', join(folder, 's.json'))
  expect(json.sample.withoutContent.calls).toBe(4)
  expect(json.sample.represented.calls).toBeLessThan(10)
  expect(text).toContain('4 calls without content')
  await expect(replay('--suite-out', join(folder, 's.json'))).rejects.toThrow(/nobody says when/)
  await expect(replay('--grader', 'f1')).rejects.toThrow(/"f1"/)
  await expect(replay('--grader', 'normalized')).rejects.toThrow(/did you mean normalised/)
  const { json: graded } = await replay('--grader', 'f1:0.7', '--suite-out', join(folder, 's.json'))
  expect(graded.tasks).toBe(json.tasks)
})

test("a user's own file stands in for captures, by the ids of the ledger", async () => {
  await production(sums(3, 'search'), 0)
  const { json: none } = await replay('--grader', 'exact', '--dataset', dataset(['nobody'])).catch((thrown: Error) => ({
    json: thrown,
  }))
  expect(String(none)).toContain('none of the 1 calls with content')
  const ids = /w1-[0-9a-f]+-1/.exec(spoolText())![0]
  const { json } = await replay('--grader', 'exact', '--dataset', dataset([ids]), '--suite-out', join(folder, 's.json'))
  expect(json.tasks).toBe(1)
})

function dataset(ids: readonly string[]): string {
  const path = join(folder, 'said.jsonl')
  const row = (id: string) => ({
    id,
    request: { model: 'm', messages: [{ role: 'user', content: '1 + 1' }] },
    answer: { choices: [{ message: { role: 'assistant', content: '2' } }] },
  })
  writeFileSync(path, ids.map(id => `${JSON.stringify(row(id))}\n`).join(''))
  return path
}

const spoolText = (): string => execFileSync('grep', ['-r', '-a', '-h', '"opened"', join(data(), 'spool')]).toString()

test('the sample is tried on other options, and kept as a replay', async () => {
  await production(sums(5, 'search'))
  const options = join(folder, 'options.yaml')
  writeFileSync(options, 'sonnet: { upstream: openai, model: gpt-5-nano }\n')
  const { json, status, text } = await replay('--grader', 'normalised', '--options', options, '--size', '3')
  const { run, tries } = json as unknown as { run: string; tries: number }
  expect(status).toBe(0)
  expect(tries).toBe(3)
  expect(json).toMatchObject({ byStrata: [{ option: 'sonnet', passRate: { value: 1 } }] })
  expect(text).toContain('Of all calls that the sample stands for')
  // The run's own calls are in the ledger now, and in no later sample.
  const { json: later } = await replay('--grader', 'normalised', '--suite-out', join(folder, 's.json'))
  expect(later.sample.population.calls).toBe(5)
  expect(readKeptRun(data(), run)).toMatchObject({ origin: 'replay', suite: 'replay' })
})
