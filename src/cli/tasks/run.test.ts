import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTaskProvider, type TaskProvider } from '../../../test/traffic/task-provider.ts'
import type { AttemptRow } from '../../core/decide/quality/attempt-row.ts'
import { add, formatUsd, type Money, parseUsd, zero } from '../../core/meter/money.ts'
import type { Report } from '../../server/operations.ts'
import { runForTest } from '../commands/frame-for-test.ts'
import { report } from '../commands/report.ts'
import { tasks } from '../commands/tasks.ts'

let folder: string
let provider: TaskProvider
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-run-'))
  provider = await startTaskProvider()
})
afterEach(() => {
  provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface RunAnswer {
  readonly run: string
  readonly ended: string
  readonly tries: number
  readonly left: number
  readonly spentUsd: string
  readonly unpricedCalls: number
  readonly notes: readonly string[]
  readonly attempts: string
  readonly resume?: string
}

const dataOf = () => ({ data: join(folder, 'data') })

function settings() {
  const url = provider.url
  return {
    gateway: {
      upstreams: {
        openai: { url, provider: 'openai' },
        anthropic: { url, provider: 'anthropic', family: 'anthropic' as const },
        gemini: { url, provider: 'google', family: 'gemini' as const },
      },
    },
  }
}

function suite(options: string, more = ''): string {
  const sums = Array.from(
    { length: 6 },
    (_, i) =>
      `{ id: s${i}, prompt: '${i} + ${i * 7} ${i % 3 === 0 ? 'hard' : 'easy'}', expected: '${i * 8}', tags: [t${i % 2}] }`,
  )
  const path = join(folder, 'tasks.yaml')
  writeFileSync(
    path,
    `graders: [{ kind: normalised }]\nmaxOutputTokens: 50\n${more}options:\n${options}\ntasks:\n${sums.map(one => `  - ${one}\n`).join('')}`,
  )
  return path
}

const run = (...words: string[]) => runForTest<RunAnswer>(tasks, ['tasks', 'run', ...words], dataOf(), settings())

const rowsIn = (path: string): AttemptRow[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as AttemptRow)

const sum = (amounts: readonly (string | null)[]): Money =>
  amounts.flatMap(usd => (usd === null ? [] : [parseUsd(usd)])).reduce(add, zero)

test('a run’s calls, tokens and money are those of the ledger to the last digit, and those that the provider billed', async () => {
  const file = suite(`  mini: { upstream: openai, model: gpt-5-mini }
  busy: { upstream: openai, model: gpt-5-mini-busy, provider: openai }
  sonnet: { upstream: anthropic, model: claude-sonnet-4-5 }
  flash: { upstream: gemini, model: gemini-2.5-flash }
  first: { cascade: [mini, sonnet], verifier: { kind: regex, pattern: '^[0-9]$' } }
  votes: { bestOf: 3, of: flash, choose: vote }`)
  const ran = await run(file, '--repeat', '2', '--concurrency', '4')
  expect(ran.status).toBe(0)
  const rows = rowsIn(ran.json.attempts)
  expect(rows).toHaveLength(6 * 6 * 2)
  expect(rows.every(({ passed }) => passed === true)).toBe(true)
  const { json } = await runForTest<Report>(report, ['report', '--by', 'tag:option,task'], dataOf())
  const keys = new Set(rows.map(({ option, task }) => `${option} ${task}`))
  expect(json.rows.map(({ key }) => `${key['tag:option']} ${key.task}`).sort()).toEqual([...keys].sort())
  for (const { key, calls, usd, usage } of json.rows) {
    const own = rows.filter(({ option, task }) => option === key['tag:option'] && task === key.task)
    expect(own.reduce((n, row) => n + row.calls!, 0)).toBe(calls)
    expect(own.reduce((n, row) => n + row.usage!.input!, 0)).toBe(usage.input)
    expect(own.reduce((n, row) => n + row.usage!.output!, 0)).toBe(usage.output)
    // gpt-5-mini-busy is no model of the catalog: unknown, and never free.
    if (key['tag:option'] === 'busy') expect(own.map(row => row.usd)).toEqual([null, null])
    else expect(formatUsd(sum(own.map(row => row.usd)))).toBe(usd)
  }
  const bills = [...provider.billed.values()]
  expect(bills.reduce((n, { input }) => n + input, 0)).toBe(json.total.usage.input)
  expect(bills.reduce((n, { output }) => n + output, 0)).toBe(json.total.usage.output)
  expect(parseUsd(ran.json.spentUsd)).toBe(parseUsd(json.total.usd))
  // 4 of 6 sums have two digits: the verifier sends them on, and both stages are paid.
  const first = rows.filter(({ option }) => option === 'first')
  expect(first.map(({ stages }) => stages.length)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2])
  for (const { stages, usd } of first)
    expect(formatUsd(sum(stages.flatMap(one => [one.usd, one.verifierUsd])))).toBe(usd)
  expect(readdirSync(join(folder, 'data/tasks', ran.json.run, 'answers'))).toEqual([])
})

test('what goes wrong is told as what it is: never a pass, and never free', async () => {
  const file = suite(
    `  weak: { upstream: openai, model: gpt-5-weak }
  shy: { upstream: anthropic, model: claude-sonnet-4-5-shy }
  mute: { upstream: openai, model: gpt-5-mute }
  down: { upstream: openai, model: gpt-5-down }
  odd: { upstream: openai, model: gpt-5-odd }
  cut: { upstream: openai, model: gpt-5-cut }
  gone: { url: 'http://127.0.0.1:9', model: none }
  fallback: { cascade: [down, weak], verifier: { kind: regex, pattern: '^[0-9]+$' } }`,
    'limits: { seconds: 4 }\n',
  )
  const ran = await run(file, '--retries', '1', '--concurrency', '8')
  const rows = rowsIn(ran.json.attempts)
  const told = (name: string) =>
    [...new Set(rows.filter(({ option }) => option === name).map(({ ended, passed }) => `${ended} ${passed}`))].sort()
  expect(told('weak')).toEqual(['answered false', 'answered true'])
  expect(told('shy')).toEqual(['refused false'])
  expect(told('mute')).toEqual(['limited false'])
  expect(told('down')).toEqual(['unavailable null'])
  expect(told('gone')).toEqual(['unavailable null'])
  expect(told('odd')).toEqual(['unavailable null'])
  expect(told('cut')).toEqual(['unavailable null'])
  expect(told('fallback')).toEqual(['answered false', 'answered true'])
  for (const { ended, usd, calls } of rows) {
    if (ended === 'unavailable' || ended === 'limited') expect(usd).toBeNull()
    if (ended === 'limited') expect(calls).toBe(1)
  }
  expect(rows.find(({ option }) => option === 'down')!.problem).toContain('status 503: overloaded')
  // Given up after five tries in a row of two requests each, in the cascade too.
  expect(provider.requests.get('gpt-5-down')).toBeLessThanOrEqual(14)
  expect(ran.status).toBe(3)
  expect(ran.json.notes.join()).toMatch(/down did not answer/)
})

test('no more is spent than the cap, and with a higher one the run goes on where it stopped', async () => {
  const file = suite('  sonnet: { upstream: anthropic, model: claude-sonnet-4-5 }')
  const capped = await run(file, '--max-usd', '0.0018', '--concurrency', '3')
  expect(capped).toMatchObject({ status: 1, json: { ended: 'capped' } })
  const spent = parseUsd(capped.json.spentUsd)
  expect(spent > zero && spent <= parseUsd('0.0018')).toBe(true)
  expect(capped.json.tries).toBeGreaterThan(0)
  expect(capped.json.left).toBe(6 - capped.json.tries)
  const billed = provider.billed.size
  expect(billed).toBe(capped.json.tries)
  const done = await run(file, '--max-usd', '1')
  expect(done.json).toMatchObject({ run: capped.json.run, ended: 'done', tries: 6, left: 0 })
  expect(provider.billed.size).toBe(6)
  // A run that is over is not gone on with: the same command begins another.
  const again = await run(file)
  expect(again.json.run).not.toBe(done.json.run)
  expect(provider.billed.size).toBe(12)
})

test('what changes the result makes another run, and a run that is named refuses to go on with it', async () => {
  const file = suite('  sonnet: { upstream: anthropic, model: claude-sonnet-4-5 }')
  const capped = await run(file, '--max-usd', '0.0018')
  suite('  sonnet: { upstream: anthropic, model: claude-sonnet-4-5, settings: { temperature: 1 } }')
  await expect(run('--resume', capped.json.run)).rejects.toMatchObject({ code: 'RUN_CHANGED' })
  const other = await run(file, '--max-usd', '0')
  expect(other.json).toMatchObject({ ended: 'capped', tries: 0, left: 6 })
  expect(other.json.run).not.toBe(capped.json.run)
})

test('a dry run asks nothing and says what it would cost', async () => {
  const file = suite(
    '  mini: { upstream: openai, model: gpt-5-mini }\n  own: { upstream: openai, model: nobody-knows }',
  )
  const { json, text } = await runForTest<{
    estimate: { option: string; aboutUsd: string; mostUsd: string; unknown: number }[]
  }>(tasks, ['tasks', 'run', file, '--dry-run'], dataOf(), settings())
  expect(provider.requests.size).toBe(0)
  expect(text).toMatch(
    /^12 tries: about \$[\d.]+ with answers of up to 300 tokens, at most \$[\d.]+; nobody knows the price of 6 of own$/,
  )
  const [mini] = json.estimate
  expect(parseUsd(mini!.aboutUsd) <= parseUsd(mini!.mostUsd)).toBe(true)
})

test('answers are kept only where that is asked for, and for their owner alone', async () => {
  const file = suite('  mini: { upstream: openai, model: gpt-5-mini }')
  const { json } = await run(file, '--keep-answers', '--first', '2', '--only', 'mini', '--tag', 't0')
  const kept = join(folder, 'data/tasks', json.run, 'answers.jsonl')
  expect(json.tries).toBe(2)
  expect(readFileSync(kept, 'utf8').trimEnd().split('\n')).toHaveLength(2)
  expect(statSync(kept).mode & 0o077).toBe(0)
  const other = await run(file, '--first', '1')
  expect(existsSync(join(folder, 'data/tasks', other.json.run, 'answers.jsonl'))).toBe(false)
  expect(existsSync(join(folder, 'data/tasks', json.run, 'lock.json'))).toBe(false)
})

test('requests per option at once are bounded, whoever makes them', async () => {
  const file = suite(`  mini: { upstream: openai, model: gpt-5-mini, concurrency: 2 }
  votes: { bestOf: 5, of: mini, choose: vote }`)
  await run(file, '--concurrency', '6', '--repeat', '3')
  expect(provider.mostAtOnce()).toBeLessThanOrEqual(2)
})

test.each([
  [['--only', 'minni'], /no option is called "minni".*did you mean "mini"/],
  [['--tag', 'none'], /no task has the tag none.*t0, t1/],
  [['--resume', 'nothing'], /no run "nothing"/],
  [['--resume'], /no run is unfinished/],
])('a slip on the command line says what would do: %j', async (words, says) => {
  const file = suite('  mini: { upstream: openai, model: gpt-5-mini }')
  const fault = await run(file, ...words).then(
    () => null,
    thrown => thrown,
  )
  expect(`${fault.message} ${fault.fix}`).toMatch(says)
})

test.each([
  ['  a: { upstream: opnai, model: m }', 4, /no upstream is called "opnai".*did you mean "openai"/],
  [
    `  a: { url: 'http://127.0.0.1:9', model: m, headers: { authorization: 'Bearer $\{NO_SUCH_KEY}' } }`,
    null,
    /NO_SUCH_KEY/,
  ],
  [
    '  m: { upstream: openai, model: m }\n  v: { bestOf: 2, of: m, choose: vote }\n  a: { cascade: [v, m], verifier: { kind: regex, pattern: x } }',
    6,
    /made of others itself/,
  ],
  [
    '  m: { upstream: openai, model: m }\n  a: { cascade: [m, m], verifier: { kind: exact } }',
    5,
    /not told what is expected/,
  ],
])('an option that cannot be asked is told before anything is paid: %j', async (options, line, says) => {
  const file = suite(options)
  const fault = await run(file).then(
    () => null,
    thrown => thrown,
  )
  expect(`${fault.message} ${fault.fix}`).toMatch(says)
  if (line !== null) expect(fault.where).toBe(`${file}:${line}`)
  expect(provider.requests.size).toBe(0)
})

test('a program whose every call found the option down did not fail at its task, however it ended', async () => {
  const agent = join(folder, 'agent.mjs')
  writeFileSync(
    agent,
    `const body = JSON.stringify({ model: process.env.CROSSLINE_MODEL, messages: [{ role: 'user', content: '1 + 2 easy' }] })
const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.OPENAI_API_KEY }
const answer = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST', headers, body })
console.log((await answer.json()).choices?.[0].message.content ?? 'no idea')`,
  )
  const path = join(folder, 'agents.yaml')
  writeFileSync(
    path,
    `options:
  up: { upstream: openai, model: gpt-5-mini }
  gone: { url: 'http://127.0.0.1:9', model: none }
tasks:
  - { id: sum, command: [${JSON.stringify(process.execPath)}, ${JSON.stringify(agent)}], expected: '3', graders: [{ kind: normalised }] }
`,
  )
  const ran = await run(path)
  const told = rowsIn(ran.json.attempts).map(({ option, ended, passed, usd }) => ({
    option,
    ended,
    passed,
    free: usd === null ? null : Number(usd) === 0,
  }))
  expect(told).toContainEqual({ option: 'up', ended: 'answered', passed: true, free: false })
  expect(told).toContainEqual({ option: 'gone', ended: 'unavailable', passed: null, free: null })
})

test('a run that was begun with its answers kept keeps them when it goes on', async () => {
  const file = suite('  sonnet: { upstream: anthropic, model: claude-sonnet-4-5 }')
  const { json } = await run(file, '--max-usd', '0.0018', '--keep-answers')
  await run('--resume', json.run)
  const kept = readFileSync(join(folder, 'data/tasks', json.run, 'answers.jsonl'), 'utf8')
  expect(kept.trimEnd().split('\n')).toHaveLength(6)
})

test('a run that is decided stops early, and is over', async () => {
  const path = join(folder, 'many.jsonl')
  const lines = Array.from({ length: 150 }, (_, i) => ({
    id: `m${i}`,
    prompt: `${i} + 1 easy`,
    expected: String(i + 1),
    graders: [{ kind: 'exact' }],
  }))
  writeFileSync(path, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const options = join(folder, 'options.yaml')
  writeFileSync(
    options,
    'good: { upstream: openai, model: gpt-5-mini }\nshy: { upstream: openai, model: gpt-5-mini-shy }\n',
  )
  const { json, status } = await run(path, '--options', options, '--stop-early', '--bar', '0.6', '--name', 'early')
  expect({ ...json, status }).toMatchObject({ run: 'early', ended: 'decided', status: 0 })
  expect(json.resume).toBeUndefined()
  expect(json.tries).toBeLessThan(200)
  await expect(run(path, '--options', options, '--name', 'early')).rejects.toMatchObject({ code: 'RUN_NAME' })
})

test('a budget of the settings bounds a run whose calls fall under it, and no other', async () => {
  const file = suite(
    '  sonnet: { upstream: anthropic, model: claude-sonnet-4-5 }\n  mini: { upstream: openai, model: gpt-5-mini }',
  )
  const { gateway } = settings()
  const budgets = [
    { name: 'anthropic a day', usd: '0.0018', per: 'day' as const, match: { upstream: 'anthropic' } },
    { name: 'somebody else', usd: '0.000001', per: 'day' as const, match: { team: 'search' } },
    { name: 'only said', usd: '0.000001', per: 'day' as const, overrun: 'warn' as const },
  ]
  const go = (only: string) =>
    runForTest<RunAnswer>(tasks, ['tasks', 'run', file, '--only', only], dataOf(), { gateway: { ...gateway, budgets } })
  const capped = await go('sonnet')
  expect(capped).toMatchObject({ status: 1, json: { ended: 'capped' } })
  expect(capped.notes.join('\n')).toContain('the budget anthropic a day has $0.0018 left: the run spends no more')
  // What it spent is in the ledger, and is not taken off again for the same run.
  const again = await go('sonnet')
  expect(again.json.run).toBe(capped.json.run)
  expect(parseUsd(again.json.spentUsd) <= parseUsd('0.0018')).toBe(true)
  expect(await go('mini')).toMatchObject({ status: 0, json: { ended: 'done' } })
})

test('a composition that meets a limit of its task is cut off there, and a try without a limit has the run’s', async () => {
  const file = suite(
    `  mini: { upstream: openai, model: gpt-5-mini }
  mute: { upstream: openai, model: gpt-5-mute }
  first: { cascade: [mini, mini], verifier: { kind: regex, pattern: '^[0-9]$' } }`,
    'limits: { calls: 1 }\n',
  )
  const { json } = await run(file, '--only', 'first,mute', '--seconds', '1')
  const rows = rowsIn(json.attempts)
  const first = rows.filter(({ option }) => option === 'first')
  expect(first.map(({ ended, passed, calls }) => [ended, passed, calls])).toEqual([
    ['answered', true, 1],
    ['answered', true, 1],
    ...Array.from({ length: 4 }, () => ['limited', false, 1]),
  ])
  expect(first.at(-1)!.problem).toBe('it made 1 call')
  const mute = rows.filter(({ option }) => option === 'mute')
  expect(new Set(mute.map(({ problem }) => problem))).toEqual(new Set(['it took longer than 1 s']))
})

test('a run that died before it told its result is told again by the same command, and pays nothing', async () => {
  const file = suite('  mini: { upstream: openai, model: gpt-5-mini }')
  const { json } = await run(file)
  const path = join(folder, 'data/tasks', json.run, 'run.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"told": true', '"told": false'))
  const again = await run(file)
  expect(again.json).toMatchObject({ run: json.run, ended: 'done', tries: 6, spentUsd: json.spentUsd })
  expect(provider.billed.size).toBe(6)
  expect((await run(file)).json.run).not.toBe(json.run)
})
