// Many long prompts whose answers take their time in; what is kept of them meanwhile out: nothing.
import { request as ask, createServer, type ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, test, vi } from 'vitest'
import { closeAll, until, world } from './world-for-test.ts'

afterEach(closeAll)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const mebibyte = 2 ** 20

/** What this process holds once nothing is left to be collected, bytes. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect()
    await new Promise(done => setTimeout(done, 20))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const prompt = JSON.stringify('words '.repeat(mebibyte / 6))
const calls = 24

test.each([
  ['a stream', '"stream":true,"stream_options":{"include_usage":true}'],
  ['a stream that is asked for its usage', '"stream":true'],
  ['a body', '"stream":false'],
])('while an answer is awaited or heard, its long prompt is not kept: %s', async (_, options) => {
  const begun: ServerResponse[] = []
  const upstream = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      begun.push(response)
      if (options.includes('"stream":true')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: {"id":"c1","choices":[]}\n\n')
      }
    })
  })
  const { port } = await world(upstream)
  const body = Buffer.from(`{"model":"m",${options},"messages":[{"role":"user","content":${prompt}}]}`)
  const before = await heldBytes()
  let ended = 0
  for (let i = 0; i < calls; i++) {
    const sent = ask({ host: '127.0.0.1', port, path: '/v1/chat/completions', method: 'POST' }, response => {
      response.resume().on('end', () => ended++)
    })
    sent.setHeader('content-length', body.length)
    sent.end(body)
  }
  await until(() => begun.length === calls)
  const held = (await heldBytes()) - before
  expect(held / calls / mebibyte).toBeLessThan(0.2)
  for (const response of begun) response.end('data: [DONE]\n\n')
  await until(() => ended === calls)
})

test('of calls whose connection broke no timer is left that would keep them', async () => {
  const mostDrainedMs = 123_456
  const set = vi.spyOn(globalThis, 'setTimeout')
  const cleared = vi.spyOn(globalThis, 'clearTimeout')
  const breaking = (_request: unknown, _body: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: {"id":"c1","choices":[]}\n\n', () => response.destroy())
  }
  const { port, settledCalls } = await world(breaking, { mostDrainedMs })
  for (let i = 0; i < 5; i++) {
    const body = '{"model":"m","stream":true}'
    const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body })
    await expect(answer.text()).rejects.toThrow()
  }
  await settledCalls(5)
  await new Promise(done => setTimeout(done, 50))
  const gone = new Set(cleared.mock.calls.map(([timer]) => timer))
  const timers = set.mock.calls.flatMap(([, ms], i) => (ms === mostDrainedMs ? [set.mock.results[i]!.value] : []))
  expect(timers.filter(timer => !gone.has(timer))).toEqual([])
  vi.restoreAllMocks()
})
