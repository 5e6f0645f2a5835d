// Hosts that cannot be reached, as Node says it → what a client is told of them.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { sendRaw } from './raw-for-test.ts'
import { unreached } from './unreached.ts'
import { closeAll, listening, world } from './world-for-test.ts'

afterEach(closeAll)
afterEach(() => vi.restoreAllMocks())

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise(done => server.close(done))
  return port
}

const told = async (url: string) => {
  const { port } = await world(() => {}, { upstreams: { openai: { url } } })
  const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body: '{"model":"m"}' })
  return ((await answer.json()) as { error: { message: string } }).error.message
}

test('of a host with several addresses, none of which answers, each reason is told: Node has no words for all of them', () => {
  // As node:net rejects `localhost` where nobody listens (https://nodejs.org/api/net.html, autoSelectFamily).
  const both = ['connect ECONNREFUSED ::1:8000', 'connect ECONNREFUSED 127.0.0.1:8000']
  const error = Object.assign(new AggregateError(both.map(text => new Error(text))), { code: 'ECONNREFUSED' })
  expect(error.message).toBe('')
  expect(unreached(error)).toMatchObject({ message: both.join('; '), code: 'ECONNREFUSED' })
})

test('an https:// address of a server that speaks plain HTTP is told as that', async () => {
  const port = await listening(createServer())
  expect(await told(`https://127.0.0.1:${port}`)).toMatch(/^openai did not answer: it does not speak TLS there/)
})

test('a WebSocket to an upstream that is not there is told why, in the shape of its family', async () => {
  const upstreams = { live: { url: `http://127.0.0.1:${await freePort()}`, family: 'anthropic' as const } }
  const { port } = await world(() => {}, { upstreams })
  const upgrade = 'GET /to/live/v1/live HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n'
  const { bytes } = await sendRaw(port, upgrade)
  const [head, body] = bytes.toString('latin1').split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1.1 502 /)
  expect(JSON.parse(body!)).toEqual({
    type: 'error',
    error: {
      type: 'api_error',
      message: expect.stringMatching(/^live did not answer: connect ECONNREFUSED .*UPSTREAM_FAILED/),
    },
  })
})
