// Keys and budgets on a whole server: made while it runs, spent by many at once, refused in the words of the client's own library.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server as HttpServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces as interfaces, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { budgets as budgetsCommand } from '../../src/cli/commands/budgets.ts'
import { runForTest } from '../../src/cli/commands/frame-for-test.ts'
import { keys as keysCommand } from '../../src/cli/commands/keys.ts'
import { periodAround } from '../../src/ledger/calendar.ts'
import type { BudgetRow } from '../../src/server/budgets-answer.ts'

const launcher = resolve(import.meta.dirname, '../../crossline')
let folder: string
let upstream: HttpServer
let server: ChildProcess
let base: string
const arrived: { workload: string; authorization: string | undefined }[] = []
let said = ''

/** gpt-5-mini by its published prices: 0.25 USD per million tokens of prompt, 2 of answer. */
const usage = { prompt_tokens: 40, completion_tokens: 50, total_tokens: 90 }
const callPico = 40n * 250_000n + 50n * 2_000_000n
const zone = 'Europe/Berlin'
const cli = <Result>(command: typeof keysCommand, ...words: string[]) =>
  runForTest<Result>(command, words, { data: folder })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-budgets-'))
  upstream = createServer((asked, response) => {
    let body = ''
    asked.on('data', (piece: Buffer) => {
      body += piece.toString()
    })
    asked.on('end', () => {
      const { user, model, max_tokens } = JSON.parse(body) as { user?: string; model: string; max_tokens?: number }
      arrived.push({ workload: user ?? '', authorization: asked.headers.authorization })
      if (user === 'hang') return
      response.writeHead(200, { 'content-type': 'application/json' })
      setTimeout(
        () =>
          response.end(
            asked.url === '/v1/messages'
              ? JSON.stringify({
                  id: `m${arrived.length}`,
                  type: 'message',
                  role: 'assistant',
                  model,
                  content: [],
                  usage: { input_tokens: 40, output_tokens: max_tokens },
                })
              : JSON.stringify({
                  id: `c${arrived.length}`,
                  object: 'chat.completion',
                  model: 'gpt-5-mini-2025-08-07',
                  choices: [],
                  usage,
                }),
          ),
        5 + Math.random() * 30,
      )
    })
  })
  await new Promise<void>(done => upstream.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  writeFileSync(
    join(folder, 'crossline.yaml'),
    `data: .
zone: ${zone}
gateway:
  workers: 2
  drainMs: 500
  keys: required
  upstreams:
    openai: { url: '${url}', provider: openai, headers: { authorization: 'Bearer \${REAL_KEY}' } }
    anthropic: { url: '${url}', provider: anthropic, headers: { x-api-key: sk-ant-real } }
  budgets:
    - { name: search, usd: '0.01', per: day, match: { workload: search } }
    - { name: care, usd: 0.0001, per: month, zone: UTC, match: { team: care } }
`,
  )
  await cli(keysCommand, 'keys', 'create', '--name', 'first')
  server = spawn(launcher, ['serve', '--host', '0.0.0.0', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, REAL_KEY: 'sk-real' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  base = await new Promise<string>((done, fail) => {
    server.stderr!.on('data', (piece: Buffer) => {
      said += piece.toString()
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)
      if (found) done(found[0])
    })
    server.once('exit', code => fail(new Error(`serve ended with ${code}: ${said}`)))
  })
  await vi.waitFor(async () => expect((await fetch(`${base}/readyz`)).status).toBe(200), {
    timeout: 60_000,
    interval: 200,
  })
}, 120_000)
afterAll(async () => {
  const gone = new Promise(done => server?.once('exit', done))
  server?.kill('SIGINT')
  await gone
  upstream?.closeAllConnections()
  await new Promise(done => upstream?.close(done))
  rmSync(folder, { recursive: true, force: true })
})

const messages = [
  { role: 'user' as const, content: 'a question of some length, so that its bytes are more than its tokens' },
]
const states = async () => {
  const { json } = await cli<{ budgets: BudgetRow[] }>(budgetsCommand, 'budgets')
  return Object.fromEntries(json.budgets.map(row => [row.name, row]))
}

test('of 200 calls at once as many pass as the budget bears; once they are settled, no more than it was spent, to the last digit', async () => {
  const made = await cli<{ secret: string; id: string }>(
    keysCommand,
    'keys',
    'create',
    '--name',
    'search',
    '--workload',
    'search',
  )
  const { secret, id } = made.json
  const client = new OpenAI({
    apiKey: secret,
    baseURL: `${base}/v1`,
    defaultHeaders: { 'x-crossline-workload': 'elsewhere' },
  })
  const ask = () =>
    client.chat.completions.create({ model: 'gpt-5-mini', messages, max_completion_tokens: 400, user: 'search' })
  const answers = await Promise.allSettled(Array.from({ length: 200 }, ask))
  const refused = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason] : []))
  const granted = answers.length - refused.length
  expect(granted).toBeGreaterThan(5)
  expect(refused.length).toBeGreaterThan(100)
  // The official client tells it from other errors, and did not try again: each call came to the provider once or never.
  for (const error of refused) expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  expect(refused[0]).toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' })
  const { toMicros } = periodAround('day', Date.now() * 1000, zone)
  const retryAfter = Number((refused[0] as InstanceType<typeof OpenAI.RateLimitError>).headers.get('retry-after'))
  expect(Math.abs(retryAfter - (toMicros / 1e6 - Date.now() / 1000))).toBeLessThan(60)
  expect(arrived).toHaveLength(granted)
  expect(arrived.every(({ authorization }) => authorization === 'Bearer sk-real')).toBe(true)
  await expect.poll(async () => (await states()).search!.heldCalls, { timeout: 5000 }).toBe(0)
  const after = (await states()).search!
  const spentPico = BigInt(granted) * callPico
  expect(BigInt(after.spentUsd.replace('.', ''))).toBe(spentPico)
  expect(spentPico <= 10_000_000_000n).toBe(true)
  expect(after).toMatchObject({
    calls: granted,
    refusedCalls: refused.length,
    zone,
    state: 'exceeded',
    reservedUsd: '0.000000000000',
  })
  // What was held beyond the calls' price is free again: the next ones pass.
  await ask()
  await expect
    .poll(async () => {
      const by = encodeURIComponent(JSON.stringify(['tag:key', 'workload']))
      const answer = await fetch(`${base}/api/report?by=${by}`)
      return ((await answer.json()) as { rows: { key: object }[] }).rows.map(({ key }) => key)
    })
    .toEqual([{ 'tag:key': id, workload: 'search' }])
  const metrics = await fetch(`${base}/metrics`).then(answer => answer.text())
  expect(metrics).toMatch(/crossline_refused_requests_total\{worker="w\d",reason="BUDGET_EXCEEDED"\} [1-9]/)
  expect(metrics).toMatch(/crossline_answers_total\{worker="w\d",upstream="openai",status="200"\} [1-9]/)
})

test('one by one, calls pass until nothing is left for another, and the command says no', async () => {
  const { json } = await cli<{ secret: string }>(keysCommand, 'keys', 'create', '--name', 'care', '--team', 'care')
  const client = new Anthropic({ apiKey: json.secret, baseURL: base })
  const ask = () => client.messages.create({ model: 'claude-haiku-4-5', max_tokens: 5, messages })
  let refused: unknown = null
  let granted = 0
  while (refused === null && granted < 20) {
    await ask().then(
      () => granted++,
      thrown => {
        refused = thrown
      },
    )
  }
  expect(refused).toBeInstanceOf(Anthropic.RateLimitError)
  expect(refused).toMatchObject({ status: 429, type: 'rate_limit_error' })
  expect(granted).toBeLessThan(20)
  const { status, text } = await cli(budgetsCommand, 'budgets')
  expect(status).toBe(1)
  expect(text).toMatch(/care\s+team=care\s+month/)
})

test('the process that keeps the budgets is killed: the next one holds what calls under way may cost, and calls wait for it', async () => {
  const { json } = await cli<{ secret: string }>(
    keysCommand,
    'keys',
    'create',
    '--name',
    'again',
    '--workload',
    'search',
  )
  const client = new OpenAI({ apiKey: json.secret, baseURL: `${base}/v1`, maxRetries: 0 })
  const leaving = new AbortController()
  const hanging = client.chat.completions
    .create({ model: 'gpt-5-mini', messages, max_completion_tokens: 400, user: 'hang' }, { signal: leaving.signal })
    .catch(thrown => thrown)
  await expect.poll(async () => (await states()).search!.unsettledCalls, { timeout: 5000 }).toBe(1)
  const before = (await states()).search!
  expect(before).toMatchObject({ heldCalls: 1 })
  const { pid } = (await readWriter())!
  process.kill(pid, 'SIGKILL')
  // It asks while nobody is there.
  const passed = await client.chat.completions.create({ model: 'gpt-5-mini', messages, max_completion_tokens: 400 })
  expect(passed.usage).toEqual(usage)
  expect((await readWriter())!.pid).not.toBe(pid)
  await expect.poll(async () => (await states()).search!.heldCalls, { timeout: 10_000 }).toBe(1)
  const after = (await states()).search!
  expect(after).toMatchObject({ reservedUsd: before.reservedUsd, unsettledCalls: 1, calls: before.calls + 1 })
  expect(said).not.toContain('budgets were not asked')
  leaving.abort()
  await hanging
})

/** The writer among the server's processes, as the kernel lists them. */
async function readWriter(): Promise<{ readonly pid: number } | undefined> {
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ').map(Number)
  return children
    .map(pid => ({ pid, words: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }))
    .find(({ words }) => words.includes('writer'))
}

test('a key made or revoked while the server runs holds, or no longer holds, within a second', async () => {
  const { json } = await cli<{ secret: string; id: string }>(
    keysCommand,
    'keys',
    'create',
    '--name',
    'short',
    '--upstreams',
    'openai',
  )
  const client = new OpenAI({ apiKey: json.secret, baseURL: `${base}/v1`, maxRetries: 0 })
  const ask = () => client.chat.completions.create({ model: 'gpt-5-mini', messages })
  await ask()
  const revoked = await cli<{ revoked: string[] }>(keysCommand, 'keys', 'revoke', 'short')
  expect(revoked.json.revoked).toEqual([json.id])
  await new Promise(done => setTimeout(done, 1000))
  await expect(ask()).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  const listed = await cli<{ keys: { id: string; state: string }[] }>(keysCommand, 'keys', 'list')
  expect(listed.json.keys.find(({ id }) => id === json.id)).toMatchObject({ state: 'revoked' })
  expect(JSON.stringify(listed)).not.toContain(json.secret)
  expect(listed.text).toContain('only openai')
})

test('beyond this machine the gateway answers those with a key, and the page and the API nobody', async () => {
  const outside = Object.values(interfaces())
    .flat()
    .find(one => one !== undefined && one.family === 'IPv4' && !one.internal)
  const ask = (path: string, host: string, from?: string) =>
    new Promise<number>((done, fail) => {
      const { port } = new URL(base)
      const sent = request(
        { host: from ?? '127.0.0.1', localAddress: from, port, path, headers: { host } },
        response => {
          response.resume()
          done(response.statusCode!)
        },
      )
      sent.on('error', fail)
      sent.end()
    })
  // By whatever name a proxy calls it, the gateway wants a key; page and API keep to the names of this machine.
  expect(await ask('/v1/models', 'gateway.example')).toBe(401)
  expect(await ask('/api/budgets', 'gateway.example')).toBe(403)
  expect(await ask('/api/budgets', 'localhost')).toBe(200)
  if (outside === undefined) return
  expect(await ask('/v1/models', outside.address, outside.address)).toBe(401)
})
