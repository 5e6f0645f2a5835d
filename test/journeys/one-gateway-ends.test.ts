// One gateway of a server is told to end, as a person or a watchdog does it: its calls finish, and no other call notices.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { titleOf, treeOf } from '../process-tree.ts'
import { prepareFolder, type Served, serveIn } from '../traffic/server.ts'

let folder: string
let server: Served
/** Streams that have begun and wait for their end. */
const streams: ServerResponse[] = []
const event = (delta: object) => `data: ${JSON.stringify({ id: 'r', model: 'm', choices: [{ index: 0, delta }] })}\n\n`
const provider = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event({ content: 'first' }))
  streams.push(response)
})

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-one-gateway-'))
  await new Promise<void>(done => provider.listen(0, '127.0.0.1', done))
  prepareFolder(folder, `http://127.0.0.1:${(provider.address() as AddressInfo).port}`)
  server = await serveIn(folder)
}, 60_000)

afterAll(async () => {
  await server.kill()
  provider.closeAllConnections()
  provider.close()
  rmSync(folder, { recursive: true, force: true })
})

const gateways = () => treeOf(server.pid).filter(pid => titleOf(pid) === 'crossline gateway')

/** Which process answers a connection of its own. */
async function whoAnswers(): Promise<number> {
  const asked = request({ port: server.port, path: '/healthz', agent: false }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return ((await json(answer)) as { pid: number }).pid
}

async function openStream(): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
    method: 'POST',
    body: '{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]}',
  })
}

const until = async (isSo: () => boolean) => {
  for (let i = 0; i < 1000 && !isSo(); i++) await sleep(10)
  expect(isSo()).toBe(true)
}

test('connections go to the other one and to its replacement from then on, while its stream goes on to its end', async () => {
  await until(() => gateways().length === 2)
  // In turn: one of them is its.
  const begun = [await openStream(), await openStream()]
  const [leaving, staying] = gateways()
  const answered: number[] = []
  let isOver = false
  const asking = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      answered.push(await whoAnswers())
      await sleep(2)
    }
  })
  await until(() => answered.includes(leaving!) && answered.includes(staying!))
  process.kill(leaving!, 'SIGTERM')
  await sleep(100)
  const soonAfter = answered.length
  const isReplaced = () => gateways().some(pid => pid !== leaving && pid !== staying)
  await until(() => isReplaced() && answered.slice(soonAfter).some(pid => pid !== leaving && pid !== staying))
  expect(answered.slice(soonAfter)).not.toContain(leaving)
  expect(gateways()).toContain(leaving)
  for (const stream of streams) stream.end(`${event({ content: 'last' })}data: [DONE]\n\n`)
  for (const answer of begun) expect(await answer.text()).toMatch(/"first"[\s\S]*"last"[\s\S]*\[DONE\]/)
  await until(() => !gateways().includes(leaving!))
  isOver = true
  // None was turned away at any moment: each of these would have thrown.
  await Promise.all(asking)
  expect(gateways()).toHaveLength(2)
  expect(await server.end()).toBe(0)
}, 60_000)
