// Calls through the gateway of a server that is killed at any moment: each is in the ledger once, as its provider and its
// client saw it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'

const launcher = resolve(import.meta.dirname, '../../crossline')
const kills = process.env.CROSSLINE_TORTURE ? 200 : 5

let folder: string
let upstream: Server
let server: ChildProcess | null = null

/** Names of the calls whose request the provider saw, one by one. */
const seen: string[] = []
/** Calls whose client got the last byte of its answer. */
const finished = new Map<string, Kind>()
const sent = new Set<string>()

type Kind = 'whole' | 'stream' | 'messages' | 'hanging'

/**
 * USD by the published prices per million tokens: gpt-5-mini 0.25 in, 0.025 cached, 2 out; claude-sonnet-4-5 3 in, 0.30 read,
 * 3.75 and 6 written for five minutes and an hour, 15 out.
 */
const chatUsd = (600 * 0.25 + 400 * 0.025 + 50 * 2) / 1e6
const messagesUsd = (9 * 3 + 183 * 0.3 + 456 * 3.75 + 100 * 6 + 12 * 15) / 1e6
const usdOf: Record<Kind, string> = {
  whole: chatUsd.toFixed(12),
  stream: chatUsd.toFixed(12),
  messages: messagesUsd.toFixed(12),
  hanging: 'never settled',
}

const chatUsage = {
  prompt_tokens: 1000,
  completion_tokens: 50,
  total_tokens: 1050,
  prompt_tokens_details: { cached_tokens: 400 },
}

function answer(asked: IncomingMessage, body: string, response: ServerResponse): void {
  const call = JSON.parse(body) as { stream?: boolean; stream_options?: { include_usage?: boolean }; user?: string }
  const name = asked.headers['x-name'] as string
  seen.push(name)
  const id = `id-${name}`
  const model = 'gpt-5-mini-2025-08-07'
  if (asked.url === '/v1/messages') {
    response.writeHead(200, { 'content-type': 'application/json' })
    const usage = {
      input_tokens: 9,
      cache_read_input_tokens: 183,
      cache_creation_input_tokens: 556,
      cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
      output_tokens: 12,
    }
    const message = { id, type: 'message', model: 'claude-sonnet-4-5-20250929', role: 'assistant', content: [], usage }
    response.end(JSON.stringify({ ...message, stop_reason: 'end_turn' }))
  } else if (call.stream) {
    const send = (event: object) => response.write(`data: ${JSON.stringify({ id, model, ...event })}\n\n`)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    send({ choices: [{ index: 0, delta: { content: 'Hi' } }] })
    if (call.user === 'hanging') return
    setTimeout(() => {
      send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
      if (call.stream_options?.include_usage) send({ choices: [], usage: chatUsage })
      response.end('data: [DONE]\n\n')
    }, 5)
  } else {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ id, model, choices: [], usage: chatUsage }))
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-metering-'))
  upstream = createServer((asked, response) => {
    let body = ''
    asked.on('data', (piece: Buffer) => {
      body += piece.toString()
    })
    asked.on('end', () => answer(asked, body, response))
    response.on('error', () => {})
  })
  await new Promise<void>(done => upstream.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  writeFileSync(
    join(folder, 'crossline.yaml'),
    `gateway:
  upstreams:
    openai: { url: '${url}' }
    anthropic: { url: '${url}' }
  rules:
    - { when: { path: '*/messages' }, set: { feature: agent } }
`,
  )
  // A ledger that has calls gets no sample.
  writeFileSync(
    join(folder, 'one.csv'),
    'timestamp,model,input_tokens,output_tokens\n2026-01-01T00:00:00Z,gpt-5-mini,1,1\n',
  )
  expect(run('import', 'one.csv').status).toBe(0)
})

afterAll(() => {
  server?.kill('SIGKILL')
  upstream.closeAllConnections()
  upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

function run(...args: string[]) {
  return spawnSync(launcher, args, { cwd: folder, encoding: 'utf8', timeout: 110_000 })
}

/** Starts a server; resolves with its port once it listens. */
function serve(): Promise<number> {
  const child = spawn(launcher, ['serve', '--port', '0'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  server = child
  return new Promise((done, fail) => {
    let text = ''
    child.stderr!.on('data', (piece: Buffer) => {
      text += piece.toString()
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)
      if (found) done(Number(found[1]))
    })
    child.once('exit', code => fail(new Error(`serve ended with ${code}: ${text}`)))
  })
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise(done => child.once('exit', done))
  child.kill('SIGKILL')
  await gone
}

/** One call through the gateway; resolves, whatever became of it, with what was heard. `onData` hears of its first bytes. */
function ask(port: number, name: string, kind: Kind, onData: () => void = () => {}): Promise<string> {
  sent.add(name)
  const path = kind === 'messages' ? '/v1/messages' : '/v1/chat/completions'
  const model = kind === 'messages' ? 'claude-sonnet-4-5' : 'gpt-5-mini'
  const body = { model, messages: [], stream: kind === 'stream' || kind === 'hanging', user: kind }
  const headers = { 'content-type': 'application/json', 'x-name': name, 'x-crossline-task': name }
  return new Promise(answered => {
    let heard = ''
    const done = (text: string) => void answered(text)
    const asking = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false }, response => {
      response.on('data', (piece: Buffer) => {
        heard += piece.toString()
        onData()
      })
      response.on('error', () => done(heard))
      response.on('end', () => {
        if (response.complete && response.statusCode === 200) finished.set(name, kind)
        done(heard)
      })
    })
    asking.on('error', () => done(heard))
    asking.end(JSON.stringify(body))
  })
}

interface Row {
  readonly key: { readonly task: string | null; readonly outcome: string; readonly feature: string | null }
  readonly calls: number
  readonly usd: string
  readonly unsettledCalls: number
  readonly unpricedCalls: number
}

const rowsOf = (text: string): Row[] =>
  (JSON.parse(text).rows as Row[])
    .filter(({ key }) => key.task !== null)
    .sort((a, b) => (a.key.task! < b.key.task! ? -1 : 1))

/** What the ledger has must be what provider and clients saw. */
function compare(rows: readonly Row[]): void {
  const names = rows.map(({ key }) => key.task!)
  expect(new Set(names).size).toBe(names.length)
  expect(rows.filter(({ calls }) => calls !== 1)).toEqual([])
  // A request that was on its way when the server died may have been opened and never seen, but none was seen and not opened.
  const counted = new Set(names)
  expect(seen.filter(name => !counted.has(name))).toEqual([])
  expect(new Set(seen).size).toBe(seen.length)
  expect(names.filter(name => !sent.has(name))).toEqual([])
  const byName = new Map(rows.map(row => [row.key.task!, row]))
  for (const [name, kind] of finished) {
    const { key, usd, unsettledCalls } = byName.get(name)!
    expect({ name, outcome: key.outcome, usd, unsettledCalls }).toEqual({
      name,
      outcome: 'ok',
      usd: usdOf[kind],
      unsettledCalls: 0,
    })
  }
  for (const { key, usd, unsettledCalls, unpricedCalls } of rows) {
    if (key.outcome === 'ok') continue
    expect({ outcome: key.outcome, usd, unsettledCalls, unpricedCalls }).toEqual({
      outcome: 'unsettled',
      usd: '0.000000000000',
      unsettledCalls: 1,
      unpricedCalls: 1,
    })
  }
}

test(
  `a server killed ${kills} times under load loses no call and doubles none`,
  async () => {
    const kinds: readonly Kind[] = ['whole', 'stream', 'messages']
    let n = 0
    for (let round = 0; round < kills; round++) {
      const port = await serve()
      const hanging = ask.bind(null, port, `r${round}-hanging`, 'hanging')
      await new Promise<void>(begun => void hanging(begun))
      let isOver = false
      const clients = Array.from({ length: 6 }, async () => {
        while (!isOver) {
          const kind = kinds[n % 3]!
          const name = `r${round}-${n++}`
          const heard = await ask(port, name, kind)
          // The usage that the gateway asked for is not the client's to see.
          if (kind === 'stream' && finished.has(name)) {
            expect(heard).not.toContain('prompt_tokens')
            expect(heard).toContain('[DONE]')
          }
          if (!finished.has(name)) return
        }
      })
      // From before the ledger is open to well after, however slow the machine is.
      const most = finished.size + ((round * 37) % 100)
      while (finished.size < most) await sleep(1)
      await sleep((round * 7) % 11)
      await killed(server!)
      isOver = true
      await Promise.all(clients)
      // Nobody serves: the command takes what waits.
      if (round % 20 === 0) compare(rowsOf(run('report', '--by', 'task,outcome,feature', '--json').stdout))
    }
    const report = run('report', '--by', 'task,outcome,feature', '--json')
    expect(report.status).toBe(0)
    const rows = rowsOf(report.stdout)
    compare(rows)
    for (let round = 0; round < kills; round++) {
      const { key } = rows.find(row => row.key.task === `r${round}-hanging`)!
      expect(key.outcome).toBe('unsettled')
    }
    const messages = rows.filter(({ key }) => finished.get(key.task!) === 'messages')
    expect(new Set(messages.map(({ key }) => key.feature))).toEqual(new Set(['agent']))

    // The next server has the same calls, and goes on.
    const port = await serve()
    await ask(port, 'last', 'stream')
    for (let i = 0; i < 200 && (await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 200; i++) await sleep(50)
    const through = async () => {
      const answered = await fetch(`http://127.0.0.1:${port}/api/report?by=task,outcome,feature`)
      return rowsOf(await answered.text())
    }
    for (let i = 0; i < 100 && !(await through()).some(({ key }) => key.task === 'last'); i++) await sleep(50)
    const after = await through()
    compare(after)
    expect(after.filter(({ key }) => key.task !== 'last')).toEqual(rows)
    const ended = new Promise(done => server!.once('exit', done))
    server!.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(rowsOf(run('report', '--by', 'task,outcome,feature', '--json').stdout)).toEqual(after)
  },
  process.env.CROSSLINE_TORTURE ? 1_800_000 : 120_000,
)
