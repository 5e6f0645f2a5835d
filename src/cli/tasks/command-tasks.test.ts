// Tasks that are programs: whatever library they call with, their calls are their task's, and limits end them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTaskProvider, type TaskProvider } from '../../../test/traffic/task-provider.ts'
import type { AttemptRow } from '../../core/decide/quality/attempt-row.ts'
import { parseUsd, zero } from '../../core/meter/money.ts'
import type { Report } from '../../server/operations.ts'
import { runForTest } from '../commands/frame-for-test.ts'
import { report } from '../commands/report.ts'
import { tasks } from '../commands/tasks.ts'

const agent = resolve(import.meta.dirname, '../../../test/traffic/task-agent.mjs')
let folder: string
let provider: TaskProvider
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-agent-'))
  provider = await startTaskProvider()
})
afterEach(() => {
  provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

const options = `  gpt: { upstream: openai, model: gpt-5-mini }
  claude: { upstream: anthropic, model: claude-sonnet-4-5 }
  gemini: { upstream: gemini, model: gemini-2.5-flash }
  down: { upstream: openai, model: gpt-5-down }
  cut: { upstream: openai, model: gpt-5-cut }
`

async function runTasks(list: readonly string[], only: string, ...words: string[]) {
  const file = join(folder, 'tasks.yaml')
  writeFileSync(file, `options:\n${options}tasks:\n${list.map(one => `  - ${one}\n`).join('')}`)
  const { url } = provider
  const upstreams = {
    openai: { url, headers: { authorization: 'Bearer sk-real' } },
    anthropic: { url },
    gemini: { url, provider: 'google', family: 'gemini' as const },
  }
  const data = join(folder, 'data')
  const ran = await runForTest<{ attempts: string; ended: string; spentUsd: string }>(
    tasks,
    ['tasks', 'run', file, '--only', only, ...words],
    { data },
    { gateway: { upstreams } },
  )
  const told = await runForTest<Report>(report, ['report', '--by', 'task,tag:option'], { data })
  const text = readFileSync(ran.json.attempts, 'utf8').trimEnd()
  const rows = text === '' ? [] : text.split('\n').map(line => JSON.parse(line) as AttemptRow)
  return { ...ran, rows, report: told.json }
}

const command = (what: string, question = '19 + 23 easy') =>
  `command: ['${process.execPath}', '${agent}', ${what}, '${question}']`

test('official libraries find the gateway by their environment, and their calls are their task’s', async () => {
  const { rows, report: told } = await runTasks(
    [
      `{ id: said, ${command('ask')}, expected: '42', graders: [{ kind: exact }] }`,
      `{ id: wrong, ${command('ask')}, expected: '41', graders: [{ kind: exact }] }`,
      `{ id: by-status, ${command('ask')} }`,
      `{ id: fails, ${command('fail')} }`,
    ],
    'gpt,claude,gemini',
  )
  expect(rows.map(({ task, passed, ended, calls }) => [task, passed, ended, calls])).toEqual(
    ['gpt', 'claude', 'gemini'].flatMap(() => [
      ['said', true, 'answered', 2],
      ['wrong', false, 'answered', 2],
      ['by-status', true, 'answered', 2],
      ['fails', false, 'answered', 2],
    ]),
  )
  for (const { key, calls, usd, usage } of told.rows) {
    const row = rows.find(({ option, task }) => option === key['tag:option'] && task === key.task)!
    expect([row.calls, row.usd, row.usage!.input, row.usage!.output]).toEqual([calls, usd, usage.input, usage.output])
  }
  expect(told.rows).toHaveLength(12)
})

test('a program that loops is ended by its limits on calls, money or time, and that is a failure that is paid for', async () => {
  const { rows } = await runTasks(
    [
      `{ id: calls, ${command('loop')}, limits: { calls: 7 } }`,
      `{ id: usd, ${command('loop')}, limits: { usd: 0.0005 } }`,
      `{ id: seconds, ${command('sleep')}, limits: { seconds: 1 } }`,
    ],
    'claude',
  )
  const by = Object.fromEntries(rows.map(row => [row.task, row]))
  expect(rows.map(({ ended, passed }) => [ended, passed])).toEqual([
    ['limited', false],
    ['limited', false],
    ['limited', false],
  ])
  expect(by.calls).toMatchObject({ calls: 7, problem: 'it made more than 7 calls' })
  expect(parseUsd(by.usd!.usd!) > parseUsd('0.0005')).toBe(true)
  expect(parseUsd(by.usd!.usd!) < parseUsd('0.002')).toBe(true)
  expect(by.seconds).toMatchObject({ problem: 'it took longer than 1 s', usd: null })
})

test('a program that cannot start is broken, one whose every call fails is unavailable, one that makes none has no known cost', async () => {
  const one = await runTasks(
    [`{ id: missing, command: ['/no/such/program'] }`, `{ id: silent, ${command('silent')} }`],
    'gpt',
  )
  expect(one.rows.map(({ task, ended, passed, usd }) => [task, ended, passed, usd])).toEqual([
    ['missing', 'broken', null, null],
    ['silent', 'answered', true, null],
  ])
  expect(one.rows[1]!.problem).toContain('no call through the gateway')
  const two = await runTasks([`{ id: a, ${command('ask')} }`], 'down')
  expect(two.rows).toMatchObject([{ ended: 'unavailable', passed: null, usd: null }])
  const three = await runTasks([`{ id: a, ${command('ask')} }`], 'cut')
  expect(three.rows).toMatchObject([{ ended: 'unavailable', passed: null, usd: null }])
})

test('a run’s cap holds for the calls of programs: the one that meets it is left unfinished', async () => {
  const { json, status, rows } = await runTasks([`{ id: loop, ${command('loop')} }`], 'claude', '--max-usd', '0.002')
  expect([json.ended, status, rows]).toEqual(['capped', 1, []])
  const spent = parseUsd(json.spentUsd)
  expect(spent > zero && spent <= parseUsd('0.002')).toBe(true)
})
